"""Receiving advice: RECADV (D.96A; read up to D.03B).

Lines stand under the label of what they came in: CPS PAC PCI+33E GIN+BJ. QTY+48 is what was there,
QTY+194 what was taken of it, QTY+12 what was announced, QTY+70 what came since the count began. A
condition that is not good is a QVR: the difference, 4221, and our own word for it (4294). There is
no room for notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import get_args

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    begin,
    blocks,
    check_totals,
    dates,
    first,
    issued,
    maybe,
    moment,
    parties,
    read_parties,
    read_references,
    reference,
    references,
    referred,
)
from simulator.contracts.edifact.documents.lines import (
    Line,
    check_sscc,
    identify,
    quantity,
    read_line,
    some,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.shipping import Condition, ReceivedLine, ReceivingAdvice

_CONDITIONS: dict[Condition, str] = {
    "damaged": "AF", "over": "AC", "short": "BP", "wrong-item": "IS", "rejected": "ZZZ",
    "no-asn": "AE",
}  # fmt: skip
_READ_CONDITIONS: dict[str, Condition] = {
    "AF": "damaged", "AC": "over", "CM": "over", "CE": "over", "BP": "short", "CP": "short",
    "IS": "wrong-item", "CS": "wrong-item", "AE": "no-asn",
}  # fmt: skip
_QUANTITIES: dict[str, Condition] = {
    "119": "short", "121": "over", "123": "over", "124": "damaged", "185": "rejected",
    "195": "rejected", "196": "rejected",
}  # fmt: skip
_WORDS: dict[str, Condition] = {one: one for one in get_args(Condition)}


def _write(document: ReceivingAdvice, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("632", document.number),
        moment("137", document.at),
        *maybe("50", document.received),
        *reference("AAK", document.asn),
        *reference("SRN", document.shipment),
        *references(document.references, 8),
        *parties(document.parties),
    ]
    level, label = 0, None
    for place, one in enumerate(document.lines, 1):
        if one.sscc != label:
            level, label = level + 1, one.sscc
            out.append(seg("CPS", str(level)))
            if label:
                out += [seg("PAC", "1"), seg("PCI", "33E"), seg("GIN", "BJ", label)]
        out += _line(one, place, profile)
    if not document.lines:
        out.append(seg("CPS", "1"))
    return [*out, seg("CNT", ["2", str(len(document.lines))])]


def _line(one: ReceivedLine, place: int, profile: PartnerProfile) -> list[Segment]:
    out = [
        *identify(place, one.line, one.item, one.supplier_item),
        quantity("48", one.quantity, one.unit, profile),
        *some("194", one.accepted, one.unit, profile),
        *some("12", one.announced, one.unit, profile),
        *some("70", one.cumulative, one.unit, profile),
    ]
    if one.condition != "good":
        announced = one.quantity if one.announced is None else one.announced
        difference = values.number(one.quantity - announced, profile)
        said = ["", "", "", one.condition]
        out.append(seg("QVR", [difference, "48"], _CONDITIONS[one.condition], said))
    return out + reference("ON", one.po, one.po_line) + reference("BT", one.lot)


def _read(segments: list[Segment], how: Reading) -> ReceivingAdvice:
    head, packing, _ = blocks(segments, "CPS", "LIN", ends=("CNT",))
    check_totals(segments, how)
    lines: list[ReceivedLine] = []
    label = ""
    for block in packing:
        if block[0].tag == "CPS":
            label = _label(block, how)
        else:
            lines.append(_read_line(block, label, how))
    found = dates(head)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    asn = next((one for one in ("AAK", "DQ", "AAU") if referred(head, one)), "AAK")
    return ReceivingAdvice(
        partner=how.partner, sender=how.sender, number=named.get(2), at=issued(found, how),
        parties=read_parties(head), references=read_references(head, asn, "SRN"),
        asn=referred(head, asn), shipment=referred(head, "SRN"),
        received=first(found, "50", "310", "35", "178"), lines=lines,
    )  # fmt: skip


def _label(block: Iterable[Segment], how: Reading) -> str:
    """The first label that names what was received; SSCCs are checked."""
    for one in block:
        if one.tag == "GIN" and one.get(1) in ("BJ", "AW", "ML") and one.get(2):
            return one.get(2) if one.get(1) == "ML" else check_sscc(one.get(2), one, how)
    return ""


def _read_line(block: list[Segment], label: str, how: Reading) -> ReceivedLine:
    line = read_line(block, how, shipped=True)
    amount, unit = line.main("48", "46", "194", "12")
    return ReceivedLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item, quantity=amount,
        accepted=line.value("194"), announced=line.value("12", "151"), unit=unit,
        condition=_condition(block, line, amount), po=line.order, po_line=line.order_line,
        lot=line.lot, sscc=_label(block, how) or label, cumulative=line.value("70", "3"),
    )  # fmt: skip


def _condition(block: Iterable[Segment], line: Line, amount: Decimal) -> Condition:
    """By QVR; else by a quantity that says that something was wrong."""
    for one in block:
        if one.tag == "QVR":
            said = _WORDS.get(one.get(3, 4)) or _READ_CONDITIONS.get(one.get(2))
            said = said or _QUANTITIES.get(one.get(1, 2))
            if said is not None:
                return said
            difference = values.as_number(one.get(1))
            if difference:
                return "over" if difference > 0 else "short"
    for kind, condition in _QUANTITIES.items():
        if line.value(kind):
            return condition
    return "good"


MAPPINGS = (Mapping("RECADV", "", ReceivingAdvice, _write, _read),)
