"""861, the receiving advice.

REF*MA is the ship notice, REF*SI the shipment; where only the shipment is said, that is the notice
too, as many partners number them alike. A line is an RCD loop: RCD02 what was there, and three
elements each for what is in question (RCD06) and for what was accepted, in good condition (`07`).
SN102 is what was announced, RCD21 what came since the count began, PRF01 and LIN*PL the order, and
MAN the label. Notes stand in REF*L1.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    check_totals,
    dates,
    first,
    goods,
    grouped,
    instant,
    number_of,
    numbers,
    parties,
    reference,
    references,
    sscc,
    text,
    unit,
)
from simulator.contracts.x12.documents._remarks import LETTERS, read_remarks, remarks
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.shipping import Condition, ReceivedLine, ReceivingAdvice

CONDITIONS: dict[Condition, str] = {
    "good": "07", "damaged": "01", "over": "03", "short": "02", "wrong-item": "05",
    "rejected": "08", "no-asn": "14",
}  # fmt: skip
"""Element 412, RCD08."""
CONDITION_OF: dict[str, Condition] = {theirs: ours for ours, theirs in CONDITIONS.items()} | {
    "04": "rejected", "09": "rejected", "10": "damaged", "12": "over", "13": "no-asn",
    "16": "no-asn",
}  # fmt: skip
GOOD = CONDITIONS["good"]
_OWN = frozenset({"MA", "SI", LETTERS})
_QUESTIONS = range(6, 21, 3)
"""RCD06, RCD09 …: a quantity, its unit, and the condition that it is in."""
_CUMULATIVE = 21
_LABELS = ("GM", "W", "UC", "CP", "AA")
"""Element 88: an SSCC, and other labels that partners put it into."""


def write(advice: ReceivingAdvice, profile: PartnerProfile) -> list[Segment]:
    out = [seg("BRA", advice.number, date(advice.at), "00", "1", wire.clock(advice.at))]
    out += wire.refer("MA", advice.asn) + wire.refer("SI", advice.shipment)
    out += wire.references(one for one in advice.references if one.kind != "shipment")
    out += remarks(advice.note)
    out += wire.dtm("050", advice.received) or wire.dtm("097", advice.at)
    out += wire.parties(advice.parties)
    for one in advice.lines:
        out += _write_line(one, profile.unit(one.unit))
    return [*out, wire.totals(len(advice.lines), (one.quantity for one in advice.lines))]


def _write_line(one: ReceivedLine, measure: str) -> list[Segment]:
    questions: list[str] = []
    if one.condition != "good":
        questions += [number(_in_question(one)), measure, CONDITIONS[one.condition]]
    if one.accepted is not None:
        questions += [number(one.accepted), measure, GOOD]
    head = ["RCD", one.line, number(one.quantity), measure, "", "", *questions]
    cumulative = wire.amount(one.cumulative)
    if cumulative:
        head += [""] * (_CUMULATIVE - len(head)) + [cumulative]
    out = [seg(*head)]
    if one.announced is not None:
        out.append(seg("SN1", "", number(one.announced), measure))
    ids = wire.goods(("BP", one.item), ("VP", one.supplier_item), ("PL", one.po_line))
    out.append(seg("LIN", "", *ids))
    out += wire.refer("LT", one.lot)
    if one.po:
        out.append(seg("PRF", one.po))
    if one.sscc:
        out.append(seg("MAN", "GM", "00" + one.sscc))
    return out


def _in_question(one: ReceivedLine) -> Decimal:
    """How much of a line is not as it should be."""
    if one.condition in ("over", "short"):
        return abs(one.quantity - (one.quantity if one.announced is None else one.announced))
    return max(one.quantity - (one.accepted or Decimal(0)), Decimal(0))


def read(segments: list[Segment], how: Reading) -> ReceivingAdvice:
    begin = first(segments, "BRA", how)
    head, blocks, after = grouped(segments, "RCD", frozenset({"CTT"}))
    check_totals(how, [*head, *after], len(blocks), [text(one[0], 2) for one in blocks])
    found = dates(how, head)
    at = instant(how, begin, 2, 5)
    shipment = reference(head, "SI")
    return ReceivingAdvice(
        partner=how.partner, sender=how.sender, number=text(begin, 1),
        at=at if at is not None else how.at, parties=parties(head),
        references=references(head, _OWN), note=read_remarks(head),
        asn=reference(head, "MA") or shipment, shipment=shipment,
        received=found.get("050", found.get("035")),
        lines=[_read_line(one, head, text(begin, 6), how) for one in blocks],
    )  # fmt: skip


def _read_line(
    block: list[Segment], head: list[Segment], condition: str, how: Reading
) -> ReceivedLine:
    """A line; `condition` (BRA06) is that of all lines which say none."""
    said = block[0]
    named = _first(block, "LIN")
    ids = goods(named, 2)
    item, supplier_item, _ = numbers(ids)
    shipped, label = _first(block, "SN1"), _label(block)
    order = next((text(one, 1) for one in block if one.tag == "PRF"), "")
    there = number_of(how, said, 2)
    questions = list(_questions(said, how))
    measured = said if said.has(3) or not shipped.has(3) else shipped
    conditions = [one for _, code in questions if (one := CONDITION_OF.get(code)) is not None]
    bad = [one for one in conditions if one != "good"]
    return ReceivedLine(
        line=text(said, 1) or text(named, 1), item=item or next(iter(ids.values()), ""),
        supplier_item=supplier_item, quantity=there or Decimal(0),
        accepted=_accepted(there, number_of(how, said, 4), questions),
        announced=number_of(how, shipped, 2), unit=unit(how, measured, 3),
        condition=bad[0] if bad else CONDITION_OF.get("" if conditions else condition, "good"),
        po=order or ids.get("PO") or reference(block, "PO") or _order(head),
        po_line=ids.get("PL", ""), lot=reference(block, "LT") or ids.get("LT", ""),
        sscc=sscc(how, label, 2), cumulative=number_of(how, said, _CUMULATIVE),
    )  # fmt: skip


def _questions(said: Segment, how: Reading) -> Iterator[tuple[Decimal | None, str]]:
    for place in _QUESTIONS:
        if said.has(place + 2):
            yield number_of(how, said, place), text(said, place + 2)


def _accepted(
    there: Decimal | None, returned: Decimal | None, questions: list[tuple[Decimal | None, str]]
) -> Decimal | None:
    """What is in good condition; else what was there without what was sent back (RCD04)."""
    good = [amount for amount, code in questions if code == GOOD]
    if good:
        return good[0]
    return max(there - returned, Decimal(0)) if there is not None and returned else None


def _first(block: list[Segment], tag: str) -> Segment:
    return next((one for one in block if one.tag == tag), Segment(tag))


def _label(block: list[Segment]) -> Segment:
    labels = {text(one, 1): one for one in reversed(block) if one.tag == "MAN"}
    return next((labels[one] for one in _LABELS if one in labels), Segment("MAN"))


def _order(head: list[Segment]) -> str:
    """The order of the whole advice, where there is but one."""
    orders = {text(one, 1) for one in head if one.tag == "PRF"}
    orders |= {text(one, 2) for one in head if one.tag == "REF" and text(one, 1) == "PO"}
    return orders.pop() if len(orders) == 1 else ""


MAPPINGS = (Mapping("861", "RC", ReceivingAdvice, write, read),)
