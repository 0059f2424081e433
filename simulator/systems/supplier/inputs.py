"""What suppliers can be asked: one strict model an operation. Spans are plant time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulator.core.durations import Duration
from simulator.core.fields import Count, Id, Moment, Quantity
from simulator.core.ports import Strict
from simulator.systems._pages import Paged
from simulator.systems.supplier.settings import Asn, Packing

Answer = Literal["accepted", "changed", "split", "backordered", "rejected"]


class AnswerLine(Strict):
    """What is answered to one line; a line that stands twice is split."""

    line: Id
    answer: Literal["accepted", "changed", "backordered", "rejected"] = "accepted"
    quantity: Count | None = Field(None, description="the line's own where absent")
    due: Moment | None = None


class Acknowledge(Strict):
    """An answer to an order (855), at once."""

    po: Id
    answer: Answer = "accepted"
    lines: list[AnswerLine] | None = Field(
        None, min_length=1, max_length=1000, description="else every line is answered alike"
    )


class Amount(Strict):
    """So much of an item."""

    item: Id
    quantity: Count


class ShipLine(Strict):
    """So much of an item that is to be shipped."""

    item: Id
    quantity: Quantity
    po: Id | None = Field(None, description="else the one that `against` means, or an open one")
    po_line: Id | None = None
    lot: Id | None = None


class Ship(Strict):
    """A shipment: what it is for, how it is announced, and what is really on the truck."""

    supplier: Id
    against: Id = Field(
        "open_orders", description="open_orders, schedule (what was called off), or an order"
    )
    lines: list[ShipLine] | None = Field(
        None, min_length=1, max_length=1000, description="else all that is open"
    )
    asn: Asn | None = Field(None, description="else as the supplier's settings have it")
    truck: bool = Field(True, description="false: announced, and never sent")
    load: list[Amount] | None = Field(
        None, description="what is really on the truck, of these items; else what is shipped"
    )
    announce: list[Amount] | None = Field(
        None, description="what the notice says of these items; else what is shipped"
    )
    short: list[Amount] = Field(default_factory=list, description="so much less is on the truck")
    over: list[Amount] = Field(default_factory=list, description="so much more is on the truck")
    lots: int = Field(1, ge=1, le=100, description="lots that each line comes in")
    departs: Duration = Field(0, description="from now until the truck leaves")
    transit: Duration | None = Field(None, description="of the truck; else drawn by the settings")
    asn_delay: Duration | None = Field(None, description="else drawn by the settings")
    packing: Packing | None = None
    shipment: Id | None = Field(None, description="its number; else one is given")
    number: Id | None = Field(None, description="the ship notice's number; else one is given")
    carrier: Id | None = None
    trailer: Id | None = None
    dock: Id | None = None


class OneShipment(Strict):
    """A shipment by its number."""

    shipment: Id


class CancelShipNotice(OneShipment):
    """A notice that is taken back."""

    truck: bool = Field(False, description="the truck turns back too, where it is on the way")


class ReplaceShipNotice(OneShipment):
    """A notice that is sent anew, and says what is really on the truck unless told otherwise."""

    announce: list[Amount] | None = None
    number: Id | None = Field(None, description="else the number of the notice it replaces")


class ChangeOrder(Strict):
    """Dates or quantities that a supplier moves by itself (855 once more)."""

    po: Id
    lines: list[AnswerLine] = Field(min_length=1, max_length=1000)


class ReportInventory(Strict):
    """What a supplier has on hand (846, INVRPT)."""

    supplier: Id
    lines: list[Amount] | None = Field(None, description="else all its items, drawn by chance")


class ListShipments(Paged):
    """Which shipments."""

    supplier: Id | None = None


class OneSupplier(Strict):
    """A supplier by its name in the plant file."""

    supplier: Id
