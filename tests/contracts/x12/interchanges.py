"""Interchanges of one partner for the tests of the X12 contract's core."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.contracts.x12 import X12
from simulator.contracts.x12.findings import refuses
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
)
from simulator.plant.trading.rightness import RIGHT

AT = 1_772_431_200_000_000  # 2026-03-02T06:00Z
PROFILE: dict[str, Any] = {
    "partner": "BEARCO",
    "standard": "x12",
    "version": "004010",
    "identifiers": {
        "partner": {"id": "BEARCO", "qualifier": "ZZ"},
        "plant": {"id": "GEARBOX", "qualifier": "01", "group": "GEARBOX-EDI"},
    },
}


def contract(**changes: Any) -> X12:
    """The contract of one partner."""
    settings = X12.Settings(partner=PartnerProfile.model_validate(PROFILE | changes))
    return X12("edi", {}, {}, settings)


def notice(**changes: Any) -> ShipNotice:
    """A pallet with one carton of two items."""
    items = [
        PackedItem(line="1", item="BEARING", quantity=Decimal(40), po="4711", po_line="10",
                   lot="L-1"),
        PackedItem(line="2", item="SEAL", quantity=Decimal(8), po="4711", po_line="20"),
    ]  # fmt: skip
    carton = HandlingUnit(package="carton", sscc=sscc(1), items=items)
    pallet = HandlingUnit(package="pallet", sscc=sscc(2), units=[carton])
    given: dict[str, Any] = {
        "partner": "BEARCO", "sender": "partner", "number": "SN-0815", "at": AT, "shipped": AT,
        "parties": [Party(role="seller", id="4012345000023", scheme="gln", name="Bearings Ltd")],
        "units": [pallet],
    }  # fmt: skip
    return ShipNotice(**given | changes)


def order(number: str = "PO-4711") -> PurchaseOrder:
    """An order of one line."""
    return PurchaseOrder(
        partner="BEARCO", sender="plant", number=number, at=AT,
        parties=[Party(role="buyer", id="GEARBOX", scheme="mutual", name="Gearbox Works")],
        lines=[OrderLine(line="10", item="BEARING", quantity=Decimal(40), price=Decimal("1.25"))],
    )  # fmt: skip


def interchange(*said: Any, **changes: Any) -> Interchange:
    """These documents in one interchange."""
    given: dict[str, Any] = {
        "partner": "BEARCO", "sender": said[0].sender, "control": "000000012", "at": AT,
        "contents": [Enclosed(said=one) for one in said],
    }  # fmt: skip
    return Interchange(**given | changes)


def written(one: Interchange, by: X12 | None = None) -> bytes:
    """What goes over the wire."""
    request = (by or contract()).render(one)
    assert request is not None
    return request.body


def receive(body: bytes, by: X12 | None = None) -> Received:
    """What a gateway makes of it."""
    found = (by or contract()).decode(Request(body=body)).input
    assert isinstance(found, Received)
    return found


Answer = FunctionalAcknowledgement | InterchangeAcknowledgement


def names(received: Received) -> list[str]:
    """What was found and is not tolerated, in order, each name once."""
    return list(dict.fromkeys(one.name for one in received.findings if not one.tolerated))


def refusing(received: Received) -> list[str]:
    """Of these, what refuses something before anybody looks at the content."""
    return list(dict.fromkeys(one.name for one in received.findings if refuses(one)))


def codes(received: Received) -> set[str]:
    """All of the answers."""
    return {code for one in received.answers for code in one.codes}


def verdicts(received: Received) -> list[str]:
    """Those of the answers."""
    return [one.verdict for one in received.answers]


def answered_rightly(name: str, answers: list[Answer]) -> bool:
    """Is one of these answers a right one for a finding of this name? In part is rejected too."""
    given = {
        (one.document, one.verdict.replace("partially-accepted", "rejected"), code)
        for one in answers
        for code in ("", *one.codes)
    }
    right = {(one.document, one.verdict, one.code) for one in RIGHT[name].answers["x12"]}
    return bool(given & right)


ORDER = """
BEG*00*SA*PO-4711**20260302
PO1*10*40*EA*1.25**BP*BEARING*VP*B-6204
PO1*20*8*EA*2**BP*SEAL
CTT*2
"""


def enveloped(body: str = ORDER, code: str = "850", group: str = "PO", **changes: str) -> bytes:
    """An interchange of one set from segments without terminators, a line each.

    `changes` are `isa`, `gs`, `st`, `se`, `ge`, `iea` where those are not to be as they should,
    `version` and `end`.
    """
    inner = [line.strip() for line in body.strip().splitlines() if line.strip()]
    version = changes.get("version", "004010")
    isa = (
        "ISA*00*          *00*          *01*GEARBOX        *ZZ*BEARCO         "
        f"*260302*0600*{'U' if version < '00402' else '^'}*{version[:5]}*000000012*0*T*>"
    )
    parts = [
        changes.get("isa", isa),
        changes.get("gs", f"GS*{group}*GEARBOX-EDI*BEARCO*20260302*0600*12*X*{version}"),
        changes.get("st", f"ST*{code}*0001"), *inner,
        changes.get("se", f"SE*{len(inner) + 2}*0001"), changes.get("ge", "GE*1*12"),
        changes.get("iea", "IEA*1*000000012"),
    ]  # fmt: skip
    end = changes.get("end", "~")
    return "".join(f"{one}{end}" for one in parts if one).encode("latin-1")
