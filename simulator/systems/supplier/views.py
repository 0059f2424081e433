"""What suppliers show: snapshots, as they were at the answer. Moments are Instants."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO
from simulator.plant.state import TradeOrder
from simulator.plant.trading import (
    InventoryReport,
    Invoice,
    PackedItem,
    PurchaseOrderResponse,
    ShipNotice,
)
from simulator.systems.supplier.state import Sent, Shipment, State


@dataclass(slots=True)
class AnsweredLine:
    """What was answered to a line."""

    line: str
    item: str
    answer: str
    quantity: Decimal
    due: Instant | None


@dataclass(slots=True)
class ResponseView:
    """An answer to an order."""

    number: str
    po: str
    supplier: str
    answer: str
    lines: list[AnsweredLine]
    at: Instant


@dataclass(slots=True)
class SentLine:
    """What a ship notice announces."""

    item: str
    quantity: Decimal
    unit: str
    po: str
    po_line: str
    lot: str


@dataclass(slots=True)
class ShipmentView:
    """A shipment: its notices, its truck, and what the plant said of it."""

    id: str
    supplier: str
    notices: list[str]
    told: list[str]
    truck: str | None
    departs: Instant
    expected: Instant
    cancelled: bool
    lines: list[SentLine]
    labels: list[str]
    invoice: str
    answers: list[str]


@dataclass(slots=True)
class InvoiceView:
    """An invoice."""

    number: str
    supplier: str
    shipment: str
    po: str
    currency: str
    tax: Decimal
    total: Decimal
    at: Instant


@dataclass(slots=True)
class InventoryLineView:
    """So much of an item."""

    item: str
    quantity: Decimal
    unit: str


@dataclass(slots=True)
class InventoryView:
    """What a supplier has on hand."""

    number: str
    supplier: str
    lines: list[InventoryLineView]
    at: Instant


@dataclass(slots=True)
class OrderLineView:
    """A line of an order, and how much of it was announced."""

    line: str
    item: str
    quantity: Decimal
    shipped: Decimal
    due: Instant | None


@dataclass(slots=True)
class OrderView:
    """An order as its supplier has it."""

    po: str
    answer: str
    cancelled: bool
    lines: list[OrderLineView]


@dataclass(slots=True)
class CalledView:
    """A quantity that was called off."""

    schedule: str
    item: str
    quantity: Decimal
    shipped: Decimal
    start: Instant
    po: str


@dataclass(slots=True)
class CountView:
    """What was foreseen, called off and shipped of an item since the count began."""

    item: str
    foreseen: Decimal
    cumulative: Decimal


@dataclass(slots=True)
class SupplierView:
    """A supplier as it stands."""

    supplier: str
    orders: list[OrderView]
    called: list[CalledView]
    counts: list[CountView]
    shipments: int


def response_view(said: PurchaseOrderResponse) -> ResponseView:
    """The view of an answer."""
    lines = [
        AnsweredLine(one.line, one.item, one.answer, one.quantity, one.due) for one in said.lines
    ]
    return ResponseView(said.number, said.po, said.partner, said.answer, lines, said.at)


def sent(one: PackedItem) -> Sent:
    """What is kept of a line of a notice."""
    return Sent(one.item, one.quantity, one.unit, one.po, one.po_line, one.lot)


def shipment_view(one: Shipment) -> ShipmentView:
    """The view of a shipment. `labels` are the SSCCs of its notice, or of its load without one."""
    notice = ShipNotice.model_validate_json(one.notice or one.loaded)
    return ShipmentView(
        one.id, one.supplier, list(one.notices), list(one.told), one.truck, one.departs,
        one.expected, one.cancelled,
        [
            SentLine(each.item, each.quantity, each.unit, each.po, each.po_line, each.lot)
            for each in one.lines
        ],
        [unit.sscc for unit in notice.walk() if unit.sscc], one.invoice, list(one.answers),
    )  # fmt: skip


def invoice_view(one: Invoice) -> InvoiceView:
    """The view of an invoice."""
    return InvoiceView(
        one.number, one.partner, one.shipment, one.po, one.currency, one.tax, one.total, one.at
    )


def inventory_view(one: InventoryReport) -> InventoryView:
    """The view of an inventory report."""
    lines = [InventoryLineView(line.item, line.quantity, line.unit) for line in one.lines]
    return InventoryView(one.number, one.partner, lines, one.at)


def _order_view(one: Any) -> OrderView:
    if isinstance(one, TradeOrder):  # of the plant file: nobody has answered it
        lines = [
            OrderLineView(str(line.line), line.item, line.quantity, line.done, line.due)
            for line in one.lines
        ]
        return OrderView(one.id, "", one.status == "cancelled", lines)
    lines = [
        OrderLineView(line.line, line.item, line.quantity, line.shipped, line.due)
        for line in one.lines
    ]
    return OrderView(one.po, one.answer, one.cancelled, lines)


def supplier_view(supplier: str, state: State, orders: list[Any]) -> SupplierView:
    """The view of a supplier."""
    head = f"{supplier}/"
    items = dict.fromkeys(
        name.removeprefix(head)
        for name in (*state.foreseen, *state.cumulative)
        if name.startswith(head)
    )
    counts = []
    for item in items:
        foreseen = state.foreseen.get(head + item)
        counts.append(
            CountView(
                item, foreseen.quantity if foreseen is not None else ZERO,
                state.cumulative.get(head + item, ZERO),
            )
        )  # fmt: skip
    called = [
        CalledView(one.schedule, one.item, one.quantity, one.shipped, one.start, one.po)
        for one in state.called.get(supplier, ())
    ]
    mine = [one for one in state.shipments.values() if one.supplier == supplier]
    return SupplierView(supplier, [_order_view(one) for one in orders], called, counts, len(mine))
