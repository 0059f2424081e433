"""The manufacturing execution system: orders on the floor, and what it says about them.

Its state beyond the plant's is one feed of the last things that it said, for those who poll.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel

from simulator.core.errors import Refusal, Violation, invalid
from simulator.core.ports import Document, System, operation
from simulator.plant import Plant
from simulator.plant.documents import (
    Confirmation,
    Downtime,
    MaterialConsumption,
    OrderCompletion,
    OrderStatus,
    QualityHold,
)
from simulator.systems._pages import (
    Feed,
    FeedPage,
    FeedSettings,
    Page,
    Paged,
    page_in_order,
    read_feed,
)
from simulator.systems.mes import inputs as ask
from simulator.systems.mes.views import (
    BomView,
    DowntimeView,
    GenealogyView,
    LotView,
    OrderView,
    RefusedRelease,
    ReleasedView,
    RoutingView,
    bom_view,
    genealogy_view,
    lot_view,
    order_view,
    routing_view,
)

PIECES = frozenset({"pcs", "pc", "pce", "ea", "each", "st", "stk", "c62", "h87", "set"})
"""What callers write for pieces: ISO, SAP and UN/ECE codes."""


@dataclass
class State:
    """What the MES remembers by itself."""

    feed: Feed = field(default_factory=Feed)


class Mes(System[Plant]):
    """Stands in for a manufacturing execution system."""

    kind: ClassVar[str] = "mes"
    summary: ClassVar[str] = "manufacturing execution: orders, confirmations, downtime, quality"
    State: ClassVar[Any] = State
    Settings: ClassVar[type[BaseModel]] = FeedSettings
    says: ClassVar[tuple[type[Document], ...]] = (
        OrderStatus,
        Confirmation,
        MaterialConsumption,
        OrderCompletion,
        Downtime,
        QualityHold,
    )

    state: State

    def on(self, document: Document) -> None:
        if isinstance(document, self.says):
            self.state.feed.add(document, self.stage.now, self.settings.feed)
            self.stage.emit(self.kind, document)

    # --- orders --------------------------------------------------------------------------------

    @operation
    def create_order(self, asked: ask.CreateOrder) -> OrderView:
        """Make a production order, and release it where asked to. Refuses a number twice (409)."""
        self._check_unit(asked.item, asked.unit)
        return order_view(
            self.plant.create_order(
                asked.item,
                asked.quantity,
                id=asked.id,
                priority=asked.priority,
                start=asked.start,
                due=asked.due,
                release=asked.release,
                external=asked.external,
            )
        )

    @operation
    def release_order(self, asked: ask.ReleaseOrder) -> OrderView:
        """Release an order to the floor."""
        return order_view(self.plant.release_order(asked.order, asked.expected_version))

    @operation
    def change_order(self, asked: ask.ChangeOrder) -> OrderView:
        """Change an order's quantity, priority or due date."""
        if asked.unit:
            self._check_unit(self.plant.order(asked.order).item, asked.unit)
        return order_view(
            self.plant.change_order(
                asked.order,
                quantity=asked.quantity,
                priority=asked.priority,
                due=asked.due,
                expected_version=asked.expected_version,
            )
        )

    @operation
    def hold_order(self, asked: ask.HoldOrder) -> OrderView:
        """Halt an order."""
        return order_view(self.plant.hold_order(asked.order, asked.reason, asked.expected_version))

    @operation
    def resume_order(self, asked: ask.ResumeOrder) -> OrderView:
        """Let a halted order go on."""
        return order_view(self.plant.resume_order(asked.order, asked.expected_version))

    @operation
    def cancel_order(self, asked: ask.CancelOrder) -> OrderView:
        """Cancel an order."""
        return order_view(self.plant.cancel_order(asked.order, asked.expected_version))

    @operation
    def release_waiting_orders(self) -> ReleasedView:
        """Release every order that was made and not released yet, in the order they were made."""
        done = ReleasedView([], [])
        for order in list(self.plant.orders("created")):
            try:
                self.plant.release_order(order.id)
            except Refusal as refusal:
                done.refused.append(RefusedRelease(order.id, refusal.code, refusal.detail))
            else:
                done.released.append(order.id)
        return done

    @operation(reads=True)
    def get_order(self, asked: ask.OneOrder) -> OrderView:
        """One order as it stands."""
        return order_view(self.plant.order(asked.order))

    @operation(reads=True)
    def list_orders(self, asked: ask.ListOrders) -> Page[OrderView]:
        """Orders in the order they were made."""
        status = asked.status
        return page_in_order(
            self.plant.orders(),
            asked,
            lambda one: one.id,
            order_view,
            None if status is None else lambda one: one.status == status,
        )

    @operation(reads=True)
    def get_genealogy(self, asked: ask.OneOrder) -> GenealogyView:
        """Which lots went into an order, and the lot it made."""
        return genealogy_view(self.plant.order(asked.order))

    def _check_unit(self, item: str, unit: str | None) -> None:
        # Silently taking 5 kg for 5 pieces is the kind of error that integrations make.
        known = self.plant.model.items.get(item)
        if unit is None or known is None or unit.lower() == known.unit.lower():
            return
        if not (known.unit.lower() in PIECES and unit.lower() in PIECES):
            detail = f"{item} is counted in {known.unit}, not in {unit}"
            raise invalid(detail, Violation("/unit", detail))

    # --- master data ---------------------------------------------------------------------------

    @operation(reads=True)
    def get_bom(self, asked: ask.OneItem) -> BomView:
        """What one unit of an item is made of."""
        return bom_view(asked.item, self.plant.bom(asked.item))

    @operation(reads=True)
    def get_routing(self, asked: ask.OneItem) -> RoutingView:
        """The operations by which an item is made."""
        return routing_view(asked.item, self.plant.routing(asked.item))

    # --- the floor -----------------------------------------------------------------------------

    @operation
    def report_downtime(self, asked: ask.ReportDowntime) -> DowntimeView:
        """Make a machine stand from now, for a span of plant time."""
        self.plant.report_downtime(asked.machine, asked.span, asked.reason)
        return DowntimeView(asked.machine, self.stage.now + asked.span)

    @operation
    def hold_lot(self, asked: ask.HoldLot) -> list[LotView]:
        """Block a lot for quality: of every item that has a lot of this number."""
        return [lot_view(one) for one in self.plant.hold_quality(asked.lot, asked.reason)]

    @operation
    def release_lot(self, asked: ask.ReleaseLot) -> list[LotView]:
        """Set a blocked lot free."""
        return [lot_view(one) for one in self.plant.release_quality(asked.lot)]

    @operation(reads=True)
    def list_responses(self, asked: Paged) -> FeedPage:
        """The last things that the MES said, for those who poll; 410 after a gap."""
        return read_feed(self.state.feed, self.says, asked.after, asked.limit, self.settings.feed)
