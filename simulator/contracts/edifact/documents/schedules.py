"""Forecasts and call-offs: DELFOR and DELJIT (D.96A; read up to D.03B).

A line's quantities are groups of QTY SCC DTM RFF: QTY+1 is a demand, with its commitment and
interval in SCC and its delivery in DTM+2 (from, to: 64, 63); a QTY+3 after it is the cumulative
quantity that it leads to. QTY+70 is what the buyer has received since DTM+51, QTY+48 the last
receipt, with DTM+50 and the shipment in RFF+AAU. `demands` reads what partners make of that.

A DELFOR has its lines beneath the ship-to (SG4 and SG8, the one place that knows the dock).
"""

from __future__ import annotations

from simulator.contracts.edifact.documents.demands import BUCKETS, COMMITMENTS, read_lines
from simulator.contracts.edifact.documents.header import (
    begin,
    check_totals,
    dates,
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
    identify,
    own_line,
    quantity,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.core.durations import Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import (
    CallOff,
    Demand,
    Forecast,
    ScheduleLine,
)

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
        seg("SCC", COMMITMENTS[one.commitment], "", [BUCKETS[one.bucket]]),
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


def _horizon(head: list[Segment]) -> tuple[Instant | None, Instant | None]:
    starts, ends = ("158", "157", "194", "90", "7"), ("159", "36", "206", "91")
    return span(dates(head), starts, ends, ("323", "273"))


def _named(head: list[Segment]) -> Segment:
    return next((one for one in head if one.tag == "BGM"), Segment("BGM"))


def _read_forecast(segments: list[Segment], how: Reading) -> Forecast:
    head, lines = read_lines(segments, how)
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
    head, lines = read_lines(body, how)
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
