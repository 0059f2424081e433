"""Conversions between what stands on the wire and what operations and results hold.

Each has two directions: `read` from the wire (raises ValueError with a sentence), `write` to it.
`schema` is the JSON Schema of the wire's side. Spans and Instants are whole microseconds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from simulator.core.durations import DAY, HOUR, MILLISECOND, MINUTE, SECOND, at_utc
from simulator.core.fields import number, read_moment, show_moment

_DATE = re.compile(r"/Date\((-?\d{1,14})([+-]\d{4})?\)/")
_SPAN = re.compile(
    r"P(?:(?P<d>\d{1,5})D)?(?:T(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,8}(?:\.\d{1,6})?)S)?)?"
)


@dataclass(frozen=True)
class Conversion:
    """One way of writing a value."""

    name: str
    meaning: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    schema: dict[str, Any]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is not a number")
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{str(value)[:40]!r} is not a number") from None
    if not found.is_finite():
        raise ValueError("is not a finite number")
    return found


def _integer(value: Any) -> int:
    found = _number(value)
    if found != found.to_integral_value() or abs(found) > 2**53:
        raise ValueError(f"{str(value)[:40]!r} is not a whole number")
    return int(found)


def _decimal_text(value: Any) -> str:
    return str(number(value)) if isinstance(value, Decimal) else str(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is not text")
    return str(value)


def _flag(value: Any) -> bool:
    if value in ("X", "x", True):
        return True
    if value in ("", " ", None, False):
        return False
    raise ValueError(f"{str(value)[:40]!r} is no flag: X is yes, empty is no")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError("is neither true nor false")


def _sap_date(value: Any) -> int:
    hit = _DATE.fullmatch(value) if isinstance(value, str) else None
    if hit:
        return int(hit[1]) * MILLISECOND  # an offset in it is for display only
    try:
        return read_moment(value if isinstance(value, str) else str(value))
    except ValueError:
        raise ValueError(f"{str(value)[:40]!r} is not /Date(ms)/ nor RFC 3339") from None


def _date(value: Any) -> int:
    try:
        day = dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{str(value)[:40]!r} is not a date like 2026-03-02") from None
    return at_utc(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))


def _span(value: Any) -> int:
    hit = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if not hit or not any(hit.groups()):
        raise ValueError(f"{str(value)[:40]!r} is not a duration like PT20H32M29S")
    parts = {name: Decimal(found or 0) for name, found in hit.groupdict().items()}
    units = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
    return int(sum(parts[name] * unit for name, unit in units.items()))


def _show_span(value: int) -> str:
    hours, rest = divmod(value, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest / SECOND:09.6f}".rstrip("0").rstrip(".")
    return f"PT{hours:02d}H{minutes:02d}M{seconds}S"


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    if len(text) < 2 or not text[0] == text[-1] == "'":
        raise ValueError(f"{text[:40]!r} stands in single quotes: '1000000'")
    return text[1:-1].replace("''", "'")


def _etag(value: Any) -> int | None:
    text = str(value).strip().removeprefix("W/")
    if text == "*":
        return None
    inner = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else ""
    return int(inner) if inner.isascii() and inner.isdigit() and len(inner) < 16 else 0


def _string(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


_ALL = (
    Conversion("text", "text; a number is read as its digits", _text, str, _string()),
    Conversion(
        "number", "a JSON number; text with a number is read too", _number, number,
        {"type": ["number", "string"]},
    ),
    Conversion(
        "decimal-text", "a number as text: \"500\"; a JSON number is read too", _number,
        _decimal_text, {"type": ["string", "number"]},
    ),
    Conversion(
        "integer", "a whole number; text with one is read too", _integer, int,
        {"type": ["integer", "string"]},
    ),
    Conversion(
        "integer-text", "a whole number as text", _integer, str, {"type": ["string", "integer"]}
    ),
    Conversion(
        "flag", 'yes is "X", no is ""', _flag, lambda value: "X" if value else "",
        {"enum": ["X", "x", "", " ", True, False, None]},
    ),
    Conversion("boolean", "true or false", _boolean, bool, {"type": ["boolean", "string"]}),
    Conversion(
        "sap-date", "/Date(1772431200000)/, milliseconds since 1970 UTC; RFC 3339 is read too",
        _sap_date, lambda value: f"/Date({value // MILLISECOND})/", _string(),
    ),
    Conversion(
        "moment", "RFC 3339 with an offset; written in UTC", read_moment, show_moment,
        _string(format="date-time"),
    ),
    Conversion(
        "date", "2026-03-02: midnight UTC", _date, lambda value: show_moment(value)[:10],
        _string(format="date"),
    ),
    Conversion("iso-duration", "a span: PT20H32M29S", _span, _show_span, _string()),
    Conversion(
        "quoted", "text in single quotes, as in OData keys: '1000000'", _quoted,
        lambda value: "'" + str(value).replace("'", "''") + "'", _string(),
    ),
    Conversion("etag", "a version as an entity tag", _etag, lambda v: f'W/"{v}"', _string()),
    Conversion(
        "url", "text made safe for a URL; only written",
        lambda value: value, lambda value: quote(str(value), safe=""), _string(),
    ),
)  # fmt: skip

CONVERSIONS: dict[str, Conversion] = {one.name: one for one in _ALL}
"""Name -> conversion."""
