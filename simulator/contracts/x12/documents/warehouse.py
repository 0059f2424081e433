"""940, what a warehouse that somebody else runs is to ship, and 945, what left there.

940: W0502 is the depositor's order, and the document's number where N9*TN says no other; W01 is
what to ship. 945: W0605 is the document's number, or its end, and N9*TN then all of it; W12 is what
was ordered and what was shipped. Neither says what is damaged, and a 940 no other quantity than
that to ship.
"""

from __future__ import annotations

from simulator.contracts.x12.documents import _goods as stock
from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    described,
    first,
    grouped,
    number_of,
    parties,
    reference,
    references,
    text,
)
from simulator.contracts.x12.documents._shipments import begin, said
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import number
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.warehouse import (
    WarehouseLine,
    WarehouseShippingAdvice,
    WarehouseShippingOrder,
)

_OWN_ORDER = frozenset({stock.NUMBER, "SI"})
_COMPLETE, _PARTIAL = "CC", "CP"
"""Element 368: all that was ordered was shipped, or a part."""


# --- 940 -----------------------------------------------------------------------------------------


def write_order(order: WarehouseShippingOrder, profile: PartnerProfile) -> list[Segment]:
    named = seg("W05", "N", order.order or order.number, order.po)
    out = [named, *wire.parties(order.parties)]
    out += stock.own_number(order.number, order.order or order.number)
    out += wire.refer("SI", order.shipment, "N9") + wire.references(order.references, "N9")
    out += stock.planned(stock.TO_SHIP, order.planned) + stock.processed(order.at)
    out += wire.noted(order.note)
    if order.carrier:
        out.append(seg("W66", "CC", stock.TRUCK, *[""] * 7, order.carrier))
    for place, one in enumerate(order.lines, 1):
        out += stock.labelled(one, place)
        ids = stock.pairs(one)
        out.append(seg("W01", number(one.quantity), profile.unit(one.unit), "", *ids))
        out += stock.said_of(one, label=False)
    return [*out, stock.total("W76", order.lines)]


def read_order(segments: list[Segment], how: Reading) -> WarehouseShippingOrder:
    named = first(segments, "W05", how)
    head, blocks, after = grouped(segments, "LX", frozenset({"W76"}))
    lines: list[WarehouseLine] = []
    for block in blocks or [segments]:
        around, loops, _ = grouped(block, "W01")
        for loop in loops:
            ids = stock.item(loop[0], 3, 4, 6, 15)
            lines.append(stock.line_of(how, loop[0], 1, 2, ids, [*around, *loop], len(lines) + 1))
    stock.check_total(how, after or head, "W76", segments, "W01", 1)
    found, order = stock.read_dates(how, head), text(named, 2)
    return WarehouseShippingOrder(
        partner=how.partner, sender=how.sender, at=stock.read_processed(found, None, how),
        number=reference(head, stock.NUMBER, tag="N9") or order,
        parties=parties(head), references=references(head, _OWN_ORDER, "N9"),
        note=described(head), order=order, po=text(named, 3),
        shipment=reference(head, "SI", tag="N9"), carrier=stock.carrier(head, "W66", 10),
        planned=stock.read_planned(found, stock.TO_SHIP), lines=lines,
    )  # fmt: skip


# --- 945 -----------------------------------------------------------------------------------------


def write_shipping(advice: WarehouseShippingAdvice, profile: PartnerProfile) -> list[Segment]:
    out = begin(advice, profile, numbered=True, planned=stock.TO_SHIP)
    for place, one in enumerate(advice.lines, 1):
        out += stock.labelled(one, place)
        ordered = one.quantity if one.ordered is None else one.ordered
        status = _PARTIAL if one.quantity < ordered else _COMPLETE
        less = number(ordered - one.quantity) if one.ordered is not None else ""
        lot = stock.short_lot(one.lot)
        mine, other = stock.pairs(one)[:2], stock.pairs(one)[2:]
        out.append(
            seg("W12", status, wire.amount(one.ordered), number(one.quantity), less,
                profile.unit(one.unit), "", *mine, lot, *[""] * 7, *other)
        )  # fmt: skip
        out += stock.said_of(one, lot=not lot, label=False)
    return [*out, stock.total("W03", advice.lines)]


def read_shipping(segments: list[Segment], how: Reading) -> WarehouseShippingAdvice:
    shipment = first(segments, "W06", how)
    head, blocks, after = grouped(segments, "LX", frozenset({"W03"}))
    lines: list[WarehouseLine] = []
    for block in blocks or [segments]:
        around, loops, _ = grouped(block, "W12")
        for loop in loops:
            ids = stock.item(loop[0], 6, 7, 17, 21)
            shipped = 3 if loop[0].has(3) else 2  # what is complete need not say both
            line = stock.line_of(
                how, loop[0], shipped, 5, ids, [*around, *loop], len(lines) + 1, lot=9
            )
            line = line.model_copy(update={"ordered": number_of(how, loop[0], 2)})
            lines += stock.by_label(line, loop, how)
    stock.check_total(how, after or head, "W03", segments, "W12", 3)
    whole = said(shipment, head, how, stock.TO_SHIP)
    return WarehouseShippingAdvice.model_validate(whole | {"lines": lines})


MAPPINGS = (
    Mapping("940", "OW", WarehouseShippingOrder, write_order, read_order),
    Mapping("945", "SW", WarehouseShippingAdvice, write_shipping, read_shipping),
)
