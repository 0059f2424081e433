"""What suppliers remember, as plain data. Quantities are Decimals, moments Instants."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO, Quantity


@dataclass
class Line:
    """A line of an order as its supplier has it."""

    line: str
    item: str
    quantity: Quantity
    unit: str
    due: Instant | None = None
    price: Quantity | None = None
    shipped: Quantity = ZERO  # as announced

    @property
    def open(self) -> Quantity:
        """What is still to be shipped."""
        return max(self.quantity - self.shipped, ZERO)


@dataclass
class Part:
    """So much of a line that is to be shipped together with others."""

    line: str
    quantity: Quantity


@dataclass
class Order:
    """A purchase order as its supplier has it."""

    po: str
    supplier: str
    lines: list[Line]
    kind: str = "stand-alone"
    currency: str = ""
    answer: str = ""  # accepted, changed, rejected; empty while it was not answered
    cancelled: bool = False
    ticket: int | None = None  # of the answer
    tickets: list[int] = field(default_factory=list)  # of what will be shipped

    def line(self, number: str) -> Line | None:
        """A line by its number; leading zeros do not count."""
        wanted = number.lstrip("0")
        return next((one for one in self.lines if one.line.lstrip("0") == wanted), None)


@dataclass
class Called:
    """A quantity that was called off."""

    schedule: str
    item: str
    quantity: Quantity
    start: Instant
    unit: str = "pcs"
    po: str = ""
    dock: str = ""
    reference: str = ""
    shipped: Quantity = ZERO

    @property
    def open(self) -> Quantity:
        """What is still to be shipped."""
        return max(self.quantity - self.shipped, ZERO)


@dataclass
class Foreseen:
    """The newest forecast of an item."""

    schedule: str
    quantity: Quantity
    called: Quantity = ZERO  # since then


@dataclass
class Sent:
    """So much of a line that was announced."""

    item: str
    quantity: Quantity
    unit: str
    po: str
    po_line: str
    lot: str


@dataclass
class Shipment:
    """A shipment: what its notices say, and which truck brings it."""

    id: str
    supplier: str
    lines: list[Sent]
    departs: Instant
    expected: Instant
    notice: str  # the ship notice as JSON; empty where there is none
    loaded: str  # what is on the truck, as the JSON of a ship notice
    notices: list[str] = field(default_factory=list)  # numbers that were told, or will be
    tickets: list[int] = field(default_factory=list)  # of notices and the invoice
    told: list[str] = field(default_factory=list)  # numbers that were told
    truck: str | None = None
    cancelled: bool = False
    invoice: str = ""
    answers: list[str] = field(default_factory=list)  # what the plant said of it


@dataclass
class State:
    """The suppliers' own state. Keys are `supplier/…`."""

    numbers: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)  # by purchase order
    called: dict[str, list[Called]] = field(default_factory=dict)  # by supplier
    foreseen: dict[str, Foreseen] = field(default_factory=dict)  # by supplier/item
    forecasts: dict[str, list[str]] = field(default_factory=dict)  # release numbers, the last 100
    cumulative: dict[str, Quantity] = field(default_factory=dict)  # shipped, by supplier/item
    shipments: dict[str, Shipment] = field(default_factory=dict)
    forgotten: int = 0
