"""Instants and durations.

An `Instant` is a whole number of microseconds of plant time since 1970-01-01T00:00Z, a `Span` a
whole number of microseconds: integers, so that a saved plant goes on to the same microsecond and
a plan is the same bytes on every machine.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from simulator.core.errors import Mistake

Instant = int
Span = int

MILLISECOND: Span = 1_000
SECOND: Span = 1_000_000
MINUTE: Span = 60 * SECOND
HOUR: Span = 60 * MINUTE
DAY: Span = 24 * HOUR

_UNITS = {
    "us": 1, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY,
    "w": 7 * DAY,
}  # fmt: skip
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|min|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:us|ms|min|s|m|h|d|w)\s*)+")
DURATION = r"^(\d+(\.\d+)?(us|ms|min|s|m|h|d|w)\s*)+$"
"""The pattern of a duration in JSON Schemas."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LONGEST: Span = 3660 * DAY
EARLIEST: Instant = 0
LATEST: Instant = 32_503_680_000 * SECOND  # the year 3000, well inside what a datetime can hold


def parse_span(text: object) -> Span:
    """Read `45s`, `1h30m`, `500ms` or `2d` into microseconds.

    Raises Mistake for a number without a unit, an unknown unit, or more than ten years.
    """
    if isinstance(text, bool) or not isinstance(text, str):
        cure = f"write {text}s, {text}m or {text}h" if isinstance(text, int | float) else "like 45s"
        raise Mistake(f"a duration needs a unit, got {text!r}", cure=cure)
    compact = text.strip()
    if not _WHOLE.fullmatch(compact):
        if re.fullmatch(r"\d+(\.\d+)?", compact):
            raise Mistake(f"a duration needs a unit, got {text!r}", cure=f"write {compact}s")
        raise Mistake(f"not a duration: {text!r}", cure="write it like 45s, 1h30m, 500ms or 2d")
    parts = [float(number) * _UNITS[unit] for number, unit in _PART.findall(compact)]
    if sum(parts) > LONGEST:
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise Mistake(f"{shown!r} is longer than ten years", cure="use a shorter duration")
    return sum(map(round, parts))


def show_span(span: Span) -> str:
    """Write microseconds the way people write them in YAML: `1h30m`, `45s`, `2.5s`, `0s`."""
    if span < 0:
        return "-" + show_span(-span)
    parts = []
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        whole, span = divmod(span, size)
        if whole:
            parts.append(f"{whole}{unit}")
    if span % SECOND == 0:
        if span or not parts:
            parts.append(f"{span // SECOND}s")
    elif span < SECOND:
        parts.append(f"{span / MILLISECOND:.10g}ms")
    else:
        parts.append(f"{span / SECOND:.10g}s")
    return "".join(parts)


def _read_span(value: object) -> Span:
    try:
        return parse_span(value)
    except Mistake as mistake:
        raise ValueError(str(mistake)) from None


Duration = Annotated[
    int,
    BeforeValidator(_read_span),
    PlainSerializer(show_span, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["45s", "1h30m", "500ms"]}),
]
"""A duration as users write it (`45s`), microseconds once read. Whether it counts plant or wall
time is said by the field that uses it."""


def at_utc(moment: dt.datetime) -> Instant:
    """Turn an aware datetime into an Instant."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def to_datetime(instant: Instant, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    """Turn an Instant into an aware datetime in `zone`."""
    return (_EPOCH + dt.timedelta(microseconds=instant)).astimezone(zone)


def show_instant(instant: Instant) -> str:
    """Write an Instant as RFC 3339 in UTC, with milliseconds: `2026-03-02T06:00:00.000Z`."""
    return to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant // 1000 % 1000:03d}Z"


def parse_instant(text: object, zone: ZoneInfo) -> Instant:
    """Read `2026-03-02T06:00` (plant-local unless it carries an offset). Raises Mistake."""
    if isinstance(text, dt.datetime):
        moment = text
    else:
        try:
            moment = dt.datetime.fromisoformat(str(text))
        except ValueError:
            raise Mistake(
                f"not a moment: {text!r}", cure="write it like 2026-03-02T06:00"
            ) from None
    instant = at_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    if not EARLIEST <= instant < LATEST:
        raise Mistake(f"a moment before 1970 or after 2999: {text!r}", cure="check the year")
    return instant


def as_json(value: Any) -> Any:
    """Default for orjson: Decimal as int where whole, else float; sets sorted."""
    import decimal

    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
