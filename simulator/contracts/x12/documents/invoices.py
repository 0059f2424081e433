"""810, the invoice.

BIG03 and BIG04 are the order's date and number, REF*SI the shipment, REF*MA the ship notice. When
it is due is a day (ITD06), or so many days after the invoice (ITD07). Totals have two decimals
that are not written (TDS01); an invoice that is read without a total has that of its lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._lines import (
    currency,
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
    quantity,
    reference,
    references,
    text,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.core.durations import DAY, LATEST, Instant
from simulator.plant.trading.orders import Invoice, InvoiceLine
from simulator.plant.trading.partners import PartnerProfile

_CENT = Decimal("0.01")
_OWN = frozenset({"SI", "MA"})
_ALL_TAXES = "TX"
_SUMMARY = frozenset({"TDS"})
_MOST_DIGITS = 4  # of a number of days


def write(invoice: Invoice, profile: PartnerProfile) -> list[Segment]:
    out = [seg("BIG", date(invoice.at), invoice.number, "", invoice.po)]
    out += wire.noted(invoice.note)
    out += currency(invoice.currency, "SE")
    out += wire.refer("SI", invoice.shipment) + wire.refer("MA", invoice.asn)
    out += wire.references(one for one in invoice.references if one.kind != "shipment")
    out += wire.parties(invoice.parties)
    if invoice.due is not None:
        out.append(seg("ITD", "01", "3", "", "", "", wire.day(invoice.due)))
    out += wire.created(invoice)
    for one in invoice.lines:
        named = wire.goods(
            ("BP", one.item), ("VP", one.supplier_item), ("PO", one.po), ("PL", one.po_line)
        )
        out.append(
            seg("IT1", one.line, number(one.quantity), profile.unit(one.unit), number(one.price),
                "", *named)
        )  # fmt: skip
        out += wire.described(one.description)
    out.append(seg("TDS", _cents(invoice.total)))
    if invoice.tax:
        out.append(seg("TXI", _ALL_TAXES, number(invoice.tax)))
    return [*out, wire.totals(len(invoice.lines), (one.quantity for one in invoice.lines))]


def _cents(value: Decimal) -> str:
    """An amount as a whole number of cents (type N2)."""
    with localcontext(prec=100):
        return str(int((value * 100).to_integral_value(ROUND_HALF_UP)))


def read(segments: list[Segment], how: Reading) -> Invoice:
    begin = first(segments, "BIG", how)
    first(segments, "TDS", how)
    head, blocks, rest = grouped(segments, "IT1", _SUMMARY)
    check_totals(how, segments, len(blocks), [text(one[0], 2) for one in blocks])
    when = dates(how, head)
    at = when.get("097", instant(how, begin, 1))
    at = at if at is not None else how.at
    lines = [_read_line(block, place, how) for block, place in numbered(blocks)]
    ends = rest if blocks else head
    tax = _taxes(ends if any(one.tag == "TXI" for one in ends) else segments, how)
    return Invoice(
        partner=how.partner, sender=how.sender, number=text(begin, 2), at=at,
        parties=parties(head), references=references(head, _OWN), note=described(head),
        po=text(begin, 4) or reference(head, "PO"), shipment=reference(head, "SI"),
        asn=reference(head, "MA"), currency=read_currency(head), due=_due(head, at, how),
        lines=lines, tax=tax, total=_total(ends, lines, tax, how),
    )  # fmt: skip


def _read_line(block: list[Segment], place: int, how: Reading) -> InvoiceLine:
    line = read_line(block, place, how, amount=2, measure=3, price=4)
    return InvoiceLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item,
        description=line.description, quantity=line.quantity, unit=line.unit,
        price=Decimal(0) if line.price is None else line.price,
        po=line.named.get("PO", reference(block, "PO")), po_line=line.named.get("PL", ""),
    )  # fmt: skip


def _taxes(segments: Iterable[Segment], how: Reading) -> Decimal:
    """All taxes: those of the whole invoice where it says any, else those of its lines."""
    amounts = (quantity(how, one, 2) for one in segments if one.tag == "TXI")
    return sum(amounts, Decimal(0))


def _due(head: Iterable[Segment], at: Instant, how: Reading) -> Instant | None:
    for one in head:
        if one.tag == "ITD":
            said = instant(how, one, 6)
            if said is not None:
                return said
            days = text(one, 7)
            if days.isascii() and days.isdigit() and len(days) <= _MOST_DIGITS:
                later = at - at % DAY + int(days) * DAY
                return later if later < LATEST else None
    return None


def _total(
    segments: Iterable[Segment], lines: Iterable[InvoiceLine], tax: Decimal, how: Reading
) -> Decimal:
    with localcontext(prec=100):
        for one in segments:
            said = number_of(how, one, 1) if one.tag == "TDS" else None
            if said is not None:
                # Some write the decimal point after all, and mean what they write.
                return said if "." in text(one, 1) else said * _CENT
        added = sum((one.quantity * one.price for one in lines), Decimal(0)) + tax
        return added.quantize(_CENT)


MAPPINGS = (Mapping("810", "IN", Invoice, write, read),)
