"""The messages of the warehouse's REST contract, as pydantic models.

What a caller sends is the operation's own input where the two have the same shape; the one
exception is here. Times are RFC 3339 UTC with `Z`, quantities JSON numbers in the item's own unit.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from simulator.core.fields import Id, Line, Quantity, Shown

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
HandlingUnit = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=r"^[!-~]+$")]


class Body(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid")


class ReferenceTo(Body):
    """What goods came in for: a document of the caller's."""

    type: Id = Field(description="production-order, asn …")
    id: Id


class NewReceipt(Body):
    """Goods that came in: against a delivery's line, from production, or free."""

    item: Id
    quantity: Quantity
    delivery: Id | None = None
    line: Line | None = Field(None, description="the delivery's line")
    lot: Id | None = None
    serial: Id | None = None
    bin: Id | None = Field(None, description="where to; else the receiving bin")
    handling_unit: HandlingUnit | None = Field(None, description="its SSCC")
    reference: ReferenceTo | None = None
    damaged: bool = False
    id: Id | None = Field(None, description="the caller's number for it; else one is given")


# --- replies -----------------------------------------------------------------------------------


class Made(BaseModel):
    """What the stand-in sends; described, and written by hand for speed."""

    model_config = ConfigDict(extra="forbid")


class StockLine(Made):
    """So much of one item in one bin."""

    id: str
    item: str
    bin: str
    warehouse: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    status: Literal["available", "quality", "blocked"]
    quantity: Shown
    version: int


class DeliveryLine(Made):
    """A line of a delivery, and how much of it came."""

    line: int
    item: str
    quantity: Shown
    received: Shown
    lot: str | None
    handling_unit: str | None


class InboundDelivery(Made):
    """An announced delivery as it stands. `version` is its ETag."""

    id: str
    supplier: str
    po: str | None
    asn: str | None
    expected: Time | None
    status: Literal["announced", "partially_received", "received", "cancelled"]
    lines: list[DeliveryLine]
    version: int


class Receipt(Made):
    """Goods that came in."""

    id: str
    delivery: str | None
    line: int | None
    item: str
    quantity: Shown
    lot: str | None
    bin: str
    handling_unit: str | None
    reference: str | None
    at: Time


class Movement(Made):
    """One booking of stock. From null: it came in; to null: it left."""

    id: str
    at: Time
    kind: str
    item: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str | None
    to_bin: str | None
    quantity: Shown
    reference: str | None


class Movements(Made):
    """What a booking moved."""

    movements: list[Movement]


class Taken(Made):
    """A part of a pick."""

    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str
    quantity: Shown


class Pick(Made):
    """Goods that were picked; `picked` below `quantity` is a short pick."""

    id: str
    sales_order: str | None
    reference: str | None
    item: str
    quantity: Shown
    picked: Shown
    taken: list[Taken]
    at: Time


class ShippedLine(Made):
    """What left of one line of a sales order."""

    line: int
    item: str
    quantity: Shown
    lot: str | None
    serial: str | None
    handling_unit: str | None


class Shipment(Made):
    """Goods that left for a customer."""

    id: str
    sales_order: str
    customer: str
    lines: list[ShippedLine]
    at: Time


class Count(Made):
    """What was counted, and what had been expected."""

    id: str
    bin: str
    item: str
    lot: str | None
    expected: Shown
    counted: Shown
    difference: Shown
    at: Time


_NEXT = Field(description="`after` of the next page; null at the end")


class StockPage(Made):
    """A page of stock."""

    items: list[StockLine]
    next: str | None = _NEXT


class DeliveryPage(Made):
    """A page of deliveries."""

    items: list[InboundDelivery]
    next: str | None = _NEXT


class ReceiptPage(Made):
    """A page of receipts."""

    items: list[Receipt]
    next: str | None = _NEXT


class MovementPage(Made):
    """A page of movements."""

    items: list[Movement]
    next: str | None = _NEXT


# --- what the WMS says ---------------------------------------------------------------------------


class GoodsReceiptData(Made):
    """Goods came in."""

    receipt: str
    delivery: str | None
    delivery_line: int | None
    item: str
    lot: str | None
    quantity: Shown
    bin: str
    handling_unit: str | None
    reference: str | None
    po: str | None
    asn: str | None
    at: Time


class StockChangeData(Made):
    """One movement of stock; `change` is its sign on the warehouses' total."""

    movement: str
    kind: str
    item: str
    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str | None
    to_bin: str | None
    quantity: Shown
    change: Shown
    reference: str | None
    at: Time


class ShipmentConfirmationData(Made):
    """Goods left for a customer."""

    shipment: str
    so: str
    customer: str
    lines: list[ShippedLine]
    at: Time


class DiscrepancyData(Made):
    """What was expected and what was there differ."""

    kind: Literal["over", "short", "damaged", "count", "unannounced"]
    reference: str | None
    item: str
    lot: str | None
    handling_unit: str | None
    expected: Shown
    actual: Shown
    at: Time


class CloudEvent(Made):
    """CloudEvents 1.0, structured. The same document has the same id, however often it is sent."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: Time
    datacontenttype: Literal["application/json"]
    data: dict[str, object]


class EventPage(Made):
    """A page of the feed of what the WMS said."""

    items: list[CloudEvent]
    next: str | None = Field(description="`after` of the next page, also when nothing is new")
    oldest: str | None = Field(description="the oldest entry that is kept")
    kept: int = Field(description="how many entries are kept: those before answer 410")


DATA: dict[str, type[Made]] = {
    "goods-receipt": GoodsReceiptData,
    "stock-change": StockChangeData,
    "shipment-confirmation": ShipmentConfirmationData,
    "discrepancy": DiscrepancyData,
}
"""Document -> the shape of its event's data."""
