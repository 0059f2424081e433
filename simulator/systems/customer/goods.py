"""What comes to customers: notices, trucks, and what they say was received."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from simulator.core.errors import conflict, not_found
from simulator.plant.documents import ShipmentConfirmation
from simulator.plant.quantities import ONE, STEP, ZERO
from simulator.plant.trading import (
    AdviceNote,
    ApplicationAdvice,
    ReceivedLine,
    ReceivingAdvice,
    ShipNotice,
)
from simulator.plant.trading.shipping import Condition
from simulator.systems.customer.checking import Checking, announced, totals
from simulator.systems.customer.inputs import Receive
from simulator.systems.customer.state import Announced, Arrival, Came, Notice

TAKEN: tuple[Condition, ...] = ("good", "over", "short", "no-asn")


class Goods(Checking):
    """The part of a customer that takes goods in."""

    # --- notices --------------------------------------------------------------------------------

    def _noticed(self, notice: ShipNotice) -> None:
        """A ship notice of the plant's came in (856): checked, answered, remembered."""
        name = f"{notice.partner}/{notice.number}"
        before = self.state.notices.get(name)
        if before is not None and not before.stands:
            before = None
        replaced = before if notice.purpose != "original" else None
        if replaced is not None:
            self._book(replaced, -1)
        notes = self._wrong(notice, before)
        arrival = self._arrival_of(notice)
        if not notes and arrival is not None and arrival.arrived and notice.purpose != "cancel":
            text = f"{arrival.shipment} was here before its notice"
            late = AdviceNote(reason="asn-after-truck", value=notice.number, text=text)
            verdict = self._advise_late(notice, late)
        else:
            verdict = self._advise(notice, notes)
        if verdict == "rejected":
            if replaced is not None:
                self._book(replaced)
            if before is None:
                self._keep(name, self._taken(notice, verdict, notes))
            return
        if notice.purpose == "cancel" and replaced is not None:
            replaced.cancelled = True
            return
        taken = self._taken(notice, verdict, notes)
        self._keep(name, taken)
        self._book(taken)
        for item, (_, claimed) in totals(notice).items():
            if claimed is not None:
                self._count(notice.partner, item).announced = claimed
        if arrival is not None:
            arrival.notice = notice.number
            taken.received = arrival.arrived

    def _advise_late(self, notice: ShipNotice, note: AdviceNote) -> str:
        """A notice after its truck is of no use any more, and harms nothing."""
        self.plant.tell(
            ApplicationAdvice(
                partner=notice.partner, sender="partner", number=self._next("advice"),
                at=self.stage.now, about=notice.document, about_number=notice.number,
                verdict="accepted-with-errors", notes=[note], shipment=notice.shipment,
            )
        )  # fmt: skip
        return "accepted-with-errors"

    def _taken(self, notice: ShipNotice, verdict: str, notes: list[AdviceNote]) -> Notice:
        return Notice(
            notice.number, notice.partner, notice.shipment or notice.number, announced(notice),
            self.stage.now, verdict, [one.reason for one in notes],
            [unit.sscc for unit in notice.walk() if unit.sscc],
        )  # fmt: skip

    def _keep(self, name: str, notice: Notice) -> None:
        self.state.notices[name] = notice
        if notice.stands:
            self.state.labels |= dict.fromkeys(notice.labels, name)
        while len(self.state.notices) > self.settings.notices:
            gone = self.state.notices.pop(next(iter(self.state.notices)))
            for label in gone.labels:
                self.state.labels.pop(label, None)
            self.state.forgotten += 1

    def _book(self, notice: Notice, sign: int = 1) -> None:
        """Count what a notice announces to its orders, or take it back."""
        for one in notice.lines:
            _, lines = self._meant(notice.customer, one)
            left = one.quantity
            for line in lines:
                last = sign > 0 and line is lines[-1]  # what is over is announced all the same
                part = left if last else min(left, line.open if sign > 0 else line.announced)
                line.announced += sign * part
                left -= part
            count = self._count(notice.customer, one.item)
            if count.announced is not None:
                count.announced += sign * one.quantity

    # --- trucks ---------------------------------------------------------------------------------

    def _left(self, shipment: ShipmentConfirmation) -> None:
        """The plant let goods leave: the truck is on its way."""
        customer = shipment.customer
        came: dict[tuple[str, str], Came] = {}
        for one in shipment.lines:
            key = (one.item, one.lot or "")
            found = came.setdefault(key, Came(one.item, ZERO, one.lot or ""))
            found.quantity += one.quantity
        transit = self._draw(customer, "transit", self.behaviour(customer).transit)
        arrival = Arrival(
            shipment.shipment, customer, shipment.so, list(came.values()),
            self.stage.now + transit,
        )  # fmt: skip
        arrival.ticket = self.stage.after(transit, "customer.arrived", shipment=arrival.shipment)
        self.state.arrivals[arrival.shipment] = arrival

    def _arrival_of(self, notice: ShipNotice) -> Arrival | None:
        """The truck that a notice announces: by shipment, else the first for its orders."""
        mine = [
            one
            for one in self.state.arrivals.values()
            if one.customer == notice.partner and not one.notice
        ]
        named = [one for one in mine if one.shipment in (notice.shipment, notice.number)]
        orders = {one.po for one in notice.contents()}
        return next(iter(named or [one for one in mine if one.so in orders]), None)

    def _notice_of(self, arrival: Arrival) -> Notice | None:
        for one in self.state.notices.values():
            if one.customer != arrival.customer or not one.stands or one.received:
                continue
            named = arrival.shipment in (one.shipment, one.number) or arrival.notice == one.number
            if named or arrival.so in {line.po for line in one.lines}:
                return one
        return None

    def _arrived(self, arrival: Arrival) -> None:
        """A truck is there: what is on it is compared with what was announced, and received."""
        arrival.arrived, arrival.ticket = True, None
        notice = self._notice_of(arrival)
        if not self.behaviour(arrival.customer).receives:
            return
        if notice is None:
            self._unannounced(arrival)
            return
        arrival.notice = notice.number
        self._received(notice, self._compared(arrival, notice))

    def _unannounced(self, arrival: Arrival) -> None:
        """Nobody announced it: said so, and received all the same."""
        text = "no ASN at physical receipt"
        note = AdviceNote(reason="asn-never", value=arrival.shipment, text=text)
        self.plant.tell(
            ApplicationAdvice(
                partner=arrival.customer, sender="partner", number=self._next("advice"),
                at=self.stage.now, about="ship-notice", about_number=arrival.shipment,
                verdict="rejected", notes=[note], shipment=arrival.shipment, po=arrival.so,
            )
        )  # fmt: skip
        lines = [
            ReceivedLine(
                line=str(number), item=one.item, quantity=one.quantity, accepted=one.quantity,
                unit=self.plant.item(one.item).unit, condition="no-asn", po=arrival.so,
                lot=one.lot,
            )
            for number, one in enumerate(arrival.lines, 1)
        ]  # fmt: skip
        self._tell_received(arrival.customer, "", arrival.shipment, lines)

    def _compared(self, arrival: Arrival, notice: Notice) -> list[ReceivedLine]:
        """Line by line of the notice, what was there of it; then what nobody announced."""
        there: dict[str, Decimal] = {}
        for came in arrival.lines:
            there[came.item] = there.get(came.item, ZERO) + came.quantity
        lines = []
        for one in notice.lines:
            part = min(one.quantity, there.get(one.item, ZERO))
            there[one.item] = there.get(one.item, ZERO) - part
            lines.append(_line(one, part, "good" if part == one.quantity else "short"))
        for item, more in there.items():
            if more <= 0:
                continue
            index = next((n for n, one in enumerate(notice.lines) if one.item == item), None)
            if index is None:
                known = self.plant.item(item)
                extra = Announced(item, ZERO, known.unit, arrival.so)
                lines.append(_line(extra, more, "wrong-item"))
            else:
                lines[index] = _line(notice.lines[index], lines[index].quantity + more, "over")
        return self._damaged(arrival.customer, lines)

    def _damaged(self, customer: str, lines: list[ReceivedLine]) -> list[ReceivedLine]:
        chance = self._chance(customer, "damage")
        if not lines or not chance.happens(self.behaviour(customer).damages):
            return lines
        index = chance.whole(0, len(lines) - 1)
        one = lines[index]
        step = ONE if self.plant.item(one.item).whole else STEP
        broken = min((one.quantity / 10).quantize(step, ROUND_CEILING), one.quantity)
        given = {"accepted": one.quantity - broken, "condition": "damaged"}
        lines[index] = one.model_copy(update=given)
        return lines

    def _by_hand(self, asked: Receive) -> ReceivingAdvice:
        """Book a notice as received, whatever the truck does. Raises Refusal."""
        customer = self._customer(asked.customer)
        notice = self.state.notices.get(f"{customer}/{asked.asn}")
        if notice is None:
            raise not_found("ship notice", asked.asn)
        if notice.received or not notice.stands:
            what = "received already" if notice.received else notice.verdict
            raise conflict(f"ship notice {asked.asn} is {what}", "notice-not-open")
        for arrival in self.state.arrivals.values():
            if not arrival.arrived and arrival.notice == notice.number and arrival.ticket:
                self.stage.cancel(arrival.ticket)
                arrival.arrived, arrival.ticket = True, None
        if asked.lines is None:
            lines = [_line(one, one.quantity, "good") for one in notice.lines]
        else:
            known = {one.item: one for one in notice.lines}
            lines = []
            for index, line in enumerate(asked.lines):
                item = self._item(line.item, f"/lines/{index}/item")
                one = known.get(item.id) or Announced(item.id, ZERO, item.unit)
                lines.append(_line(one, line.quantity, line.condition))
        return self._received(notice, lines)

    # --- what is said of it ---------------------------------------------------------------------

    def _received(self, notice: Notice, lines: list[ReceivedLine]) -> ReceivingAdvice:
        notice.received = True
        return self._tell_received(notice.customer, notice.number, notice.shipment, lines)

    def _tell_received(
        self, customer: str, asn: str, shipment: str, lines: list[ReceivedLine]
    ) -> ReceivingAdvice:
        """Count what came, and say so (861, RECADV); when, the gateway knows."""
        said = []
        for number, one in enumerate(lines, 1):
            taken = one.quantity if one.accepted is None else one.accepted
            count = self._count(customer, one.item)
            count.received += taken
            count.last, count.last_quantity, count.last_at = shipment, taken, self.stage.now
            self._book_received(customer, one, taken)
            given = {"line": str(number), "cumulative": count.received}
            said.append(one.model_copy(update=given))
        advice = ReceivingAdvice(
            partner=customer, sender="partner", number=self._next("receipt", "RC{:09d}"),
            at=self.stage.now, asn=asn, shipment=shipment, received=self.stage.now, lines=said,
        )  # fmt: skip
        self.plant.tell(advice)
        return advice

    def _book_received(self, customer: str, one: ReceivedLine, taken: Decimal) -> None:
        packed = Announced(one.item, taken, one.unit, one.po, one.po_line)
        _, lines = self._meant(customer, packed)
        for line in lines:
            most = line.announced - line.received
            part = taken if line is lines[-1] else max(min(taken, most), ZERO)
            line.received += part
            taken -= part


def _line(one: Announced, came: Decimal, condition: Condition) -> ReceivedLine:
    taken = came if condition in TAKEN else ZERO
    return ReceivedLine(
        item=one.item, quantity=came, accepted=taken, announced=one.quantity, unit=one.unit,
        condition=condition, po=one.po, po_line=one.po_line, lot=one.lot, sscc=one.sscc,
    )  # fmt: skip
