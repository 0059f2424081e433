"""Invoices: INVOIC (D.96A; read up to D.03B).

QTY+47, MOA+203 and PRI+AAA at the lines; MOA+79 (lines), MOA+176 (tax) and MOA+77 (total, tax
included) at the end. An invoice that is read without a total has that of its lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    begin,
    blocks,
    check_totals,
    currency,
    dates,
    first,
    issued,
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
from simulator.contracts.edifact.documents.lines import identify, quantity, read_line
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.orders import Invoice, InvoiceLine
from simulator.plant.trading.partners import PartnerProfile

_CENT = Decimal("0.01")
_TOTALS = ("77", "39", "86", "9", "128")
_TAXES = ("176", "124", "150")


def _money(kind: str, value: Decimal, profile: PartnerProfile) -> Segment:
    return seg("MOA", [kind, values.number(value, profile)])


def _write(document: Invoice, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("380", document.number),
        moment("137", document.at),
        *notes(document.note, 10),
        *reference("ON", document.po),
        *reference("AAK", document.asn),
        *reference("SRN", document.shipment),
        *references(document.references, 96),
        *parties(document.parties),
    ]
    if document.currency:
        out.append(seg("CUX", ["2", document.currency, "4"]))
    if document.due is not None:
        out += [seg("PAT", "1"), moment("13", document.due)]
    added = Decimal(0)
    for place, one in enumerate(document.lines, 1):
        amount = _amount(one)
        added += amount
        out += identify(place, one.line, one.item, one.supplier_item, "", one.description)
        out += [quantity("47", one.quantity, one.unit, profile), _money("203", amount, profile)]
        out.append(seg("PRI", ["AAA", values.number(one.price, profile)]))
        out += reference("ON", one.po, one.po_line)
    out.append(seg("UNS", "S"))
    out += totals(len(document.lines), (one.quantity for one in document.lines), profile)
    out.append(_money("79", added, profile))
    if document.tax:
        out.append(_money("176", document.tax, profile))
    return [*out, _money("77", document.total, profile)]


def _amount(one: InvoiceLine) -> Decimal:
    with localcontext(prec=100):  # no quantity or price that can be read has more digits
        exact = one.quantity * one.price
        return exact if exact == exact.to_integral_value() else exact.quantize(_CENT)


def _read(segments: list[Segment], how: Reading) -> Invoice:
    head, lines, rest = blocks(segments, "LIN", ends=("UNS",))
    check_totals(segments, how)
    found = dates(head)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    read = [_read_line(one, how) for one in lines]
    sums = _sums(rest)
    total = next((sums[one] for one in _TOTALS if one in sums), None)
    tax = next((sums[one] for one in _TAXES if one in sums), Decimal(0))
    added = sum((_amount(one) for one in read), Decimal(0)) + tax
    asn = next((one for one in ("AAK", "DQ") if referred(head, one)), "AAK")
    return Invoice(
        partner=how.partner, sender=how.sender, number=named.get(2), at=issued(found, how, "3"),
        parties=read_parties(head), references=read_references(head, "ON", asn, "SRN"),
        note=note(head), po=referred(head, "ON"), shipment=referred(head, "SRN"),
        asn=referred(head, asn), currency=currency(head),
        due=first(found, "13", "140", "265"), lines=read, tax=tax,
        total=added if total is None else total,
    )  # fmt: skip


def _sums(segments: Iterable[Segment]) -> dict[str, Decimal]:
    """Amounts of the whole invoice by their kind (5025), the first of each."""
    found: dict[str, Decimal] = {}
    for one in segments:
        value = values.as_number(one.get(1, 2)) if one.tag == "MOA" else None
        if value is not None:
            found.setdefault(one.get(1), value)
    return found


def _read_line(block: list[Segment], how: Reading) -> InvoiceLine:
    line = read_line(block, how, shipped=True)
    amount, unit = line.main("47", "12", "1")
    price = line.price
    if price is None:  # the line's amount says it
        whole = _sums(block).get("203")
        price = whole / amount if whole is not None and amount else Decimal(0)
    return InvoiceLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item,
        description=line.description, quantity=amount, unit=unit, price=price, po=line.order,
        po_line=line.order_line,
    )  # fmt: skip


MAPPINGS = (Mapping("INVOIC", "", Invoice, _write, _read),)
