"""Can a ship notice be used? What its content must be held against."""

from __future__ import annotations

from decimal import Decimal

from examples.bridge.store import Store
from simulator.core.gs1 import is_sscc
from simulator.plant.trading import AdviceNote, ShipNotice


def notes_on(notice: ShipNotice, store: Store) -> list[AdviceNote]:
    """Everything about its content for which it is refused."""
    found = [*_identity(notice, store), *_labels(notice, store)]
    if notice.purpose != "cancel":
        found += _lines(notice, store)
    return found


def _identity(notice: ShipNotice, store: Store) -> list[AdviceNote]:
    known = store.row(
        "SELECT asn FROM notices WHERE partner = ? AND asn = ? AND status <> 'refused'",
        notice.partner, notice.number,
    )  # fmt: skip
    if notice.purpose != "original":
        if known is None:
            return [_note("unknown-shipment", f"no notice {notice.number} to {notice.purpose}")]
        return []
    if not store.dedupe:
        return []
    shipment = notice.shipment or notice.number
    other = store.row(
        "SELECT asn FROM notices WHERE partner = ? AND shipment = ? AND status <> 'refused'",
        notice.partner, shipment,
    )  # fmt: skip
    if known is not None or other is not None:
        first = notice.number if known is not None else other["asn"] if other is not None else ""
        return [_note("asn-twice", f"shipment {shipment} was announced by {first} already")]
    return []


def _labels(notice: ShipNotice, store: Store) -> list[AdviceNote]:
    found: list[AdviceNote] = []
    for unit in notice.walk():
        if not unit.sscc:
            continue
        if not is_sscc(unit.sscc):
            found.append(_note("sscc-check-digit", "check digit", sscc=unit.sscc))
            continue
        other = store.row(
            "SELECT asn FROM labels WHERE sscc = ? AND asn <> ?", unit.sscc, notice.number
        )
        if other is not None:
            what = f"label {unit.sscc} belongs to {other['asn']}"
            found.append(_note("sscc-reused", what, sscc=unit.sscc))
    return found


def _lines(notice: ShipNotice, store: Store) -> list[AdviceNote]:
    found: list[AdviceNote] = []
    announced: dict[tuple[str, str], Decimal] = {}
    for item in notice.contents():
        order = store.row(
            "SELECT quantity, unit, announced FROM bought WHERE po = ? AND item = ?",
            item.po, item.item,
        )  # fmt: skip
        if store.row("SELECT po FROM purchases WHERE po = ?", item.po) is None:
            found.append(_note("unknown-order", f"no order {item.po!r}", item=item.item))
        elif order is None:
            what = f"{item.item!r} is not on order {item.po}"
            found.append(_note("unknown-item", what, item=item.item))
        elif order["unit"] and item.unit != order["unit"]:
            what = f"{item.item} is ordered in {order['unit']}, announced in {item.unit}"
            found.append(_note("inconsistent-unit", what, item=item.item))
        else:
            key = (item.po, item.item)
            announced[key] = announced.get(key, Decimal(0)) + item.quantity
            most = Decimal(order["quantity"]) * Decimal("1.1")
            if Decimal(order["announced"]) + announced[key] > most:
                what = f"{item.item}: more than order {item.po} asks for"
                found.append(_note("over-shipped", what, item=item.item))
    return _once(found) + _cumulatives(notice, store)


def _cumulatives(notice: ShipNotice, store: Store) -> list[AdviceNote]:
    """Does each count go on where the last accepted notice left it?"""
    quantities: dict[str, Decimal] = {}
    claimed: dict[str, Decimal] = {}
    for item in notice.contents():
        quantities[item.item] = quantities.get(item.item, Decimal(0)) + item.quantity
        if item.cumulative is not None:
            claimed[item.item] = max(item.cumulative, claimed.get(item.item, Decimal(0)))
    found = []
    for name, count in claimed.items():
        fact = store.fact(f"cumulative/{notice.partner}/{name}")
        if fact is not None and Decimal(fact) + quantities[name] != count:
            what = f"{name}: {fact} shipped so far and {quantities[name]} now is not {count}"
            found.append(_note("cumulative-gap", what, item=name))
    return found


def _once(notes: list[AdviceNote]) -> list[AdviceNote]:
    return list({(one.reason, one.item, one.sscc): one for one in notes}.values())


def _note(reason: str, text: str, **more: str) -> AdviceNote:
    return AdviceNote(reason=reason, text=text, **more)
