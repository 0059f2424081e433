"""Stock: lines by item, bin, lot, serial, handling unit and status; lots; the movements ledger.

FIFO follows the order of arrival. Stock that a quality hold touches, and stock in shipping or
quality bins, is not taken by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from simulator.core.errors import conflict, not_found
from simulator.plant.documents import QualityHold, StockChange
from simulator.plant.ground import Ground
from simulator.plant.quantities import ONE, ZERO
from simulator.plant.state import Lot, Movement, StockLine, StockState, Taken, Totals

Key = tuple[str, str, str | None, str | None, str | None, str]
_CLOSED_BINS = ("shipping", "quality")


class Stockroom(Ground):
    """Stock lines and what moves them."""

    def _derive(self) -> None:
        super()._derive()
        self._lines: dict[str, dict[int, StockLine]] = {}  # by item, in order of arrival
        self._keys: dict[Key, int] = {}
        for number in sorted(self.state.stock):
            line = self.state.stock[number]
            self._lines.setdefault(line.item, {})[number] = line
            self._keys[_key(line)] = number

    # --- asking -------------------------------------------------------------------------------

    def stock(
        self,
        item: str | None = None,
        lot: str | None = None,
        bin: str | None = None,
        handling_unit: str | None = None,
    ) -> list[StockLine]:
        """The warehouses' stock lines that match, in order of arrival.

        Finished goods that no warehouse has received yet are not among them.
        """
        lines: Iterable[StockLine]
        lines = self.state.stock.values() if item is None else self._lines.get(item, {}).values()
        return [
            line
            for line in lines
            if (lot is None or line.lot == lot)
            and (bin is None or line.bin == bin)
            and (handling_unit is None or line.handling_unit == handling_unit)
        ]

    def total_stock(self, in_production: bool = True) -> dict[str, Decimal]:
        """Item -> how much of it is in the plant, every item named, whatever its status.

        Counts finished goods still in production too, unless told not to.
        """
        totals = dict.fromkeys(self.model.items, ZERO)
        for line in self.state.stock.values():
            totals[line.item] += line.quantity
        if in_production:
            for order in self.state.orders.values():
                totals[order.item] += order.in_production
        return totals

    def totals(self) -> dict[str, Totals]:
        """The ledger: item -> what came, went and was made since the start."""
        return {item: self.state.totals.get(item) or Totals() for item in self.model.items}

    def available(self, item: str) -> Decimal:
        """How much could be picked or consumed now."""
        return sum((line.quantity for line in self._open_lines(item)), ZERO)

    def movements(self) -> list[Movement]:
        """Every booking of warehouse stock, oldest first."""
        return self.state.movements

    def lot(self, item: str, lot: str) -> Lot:
        """A lot with its genealogy. Raises not_found."""
        found = self.state.lots.get(f"{item}/{lot}")
        if found is None:
            raise not_found("lot", f"{item}/{lot}")
        return found

    def lots(self, lot: str) -> list[Lot]:
        """The lots of this id: one, unless two items share it. Raises not_found."""
        found = [one for one in self.state.lots.values() if one.id == lot]
        if not found:
            raise not_found("lot", lot)
        return found

    def _open_lines(
        self, item: str, bin: str | None = None, lot: str | None = None
    ) -> list[StockLine]:
        return [
            line
            for line in self._lines.get(item, {}).values()
            if line.status == "available"
            and (lot is None or line.lot == lot)
            and (line.bin == bin if bin else self._bins[line.bin].kind not in _CLOSED_BINS)
        ]

    # --- changing -----------------------------------------------------------------------------

    def _put_in(
        self,
        item: str,
        quantity: Decimal,
        bin: str,
        lot: str | None,
        serial: str | None = None,
        handling_unit: str | None = None,
        status: StockState = "available",
    ) -> None:
        held = self.state.lots.get(f"{item}/{lot}") if lot else None
        if held is not None and held.held and status == "available":
            status = "quality"
        key = (item, bin, lot, serial, handling_unit, status)
        number = self._keys.get(key)
        if number is not None:
            line = self.state.stock[number]
            line.quantity += quantity
            line.version += 1
            if line.quantity == 0:
                self._drop(line)
        else:
            number = self.state.numbers["stock"] = self.state.numbers.get("stock", 0) + 1
            line = StockLine(
                number, item, bin, self._warehouse_of[bin], lot, serial, handling_unit, status,
                quantity,
            )  # fmt: skip
            self.state.stock[number] = line
            self._lines.setdefault(item, {})[number] = line
            self._keys[key] = number
        if quantity > 0 and status == "available":
            self._stock_came(item)

    def _drop(self, line: StockLine) -> None:
        del self.state.stock[line.id]
        del self._lines[line.item][line.id]
        del self._keys[_key(line)]

    def _take(self, lines: Iterable[StockLine], quantity: Decimal) -> list[Taken]:
        """Take up to `quantity` from these lines, first come first."""
        taken = []
        for line in list(lines):
            if quantity <= 0:
                break
            if line.quantity <= 0:
                continue
            part = min(line.quantity, quantity)
            quantity -= part
            taken.append(
                Taken(line.item, line.lot, line.serial, line.handling_unit, line.bin, part, part)
            )
            line.quantity -= part
            line.version += 1
            if line.quantity == 0:
                self._drop(line)
        return taken

    def _overdraw(self, item: str, quantity: Decimal, bin: str, lot: str | None) -> list[Taken]:
        """Take what is not there, where the plant allows it: the line goes below zero."""
        self._put_in(item, -quantity, bin, lot)
        return [Taken(item, lot, None, None, bin, quantity, quantity)]

    def _move(
        self,
        kind: str,
        part: Taken,
        from_bin: str | None,
        to_bin: str | None,
        reference: str | None = None,
    ) -> Movement:
        """Write a movement down and tell of it. The lines are changed by the caller."""
        movement = Movement(
            self._next("movement", "M{:08d}"), self.now, kind, part.item, part.lot, part.serial,
            part.handling_unit, from_bin, to_bin, part.quantity, reference,
        )  # fmt: skip
        self.state.movements.append(movement)
        sign = (1 if from_bin is None else 0) - (1 if to_bin is None else 0)
        self.tell(
            StockChange(
                id=movement.id,
                kind=kind,
                item=part.item,
                lot=part.lot,
                serial=part.serial,
                handling_unit=part.handling_unit,
                from_bin=from_bin,
                to_bin=to_bin,
                quantity=part.quantity,
                change=sign * part.quantity,
                reference=reference,
                at=self.now,
            )
        )
        return movement

    def _know_lot(self, item: str, lot: str | None, origin: str) -> None:
        if lot is not None and f"{item}/{lot}" not in self.state.lots:
            self.state.lots[f"{item}/{lot}"] = Lot(lot, item, self.now, origin)

    # --- quality ------------------------------------------------------------------------------

    def hold_quality(self, lot: str, reason: str) -> list[Lot]:
        """Block a lot: none of it is picked or consumed, what still comes in is blocked too.

        Raises not_found, or conflict where it is held already.
        """
        lots = self.lots(lot)
        if all(one.held for one in lots):
            raise conflict(f"lot {lot} is held already: {lots[0].reason}", "lot-held")
        for one in lots:
            one.held, one.reason = True, reason
            self._restatus(one, "available", "quality")
            self._say_hold(one)
        return lots

    def release_quality(self, lot: str) -> list[Lot]:
        """Set a lot free. Raises not_found, or conflict where it is not held."""
        lots = self.lots(lot)
        if not any(one.held for one in lots):
            raise conflict(f"lot {lot} is not held", "lot-not-held")
        for one in lots:
            one.held = False
            self._restatus(one, "quality", "available")
            self._say_hold(one)
            one.reason = ""
        return lots

    def _say_hold(self, lot: Lot) -> None:
        self.tell(
            QualityHold(lot=lot.id, item=lot.item, held=lot.held, reason=lot.reason, at=self.now)
        )

    def _restatus(self, lot: Lot, old: StockState, new: StockState) -> None:
        for line in self.stock(lot.item, lot.id):
            if line.status == old and line.quantity > 0:
                self._drop(line)
                self._put_in(
                    line.item, line.quantity, line.bin, line.lot, line.serial, line.handling_unit,
                    new,
                )  # fmt: skip

    # --- the start ----------------------------------------------------------------------------

    def _open_stock(self) -> None:
        for one in self.model.stock:
            if unit := unit_key(one.handling_unit, one.item, one.lot):
                self.state.handling_units[unit] = "initial"
            self._know_lot(one.item, one.lot, "initial")
            self._totals(one.item).initial += one.quantity
            lot = self.state.lots.get(f"{one.item}/{one.lot}")
            if lot is not None:
                lot.serials += one.serials
                lot.held = lot.held or one.status == "quality"
            parts: list[tuple[str | None, Decimal]]
            parts = [(serial, ONE) for serial in one.serials] or [(None, one.quantity)]
            for serial, quantity in parts:
                self._put_in(
                    one.item, quantity, one.bin, one.lot, serial, one.handling_unit, one.status
                )


def _key(line: StockLine) -> Key:
    return (line.item, line.bin, line.lot, line.serial, line.handling_unit, line.status)


def unit_key(handling_unit: str | None, item: str, lot: str | None) -> str:
    """How a handling unit is remembered once received: a mixed one comes in item by item."""
    return f"{handling_unit}/{item}/{lot or ''}" if handling_unit else ""
