"""What customers can be asked: one strict model an operation. Spans are plant time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulator.core.durations import DAY, Duration, Span
from simulator.core.fields import Count, Id, Moment, Quantity
from simulator.core.ports import Strict
from simulator.plant.trading.schedules import Bucket, Commitment
from simulator.plant.trading.shipping import Condition
from simulator.systems._pages import Paged


class Wanted(Strict):
    """So much of an item."""

    item: Id
    quantity: Quantity
    due: Moment | None = None


class PlaceOrder(Strict):
    """A customer's order (850, ORDERS)."""

    customer: Id
    lines: list[Wanted] = Field(min_length=1, max_length=1000)
    po: Id | None = Field(None, description="its number; else one is given")
    currency: Id = "EUR"


class ChangedLine(Strict):
    """What becomes of one line."""

    line: Id
    change: Literal["add", "delete", "quantity", "date"] = "quantity"
    item: Id | None = Field(None, description="of an added line; else the line's own")
    quantity: Quantity | None = None
    due: Moment | None = None


class ChangeOrder(Strict):
    """A change of an order (860, ORDCHG)."""

    po: Id
    lines: list[ChangedLine] = Field(default_factory=list, max_length=1000)
    cancel: bool = Field(False, description="the whole order")


class ForecastLine(Strict):
    """What will probably be wanted of an item."""

    item: Id
    quantities: list[Count] = Field(min_length=1, max_length=200, description="one a bucket")
    received: Count | None = Field(
        None, description="what it says was received in all; else what was"
    )


class GiveForecast(Strict):
    """A forecast (830, DELFOR); it stands in the place of the one before."""

    customer: Id
    lines: list[ForecastLine] = Field(min_length=1, max_length=1000)
    begins: Duration = Field(7 * DAY, description="from now until the first bucket begins")
    bucket: Literal["daily", "weekly", "monthly"] = "weekly"
    commitment: Commitment = "planned"
    number: Id | None = Field(None, description="its number; else one is given")
    po: Id | None = Field(None, description="the blanket order")


class CalledLine(Strict):
    """So much of an item, wanted at a moment; an item may stand several times."""

    item: Id
    quantity: Quantity
    wanted: Duration = Field(1 * DAY, description="from now until it is to be there")
    received: Count | None = Field(
        None, description="what it says was received in all, right or wrong; else what was"
    )
    reference: Id | None = Field(None, description="a release, kanban or RAN number")


class CallOffGoods(Strict):
    """A call-off (862, DELJIT): of its items, what was called before and not shipped is void."""

    customer: Id
    lines: list[CalledLine] = Field(min_length=1, max_length=1000)
    forecast: Id | None = Field(None, description="that it draws on; else the newest one")
    number: Id | None = Field(None, description="its number; else one is given")
    po: Id | None = Field(None, description="the blanket order")
    dock: Id | None = None


class TakenLine(Strict):
    """What came of an item."""

    item: Id
    quantity: Count
    condition: Condition = "good"


class Receive(Strict):
    """Goods that a customer books as received, by hand."""

    customer: Id
    asn: Id = Field(description="the ship notice")
    lines: list[TakenLine] | None = Field(None, description="else all, as it was announced")


class ListOrders(Paged):
    """Which orders and call-offs."""

    customer: Id | None = None


class ListNotices(Paged):
    """Which ship notices of the plant's."""

    customer: Id | None = None


class OneCustomer(Strict):
    """A customer by its name in the plant file."""

    customer: Id


BUCKETS: dict[Bucket, Span] = {"daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}
"""How far apart buckets begin."""
