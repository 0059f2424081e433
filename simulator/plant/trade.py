"""Purchase and sales orders: what is still to come in, and what is still to leave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from simulator.core.durations import Instant
from simulator.core.errors import conflict, not_found
from simulator.plant.ground import refused
from simulator.plant.model import PurchaseOrderModel, SalesOrderModel
from simulator.plant.quantities import ZERO
from simulator.plant.state import TradeLine, TradeOrder
from simulator.plant.stockroom import Stockroom

NewLine = tuple[str, Decimal] | tuple[str, Decimal, Instant | None]
"""Item, quantity and, where known, when it is due."""


class Trade(Stockroom):
    """Orders with the outside."""

    def purchase_orders(self, status: str | None = None) -> list[TradeOrder]:
        """Purchase orders, oldest first."""
        return [one for one in self.state.purchase_orders.values() if status in (None, one.status)]

    def purchase_order(self, id: str) -> TradeOrder:
        """One purchase order. Raises not_found."""
        return _find(self.state.purchase_orders, "purchase order", id)

    def sales_orders(self, status: str | None = None) -> list[TradeOrder]:
        """Sales orders, oldest first."""
        return [one for one in self.state.sales_orders.values() if status in (None, one.status)]

    def sales_order(self, id: str) -> TradeOrder:
        """One sales order. Raises not_found."""
        return _find(self.state.sales_orders, "sales order", id)

    def place_purchase_order(
        self,
        supplier: str,
        lines: Sequence[NewLine],
        *,
        id: str | None = None,
        external: str | None = None,
        numbers: Sequence[int] | None = None,
    ) -> TradeOrder:
        """Order from a supplier; `numbers` are its lines', else 10, 20 …

        Raises not_found, invalid, or conflict where the id is taken.
        """
        if supplier not in self.model.suppliers:
            raise not_found("supplier", supplier)
        taken = self.state.purchase_orders
        return self._place(taken, "purchase", "45{:08d}", supplier, lines, id, external, numbers)

    def change_purchase_order(
        self,
        id: str,
        *,
        quantities: Mapping[int, Decimal] | None = None,
        due: Mapping[int, Instant] | None = None,
        added: Mapping[int, NewLine] | None = None,
        deleted: Collection[int] = (),
    ) -> TradeOrder:
        """Change lines by their numbers. Nothing is changed where anything is refused.

        Raises not_found, invalid (no such line, a line twice), conflict `order-not-open` and
        `already-received` for less than what came in.
        """
        order = self.purchase_order(id)
        return self._change(order, "purchase", "received", quantities, due, added, deleted)

    def cancel_purchase_order(self, id: str) -> TradeOrder:
        """Nothing more is wanted. Raises not_found, conflict where something came in already."""
        return self._cancel(self.purchase_order(id), "purchase", "received")

    def change_sales_order(
        self,
        id: str,
        *,
        quantities: Mapping[int, Decimal] | None = None,
        due: Mapping[int, Instant] | None = None,
        added: Mapping[int, NewLine] | None = None,
        deleted: Collection[int] = (),
    ) -> TradeOrder:
        """Change lines of a customer's order. Raises as `change_purchase_order`, but
        `already-shipped` for less than what left.
        """
        order = self.sales_order(id)
        return self._change(order, "sales", "shipped", quantities, due, added, deleted)

    def cancel_sales_order(self, id: str) -> TradeOrder:
        """Nothing more is wanted. Raises not_found, conflict where something left already."""
        return self._cancel(self.sales_order(id), "sales", "shipped")

    def _change(
        self,
        order: TradeOrder,
        kind: str,
        done: str,
        quantities: Mapping[int, Decimal] | None,
        due: Mapping[int, Instant] | None,
        added: Mapping[int, NewLine] | None,
        deleted: Collection[int],
    ) -> TradeOrder:
        name = f"{kind} order {order.id}"
        if order.status == "cancelled":
            raise conflict(f"{name} is cancelled", "order-not-open")
        lines = {line.line: line for line in order.lines}
        for number in (*(quantities or ()), *(due or ()), *deleted):
            if number not in lines:
                raise refused("/lines", f"{name} has no line {number}")
        wanted = {
            number: self._checked(self._known_item(lines[number].item), quantity)
            for number, quantity in (quantities or {}).items()
        }
        for number, quantity in (*wanted.items(), *((one, ZERO) for one in deleted)):
            if quantity < lines[number].done:
                what = f"{lines[number].done} of line {number} of {order.id} were {done} already"
                raise conflict(what, f"already-{done}")
        new = []
        for number, given in (added or {}).items():
            if number in lines:
                raise refused("/lines", f"{name} has a line {number} already")
            item = self._known_item(given[0])
            when = given[2] if len(given) == 3 else None
            new.append(TradeLine(number, item.id, self._checked(item, given[1]), due=when))
        for number, quantity in wanted.items():
            lines[number].quantity = quantity
        for number, moment in (due or {}).items():
            lines[number].due = moment
        order.lines = [line for line in order.lines if line.line not in deleted] + new
        self._weigh(order)
        return order

    @staticmethod
    def _cancel(order: TradeOrder, kind: str, done: str) -> TradeOrder:
        if any(line.done for line in order.lines):
            raise conflict(
                f"goods of {kind} order {order.id} were {done} already", f"already-{done}"
            )
        order.status = "cancelled"
        order.version += 1
        return order

    @staticmethod
    def _weigh(order: TradeOrder) -> None:
        """Its status, from what is done of its lines."""
        if not order.lines:
            order.status = "cancelled"
        elif all(line.done >= line.quantity for line in order.lines):
            order.status = "done"
        else:
            order.status = "partially_done" if any(line.done for line in order.lines) else "open"
        order.version += 1

    def place_sales_order(
        self,
        customer: str,
        lines: Sequence[NewLine],
        *,
        id: str | None = None,
        external: str | None = None,
        numbers: Sequence[int] | None = None,
    ) -> TradeOrder:
        """Take a customer's order. Raises as `place_purchase_order`."""
        if customer not in self.model.customers:
            raise not_found("customer", customer)
        taken = self.state.sales_orders
        return self._place(taken, "sales", "50{:08d}", customer, lines, id, external, numbers)

    def _place(
        self,
        taken: dict[str, TradeOrder],
        kind: str,
        pattern: str,
        partner: str,
        lines: Sequence[NewLine],
        id: str | None,
        external: str | None,
        numbers: Sequence[int] | None = None,
    ) -> TradeOrder:
        if id is not None and id in taken:
            raise conflict(f"there is a {kind} order {id} already", f"{kind}-order-exists")
        if numbers is None:
            numbers = range(10, 10 * len(lines) + 10, 10)
        elif len(numbers) != len(lines) or len(set(numbers)) < len(numbers):
            raise refused("/lines", "each line has a number of its own")
        checked = []
        for number, line in zip(numbers, lines, strict=True):
            item = self._known_item(line[0])
            due = line[2] if len(line) == 3 else None
            checked.append(TradeLine(number, item.id, self._checked(item, line[1]), due=due))
        name = id or self._next(kind, pattern, taken=taken)
        order = TradeOrder(name, partner, checked, external=external)
        taken[name] = order
        return order

    def _done(self, order: TradeOrder, line: TradeLine, quantity: Decimal) -> None:
        """So much of a line was received or shipped."""
        line.done += quantity
        full = all(one.done >= one.quantity for one in order.lines)
        order.status = "done" if full else "partially_done"
        order.version += 1

    def _open_trade(self) -> None:
        for bought in self.model.purchase_orders:
            order = TradeOrder(bought.id, bought.supplier, self._lines_of(bought))
            order.external = bought.external
            self.state.purchase_orders[order.id] = order
        for sold in self.model.sales_orders:
            order = TradeOrder(sold.id, sold.customer, self._lines_of(sold))
            order.external = sold.external
            self.state.sales_orders[order.id] = order

    def _lines_of(self, order: PurchaseOrderModel | SalesOrderModel) -> list[TradeLine]:
        return [
            TradeLine(one.line or 10 * n, one.item, one.quantity, due=self._instant(one.due))
            for n, one in enumerate(order.lines, 1)
        ]


def _find(orders: dict[str, TradeOrder], kind: str, id: str) -> TradeOrder:
    found = orders.get(id)
    if found is None:
        raise not_found(kind, id)
    return found
