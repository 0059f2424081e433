"""940 and 943 to a warehouse that somebody else runs, 944 and 945 back from it.

940: W0502 is the depositor's order and the document's number, W01 what to ship. 943: W04 what was
sent. 944: W1703 is the document's number, W07 what came in; W13 says what of it is damaged, and
what is more or less than was announced. 945: W0605 is the document's number, W12 what was ordered
and what was shipped. A number that does not fit there is N9*TN. Neither 940 nor 943 say what is
damaged, nor 945; neither 940 nor 943 say another quantity than that of the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.contracts.x12.documents import _goods as stock
from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    check_hash,
    described,
    first,
    grouped,
    instant,
    number_of,
    parties,
    quantity,
    reference,
    references,
    text,
    unit,
)
from simulator.contracts.x12.documents.receiving import CONDITIONS
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number, time
from simulator.core.durations import DAY
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.warehouse import (
    WarehouseLine,
    WarehouseReceiptAdvice,
    WarehouseShippingAdvice,
    WarehouseShippingOrder,
    WarehouseTransferAdvice,
)

_Any = (
    WarehouseShippingOrder
    | WarehouseTransferAdvice
    | WarehouseReceiptAdvice
    | WarehouseShippingAdvice
)
_FULL = "F"  # element 514: all details
_TRUCK = "M"  # element 91
_COMPLETE, _PARTIAL = "CC", "CP"  # element 368
_UNNAMED = "UNSPECIFIED"
"""W2703: a carrier that nobody named; one of W2702 and W2703 must be there."""
_TO_SHIP, _TO_ARRIVE = "10", "17"  # element 432
_DAMAGED, _SHORT, _OVER = CONDITIONS["damaged"], CONDITIONS["short"], CONDITIONS["over"]


def _total(tag: str, lines: Sequence[WarehouseLine]) -> Segment:
    return seg(tag, wire.hash_total(one.quantity for one in lines))


def _noted(document: _Any) -> list[Segment]:
    return wire.references(document.references, "N9")


def _by(scac: str) -> list[Segment]:
    return [seg("W27", _TRUCK, scac, "" if scac else _UNNAMED)]


# --- 940 -----------------------------------------------------------------------------------------


def write_order(order: WarehouseShippingOrder, profile: PartnerProfile) -> list[Segment]:
    begin = seg("W05", "N", order.order or order.number, order.po)
    out = [begin, *wire.parties(order.parties)]
    out += stock.own_number(order.number, order.order or order.number)
    out += wire.refer("SI", order.shipment, "N9") + _noted(order)
    out += stock.planned(_TO_SHIP, order.planned) + stock.processed(order.at)
    out += wire.noted(order.note)
    if order.carrier:
        out.append(seg("W66", "CC", _TRUCK, *[""] * 7, order.carrier))
    for place, one in enumerate(order.lines, 1):
        out += stock.labelled(one, place)
        ids = stock.pairs(one)
        out.append(seg("W01", number(one.quantity), profile.unit(one.unit), "", *ids))
        out += stock.said_of(one, label=False)
    return [*out, _total("W76", order.lines)]


def read_order(segments: list[Segment], how: Reading) -> WarehouseShippingOrder:
    begin = first(segments, "W05", how)
    head, blocks, after = grouped(segments, "LX", frozenset({"W76"}))
    lines: list[WarehouseLine] = []
    for block in blocks or [segments]:
        around, loops, _ = grouped(block, "W01")
        for loop in loops:
            said = loop[0]
            ids = stock.item(said, 3, 4, 6, 15)
            lines.append(_line(how, said, 1, 2, ids, [*around, *loop], len(lines) + 1))
    _check(how, after or head, "W76", segments, "W01", 1)
    found, order = stock.read_dates(how, head), text(begin, 2)
    return WarehouseShippingOrder(
        partner=how.partner, sender=how.sender, at=stock.read_processed(found, None, how),
        number=reference(head, stock.NUMBER, tag="N9") or order,
        parties=parties(head), references=references(head, _OWN_ORDER, "N9"),
        note=described(head), order=order, po=text(begin, 3),
        shipment=reference(head, "SI", tag="N9"), carrier=_carrier_of_order(head),
        planned=stock.read_planned(found, _TO_SHIP), lines=lines,
    )  # fmt: skip


def _carrier_of_order(head: list[Segment]) -> str:
    return stock.carrier(head, "W66", 10)


_OWN_ORDER = frozenset({stock.NUMBER, "SI"})
_OWN = frozenset({stock.NUMBER})
_OWN_RECEIPT = frozenset({stock.NUMBER, "PO"})


# --- 943 and 945 begin alike ---------------------------------------------------------------------


def _begin(
    document: WarehouseTransferAdvice | WarehouseShippingAdvice, profile: PartnerProfile, *,
    numbered: bool, planned: str,
) -> list[Segment]:  # fmt: skip
    """W06 and what is said of the whole shipment. `numbered`: W0605 is the document's number."""
    own = stock.short_number(document.number) if numbered else ""
    begin = seg(
        "W06", _FULL, document.order, date(document.at), document.shipment, own, document.po
    )
    out = [begin, *stock.named(document.parties, profile)]
    out += stock.own_number(document.number, _number(begin)) + _noted(document)
    out += stock.planned(planned, document.planned)
    if document.at % DAY:
        out += stock.processed(document.at)
    return out + wire.noted(document.note)


