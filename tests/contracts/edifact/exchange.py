"""Interchanges written briefly, a contract for one partner, and what it makes of bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.contracts.edifact import Edifact
from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    HandlingUnit,
    Interchange,
    OrderLine,
    PackedItem,
    PartnerProfile,
    Party,
    PurchaseOrder,
    Received,
    ShipNotice,
)
from tests.contracts import trading
from tests.contracts.trading import AT

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


def written(one: Interchange, by: Edifact | None = None) -> bytes:
    """As it goes over the wire."""
    return trading.written(one, by or contract())


def receive(body: bytes, by: Edifact | None = None) -> Received:
    """What a gateway gets. Raises Refusal."""
    return trading.receive(body, by or contract())


def answered_rightly(name: str, answers: list[trading.Answer]) -> bool:
    """Is one of these answers a right one for a finding of this name?"""
    return trading.answered_rightly("edifact", name, answers)


def refusing(received: Received) -> list[str]:
    """What refuses something: all that is not tolerated."""
    return trading.names(received)


def codes(received: Received) -> set[str]:
    """Every 0085 of the answers."""
    return {code.removeprefix("0085=") for one in received.answers for code in one.codes}


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


ORDER = """
    BGM+220+PO-4711+9
    DTM+137:20260302:102
    NAD+BY+4012345000009::9
    NAD+SE+4012345000023::9
    LIN+1++SEAL:IN
    QTY+21:40:PCE
    UNS+S
    CNT+2:1
"""


def headed(sender: str, receiver: str) -> bytes:
    """An order between these: identifier and qualifier."""
    return message(ORDER, unb=f"UNB+UNOC:3+{sender}+{receiver}+260302:0600+12")


WRONG_COUNT = message(ORDER, unt="UNT+99+1")
