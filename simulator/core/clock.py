"""The only source of time: plant time as a function of wall time.

`speed` is plant seconds per wall second; `MAX` means no waiting at all. Deadlines are absolute:
an event's wall moment is computed from an anchor, never by adding up sleeps, so that lateness does
not accumulate.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.core.durations import SECOND, Instant, Span
from simulator.core.errors import Mistake
from simulator.core.timer import monotonic

MAX = math.inf
FASTEST = 1_000_000.0


def parse_speed(value: object) -> float:
    """Read a speed: a positive number, or `max`. Raises Mistake."""
    if value == "max":
        return MAX
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise Mistake(f"not a speed: {value!r}", cure="a number above 0, or max")
    if value > FASTEST and value != MAX:
        raise Mistake(f"the speed {value!r} is above {FASTEST:.0f}", cure="use max")
    return float(value)


def show_speed(speed: float) -> str | float:
    """The inverse of `parse_speed`."""
    return "max" if speed == MAX else speed


class Clock:
    """Plant time. Starts paused at `start`; `resume` lets it run.

    In `MAX` speed plant time stands still until the conductor moves it with `reach`.
    """

    def __init__(
        self, start: Instant, speed: float = 1.0, wall: Callable[[], float] = monotonic
    ) -> None:
        self._wall = wall
        self._anchor_plant = start
        self._anchor_wall = wall()
        self.speed = speed
        self.paused = True

    def now(self) -> Instant:
        """Plant time now."""
        if self.paused or self.speed == MAX:
            return self._anchor_plant
        gone = self._wall() - self._anchor_wall
        return self._anchor_plant + int(gone * self.speed * SECOND)

    def wall_of(self, due: Instant) -> float | None:
        """The wall moment (monotonic seconds) at which plant time reaches `due`.

        None while the clock is paused. At MAX speed everything is due at once.
        """
        if self.paused:
            return None
        if self.speed == MAX:
            return self._anchor_wall
        return self._anchor_wall + (due - self._anchor_plant) / (self.speed * SECOND)

    def wall_span(self, span: Span) -> float:
        """How many wall seconds a span of plant time takes at the present speed."""
        return 0.0 if self.speed == MAX else span / (self.speed * SECOND)

    def plant_span(self, seconds: float) -> Span:
        """How much plant time passes in so many wall seconds at the present speed (MAX: none)."""
        return 0 if self.speed == MAX else round(seconds * self.speed * SECOND)

    def lateness(self, due: Instant) -> float:
        """Wall seconds by which `due` is overdue; 0 where time is not real."""
        if self.paused or self.speed == MAX:
            return 0.0
        at = self.wall_of(due)
        return 0.0 if at is None else max(self._wall() - at, 0.0)

    def pause(self) -> None:
        """Stop plant time."""
        self._anchor(self.now())
        self.paused = True

    def resume(self) -> None:
        """Let plant time run on from where it stands."""
        if self.paused:
            self._anchor(self._anchor_plant)
            self.paused = False

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on."""
        self._anchor(self.now())
        self.speed = speed

    def reach(self, instant: Instant) -> None:
        """Move plant time forward to `instant` (a step while paused, or any event at MAX)."""
        if instant > self.now():
            self._anchor(instant)

    def become(self, instant: Instant) -> None:
        """Jump to `instant`, forward or back: a plant was restored."""
        self._anchor(instant)

    def _anchor(self, plant: Instant) -> None:
        self._anchor_plant = plant
        self._anchor_wall = self._wall()
