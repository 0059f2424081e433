"""Judging expectations: a pure function of a run's entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from simulator.core.durations import show_span
from simulator.core.match import Match
from simulator.scenario.expect import Count, Each, Expectation, Never, Rate, Windowed
from simulator.scenario.leads import judge_each
from simulator.scenario.near import Want, find_near
from simulator.scenario.record import (
    Frame,
    Interval,
    Record,
    WallTime,
    inside,
    messages,
    windows,
)
from simulator.scenario.show import plural, show_entry, show_keys
from simulator.scenario.verdict import Outcome

Entry = Mapping[str, Any]
SHOWN = 5


def judge(one: Expectation, record: Record, frame: Frame) -> Outcome:
    """What came of an expectation that is about messages (`ask` is judged when it is asked)."""
    if isinstance(one, Each):
        intervals = windows(one, record, frame)
        if not intervals and not one.optional:
            return _no_window(one)
        return judge_each(one, record, frame, intervals)
    if isinstance(one, Count):
        return _count(one, record, frame)
    assert isinstance(one, Never)
    return _never(one, record, frame)


def _no_window(one: Windowed) -> Outcome:
    reason = f"the window never opened: {one.during!r} was never in force"
    return Outcome(one.title, one.form, False, reason)


def _hits(wanted: Mapping[str, Any], record: Record, intervals: list[Interval]) -> list[Entry]:
    match = messages(wanted)
    return [one for one in record.entries(match) if inside(one["at"], intervals)]


def _never(one: Never, record: Record, frame: Frame) -> Outcome:
    intervals = windows(one, record, frame)
    if not intervals:
        return _no_window(one)
    hits = _hits(one.never, record, intervals)
    numbers: dict[str, float | int] = {"messages": len(hits)}
    if not hits:
        return Outcome(one.title, one.form, True, "none came", numbers=numbers)
    return Outcome(
        one.title,
        one.form,
        False,
        f"{plural(len(hits), 'message')} came, wanted none of {Match(one.never)}",
        _listed(hits, frame),
        [int(hit["seq"]) for hit in hits[:SHOWN]],
        numbers,
    )


def _count(one: Count, record: Record, frame: Frame) -> Outcome:
    intervals = windows(one, record, frame)
    if not intervals:
        return _no_window(one)
    hits = _hits(one.of, record, intervals)
    outcome = Outcome(one.title, one.form, True, "", numbers={"messages": len(hits)})
    length = _wall_length(one, record, intervals, outcome)
    if length is None:
        return outcome
    shown = plural(len(hits), "message")
    if one.rates:
        shown += f" in {length:.3g} s of wall time ({len(hits) / length:.3g}/s)"
    too_many = _exceeds(len(hits), one.at_most, length)
    too_few = one.at_least is not None and not _reaches(len(hits), one.at_least, length)
    if one.exact is not None:
        too_many, too_few = len(hits) > one.exact, len(hits) < one.exact
    worst, burst = _burst(one, hits)
    outcome.kept = not (too_many or too_few or burst)
    outcome.reason = shown if outcome.kept else f"{shown}, wanted {one.wanted()}"
    if worst is not None:
        outcome.numbers["burst"] = len(worst)
        if burst:
            outcome.reason += f"; {plural(len(worst), 'message')} at once"
            outcome.evidence = ["the densest stretch:", *_listed(worst, frame)]
            outcome.entries = [int(hit["seq"]) for hit in worst[:SHOWN]]
    if too_many and not burst:
        outcome.evidence = _surplus(hits, one.exact, frame)
        outcome.entries = [int(hit["seq"]) for hit in hits[:SHOWN]]
    if too_few:
        outcome.evidence = _missing(one.of, hits, record, frame, intervals)
    return outcome


def _wall_length(
    one: Count, record: Record, intervals: list[Interval], outcome: Outcome
) -> float | None:
    """Wall seconds of the windows, at least one unit of the rate; None where it is not known."""
    if not one.rates:
        return 0.0
    length = WallTime(record).length(intervals)
    if length is None:
        outcome.kept = False
        outcome.reason = "a rate needs wall time, and these entries carry none"
        return None
    outcome.numbers["wall_seconds"] = round(length, 3)
    return max(length, *(rate.unit for rate in one.rates))


def _exceeds(number: int, bound: int | Rate | None, length: float) -> bool:
    if bound is None:
        return False
    return number > (bound.per_second * length if isinstance(bound, Rate) else bound)


def _reaches(number: int, bound: int | Rate, length: float) -> bool:
    return number >= (bound.per_second * length if isinstance(bound, Rate) else bound)


def _burst(one: Count, hits: list[Entry]) -> tuple[list[Entry] | None, bool]:
    """The most messages in any one unit of wall time, and whether they are too many."""
    if one.burst is None or not isinstance(one.at_most, Rate):
        return None, False
    timed = sorted((hit for hit in hits if "wall" in hit), key=lambda hit: float(hit["wall"]))
    best: list[Entry] = []
    first = 0
    for last, hit in enumerate(timed):
        while hit["wall"] - timed[first]["wall"] >= one.at_most.unit:
            first += 1
        if last - first + 1 > len(best):
            best = timed[first : last + 1]
    return best, len(best) > one.burst


def _surplus(hits: list[Entry], exact: int | None, frame: Frame) -> list[str]:
    """Which messages are too many: the doubled ones where there are such, else the last."""
    by_keys = Counter(_identity(hit) for hit in hits)
    doubled = [hit for hit in hits if hit.get("keys") and by_keys[_identity(hit)] > 1]
    if doubled:
        what = f"{plural(len(doubled), 'message')} came more than once with the same keys:"
        return [what, *_listed(doubled, frame)]
    return _listed(hits[exact:] if exact else hits, frame)


def _identity(entry: Entry) -> str:
    return f"{entry.get('endpoint')} {entry.get('operation') or entry.get('document')} " + (
        show_keys(entry)
    )


def _missing(
    wanted: Mapping[str, Any],
    hits: list[Entry],
    record: Record,
    frame: Frame,
    intervals: list[Interval],
) -> list[str]:
    def outside(entry: Entry) -> list[str]:
        return [] if inside(entry["at"], intervals) else ["it came outside the window"]

    want = Want(messages(wanted), outside, frozenset(int(hit["seq"]) for hit in hits))
    find_near(record, [want], most=3)
    lines = []
    for _, _, entry, words in want.best:
        lines += [f"nearly: {show_entry(entry, frame.origin)}", f"  but {'; '.join(words)}"]
    return lines or [f"no message came near {Match(wanted)}"]


def _listed(entries: list[Entry], frame: Frame) -> list[str]:
    lines = [show_entry(one, frame.origin) for one in entries[:SHOWN]]
    if len(entries) > SHOWN:
        lines.append(f"… and {len(entries) - SHOWN} more")
    return lines


def show_window(intervals: list[Interval], frame: Frame) -> str:
    """`10m to 30m`, for people."""
    return ", ".join(
        f"{show_span(begin - frame.origin)} to {show_span(end - frame.origin)}"
        for begin, end in intervals
    )
