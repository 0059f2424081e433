"""Interchanges of one partner for the tests of the X12 contract's core."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.contracts.x12 import X12
from simulator.contracts.x12.findings import refuses
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


def written(one: Interchange, by: X12 | None = None) -> bytes:
    """As it goes over the wire."""
    return trading.written(one, by or contract())


def receive(body: bytes, by: X12 | None = None) -> Received:
    """What a gateway gets. Raises Refusal."""
    return trading.receive(body, by or contract())


def answered_rightly(name: str, answers: list[trading.Answer]) -> bool:
    """Is one of these answers a right one for a finding of this name?"""
    return trading.answered_rightly("x12", name, answers)


def refusing(received: Received) -> list[str]:
    """Of these, what refuses something before anybody looks at the content."""
    return list(dict.fromkeys(one.name for one in received.findings if refuses(one)))


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


def headed(sender: str, receiver: str) -> bytes:
    """A sender and a receiver: qualifier and identifier."""
    sides = "".join(f"*{one[:2]}*{one[2:].ljust(15)}" for one in (sender, receiver))
    head = f"ISA*00*          *00*          {sides}*260302*0600*U*00401*000000012*0*T*>"
    return enveloped(isa=head)


WRONG_COUNT = enveloped(se="SE*99*0001")
