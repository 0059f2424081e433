"""Forecasts and call-offs: what customers foresee and want, and their cumulative quantities."""

from __future__ import annotations

from decimal import Decimal

from simulator.core.durations import Span
from simulator.core.errors import Refusal, conflict
from simulator.plant.quantities import ZERO
from simulator.plant.trading import ApplicationAdvice, CallOff, Demand, Forecast, ScheduleLine
from simulator.systems.customer.inputs import (
    BUCKETS,
    CalledLine,
    CallOffGoods,
    ForecastLine,
    GiveForecast,
)
from simulator.systems.customer.ordering import Ordering
from simulator.systems.customer.state import Foreseen, Line, Order


class Schedules(Ordering):
    """The part of a customer that plans."""

    def _foresee(self, asked: GiveForecast) -> Forecast:
        customer = self._customer(asked.customer)
        for index, line in enumerate(asked.lines):
            self._item(line.item, f"/lines/{index}/item")
        number = asked.number or self._next("forecast", "FC{:09d}")
        before = {one.schedule for name, one in self._foreseen_by(customer)}
        step = BUCKETS[asked.bucket]
        lines = [
            self._planned(customer, index, line, asked, step)
            for index, line in enumerate(asked.lines, 1)
        ]
        for line in asked.lines:
            total = sum(line.quantities, ZERO)
            self.state.foreseen[f"{customer}/{line.item}"] = Foreseen(number, total)
        most = max(len(line.quantities) for line in asked.lines)
        start = self.stage.now + asked.begins
        forecast = Forecast(
            partner=customer, sender="partner", number=number, at=self.stage.now,
            po=asked.po or "", replaces=next(iter(before)) if len(before) == 1 else "",
            start=start, end=start + most * step, lines=lines, parties=self._parties(customer),
        )  # fmt: skip
        self.plant.tell(forecast)
        return forecast

    def _foreseen_by(self, customer: str) -> list[tuple[str, Foreseen]]:
        head = f"{customer}/"
        return [
            (name.removeprefix(head), one)
            for name, one in self.state.foreseen.items()
            if name.startswith(head)
        ]

    def _planned(
        self, customer: str, index: int, line: ForecastLine, asked: GiveForecast, step: Span
    ) -> ScheduleLine:
        count = self._count(customer, line.item)
        counted = count.called
        demands = []
        for number, quantity in enumerate(line.quantities):
            counted += quantity
            start = self.stage.now + asked.begins + number * step
            demands.append(
                Demand(
                    quantity=quantity, commitment=asked.commitment, bucket=asked.bucket,
                    start=start, end=start + step, cumulative=counted,
                )
            )  # fmt: skip
        return self._schedule_line(customer, index, line.item, demands, line.received, asked.po)

    def _schedule_line(
        self,
        customer: str,
        index: int,
        item: str,
        demands: list[Demand],
        received: Decimal | None,
        po: str | None,
        dock: str | None = None,
    ) -> ScheduleLine:
        """A line with where the customer's own count stands."""
        count = self._count(customer, item)
        known = self.plant.item(item)
        return ScheduleLine(
            line=str(index), item=item, description=known.name, unit=known.unit, po=po or "",
            dock=dock or "", demands=demands,
            received=count.received if received is None else received, last_receipt=count.last,
            last_quantity=count.last_quantity if count.last else None, last_at=count.last_at,
        )  # fmt: skip

    # --- call-offs ------------------------------------------------------------------------------

    def _call(self, asked: CallOffGoods) -> Order:
        """Call goods off; in the plant that is a sales order under the call-off's number."""
        customer = self._customer(asked.customer)
        wanted: dict[str, list[CalledLine]] = {}
        for index, line in enumerate(asked.lines):
            self._item(line.item, f"/lines/{index}/item")
            wanted.setdefault(line.item, []).append(line)
        number = asked.number or self._next("call-off", "CO{:09d}")
        if number in self.state.orders:
            raise conflict(f"there is a call-off {number} already", "order-exists")
        now = self.stage.now
        kept = []
        for index, line in enumerate(asked.lines, 1):
            item = self.plant.item(line.item)
            due = now + line.wanted
            kept.append(Line(str(10 * index), item.id, line.quantity, item.unit, due, item.price))
        self.plant.place_sales_order(
            customer, [(one.item, one.quantity, one.due) for one in kept], id=number,
            external=asked.po,
        )  # fmt: skip
        self._replace_open(customer, set(wanted))
        lines = []
        for index, (item_name, parts) in enumerate(wanted.items(), 1):
            count = self._count(customer, item_name)
            demands = []
            for part in sorted(parts, key=lambda one: one.wanted):
                count.called += part.quantity
                demands.append(
                    Demand(
                        quantity=part.quantity, start=now + part.wanted, cumulative=count.called,
                        reference=part.reference or "",
                    )
                )  # fmt: skip
            received = next((one.received for one in parts if one.received is not None), None)
            lines.append(
                self._schedule_line(
                    customer, index, item_name, demands, received, asked.po, asked.dock
                )
            )
        order = Order(number, customer, kept, "call-off", asked.po or "")
        self.state.orders[number] = order
        drawn = [one.schedule for name, one in self._foreseen_by(customer) if name in wanted]
        self.plant.tell(
            CallOff(
                partner=customer, sender="partner", number=number, at=now, po=asked.po or "",
                forecast=asked.forecast or (drawn[-1] if drawn else ""), start=now,
                end=max(one.due or now for one in kept), lines=lines,
                parties=self._parties(customer),
            )
        )  # fmt: skip
        return order

    def _replace_open(self, customer: str, items: set[str]) -> None:
        """What was called off of these items before, and was not shipped, is void."""
        for order in self.state.orders.values():
            if order.customer == customer and order.kind == "call-off" and not order.cancelled:
                self._take_back(order, items)

    def _take_back(self, order: Order, items: set[str] | None = None) -> None:
        """What is open of a call-off is not wanted any more, here and in the plant."""
        there = {str(one.line): one.done for one in self.plant.sales_order(order.po).lines}
        for line in list(order.lines):
            if items is not None and line.item not in items:
                continue
            left = max(line.announced, there.get(line.line, ZERO))  # the truck may be ahead
            if line.quantity <= left:
                continue
            self._count(order.customer, line.item).called -= line.quantity - left
            line.quantity = left
            try:
                if left > 0:
                    self.plant.change_sales_order(order.po, quantities={int(line.line): left})
                else:
                    self.plant.change_sales_order(order.po, deleted=[int(line.line)])
                    order.lines.remove(line)
            except Refusal as no:
                self._say_no(order, str(no))
        order.cancelled = not order.lines

    def _advised(self, said: ApplicationAdvice) -> None:
        """The plant says whether it can use an order, a forecast or a call-off (824, APERAK)."""
        reasons = ", ".join(one.reason for one in said.notes)
        text = f"{said.verdict}: {reasons}" if reasons else said.verdict
        order = self.state.orders.get(said.about_number)
        if order is None or order.customer != said.partner:
            if said.about != "forecast":
                self._unknown(said, f"{said.about} {said.about_number} was never sent")
            return
        order.answers.append(text)
        del order.answers[:-20]
        if said.verdict != "rejected" or said.about == "purchase-order-change":
            return
        self._forget_patience(order)
        order.answer = "rejected"
        if order.kind == "call-off":
            self._take_back(order)
        elif not order.cancelled:
            self._quietly(order)
