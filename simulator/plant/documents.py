"""The documents that a plant says: what happened, as systems exchange it.

Frozen pydantic models. Every `at`, `started`, `ended` is an Instant (µs of plant time since 1970
UTC), every quantity a Decimal of at most three places in the item's unit. `keys()` uses the names
of `core.match.KEYS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.durations import Instant
from simulator.core.ports import Document
from simulator.plant.quantities import ZERO, Quantity


def _keys(**named: str | int | None) -> dict[str, list[str]]:
    return {name: [str(value)] for name, value in named.items() if value not in (None, "")}


class OrderStatus(Document):
    """A production order went from one status to another."""

    document: ClassVar[str] = "order-status"
    order: str
    item: str
    quantity: Quantity = ZERO
    status: str
    previous: str | None
    reason: str = ""
    external: str | None = None
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(order=self.order, item=self.item)


class Confirmation(Document):
    """So much of an operation is done: yield and scrap since the last confirmation.

    `rework` counts units that failed but stay in the operation; they come back as yield or scrap
    in a later confirmation. `started` is when this batch began.
    """

    document: ClassVar[str] = "confirmation"
    id: str
    order: str
    item: str
    operation_no: int
    work_centre: str
    machine: str
    yield_quantity: Quantity
    scrap: Quantity
    rework: Quantity
    final: bool
    lot: str | None
    serials: list[str] = Field(default_factory=list)
    external: str | None = None
    started: Instant | None = None
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        keys = _keys(
            confirmation=self.id,
            order=self.order,
            item=self.item,
            lot=self.lot,
            operation_no=self.operation_no,
            machine=self.machine,
        )
        return keys | ({"serial": list(self.serials)} if self.serials else {})


class MaterialConsumption(Document):
    """An order took a component out of a bin."""

    document: ClassVar[str] = "material-consumption"
    order: str
    item: str
    lot: str | None
    serial: str | None = None
    quantity: Quantity
    bin: str
    operation_no: int
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(
            order=self.order, item=self.item, lot=self.lot, serial=self.serial, bin=self.bin,
            operation_no=self.operation_no,
        )  # fmt: skip


class OrderCompletion(Document):
    """The last operation of a production order is done."""

    document: ClassVar[str] = "order-completion"
    order: str
    item: str
    lot: str | None
    good: Quantity
    scrap: Quantity
    external: str | None = None
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(order=self.order, item=self.item, lot=self.lot)


class Downtime(Document):
    """A machine went down (`ended` is None) or is up again."""

    document: ClassVar[str] = "downtime"
    machine: str
    work_centre: str
    started: Instant
    ended: Instant | None
    reason: str

    def keys(self) -> dict[str, list[str]]:
        return _keys(machine=self.machine)


class MachineChange(Document):
    """A machine's status, or what it has in hand, changed.

    `phase` is what it does with the order: `setup`, `run`, or empty where it has none.
    """

    document: ClassVar[str] = "machine-change"
    machine: str
    work_centre: str
    status: str
    previous: str
    order: str | None
    operation_no: int | None
    phase: str
    reason: str = ""
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(machine=self.machine, order=self.order, operation_no=self.operation_no)


class QualityHold(Document):
    """A lot was blocked for quality, or set free."""

    document: ClassVar[str] = "quality-hold"
    lot: str
    item: str
    held: bool
    reason: str
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(lot=self.lot, item=self.item)


class GoodsReceipt(Document):
    """Goods came into a warehouse."""

    document: ClassVar[str] = "goods-receipt"
    receipt: str
    delivery: str | None
    delivery_line: int | None = None
    item: str
    lot: str | None
    quantity: Quantity
    bin: str
    handling_unit: str | None
    reference: str | None
    po: str | None = None
    asn: str | None = None
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(
            receipt=self.receipt, delivery=self.delivery, item=self.item, lot=self.lot,
            sscc=self.handling_unit, bin=self.bin, po=self.po, asn=self.asn,
        )  # fmt: skip


class StockChange(Document):
    """One movement of warehouse stock; `change` is its sign on the warehouses' total.

    The sum of `change` over an item's documents is its stock less the initial one: 0 for a
    transfer, above 0 where goods came in (`from_bin` is None), below where they left.
    """

    document: ClassVar[str] = "stock-change"
    id: str
    kind: str
    item: str
    lot: str | None
    serial: str | None = None
    handling_unit: str | None = None
    from_bin: str | None
    to_bin: str | None
    quantity: Quantity
    change: Quantity
    reference: str | None = None
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(
            movement=self.id, item=self.item, lot=self.lot, serial=self.serial,
            sscc=self.handling_unit,
        )  # fmt: skip


class ShippedLine(BaseModel):
    """What left of one sales order line."""

    model_config = ConfigDict(frozen=True)
    line: int
    item: str
    quantity: Quantity
    lot: str | None
    serial: str | None = None
    handling_unit: str | None = None


class ShipmentConfirmation(Document):
    """Goods left for a customer."""

    document: ClassVar[str] = "shipment-confirmation"
    shipment: str
    so: str
    customer: str
    lines: list[ShippedLine]
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(shipment=self.shipment, so=self.so, customer=self.customer)


DiscrepancyKind = Literal["over", "short", "damaged", "count", "unannounced"]


class Discrepancy(Document):
    """What was expected and what was there differ."""

    document: ClassVar[str] = "discrepancy"
    kind: DiscrepancyKind
    reference: str | None
    item: str
    lot: str | None
    handling_unit: str | None = None
    expected: Quantity
    actual: Quantity
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(item=self.item, lot=self.lot, sscc=self.handling_unit)


class TruckLabel(BaseModel):
    """One label that is scanned at the dock. `parent` is the SSCC of what it stands on or in."""

    model_config = ConfigDict(frozen=True)
    sscc: str | None
    parent: str | None = None
    package: str = ""
    item: str
    lot: str | None
    quantity: Quantity
    unit: str = "pcs"
    po: str | None = None
    po_line: str | None = None


class TruckArrival(Document):
    """A supplier's truck is at the dock: what is really on it, label by label."""

    document: ClassVar[str] = "truck-arrival"
    truck: str
    supplier: str
    carrier: str = ""
    shipment: str
    dock: str
    labels: list[TruckLabel]
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _truck_keys(self.truck, self.shipment, self.supplier, self.labels)


