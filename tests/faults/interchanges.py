"""Interchanges, written briefly, and a fault on a link that treats them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.core.chance import Chance
from simulator.core.gs1 import sscc
from simulator.core.link import ActiveFault, Link, Treatment
from simulator.core.message import Message, Request
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Demand,
    Enclosed,
    Forecast,
    FunctionalAcknowledgement,
    HandlingUnit,
    Interchange,
    Invoice,
    InvoiceLine,
    PackedItem,
    PurchaseOrder,
    PurchaseOrderResponse,
    ResponseLine,
    ScheduleLine,
    SetNote,
    ShipNotice,
    TradingDocument,
)
from simulator.plant.trading.orders import OrderLine

HOUR = 3_600_000_000
NOW = 100 * HOUR
WHO: dict[str, Any] = {"partner": "MILL", "sender": "partner", "at": NOW}


def notice(number: str = "A-1", serial: int = 1, quantity: int = 40, **more: Any) -> ShipNotice:
    """One pallet with two cartons of STEEL, each with an SSCC."""
    half = {"item": "0012-S", "po": "4500001", "po_line": "00010", "lot": "L-1", "unit": "pcs",
            "ordered": Decimal(quantity), "cumulative": Decimal(1000)}  # fmt: skip
    cartons = [
        HandlingUnit(
            package="carton",
            sscc=sscc(serial + n),
            items=[PackedItem(**half, quantity=Decimal(quantity) / 2)],
        )
        for n in (1, 2)
    ]
    return ShipNotice(
        **WHO, number=number, shipment=f"S-{number}", expected=NOW + 5 * HOUR,
        units=[HandlingUnit(sscc=sscc(serial), units=cartons)], **more,
    )  # fmt: skip


def response() -> PurchaseOrderResponse:
    line = ResponseLine(line="1", item="0012-S", quantity=Decimal(40), due=NOW + 48 * HOUR)
    return PurchaseOrderResponse(**WHO, number="R-1", po="4500001", lines=[line])


def order() -> PurchaseOrder:
    line = OrderLine(line="1", item="0012-S", quantity=Decimal(40))
    return PurchaseOrder(**WHO, number="4500001", lines=[line])


def invoice() -> Invoice:
    line = InvoiceLine(line="1", item="0012-S", quantity=Decimal(40), price=Decimal(2))
    return Invoice(**WHO, number="I-1", po="4500001", lines=[line], total=Decimal(80))


def schedule(kind: type[CallOff] | type[Forecast] = CallOff) -> TradingDocument:
    demands = [
        Demand(quantity=Decimal(10), start=NOW, cumulative=Decimal(110 + n)) for n in (0, 10)
    ]
    line = ScheduleLine(item="0012-S", po="4500001", demands=demands, received=Decimal(100))
    return kind(**WHO, number="C-1", po="4500001", lines=[line])


def accepted(sets: int = 1) -> FunctionalAcknowledgement:
    notes = [SetNote(code="850", control=f"000{n}", verdict="accepted") for n in range(1, sets + 1)]
    return FunctionalAcknowledgement(
        **WHO, number="F-1", acknowledges="7", group="PO", verdict="accepted", sets=notes,
        included=sets, received=sets, accepted=sets,
    )  # fmt: skip


def advice() -> ApplicationAdvice:
    return ApplicationAdvice(
        **WHO, number="V-1", about="purchase-order", about_number="4500001", verdict="rejected"
    )


EVERYTHING: list[TradingDocument] = [
    notice(), response(), order(), invoice(), schedule(), schedule(Forecast), accepted(), advice(),
]  # fmt: skip


def interchange(*said: TradingDocument, control: str = "000000012") -> Interchange:
    contents = [Enclosed(said=one, control="0001", group="12") for one in said]
    return Interchange(partner="MILL", sender="partner", control=control, at=NOW, contents=contents)


class Wire:
    """One fault on the outbound link of an EDI endpoint."""

    def __init__(self, kind: str, **given: Any) -> None:
        self.link = Link("edi.mill", "out")
        self.actives = [self.put(kind, **given)]

    def put(self, kind: str, **given: Any) -> ActiveFault:
        fault = registry("faults", Fault).get(kind).model_validate(given)
        stream = Chance(7, "gearbox").stream("fault", kind)
        active = ActiveFault(f"{kind}-1", fault, self.link.name, 0, None, 0.0, stream)
        self.link.faults.append(active)
        return active

    def treat(self, said: Interchange | None, **extra: Any) -> Treatment:
        message = Message("edi.mill", "out", Request(), said=said, extra=extra)
        fields = {"document": said.said_as} if said else {}
        return self.link.treat(message, fields, NOW, 0.0)


def sent(treatment: Treatment) -> Interchange:
    """The interchange that a fault put in the honest one's place."""
    assert isinstance(treatment.document, Interchange)
    return treatment.document


def said(treatment: Treatment) -> Any:
    """The first document of it."""
    return next(sent(treatment).documents())
