"""Goods coming in: announced deliveries (ASNs), and receipts from suppliers and from production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from simulator.core.errors import Violation, conflict, invalid, not_found
from simulator.plant.documents import Discrepancy, DiscrepancyKind, GoodsReceipt
from simulator.plant.ground import refused
from simulator.plant.model import Item
from simulator.plant.quantities import ONE, ZERO
from simulator.plant.state import (
    DeliveryLine,
    InboundDelivery,
    ProductionOrder,
    Receipt,
    StockState,
    Taken,
    TradeLine,
    TradeOrder,
)
from simulator.plant.stockroom import unit_key
from simulator.plant.trucks import Aboard, Trucks

PRODUCTION = "production-order"
PURCHASE = "purchase-order"


@dataclass
class _Source:
    """Where received goods come from: at most one of a production order, a delivery, an order."""

    order: ProductionOrder | None = None
    delivery: InboundDelivery | None = None
    line: DeliveryLine | None = None
    purchase: TradeOrder | None = None
    purchase_line: TradeLine | None = None
    aboard: Sequence[Aboard] = ()  # the loads of trucks that it is taken off


class Receiving(Trucks):
    """The warehouse's front door."""

    def _derive(self) -> None:
        super()._derive()
        self._announced: dict[str, tuple[str, int]] = {}  # SSCC -> delivery, line
        for delivery in self.state.deliveries.values():
            self._note_announced(delivery)

    def _note_announced(self, delivery: InboundDelivery) -> None:
        for line in delivery.lines:
            if line.handling_unit and delivery.status != "cancelled":
                self._announced[line.handling_unit] = (delivery.id, line.line)

    # --- deliveries ---------------------------------------------------------------------------

    def announce(self, delivery: InboundDelivery) -> InboundDelivery:
        """Take a supplier's announcement (ASN); an empty `id` is given one.

        Raises invalid for unknown suppliers, items, purchase orders or twice the same line, and
        conflict where the delivery's id is taken.
        """
        if delivery.supplier not in self.model.suppliers:
            raise refused("/supplier", f"there is no supplier {delivery.supplier!r}")
        if delivery.po is not None:
            order = self.state.purchase_orders.get(delivery.po)
            if order is not None and order.partner != delivery.supplier:
                raise refused("/po", f"purchase order {order.id} is {order.partner}'s")
        if not delivery.lines:
            raise refused("/lines", "a delivery needs a line")
        seen: set[int] = set()
        for index, line in enumerate(delivery.lines):
            if line.item not in self.model.items:
                raise refused(f"/lines/{index}/item", f"there is no item {line.item!r}")
            self._checked(self.model.items[line.item], line.quantity)
            if line.line in seen:
                raise refused(f"/lines/{index}/line", f"line {line.line} stands twice")
            seen.add(line.line)
        if delivery.id in self.state.deliveries:
            raise conflict(f"there is a delivery {delivery.id} already", "delivery-exists")
        name = delivery.id or self._next("delivery", "18{:08d}", taken=self.state.deliveries)
        lines = [replace(line, received=ZERO) for line in delivery.lines]
        taken = replace(delivery, id=name, lines=lines, status="announced", version=1)
        self.state.deliveries[name] = taken
        self._note_announced(taken)
        return taken

    def delivery(self, id: str) -> InboundDelivery:
        """One delivery. Raises not_found."""
        found = self.state.deliveries.get(id)
        if found is None:
            raise not_found("delivery", id)
        return found

    def deliveries(self, status: str | None = None) -> list[InboundDelivery]:
        """Deliveries, oldest first."""
        return [one for one in self.state.deliveries.values() if status in (None, one.status)]

    def cancel_delivery(self, id: str, expected_version: int | None = None) -> InboundDelivery:
        """The truck never comes. Raises not_found, stale, or conflict once goods were received."""
        delivery = self.delivery(id)
        self._check_version(f"delivery {id}", delivery.version, expected_version)
        if delivery.status != "announced":
            raise conflict(f"delivery {id} is {delivery.status}", "delivery-not-open")
        delivery.status = "cancelled"
        delivery.version += 1
        for line in delivery.lines:
            self._announced.pop(line.handling_unit or "", None)
        return delivery

    def close_delivery(self, id: str, expected_version: int | None = None) -> InboundDelivery:
        """Nothing more will come: what is missing is a `short` discrepancy for each line.

        Raises not_found, stale, or conflict where it is not open.
        """
        delivery = self.delivery(id)
        self._check_version(f"delivery {id}", delivery.version, expected_version)
        if delivery.status not in ("announced", "partially_received"):
            raise conflict(f"delivery {id} is {delivery.status}", "delivery-not-open")
        delivery.status = "received"
        delivery.version += 1
        for line in delivery.lines:
            if line.received < line.quantity:
                self._differ("short", id, line.item, line.lot, line.quantity, line.received)
        return delivery

    # --- receipts -----------------------------------------------------------------------------

    def receive(
        self,
        *,
        item: str,
        quantity: Decimal,
        lot: str | None = None,
        bin: str | None = None,
        delivery: str | None = None,
        delivery_line: int | None = None,
        handling_unit: str | None = None,
        reference: str | None = None,
        reference_type: str | None = None,
        serial: str | None = None,
        damaged: bool = False,
        id: str | None = None,
    ) -> Receipt:
        """Goods come into a warehouse.

        From a delivery (named, or found by its handling unit), from production (`reference` is a
        production order; what it made and nobody received yet moves into the bin), against a
        purchase order (`reference`), or out of the blue (a discrepancy, `unannounced`). More than
        was announced, beyond the item's tolerance, is a discrepancy `over`; damaged goods come in
        blocked. `bin` is the item's own unless said.

        Raises invalid (unknown names, no lot), not_found (delivery), conflict: `receipt-exists`,
        `delivery-not-open`, `handling-unit-already-received`, `more-than-produced`, `wrong-lot`;
        of what a truck carries: `not-arrived`, `more-than-arrived`.
        """
        known = self._known_item(item)
        quantity = self._checked(known, quantity)
        if id is not None and id in self.state.receipts:
            raise conflict(f"there is a receipt {id} already", "receipt-exists")
        target = self._known_bin(bin or known.bin or self._receiving)
        source = self._source(
            item, lot, delivery, delivery_line, handling_unit, reference, reference_type
        )
        if source.order is not None:
            lot = self._check_production(source.order, lot, quantity)
        else:
            announced = source.line.lot if source.line is not None else None
            lot = lot or announced or self._lot_aboard(item, handling_unit)
        self._check_tracking(known, lot, serial, quantity)
        unit = unit_key(handling_unit, item, lot)
        self._check_unit(unit)
        self._check_trucks(source, item, lot, quantity, handling_unit, reference)
        name = id or self._next("receipt", "R{:07d}", taken=self.state.receipts)
        receipt = Receipt(
            name, source.delivery.id if source.delivery else None,
            source.line.line if source.line else None, item, quantity, lot, target,
            handling_unit, reference or (source.purchase.id if source.purchase else None), self.now,
        )  # fmt: skip
        self.state.receipts[name] = receipt
        if unit:
            self.state.handling_units[unit] = name
        self._book(receipt, source, serial, "blocked" if damaged else "available")
        self._tell_receipt(receipt, source)
        self._note_differences(receipt, source, known, damaged)
        self._unload(source.aboard, quantity)
        return receipt

    def receipts(self) -> list[Receipt]:
        """Every receipt, oldest first."""
        return list(self.state.receipts.values())

    def _check_unit(self, unit: str) -> None:
        before = self.state.handling_units.get(unit)
        if before and not self.model.warehouse.accept_duplicate_handling_units:
            sscc = unit.partition("/")[0]
            what = f"handling unit {sscc} was received already: {before}"
            raise conflict(what, "handling-unit-already-received")

    def _check_trucks(
        self,
        source: _Source,
        item: str,
        lot: str | None,
        quantity: Decimal,
        handling_unit: str | None,
        reference: str | None,
    ) -> None:
        """Take the goods off the truck that brought them. Raises conflict."""
        if source.order is not None or not self.state.trucks:
            return
        aboard = self._aboard(item, lot, quantity, handling_unit, source.delivery, reference)
        source.aboard = aboard
        purchase = self.state.purchase_orders.get(aboard[0].load.po or "") if aboard else None
        if purchase is not None:  # the label says with what it was ordered
            number = aboard[0].load.po_line or ""
            source.purchase = purchase
            source.purchase_line = _trade_line(
                purchase, item, int(number) if number.isdecimal() else None
            )

    def _check_production(
        self, order: ProductionOrder, lot: str | None, quantity: Decimal
    ) -> str | None:
        if lot is not None and lot != order.lot:
            raise conflict(f"order {order.id} makes lot {order.lot}, not {lot}", "wrong-lot")
        if quantity > order.in_production:
            left = f"{order.in_production} of order {order.id} wait to be received, not {quantity}"
            raise conflict(left, "more-than-produced")
        return order.lot

    def _check_tracking(
        self, item: Item, lot: str | None, serial: str | None, quantity: Decimal
    ) -> None:
        if item.tracking == "lot" and not lot:
            raise refused("/lot", f"{item.id} is tracked by lot: name one")
        if serial is not None and quantity != ONE:
            raise refused("/quantity", "a serial is one piece")

    def _source(
        self,
        item: str,
        lot: str | None,
        delivery: str | None,
        delivery_line: int | None,
        handling_unit: str | None,
        reference: str | None,
        reference_type: str | None,
    ) -> _Source:
        if delivery is None and handling_unit in self._announced and handling_unit:
            delivery, announced = self._announced[handling_unit]
            if self.delivery(delivery).status == "cancelled":
                delivery = None
            elif delivery_line is None:
                delivery_line = announced
        if delivery is not None:
            found = self.delivery(delivery)
            if found.status == "cancelled":
                raise conflict(f"delivery {delivery} is cancelled", "delivery-not-open")
            line = _line(found, item, lot, delivery_line, handling_unit)
            purchase = self.state.purchase_orders.get(found.po or "")
            bought = _trade_line(purchase, item, line.po_line)
            return _Source(None, found, line, purchase, bought)
        if reference_type == PRODUCTION or (
            reference_type is None and reference in self.state.orders
        ):
            order = self.state.orders.get(reference or "")
            if order is None or order.item != item:
                raise refused("/reference", f"no production order {reference!r} makes {item}")
            return _Source(order=order)
        purchase = self.state.purchase_orders.get(reference or "")
        if purchase is None and reference_type == PURCHASE:
            raise refused("/reference", f"there is no purchase order {reference!r}")
        return _Source(purchase=purchase, purchase_line=_trade_line(purchase, item, None))

    def _book(
        self, receipt: Receipt, source: _Source, serial: str | None, status: StockState
    ) -> None:
        item, lot, quantity = receipt.item, receipt.lot, receipt.quantity
        serials: list[str] = [serial] if serial else []
        if source.order is not None:
            order = source.order
            order.in_production -= quantity
            order.version += 1
            count = int(quantity)
            serials = order.serials_in_production[:count]
            del order.serials_in_production[: len(serials)]
        else:
            self._totals(item).received += quantity
            self._know_lot(item, lot, f"receipt:{receipt.id}")
        if source.line is not None and source.delivery is not None:
            source.line.received += quantity
            source.delivery.version += 1
            done = all(one.received >= one.quantity for one in source.delivery.lines)
            source.delivery.status = "received" if done else "partially_received"
        if source.purchase is not None and source.purchase_line is not None:
            self._done(source.purchase, source.purchase_line, quantity)
        parts: list[tuple[str | None, Decimal]] = [(one, ONE) for one in serials]
        if rest := quantity - len(serials):
            parts.append((None, rest))
        for one, amount in parts:
            unit = receipt.handling_unit
            self._put_in(item, amount, receipt.bin, lot, one, unit, status)
            part = Taken(item, lot, one, unit, receipt.bin, amount, amount)
            self._move("receipt", part, None, receipt.bin, receipt.reference or receipt.delivery)

    def _tell_receipt(self, receipt: Receipt, source: _Source) -> None:
        self.tell(
            GoodsReceipt(
                receipt=receipt.id,
                delivery=receipt.delivery,
                delivery_line=receipt.delivery_line,
                item=receipt.item,
                lot=receipt.lot,
                quantity=receipt.quantity,
                bin=receipt.bin,
                handling_unit=receipt.handling_unit,
                reference=receipt.reference,
                po=source.purchase.id if source.purchase else None,
                asn=source.delivery.asn if source.delivery else None,
                at=self.now,
            )
        )

    def _note_differences(
        self, receipt: Receipt, source: _Source, item: Item, damaged: bool
    ) -> None:
        reference = receipt.delivery or receipt.reference
        wanted = received = None
        if source.line is not None:
            wanted, received = source.line.quantity, source.line.received
        elif source.purchase_line is not None:
            wanted, received = source.purchase_line.quantity, source.purchase_line.done
        elif source.order is None:
            self._differ("unannounced", reference, item.id, receipt.lot, ZERO, receipt.quantity)
        if wanted is not None and received is not None:
            most = wanted * (1 + Decimal(str(item.over_receipt)))
            if received > most:
                self._differ("over", reference, item.id, receipt.lot, wanted, received)
        if damaged:
            self._differ("damaged", reference, item.id, receipt.lot, receipt.quantity, ZERO)

    def _differ(
        self,
        kind: DiscrepancyKind,
        reference: str | None,
        item: str,
        lot: str | None,
        expected: Decimal,
        actual: Decimal,
    ) -> None:
        self.tell(
            Discrepancy(
                kind=kind, reference=reference, item=item, lot=lot, expected=expected,
                actual=actual, at=self.now,
            )
        )  # fmt: skip


def _line(
    delivery: InboundDelivery,
    item: str,
    lot: str | None,
    number: int | None,
    handling_unit: str | None,
) -> DeliveryLine:
    """The line that is meant: by number, handling unit, lot, or the first that is still open."""
    lines = [one for one in delivery.lines if one.item == item]
    if number is not None:
        lines = [one for one in lines if one.line == number]
    if not lines:
        which = f"line {number} with item {item}" if number is not None else f"line with {item}"
        raise invalid(
            f"delivery {delivery.id} has no {which}", Violation("/delivery_line", "no such line")
        )

    def fits(one: DeliveryLine) -> tuple[bool, bool, bool]:
        return (
            handling_unit is None or one.handling_unit != handling_unit,
            lot is not None and one.lot != lot,
            one.received >= one.quantity,
        )

    return min(lines, key=fits)


def _trade_line(order: TradeOrder | None, item: str, number: int | None) -> TradeLine | None:
    """The line of an order that a receipt or shipment counts towards."""
    if order is None:
        return None
    lines = [one for one in order.lines if one.item == item]
    exact = [one for one in lines if one.line == number]
    still = [one for one in lines if one.done < one.quantity]
    return next(iter(exact or still or lines), None)
