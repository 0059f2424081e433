"""943, what is on its way to a warehouse that somebody else runs, and 944, what came in there.

943: W04 is what was sent; N9*TN is the document's own number where that is neither the shipment's
nor the order's. 944: W1703 is the document's number, or its end, and N9*TN then all of it; W07 is
what came in, and W13 says what of it is damaged, and what is more or less than was announced. A 943
says neither what is damaged nor what was ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.contracts.x12.documents import _goods as stock
from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    described,
    first,
    grouped,
    instant,
    parties,
    quantity,
    reference,
    references,
    text,
)
from simulator.contracts.x12.documents._shipments import begin, said
from simulator.contracts.x12.documents.receiving import CONDITIONS
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number, time
from simulator.core.durations import DAY
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.warehouse import (
    WarehouseLine,
    WarehouseReceiptAdvice,
    WarehouseTransferAdvice,
)

_DAMAGED, _SHORT, _OVER = CONDITIONS["damaged"], CONDITIONS["short"], CONDITIONS["over"]
_OWN_RECEIPT = frozenset({stock.NUMBER, "PO"})
_LX_FROM = "005"
"""From this version on, the lines of a 944 stand in LX loops, with their labels in MAN."""


# --- 943 -----------------------------------------------------------------------------------------


def write_transfer(advice: WarehouseTransferAdvice, profile: PartnerProfile) -> list[Segment]:
    out = begin(advice, profile, numbered=False, planned=stock.TO_ARRIVE)
    for one in advice.lines:
        ids = stock.pairs(one)
        out.append(seg("W04", number(one.quantity), profile.unit(one.unit), "", *ids))
        out += stock.said_of(one)
    return [*out, stock.total("W03", advice.lines)]


def read_transfer(segments: list[Segment], how: Reading) -> WarehouseTransferAdvice:
    shipment = first(segments, "W06", how)
    head, blocks, after = grouped(segments, "W04", frozenset({"W03"}))
    lines: list[WarehouseLine] = []
    for block in blocks:
        ids = stock.item(block[0], 3, 4, 6, 14)
        line = stock.line_of(how, block[0], 1, 2, ids, block, len(lines) + 1)
        lines += stock.by_label(line, block, how)
    stock.check_total(how, after or head, "W03", segments, "W04", 1)
    whole = said(shipment, head, how, stock.TO_ARRIVE)
    return WarehouseTransferAdvice.model_validate(whole | {"lines": lines})


# --- 944 -----------------------------------------------------------------------------------------


def write_receipt(advice: WarehouseReceiptAdvice, profile: PartnerProfile) -> list[Segment]:
    own = stock.short_number(advice.number)
    clock = ("W", time(advice.at)) if advice.at % DAY else ()
    receipt = seg("W17", stock.FULL, date(advice.at), own, advice.order, advice.shipment, *clock)
    out = [receipt, *stock.named(advice.parties, profile)]
    out += stock.own_number(advice.number, own)
    out += wire.refer("PO", advice.po, "N9") + wire.references(advice.references, "N9")
    out += stock.planned(stock.TO_ARRIVE, advice.planned) + wire.noted(advice.note)
    if advice.carrier:
        out.append(seg("W08", stock.TRUCK, advice.carrier))
    lx = profile.version >= _LX_FROM
    for place, one in enumerate(advice.lines, 1):
        measure, lot = profile.unit(one.unit), stock.short_lot(one.lot)
        if lx:
            out += stock.labelled(one, place)
        out.append(seg("W07", number(one.quantity), measure, "", *stock.pairs(one), lot))
        out += stock.said_of(one, lot=not lot, label=not lx)
        out += _exceptions(one, measure)
    return [*out, stock.total("W14", advice.lines)]


def _exceptions(one: WarehouseLine, measure: str) -> list[Segment]:
    out: list[Segment] = []
    if one.damaged is not None:
        out.append(seg("W13", number(one.damaged), measure, _DAMAGED))
    if one.ordered is not None:
        code = _OVER if one.quantity > one.ordered else _SHORT
        out.append(seg("W13", number(abs(one.quantity - one.ordered)), measure, code))
    return out


def read_receipt(segments: list[Segment], how: Reading) -> WarehouseReceiptAdvice:
    receipt = first(segments, "W17", how)
    head, blocks, after = grouped(segments, "W07", frozenset({"W14"}))
    lines: list[WarehouseLine] = []
    _, labels = _parted(head, [])
    for whole in blocks:
        block, following = _parted(whole, labels)
        ids = stock.item(block[0], 3, 4, 6, 10)
        line = stock.line_of(how, block[0], 1, 2, ids, [*labels, *block], len(lines) + 1, lot=8)
        line = line.model_copy(update=_read_exceptions(line.quantity, block, how))
        lines += stock.by_label(line, block, how)
        labels = following
    stock.check_total(how, after or head, "W14", segments, "W07", 1)
    found = stock.read_dates(how, head)
    order = reference(head, "PO", tag="N9")
    everywhere = {reference(one, "PO", tag="N9") for one in blocks}
    return WarehouseReceiptAdvice(
        partner=how.partner, sender=how.sender, number=_receipt_number(receipt, head),
        at=stock.read_processed(found, instant(how, receipt, 2, 7), how), parties=parties(head),
        references=references(head, _OWN_RECEIPT, "N9"), note=described(head),
        order=text(receipt, 4), po=order or (everywhere.pop() if len(everywhere) == 1 else ""),
        shipment=text(receipt, 5), carrier=stock.carrier(head, "W08", 2),
        planned=stock.read_planned(found, stock.TO_ARRIVE), lines=lines,
    )  # fmt: skip


def _receipt_number(receipt: Segment, head: list[Segment]) -> str:
    named = reference(head, stock.NUMBER, tag="N9")
    return named or text(receipt, 3) or text(receipt, 5) or text(receipt, 4)


def _parted(
    segments: Sequence[Segment], labels: list[Segment]
) -> tuple[list[Segment], list[Segment]]:
    """What stands before the last LX, and the labels of the lines to come: those that it has, else
    the same ones."""
    starts = [place for place, one in enumerate(segments) if one.tag == "LX"]
    if not starts:
        return list(segments), labels
    before, after = segments[: starts[-1]], segments[starts[-1] :]
    return list(before), [one for one in after if one.tag == "MAN"]


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


MAPPINGS = (
    Mapping("943", "AR", WarehouseTransferAdvice, write_transfer, read_transfer),
    Mapping("944", "RE", WarehouseReceiptAdvice, write_receipt, read_receipt),
)
