"""What expectations are judged on: a run's entries, its windows, and wall time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.core.durations import Instant
from simulator.core.journal import Journal
from simulator.core.match import Match
from simulator.scenario.expect import Window, Windowed

Entry = Mapping[str, Any]
Interval = tuple[Instant, Instant]  # from, to: plant time, the end left out

OPENING = ("fault.applied", "link.held")
CLOSING = ("fault.cleared", "link.released")


class Record(Protocol):
    """The entries of one run, which may be read as often as needed."""

    def entries(self, match: Match | None = None) -> Iterator[Entry]:
        """Those that match, oldest first."""


class ListRecord:
    """Entries at hand."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    def entries(self, match: Match | None = None) -> Iterator[Entry]:
        return (one for one in self._entries if match is None or match.hits(one))


class JournalRecord:
    """The entries of a journal above the number `after`."""

    def __init__(self, journal: Journal, after: int = 0) -> None:
        self._journal = journal
        self._after = after

    def entries(self, match: Match | None = None) -> Iterator[Entry]:
        return self._journal.entries(match, after=self._after)


@dataclass(frozen=True, slots=True)
class Frame:
    """When a run began and ended (plant time)."""

    origin: Instant
    end: Instant


def messages(wanted: Mapping[str, Any]) -> Match:
    """A match on messages, unless it names another kind or an event itself."""
    if "kind" in wanted or "event" in wanted:
        return Match(wanted)
    return Match({"kind": "message", **wanted})


def named_windows(name: str, record: Record, frame: Frame) -> list[Interval]:
    """While a fault (by kind or id), a hold, or what a step of this name did, was in force."""
    events = list(record.entries(Match({"kind": "event"})))
    faults, links = _done_by(name, events)
    found: list[Interval] = []
    open_since: dict[str, Instant] = {}
    for one in events:
        event = one.get("event")
        if event not in OPENING and event not in CLOSING:
            continue
        if str(event).startswith("fault."):
            mine = name in (one.get("fault"), one.get("fault_kind")) or one.get("fault") in faults
            subjects = [f"fault {one.get('fault')}"] if mine else []
        else:
            held = one.get("links") or []
            subjects = [f"link {link}" for link in held if name == "hold" or link in links]
        for subject in subjects:
            if event in OPENING:
                open_since.setdefault(subject, one["at"])
            elif subject in open_since:
                found.append((open_since.pop(subject), one["at"]))
    found += [(since, frame.end) for since in open_since.values()]
    return merged(found)


def _done_by(step: str, events: list[Entry]) -> tuple[set[str], set[str]]:
    """The ids of the faults that a step applied, and the names of the links that it held."""
    faults: set[str] = set()
    links: set[str] = set()
    for one in events:
        if one.get("event") == "step.done" and one.get("step") == step:
            detail = one.get("detail") or {}
            if isinstance(detail.get("fault"), dict):
                faults.add(detail["fault"].get("id"))
            links.update(detail.get("held") or [])
    return faults, links


def merged(intervals: list[Interval]) -> list[Interval]:
    """Intervals in order, those that touch or overlap made one."""
    out: list[Interval] = []
    for begin, end in sorted(intervals):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out


def windows(one: Windowed, record: Record, frame: Frame) -> list[Interval]:
    """The windows of plant time about which an expectation speaks; none where none ever opened."""
    if isinstance(one.during, Window):
        found = [(frame.origin + one.during.from_, frame.origin + one.during.to)]
    elif isinstance(one.during, str):
        found = named_windows(one.during, record, frame)
    else:
        found = [(frame.origin, frame.end + 1)]
    low = frame.origin + one.after if one.after is not None else None
    high = frame.origin + one.before if one.before is not None else None
    out = []
    for begin, end in found:
        begin = begin if low is None else max(begin, low)
        end = end if high is None else min(end, high)
        if begin < end or (begin == end and isinstance(one.during, str)):
            out.append((begin, end))
    return out


def inside(at: Instant, intervals: list[Interval]) -> bool:
    """Is a moment in one of the intervals?"""
    return any(begin <= at < end for begin, end in intervals)


class WallTime:
    """Plant time to wall time, as the run's entries tell, in straight lines between them."""

    def __init__(self, record: Record) -> None:
        self._plant: list[Instant] = []
        self._wall: list[float] = []
        for one in record.entries():
            if "wall" in one and (not self._plant or one["at"] >= self._plant[-1]):
                self._plant.append(one["at"])
                self._wall.append(one["wall"])

    def of(self, at: Instant) -> float | None:
        """Wall seconds since 1970 at a moment of plant time; None where nothing tells."""
        if not self._plant:
            return None
        right = bisect_right(self._plant, at)
        if right == 0:
            return self._wall[0]
        if right == len(self._plant):
            return self._wall[-1]
        left = right - 1
        share = (at - self._plant[left]) / max(self._plant[right] - self._plant[left], 1)
        return self._wall[left] + share * (self._wall[right] - self._wall[left])

    def length(self, intervals: list[Interval]) -> float | None:
        """How many wall seconds intervals of plant time took; None where nothing tells."""
        total = 0.0
        for begin, end in intervals:
            first, last = self.of(begin), self.of(end)
            if first is None or last is None:
                return None
            total += max(last - first, 0.0)
        return total
