"""Forecasts and call-offs: 830 862, DELFOR DELJIT; stock at a partner: 846, INVRPT."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from simulator.core.durations import Instant
from simulator.plant.trading.parts import Part, TradingDocument, distinct

Commitment = Literal["firm", "production", "material", "planned"]
"""How binding a quantity is: firm; may be produced; material may be bought; planning only."""
Bucket = Literal["discrete", "daily", "weekly", "monthly", "quarterly", "flexible"]


class Demand(Part):
    """So much is wanted in a period that starts at `start`; `end` where a period is wanted."""

    quantity: Decimal
    commitment: Commitment = "firm"
    bucket: Bucket = "discrete"
    start: Instant
    end: Instant | None = None
    cumulative: Decimal | None = None  # required by the end of it, since the year's count began
    reference: str = ""  # of the delivery: a release, kanban or RAN number


class ScheduleLine(Part):
    """The demand for one item, and where the buyer's own count of it stands."""

    line: str = ""
    item: str
    supplier_item: str = ""
    description: str = ""
    unit: str = "pcs"
    po: str = ""
    dock: str = ""
    demands: list[Demand] = Field(default_factory=list)
    received: Decimal | None = None  # cumulative quantity received
    counted_from: Instant | None = None  # when that count began
    last_receipt: str = ""  # the shipment that the buyer received last
    last_quantity: Decimal | None = None
    last_at: Instant | None = None


class Forecast(TradingDocument):
    """A planning schedule: 830, DELFOR. `number` is the release's."""

    document: ClassVar[str] = "forecast"
    po: str = ""
    replaces: str = ""  # the release it replaces; all earlier ones where empty
    start: Instant | None = None
    end: Instant | None = None
    lines: list[ScheduleLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return _schedule_keys(self)


class CallOff(TradingDocument):
    """A shipping schedule, exact and binding: 862, DELJIT. `number` is the release's."""

    document: ClassVar[str] = "call-off"
    po: str = ""
    forecast: str = ""  # the 830's or DELFOR's number that it draws on
    start: Instant | None = None
    end: Instant | None = None
    lines: list[ScheduleLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return _schedule_keys(self)


def _schedule_keys(one: Forecast | CallOff) -> dict[str, list[str]]:
    return distinct(
        schedule=one.number, partner=one.partner, po=[one.po, *(line.po for line in one.lines)],
        item=[line.item for line in one.lines],
    )  # fmt: skip


class InventoryLine(Part):
    """How much of an item there is."""

    line: str = ""
    item: str
    supplier_item: str = ""
    quantity: Decimal
    unit: str = "pcs"
    status: Literal["on-hand", "available", "committed", "in-transit", "backordered", "blocked"] = (
        "on-hand"
    )
    lot: str = ""
    location: str = ""


class InventoryReport(TradingDocument):
    """Stock as the sender has it: 846, INVRPT."""

    document: ClassVar[str] = "inventory-report"
    lines: list[InventoryLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(partner=self.partner, item=[one.item for one in self.lines])
