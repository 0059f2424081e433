"""What the MES can be asked: one strict model an operation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from simulator.core.durations import Duration
from simulator.core.fields import Id, Moment, Priority, Quantity, Text
from simulator.core.ports import Strict
from simulator.systems._pages import Paged

Status = Literal["created", "released", "running", "held", "completed", "cancelled"]
Version = Annotated[int, Field(ge=0, description="the version it must still have")]


class CreateOrder(Strict):
    """A production order to be made."""

    item: Id = Field(description="what is to be made")
    quantity: Quantity
    unit: Id | None = Field(None, description="the unit the quantity is meant in: the item's own")
    id: Id | None = Field(None, description="the caller's number for it; else one is given")
    priority: Priority = 50
    start: Moment | None = Field(None, description="not to be begun before")
    due: Moment | None = Field(None, description="wanted by")
    release: bool = Field(False, description="release it at once")
    external: Id | None = Field(None, description="the caller's reference, given back in replies")


class OneOrder(Strict):
    """An order by its number."""

    order: Id


class ReleaseOrder(OneOrder):
    """An order to be released to the floor."""

    expected_version: Version | None = None


class ChangeOrder(OneOrder):
    """What is to be different about an order; what is absent stays."""

    quantity: Quantity | None = None
    unit: Id | None = Field(None, description="the unit the quantity is meant in: the item's own")
    priority: Priority | None = None
    due: Moment | None = None
    expected_version: Version | None = None


class HoldOrder(OneOrder):
    """An order to be halted."""

    reason: Text = ""
    expected_version: Version | None = None


class ResumeOrder(OneOrder):
    """An order that is to go on."""

    expected_version: Version | None = None


class CancelOrder(OneOrder):
    """An order that is not to be made any more."""

    expected_version: Version | None = None


class ListOrders(Paged):
    """Which orders."""

    status: Status | None = None


class OneItem(Strict):
    """An item by its number."""

    item: Id


class ReportDowntime(Strict):
    """A machine that stands, from now."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    machine: Id
    span: Duration = Field(alias="for", description="how long, plant time: 20m")
    reason: Text = "reported"


class HoldLot(Strict):
    """A lot that quality blocks."""

    lot: Id
    reason: Text = ""


class ReleaseLot(Strict):
    """A lot that quality sets free."""

    lot: Id
