"""856, the ship notice: written as a tree of HL loops; `_packing` reads it.

BSN05 says the order of the levels, and the partner's profile chooses it: 0001 is shipment, order,
pallet (T), carton (P), item; 0002 is shipment, order, item, pack (a carton of several items stands
under each of them with the same label; what holds cartons is not carried); 0004 is shipment, order,
item (what holds them is not carried). Units and items are put together by order, in the order in
which the orders appear; an item of another order than its pallet names its own (LIN, `PO`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.contracts.x12.documents import _packing
from simulator.contracts.x12.documents._codes import PACKAGES
from simulator.contracts.x12.documents._write import (
    amount,
    clock,
    described,
    dtm,
    goods,
    gtin,
    parties,
    refer,
    references,
    totals,
)
from simulator.contracts.x12.mapping import Mapping
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.plant.trading import HandlingUnit, PackedItem, PartnerProfile, ShipNotice
from simulator.plant.trading.shipping import Purpose

PURPOSES: dict[Purpose, str] = {"original": "00", "replace": "05", "cancel": "01"}
"""Element 353, BSN01."""
SHORT_CODE = 7  # element 754; a longer code of a load carrier is written as text


class _Levels:
    """The HL loops written so far."""

    def __init__(self, profile: PartnerProfile) -> None:
        self.profile = profile
        self.out: list[Segment] = []
        self.count = 0
        self.quantities: list[Decimal] = []
        self.units: dict[str, str] = {}

    def level(self, code: str, parent: int | None) -> int:
        """Begin an HL; its number."""
        self.count += 1
        self.out.append(Segment("HL", (str(self.count), str(parent) if parent else "", code)))
        return self.count

    def unit(self, plant_unit: str) -> str:
        """The partner's unit, asked for once."""
        known = self.units.get(plant_unit)
        if known is None:
            known = self.units[plant_unit] = self.profile.unit(plant_unit)
        return known

    def item(self, packed: PackedItem, quantity: Decimal, parent: int, po: str) -> int:
        """An item level, without its serial numbers."""
        here = self.level("I", parent)
        unit = self.unit(packed.unit)
        self.quantities.append(quantity)
        ids = goods(
            ("BP", packed.item), ("VP", packed.supplier_item), gtin(packed.gtin),
            ("PO", packed.po if packed.po != po else ""), ("PL", packed.po_line),
        )  # fmt: skip
        self.out.append(seg("LIN", packed.line, *ids))
        ordered = (amount(packed.ordered), unit) if packed.ordered is not None else ()
        self.out.append(seg("SN1", "", number(quantity), unit, amount(packed.cumulative), *ordered))
        self.out += described(packed.description)
        self.out += refer("LT", packed.lot)
        return here

    def dated(self, packed: PackedItem) -> None:
        """The dates of an item, last in its level."""
        self.out += dtm("094", packed.produced)
        self.out += dtm("036", packed.expires)

    def serials(self, packed: PackedItem) -> None:
        """REF*SE for each."""
        for one in packed.serials:
            self.out += refer("SE", one)

    def carrier(self, unit: HandlingUnit) -> None:
        """PKG and TD1 of a load carrier, where they say more than its level does."""
        code = unit.packaging
        if code:
            short = len(code) <= SHORT_CODE
            self.out.append(
                seg("PKG", "S", "", "ZZ", code) if short else seg("PKG", "F", "", "", "", code)
            )
        if unit.gross_weight is not None:
            self.out.append(
                seg("TD1", PACKAGES[unit.package], "1", "", "", "", "G", number(unit.gross_weight),
                    "KG")
            )  # fmt: skip
        elif unit.package not in ("pallet", "carton"):
            self.out.append(seg("TD1", PACKAGES[unit.package], "1"))

    def labelled(self, unit: HandlingUnit) -> None:
        """MAN*GM with the SSCC behind its application identifier 00."""
        if unit.sscc:
            self.out.append(Segment("MAN", ("GM", "00" + unit.sscc)))


def write(notice: ShipNotice, profile: PartnerProfile) -> list[Segment]:
    """A ship notice as the partner's profile wants it."""
    layout = profile.ship_notice
    levels = _Levels(profile)
    top = levels.level("S", None)
    levels.out += _shipment(notice)
    for po, units, items in _orders(notice, flat=layout != "0001"):
        order = levels.level("O", top)
        if po:
            levels.out.append(seg("PRF", po))
        if layout == "0001":
            for unit in units:
                _unit(levels, unit, order, po)
        elif layout == "0002":
            _items_then_packs(levels, units, order, po)
        else:
            items = [*(packed for unit in units for packed in unit.items), *items]
        for packed in items:
            _item(levels, packed, order, po)
    begin = seg(
        "BSN", PURPOSES[notice.purpose], notice.number, date(notice.at),
        clock(notice.at) or "0000", layout,
    )  # fmt: skip
    return [begin, *levels.out, totals(levels.count, levels.quantities)]


