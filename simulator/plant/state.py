"""The state of a plant: plain dataclasses, saved as JSON and restored from it.

Instants are µs since 1970 UTC, spans µs, quantities Decimals. `version` starts at 1 and grows by
one with each change, for If-Match.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from simulator.core.adapters import adapter_of
from simulator.core.durations import Instant, Span
from simulator.plant.freight import Truck
from simulator.plant.quantities import ZERO, Quantity

OrderState = Literal["created", "released", "running", "held", "completed", "cancelled"]
StepState = Literal["waiting", "queued", "missing_components", "running", "completed"]
StockState = Literal["available", "quality", "blocked"]
DeliveryState = Literal["announced", "partially_received", "received", "cancelled"]
TradeState = Literal["open", "partially_done", "done", "cancelled"]
MachineStatus = Literal["idle", "running", "held", "down", "off"]


# --- stock ----------------------------------------------------------------------------------------


@dataclass
class StockLine:
    """So much of one item in one bin: one lot, serial, handling unit and status."""

    id: int  # rising: the order of arrival, which FIFO follows
    item: str
    bin: str
    warehouse: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    status: StockState
    quantity: Quantity
    version: int = 1


@dataclass
class Movement:
    """One booking of warehouse stock. From None: it came in; to None: it left."""

    id: str
    at: Instant
    kind: str  # receipt put-away pick shipment consumption adjustment count
    item: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str | None
    to_bin: str | None
    quantity: Quantity
    reference: str | None


@dataclass
class Component:
    """What an order consumed of one lot."""

    item: str
    lot: str | None
    quantity: Quantity
    serial: str | None = None


@dataclass
class Lot:
    """A lot: where it came from, what went into it, and whether quality holds it."""

    id: str
    item: str
    created: Instant
    origin: str  # initial, receipt:<id>, order:<id>, adjustment
    held: bool = False
    reason: str = ""
    components: list[Component] = field(default_factory=list)
    serials: list[str] = field(default_factory=list)


@dataclass
class Totals:
    """The ledger of one item: stock = initial + … , at every moment."""

    initial: Quantity = ZERO
    received: Quantity = ZERO  # from outside the plant
    produced: Quantity = ZERO
    consumed: Quantity = ZERO
    shipped: Quantity = ZERO
    adjusted: Quantity = ZERO  # adjustments and counts, signed
    scrapped: Quantity = ZERO  # counted, never part of the stock

    def balance(self) -> Quantity:
        """What the stock must be, in the warehouses and in production together."""
        came = self.initial + self.received + self.produced + self.adjusted
        return came - self.consumed - self.shipped


# --- warehouse ------------------------------------------------------------------------------------


@dataclass
class DeliveryLine:
    """A line of an inbound delivery; `handling_unit` is its SSCC."""

    line: int
    item: str
    quantity: Quantity
    lot: str | None = None
    handling_unit: str | None = None
    received: Quantity = ZERO
    po_line: int | None = None


@dataclass
class InboundDelivery:
    """A delivery that a supplier announced (ASN). `announce` takes one, with `id` empty or own."""

    supplier: str
    lines: list[DeliveryLine]
    id: str = ""
    po: str | None = None
    asn: str | None = None
    expected: Instant | None = None
    status: DeliveryState = "announced"
    version: int = 1


@dataclass
class Receipt:
    """Goods that came into a warehouse."""

    id: str
    delivery: str | None
    delivery_line: int | None
    item: str
    quantity: Quantity
    lot: str | None
    bin: str
    handling_unit: str | None
    reference: str | None
    at: Instant


@dataclass
class Taken:
    """A part of a pick: what was taken from where, and how much of it waits to be shipped."""

    item: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str
    quantity: Quantity
    left: Quantity


@dataclass
class Pick:
    """Goods taken to the shipping bin. `picked` may be less than `quantity`: a short pick."""

    id: str
    sales_order: str | None
    reference: str | None
    item: str
    quantity: Quantity
    picked: Quantity
    taken: list[Taken]
    at: Instant


@dataclass
class ShipmentLine:
    """What left of one sales order line."""

    line: int
    item: str
    quantity: Quantity
    lot: str | None
    serial: str | None = None
    handling_unit: str | None = None


@dataclass
class Shipment:
    """Goods that left for a customer."""

    id: str
    sales_order: str
    customer: str
    lines: list[ShipmentLine]
    at: Instant


@dataclass
class Count:
    """A cycle count of one bin, item and lot; `difference` was booked as a movement."""

    id: str
    bin: str
    item: str
    lot: str | None
    expected: Quantity
    counted: Quantity
    difference: Quantity
    at: Instant


@dataclass
class TradeLine:
    """A line of a purchase or sales order; `done` is what was received or shipped of it."""

    line: int
    item: str
    quantity: Quantity
    done: Quantity = ZERO
    due: Instant | None = None


@dataclass
class TradeOrder:
    """A purchase order (partner is the supplier) or a sales order (the customer)."""

    id: str
    partner: str
    lines: list[TradeLine]
    status: TradeState = "open"
    external: str | None = None
    version: int = 1


# --- production -----------------------------------------------------------------------------------


@dataclass
class OperationState:
    """One operation of a production order, and the batch of it that is in work."""

    no: int
    work_centre: str
    machine: str | None = None
    status: StepState = "waiting"
    good: Quantity = ZERO
    scrap: Quantity = ZERO
    rework: Quantity = ZERO
    started: Instant | None = None
    ended: Instant | None = None
    pending: Quantity = ZERO  # not yet begun
    again: Quantity = ZERO  # to be reworked
    issued: Quantity = ZERO  # units for which components were taken
    batch: Quantity = ZERO  # in work now
    batch_again: bool = False  # the batch is rework
    batch_scrap: Quantity = ZERO  # of the batch in work: drawn when it begins
    batch_rework: Quantity = ZERO
    batch_started: Instant | None = None
    phase: Literal["", "setup", "run"] = ""
    work: Span = 0  # the whole phase, in working time
    work_left: Span = 0  # of it
    confirmations: int = 0
    missing: list[str] = field(default_factory=list)  # items that it waits for


@dataclass
class ProductionOrder:
    """A production order. `held_from` is the status that `resume` returns to."""

    id: str
    number: int  # rising: order of creation
    item: str
    quantity: Quantity
    routing: str
    operations: list[OperationState]
    lot: str | None
    good: Quantity = ZERO
    scrap: Quantity = ZERO
    rework: Quantity = ZERO
    status: OrderState = "created"
    priority: int = 50
    start: Instant | None = None
    due: Instant | None = None
    created: Instant = 0
    released: Instant | None = None
    completed: Instant | None = None
    consumed: list[Component] = field(default_factory=list)
    in_production: Quantity = ZERO  # good, and not yet received by a warehouse
    serials: list[str] = field(default_factory=list)
    serials_in_production: list[str] = field(default_factory=list)
    external: str | None = None
    held_from: OrderState | None = None
    version: int = 1


@dataclass
class MachineState:
    """A machine. Spans and counters only ever grow; OEE is derived from them."""

    id: str
    work_centre: str
    status: MachineStatus = "idle"
    order: str | None = None
    operation_no: int | None = None
    since: Instant = 0  # of the present status
    resumed: Instant | None = None  # when the work in hand went on; None: it stands still
    ticket: int | None = None  # the event that ends the work in hand, or breaks it
    repair_ticket: int | None = None
    down_since: Instant | None = None
    up_until: Instant | None = None
    reason: str = ""
    held: str = ""  # why somebody at the machine holds it
    set_up_for: str = ""  # "item/operation": no setup for the same again
    up_left: Span = 0  # working time to the next breakdown
    stop_left: Span = 0  # working time to the next micro-stop
    busy: Span = 0  # working time spent on setup and batches
    down: Span = 0  # plant time spent broken down
    breakdowns: int = 0
    micro_stops: int = 0
    good: Quantity = ZERO
    scrap: Quantity = ZERO
    rework: Quantity = ZERO
    ideal: Span = 0  # working time that these units take at the routing's best pace
    version: int = 1


@dataclass
class State:
    """Everything that changes in a plant, beyond the agenda and chance."""

    opened: Instant | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    stock: dict[int, StockLine] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)  # "item/lot"
    totals: dict[str, Totals] = field(default_factory=dict)
    handling_units: dict[str, str] = field(default_factory=dict)  # SSCC/item/lot -> its receipt
    movements: list[Movement] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    deliveries: dict[str, InboundDelivery] = field(default_factory=dict)
    trucks: dict[str, Truck] = field(default_factory=dict)
    picks: dict[str, Pick] = field(default_factory=dict)
    shipments: dict[str, Shipment] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    purchase_orders: dict[str, TradeOrder] = field(default_factory=dict)
    sales_orders: dict[str, TradeOrder] = field(default_factory=dict)
    orders: dict[str, ProductionOrder] = field(default_factory=dict)
    machines: dict[str, MachineState] = field(default_factory=dict)
    dirty: list[str] = field(default_factory=list)  # work centres to be dispatched, sorted
    dispatching: bool = False  # an event for it is on the agenda


_MAPPINGS = {one.name for one in fields(State) if one.default_factory is dict}


def save_state(state: State) -> dict[str, Any]:
    """The state as JSON-able data.

    Mappings become lists of pairs: their order is the order of arrival, and must outlive whoever
    sorts the keys of a JSON object.
    """
    saved: dict[str, Any] = adapter_of(State).dump_python(state, mode="json")
    return {
        name: [list(pair) for pair in value.items()] if isinstance(value, dict) else value
        for name, value in saved.items()
    }


def restore_state(saved: dict[str, Any]) -> State:
    """The inverse of `save_state`."""
    restored: State = adapter_of(State).validate_python(
        {name: dict(value) if name in _MAPPINGS else value for name, value in saved.items()}
    )
    return restored
