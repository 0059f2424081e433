"""Numbers and dates as UN/EDIFACT writes them. Wire dates and times are UTC."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

from simulator.contracts.edifact.segments import Segment, seg
from simulator.core.durations import EARLIEST, LATEST, Instant, at_utc, to_datetime
from simulator.plant.trading.partners import PartnerProfile

DATE, MINUTES, SECONDS = "102", "203", "204"
"""Formats (2379) of a date: CCYYMMDD, CCYYMMDDHHMM, CCYYMMDDHHMMSS."""
FORMATS: dict[str, tuple[str, ...]] = {
    "2": ("%d%m%y",), "3": ("%m%d%y",), "4": ("%d%m%Y",), "101": ("%y%m%d",), "102": ("%Y%m%d",),
    "201": ("%y%m%d%H%M",), "202": ("%y%m%d%H%M%S",), "203": ("%Y%m%d%H%M",),
    "204": ("%Y%m%d%H%M%S",), "401": ("%H%M",), "402": ("%H%M%S",), "609": ("%y%m",),
    "610": ("%Y%m",), "718": ("%Y%m%d", "%Y%m%d"), "719": ("%Y%m%d%H%M", "%Y%m%d%H%M"),
}  # fmt: skip
"""Formats that are checked and read; two of them in a row are a period."""
OTHER_FORMATS = frozenset(
    str(one)
    for some in (
        range(5, 12), range(101, 120), range(201, 208), range(301, 307), range(401, 415),
        range(501, 504), range(600, 624), range(701, 720), range(801, 815),
    )
    for one in some
) | {"ZZZ"}  # fmt: skip
"""Formats that exist and are taken as they are."""
_LENGTHS = {"%d": 2, "%m": 2, "%y": 2, "%Y": 4, "%H": 2, "%M": 2, "%S": 2}


def number(value: Decimal | int, profile: PartnerProfile) -> str:
    """A number with the profile's decimal mark, no exponent, no needless zeros."""
    text = format(Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", profile.delimiters.decimal or ".")


def as_number(text: str) -> Decimal | None:
    """The number that a text is, its decimal mark a point or a comma; None where it is none."""
    if len(text) > 35 or not text.strip("-").replace(",", "").replace(".", "").isdecimal():
        return None
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def when(instant: Instant, form: str = DATE) -> str:
    """A moment in one of FORMATS, UTC; a period's format gives the same moment twice."""
    moment = to_datetime(instant)
    return "".join(moment.strftime(one) for one in FORMATS[form])


def dated(qualifier: str, instant: Instant, form: str = DATE) -> Segment:
    """A DTM: its qualifier (2005), the moment, and the format."""
    return seg("DTM", [qualifier, when(instant, form), form])


def as_instant(text: str, form: str) -> Instant | None:
    """The moment that a text is in a format (2379); of a period its start. None where it is none.

    A day alone begins at midnight UTC. Hours of 24 and seconds of 60 are no times.
    """
    moments = as_period(text, form)
    return moments[0] if moments and moments[0] >= EARLIEST else None


def as_period(text: str, form: str) -> tuple[Instant, Instant] | None:
    """Start and end of a period, or one moment twice; None where the text is neither.

    None too for what plant time does not reach: there is such a date, and nobody can use it.
    """
    moments = [at_utc(one) for one in _moments(text, form)]
    if form not in ("401", "402") and not all(EARLIEST <= one < LATEST for one in moments):
        return None
    return (moments[0], moments[-1]) if moments else None


def is_date(text: str, form: str) -> bool:
    """Is a text what its format (2379, one of FORMATS) says, of whatever year?"""
    return bool(_moments(text, form))


def _moments(text: str, form: str) -> list[dt.datetime]:
    """The moments that a text says, two for a period; none where it is not in this format."""
    patterns = FORMATS.get(form)
    if form in ("718", "719"):
        text = text.replace("-", "", 1)  # partners write one between the two
    if patterns is None or not text.isdecimal() or not text.isascii():
        return []
    found: list[dt.datetime] = []
    start = 0
    for pattern in patterns:
        width = sum(size for mark, size in _LENGTHS.items() if mark in pattern)
        part, start = text[start : start + width], start + width
        if len(part) != width:
            return []
        try:
            found.append(dt.datetime.strptime(part, pattern).replace(tzinfo=dt.UTC))
        except ValueError:
            return []
    return found if start == len(text) else []
