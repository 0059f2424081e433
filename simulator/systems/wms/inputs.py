"""What the WMS can be asked: one strict model an operation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from simulator.core.fields import Change, Count, Id, Line, Moment, Quantity, Text
from simulator.core.ports import Strict
from simulator.systems._pages import Paged

DeliveryStatus = Literal["announced", "partially_received", "received", "cancelled"]
TruckStatus = Literal["on_the_way", "arrived", "unloaded", "closed", "cancelled"]
HandlingUnit = Annotated[str, StringConstraints(min_length=1, max_length=35, pattern=r"^[!-~]+$")]
"""A handling unit's number; most are an SSCC, 18 digits."""


class DeliveryLine(Strict):
    """A line of an announced delivery."""

    line: Line
    item: Id
    quantity: Quantity
    lot: Id | None = None
    handling_unit: HandlingUnit | None = Field(None, description="its SSCC")
    po_line: Line | None = None


class CreateDelivery(Strict):
    """A delivery that a supplier announced."""

    supplier: Id
    lines: list[DeliveryLine] = Field(min_length=1, max_length=1000)
    id: Id | None = Field(None, description="the caller's number for it; else one is given")
    asn: Id | None = Field(None, description="the number of the ship notice")
    po: Id | None = None
    expected: Moment | None = None


class OneDelivery(Strict):
    """A delivery by its number."""

    delivery: Id


class ListDeliveries(Paged):
    """Which deliveries."""

    status: DeliveryStatus | None = None


class OneTruck(Strict):
    """A truck by its number."""

    truck: Id


class ListTrucks(Paged):
    """Which trucks."""

    status: TruckStatus | None = None


class CreateReceipt(Strict):
    """Goods that came in: against a delivery's line, from production, or free."""

    item: Id
    quantity: Quantity
    delivery: Id | None = None
    line: Line | None = Field(None, description="the delivery's line")
    lot: Id | None = None
    bin: Id | None = Field(None, description="where to; else the receiving bin")
    handling_unit: HandlingUnit | None = None
    reference: Id | None = Field(None, description="what it is for: a production order, an ASN")
    reference_type: Id | None = Field(None, description="what the reference is: production-order")
    serial: Id | None = None
    damaged: bool = False
    id: Id | None = Field(None, description="the caller's number for it; else one is given")


class PutAway(Strict):
    """Goods to be moved from bin to bin: a handling unit, or an item (and lot)."""

    to_bin: Id
    from_bin: Id | None = None
    quantity: Quantity | None = Field(None, description="all of it where absent")
    handling_unit: HandlingUnit | None = None
    item: Id | None = None
    lot: Id | None = None


class PickGoods(Strict):
    """Goods to be taken to the shipping bin, for a sales order or another reference."""

    item: Id
    quantity: Quantity
    sales_order: Id | None = None
    reference: Id | None = None
    bin: Id | None = None
    lot: Id | None = None
    id: Id | None = Field(None, description="the caller's number for it; else one is given")


class ShipLine(Strict):
    """So much of one line of a sales order."""

    line: Line
    quantity: Quantity


class ShipGoods(Strict):
    """Picked goods that leave; all that was picked where no lines are named."""

    sales_order: Id
    lines: list[ShipLine] | None = Field(None, min_length=1, max_length=1000)
    id: Id | None = Field(None, description="the caller's number for it; else one is given")


class Adjust(Strict):
    """A correction of stock."""

    item: Id
    quantity: Change = Field(description="signed: below 0 takes out")
    bin: Id
    lot: Id | None = None
    reason: Text = ""


class CountBin(Strict):
    """What was counted in a bin."""

    bin: Id
    item: Id
    counted: Count
    lot: Id | None = None


class ListStock(Paged):
    """Which stock."""

    item: Id | None = None
    lot: Id | None = None
    bin: Id | None = None
    handling_unit: HandlingUnit | None = None
