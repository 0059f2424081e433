"""Orders, changes to them and answers: ORDERS ORDCHG ORDRSP (D.96A; read up to D.03B).

What a message has no room for: the seconds of moments; which order `dropship` and `return` are is
said as the document's name (1000). A backordered line of an answer has its quantity as QTY+83. The
change of a line that is neither added nor deleted is 1229 = 3, and FTX+CHG says which it is.
"""

from __future__ import annotations

from typing import get_args

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    begin,
    blocks,
    check_totals,
    currency,
    dates,
    first,
    issued,
    joined,
    maybe,
    moment,
    note,
    notes,
    parties,
    read_parties,
    read_references,
    reference,
    references,
    referred,
    totals,
)
from simulator.contracts.edifact.documents.lines import (
    Line,
    identify,
    own_line,
    quantity,
    read_line,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.orders import (
    Change,
    LineAnswer,
    OrderKind,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ResponseLine,
)
from simulator.plant.trading.partners import PartnerProfile

_ENDS = ("UNS",)
_KINDS: dict[OrderKind, str] = {
    "stand-alone": "220", "blanket": "221", "release": "226", "rush": "224", "sample": "228",
    "dropship": "220:dropship", "return": "220:return",
}  # fmt: skip
_READ_KINDS: dict[str, OrderKind] = {
    "221": "blanket", "226": "release", "224": "rush", "228": "sample",
}  # fmt: skip
_NAMED: dict[str, OrderKind] = {one: one for one in _KINDS}
_CHANGED: dict[Change, str] = {
    "unchanged": "11", "add": "1", "delete": "2", "quantity": "3", "price": "3", "date": "3",
    "replace": "3",
}  # fmt: skip
_READ_CHANGES: dict[str, Change] = {
    "1": "add", "2": "delete", "3": "replace", "4": "unchanged", "5": "unchanged",
    "9": "replace", "11": "unchanged",
}  # fmt: skip
_WORDS: dict[str, Change] = {one: one for one in get_args(Change)}
_ANSWERS: dict[LineAnswer, str] = {
    "accepted": "5", "changed": "6", "backordered": "6", "rejected": "7", "deleted": "2",
}  # fmt: skip
_READ_ANSWERS: dict[str, LineAnswer] = {
    "1": "changed", "2": "deleted", "3": "changed", "4": "accepted", "5": "accepted",
    "6": "changed", "7": "rejected", "10": "rejected", "11": "accepted", "21": "rejected",
    "23": "changed", "24": "changed",
}  # fmt: skip
_DUE = ("2", "63", "69", "67", "76", "64", "10", "17", "358", "71", "74")
_PROMISED = ("69", "67", "55", "17", "76", "79", "72", "75", "11", "10", "2")


def _line(one: OrderLine, place: int, profile: PartnerProfile, action: str = "") -> list[Segment]:
    return [
        *identify(place, one.line, one.item, one.supplier_item, one.gtin, one.description, action),
        quantity("21", one.quantity, one.unit, profile),
        *maybe("2", one.due),
    ]


def _price(one: OrderLine | ResponseLine, profile: PartnerProfile) -> list[Segment]:
    return [] if one.price is None else [seg("PRI", ["AAA", values.number(one.price, profile)])]


def _currency(code: str) -> list[Segment]:
    return [seg("CUX", ["2", code, "9"])] if code else []


def _read_order_line(block: list[Segment], how: Reading, change: Change) -> OrderLine:
    line = read_line(block, how)
    amount, unit = line.main("21", "1", "113", "131")
    return OrderLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item, gtin=line.gtin,
        description=line.description, quantity=amount, unit=unit, price=line.price,
        due=first(line.dates, *_DUE), change=change,
    )  # fmt: skip


# --- ORDERS ---------------------------------------------------------------------------------------


def _write_order(document: PurchaseOrder, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin(_KINDS[document.kind], document.number),
        moment("137", document.at),
        *maybe("2", document.due),
        *notes(document.note, 99),
        *reference("RE", document.release),
        *references(document.references, 10 - bool(document.release)),
        *parties(document.parties),
        *_currency(document.currency),
    ]
    for place, one in enumerate(document.lines, 1):
        out += _line(one, place, profile) + _price(one, profile) + own_line(one.line, place)
    out.append(seg("UNS", "S"))
    return out + totals(len(document.lines), (one.quantity for one in document.lines), profile)


def _read_order(segments: list[Segment], how: Reading) -> PurchaseOrder:
    head, lines, _ = blocks(segments, "LIN", ends=_ENDS)
    check_totals(segments, how)
    found = dates(head)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    kind = _NAMED.get(named.get(1, 4)) or _READ_KINDS.get(named.get(1), "stand-alone")
    return PurchaseOrder(
        partner=how.partner, sender=how.sender, number=named.get(2), at=issued(found, how, "4"),
        parties=read_parties(head), references=read_references(head, "RE"), note=note(head),
        kind=kind, release=referred(head, "RE"), currency=currency(head), due=first(found, *_DUE),
        lines=[_read_order_line(one, how, "unchanged") for one in lines],
    )  # fmt: skip


# --- ORDCHG ---------------------------------------------------------------------------------------