def _number(begin: Segment) -> str:
    """The number of a document by its W06: the warehouse's, the shipment's, the order's."""
    return text(begin, 5) or text(begin, 4) or text(begin, 2)


def _said(begin: Segment, head: list[Segment], how: Reading, *planned: str) -> dict[str, object]:
    """What W06 and the segments after it say."""
    found = stock.read_dates(how, head)
    return {
        "partner": how.partner, "sender": how.sender,
        "at": stock.read_processed(found, instant(how, begin, 3), how),
        "number": reference(head, stock.NUMBER, tag="N9") or _number(begin),
        "parties": parties(head), "references": references(head, _OWN, "N9"),
        "note": described(head), "order": text(begin, 2), "po": text(begin, 6),
        "shipment": text(begin, 4), "carrier": stock.carrier(head, "W27", 2),
        "planned": stock.read_planned(found, *planned),
    }  # fmt: skip


def write_transfer(advice: WarehouseTransferAdvice, profile: PartnerProfile) -> list[Segment]:
    out = _begin(advice, profile, numbered=False, planned=_TO_ARRIVE)
    out += _by(advice.carrier)
    for one in advice.lines:
        ids = stock.pairs(one)
        out.append(seg("W04", number(one.quantity), profile.unit(one.unit), "", *ids))
        out += stock.said_of(one)
    return [*out, _total("W03", advice.lines)]


def read_transfer(segments: list[Segment], how: Reading) -> WarehouseTransferAdvice:
    begin = first(segments, "W06", how)
    head, blocks, after = grouped(segments, "W04", frozenset({"W03"}))
    lines: list[WarehouseLine] = []
    for block in blocks:
        ids = stock.item(block[0], 3, 4, 6, 14)
        line = _line(how, block[0], 1, 2, ids, block, len(lines) + 1)
        lines += stock.by_label(line, block, how)
    _check(how, after or head, "W03", segments, "W04", 1)
    said = _said(begin, head, how, _TO_ARRIVE)
    return WarehouseTransferAdvice.model_validate(said | {"lines": lines})


def write_shipping(advice: WarehouseShippingAdvice, profile: PartnerProfile) -> list[Segment]:
    out = _begin(advice, profile, numbered=True, planned=_TO_SHIP)
    out += _by(advice.carrier)
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
    return [*out, _total("W03", advice.lines)]


def read_shipping(segments: list[Segment], how: Reading) -> WarehouseShippingAdvice:
    begin = first(segments, "W06", how)
    head, blocks, after = grouped(segments, "LX", frozenset({"W03"}))
    lines: list[WarehouseLine] = []
    for block in blocks or [segments]:
        around, loops, _ = grouped(block, "W12")
        for loop in loops:
            said = loop[0]
            ids = stock.item(said, 6, 7, 17, 21)
            shipped = 3 if said.has(3) else 2  # what is complete need not say both
            line = _line(how, said, shipped, 5, ids, [*around, *loop], len(lines) + 1, lot=9)
            line = line.model_copy(update={"ordered": number_of(how, said, 2)})
            lines += stock.by_label(line, loop, how)
    _check(how, after or head, "W03", segments, "W12", 3)
    said_of = _said(begin, head, how, _TO_SHIP)
    return WarehouseShippingAdvice.model_validate(said_of | {"lines": lines})


# --- 944 -----------------------------------------------------------------------------------------


def write_receipt(advice: WarehouseReceiptAdvice, profile: PartnerProfile) -> list[Segment]:
    own = stock.short_number(advice.number)
    clock = ("W", time(advice.at)) if advice.at % DAY else ()
    begin = seg("W17", _FULL, date(advice.at), own, advice.order, advice.shipment, *clock)
    out = [begin, *stock.named(advice.parties, profile)]
    out += stock.own_number(advice.number, own)
    out += wire.refer("PO", advice.po, "N9") + _noted(advice)
    out += stock.planned(_TO_ARRIVE, advice.planned) + wire.noted(advice.note)
    if advice.carrier:
        out.append(seg("W08", _TRUCK, advice.carrier))
    lx = profile.version >= _LX_FROM
    for place, one in enumerate(advice.lines, 1):
        measure, lot = profile.unit(one.unit), stock.short_lot(one.lot)
        if lx:
            out += stock.labelled(one, place)
        out.append(seg("W07", number(one.quantity), measure, "", *stock.pairs(one), lot))
        out += stock.said_of(one, lot=not lot, label=not lx)
        out += _exceptions(one, measure)
    return [*out, _total("W14", advice.lines)]


