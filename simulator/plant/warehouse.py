"""Goods inside and going out: put away, pick, ship, adjust, count."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.core.errors import conflict
from simulator.plant.documents import ShipmentConfirmation, ShippedLine
from simulator.plant.ground import refused
from simulator.plant.quantities import ZERO
from simulator.plant.receiving import Receiving
from simulator.plant.state import (
    Count,
    Movement,
    Pick,
    Shipment,
    ShipmentLine,
    Taken,
    TradeLine,
    TradeOrder,
)


class Warehouse(Receiving):
    """The warehouse behind its front door."""

    def _derive(self) -> None:
        super()._derive()
        self._unshipped: dict[str, list[Pick]] = {}  # by sales order, oldest first
        for pick in self.state.picks.values():
            if pick.sales_order is not None and any(part.left > 0 for part in pick.taken):
                self._unshipped.setdefault(pick.sales_order, []).append(pick)

    def put_away(
        self,
        *,
        to_bin: str,
        item: str | None = None,
        quantity: Decimal | None = None,
        from_bin: str | None = None,
        lot: str | None = None,
        handling_unit: str | None = None,
    ) -> list[Movement]:
        """Move stock to a bin: a handling unit, or an item by lot, from a bin; all of it unless
        `quantity` says less. Its status stays. One movement for each stock line touched.

        Raises invalid, or conflict `not-enough-stock`.
        """
        self._known_bin(to_bin, "/to_bin")
        if from_bin is not None:
            self._known_bin(from_bin, "/from_bin")
        if item is None and handling_unit is None:
            raise refused("/item", "name an item or a handling unit")
        if item is not None:
            known = self._known_item(item)
            if quantity is not None:
                quantity = self._checked(known, quantity)
        lines = [
            line
            for line in self.stock(item, lot, from_bin, handling_unit)
            if line.bin != to_bin and line.quantity > 0
        ]
        if from_bin is None:  # what is picked already stays picked
            lines = [line for line in lines if line.bin != self._shipping]
        there = sum((line.quantity for line in lines), ZERO)
        wanted = there if quantity is None else quantity
        if wanted <= 0 or there < wanted:
            raise conflict(f"there are {there} to put away, not {wanted}", "not-enough-stock")
        moved = []
        for line in lines:
            part = min(line.quantity, wanted)
            if part <= 0:
                break
            wanted -= part
            status = line.status
            (taken,) = self._take([line], part)
            self._put_in(
                taken.item, part, to_bin, taken.lot, taken.serial, taken.handling_unit, status
            )
            moved.append(self._move("put-away", taken, taken.from_bin, to_bin))
        return moved

    # --- out ----------------------------------------------------------------------------------

    def pick(
        self,
        *,
        item: str,
        quantity: Decimal,
        sales_order: str | None = None,
        reference: str | None = None,
        bin: str | None = None,
        lot: str | None = None,
        id: str | None = None,
    ) -> Pick:
        """Take goods to the shipping bin, oldest first; a short pick takes what there is.

        Raises invalid, not_found (sales order), conflict: `pick-exists`, `order-not-open`,
        `more-than-ordered`. Where the plant allows negative stock a pick is never short.
        """
        known = self._known_item(item)
        quantity = self._checked(known, quantity)
        if bin is not None:
            self._known_bin(bin)
        if bin == self._shipping:
            raise refused("/bin", f"{bin} is where picked goods wait")
        if id is not None and id in self.state.picks:
            raise conflict(f"there is a pick {id} already", "pick-exists")
        if sales_order is not None:
            self._check_pick(self._open_sale(sales_order), item, quantity)
        taken = self._take(self._open_lines(item, bin, lot), quantity)
        picked = sum((one.quantity for one in taken), ZERO)
        if picked < quantity and self.model.warehouse.allow_negative:
            where = bin or known.bin or self._receiving
            taken += self._overdraw(item, quantity - picked, where, lot)
            picked = quantity
        name = id or self._next("pick", "P{:07d}", taken=self.state.picks)
        pick = Pick(name, sales_order, reference, item, quantity, picked, taken, self.now)
        self.state.picks[name] = pick
        if sales_order is not None:
            self._unshipped.setdefault(sales_order, []).append(pick)
        for one in taken:
            self._put_in(item, one.quantity, self._shipping, one.lot, one.serial, one.handling_unit)
            self._move("pick", one, one.from_bin, self._shipping, sales_order or reference or name)
        if picked < quantity:
            self._differ("short", sales_order or reference or name, item, lot, quantity, picked)
        return pick

    def picks(self) -> list[Pick]:
        """Every pick, oldest first."""
        return list(self.state.picks.values())

    def ship(
        self,
        sales_order: str,
        lines: Sequence[tuple[int, Decimal]] | None = None,
        id: str | None = None,
    ) -> Shipment:
        """Send goods to the customer: these lines (number, quantity), or all that is picked; where
        nothing is picked, all that is open and in stock. What is not picked yet is picked now.

        Raises not_found, invalid, conflict: `shipment-exists`, `order-not-open`,
        `more-than-ordered`, `not-enough-stock`, `nothing-to-ship`.
        """
        order = self._open_sale(sales_order)
        if id is not None and id in self.state.shipments:
            raise conflict(f"there is a shipment {id} already", "shipment-exists")
        wanted = self._lines_to_ship(order, lines)
        self._pick_rest(order, wanted, strict=lines is not None)
        shipped: list[tuple[TradeLine, Taken]] = []
        for line, quantity in wanted:
            shipped += [(line, part) for part in self._take_picked(order.id, line.item, quantity)]
        if not shipped:
            raise conflict(f"there is nothing to ship for {sales_order}", "nothing-to-ship")
        name = id or self._next("shipment", "S{:07d}", taken=self.state.shipments)
        out = [
            ShipmentLine(line.line, one.item, one.quantity, one.lot, one.serial, one.handling_unit)
            for line, one in shipped
        ]
        shipment = Shipment(name, order.id, order.partner, out, self.now)
        self.state.shipments[name] = shipment
        for line, one in shipped:
            self._done(order, line, one.quantity)
            self._totals(one.item).shipped += one.quantity
            self._move("shipment", one, self._shipping, None, order.id)
        self._unshipped[order.id] = [
            pick
            for pick in self._unshipped.get(order.id, ())
            if any(part.left > 0 for part in pick.taken)
        ]
        told = [ShippedLine(**vars(one)) for one in out]
        self.tell(
            ShipmentConfirmation(
                shipment=name, so=order.id, customer=order.partner, lines=told, at=self.now
            )
        )
        return shipment

    def shipments(self) -> list[Shipment]:
        """Every shipment, oldest first."""
        return list(self.state.shipments.values())

    def _open_sale(self, id: str) -> TradeOrder:
        order = self.sales_order(id)
        if order.status not in ("open", "partially_done"):
            raise conflict(f"sales order {id} is {order.status}", "order-not-open")
        return order

    def _waiting(self, sales_order: str, item: str) -> list[Taken]:
        """What is picked for an order and not shipped."""
        return [
            part
            for pick in self._unshipped.get(sales_order, ())
            if pick.item == item
            for part in pick.taken
            if part.left > 0
        ]

    def _check_pick(self, order: TradeOrder, item: str, quantity: Decimal) -> None:
        wanted = sum((line.quantity - line.done for line in order.lines if line.item == item), ZERO)
        wanted -= sum((part.left for part in self._waiting(order.id, item)), ZERO)
        if quantity > wanted:
            what = f"{wanted} of {item} are open in sales order {order.id}, not {quantity}"
            raise conflict(what, "more-than-ordered")

    def _lines_to_ship(
        self, order: TradeOrder, lines: Sequence[tuple[int, Decimal]] | None
    ) -> list[tuple[TradeLine, Decimal]]:
        if lines is not None:
            return [self._line_to_ship(order, *one) for one in lines]
        waiting = {
            line.item: sum((part.left for part in self._waiting(order.id, line.item)), ZERO)
            for line in order.lines
        }
        picked = any(waiting.values())
        wanted = []
        for line in order.lines:
            left = line.quantity - line.done
            there = waiting[line.item] if picked else left
            if part := min(left, there):
                wanted.append((line, part))
                waiting[line.item] -= part
        return wanted

    def _line_to_ship(
        self, order: TradeOrder, number: int, quantity: Decimal
    ) -> tuple[TradeLine, Decimal]:
        for line in order.lines:
            if line.line == number:
                quantity = self._checked(self._known_item(line.item), quantity)
                if quantity > line.quantity - line.done:
                    what = f"line {number} of {order.id} has {line.quantity - line.done} open"
                    raise conflict(what, "more-than-ordered")
                return line, quantity
        raise refused("/lines", f"sales order {order.id} has no line {number}")

    def _pick_rest(
        self, order: TradeOrder, wanted: list[tuple[TradeLine, Decimal]], *, strict: bool
    ) -> None:
        missing: dict[str, Decimal] = {}
        for line, quantity in wanted:
            missing[line.item] = missing.get(line.item, ZERO) + quantity
        for item, quantity in missing.items():
            more = quantity - sum((part.left for part in self._waiting(order.id, item)), ZERO)
            missing[item] = more
            there = self.available(item)
            if strict and there < more and not self.model.warehouse.allow_negative:
                what = f"{there} of {item} are in stock, {more} more are needed"
                raise conflict(what, "not-enough-stock")
        for item, quantity in missing.items():
            there = quantity if self.model.warehouse.allow_negative else self.available(item)
            if (part := min(quantity, there)) > 0:
                self.pick(item=item, quantity=part, sales_order=order.id)

    def _take_picked(self, sales_order: str, item: str, quantity: Decimal) -> list[Taken]:
        """Take picked goods out of the shipping bin, as far as they are still there."""
        out = []
        for part in self._waiting(sales_order, item):
            lines = [
                line
                for line in self.stock(item, None, self._shipping, part.handling_unit)
                if (line.lot, line.serial, line.handling_unit)
                == (part.lot, part.serial, part.handling_unit)
                and line.status == "available"
            ]
            taken = self._take(lines, min(part.left, quantity))
            for one in taken:
                part.left -= one.quantity
                quantity -= one.quantity
            out += taken
        return out

    # --- putting right ------------------------------------------------------------------------

    def adjust(
        self, item: str, quantity: Decimal, bin: str, lot: str | None = None, reason: str = ""
    ) -> list[Movement]:
        """Correct the stock by a signed quantity. Without a lot, less is taken oldest first.

        Raises invalid, or conflict `negative-stock` unless the plant allows it.
        """
        known = self._known_item(item)
        quantity = Decimal(quantity)
        if quantity == 0:
            raise refused("/quantity", "an adjustment of 0 changes nothing")
        amount = self._checked(known, abs(quantity))
        self._known_bin(bin)
        if quantity > 0 and known.tracking == "lot" and not lot:
            raise refused("/lot", f"{item} is tracked by lot: name one")
        return self._correct("adjustment", item, amount.copy_sign(quantity), bin, lot, reason)

    def count(self, bin: str, item: str, lot: str | None, counted: Decimal) -> Count:
        """Book what somebody counted in a bin (all lots together where `lot` is None).

        A difference is a movement and a discrepancy `count`. Raises invalid.
        """
        known = self._known_item(item)
        counted = self._checked(known, counted, least=ZERO)
        self._known_bin(bin)
        expected = sum((line.quantity for line in self.stock(item, lot, bin)), ZERO)
        difference = counted - expected
        if difference > 0 and known.tracking == "lot" and not lot:
            raise refused("/lot", f"{item} is tracked by lot: name the one found")
        name = self._next("count", "C{:06d}")
        count = Count(name, bin, item, lot, expected, counted, difference, self.now)
        self.state.counts[name] = count
        if difference:
            self._correct("count", item, difference, bin, lot, name)
            self._differ("count", name, item, lot, expected, counted)
        return count

    def counts(self) -> list[Count]:
        """Every cycle count, oldest first."""
        return list(self.state.counts.values())

    def _correct(
        self, kind: str, item: str, quantity: Decimal, bin: str, lot: str | None, reason: str
    ) -> list[Movement]:
        if quantity > 0:
            self._know_lot(item, lot, kind)
            self._totals(item).adjusted += quantity
            self._put_in(item, quantity, bin, lot)
            part = Taken(item, lot, None, None, bin, quantity, quantity)
            return [self._move(kind, part, None, bin, reason or None)]
        less = -quantity
        lines = [line for line in self.stock(item, lot, bin) if line.quantity > 0]
        lines.sort(key=lambda line: (line.status != "available", line.id))
        there = sum((line.quantity for line in lines), ZERO)
        if there < less and not self.model.warehouse.allow_negative:
            what = f"there are {there} of {item} in {bin}, {less} cannot be taken off"
            raise conflict(what, "negative-stock")
        self._totals(item).adjusted -= less
        taken = self._take(lines, less)
        if there < less:
            taken += self._overdraw(item, less - there, bin, lot)
        return [self._move(kind, one, bin, None, reason or None) for one in taken]
