"""Signals of free-form tags: what a tag shows at an instant of plant time.

The course of a signal is a function of plant time; noise, spikes and dips are drawn from the tag's
own stream of chance, one sample after the other.
"""

from __future__ import annotations

import bisect
import csv
import math
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, model_validator

from simulator.core.chance import Stream
from simulator.core.durations import SECOND, Duration, Span, parse_instant
from simulator.core.errors import Mistake
from simulator.core.ports import Strict
from simulator.core.yamlfile import inside

Shown = bool | int | float | str | list[Any]
_UTC = ZoneInfo("UTC")
MOST_ROWS = 1_000_000  # of a recording
Probability = Annotated[float, Field(ge=0, le=1)]


class Ramp(Strict):
    """From one value to another in so much time; then it stays, begins anew or goes back."""

    begin: float = Field(0, alias="from")
    end: float = Field(alias="to")
    over: Duration = Field(gt=0)
    then: Literal["stay", "again", "back"] = "again"

    def at(self, gone: Span) -> float:
        """The value after so much plant time."""
        turns, part = divmod(gone, self.over)
        if self.then == "stay" and turns:
            part = self.over
        elif self.then == "back" and turns % 2:
            part = self.over - part
        return self.begin + (self.end - self.begin) * part / self.over


class Sine(Strict):
    """Up and down around a mean."""

    mean: float = 0
    amplitude: float = 1
    period: Duration = Field(gt=0)
    phase: float = Field(0, description="of a turn: 0.25 begins at the top")

    def at(self, gone: Span) -> float:
        """The value after so much plant time."""
        turn = (gone % self.period) / self.period + self.phase
        return self.mean + self.amplitude * math.sin(2 * math.pi * turn)