_LX_FROM = "005"
"""From this version on, the lines of a 944 stand in LX loops, with their labels in MAN."""


def _exceptions(one: WarehouseLine, measure: str) -> list[Segment]:
    out: list[Segment] = []
    if one.damaged is not None:
        out.append(seg("W13", number(one.damaged), measure, _DAMAGED))
    if one.ordered is not None:
        code = _OVER if one.quantity > one.ordered else _SHORT
        out.append(seg("W13", number(abs(one.quantity - one.ordered)), measure, code))
    return out


def read_receipt(segments: list[Segment], how: Reading) -> WarehouseReceiptAdvice:
    begin = first(segments, "W17", how)
    head, blocks, after = grouped(segments, "W07", frozenset({"W14"}))
    lines: list[WarehouseLine] = []
    _, labels = _parted(head)
    for whole in blocks:
        block, following = _parted(whole)
        said = block[0]
        ids = stock.item(said, 3, 4, 6, 10)
        line = _line(how, said, 1, 2, ids, [*labels, *block], len(lines) + 1, lot=8)
        line = line.model_copy(update=_read_exceptions(line.quantity, block, how))
        lines += stock.by_label(line, block, how)
        labels = following
    _check(how, after or head, "W14", segments, "W07", 1)
    found = stock.read_dates(how, head)
    order = reference(head, "PO", tag="N9")
    everywhere = {reference(one, "PO", tag="N9") for one in blocks}
    return WarehouseReceiptAdvice(
        partner=how.partner, sender=how.sender, number=_receipt_number(begin, head),
        at=stock.read_processed(found, instant(how, begin, 2, 7), how), parties=parties(head),
        references=references(head, _OWN_RECEIPT, "N9"), note=described(head),
        order=text(begin, 4), po=order or (everywhere.pop() if len(everywhere) == 1 else ""),
        shipment=text(begin, 5), carrier=stock.carrier(head, "W08", 2),
        planned=stock.read_planned(found, _TO_ARRIVE), lines=lines,
    )  # fmt: skip


def _receipt_number(begin: Segment, head: list[Segment]) -> str:
    named = reference(head, stock.NUMBER, tag="N9")
    return named or text(begin, 3) or text(begin, 5) or text(begin, 4)


def _parted(segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """What stands before the last LX, and the labels behind it, which are of the lines to come."""
    starts = [place for place, one in enumerate(segments) if one.tag == "LX"]
    at = starts[-1] if starts else len(segments)
    return list(segments[:at]), [one for one in segments[at:] if one.tag == "MAN"]


def _read_exceptions(
    there: Decimal, block: list[Segment], how: Reading
) -> dict[str, Decimal | None]:
    """What W13 says: what is damaged, and what was announced."""
    damaged: Decimal | None = None
    announced: Decimal | None = None
    for one in block:
        if one.tag != "W13":
            continue
        amount, code = quantity(how, one, 1), text(one, 3)
        if code == _DAMAGED:
            damaged = amount + (damaged or 0)
        elif code in (_SHORT, _OVER):
            announced = there + (amount if code == _SHORT else -amount)
    return {"damaged": damaged, "ordered": announced}


# --- all of them ---------------------------------------------------------------------------------


def _line(
    how: Reading, said: Segment, amount: int, measure: int, ids: tuple[str, str],
    block: Sequence[Segment], place: int, *, lot: int = 0,
) -> WarehouseLine:  # fmt: skip
    """A line: `said` is its segment, `amount`, `measure` and `lot` are elements of it."""
    own_lot = text(said, lot) if lot else ""
    return WarehouseLine(
        line=stock.line_number(block, place), item=ids[0], supplier_item=ids[1],
        description=stock.description(block), quantity=quantity(how, said, amount),
        unit=unit(how, said, measure), lot=own_lot or reference(block, "LT", tag="N9"),
        sscc=stock.label(how, block),
    )  # fmt: skip


def _check(
    how: Reading, summary: Sequence[Segment], total: str, segments: Sequence[Segment], line: str,
    element: int,
) -> None:  # fmt: skip
    """Hold the total's first element to the sum of the lines' quantities."""
    amounts = [text(one, element) for one in segments if one.tag == line]
    for one in summary:
        if one.tag == total:
            check_hash(how, one, 1, amounts)


MAPPINGS = (
    Mapping("940", "OW", WarehouseShippingOrder, write_order, read_order),
    Mapping("943", "AR", WarehouseTransferAdvice, write_transfer, read_transfer),
    Mapping("944", "RE", WarehouseReceiptAdvice, write_receipt, read_receipt),
    Mapping("945", "SW", WarehouseShippingAdvice, write_shipping, read_shipping),
)
