"""What the WMS shows of what still changes: snapshots, as they were at the answer.

What never changes once it is booked (receipts, movements, shipments, counts) is shown as the
plant's own record. Times are Instants (microseconds since 1970 UTC), quantities Decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulator.core.durations import Instant
from simulator.plant.state import InboundDelivery, Pick


@dataclass(slots=True)
class DeliveryLineView:
    """A line of a delivery, and how much of it came."""

    line: int
    item: str
    quantity: Decimal
    received: Decimal
    lot: str | None
    handling_unit: str | None


@dataclass(slots=True)
class DeliveryView:
    """An announced delivery as it is at this moment."""

    id: str
    supplier: str
    po: str | None
    asn: str | None
    expected: Instant | None
    status: str
    lines: list[DeliveryLineView]
    version: int


@dataclass(slots=True)
class TakenView:
    """A part of a pick: from which bin, which lot."""

    lot: str | None
    serial: str | None
    handling_unit: str | None
    from_bin: str
    quantity: Decimal


@dataclass(slots=True)
class PickView:
    """Goods that were picked; `picked` below `quantity` is a short pick."""

    id: str
    sales_order: str | None
    reference: str | None
    item: str
    quantity: Decimal
    picked: Decimal
    taken: list[TakenView]
    at: Instant


def delivery_view(delivery: InboundDelivery) -> DeliveryView:
    """The view of a delivery."""
    return DeliveryView(
        delivery.id, delivery.supplier, delivery.po, delivery.asn, delivery.expected,
        delivery.status,
        [
            DeliveryLineView(
                one.line, one.item, one.quantity, one.received, one.lot, one.handling_unit
            )
            for one in delivery.lines
        ],
        delivery.version,
    )  # fmt: skip


def pick_view(pick: Pick) -> PickView:
    """The view of a pick."""
    taken = [
        TakenView(one.lot, one.serial, one.handling_unit, one.from_bin, one.quantity)
        for one in pick.taken
    ]
    return PickView(
        pick.id, pick.sales_order, pick.reference, pick.item, pick.quantity, pick.picked, taken,
        pick.at,
    )  # fmt: skip
