"""Orders and changes of orders: what customers send, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.core.errors import Refusal, conflict, not_found
from simulator.core.ports import Document
from simulator.plant.ground import refused
from simulator.plant.quantities import ZERO
from simulator.plant.state import TradeOrder
from simulator.plant.trading import (
    AdviceNote,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ResponseLine,
)
from simulator.plant.trading.orders import Change
from simulator.systems.customer.counter import Counter
from simulator.systems.customer.inputs import ChangedLine, ChangeOrder, PlaceOrder
from simulator.systems.customer.state import Line, Order


class Ordering(Counter):
    """The part of a customer that orders."""

    # --- what it sends ------------------------------------------------------------------------

    def _place(self, asked: PlaceOrder) -> Order:
        """Order, here and in the plant: the sales order has the order's number."""
        customer = self._customer(asked.customer)
        lines = []
        for index, one in enumerate(asked.lines):
            item = self._item(one.item, f"/lines/{index}/item")
            number = str(10 * (index + 1))
            lines.append(Line(number, item.id, one.quantity, item.unit, one.due, item.price))
        po = asked.po or self._next("order", "C{:09d}")
        if self.state.orders.get(po) is not None:
            raise conflict(f"there is an order {po} already", "order-exists")
        self.plant.place_sales_order(
            customer, [(one.item, one.quantity, one.due) for one in lines], id=po
        )
        order = self.state.orders[po] = Order(po, customer, lines)
        patience = self.behaviour(customer).answer_within
        if patience is not None:
            order.ticket = self.stage.after(patience, "customer.unanswered", po=po)
        self.plant.tell(
            PurchaseOrder(
                partner=customer, sender="partner", number=po, at=self.stage.now,
                currency=asked.currency, lines=[_line(one) for one in lines],
                parties=self._parties(customer),
            )
        )  # fmt: skip
        return order

    def _order(self, po: str) -> Order:
        """An order or call-off by its number. Raises not_found."""
        found = self.state.orders.get(po) or self._taken_over(po)
        if found is None:
            raise not_found("order", po)
        return found

    def _taken_over(self, po: str) -> Order | None:
        """An order that the plant file has, and nobody sent."""
        known = self.plant.state.sales_orders.get(po)
        if known is None:
            return None
        found = self.state.orders[po] = self._as_customer_has(known)
        return found

    def _as_customer_has(self, known: TradeOrder) -> Order:
        lines = []
        for one in known.lines:
            item = self.plant.item(one.item)
            lines.append(
                Line(str(one.line), one.item, one.quantity, item.unit, one.due, item.price)
            )
        cancelled = known.status == "cancelled"
        return Order(known.id, known.partner, lines, answer="accepted", cancelled=cancelled)

    def _alter(self, asked: ChangeOrder) -> Order:
        """Ask for a change (860); the plant's sales order changes with it."""
        order = self._order(asked.po)
        if order.cancelled:
            raise conflict(f"order {order.po} is cancelled", "order-not-open")
        if asked.cancel:
            self._call_off_the_order(order)
            return order
        if not asked.lines:
            raise refused("/lines", "name the lines that change, or cancel the order")
        said = [self._changed(order, index, one) for index, one in enumerate(asked.lines)]
        self.plant.change_sales_order(
            order.po,
            quantities={int(one.line): one.quantity for one in said if one.change == "quantity"},
            due={
                int(one.line): one.due
                for one in said
                if one.due is not None and one.change in ("quantity", "date")
            },
            added={
                int(one.line): (one.item, one.quantity, one.due)
                for one in said
                if one.change == "add"
            },
            deleted=[int(one.line) for one in said if one.change == "delete"],
        )
        for one in said:
            line = order.line(one.line)
            if line is None:
                line = Line(one.line, one.item, one.quantity, one.unit, one.due, one.price)
                order.lines.append(line)
            elif one.change == "delete":
                order.lines.remove(line)
            line.quantity, line.due = one.quantity, one.due
        self._say_change(order, said)
        return order

    def _changed(self, order: Order, index: int, asked: ChangedLine) -> OrderLine:
        """One line of a change, with what it says nothing of filled in. Raises Refusal."""
        place = f"/lines/{index}"
        line = order.line(asked.line)
        if asked.change == "add":
            if line is not None:
                raise refused(f"{place}/line", f"order {order.po} has a line {asked.line} already")
            if asked.item is None or asked.quantity is None or not asked.line.isdecimal():
                raise refused(place, "a new line has a number, an item and a quantity")
            item = self._item(asked.item, f"{place}/item")
            line = Line(asked.line, item.id, asked.quantity, item.unit, asked.due, item.price)
        elif line is None:
            raise refused(f"{place}/line", f"order {order.po} has no line {asked.line}")
        quantity = line.quantity if asked.quantity is None else asked.quantity
        return _line(line, asked.change).model_copy(
            update={"quantity": quantity, "due": asked.due or line.due}
        )

    def _call_off_the_order(self, order: Order) -> None:
        """Cancel all of it. Raises Refusal where something left already."""
        self.plant.cancel_sales_order(order.po)
        order.cancelled = True
        self._forget_patience(order)
        self._say_change(order, [_line(one, "delete") for one in order.lines], cancels=True)

    def _say_change(
        self, order: Order, lines: Sequence[OrderLine], *, cancels: bool = False
    ) -> None:
        order.changes += 1
        self.plant.tell(
            PurchaseOrderChange(
                partner=order.customer, sender="partner", number=order.po, at=self.stage.now,
                change_number=str(order.changes), cancels=cancels, lines=list(lines),
                parties=self._parties(order.customer),
            )
        )  # fmt: skip

    # --- what comes of it ---------------------------------------------------------------------

    def _answered(self, said: PurchaseOrderResponse) -> None:
        """The plant answered an order (855) or a change (865)."""
        order = self.state.orders.get(said.po) or self._taken_over(said.po)
        if order is None or order.customer != said.partner:
            self._advise(said, [AdviceNote(reason="unknown-order", value=said.po)])
            return
        notes = [
            AdviceNote(reason="unknown-item", line=one.line, item=one.item, value=one.item)
            for one in said.lines
            if (line := order.line(one.line)) is not None and line.item != one.item
        ]
        if self._advise(said, notes) == "rejected":
            return
        self._forget_patience(order)
        if not said.of_change:
            order.answer = said.answer
        order.answers.append(said.answer)
        del order.answers[:-20]
        if order.cancelled or said.of_change or said.answer == "accepted":
            return
        if said.answer == "rejected":
            self._quietly(order)
        elif self.behaviour(order.customer).accepts_changes:
            self._follow(order, said.lines)
        else:
            try:
                self._call_off_the_order(order)
            except Refusal as no:
                self._say_no(order, str(no))

    def _follow(self, order: Order, lines: Sequence[ResponseLine]) -> None:
        """Take over what the plant promises instead."""
        promised: dict[str, Decimal] = {}
        due: dict[int, int] = {}
        for one in lines:
            number = one.line.lstrip("0")
            part = ZERO if one.answer in ("rejected", "deleted") else one.quantity
            promised[number] = promised.get(number, ZERO) + part
            if one.due is not None and number.isdecimal():
                due[int(number)] = one.due  # of a split line: when the last part comes
        mine = {line.line: line for line in order.lines}
        kept = {n: q for n, q in promised.items() if n in mine and q > 0}
        gone = [n for n, q in promised.items() if n in mine and q <= 0]
        try:
            self.plant.change_sales_order(
                order.po,
                quantities={int(n): quantity for n, quantity in kept.items()},
                due={n: when for n, when in due.items() if str(n) in kept},
                deleted=[int(n) for n in gone],
            )
        except Refusal as no:
            self._say_no(order, str(no))
            return
        for number, quantity in kept.items():
            mine[number].quantity = quantity
            mine[number].due = due.get(int(number), mine[number].due)
        order.lines = [one for one in order.lines if one.line not in gone]

    def _quietly(self, order: Order) -> None:
        """It will not come: nothing is said of it, the plant knows."""
        order.cancelled = True
        try:
            self.plant.cancel_sales_order(order.po)
        except Refusal as no:
            self._say_no(order, str(no))

    def _forget_patience(self, order: Order) -> None:
        if order.ticket is not None:
            self.stage.cancel(order.ticket)
            order.ticket = None

    def _say_no(self, order: Order, why: str) -> None:
        self.stage.record(
            "customer.order-differs", system="customer", error=why,
            keys={"po": [order.po], "customer": [order.customer]},
        )  # fmt: skip

    def _unknown(self, document: Document, why: str) -> None:
        self.stage.record(
            "customer.not-understood", system="customer", document=document.document, error=why,
            keys=document.keys(),
        )  # fmt: skip


def _line(one: Line, change: Change = "unchanged") -> OrderLine:
    return OrderLine(
        line=one.line, item=one.item, quantity=one.quantity, unit=one.unit, price=one.price,
        due=one.due, change=change,
    )  # fmt: skip
