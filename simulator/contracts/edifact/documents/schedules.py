"""Forecasts and call-offs: DELFOR and DELJIT (D.96A; read up to D.03B).

A line's quantities are groups of QTY SCC DTM RFF: QTY+1 is a demand, with its commitment and
interval in SCC and its delivery in DTM+2 (from, to: 64, 63); a QTY+3 after it is the cumulative
quantity that it leads to. QTY+70 is what the buyer has received since DTM+51, QTY+48 the last
receipt, with DTM+50 and the shipment in RFF+AAU. A schedule of cumulative quantities alone is read
as the differences between them.

A DELFOR has its lines beneath the ship-to (SG4 and SG8, the one place that knows the dock).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from simulator.contracts.edifact.documents.header import (
    Period,
    begin,
    blocks,
    check_totals,
    dates,
    first,
    identified,
    issued,
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
    span,
)
from simulator.contracts.edifact.documents.lines import (
    Amount,
    identify,
    own_line,
    quantity,
    read_amount,
    read_line,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.core.durations import Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import (
    Bucket,
    CallOff,
    Commitment,
    Demand,
    Forecast,
    ScheduleLine,
)

_COMMITMENTS: dict[Commitment, str] = {
    "firm": "1", "production": "2", "material": "3", "planned": "4",
}  # fmt: skip
_READ_COMMITMENTS: dict[str, Commitment] = {
    "1": "firm", "10": "firm", "15": "firm", "22": "firm", "2": "production", "3": "material",
    "4": "planned", "12": "planned", "26": "planned",
}  # fmt: skip
_BUCKETS: dict[Bucket, str] = {
    "discrete": "D", "daily": "Y", "weekly": "W", "monthly": "M", "quarterly": "Q",
    "flexible": "F",
}  # fmt: skip
_READ_BUCKETS: dict[str, Bucket] = {wire: ours for ours, wire in _BUCKETS.items()}
_DEMANDS = ("1", "113", "187", "21", "131")
_CUMULATIVE = ("3", "78", "74")
_LAST = ("48", "12", "194")
_SHIPMENTS = ("AAU", "AAK", "DQ", "SRN", "SI")
_NOT_DEMANDS = (*_SHIPMENTS, "ON", "LI", "BO", "CT")
_STARTS = ("2", "64", "10", "71", "158", "157", "67", "17", "76", "37", "11", "194")
_ENDS = ("63", "74", "159", "36", "206", "38")


# --- writing --------------------------------------------------------------------------------------


def _write_line(one: ScheduleLine, place: int, profile: PartnerProfile) -> list[Segment]:
    """A line of a DELFOR: everything of it stands beneath its LIN, LOC and DTM before RFF."""
    out = identify(place, one.line, one.item, one.supplier_item, "", one.description)
    if one.dock:
        out.append(seg("LOC", "11", one.dock))
    out += _loose_dates(one)
    out += reference("ON", one.po) + own_line(one.line, place)
    return out + _loose_receipt(one) + _quantities(one, profile)


def _write_call(one: ScheduleLine, place: int, profile: PartnerProfile) -> list[Segment]:
    """A line of a DELJIT: LOC after RFF."""
    out = identify(place, one.line, one.item, one.supplier_item, "", one.description)
    out += _loose_dates(one)
    out += reference("ON", one.po) + own_line(one.line, place) + _loose_receipt(one)
    if one.dock:
        out.append(seg("LOC", "11", one.dock))
    return out + _quantities(one, profile)


def _loose_dates(one: ScheduleLine) -> list[Segment]:
    """Dates whose quantity is not known."""
    out = maybe("51", one.counted_from) if one.received is None else []
    return out + (maybe("50", one.last_at) if one.last_quantity is None else [])


def _loose_receipt(one: ScheduleLine) -> list[Segment]:
    return reference("AAU", one.last_receipt) if one.last_quantity is None else []


def _quantities(one: ScheduleLine, profile: PartnerProfile) -> list[Segment]:
    out: list[Segment] = []
    if one.received is not None:
        out.append(quantity("70", one.received, one.unit, profile))
        out += maybe("51", one.counted_from)
    if one.last_quantity is not None:
        out.append(quantity("48", one.last_quantity, one.unit, profile))
        out += maybe("50", one.last_at) + reference("AAU", one.last_receipt)
    for demand in one.demands:
        out += _demand(demand, one.unit, profile)
    return out


def _demand(one: Demand, unit: str, profile: PartnerProfile) -> list[Segment]:
    when = [moment("2", one.start)]
    if one.end is not None:
        when = [moment("64", one.start), moment("63", one.end)]
    out = [
        quantity("1", one.quantity, unit, profile),
        seg("SCC", _COMMITMENTS[one.commitment], "", [_BUCKETS[one.bucket]]),
        *when,
        *reference("RE", one.reference),
    ]
    if one.cumulative is not None:
        out += [quantity("3", one.cumulative, unit, profile), when[-1]]
    return out


def _write_forecast(document: Forecast, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("241", document.number, "5" if document.replaces else "9"),
        moment("137", document.at),
        *maybe("158", document.start),
        *maybe("159", document.end),
        *reference("AIF", document.replaces),
        *reference("ON", document.po),
        *references(document.references, 8),
        *parties(document.parties, "CN"),
        seg("UNS", "D"),
    ]
    if document.lines:
        to = document.party("ship-to")
        out.append(seg("NAD", "CN", identified(to) if to else ""))
    for place, one in enumerate(document.lines, 1):
        out += _write_line(one, place, profile)
    out += [seg("UNS", "S"), seg("CNT", ["2", str(len(document.lines))])]
    return out + notes(document.note, 5)


def _write_call_off(document: CallOff, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("242", document.number),
        moment("137", document.at),
        *maybe("158", document.start),
        *maybe("159", document.end),
        *reference("AAN", document.forecast),
        *reference("ON", document.po),
        *references(document.references, 8),
        *parties(document.parties, "CN"),
        seg("SEQ", "", "1"),
    ]
    for place, one in enumerate(document.lines, 1):
        out += _write_call(one, place, profile)
    return out + notes(document.note, 5)


# --- reading --------------------------------------------------------------------------------------


def _read_lines(segments: list[Segment], how: Reading) -> tuple[list[Segment], list[ScheduleLine]]:
    """The head with what stands between the lines, and the lines.

    A line ends at its last segment: what comes before the next NAD, SEQ or UNS. A dock that is said
    there (LOC+11) is that of the lines beneath it.
    """
    head: list[Segment] = []
    lines: list[ScheduleLine] = []
    block: list[Segment] = []
    dock = ""

    def close() -> None:
        if block:
            lines.append(_read_line(block, how, dock))
            block.clear()

    ended = False
    for one in segments:
        if one.tag == "LIN":
            close()
            block.append(one)
        elif one.tag in ("UNS", "SEQ", "CNT") or (one.tag == "NAD" and not _later(lines, block)):
            close()
            dock = ""
            ended = ended or one.tag == "CNT" or (one.tag == "UNS" and one.get(1) == "S")
            head.append(one)
        elif block and not ended:
            block.append(one)
        else:
            if one.tag == "LOC" and one.get(1) in ("11", "7"):
                dock = one.get(2) or one.get(2, 4)
            head.append(one)
    close()
    return head, lines


def _later(lines: list[ScheduleLine], block: list[Segment]) -> bool:
    """Is a NAD here one of its line's (D.96A SG24, before the line's quantities)?"""
    return bool(block) and not any(one.tag == "QTY" for one in block)


def _read_line(block: list[Segment], how: Reading, dock: str) -> ScheduleLine:
    direct, groups, _ = blocks(block, "QTY")
    line = read_line([one for one in direct if one.tag != "FTX"], how)
    demands: list[Demand] = []
    received = last = None
    unit = "pcs"
    found = dict(dates(direct))
    for group in groups:
        amount = read_amount(group[0], how)
        if amount is None:
            continue
        unit = amount.unit if not demands and received is None and last is None else unit
        when = dates(group)
        if amount.qualifier == "70":
            received = amount.value
        elif amount.qualifier in _LAST and last is None:
            last = amount.value
        elif amount.qualifier in _CUMULATIVE:
            _accumulate(demands, amount, group, when, received, how)
        elif amount.qualifier in _DEMANDS:
            demands.append(_read_demand(amount.value, group, when, how))
        if amount.qualifier not in (*_DEMANDS, *_CUMULATIVE):
            found |= {key: value for key, value in when.items() if key not in found}
    loose = [one for one in direct if one.tag == "LOC" and one.get(1) in ("11", "7")]
    places = [one.get(2) or one.get(2, 4) for one in loose]
    return ScheduleLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item,
        description=line.description, unit=unit, po=line.order,
        dock=next(iter(places), dock), demands=demands, received=received,
        counted_from=first(found, "51"), last_receipt=referred(_not_of_demands(block), *_SHIPMENTS),
        last_quantity=last, last_at=first(found, "50", "11", "35", "310"),
    )  # fmt: skip


def _not_of_demands(block: Iterable[Segment]) -> list[Segment]:
    out: list[Segment] = []
    inside = False
    for one in block:
        if one.tag == "QTY":
            inside = one.get(1) in (*_DEMANDS, *_CUMULATIVE)
        if not inside:
            out.append(one)
    return out


def _read_demand(
    value: Decimal, group: list[Segment], when: dict[str, Period], how: Reading
) -> Demand:
    start, end = _between(when)
    scheduled = next((one for one in group if one.tag == "SCC"), Segment("SCC"))
    marks = (one.get(1, 2) for one in group if one.tag == "RFF" and one.get(1) not in _NOT_DEMANDS)
    return Demand(
        quantity=value,
        commitment=_READ_COMMITMENTS.get(scheduled.get(1), "firm"),
        bucket=_READ_BUCKETS.get(scheduled.get(3), "discrete"),
        start=how.at if start is None else start,
        end=end,
        reference=next(marks, ""),
    )


def _between(when: dict[str, Period]) -> tuple[Instant | None, Instant | None]:
    return span(when, _STARTS, _ENDS)


def _accumulate(
    demands: list[Demand],
    amount: Amount,
    group: list[Segment],
    when: dict[str, Period],
    received: Decimal | None,
    how: Reading,
) -> None:
    """A cumulative quantity: of the demand before it, or a demand of its own."""
    start, end = _between(when)
    before = demands[-1] if demands else None
    if before is not None and before.cumulative is None:
        ends = {before.start, before.end}
        if (start is None and end is None) or start in ends or end in ends:
            demands[-1] = before.model_copy(update={"cumulative": amount.value})
            return
    so_far = (before.cumulative if before is not None else received) or Decimal(0)
    made = _read_demand(amount.value - so_far, group, when, how)
    demands.append(made.model_copy(update={"cumulative": amount.value}))


def _horizon(head: list[Segment]) -> tuple[Instant | None, Instant | None]:
    starts, ends = ("158", "157", "194", "90", "7"), ("159", "36", "206", "91")
    return span(dates(head), starts, ends, ("323", "273"))


def _named(head: list[Segment]) -> Segment:
    return next((one for one in head if one.tag == "BGM"), Segment("BGM"))


def _read_forecast(segments: list[Segment], how: Reading) -> Forecast:
    head, lines = _read_lines(segments, how)
    check_totals(segments, how)
    start, end = _horizon(head)
    return Forecast(
        partner=how.partner, sender=how.sender, number=_named(head).get(2),
        at=issued(dates(head), how), parties=read_parties(head),
        references=read_references(head, "AIF", "ON"), note=note(head),
        po=referred(head, "ON"), replaces=referred(head, "AIF"), start=start, end=end, lines=lines,
    )  # fmt: skip


def _read_call_off(segments: list[Segment], how: Reading) -> CallOff:
    body, end_texts = _without_last_texts(segments)
    head, lines = _read_lines(body, how)
    start, end = _horizon(head)
    return CallOff(
        partner=how.partner, sender=how.sender, number=_named(head).get(2),
        at=issued(dates(head), how), parties=read_parties(head),
        references=read_references(head, "AAN", "ON"), note=note([*head, *end_texts]),
        po=referred(head, "ON"), forecast=referred(head, "AAN"), start=start, end=end, lines=lines,
    )  # fmt: skip


def _without_last_texts(segments: list[Segment]) -> tuple[list[Segment], list[Segment]]:
    """A DELJIT ends with the texts of the whole; nothing divides them from the last line."""
    end = len(segments)
    while end and segments[end - 1].tag == "FTX":
        end -= 1
    return segments[:end], segments[end:]


MAPPINGS = (
    Mapping("DELFOR", "", Forecast, _write_forecast, _read_forecast),
    Mapping("DELJIT", "", CallOff, _write_call_off, _read_call_off),
)
