"""Orders and changes of orders: what suppliers check, answer, and plan to ship."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Literal

from simulator.core.durations import Instant
from simulator.core.errors import Refusal, conflict, not_found
from simulator.plant.quantities import ONE, STEP, ZERO
from simulator.plant.trading import (
    AdviceNote,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ResponseLine,
    ScheduleLine,
)
from simulator.systems.supplier.counter import Counter
from simulator.systems.supplier.inputs import Answer, AnswerLine
from simulator.systems.supplier.state import Line, Order, Part


class Answering(Counter):
    """The part of a supplier that reads orders."""

    # --- what it knows ------------------------------------------------------------------------

    def _order(self, po: str) -> Order:
        """An order, as it came or as the plant file has it. Raises not_found."""
        found = self.state.orders.get(po)
        known = self.plant.state.purchase_orders.get(po)
        if found is not None:
            for there in known.lines if known is not None else ():
                line = found.line(str(there.line))
                if line is not None:  # goods may also come in by other ways
                    line.shipped = max(line.shipped, there.done)
            return found
        if known is None or known.status == "cancelled":
            raise not_found("purchase order", po)
        lines = [
            Line(
                str(one.line), one.item, one.quantity, self.plant.item(one.item).unit, one.due,
                shipped=one.done,
            )
            for one in known.lines
        ]  # fmt: skip
        found = self.state.orders[po] = Order(po, known.partner, lines)
        return found

    def _orders(self, supplier: str) -> list[Order]:
        """The orders of a supplier that are open, oldest first."""
        for one in list(self.plant.state.purchase_orders.values()):
            if one.partner == supplier and one.status not in ("cancelled", "done"):
                self._order(one.id)
        return [
            one
            for one in self.state.orders.values()
            if one.supplier == supplier
            and not one.cancelled
            and one.answer != "rejected"
            and any(line.open for line in one.lines)
        ]

    # --- what comes in ------------------------------------------------------------------------

    def _ordered(self, order: PurchaseOrder) -> None:
        notes = self._wrong_lines(order.partner, order.lines)
        if order.number in self.state.orders and self.state.orders[order.number].answer:
            notes.append(AdviceNote(reason="duplicate-order", value=order.number))
        known = self.plant.state.purchase_orders.get(order.number)
        if known is not None and known.partner != order.partner:
            notes.append(AdviceNote(reason="unknown-order", value=order.number))
        if not self._advise(order, notes):
            return
        lines = [
            Line(one.line, one.item, one.quantity, one.unit, one.due or order.due, one.price)
            for one in order.lines
        ]
        taken = Order(order.number, order.partner, lines, order.kind, order.currency)
        before = self.state.orders.get(order.number)
        for line in lines if before is not None else ():
            old = before.line(line.line) if before is not None else None
            line.shipped = old.shipped if old is not None else ZERO
        self.state.orders[order.number] = taken
        self._note_in_plant(order)
        wait = self._draw(order.partner, "answer", self.behaviour(order.partner).answer)
        taken.ticket = self.stage.after(wait, "supplier.answer", po=order.number)

    def _wrong_lines(
        self, supplier: str, lines: Sequence[OrderLine | ScheduleLine]
    ) -> list[AdviceNote]:
        """What a supplier cannot deliver at all."""
        notes = []
        for one in lines:
            item = self.plant.model.items.get(one.item)
            given = {"line": one.line, "item": one.item}
            if item is None or item.supplier not in (None, supplier) or item.kind != "buy":
                notes.append(AdviceNote(reason="unknown-item", value=one.item, **given))
            elif one.unit != item.unit:
                known = {each.unit for each in self.plant.model.items.values()}
                reason = "inconsistent-unit" if one.unit in known else "unknown-unit"
                notes.append(AdviceNote(reason=reason, value=one.unit, **given))
        return notes

    def _note_in_plant(self, order: PurchaseOrder) -> None:
        """What was ordered is what receipts count towards."""
        numbers: list[int] = []
        for one in order.lines:
            number = int(one.line) if one.line.isdecimal() and len(one.line) < 9 else 0
            free = number and number not in numbers
            numbers.append(number if free else max([0, *numbers]) // 10 * 10 + 10)
        known = self.plant.state.purchase_orders.get(order.number)
        try:
            if known is None:
                lines = [(one.item, one.quantity, one.due or order.due) for one in order.lines]
                self.plant.place_purchase_order(
                    order.partner, lines, id=order.number, numbers=numbers
                )
                return
            have = {one.line for one in known.lines}
            both = list(zip(numbers, order.lines, strict=True))
            self.plant.change_purchase_order(
                order.number,
                quantities={n: one.quantity for n, one in both if n in have},
                added={n: (one.item, one.quantity, one.due) for n, one in both if n not in have},
            )
        except Refusal as no:
            self.stage.record("supplier.order-differs", error=str(no), keys=order.keys())

    def _changed(self, change: PurchaseOrderChange) -> None:
        order = self.state.orders.get(change.number)
        if order is None and change.number in self.plant.state.purchase_orders:
            order = self._order(change.number)
        if order is None or order.supplier != change.partner or order.cancelled:
            note = AdviceNote(reason="unknown-order", value=change.number)
            self._advise(change, [note])
            return
        wanted = [one for one in change.lines if one.change not in ("unchanged", "delete")]
        if not self._advise(change, self._wrong_lines(change.partner, wanted)):
            return
        answers = self._apply(order, change)
        kinds = {one.answer for one in answers}
        answer = "rejected" if kinds == {"rejected"} else "changed" if kinds - {"accepted"} else ""
        said = PurchaseOrderResponse.model_validate(
            {
                "partner": order.supplier, "sender": "partner", "number": self._next("answer"),
                "at": self.stage.now, "po": order.po, "answer": answer or "accepted",
                "of_change": True, "change_number": change.change_number, "lines": answers,
                "currency": change.currency or order.currency,
            }
        )  # fmt: skip
        wait = self._draw(order.supplier, "answer", self.behaviour(order.supplier).answer)
        self.stage.after(wait, "supplier.say", said=_data(said))
        if order.answer:  # else it is still to be answered, and planned then
            self._plan(order)

    def _apply(self, order: Order, change: PurchaseOrderChange) -> list[ResponseLine]:
        """Change the order line by line, here and in the plant; what cannot be is rejected."""
        if change.cancels:
            possible = not any(one.shipped for one in order.lines) and self._in_plant(order)
            if possible:
                order.cancelled = True
                self._unplan(order)
            answer: Literal["deleted", "rejected"] = "deleted" if possible else "rejected"
            return [_response(one, answer) for one in order.lines]
        answers = []
        for asked in change.lines:
            line = order.line(asked.line)
            new = line is None
            if line is None:
                line = Line(asked.line, asked.item, ZERO, asked.unit, asked.due, asked.price)
            delete = asked.change == "delete"
            quantity = ZERO if delete else asked.quantity
            if asked.change in ("date", "price"):
                quantity = line.quantity
            fits = quantity >= line.shipped and not (new and delete)
            if fits and self._in_plant(order, line, quantity, asked.due, new=new, delete=delete):
                line.quantity = quantity
                line.due = asked.due or line.due
                line.price = asked.price if asked.price is not None else line.price
                if new:
                    order.lines.append(line)
                if delete:
                    order.lines.remove(line)
                answers.append(_response(line, "deleted" if delete else "accepted"))
            else:
                answers.append(_response(line, "rejected"))
        return answers

    def _in_plant(
        self,
        order: Order,
        line: Line | None = None,
        quantity: Decimal = ZERO,
        due: Instant | None = None,
        *,
        new: bool = False,
        delete: bool = False,
    ) -> bool:
        """Change the plant's purchase order too; False where it cannot be."""
        if order.po not in self.plant.state.purchase_orders:
            return True
        try:
            if line is None:
                self.plant.cancel_purchase_order(order.po)
                return True
            number = int(line.line) if line.line.isdecimal() and len(line.line) < 9 else 0
            if new:
                added = {number: (line.item, quantity, due)} if number else {}
                self.plant.change_purchase_order(order.po, added=added)
            elif delete:
                self.plant.change_purchase_order(order.po, deleted=[number])
            else:
                self.plant.change_purchase_order(
                    order.po, quantities={number: quantity}, due={number: due} if due else {}
                )
        except Refusal:
            return False
        return True

    # --- what it answers ----------------------------------------------------------------------

    def _decide(self, supplier: str) -> Answer:
        how, chance = self.behaviour(supplier), self._chance(supplier, "decide")
        if chance.happens(how.rejects):
            return "rejected"
        if chance.happens(how.backorders):
            return "backordered"
        if chance.happens(how.splits):
            return "split"
        return "changed" if chance.happens(how.changes) else "accepted"

    def _answer(
        self, order: Order, answer: Answer, given: list[AnswerLine] | None = None
    ) -> PurchaseOrderResponse:
        """Answer an order (855) and plan what is to be shipped for it."""
        if order.cancelled:
            raise conflict(f"purchase order {order.po} is cancelled", "order-not-open")
        if order.ticket is not None:
            self.stage.cancel(order.ticket)
            order.ticket = None
        ready = self.stage.now + self._lead(order.supplier)
        lines: list[ResponseLine] = []
        if given is not None:
            for one in given:
                line = order.line(one.line)
                if line is None:
                    raise not_found(f"line of {order.po}:", one.line)
                due = one.due or max(line.due or ready, ready)
                lines.append(_response(line, one.answer, one.quantity, due))
        else:
            for line in order.lines:
                lines += self._answer_line(order.supplier, line, answer, ready)
        kinds = {one.answer for one in lines}
        same = kinds == {"accepted"} and answer != "split"
        said = PurchaseOrderResponse(
            partner=order.supplier, sender="partner", number=self._next("answer", "AB{:09d}"),
            at=self.stage.now, po=order.po, currency=order.currency, lines=lines,
            answer="rejected" if kinds == {"rejected"} else "accepted" if same else "changed",
        )  # fmt: skip
        order.answer = said.answer
        self.plant.tell(said)
        self._plan(order, lines)
        return said

    def _answer_line(
        self, supplier: str, line: Line, answer: Answer, ready: Instant
    ) -> list[ResponseLine]:
        due = max(line.due or ready, ready)
        if answer in ("accepted", "rejected"):
            return [_response(line, answer, line.open, due)]
        later = due + self._draw(supplier, "later", self.behaviour(supplier).later)
        if answer == "split":
            whole = self.plant.item(line.item).whole
            first = (line.open / 2).quantize(ONE if whole else STEP, ROUND_FLOOR)
            if 0 < first < line.open:
                return [
                    _response(line, "accepted", first, due),
                    _response(line, "changed", line.open - first, later),
                ]
            return [_response(line, "accepted", line.open, due)]
        return [_response(line, answer, line.open, later)]

    def _plan(self, order: Order, lines: list[ResponseLine] | None = None) -> None:
        """Put on the agenda what will be shipped of it, and when."""
        self._unplan(order)
        how = self.behaviour(order.supplier)
        if not how.automatic or order.kind == "blanket" or order.answer == "rejected":
            return
        if lines is None:
            ready = self.stage.now + self._lead(order.supplier)
            lines = [_response(one, "accepted", one.open, one.due or ready) for one in order.lines]
        together: dict[Instant, list[Part]] = {}
        for one in lines:
            if one.answer not in ("rejected", "deleted") and one.quantity > 0:
                part = Part(one.line, one.quantity)
                together.setdefault(one.due or self.stage.now, []).append(part)
        for due, parts in sorted(together.items()):
            transit = self._draw(order.supplier, "transit", how.transit)
            wait = max(due - transit - self.stage.now, 0)
            planned = [[one.line, str(one.quantity)] for one in parts]
            order.tickets.append(
                self.stage.after(
                    wait, "supplier.ship_planned", po=order.po, parts=planned, transit=transit
                )
            )

    def _unplan(self, order: Order) -> None:
        for ticket in order.tickets:
            self.stage.cancel(ticket)
        order.tickets.clear()


def _response(
    line: Line,
    answer: Any,
    quantity: Decimal | None = None,
    due: Instant | None = None,
) -> ResponseLine:
    return ResponseLine(
        line=line.line, item=line.item, answer=answer,
        quantity=line.quantity if quantity is None else quantity, unit=line.unit,
        price=line.price, due=due or line.due,
    )  # fmt: skip


def _data(said: PurchaseOrderResponse) -> dict[str, Any]:
    return {"document": said.document, **said.model_dump(mode="json")}