def _write_change(document: PurchaseOrderChange, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("230", document.change_number, "1" if document.cancels else "4"),
        moment("137", document.at),
        *notes(document.note, 99),
        *reference("ON", document.number),
        *references(document.references, 9),
        *parties(document.parties),
        *_currency(document.currency),
    ]
    for place, one in enumerate(document.lines, 1):
        out += _line(one, place, profile, _CHANGED[one.change])
        if _CHANGED[one.change] == "3":
            out += notes(one.change, 1, "CHG")
        out += _price(one, profile) + own_line(one.line, place)
    out.append(seg("UNS", "S"))
    return out + totals(len(document.lines), (one.quantity for one in document.lines), profile)


def _read_change(segments: list[Segment], how: Reading) -> PurchaseOrderChange:
    head, lines, _ = blocks(segments, "LIN", ends=_ENDS)
    check_totals(segments, how)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    order = referred(head, "ON", "OP", "CO")
    return PurchaseOrderChange(
        partner=how.partner, sender=how.sender, number=order or named.get(2),
        at=issued(dates(head), how), parties=read_parties(head),
        references=read_references(head, "ON"), note=note(head),
        change_number=named.get(2) if order else "", cancels=named.get(3) in ("1", "3"),
        currency=currency(head), lines=[_read_changed_line(one, how) for one in lines],
    )  # fmt: skip


def _read_changed_line(block: list[Segment], how: Reading) -> OrderLine:
    said = [joined(one, 4) for one in block if one.tag == "FTX" and one.get(1) == "CHG"]
    rest = [one for one in block if not (one.tag == "FTX" and one.get(1) == "CHG")]
    change = _READ_CHANGES.get(block[0].get(2), "unchanged")
    if change == "replace" and said:
        change = _WORDS.get(said[0], change)
    return _read_order_line(rest, how, change)


# --- ORDRSP ---------------------------------------------------------------------------------------


def _write_response(document: PurchaseOrderResponse, profile: PartnerProfile) -> list[Segment]:
    function = {"accepted": "29", "changed": "4", "rejected": "27"}[document.answer]
    out = [
        begin("231:change" if document.of_change else "231", document.number, function),
        moment("137", document.at),
        *notes(document.note, 99),
        *reference("ON", document.po),
        *reference("ACW", document.change_number),
        *references(document.references, 8),
        *parties(document.parties),
        *_currency(document.currency),
    ]
    for place, one in enumerate(document.lines, 1):
        counted = {"changed": "113", "backordered": "83"}.get(one.answer, "21")
        out += identify(place, one.line, one.item, one.supplier_item, action=_ANSWERS[one.answer])
        out.append(quantity(counted, one.quantity, one.unit, profile))
        out += maybe("69", one.due) + _price(one, profile) + own_line(one.line, place)
    out.append(seg("UNS", "S"))
    return out + totals(len(document.lines), (one.quantity for one in document.lines), profile)


def _read_response(segments: list[Segment], how: Reading) -> PurchaseOrderResponse:
    head, blocks_of_lines, _ = blocks(segments, "LIN", ends=_ENDS)
    check_totals(segments, how)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    lines = [_read_response_line(one, how) for one in blocks_of_lines]
    changed = referred(head, "ACW")
    answers = {one.answer for one in lines}
    function, response = named.get(3), named.get(4)
    if function == "27" or response == "RE":
        answer = "rejected"
    elif function in ("29", "44") or response in ("AP", "AD"):
        answer = "accepted"
    elif function in ("4", "5", "28", "30", "34", "36", "45") or response in ("AC", "AI", "CA"):
        answer = "changed"
    elif answers == {"rejected"}:  # the lines say it
        answer = "rejected"
    else:
        answer = "changed" if answers - {"accepted"} else "accepted"
    return PurchaseOrderResponse.model_validate({
        "partner": how.partner, "sender": how.sender, "number": named.get(2),
        "at": issued(dates(head), how), "parties": read_parties(head),
        "references": read_references(head, "ON", "ACW"), "note": note(head),
        "po": referred(head, "ON", "CO", "VN") or next((o for o in _orders(blocks_of_lines)), ""),
        "answer": answer, "of_change": named.get(1, 4) == "change" or bool(changed),
        "change_number": changed, "currency": currency(head), "lines": lines,
    })  # fmt: skip


def _orders(lines: list[list[Segment]]) -> list[str]:
    return [one for one in (referred(line, "ON") for line in lines) if one]


def _read_response_line(block: list[Segment], how: Reading) -> ResponseLine:
    line = read_line(block, how)
    answer = _READ_ANSWERS.get(line.action, "accepted")
    if answer in ("accepted", "changed") and _waits(line):
        answer = "backordered"
    wanted = ("83", "73") if answer == "backordered" else ("113", "12", "131", "21", "1")
    amount, unit = line.main(*wanted)
    return ResponseLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item, answer=answer,
        quantity=amount, unit=unit, price=line.price, due=first(line.dates, *_PROMISED),
    )  # fmt: skip


def _waits(line: Line) -> bool:
    """Is all of it backordered?"""
    later = line.value("83")
    return later is not None and not line.value("113", "12", "131") and later >= 0


MAPPINGS = (
    Mapping("ORDERS", "", PurchaseOrder, _write_order, _read_order),
    Mapping("ORDCHG", "", PurchaseOrderChange, _write_change, _read_change),
    Mapping("ORDRSP", "", PurchaseOrderResponse, _write_response, _read_response),
)
