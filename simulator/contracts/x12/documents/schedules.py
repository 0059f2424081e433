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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._lines import also
from simulator.contracts.x12.documents._read import (
    check_totals,
    dates,
    described,
    first,
    goods,
    grouped,
    instant,
    number_of,
    numbers,
    parties,
    quantity,
    reference,
    references,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import as_clock, date, number
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import (
    Bucket,
    CallOff,
    Commitment,
    Demand,
    Forecast,
    ScheduleLine,
)

_FIRM, _PLANNED = "C", "D"
_FIRMS = frozenset({"A", "C", "H", "Q", "V"})
"""Element 680: these bind; any other is planning."""
_BUCKETS: dict[Bucket, str] = {
    "discrete": "D", "daily": "C", "weekly": "W", "monthly": "M", "quarterly": "Q",
    "flexible": "F",
}  # fmt: skip
_BUCKET_OF: dict[str, Bucket] = {theirs: ours for ours, theirs in _BUCKETS.items()} | {
    "A": "weekly",
}  # fmt: skip
"""Element 681."""
_AUTHORISED: dict[Commitment, str] = {"production": "FI", "material": "MT"}
"""Element 672."""
_DISCRETE, _CUMULATIVE = "01", "02"
_CUMULATIVES = frozenset({"02", "07", "08", "09", "10"})
"""Element 673."""
_SHIPMENTS = ("SI", "PK", "BM")
_REPLACED = "F8"
_STARTS, _ENDS, _BY = "196", "197", "063"
_SUMMARY = frozenset({"CTT"})
_ZERO = Decimal(0)


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
                out.append(seg("QTY", _CUMULATIVE, number(demand.cumulative)))
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
                out += wire.dtm(_BY, demand.end)
        out += _received(line, call.at)
    return [*out, wire.totals(len(call.lines), counted)]


def _days(call: CallOff) -> Iterator[Instant]:
    return (demand.start for line in call.lines for demand in line.demands)


def _adds_up(line: ScheduleLine) -> bool:
    """Do all its demands say cumulative quantities, each the one before it and its own?"""
    so_far = line.received or _ZERO
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
    for commitment, code in _AUTHORISED.items():
        days = [_day(one.start) for one in line.demands if one.commitment == commitment]
        if days:
            last = _last_until(line.demands, max(days))
            so_far = line.demands[last].cumulative if last is not None else None
            known = line.counted_from is not None and so_far is not None
            quantity = (wire.amount(so_far), "", wire.day(line.counted_from)) if known else ()
            out.append(seg("ATH", code, date(max(days)), *quantity))
    return out


def _day(at: Instant) -> Instant:
    return at - at % DAY


def _last_until(demands: Sequence[Demand], day: Instant) -> int | None:
    """Which demand is the last that starts until the end of a day."""
    until = [place for place, one in enumerate(demands) if _day(one.start) <= day]
    return max(until, key=lambda place: (demands[place].start, place), default=None)


def _demand(demand: Demand, quantity: Decimal) -> Segment:
    timed = ("002", wire.clock(demand.start)) if demand.start % DAY else ("", "")
    named = ("RE", demand.reference) if demand.reference else ()
    return seg(
        "FST", number(quantity), _FIRM if demand.commitment == "firm" else _PLANNED,
        _BUCKETS[demand.bucket], date(demand.start), wire.day(demand.end), *timed, *named,
    )  # fmt: skip


def _received(line: ScheduleLine, at: Instant) -> list[Segment]:
    out = []
    since, last = line.counted_from, line.last_at
    if line.received is not None or since is not None:
        counted = (_CUMULATIVE, number(line.received)) if line.received is not None else ("", "")
        began = ("051", wire.day(since), wire.clock(since)) if since is not None else ("",) * 3
        out.append(seg("SHP", *counted, *began, date(at) if line.received is not None else ""))
    if line.last_quantity is not None or last is not None:
        amount = line.last_quantity
        counted = (_DISCRETE, number(amount)) if amount is not None else ("", "")
        when = ("050", wire.day(last), wire.clock(last)) if last is not None else ()
        out += [seg("SHP", *counted, *when), *wire.refer("SI", line.last_receipt)]
    return out


# --- reading --------------------------------------------------------------------------------------


def _read_forecast(segments: list[Segment], how: Reading) -> Forecast:
    begin = first(segments, "BFR", how)
    head, blocks, _ = grouped(segments, "LIN", _SUMMARY)
    lines, when = _lines(segments, blocks, text(begin, 5) == "C", how), dates(how, head)
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
    lines, when = _lines(segments, blocks, text(begin, 11) == "C", how), dates(how, head)
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


def _lines(
    segments: Sequence[Segment], blocks: Iterable[list[Segment]], cumulative: bool, how: Reading
) -> list[ScheduleLine]:
    lines = [_read_line(block, cumulative, how) for block in blocks]
    said = [text(one, 1) for one in segments if one.tag == "FST"]
    check_totals(how, segments, len(lines), said)
    return lines


@dataclass(slots=True)
class _Count:
    """What the buyer has received, and what it received last."""

    received: Decimal | None = None
    since: Instant | None = None
    receipt: str = ""
    quantity: Decimal | None = None
    at: Instant | None = None
    known: bool = False  # the last receipt was said


def _read_line(block: list[Segment], cumulative: bool, how: Reading) -> ScheduleLine:
    head, wanted, shipped = _parts(block)
    named = goods(block[0], 2)
    item, supplier_item, _ = numbers(named)
    counted = _counted(shipped, how)
    authorised = [one for one in head if one.tag == "ATH"]
    before = next((number_of(how, one, 3) for one in authorised if text(one, 1) == "PQ"), None)
    so_far = next((one for one in (before, counted.received) if one is not None), _ZERO)
    demands: list[Demand] = []
    for group in wanted:
        for one in _read_demands(group, how):
            if cumulative:
                one = one.model_copy(
                    update={"cumulative": one.quantity, "quantity": one.quantity - so_far}
                )
                so_far = one.cumulative or _ZERO
            demands.append(one)
    since = next((at for one in authorised if (at := instant(how, one, 5)) is not None), None)
    return ScheduleLine(
        line=text(block[0], 1), item=item or next(iter(named.values()), ""),
        supplier_item=supplier_item, description=described(head) or named.get("PD", ""),
        unit=next((unit(how, one, 1) for one in head if one.tag == "UIT"), "pcs"),
        po=named.get("PO", reference(head, "PO")), dock=reference(head, "DK"),
        demands=_with_authority(demands, authorised, how), received=counted.received,
        counted_from=since if counted.since is None else counted.since,
        last_receipt=counted.receipt or reference(head, *_SHIPMENTS),
        last_quantity=counted.quantity, last_at=counted.at,
    )  # fmt: skip


def _parts(
    block: Iterable[Segment],
) -> tuple[list[Segment], list[list[Segment]], list[list[Segment]]]:
    """What stands at the line itself, below each FST, and below each SHP."""
    head: list[Segment] = []
    wanted: list[list[Segment]] = []
    shipped: list[list[Segment]] = []
    into = head
    for one in block:
        if one.tag in ("FST", "SHP"):
            into = []
            (wanted if one.tag == "FST" else shipped).append(into)
        elif one.tag in ("SDP", "ATH", "TD1", "TD3", "TD5"):
            into = head
        into.append(one)
    return head, wanted, shipped


def _read_demands(group: list[Segment], how: Reading) -> Iterator[Demand]:
    """What one FST wants: at its own moment, or at each of those of the day (JIT)."""
    said, when = group[0], dates(how, group)
    start = instant(how, said, 4, 7)
    if not said.has(7):
        start = next((when[one] for one in ("064", "002", "010") if one in when), start)
    whole = Demand(
        quantity=quantity(how, said, 1),
        commitment="firm" if text(said, 2) in _FIRMS else "planned",
        bucket=_BUCKET_OF.get(text(said, 3), "discrete"), start=how.at if start is None else start,
        end=when.get(_BY, instant(how, said, 5)), reference=text(said, 9),
        cumulative=next((number_of(how, one, 2) for one in group
                         if one.tag == "QTY" and text(one, 1) in _CUMULATIVES), None),
    )  # fmt: skip
    before, times, _ = grouped(group, "JIT")
    if not times:
        yield whole.model_copy(update={"reference": whole.reference or _first_reference(before)})
    for time, *below in times:
        at = as_clock(text(time, 2))
        yield whole.model_copy(
            update={
                "quantity": quantity(how, time, 1),
                "start": _day(whole.start) + at if at is not None else whole.start,
                "reference": _first_reference(below) or whole.reference,
            }
        )


def _first_reference(segments: Iterable[Segment]) -> str:
    return next((text(one, 2) for one in segments if one.tag == "REF"), "")


def _with_authority(
    demands: list[Demand], authorised: Iterable[Segment], how: Reading
) -> list[Demand]:
    """Demands with what ATH says of them: how far they bind, and a cumulative quantity."""
    until: dict[str, Instant] = {}
    for one in authorised:
        day, so_far = instant(how, one, 2), number_of(how, one, 3)
        if day is None:
            continue
        until[text(one, 1)] = max(day, until.get(text(one, 1), 0))
        last = _last_until(demands, day)
        if so_far is not None and last is not None and demands[last].cumulative is None:
            demands[last] = demands[last].model_copy(update={"cumulative": so_far})
    return [_bound(one, until) for one in demands]


def _bound(demand: Demand, until: dict[str, Instant]) -> Demand:
    if demand.commitment == "planned":
        for commitment, code in _AUTHORISED.items():
            if code in until and _day(demand.start) <= until[code]:
                return demand.model_copy(update={"commitment": commitment})
    return demand


def _counted(shipped: Iterable[list[Segment]], how: Reading) -> _Count:
    found = _Count()
    for one, *below in shipped:
        kind, value, at = text(one, 1), number_of(how, one, 2), instant(how, one, 4, 5)
        if kind in _CUMULATIVES or (not kind and text(one, 3) == "051"):
            if found.received is None:
                found.received, found.since = value, at
        elif not found.known:
            found.known = True
            found.quantity, found.at = value, at
            found.receipt = reference(below, *_SHIPMENTS) or _first_reference(below)
    return found


MAPPINGS = (
    Mapping("830", "PS", Forecast, _write_forecast, _read_forecast),
    Mapping("862", "SS", CallOff, _write_call_off, _read_call_off),
)
