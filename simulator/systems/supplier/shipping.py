"""Shipping: what is packed, what is announced of it, what is on the truck, and the invoice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from simulator.core.durations import Span
from simulator.core.errors import conflict, invalid, not_found
from simulator.plant.ground import refused
from simulator.plant.quantities import ONE, STEP, ZERO
from simulator.plant.trading import (
    Invoice,
    InvoiceLine,
    PackedItem,
    Party,
    Reference,
    ShipNotice,
)
from simulator.systems.supplier.inputs import Amount, Ship, ShipLine
from simulator.systems.supplier.packing import Packed, altered, pack
from simulator.systems.supplier.schedules import Schedules
from simulator.systems.supplier.state import Order, Sent, Shipment

CENT = Decimal("0.01")


class Shipping(Schedules):
    """The part of a supplier that packs and sends."""

    def _ship(self, asked: Ship) -> Shipment:
        supplier = self._supplier(asked.supplier)
        how = self.behaviour(supplier)
        lines = self._wanted(asked)
        if not lines:
            raise conflict(f"{supplier} has nothing to ship for {asked.against}", "nothing-to-ship")
        number = asked.shipment or self._next("shipment", "SH{:09d}")
        if number in self.state.shipments:
            raise conflict(f"there is a shipment {number} already", "shipment-exists")
        packing = asked.packing or how.packing
        base = pack(
            self._packed(supplier, lines, asked.lots), packing.levels or self._levels(supplier),
            packing.per_carton, packing.cartons_per_pallet, lambda: self._label(supplier),
        )  # fmt: skip
        shipped = _totals(base)
        announced = {**shipped, **_amounts(asked.announce)}
        aboard = {**shipped, **_amounts(asked.load)}
        for one in asked.short:
            aboard[one.item] = max(aboard.get(one.item, ZERO) - one.quantity, ZERO)
        for one in asked.over:
            aboard[one.item] = aboard.get(one.item, ZERO) + one.quantity
        claimed = altered(base, announced, self._spare)
        loaded = altered(base, aboard, self._spare)
        transit = (
            self._draw(supplier, "transit", how.transit) if asked.transit is None else asked.transit
        )
        asn = asked.asn or how.asn
        delay: Span = 0
        if asn not in ("with", "never"):
            drawn = asked.asn_delay
            delay = self._draw(supplier, "asn", how.asn_delay) if drawn is None else drawn
        departs = self.stage.now + asked.departs
        if asn == "before":
            departs = max(departs, self.stage.now + delay)
        notice = ShipNotice(
            partner=supplier, sender="partner", at=self.stage.now, shipment=number,
            number=asked.number or self._next("notice", "ASN{:09d}"), shipped=departs,
            expected=departs + transit, carrier=asked.carrier or how.carrier,
            trailer=asked.trailer or "", parties=self._parties(supplier),
            references=[Reference(kind="bill-of-lading", value=number)],
            units=claimed.units, items=claimed.items,
        )  # fmt: skip
        shipment = Shipment(
            number, supplier, [_sent(one) for one in claimed.rows()], departs, departs + transit,
            "" if asn == "never" else notice.text,
            notice.model_copy(update={"units": loaded.units, "items": loaded.items}).text,
        )  # fmt: skip
        self._load(shipment, loaded, asked, notice, transit)
        self.state.shipments[number] = shipment
        self._count(shipment, notice)
        self._announce_later(shipment, asn, delay, notice.number)
        if how.invoice is not None:
            wait = departs - self.stage.now + self._draw(supplier, "invoice", how.invoice)
            ticket = self.stage.after(wait, "supplier.invoice", shipment=number)
            shipment.tickets.append(ticket)
        while len(self.state.shipments) > self.settings.shipments:
            self.state.shipments.pop(next(iter(self.state.shipments)))
            self.state.forgotten += 1
        return shipment

    # --- what is shipped ----------------------------------------------------------------------

    def _wanted(self, asked: Ship) -> list[ShipLine]:
        """What is to be shipped, line by line. Raises Refusal."""
        against = asked.against
        orders: list[Order] = []
        open_: list[ShipLine] = []
        if against == "schedule":
            open_ = [
                ShipLine(item=called.item, quantity=called.open, po=called.po or None)
                for called in self.state.called.get(asked.supplier, ())
                if called.open > 0
            ]
        else:
            every = against == "open_orders"
            orders = self._orders(asked.supplier) if every else [self._order(against)]
            if any(order.supplier != asked.supplier for order in orders):
                raise invalid(f"purchase order {against} is {orders[0].supplier}'s")
            open_ = [
                ShipLine(item=line.item, quantity=line.open, po=order.po, po_line=line.line)
                for order in orders
                for line in order.lines
                if line.open > 0 and not order.cancelled
            ]
        if asked.lines is None:
            return open_
        for index, one in enumerate(asked.lines):
            item = self.plant.model.items.get(one.item)
            if item is None:
                raise refused(f"/lines/{index}/item", f"there is no item {one.item!r}")
            if item.whole and one.quantity != one.quantity.to_integral_value():
                raise refused(f"/lines/{index}/quantity", f"{one.item} is counted in {item.unit}")
        called_for = {line.item: line.po for line in reversed(open_)} if not orders else {}
        return [
            _placed(one.model_copy(update={"po": one.po or called_for.get(one.item)}), orders)
            for one in asked.lines
        ]

    def _packed(self, supplier: str, lines: list[ShipLine], lots: int) -> list[PackedItem]:
        """Lines with their lots and cumulative quantities."""
        shipped: dict[str, Decimal] = {}
        for line in lines:
            shipped[line.item] = shipped.get(line.item, ZERO) + line.quantity
        packed = []
        for number, line in enumerate(lines, 1):
            item = self.plant.item(line.item)
            order = self.state.orders.get(line.po or "")
            ordered = order.line(line.po_line or "") if order is not None else None
            before = self.state.cumulative.get(f"{supplier}/{line.item}", ZERO)
            parts = _parts(line.quantity, lots, item.whole)
            for quantity in parts:
                lot = line.lot or ""
                if not lot and item.tracking == "lot":
                    lot = self._next(f"lot/{supplier}", f"{supplier[:8]}-{{:d}}")
                packed.append(
                    PackedItem(
                        line=str(number), item=line.item, gtin=item.gtin or "",
                        description=item.name, quantity=quantity, unit=item.unit,
                        po=line.po or "", po_line=line.po_line or "",
                        ordered=ordered.quantity if ordered is not None else None,
                        cumulative=before + shipped[line.item], lot=lot,
                    )
                )  # fmt: skip
        return packed

    def _spare(self, item: str) -> PackedItem:
        """An item that nobody packed, and that is announced or loaded all the same."""
        known = self.plant.model.items.get(item)
        if known is None:
            raise invalid(f"there is no item {item!r}")
        lot = self._next("lot/spare", "SPARE-{:d}") if known.tracking == "lot" else ""
        return PackedItem(item=item, description=known.name, quantity=ONE, unit=known.unit, lot=lot)

    def _parties(self, supplier: str) -> list[Party]:
        known = self.plant.model.suppliers[supplier]
        scheme: Literal["gln", "mutual"] = "gln" if known.gln else "mutual"
        where = {
            "street": known.street, "city": known.city, "postcode": known.postcode,
            "country": known.country,
        }  # fmt: skip
        mine = Party(
            role="ship-from", id=known.gln or supplier, scheme=scheme, name=known.name, **where
        )
        name = self.plant.model.name.upper()
        return [mine, Party(role="ship-to", id=name, scheme="mutual", name=name)]

    def _load(
        self, shipment: Shipment, loaded: Packed, asked: Ship, notice: ShipNotice, transit: Span
    ) -> None:
        if not asked.truck or not any(True for _ in loaded.rows()):
            return
        truck = self.plant.load_truck(
            shipment.supplier, loaded.units, loaded.items, shipment=shipment.id,
            carrier=notice.carrier, trailer=notice.trailer, dock=asked.dock or "",
            notices=[notice.number] if shipment.notice else [], departs=shipment.departs,
            transit=transit,
        )  # fmt: skip
        shipment.truck = truck.id

    def _count(self, shipment: Shipment, notice: ShipNotice, sign: int = 1) -> None:
        """What is announced counts towards orders, call-offs and cumulative quantities."""
        for one in notice.contents():
            quantity = sign * one.quantity
            name = f"{shipment.supplier}/{one.item}"
            self.state.cumulative[name] = self.state.cumulative.get(name, ZERO) + quantity
            order = self.state.orders.get(one.po)
            line = order.line(one.po_line) if order is not None else None
            if line is not None:
                line.shipped = max(line.shipped + quantity, ZERO)
            for called in self.state.called.get(shipment.supplier, ()):
                if called.item == one.item and (called.po in ("", one.po)):
                    part = (
                        min(quantity, called.open) if sign > 0 else max(quantity, -called.shipped)
                    )
                    called.shipped += part
                    quantity -= part

    # --- what is said of it -------------------------------------------------------------------

    def _announce_later(self, shipment: Shipment, asn: str, delay: Span, number: str) -> None:
        now = self.stage.now
        if asn == "never":
            return
        moments = {"before": [0], "after": [shipment.expected - now + delay]}.get(
            asn, [shipment.departs - now]
        )
        numbers = [number]
        if asn == "twice":
            moments.append(moments[0] + delay)
            numbers.append(self._next("notice", "ASN{:09d}"))
        for moment, one in zip(moments, numbers, strict=True):
            shipment.notices.append(one)
            if moment <= 0:
                self._announce(shipment, one)
            else:
                ticket = self.stage.after(
                    moment, "supplier.announce", shipment=shipment.id, number=one
                )
                shipment.tickets.append(ticket)

    def _announce(self, shipment: Shipment, number: str) -> None:
        """Tell a ship notice, under its number."""
        notice = ShipNotice.model_validate_json(shipment.notice)
        given = {"number": number, "at": self.stage.now}
        shipment.told.append(number)
        if shipment.truck is not None:
            self.plant.announce_truck(shipment.truck, number)
        self.plant.tell(notice.model_copy(update=given))

    def _shipment(self, id: str) -> Shipment:
        found = self.state.shipments.get(id)
        if found is None:
            raise not_found("shipment", id)
        return found

    def _invoice(self, shipment: Shipment) -> Invoice:
        """The invoice for a shipment, as announced. Raises Refusal where it was sent before."""
        if shipment.invoice:
            raise conflict(f"shipment {shipment.id} was invoiced already", "invoice-exists")
        lines = []
        for number, one in enumerate(_merged(shipment.lines), 1):
            item = self.plant.item(one.item)
            order = self.state.orders.get(one.po)
            line = order.line(one.po_line) if order is not None else None
            price = line.price if line is not None and line.price is not None else item.price
            lines.append(
                InvoiceLine(
                    line=str(number), item=one.item, description=item.name, quantity=one.quantity,
                    unit=one.unit, price=price or ZERO, po=one.po, po_line=one.po_line,
                )
            )  # fmt: skip
        net = sum(((one.quantity * one.price).quantize(CENT) for one in lines), ZERO)
        tax = (net * Decimal(str(self.behaviour(shipment.supplier).tax))).quantize(CENT)
        orders = list(dict.fromkeys(one.po for one in lines if one.po))
        first = self.state.orders.get(orders[0]) if orders else None
        invoice = Invoice(
            partner=shipment.supplier, sender="partner", at=self.stage.now,
            number=self._next("invoice", "RE{:09d}"), po=orders[0] if orders else "",
            shipment=shipment.id, asn=shipment.told[-1] if shipment.told else "",
            currency=(first.currency if first is not None else "") or "EUR", lines=lines, tax=tax,
            total=net + tax, parties=self._parties(shipment.supplier),
        )  # fmt: skip
        shipment.invoice = invoice.number
        self.plant.tell(invoice)
        return invoice


def _placed(one: ShipLine, orders: Sequence[Order]) -> ShipLine:
    """A line with the order that it is for, where there is an open one."""
    if one.po is not None and one.po_line is not None:
        return one
    for order in orders:
        for line in order.lines:
            fits = line.item == one.item and one.po in (None, order.po)
            if fits and one.po_line in (None, line.line) and (line.open > 0 or len(orders) == 1):
                return one.model_copy(update={"po": order.po, "po_line": line.line})
    return one


def _parts(quantity: Decimal, count: int, whole: bool) -> list[Decimal]:
    """A quantity in so many parts, none of them 0."""
    each = (quantity / count).quantize(ONE if whole else STEP, ROUND_FLOOR)
    if count == 1 or each <= 0:
        return [quantity]
    return [*[each] * (count - 1), quantity - each * (count - 1)]


def _totals(packed: Packed) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for one in packed.rows():
        out[one.item] = out.get(one.item, ZERO) + one.quantity
    return out


def _amounts(given: list[Amount] | None) -> dict[str, Decimal]:
    return {one.item: one.quantity for one in given or ()}


def _sent(one: PackedItem) -> Sent:
    return Sent(one.item, one.quantity, one.unit, one.po, one.po_line, one.lot)


def _merged(lines: list[Sent]) -> list[Sent]:
    """One line an item and order line, whatever it was packed in."""
    out: dict[tuple[str, str, str], Sent] = {}
    for one in lines:
        key = (one.item, one.po, one.po_line)
        if key in out:
            out[key].quantity += one.quantity
        else:
            out[key] = Sent(one.item, one.quantity, one.unit, one.po, one.po_line, one.lot)
    return list(out.values())
