"""What customers remember, as plain data. Quantities are Decimals, moments Instants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO, Quantity


@dataclass
class Line:
    """A line of an order or a call-off, as its customer has it."""

    line: str
    item: str
    quantity: Quantity
    unit: str
    due: Instant | None = None
    price: Quantity | None = None
    announced: Quantity = ZERO
    received: Quantity = ZERO

    @property
    def open(self) -> Quantity:
        """What is still to be announced."""
        return max(self.quantity - self.announced, ZERO)

    def numbered(self, number: str) -> bool:
        """Is this its number? Leading zeros do not count."""
        return self.line.lstrip("0") == number.lstrip("0")


@dataclass
class Order:
    """An order or a call-off; the plant's sales order has the same number."""

    po: str
    customer: str
    lines: list[Line]
    kind: Literal["order", "call-off"] = "order"
    blanket: str = ""  # the order that a call-off draws on
    answer: str = ""  # accepted, changed, rejected; empty while it was not answered
    cancelled: bool = False
    changes: int = 0  # that the customer asked for
    ticket: int | None = None  # of the moment at which its patience ends
    answers: list[str] = field(default_factory=list)  # what the plant said of it

    def line(self, number: str) -> Line | None:
        """A line by its number."""
        return next((one for one in self.lines if one.numbered(number)), None)


@dataclass
class Announced:
    """So much of an item under one label."""

    item: str
    quantity: Quantity
    unit: str
    po: str = ""
    po_line: str = ""
    lot: str = ""
    sscc: str = ""


@dataclass
class Notice:
    """A ship notice of the plant's, as it was taken."""

    number: str
    customer: str
    shipment: str
    lines: list[Announced]
    at: Instant
    verdict: str  # accepted, accepted-with-errors, rejected
    reasons: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    received: bool = False
    cancelled: bool = False

    @property
    def stands(self) -> bool:
        """Does it announce anything?"""
        return self.verdict != "rejected" and not self.cancelled


@dataclass
class Came:
    """So much of one item that left the plant."""

    item: str
    quantity: Quantity
    lot: str = ""


@dataclass
class Arrival:
    """A truck of the plant's, on its way to a customer or there."""

    shipment: str
    customer: str
    so: str
    lines: list[Came]
    expected: Instant
    ticket: int | None = None
    arrived: bool = False
    notice: str = ""  # that announced it


@dataclass
class Count:
    """Where the counts of an item stand since they began; only what is taken back makes them less.

    `announced` is unknown until a notice of the plant's says it.
    """

    called: Quantity = ZERO
    received: Quantity = ZERO
    announced: Quantity | None = None
    last: str = ""  # the shipment that was received last
    last_quantity: Quantity = ZERO
    last_at: Instant | None = None


@dataclass
class Foreseen:
    """The newest forecast of an item."""

    schedule: str
    quantity: Quantity


@dataclass
class State:
    """The customers' own state."""

    numbers: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)  # and call-offs, by number
    notices: dict[str, Notice] = field(default_factory=dict)  # by customer/number
    labels: dict[str, str] = field(default_factory=dict)  # SSCC: customer/notice
    arrivals: dict[str, Arrival] = field(default_factory=dict)  # by shipment
    counts: dict[str, Count] = field(default_factory=dict)  # by customer/item
    foreseen: dict[str, Foreseen] = field(default_factory=dict)  # by customer/item
    forgotten: int = 0
