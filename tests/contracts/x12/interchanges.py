"""Interchanges of one partner for the tests of the X12 contract's core."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.contracts.x12 import X12
from simulator.core.gs1 import sscc
from simulator.core.message import Request
from simulator.plant.trading import (
    Enclosed,
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
