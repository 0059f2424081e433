"""Interchanges written briefly, a contract for one partner, and what it makes of bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.contracts.edifact import Edifact
from simulator.core.gs1 import sscc
from simulator.core.message import Request
from simulator.plant.trading import (
    Enclosed,
    FunctionalAcknowledgement,
    HandlingUnit,
    Interchange,
    InterchangeAcknowledgement,
    OrderLine,
    PackedItem,
    PartnerProfile,
    Party,
    PurchaseOrder,
    Received,
    ShipNotice,
    TradingDocument,
)
from simulator.plant.trading.rightness import RIGHT

AT = 1_772_431_200_000_000  # 2026-03-02T06:00Z
STRICT: dict[str, Any] = {
    "partner": "DICHTRING",
    "standard": "edifact",
    "version": "D96A",
    "identifiers": {
        "partner": {"id": "4012345000023", "qualifier": "14"},
        "plant": {"id": "4012345000009", "qualifier": "14"},
    },
    "charset": "UNOC",
}


def profile(**changes: Any) -> PartnerProfile:
    """DICHTRING's, but for some changes."""
    return PartnerProfile.model_validate(STRICT | changes)


def contract(**changes: Any) -> Edifact:
    """The contract of an endpoint with DICHTRING's profile, but for some changes."""
    return Edifact("edi", {}, {}, Edifact.Settings(partner=profile(**changes)))


def notice(cartons: int = 1, **changes: Any) -> ShipNotice:
    """A pallet with cartons, two items in each; SSCCs count from 1."""
    items = [
        PackedItem(line="1", item="SEAL", quantity=Decimal(40), po="4711", po_line="10", lot="L-1"),
        PackedItem(line="2", item="RING", quantity=Decimal(8), po="4711", po_line="20"),
    ]
    packed = [
        HandlingUnit(package="carton", sscc=sscc(serial + 2), items=items)
        for serial in range(cartons)
    ]
    given: dict[str, Any] = {
        "partner": "DICHTRING", "sender": "partner", "number": "LS-0815", "at": AT, "shipped": AT,
        "parties": [Party(role="seller", id="4012345000023", scheme="gln", name="Dichtring O'Bär")],
        "units": [HandlingUnit(package="pallet", sscc=sscc(1), units=packed)],
    }  # fmt: skip
    return ShipNotice(**given | changes)


def order() -> PurchaseOrder:
    """An order of the plant's."""
    return PurchaseOrder(
        partner="DICHTRING", sender="plant", number="PO-4711", at=AT,
        lines=[OrderLine(line="10", item="SEAL", quantity=Decimal(40))],
    )  # fmt: skip


def interchange(*said: TradingDocument, **changes: Any) -> Interchange:
    """These documents in an interchange from whom the first is."""
    given: dict[str, Any] = {
        "partner": "DICHTRING", "sender": said[0].sender, "control": "000000012", "at": AT,
        "contents": [Enclosed(said=one) for one in said],
    }  # fmt: skip
    return Interchange(**given | changes)


def written(one: Interchange, by: Edifact | None = None) -> bytes:
    """As it goes over the wire."""
    request = (by or contract()).render(one)
    assert request is not None
    return request.body


def receive(body: bytes, by: Edifact | None = None) -> Received:
    """What a gateway gets. Raises Refusal."""
    found = (by or contract()).decode(Request(body=body)).input
    assert isinstance(found, Received)
    return found


Answer = FunctionalAcknowledgement | InterchangeAcknowledgement


def names(received: Received) -> list[str]:
    """What was found and is not tolerated, in order, each name once."""
    found = (one.name for one in received.findings if not one.tolerated)
    return list(dict.fromkeys(found))


def codes(received: Received) -> set[str]:
    """Every 0085 of the answers."""
    return {code.removeprefix("0085=") for one in received.answers for code in one.codes}


def verdicts(received: Received) -> list[str]:
    """Those of the answers."""
    return [one.verdict for one in received.answers]


def answered_rightly(name: str, answers: list[Answer]) -> bool:
    """Is one of these answers a right one for a finding of this name?"""
    given = {
        (one.document, one.verdict, code) for one in answers for code in ("", *one.codes)
    }  # fmt: skip
    right = {(one.document, one.verdict, one.code) for one in RIGHT[name].answers["edifact"]}
    return bool(given & right)


def message(body: str, kind: str = "ORDERS:D:96A:UN", **changes: str) -> bytes:
    """An interchange of one message from segments without terminators, a line each.

    `changes` are `unb`, `unh`, `unt`, `unz` where those are not to be as they should.
    """
    inner = [line.strip() for line in body.strip().splitlines() if line.strip()]
    unb = "UNB+UNOC:3+4012345000023:14+4012345000009:14+260302:0600+12"
    parts = [
        changes.get("unb", unb), changes.get("unh", f"UNH+1+{kind}"), *inner,
        changes.get("unt", f"UNT+{len(inner) + 2}+1"), changes.get("unz", "UNZ+1+12"),
    ]  # fmt: skip
    return "".join(f"{one}'" for one in parts if one).encode("latin-1")
