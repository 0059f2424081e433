"""Shifts: when a plant works, in UTC instants.

A shift is written in plant-local wall time and computed with zoneinfo, so that a night shift on a
daylight-saving night has seven or nine hours. A moment that the clock jumps over is the jump
itself; a moment that happens twice is its first.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from simulator.core.durations import DAY, Instant, Span, at_utc, to_datetime
from simulator.core.errors import Mistake
from simulator.core.ports import Strict

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BLOCK = 28  # days computed at a time
_LONGEST = 3660  # days without any work, after which the calendar is a mistake
_FARTHEST = 36_600  # days that are ever looked ahead


def _wall_time(value: Any) -> dt.time:
    if isinstance(value, dt.time):
        return value
    try:
        return dt.time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a time of day is written like '06:00'") from None


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("a day is written like 2026-12-25") from None


WallTime = Annotated[dt.time, BeforeValidator(_wall_time, json_schema_input_type=str)]
Date = Annotated[dt.date, BeforeValidator(_date, json_schema_input_type=str)]


class Break(Strict):
    """A pause within a shift, plant-local wall time; `to` is not part of it."""

    from_: WallTime = Field(alias="from")
    to: WallTime


class Shift(Strict):
    """A weekly shift; one whose `to` is not after its `from` ends on the next day."""

    days: list[Day] = Field(min_length=1)
    from_: WallTime = Field(alias="from")
    to: WallTime
    breaks: list[Break] = Field(default_factory=list)


class CalendarModel(Strict):
    """Weekly shifts by name, and the days on which none of them starts."""

    shifts: dict[str, Shift] = Field(min_length=1)
    holidays: list[Date] = Field(default_factory=list)


class Calendar:
    """Working time as arithmetic: instants to working time and back. Immutable to its users."""

    def __init__(
        self, model: CalendarModel | None, zone: ZoneInfo, shifts: Collection[str] | None = None
    ) -> None:
        self._zone = zone
        self._holidays = frozenset(model.holidays) if model else frozenset()
        chosen = model.shifts if model else {}
        self._shifts = [one for name, one in chosen.items() if shifts is None or name in shifts]
        self.continuous = model is None
        last = max(self._holidays, default=dt.date(1970, 1, 1))
        self._last_holiday = self._at(last, dt.time(0))
        self._first = self._next = dt.date.min
        self._starts: list[Instant] = []
        self._ends: list[Instant] = []
        self._before: list[Span] = []  # working time before each interval
        self._known_until: Instant = -(2**62)
        self._known_from: Instant = 2**62

    def is_working(self, at: Instant) -> bool:
        """Is this instant inside a shift and outside its breaks?"""
        if self.continuous:
            return True
        self._cover(at, at)
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._ends[index]

    def next_change(self, at: Instant) -> Instant | None:
        """The first instant after `at` at which work starts or stops; None: it never does."""
        if self.continuous:
            return None
        self._cover(at, at)
        while True:
            index = bisect_right(self._ends, at)
            if index < len(self._starts):
                start, end = self._starts[index], self._ends[index]
                change = start if start > at else end
                if change < self._known_until:
                    return change
            if self._known_until > max(at, self._last_holiday) + 400 * DAY and self._starts:
                return None  # day and night, in so many shifts
            self._extend()

    def working(self, start: Instant, end: Instant) -> Span:
        """The working time between two instants."""
        if self.continuous:
            return max(end - start, 0)
        self._cover(start, end)
        return max(self._clocked(end) - self._clocked(start), 0)

    def after(self, start: Instant, work: Span) -> Instant:
        """The first instant by which so much working time has passed since `start`."""
        if work <= 0:
            return start
        if self.continuous:
            return start + work
        self._cover(start, start)
        wanted = self._clocked(start) + work
        while True:
            index = bisect_left(self._before, wanted) - 1
            if index >= 0:
                end = self._starts[index] + wanted - self._before[index]
                if end <= min(self._ends[index], self._known_until):
                    return end
            self._extend()

    def _clocked(self, at: Instant) -> Span:
        """Working time from the first known interval to `at`."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        return self._before[index] + min(at, self._ends[index]) - self._starts[index]

    def _cover(self, start: Instant, end: Instant) -> None:
        if start < self._known_from:
            self._first = self._next = to_datetime(start, self._zone).date() - dt.timedelta(days=3)
            self._starts, self._ends, self._before = [], [], []
            self._known_from = start
            self._known_until = start
        while self._known_until <= end:
            self._extend()

    def _extend(self) -> None:
        if not self._shifts or self._idle_days() > _LONGEST:
            cure = "give it a shift on a day that is not a holiday"
            raise Mistake("the calendar has no working time", cure=cure)
        if (self._next - self._first).days > _FARTHEST:
            cure = "give it longer shifts"
            raise Mistake("the calendar has too little working time", cure=cure)
        for _ in range(_BLOCK):
            for start, end in self._day(self._next):
                self._append(start, end)
            self._next += dt.timedelta(days=1)
        # A shift of the next day cannot start before its midnight.
        self._known_until = self._at(self._next, dt.time(0))

    def _idle_days(self) -> int:
        if not self._ends:
            return (self._next - self._first).days
        return (self._next - to_datetime(self._ends[-1], self._zone).date()).days

    def _append(self, start: Instant, end: Instant) -> None:
        while self._ends and start <= self._ends[-1]:  # shifts that touch or overlap are one
            start = min(start, self._starts.pop())
            end = max(end, self._ends.pop())
            self._before.pop()
        done = self._before[-1] + self._ends[-1] - self._starts[-1] if self._ends else 0
        self._starts.append(start)
        self._ends.append(end)
        self._before.append(done)

    def _day(self, day: dt.date) -> list[tuple[Instant, Instant]]:
        """The working intervals of the shifts that start on `day`, sorted."""
        if day in self._holidays:
            return []
        found: list[tuple[Instant, Instant]] = []
        for shift in self._shifts:
            if DAYS[day.weekday()] in shift.days:
                found += self._shift(day, shift)
        return sorted(found)

    def _shift(self, day: dt.date, shift: Shift) -> list[tuple[Instant, Instant]]:
        start = self._at(day, shift.from_)
        over = shift.to <= shift.from_
        end = self._at(day + dt.timedelta(days=over), shift.to)
        pauses = []
        for one in shift.breaks:
            late = over and one.from_ < shift.from_
            first = day + dt.timedelta(days=late)
            last = first + dt.timedelta(days=one.to <= one.from_)
            pauses.append((self._at(first, one.from_), self._at(last, one.to)))
        found = []
        for pause_start, pause_end in sorted(pauses):
            if pause_start > start:
                found.append((start, min(pause_start, end)))
            start = max(start, pause_end)
        if end > start:
            found.append((start, end))
        return [(a, b) for a, b in found if b > a]

    def _at(self, day: dt.date, time: dt.time) -> Instant:
        naive = dt.datetime.combine(day, time)
        instant = at_utc(naive.replace(tzinfo=self._zone))
        if to_datetime(instant, self._zone).replace(tzinfo=None) == naive:
            return instant
        # The clock jumps over this moment: find the jump, between the two readings of it.
        low, high = at_utc(naive.replace(tzinfo=self._zone, fold=1)), instant
        offset = to_datetime(low, self._zone).utcoffset()
        while high - low > 1:
            middle = (low + high) // 2
            if to_datetime(middle, self._zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        return high
