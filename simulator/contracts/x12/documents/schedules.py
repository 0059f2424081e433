"""830 and 862: forecasts and call-offs.

FST is a demand: how binding it is (680), its interval (681), its day, the time of it (FST07) and
the day on which it ends. SHP*02 is what the buyer has received since it began to count, SHP*01 the
last receipt, with the shipment in REF*SI.

What binds less than a firm demand is planning to FST; how far it may be produced (ATH*FI) or its
material bought (ATH*MT) is said as a day for the whole line, in an 830 alone. A cumulative quantity
stands below its demand as QTY*02 in an 830. In an 862 there is room for one number at a demand: one
whose demands all have cumulative quantities that add up is written with those (BSS11 = C), any
other with the quantities alone. Its references stand below the last of its parties, descriptions
among the numbers of an item (PD, 48 characters), and there is no place for a note. Both must say
when they begin, and an 862 when it ends too.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._lines import also
from simulator.contracts.x12.documents._planning import (
    AUTHORISED,
    BUCKETS,
    CUMULATIVE,
    DISCRETE,
    ENDS_BY,
    FIRM,
    PLANNED,
    day,
    last_until,
    read_lines,
)
from simulator.contracts.x12.documents._read import (
    dates,
    described,
    first,
    grouped,
    instant,
    parties,
    reference,
    references,
    text,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import CallOff, Demand, Forecast, ScheduleLine

_REPLACED = "F8"
_STARTS, _ENDS = "196", "197"
_SUMMARY = frozenset({"CTT"})


# --- writing --------------------------------------------------------------------------------------


def _write_forecast(forecast: Forecast, profile: PartnerProfile) -> list[Segment]:
    start = forecast.start if forecast.start is not None else forecast.at
    out = [
        seg("BFR", "05" if forecast.replaces else "00", forecast.number, "", "DL", "A",
            date(start), wire.day(forecast.end), date(forecast.at), "", "", forecast.po)
    ]  # fmt: skip
    out += wire.refer(_REPLACED, forecast.replaces)
    out += wire.references(forecast.references)
    out += wire.created(forecast) + _horizon(forecast)
    out += wire.described(forecast.note)
    out += wire.parties(forecast.parties)
    counted: list[Decimal] = []
    for line in forecast.lines:
        out += [seg("LIN", line.line, *_named(line)), seg("UIT", profile.unit(line.unit))]
        out += wire.described(line.description) + _line_references(line)
        out += _authorised(line)
        for demand in line.demands:
            counted.append(demand.quantity)
            out.append(_demand(demand, demand.quantity))
            if demand.cumulative is not None:
                out.append(seg("QTY", CUMULATIVE, number(demand.cumulative)))
        out += _received(line, forecast.at)
    return [*out, wire.totals(len(forecast.lines), counted)]


def _write_call_off(call: CallOff, profile: PartnerProfile) -> list[Segment]:
    start = call.start if call.start is not None else call.at
    end = call.end if call.end is not None else max([start, *_days(call)])
    cumulative = bool(call.lines) and all(map(_adds_up, call.lines))
    out = [
        seg("BSS", "00", call.number, date(call.at), "DL", date(start), date(end),
            "" if call.forecast else call.number, call.forecast, "", call.po,
            "C" if cumulative else "A")
    ]  # fmt: skip
    out += wire.created(call) + _horizon(call)
    out += wire.parties(call.parties)
    if call.parties:
        out += wire.references(call.references)
    counted: list[Decimal] = []
    for line in call.lines:
        said = ("PD", (wire.split(line.description, 48) or [""])[0])
        out += [seg("LIN", line.line, *_named(line, said)), seg("UIT", profile.unit(line.unit))]
        out += _line_references(line)
        for demand in line.demands:
            so_far = demand.cumulative if cumulative else None
            counted.append(demand.quantity if so_far is None else so_far)
            out.append(_demand(demand, counted[-1]))
            if demand.end is not None and demand.end % DAY:
                out += wire.dtm(ENDS_BY, demand.end)
        out += _received(line, call.at)
    return [*out, wire.totals(len(call.lines), counted)]


def _days(call: CallOff) -> Iterator[Instant]:
    return (demand.start for line in call.lines for demand in line.demands)


def _adds_up(line: ScheduleLine) -> bool:
    """Do all its demands say cumulative quantities, each the one before it and its own?"""
    so_far = line.received or Decimal(0)
    for demand in line.demands:
        so_far += demand.quantity
        if demand.cumulative != so_far:
            return False
    return bool(line.demands)


def _horizon(document: Forecast | CallOff) -> list[Segment]:
    """The times of day at which it begins and ends; the days are said already."""
    out: list[Segment] = []
    for qualifier, at in ((_STARTS, document.start), (_ENDS, document.end)):
        if at is not None and at % DAY:
            out += wire.dtm(qualifier, at)
    return out


def _named(line: ScheduleLine, *more: tuple[str, str]) -> tuple[str, ...]:
    return wire.goods(("BP", line.item), ("VP", line.supplier_item), ("PO", line.po), *more)


def _line_references(line: ScheduleLine) -> list[Segment]:
    out = wire.refer("DK", line.dock)
    if line.last_quantity is None and line.last_at is None:  # there will be no SHP to stand under
        out += wire.refer("SI", line.last_receipt)
    return out


def _authorised(line: ScheduleLine) -> list[Segment]:
    """Up to which day what is not firm may be produced, and its material bought."""
    out = []
    for commitment, code in AUTHORISED.items():
        days = [day(one.start) for one in line.demands if one.commitment == commitment]
        if days:
            last = last_until(line.demands, max(days))
            so_far = line.demands[last].cumulative if last is not None else None
            known = line.counted_from is not None and so_far is not None
            quantity = (wire.amount(so_far), "", wire.day(line.counted_from)) if known else ()
            out.append(seg("ATH", code, date(max(days)), *quantity))
    return out


def _demand(demand: Demand, quantity: Decimal) -> Segment:
    timed = ("002", wire.clock(demand.start)) if demand.start % DAY else ("", "")
    named = ("RE", demand.reference) if demand.reference else ()
    return seg(
        "FST", number(quantity), FIRM if demand.commitment == "firm" else PLANNED,
        BUCKETS[demand.bucket], date(demand.start), wire.day(demand.end), *timed, *named,
    )  # fmt: skip


def _received(line: ScheduleLine, at: Instant) -> list[Segment]:
    out = []
    since, last = line.counted_from, line.last_at
    if line.received is not None or since is not None:
        counted = (CUMULATIVE, number(line.received)) if line.received is not None else ("", "")
        began = ("051", wire.day(since), wire.clock(since)) if since is not None else ("",) * 3
        out.append(seg("SHP", *counted, *began, date(at) if line.received is not None else ""))
    if line.last_quantity is not None or last is not None:
        amount = line.last_quantity
        counted = (DISCRETE, number(amount)) if amount is not None else ("", "")
        when = ("050", wire.day(last), wire.clock(last)) if last is not None else ()
        out += [seg("SHP", *counted, *when), *wire.refer("SI", line.last_receipt)]
    return out


# --- reading --------------------------------------------------------------------------------------


def _read_forecast(segments: list[Segment], how: Reading) -> Forecast:
    begin = first(segments, "BFR", how)
    head, blocks, _ = grouped(segments, "LIN", _SUMMARY)
    lines, when = read_lines(segments, blocks, text(begin, 5) == "C", how), dates(how, head)
    at = when.get("097", instant(how, begin, 8))
    release = text(begin, 3)
    named = also(references(head, frozenset({_REPLACED})), "contract", text(begin, 10))
    return Forecast(
        partner=how.partner, sender=how.sender, number=text(begin, 2) or release,
        at=at if at is not None else how.at, parties=parties(head),
        references=also(named, "release", release if begin.has(2) else ""), note=described(head),
        po=text(begin, 11), replaces=reference(head, _REPLACED),
        start=when.get(_STARTS, instant(how, begin, 6)),
        end=when.get(_ENDS, instant(how, begin, 7)), lines=lines,
    )  # fmt: skip


def _read_call_off(segments: list[Segment], how: Reading) -> CallOff:
    begin = first(segments, "BSS", how)
    head, blocks, _ = grouped(segments, "LIN", _SUMMARY)
    lines, when = read_lines(segments, blocks, text(begin, 11) == "C", how), dates(how, head)
    at = when.get("097", instant(how, begin, 3))
    release = text(begin, 7)
    named = also(references(head), "contract", text(begin, 9))
    return CallOff(
        partner=how.partner, sender=how.sender, number=text(begin, 2) or release,
        at=at if at is not None else how.at, parties=parties(head),
        references=also(named, "release", release if release != text(begin, 2) else ""),
        note=described(head), po=text(begin, 10), forecast=text(begin, 8),
        start=when.get(_STARTS, instant(how, begin, 5)),
        end=when.get(_ENDS, instant(how, begin, 6)), lines=lines,
    )  # fmt: skip


MAPPINGS = (
    Mapping("830", "PS", Forecast, _write_forecast, _read_forecast),
    Mapping("862", "SS", CallOff, _write_call_off, _read_call_off),
)
