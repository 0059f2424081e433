"""What customers show: snapshots, as they were at the answer. Moments are Instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO
from simulator.plant.trading import Forecast, ReceivingAdvice
from simulator.systems.customer.state import Count, Notice, Order, State


@dataclass(slots=True)
class OrderLineView:
    """A line, and what was announced and received of it."""

    line: str
    item: str
    quantity: Decimal
    announced: Decimal
    received: Decimal
    due: Instant | None


@dataclass(slots=True)
class OrderView:
    """An order or a call-off as its customer has it."""

    po: str
    customer: str
    kind: str
    blanket: str
    answer: str
    cancelled: bool
    lines: list[OrderLineView]
    answers: list[str]


@dataclass(slots=True)
class ForecastView:
    """A forecast that was given."""

    number: str
    customer: str
    replaces: str
    start: Instant | None
    end: Instant | None
    items: list[str]


@dataclass(slots=True)
class NoticeLineView:
    """What a ship notice announces."""

    item: str
    quantity: Decimal
    po: str
    sscc: str


@dataclass(slots=True)
class NoticeView:
    """A ship notice of the plant's, and what the customer made of it."""

    number: str
    customer: str
    shipment: str
    verdict: str
    reasons: list[str]
    received: bool
    cancelled: bool
    lines: list[NoticeLineView]
    at: Instant


@dataclass(slots=True)
class ReceivedLineView:
    """What came of an item."""

    item: str
    quantity: Decimal
    accepted: Decimal
    announced: Decimal
    condition: str
    cumulative: Decimal


@dataclass(slots=True)
class ReceiptView:
    """What a customer says was received."""

    number: str
    customer: str
    asn: str
    shipment: str
    lines: list[ReceivedLineView]
    at: Instant


@dataclass(slots=True)
class CountView:
    """Where the counts of an item stand."""

    item: str
    foreseen: Decimal
    called: Decimal
    announced: Decimal | None
    received: Decimal


@dataclass(slots=True)
class CustomerView:
    """A customer as it stands."""

    customer: str
    orders: list[OrderView]
    counts: list[CountView]
    on_the_way: list[str]


def order_view(one: Order) -> OrderView:
    """The view of an order."""
    lines = [
        OrderLineView(
            line.line, line.item, line.quantity, line.announced, line.received, line.due
        )
        for line in one.lines
    ]  # fmt: skip
    return OrderView(
        one.po, one.customer, one.kind, one.blanket, one.answer, one.cancelled, lines,
        list(one.answers),
    )  # fmt: skip


def forecast_view(one: Forecast) -> ForecastView:
    """The view of a forecast."""
    items = [line.item for line in one.lines]
    return ForecastView(one.number, one.partner, one.replaces, one.start, one.end, items)


def notice_view(one: Notice) -> NoticeView:
    """The view of a ship notice."""
    lines = [NoticeLineView(line.item, line.quantity, line.po, line.sscc) for line in one.lines]
    return NoticeView(
        one.number, one.customer, one.shipment, one.verdict, list(one.reasons), one.received,
        one.cancelled, lines, one.at,
    )  # fmt: skip


def receipt_view(one: ReceivingAdvice) -> ReceiptView:
    """The view of a receiving advice."""
    lines = [
        ReceivedLineView(
            line.item, line.quantity, line.accepted or ZERO, line.announced or ZERO,
            line.condition, line.cumulative or ZERO,
        )
        for line in one.lines
    ]  # fmt: skip
    return ReceiptView(one.number, one.partner, one.asn, one.shipment, lines, one.at)


def customer_view(
    customer: str, state: State, counts: Mapping[str, Count], orders: Sequence[Order]
) -> CustomerView:
    """The view of a customer; `counts` are those of its items."""
    shown = []
    for item, count in counts.items():
        foreseen = state.foreseen.get(f"{customer}/{item}")
        quantity = foreseen.quantity if foreseen is not None else ZERO
        shown.append(CountView(item, quantity, count.called, count.announced, count.received))
    coming = [
        one.shipment
        for one in state.arrivals.values()
        if one.customer == customer and not one.arrived
    ]
    return CustomerView(customer, [order_view(one) for one in orders], shown, coming)
