"""The documents that a plant says: what happened, as systems exchange it.

Frozen pydantic models. Every `at`, `started`, `ended` is an Instant (µs of plant time since 1970
UTC), every quantity a Decimal of at most three places in the item's unit. `keys()` uses the names
of `core.match.KEYS`.
"""

from __future__ import annotations

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


DOCUMENTS: tuple[type[Document], ...] = (
    OrderStatus, Confirmation, MaterialConsumption, OrderCompletion, Downtime, QualityHold,
    GoodsReceipt, StockChange, ShipmentConfirmation, Discrepancy,
)  # fmt: skip
"""Every document that a plant says."""
