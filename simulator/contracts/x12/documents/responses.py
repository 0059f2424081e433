"""855 and 865: what the seller answers to an order, and to a change of one.

A line that is split stands once (PO1, POC), with an ACK for each part; PO102 is then the sum of
them. BAK08 and BCA09 are the answer's own number, BAK09 and BCA10 its date. The order's own date,
which both must have, is not known here: it is written as the answer's.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

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
    number_of,
    parties,
    references,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.core.durations import DAY
from simulator.plant.trading.orders import LineAnswer, PurchaseOrderResponse, ResponseLine
from simulator.plant.trading.partners import PartnerProfile

_ANSWERS: dict[LineAnswer, str] = {
    "accepted": "IA", "changed": "IC", "backordered": "IB", "rejected": "IR", "deleted": "ID",
}  # fmt: skip
_ANSWER_OF: dict[str, LineAnswer] = {theirs: ours for ours, theirs in _ANSWERS.items()} | {
    "AA": "accepted", "AC": "accepted", "AR": "accepted", "IE": "accepted", "SP": "accepted",
    "BP": "changed", "DR": "changed", "IP": "changed", "IQ": "changed", "IS": "changed",
    "IF": "backordered", "IH": "backordered", "IW": "backordered",
}  # fmt: skip
"""Element 668; R1 to R9 reject too. What is on hold waits like a backorder."""
_TO_A_CHANGE: dict[LineAnswer, str] = {
    "accepted": "NC", "changed": "CA", "backordered": "CA", "rejected": "RC", "deleted": "DI",
}  # fmt: skip
"""Element 670, POC02, beside the ACK that says it exactly."""
_DETAILED = {"accepted": "AD", "changed": "AC", "rejected": "RD"}
_ALONE = {"accepted": "AK", "changed": "AC", "rejected": "RJ"}
_SAID = {
    "AD": "accepted", "AK": "accepted", "AT": "accepted", "AP": "accepted", "AC": "changed",
    "AE": "changed", "RD": "rejected", "RJ": "rejected", "RF": "rejected",
}  # fmt: skip
"""Element 587. Of any other code the lines say what it means."""
_SUMMARY = frozenset({"CTT"})
_PROMISED = "067"


def _verdict(response: PurchaseOrderResponse) -> str:
    return (_DETAILED if response.lines else _ALONE)[response.answer]


def _write_to_order(response: PurchaseOrderResponse, profile: PartnerProfile) -> list[Segment]:
    begin = seg("BAK", "00", _verdict(response), response.po, date(response.at), "", "", "",
                response.number, date(response.at))  # fmt: skip
    return [begin, *_rest(response, profile)]


def _write_to_change(response: PurchaseOrderResponse, profile: PartnerProfile) -> list[Segment]:
    begin = seg("BCA", "00", _verdict(response), response.po, "", response.change_number,
                date(response.at), "", "", response.number, date(response.at))  # fmt: skip
    return [begin, *_rest(response, profile, to_change=True)]


def _rest(
    response: PurchaseOrderResponse, profile: PartnerProfile, *, to_change: bool = False
) -> list[Segment]:
    out = currency(response.currency, "SE")
    out += wire.references(response.references)
    out += wire.created(response)
    out += wire.messages(response.note, profile)
    out += wire.parties(response.parties)
    sums: list[Decimal] = []
    for _, split in groupby(response.lines, _same):
        parts = list(split)
        sums.append(sum((one.quantity for one in parts), Decimal(0)))
        out.append(_line(parts[0], sums[-1], profile, to_change=to_change))
        for one in parts:
            out += _answer(one, profile)
    return [*out, wire.totals(len(sums), sums)]


def _same(one: ResponseLine) -> tuple[object, ...]:
    """Parts of one line have all this in common."""
    return one.line, one.item, one.supplier_item, one.unit, one.price


def _line(
    one: ResponseLine, whole: Decimal, profile: PartnerProfile, *, to_change: bool
) -> Segment:
    named = wire.goods(("BP", one.item), ("VP", one.supplier_item))
    counted, unit, price = number(whole), profile.unit(one.unit), wire.amount(one.price)
    if to_change:
        change = _TO_A_CHANGE[one.answer]
        return seg("POC", one.line, change, counted, counted, unit, price, "", *named)
    return seg("PO1", one.line, counted, unit, price, "", *named)


def _answer(one: ResponseLine, profile: PartnerProfile) -> list[Segment]:
    """ACK; with a DTM where the moment has a time of day, for which ACK has no place."""
    when = (_PROMISED, wire.day(one.due)) if one.due is not None else ()
    out = [
        seg("ACK", _ANSWERS[one.answer], number(one.quantity), profile.unit(one.unit), *when)
    ]  # fmt: skip
    return out + (wire.dtm(_PROMISED, one.due) if one.due is not None and one.due % DAY else [])


def _read_to_order(segments: list[Segment], how: Reading) -> PurchaseOrderResponse:
    begin = first(segments, "BAK", how)
    head, blocks, _ = grouped(segments, "PO1", _SUMMARY)
    check_totals(how, segments, len(blocks), [text(one[0], 2) for one in blocks])
    lines: list[ResponseLine] = []
    for block, place in numbered(blocks):
        line = read_line(block, place, how, amount=2, measure=3, price=4)
        lines += _answers(line, block, text(begin, 2), how)
    return _made(begin, head, lines, how, number_at=8, date_at=9, ordered_at=4, contract_at=7)


def _read_to_change(segments: list[Segment], how: Reading) -> PurchaseOrderResponse:
    begin = first(segments, "BCA", how)
    head, blocks, _ = grouped(segments, "POC", _SUMMARY)
    check_totals(how, segments, len(blocks), [text(one[0], 3) for one in blocks])
    lines: list[ResponseLine] = []
    for block, place in numbered(blocks):
        line = read_line(block, place, how, amount=3, measure=5, price=6)
        lines += _answers(line, block, text(begin, 2), how)
    made = _made(begin, head, lines, how, number_at=9, date_at=10, ordered_at=6, contract_at=8)
    return made.model_copy(update={"of_change": True, "change_number": text(begin, 5)})


def _made(
    begin: Segment, head: list[Segment], lines: list[ResponseLine], how: Reading, *,
    number_at: int, date_at: int, ordered_at: int, contract_at: int,
) -> PurchaseOrderResponse:  # fmt: skip
    answers = {one.answer for one in lines}
    answer = _SAID.get(text(begin, 2), "")
    if not answer:  # the lines say it
        answer = "changed" if answers - {"accepted"} else "accepted"
        answer = "rejected" if answers == {"rejected"} else answer
    at = dates(how, head).get(
        "097", instant(how, begin, date_at if begin.has(date_at) else ordered_at)
    )
    return PurchaseOrderResponse.model_validate({
        "partner": how.partner, "sender": how.sender, "at": at if at is not None else how.at,
        "number": text(begin, number_at) or text(begin, 3), "parties": parties(head),
        "references": also(references(head), "contract", text(begin, contract_at)),
        "note": described(head), "po": text(begin, 3), "answer": answer,
        "currency": read_currency(head), "lines": lines,
    })  # fmt: skip


def _answers(
    line: Line, block: list[Segment], verdict: str, how: Reading
) -> Iterable[ResponseLine]:
    """What each ACK says; where there is none, what is said of the whole answer."""
    before, acks, _ = grouped(block, "ACK")
    due = first_date(dates(how, before))
    whole = ResponseLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item,
        answer="rejected" if _SAID.get(verdict) == "rejected" else "accepted",
        quantity=line.quantity, unit=line.unit, price=line.price, due=due,
    )  # fmt: skip
    if not acks:
        yield whole
    for ack, *below in acks:
        said = number_of(how, ack, 2)
        exact = first_date(dates(how, (one for one in below[:1] if one.tag == "DTM")))
        promised = exact if exact is not None else instant(how, ack, 5)
        code = text(ack, 1)
        yield whole.model_copy(
            update={
                "answer": _ANSWER_OF.get(code, "rejected" if code[:1] == "R" else "accepted"),
                "quantity": line.quantity if said is None else said,
                "unit": unit(how, ack, 3) if ack.has(3) else line.unit,
                "due": due if promised is None else promised,
            }
        )


def _is_to_order(response: PurchaseOrderResponse) -> bool:
    return not _is_to_change(response)


def _is_to_change(response: PurchaseOrderResponse) -> bool:
    return response.of_change or bool(response.change_number)


MAPPINGS = (
    Mapping("855", "PR", PurchaseOrderResponse, _write_to_order, _read_to_order, _is_to_order),
    Mapping("865", "CA", PurchaseOrderResponse, _write_to_change, _read_to_change, _is_to_change),
)
