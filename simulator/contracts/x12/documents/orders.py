"""850 and 860: orders, and what the buyer changes in them.

A line that is due at several moments stands once, with a SCH for each; it is read as that many
lines with the same number. What an order change does to a line is POC02 (670): `quantity` is
written as a change of price and quantity, since nothing here says whether it grew; POC04, what is
left to receive, is written as the new quantity.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._lines import (
    Line,
    also,
    currency,
    first_date,
    numbered,
    read_currency,
    read_line,
)
from simulator.contracts.x12.documents._read import (
    check_totals,
    dates,
    described,
    first,
    grouped,
    instant,
    parties,
    quantity,
    references,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.core.durations import Instant
from simulator.plant.trading.orders import (
    Change,
    OrderKind,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
)
from simulator.plant.trading.partners import PartnerProfile

_KINDS: dict[OrderKind, str] = {
    "stand-alone": "SA", "blanket": "BK", "release": "RL", "rush": "RO", "sample": "SP",
    "dropship": "DS", "return": "RR",
}  # fmt: skip
_KIND_OF: dict[str, OrderKind] = {theirs: ours for ours, theirs in _KINDS.items()} | {
    "BE": "blanket", "BL": "blanket", "EO": "rush", "DR": "dropship",
}  # fmt: skip
"""Element 92. Anything else is an order that stands alone."""
_CHANGES: dict[Change, str] = {
    "unchanged": "NC", "add": "AI", "delete": "DI", "quantity": "PQ", "price": "PC", "date": "RS",
    "replace": "RZ",
}  # fmt: skip
_CHANGE_OF: dict[str, Change] = {theirs: ours for ours, theirs in _CHANGES.items()} | {
    "QD": "quantity", "QI": "quantity", "QC": "quantity", "CT": "date", "RB": "date", "CB": "date",
    "CF": "delete", "RC": "unchanged", "OC": "unchanged",
}  # fmt: skip
"""Element 670. Anything else replaces what the line was."""
_CANCELS = ("01", "03")
_SUMMARY = frozenset({"CTT"})


# --- 850 -----------------------------------------------------------------------------------------


def _write_order(order: PurchaseOrder, profile: PartnerProfile) -> list[Segment]:
    out = [seg("BEG", "00", _KINDS[order.kind], order.number, order.release, date(order.at))]
    out += currency(order.currency, "BY")
    out += wire.references(order.references)
    out += wire.dtm("002", order.due) + wire.created(order)
    out += wire.messages(order.note, profile)
    out += wire.parties(order.parties)
    for one in order.lines:
        unit, price = profile.unit(one.unit), wire.amount(one.price)
        out.append(seg("PO1", one.line, number(one.quantity), unit, price, "", *_named(one)))
        out += wire.described(one.description) + wire.dtm("002", one.due)
    return [*out, wire.totals(len(order.lines), (one.quantity for one in order.lines))]


def _named(one: OrderLine) -> tuple[str, ...]:
    return wire.goods(("BP", one.item), ("VP", one.supplier_item), wire.gtin(one.gtin))


def _read_order(segments: list[Segment], how: Reading) -> PurchaseOrder:
    begin = first(segments, "BEG", how)
    head, blocks, _ = grouped(segments, "PO1", _SUMMARY)
    check_totals(how, segments, len(blocks), [text(one[0], 2) for one in blocks])
    when = dates(how, head)
    at = when.get("097", instant(how, begin, 5))
    lines: list[OrderLine] = []
    for block, place in numbered(blocks):
        line = read_line(block, place, how, amount=2, measure=3, price=4)
        lines += _scheduled(line, block, "unchanged", how)
    return PurchaseOrder(
        partner=how.partner, sender=how.sender, number=text(begin, 3),
        at=at if at is not None else how.at, parties=parties(head),
        references=also(references(head), "contract", text(begin, 6)), note=described(head),
        kind=_KIND_OF.get(text(begin, 2), "stand-alone"), release=text(begin, 4),
        currency=read_currency(head), due=first_date(when), lines=lines,
    )  # fmt: skip


def _scheduled(
    line: Line, block: Sequence[Segment], change: Change, how: Reading
) -> list[OrderLine]:
    """The line, or what is due of it at each of its moments (SCH)."""
    schedules = [one for one in block if one.tag == "SCH"]
    due = first_date(dates(how, block))
    whole = OrderLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item, gtin=line.gtin,
        description=line.description, quantity=line.quantity, unit=line.unit, price=line.price,
        due=due, change=change,
    )  # fmt: skip
    if not schedules:
        return [whole]
    return [
        whole.model_copy(
            update={
                "quantity": quantity(how, one, 1),
                "unit": unit(how, one, 2) if one.has(2) else line.unit,
                "due": _moment(one, due, how),
            }
        )
        for one in schedules
    ]


def _moment(schedule: Segment, due: Instant | None, how: Reading) -> Instant | None:
    said = instant(how, schedule, 6, 7)
    return due if said is None else said


# --- 860 -----------------------------------------------------------------------------------------


def _write_change(change: PurchaseOrderChange, profile: PartnerProfile) -> list[Segment]:
    # BCH06 is the order's own date: all that is known is that it was not later than the change.
    out = [
        seg("BCH", "01" if change.cancels else "04", "SA", change.number, "",
            change.change_number, date(change.at), "", "", "", "", date(change.at))
    ]  # fmt: skip
    out += currency(change.currency, "BY")
    out += wire.references(change.references)
    out += wire.created(change)
    out += wire.messages(change.note, profile)
    out += wire.parties(change.parties)
    for one in change.lines:
        counted, unit, price = number(one.quantity), profile.unit(one.unit), wire.amount(one.price)
        said = _CHANGES[one.change]
        out.append(seg("POC", one.line, said, counted, counted, unit, price, "", *_named(one)))
        out += wire.described(one.description) + wire.dtm("002", one.due)
    return [*out, wire.totals(len(change.lines), (one.quantity for one in change.lines))]


def _read_change(segments: list[Segment], how: Reading) -> PurchaseOrderChange:
    begin = first(segments, "BCH", how)
    head, blocks, _ = grouped(segments, "POC", _SUMMARY)
    check_totals(how, segments, len(blocks), [text(one[0], 3) for one in blocks])
    at = dates(how, head).get("097", instant(how, begin, 11 if begin.has(11) else 6))
    lines: list[OrderLine] = []
    for block, place in numbered(blocks):
        line = read_line(block, place, how, amount=3, measure=5, price=6)
        lines += _scheduled(line, block, _CHANGE_OF.get(text(block[0], 2), "replace"), how)
    return PurchaseOrderChange(
        partner=how.partner, sender=how.sender, number=text(begin, 3),
        at=at if at is not None else how.at, parties=parties(head),
        references=also(references(head), "contract", text(begin, 8)), note=described(head),
        change_number=text(begin, 5), cancels=text(begin, 1) in _CANCELS,
        currency=read_currency(head), lines=lines,
    )  # fmt: skip


MAPPINGS = (
    Mapping("850", "PO", PurchaseOrder, _write_order, _read_order),
    Mapping("860", "PC", PurchaseOrderChange, _write_change, _read_change),
)