class UnloadedLine(BaseModel):
    """What was on a truck under one label, and what was received of it."""

    model_config = ConfigDict(frozen=True)
    sscc: str | None
    item: str
    lot: str | None
    quantity: Quantity
    received: Quantity
    unit: str = "pcs"
    po: str | None = None
    po_line: str | None = None


class TruckUnloaded(Document):
    """Nothing more will be received of a truck; `complete` where all of it was."""

    document: ClassVar[str] = "truck-unloaded"
    truck: str
    supplier: str
    shipment: str
    complete: bool
    lines: list[UnloadedLine]
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _truck_keys(self.truck, self.shipment, self.supplier, self.lines)


def _truck_keys(
    truck: str, shipment: str, supplier: str, lines: Sequence[TruckLabel | UnloadedLine]
) -> dict[str, list[str]]:
    keys = _keys(truck=truck, shipment=shipment, supplier=supplier)
    parents = [one.parent for one in lines if isinstance(one, TruckLabel)]
    named: dict[str, list[str | None]] = {
        "sscc": [*parents, *(one.sscc for one in lines)],
        "item": [one.item for one in lines],
        "lot": [one.lot for one in lines],
        "po": [one.po for one in lines],
    }
    for name, values in named.items():
        if found := list(dict.fromkeys(one for one in values if one)):
            keys[name] = found
    return keys


class OverdueAcknowledgement(Document):
    """A partner waits in vain for the answer to what it sent.

    `awaited` is the document that does not come; `control`, `group` and `documents` say of what.
    """

    document: ClassVar[str] = "overdue-acknowledgement"
    partner: str
    control: str
    group: str = ""
    awaited: str
    documents: list[str]
    about: list[str] = Field(default_factory=list)  # their numbers
    sent: Instant
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        keys = _keys(partner=self.partner, control=self.control, group=self.group)
        return keys | ({"about": list(self.about)} if self.about else {})


DOCUMENTS: tuple[type[Document], ...] = (
    OrderStatus, Confirmation, MaterialConsumption, OrderCompletion, Downtime, MachineChange,
    QualityHold, GoodsReceipt, StockChange, ShipmentConfirmation, Discrepancy, TruckArrival,
    TruckUnloaded,
)  # fmt: skip
"""Every document that a plant says."""
