"""What the MES shows: snapshots, so that an answer never changes after it was given.

Times are Instants (microseconds since 1970 UTC), quantities Decimals in the item's unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from simulator.core.durations import Instant, Span
from simulator.plant.distributions import Distribution
from simulator.plant.model import Bom, Routing
from simulator.plant.state import Lot, ProductionOrder


@dataclass(slots=True)
class OperationView:
    """One step of an order: where it stands."""

    no: int
    work_centre: str
    machine: str | None
    status: str
    good: Decimal
    scrap: Decimal
    rework: Decimal
    started: Instant | None
    ended: Instant | None


@dataclass(slots=True)
class OrderView:
    """A production order as it is at this moment."""

    id: str
    item: str
    quantity: Decimal
    good: Decimal
    scrap: Decimal
    rework: Decimal
    status: str
    priority: int
    start: Instant | None
    due: Instant | None
    created: Instant
    released: Instant | None
    completed: Instant | None
    lot: str | None
    external: str | None
    version: int
    operations: list[OperationView]


@dataclass(slots=True)
class ConsumedView:
    """A material that went into an order."""

    item: str
    lot: str | None
    serial: str | None
    quantity: Decimal


@dataclass(slots=True)
class GenealogyView:
    """What an order made, and of which lots."""

    order: str
    item: str
    lot: str | None
    good: Decimal
    serials: list[str]
    consumed: list[ConsumedView]
    version: int


@dataclass(slots=True)
class RefusedRelease:
    """An order that could not be released, and why."""

    order: str
    code: str
    detail: str


@dataclass(slots=True)
class ReleasedView:
    """What a release of all waiting orders did."""

    released: list[str]
    refused: list[RefusedRelease]


@dataclass(slots=True)
class DowntimeView:
    """A machine that was made to stand, and until when."""

    machine: str
    until: Instant


@dataclass(slots=True)
class LotView:
    """A lot, and whether quality blocks it."""

    lot: str
    item: str
    held: bool
    reason: str


@dataclass(slots=True)
class ComponentView:
    """So much of a component in one unit."""

    item: str
    quantity: Decimal
    operation: int | None


@dataclass(slots=True)
class BomView:
    """What one unit of an item is made of."""

    item: str
    components: list[ComponentView]


@dataclass(slots=True)
class StepView:
    """One step of a routing. `setup` and `cycle` are mean spans in microseconds."""

    no: int
    name: str
    work_centre: str
    setup: Span
    cycle: Span


@dataclass(slots=True)
class RoutingView:
    """The operations by which an item is made."""

    id: str
    item: str
    operations: list[StepView]


def order_view(order: ProductionOrder) -> OrderView:
    """The view of the plant's order."""
    return OrderView(
        order.id, order.item, order.quantity, order.good, order.scrap, order.rework, order.status,
        order.priority, order.start, order.due, order.created, order.released, order.completed,
        order.lot, order.external, order.version,
        [
            OperationView(
                one.no, one.work_centre, one.machine, one.status, one.good, one.scrap, one.rework,
                one.started, one.ended,
            )
            for one in order.operations
        ],
    )  # fmt: skip


def genealogy_view(order: ProductionOrder) -> GenealogyView:
    """The view of what went into the plant's order."""
    consumed = [ConsumedView(one.item, one.lot, one.serial, one.quantity) for one in order.consumed]
    return GenealogyView(
        order.id, order.item, order.lot, order.good, list(order.serials), consumed, order.version
    )


def lot_view(lot: Lot) -> LotView:
    """The view of a lot."""
    return LotView(lot.id, lot.item, lot.held, lot.reason)


def bom_view(item: str, bom: Bom) -> BomView:
    """The view of a bill of materials."""
    components = [ComponentView(one.item, one.quantity, one.operation) for one in bom.components]
    return BomView(item, components)


def mean(times: Distribution) -> Span:
    """The mean of a distribution of spans, in microseconds (a cut-off is not allowed for)."""
    if times.uniform:
        return (times.uniform.low + times.uniform.high) // 2
    if times.lognormal:
        factor = math.exp(times.lognormal.sigma**2 / 2)
        return times.lognormal.shift + round(times.lognormal.median * factor)
    if times.weibull:
        return round(times.weibull.scale * math.gamma(1 + 1 / times.weibull.shape))
    one = times.normal or times.exponential or times.gamma
    return one.mean if one else times.fixed or 0


def routing_view(item: str, routing: Routing) -> RoutingView:
    """The view of a routing."""
    steps = [
        StepView(one.no, one.name, one.work_centre, mean(one.setup), mean(one.cycle))
        for one in routing.operations
    ]
    return RoutingView(routing.id or item, item, steps)