def _shipment(notice: ShipNotice) -> list[Segment]:
    """What is true of the whole shipment."""
    out = described(notice.note)
    count = str(len(notice.units)) if notice.units else ""
    kind = PACKAGES[notice.units[0].package] if notice.units else ""
    if notice.gross_weight is not None:
        weight = number(notice.gross_weight)
        out.append(seg("TD1", kind, count, "", "", "", "G", weight, "KG"))
    elif notice.units:
        out.append(seg("TD1", kind, count))
    if notice.carrier:
        out.append(seg("TD5", "B", "2", notice.carrier, "M"))
    if notice.trailer:
        out.append(seg("TD3", "TL", "", notice.trailer))
    out += refer("SI", notice.shipment)
    out += references(one for one in notice.references if one.kind != "shipment")
    out += dtm("011", notice.shipped)
    out += dtm("017", notice.expected)
    return out + parties(notice.parties)


def _orders(
    notice: ShipNotice, *, flat: bool
) -> Iterator[tuple[str, list[HandlingUnit], list[PackedItem]]]:
    """What belongs to each order. `flat`: units only hold items, and stand for one order each.

    A unit in which anything is of no order stands under none: what is below an order is of it.
    """
    orders: dict[str, tuple[list[HandlingUnit], list[PackedItem]]] = {}
    for unit in _flat(notice) if flat else notice.units:
        held = [one.po for part in unit.walk() for one in part.items]
        orders.setdefault(held[0] if all(held) and held else "", ([], []))[0].append(unit)
    for packed in notice.items:
        orders.setdefault(packed.po, ([], []))[1].append(packed)
    for po, (units, items) in orders.items():
        yield po, units, items


def _flat(notice: ShipNotice) -> Iterator[HandlingUnit]:
    """The units that hold items themselves, once for each order they hold something of."""
    for unit in notice.walk():
        by_order: dict[str, list[PackedItem]] = {}
        for one in unit.items:
            by_order.setdefault(one.po, []).append(one)
        for items in by_order.values():
            yield unit.model_copy(update={"items": items, "units": []})


def _unit(levels: _Levels, unit: HandlingUnit, parent: int, po: str) -> None:
    here = levels.level("P" if unit.package == "carton" else "T", parent)
    levels.carrier(unit)
    levels.labelled(unit)
    for packed in unit.items:
        _item(levels, packed, here, po)
    for one in unit.units:
        _unit(levels, one, here, po)


def _item(levels: _Levels, packed: PackedItem, parent: int, po: str) -> None:
    levels.item(packed, packed.quantity, parent, po)
    levels.serials(packed)
    levels.dated(packed)


def _items_then_packs(levels: _Levels, units: Iterable[HandlingUnit], order: int, po: str) -> None:
    """Each item with all packs that it is in."""
    alike: dict[tuple[object, ...], list[tuple[HandlingUnit, PackedItem]]] = {}
    for unit in units:
        for packed in unit.items:
            alike.setdefault(_kind(packed), []).append((unit, packed))
    for packs in alike.values():
        packed = packs[0][1]
        quantity = sum((one.quantity for _, one in packs), Decimal(0))
        here = levels.item(packed, quantity, order, po)
        levels.dated(packed)
        for unit, one in packs:
            levels.level("P", here)
            levels.out.append(seg("PO4", "1", number(one.quantity), levels.unit(one.unit)))
            levels.carrier(unit)
            if unit.gross_weight is None and unit.package == "pallet":
                levels.out.append(seg("TD1", PACKAGES["pallet"], "1"))
            levels.serials(one)
            levels.labelled(unit)


def _kind(packed: PackedItem) -> tuple[object, ...]:
    """All that is said once for an item, however many packs it is in."""
    return (
        packed.line, packed.item, packed.supplier_item, packed.gtin, packed.description,
        packed.unit, packed.po_line, packed.ordered, packed.cumulative, packed.lot,
        packed.produced, packed.expires,
    )  # fmt: skip


MAPPINGS = (Mapping("856", "SH", ShipNotice, write, _packing.read),)
