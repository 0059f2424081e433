"""The warehouse management system: deliveries, receipts, bins, picks, shipments and stock.

Its state beyond the plant's is one feed of the last things that it said, for those who poll.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel

from simulator.core.ports import Document, System, operation
from simulator.plant import Plant
from simulator.plant.documents import (
    Discrepancy,
    GoodsReceipt,
    ShipmentConfirmation,
    StockChange,
    TruckArrival,
    TruckUnloaded,
)
from simulator.plant.freight import Truck
from simulator.plant.state import (
    Count,
    DeliveryLine,
    InboundDelivery,
    Movement,
    Receipt,
    Shipment,
    StockLine,
)
from simulator.systems._pages import (
    Feed,
    FeedPage,
    FeedSettings,
    Page,
    Paged,
    expired,
    page_in_order,
    read_feed,
)
from simulator.systems.wms import inputs as ask
from simulator.systems.wms.views import (
    DeliveryView,
    PickView,
    delivery_view,
    pick_view,
)


@dataclass
class State:
    """What the WMS remembers by itself."""

    feed: Feed = field(default_factory=Feed)


class Wms(System[Plant]):
    """Stands in for a warehouse management system."""

    kind: ClassVar[str] = "wms"
    summary: ClassVar[str] = "warehouse: deliveries, receipts, stock, picks, shipments"
    State: ClassVar[Any] = State
    Settings: ClassVar[type[BaseModel]] = FeedSettings
    says: ClassVar[tuple[type[Document], ...]] = (
        GoodsReceipt,
        StockChange,
        ShipmentConfirmation,
        Discrepancy,
        TruckArrival,
        TruckUnloaded,
    )

    state: State

    def on(self, document: Document) -> None:
        if isinstance(document, self.says):
            self.state.feed.add(document, self.stage.now, self.settings.feed)
            self.stage.emit(self.kind, document)

    # --- inbound -------------------------------------------------------------------------------

    @operation
    def create_delivery(self, asked: ask.CreateDelivery) -> DeliveryView:
        """Announce a delivery (an ASN). Refuses a number twice (409)."""
        lines = [
            DeliveryLine(
                line.line,
                line.item,
                line.quantity,
                lot=line.lot,
                handling_unit=line.handling_unit,
                po_line=line.po_line,
            )
            for line in asked.lines
        ]
        delivery = InboundDelivery(
            asked.supplier,
            lines,
            id=asked.id or "",
            po=asked.po,
            asn=asked.asn,
            expected=asked.expected,
        )
        return delivery_view(self.plant.announce(delivery))

    @operation(reads=True)
    def get_delivery(self, asked: ask.OneDelivery) -> DeliveryView:
        """One delivery as it stands."""
        return delivery_view(self.plant.delivery(asked.delivery))

    @operation(reads=True)
    def list_deliveries(self, asked: ask.ListDeliveries) -> Page[DeliveryView]:
        """Deliveries in the order they were announced."""
        status = asked.status
        return page_in_order(
            self.plant.deliveries(),
            asked,
            _id,
            delivery_view,
            None if status is None else lambda one: one.status == status,
        )

    @operation
    def create_receipt(self, asked: ask.CreateReceipt) -> Receipt:
        """Book goods in: against a delivery's line, from production, or free."""
        return self.plant.receive(
            item=asked.item,
            quantity=asked.quantity,
            lot=asked.lot,
            bin=asked.bin,
            delivery=asked.delivery,
            delivery_line=asked.line,
            handling_unit=asked.handling_unit,
            reference=asked.reference,
            reference_type=asked.reference_type,
            serial=asked.serial,
            damaged=asked.damaged,
            id=asked.id,
        )

    @operation(reads=True)
    def list_receipts(self, asked: Paged) -> Page[Receipt]:
        """Receipts in the order they were booked."""
        return page_in_order(self.plant.receipts(), asked, _id, _itself)

    @operation(reads=True)
    def list_trucks(self, asked: ask.ListTrucks) -> Page[Truck]:
        """Trucks on the road and at the dock, in the order they were loaded."""
        status = asked.status
        return page_in_order(
            self.plant.trucks(),
            asked,
            _id,
            _itself,
            None if status is None else lambda one: one.status == status,
        )

    @operation(reads=True)
    def get_truck(self, asked: ask.OneTruck) -> Truck:
        """One truck: what is on it, and what was received of it."""
        return self.plant.truck(asked.truck)

    @operation
    def close_truck(self, asked: ask.OneTruck) -> Truck:
        """Say that a truck is empty, though not all of it came in."""
        return self.plant.close_truck(asked.truck)

    # --- in the house --------------------------------------------------------------------------

    @operation
    def put_away(self, asked: ask.PutAway) -> list[Movement]:
        """Move goods from bin to bin."""
        return self.plant.put_away(
            handling_unit=asked.handling_unit,
            item=asked.item,
            lot=asked.lot,
            from_bin=asked.from_bin,
            to_bin=asked.to_bin,
            quantity=asked.quantity,
        )

    @operation
    def adjust(self, asked: ask.Adjust) -> list[Movement]:
        """Correct stock by a signed quantity."""
        return self.plant.adjust(
            asked.item, asked.quantity, bin=asked.bin, lot=asked.lot, reason=asked.reason
        )

    @operation
    def count(self, asked: ask.CountBin) -> Count:
        """Book what was counted in a bin; the difference becomes a movement."""
        return self.plant.count(asked.bin, asked.item, asked.lot, asked.counted)

    # --- outbound ------------------------------------------------------------------------------

    @operation
    def pick(self, asked: ask.PickGoods) -> PickView:
        """Take goods to the shipping bin; may find less than was asked for."""
        return pick_view(
            self.plant.pick(
                item=asked.item,
                quantity=asked.quantity,
                sales_order=asked.sales_order,
                reference=asked.reference,
                bin=asked.bin,
                lot=asked.lot,
                id=asked.id,
            )
        )

    @operation
    def ship(self, asked: ask.ShipGoods) -> Shipment:
        """Let picked goods leave for the customer."""
        lines = [(one.line, one.quantity) for one in asked.lines] if asked.lines else None
        return self.plant.ship(asked.sales_order, lines, id=asked.id)

    # --- what there is -------------------------------------------------------------------------

    @operation(reads=True)
    def list_stock(self, asked: ask.ListStock) -> Page[StockLine]:
        """Lines of stock, oldest first; any mix of filters."""
        lines = self.plant.stock(asked.item, asked.lot, asked.bin, asked.handling_unit)
        if asked.after is not None:
            # Lines come and go between two pages; their numbers only rise.
            if not (asked.after.isascii() and asked.after.isdigit()):
                raise expired(asked.after)
            start = int(asked.after)
            lines = [line for line in lines if line.id > start]
        limit = asked.limit
        following = str(lines[limit - 1].id) if len(lines) > limit else None
        return Page(lines[:limit], following)

    @operation(reads=True)
    def list_movements(self, asked: Paged) -> Page[Movement]:
        """Movements of stock in the order they were booked."""
        return page_in_order(self.plant.movements(), asked, _id, _itself)

    @operation(reads=True)
    def list_events(self, asked: Paged) -> FeedPage:
        """The last things that the WMS said, for those who poll; 410 after a gap."""
        return read_feed(self.state.feed, self.says, asked.after, asked.limit, self.settings.feed)


def _id(one: Any) -> str:
    name: str = one.id
    return name


def _itself(one: Any) -> Any:
    return one
