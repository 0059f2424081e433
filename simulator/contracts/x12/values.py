"""Numbers, dates and times as X12 writes them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from simulator.core.durations import EARLIEST, LATEST, Instant, at_utc, to_datetime

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_MOST_DIGITS = 30


def number(value: Decimal | int) -> str:
    """A decimal number (type R): no zeros at the end, no exponent."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def as_number(text: str) -> Decimal | None:
    """Read a decimal number; None where it is none."""
    if not _NUMBER.fullmatch(text) or len(text) > _MOST_DIGITS:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def date(at: Instant) -> str:
    """CCYYMMDD, in UTC."""
    return to_datetime(at).strftime("%Y%m%d")


def time(at: Instant) -> str:
    """HHMM, or HHMMSS where there are seconds, in UTC."""
    moment = to_datetime(at)
    return moment.strftime("%H%M%S" if moment.second else "%H%M")


def as_instant(day: str, clock: str = "") -> Instant | None:
    """Read a date (CCYYMMDD, or YYMMDD as before 004010) and a time; None where there is no such.

    A year of two digits is 19YY from 70 on. A time is HHMM, HHMMSS, HHMMSSD or HHMMSSDD.
    """
    if not day.isascii() or not day.isdigit() or len(day) not in (6, 8):
        return None
    if len(day) == 6:
        day = ("19" if day >= "70" else "20") + day
    try:
        moment = dt.datetime(int(day[:4]), int(day[4:6]), int(day[6:8]), tzinfo=dt.UTC)
    except ValueError:
        return None
    at = at_utc(moment)
    if clock:
        after = as_clock(clock)
        if after is None:
            return None
        at += after
    return at if EARLIEST <= at < LATEST else None


def as_clock(text: str) -> int | None:
    """Read a time of day into microseconds since midnight; None where there is no such time."""
    if not text.isascii() or not text.isdigit() or not 4 <= len(text) <= 8 or len(text) == 5:
        return None
    hours, minutes, seconds = int(text[:2]), int(text[2:4]), int(text[4:6] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    parts = int((text[6:] + "00")[:2])
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + parts * 10_000