class Steps(Strict):
    """One value after the other, each for so long, and then again from the first."""

    values: list[Shown] = Field(min_length=1)
    each: Duration = Field(gt=0)

    def at(self, gone: Span) -> Shown:
        """The value after so much plant time."""
        return self.values[gone // self.each % len(self.values)]


class Trend(Strict):
    """Rises (or falls) for ever by so much in each span, within bounds."""

    begin: float = Field(0, alias="from")
    change: float
    per: Duration = Field(gt=0)
    least: float | None = None
    most: float | None = None

    def at(self, gone: Span) -> float:
        """The value after so much plant time."""
        value = self.begin + self.change * gone / self.per
        if self.least is not None:
            value = max(value, self.least)
        return value if self.most is None else min(value, self.most)


class Count(Strict):
    """Counts up by one step in each span; beyond `most` it begins anew, as counters roll over."""

    begin: int = Field(0, alias="from")
    step: int = 1
    each: Duration = Field(gt=0)
    most: int | None = None

    def at(self, gone: Span) -> int:
        """The value after so much plant time."""
        value = self.begin + self.step * (gone // self.each)
        if self.most is None:
            return value
        return self.begin + (value - self.begin) % (self.most - self.begin + 1)


class Uniform(Strict):
    """Anything between two values, anew at each sample."""

    low: float
    high: float


class Recording(Strict):
    """Rows of a CSV file under payloads/, played back with their own pacing.

    The time column holds seconds from the first row, or moments (ISO 8601).
    """

    csv: str
    value: str = Field(description="the column with the value")
    time: str = Field("time", description="the column with seconds, or moments")
    again: bool = Field(True, description="from the first row once the last was shown")
    rows: list[tuple[Span, Shown]] = Field(default_factory=list, exclude=True)

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Recording:
        payloads = (info.context or {}).get("payloads")
        if not self.rows and payloads is not None:
            object.__setattr__(self, "rows", read_recording(inside(payloads, self.csv), self))
        return self

    @cached_property
    def _starts(self) -> list[Span]:
        return [at for at, _ in self.rows]

    def at(self, gone: Span) -> Shown:
        """The value after so much plant time: that of the last row which was due."""
        length = self.rows[-1][0] + (self.rows[-1][0] - self.rows[-2][0] if self.rows[1:] else 0)
        if self.again and length:
            gone %= length
        return self.rows[max(bisect.bisect_right(self._starts, gone) - 1, 0)][1]


def read_recording(path: Path, how: Recording) -> list[tuple[Span, Shown]]:
    """The rows of a CSV file. Raises Mistake that names the line."""
    rows: list[tuple[Span, Shown]] = []
    first: Span | None = None
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            for row in reader:
                where = f"{path.name}:{reader.line_num}"
                if missing := [one for one in (how.time, how.value) if row.get(one) is None]:
                    known = ", ".join(reader.fieldnames or ())
                    raise Mistake(f"{where}: no column {missing[0]!r}", cure=f"it has: {known}")
                at = _seconds(row[how.time], where)
                first = at if first is None else first
                if rows and at - first < rows[-1][0]:
                    raise Mistake(f"{where}: goes back in time", cure="sort the rows by time")
                rows.append((at - first, _typed(row[how.value])))
                if len(rows) > MOST_ROWS:
                    raise Mistake(f"{path.name} has more than {MOST_ROWS} rows")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Mistake(f"the recording {path.name} cannot be read: {error}") from None
    if not rows:
        raise Mistake(f"the recording {path.name} has no rows")
    return rows


def _seconds(text: str, where: str) -> Span:
    try:
        return round(float(text) * SECOND)
    except ValueError:
        pass
    try:
        return parse_instant(text, _UTC)
    except (Mistake, ValueError):
        raise Mistake(f"{where}: {text!r} is neither seconds nor a moment") from None


def _typed(text: str) -> Shown:
    if text in ("true", "false", "True", "False"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


class Excursion(Strict):
    """A sample that leaves the course: a spike, or a dip."""

    probability: Probability = 0.01
    by: float | None = Field(None, description="added to the value")
    to: float | None = Field(None, description="the value itself")

    @model_validator(mode="after")
    def _one(self) -> Excursion:
        if (self.by is None) == (self.to is None):
            raise ValueError("give either `by` or `to`")
        return self


KINDS = ("constant", "ramp", "sine", "steps", "trend", "count", "uniform", "recording")


class Signal(Strict):
    """The course of one tag: exactly one kind, and what comes on top of it."""

    constant: Shown | None = None
    ramp: Ramp | None = None
    sine: Sine | None = None
    steps: Steps | None = None
    trend: Trend | None = None
    count: Count | None = None
    uniform: Uniform | None = None
    recording: Recording | None = None
    noise: float = Field(0, ge=0, description="standard deviation of what is added")
    spike: Excursion | None = None
    dip: Excursion | None = None

    @model_validator(mode="after")
    def _one(self) -> Signal:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("name exactly one of " + ", ".join(KINDS))
        return self

    @property
    def moves(self) -> bool:
        """Does it ever show anything else than at first?"""
        return self.constant is None or bool(self.noise or self.spike or self.dip)

    @cached_property
    def _course(self) -> Ramp | Sine | Steps | Trend | Count | Recording | None:
        courses = (self.ramp, self.sine, self.steps, self.trend, self.count, self.recording)
        return next((one for one in courses if one is not None), None)

    def plain(self, gone: Span) -> Shown:
        """The value after so much plant time, if chance had no part in it."""
        if self._course is not None:
            return self._course.at(gone)
        if self.uniform is not None:
            return self.uniform.low
        assert self.constant is not None
        return self.constant

    def at(self, gone: Span, stream: Stream) -> Shown:
        """The value after so much plant time, with one sample's chance."""
        value = self.plain(gone)
        if self.uniform is not None:
            value = stream.between(self.uniform.low, self.uniform.high)
        if isinstance(value, str | list | bool):
            return value
        if self.noise:
            value += stream.normal(0, self.noise)
        for excursion in (self.spike, self.dip):
            if excursion is not None and stream.happens(excursion.probability):
                value = value + excursion.by if excursion.by is not None else excursion.to or 0.0
        return value


def shown_as(value: Shown, kind: str) -> Shown:
    """A value as a tag of this type shows it: within its range, whole where it must be."""
    if isinstance(value, list):
        return [shown_as(one, kind) for one in value]
    if kind == "Boolean":
        return bool(value)
    if kind in ("Float", "Double"):
        return float(value)
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        return min(max(round(float(value)) if isinstance(value, float) else int(value), low), high)
    return value if isinstance(value, str) else str(value)


BOUNDS = {
    "SByte": (-(2**7), 2**7 - 1), "Byte": (0, 2**8 - 1), "Int16": (-(2**15), 2**15 - 1),
    "UInt16": (0, 2**16 - 1), "Int32": (-(2**31), 2**31 - 1), "UInt32": (0, 2**32 - 1),
    "Int64": (-(2**63), 2**63 - 1), "UInt64": (0, 2**64 - 1), "DateTime": (0, 2**62),
}  # fmt: skip
"""The least and the greatest of each whole type; a DateTime is an Instant."""
