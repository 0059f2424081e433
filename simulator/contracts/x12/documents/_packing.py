"""Reading an 856: a tree of HL loops in any order of levels that partners use.

Shipment, order, pallet, carton, item; or shipment, pallet, carton, order, item; or shipment, order,
item, pack … An item belongs to the nearest order and the nearest unit above it. Packs below an item
share it out: as each says (PO4, SN1) where that adds up, else evenly. The same label under several
items or orders is one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulator.contracts.x12.documents._codes import PACKAGE_OF
from simulator.contracts.x12.documents._read import (
    check_totals,
    dates,
    described,
    first,
    goods,
    instant,
    number_of,
    numbers,
    parties,
    quantity,
    reference,
    references,
    sscc,
    text,
    unit,
    weight,
)
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import Segment
from simulator.plant.trading import HandlingUnit, PackedItem, ShipNotice
from simulator.plant.trading.shipping import Package, Purpose

_PURPOSES: dict[str, Purpose] = {
    "00": "original", "14": "original", "05": "replace", "04": "replace", "01": "cancel",
    "03": "cancel",
}  # fmt: skip
_PACKS: dict[str, Package] = {"T": "pallet", "P": "carton", "Q": "carton"}
_RANKS = {"S": 0, "O": 1, "T": 2, "P": 3, "Q": 4, "I": 5}
_LOWEST = 9
_LABELS = ("GM", "AA")
_SHIPMENT = frozenset({"SI"})
_THOUSANDTH = Decimal("0.001")


@dataclass(slots=True)
class _Level:
    """One HL loop."""

    code: str
    segments: list[Segment]
    parent: _Level | None = None
    order: _Level | None = None  # nearest above, itself included
    holder: _Level | None = None  # nearest unit above, into which its contents go
    item: _Level | None = None  # nearest item above
    packs: list[_Level] = field(default_factory=list)  # of an item: those that share it out
    items: list[PackedItem] = field(default_factory=list)
    units: list[HandlingUnit] = field(default_factory=list)
    sscc: str = ""
    same: _Level | None = None  # an earlier level for the same unit
    split: bool = False  # a pack in which there are other packs

    def segment(self, tag: str) -> Segment | None:
        """Its first segment of this tag."""
        for one in self.segments:
            if one.tag == tag:
                return one
        return None


def read(segments: list[Segment], how: Reading) -> ShipNotice:
    """A ship notice, whatever the order of its levels."""
    begin = first(segments, "BSN", how)
    head, levels = _levels(segments, how)
    said: list[str] = []
    outer = _Level("", [])
    _place(levels, how)
    for one in levels:
        if one.code == "I":
            _item(one, outer, how, said)
    for one in reversed(levels):  # what is inside comes later than what holds it
        if one.code in _PACKS and one.same is None:
            (one.holder or outer).units.append(_made(one, how))
    shipment = head + [part for one in levels if one.code in ("S", "O") for part in one.segments]
    when = dates(how, shipment)
    at = instant(how, begin, 3, 4)
    check_totals(how, segments, sum(one.tag == "HL" for one in segments), said)
    top = [one for one in shipment if one.tag in ("TD1", "TD3", "TD5")]
    return ShipNotice(
        partner=how.partner, sender=how.sender, number=text(begin, 2),
        at=at if at is not None else how.at, parties=parties(shipment),
        references=references(shipment, _SHIPMENT), note=described(shipment),
        shipment=reference(shipment, "SI"),
        purpose=_PURPOSES.get(text(begin, 1), "original"),
        shipped=when.get("011"), expected=when.get("017", when.get("067")),
        carrier=next((name for one in top if one.tag == "TD5" and (name := _carrier(one))), ""),
        trailer=next((text(one, 3) for one in top if one.tag == "TD3"), ""),
        gross_weight=_weight(top, how), units=outer.units[::-1], items=outer.items,
    )  # fmt: skip


def _levels(segments: list[Segment], how: Reading) -> tuple[list[Segment], list[_Level]]:
    """The HL loops, each with its parent. One that points to nowhere is put where it may belong."""
    head: list[Segment] = []
    levels: list[_Level] = []
    known: dict[str, _Level] = {}
    latest: dict[int, tuple[int, _Level]] = {}
    into = head
    for one in segments:
        if one.tag != "HL":
            into.append(one)
            continue
        into = []
        level = _Level(text(one, 3), into)
        above = text(one, 2)
        level.parent = known.get(above) if above else None
        if above and level.parent is None:
            how.found("parent-unknown", f"HL02 {above!r} is no level before it", one, 2)
        if level.parent is None:
            level.parent = _likely(level.code, latest)
        known[text(one, 1)] = level
        levels.append(level)
        latest[_RANKS.get(level.code, _LOWEST)] = (len(levels), level)
    return head, levels


def _likely(code: str, latest: dict[int, tuple[int, _Level]]) -> _Level | None:
    """The last level that usually stands above this one."""
    rank = _RANKS.get(code, _LOWEST)
    above = [one for known, one in latest.items() if known < rank]
    return max(above, key=lambda one: one[0])[1] if above else None


def _place(levels: list[_Level], how: Reading) -> None:
    """Find out for each level which order, unit and item it belongs to."""
    labels: dict[tuple[str, int], _Level] = {}
    labelled: list[_Level] = []
    for one in levels:
        above = one.parent
        if above is not None:
            one.order = above.order
            one.item = above if above.code == "I" else above.item
            one.holder = (above.same or above) if above.code in _PACKS else above.holder
        if one.code == "O":
            one.order = one
        elif one.code in _PACKS:
            _label(one, how, labels)
            if one.item is not None:
                one.item.packs.append(one)
                if above is not None and above.code in _PACKS:
                    above.split = True
        elif one.code == "I":
            labelled += _own_labels(one, how, labels)
    levels += labelled


def _label(pack: _Level, how: Reading, labels: dict[tuple[str, int], _Level]) -> None:
    """Read the label of a unit, and find the level that spoke of it before."""
    mark = next(
        (one for one in pack.segments if one.tag == "MAN" and text(one, 1) in _LABELS), None
    )
    if mark is None:
        return
    pack.sscc = sscc(how, mark, 2)
    if not pack.sscc:
        return
    other = labels.setdefault((pack.sscc, id(pack.holder)), pack)
    if other.item is not pack.item if pack.item else other.order is not pack.order:
        pack.same = other


def _own_labels(item: _Level, how: Reading, labels: dict[tuple[str, int], _Level]) -> list[_Level]:
    """Labels that stand at an item itself: a carton each."""
    found = []
    for one in item.segments:
        if one.tag == "MAN" and text(one, 1) in _LABELS:
            pack = _Level("P", [one], item, item.order, item.holder, item)
            _label(pack, how, labels)
            item.packs.append(pack)
            found.append(pack)
    return found


def _item(level: _Level, outer: _Level, how: Reading, said: list[str]) -> None:
    """Make the item of a level, and put it where it is packed."""
    line = level.segment("LIN") or Segment("LIN")
    count = level.segment("SN1") or Segment("SN1")
    if count.has(2):
        said.append(text(count, 2))
    named = goods(line, 2)
    item, supplier_item, gtin = numbers(named)
    when = dates(how, level.segments)
    segments = level.segments
    values: dict[str, Any] = {
        "line": text(line, 1) or text(count, 1), "item": item, "supplier_item": supplier_item,
        "gtin": gtin, "description": described(segments), "unit": unit(how, count, 3),
        "po": _order(level, named), "po_line": named.get("PL", ""),
        "ordered": number_of(how, count, 5), "cumulative": number_of(how, count, 4),
        "lot": reference(segments, "LT", "BT") or named.get("LT", ""),
        "produced": when.get("094", when.get("405")), "expires": when.get("036"),
    }  # fmt: skip
    total = quantity(how, count, 2)
    packs = [one for one in level.packs if not one.split]
    if not packs:
        holder = level.holder or outer
        serials = _serials(segments) or [one for one in (named.get("SN"),) if one]
        holder.items.append(PackedItem(quantity=total, serials=serials, **values))
        return
    for pack, share in zip(packs, _shares(packs, total, how), strict=True):
        serials = _serials(pack.segments)
        (pack.same or pack).items.append(PackedItem(quantity=share, serials=serials, **values))


def _order(level: _Level, named: dict[str, str]) -> str:
    """The purchase order of an item: its own, or that of the level above."""
    own = level.segment("PRF")
    if own is None and "PO" in named:
        return named["PO"]
    if own is None and level.order is not None:
        own = level.order.segment("PRF")
        if own is None:
            return reference(level.order.segments, "PO")
    return text(own, 1) if own is not None else ""


def _serials(segments: list[Segment]) -> list[str]:
    return [text(one, 2) for one in segments if one.tag == "REF" and text(one, 1) == "SE"]


def _shares(packs: list[_Level], total: Decimal, how: Reading) -> list[Decimal]:
    """How much of an item is in each pack."""
    said = []
    for pack in packs:
        count, size = pack.segment("SN1"), pack.segment("PO4")
        if count is not None:
            said.append(quantity(how, count, 2))
        elif size is not None:
            inner = number_of(how, size, 1)
            each = number_of(how, size, 2)
            said.append((Decimal(1) if inner is None else inner) * (each or Decimal(0)))
        else:
            break
    if len(said) == len(packs) and sum(said) == total:
        return said
    whole = total == total.to_integral_value()
    each = total // len(packs) if whole else (total / len(packs)).quantize(_THOUSANDTH)
    return [each] * (len(packs) - 1) + [total - each * (len(packs) - 1)]


def _made(level: _Level, how: Reading) -> HandlingUnit:
    """The unit of a level, with all that is in it."""
    package = _PACKS[level.code]
    packaging = ""
    for one in level.segments:
        if one.tag == "TD1":
            package = PACKAGE_OF.get(text(one, 1)[:3], package)
        elif one.tag == "PKG":
            packaging = packaging or text(one, 4) or text(one, 5)
    return HandlingUnit(
        package=package, sscc=level.sscc,
        packaging=packaging or reference(level.segments, "98"),
        gross_weight=_weight(level.segments, how), items=level.items, units=level.units[::-1],
    )  # fmt: skip


def _weight(segments: list[Segment], how: Reading) -> Decimal | None:
    """The gross weight in kg: TD107, MEA03 or PO406."""
    for one in segments:
        if one.tag == "TD1" and one.has(7):
            return weight(how, one, 7, 8)
        if one.tag == "MEA" and text(one, 2) == "G" and one.has(3):
            return weight(how, one, 3, 4)
        if one.tag == "PO4" and one.has(6):
            return weight(how, one, 6, 8)
    return None


def _carrier(segment: Segment) -> str:
    """A carrier's SCAC, or its name where there is none."""
    return text(segment, 3) or text(segment, 5)
