"""What customers hold a ship notice of the plant's against."""

from __future__ import annotations

from decimal import Decimal

from simulator.core.gs1 import is_sscc
from simulator.plant.quantities import ZERO
from simulator.plant.trading import AdviceNote, PackedItem, ShipNotice
from simulator.systems.customer.schedules import Schedules
from simulator.systems.customer.state import Announced, Line, Notice


class Checking(Schedules):
    """The part of a customer that reads ship notices."""

    def _wrong(self, notice: ShipNotice, before: Notice | None) -> list[AdviceNote]:
        """Everything about a notice for which it is remarked on; `before` is what it replaces."""
        notes = self._wrong_number(notice, before)
        if notice.purpose == "cancel":
            return notes
        notes += self._wrong_labels(notice)
        notes += self._wrong_items(notice)
        return notes + self._gaps(notice)

    def _wrong_number(self, notice: ShipNotice, before: Notice | None) -> list[AdviceNote]:
        if notice.purpose != "original":
            text = f"no notice {notice.number} to {notice.purpose}"
            unknown = AdviceNote(reason="unknown-shipment", value=notice.number, text=text)
            return [] if before is not None else [unknown]
        shipment = notice.shipment or notice.number
        for one in self.state.notices.values():
            if one.customer == notice.partner and one.shipment == shipment and one.stands:
                text = f"shipment {shipment} was announced by {one.number}"
                return [AdviceNote(reason="asn-twice", value=notice.number, text=text)]
        return []

    def _wrong_labels(self, notice: ShipNotice) -> list[AdviceNote]:
        notes = []
        mine = f"{notice.partner}/{notice.number}"
        seen: set[str] = set()
        for label in (unit.sscc for unit in notice.walk() if unit.sscc):
            other = self.state.labels.get(label)
            if self.behaviour(notice.partner).labels and not is_sscc(label):
                notes.append(AdviceNote(reason="sscc-check-digit", sscc=label, value=label))
            elif label in seen or other not in (None, mine):
                text = f"on {other.partition('/')[2]}" if other else "twice on this notice"
                notes.append(AdviceNote(reason="sscc-reused", sscc=label, value=label, text=text))
            seen.add(label)
        return notes

    def _wrong_items(self, notice: ShipNotice) -> list[AdviceNote]:
        notes: dict[tuple[str, str], AdviceNote] = {}
        announced: dict[tuple[str, str], Decimal] = {}
        for one in notice.contents():
            known_order, lines = self._meant(notice.partner, one)
            reason, value = "", one.item
            if not known_order:
                reason, value = "unknown-order", one.po
            elif not lines:
                reason = "unknown-item"
            elif one.unit != lines[0].unit:
                known = {each.unit for each in self.plant.model.items.values()}
                reason = "inconsistent-unit" if one.unit in known else "unknown-unit"
                value = one.unit
            else:
                key = (one.po, one.item)
                announced[key] = announced.get(key, ZERO) + one.quantity
                most = sum((line.open for line in lines), ZERO)
                most += most * Decimal(str(self.behaviour(notice.partner).tolerance))
                if announced[key] > most:
                    reason, value = "over-shipped", str(announced[key])
            if reason:
                given = {"line": one.line, "item": one.item, "value": value}
                notes.setdefault((reason, one.item), AdviceNote(reason=reason, **given))
        return list(notes.values())

    def _meant(self, customer: str, one: PackedItem | Announced) -> tuple[bool, list[Line]]:
        """Is there such an order, and which lines of it can be meant?

        A blanket order means all of its call-offs.
        """
        found = self.state.orders.get(one.po) or self._taken_over(one.po)
        called = [
            each
            for each in self.state.orders.values()
            if each.customer == customer and each.blanket == one.po and one.po
        ]
        orders = [found] if found is not None and found.customer == customer else called
        lines = [
            line
            for order in orders
            if not order.cancelled
            for line in order.lines
            if line.item == one.item
        ]
        exact = [line for line in lines if one.po_line and line.numbered(one.po_line)]
        return bool(orders), exact or lines

    def _gaps(self, notice: ShipNotice) -> list[AdviceNote]:
        """Does each count go on where the last notice left it?"""
        notes = []
        for item, (quantity, claimed) in totals(notice).items():
            before = self._counted(notice.partner, item).announced
            if claimed is None or before is None or before + quantity == claimed:
                continue
            text = f"{before} so far and {quantity} now"
            notes.append(
                AdviceNote(reason="cumulative-gap", item=item, value=str(claimed), text=text)
            )
        return notes


def totals(notice: ShipNotice) -> dict[str, tuple[Decimal, Decimal | None]]:
    """By item: what a notice announces, and the highest count that it claims."""
    out: dict[str, tuple[Decimal, Decimal | None]] = {}
    for one in notice.contents():
        quantity, claimed = out.get(one.item, (ZERO, None))
        if one.cumulative is not None:
            claimed = max(one.cumulative, claimed or ZERO)
        out[one.item] = (quantity + one.quantity, claimed)
    return out


def announced(notice: ShipNotice) -> list[Announced]:
    """What is kept of a notice: each packed item with its innermost label."""
    rows = [("", one) for one in notice.items]
    for unit in notice.walk():
        rows += [(unit.sscc, one) for one in unit.items]
    return [
        Announced(one.item, one.quantity, one.unit, one.po, one.po_line, one.lot, label)
        for label, one in rows
    ]
