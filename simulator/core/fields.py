"""Field types that operations and wire models share, and how their values look in JSON.

One definition for both sides: what the wire model of a contract accepts, the operation's input
accepts too, and the JSON Schema in its OpenAPI document says the same.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, StringConstraints, WithJsonSchema

from simulator.core.durations import DAY, SECOND, Instant, show_instant

EARLIEST = 1970
LATEST = 2199
MOST = 999_999_999  # the largest quantity: nine digits and three decimals, as ERP systems keep them

# RFC 3339, section 5.6; `fromisoformat` alone would also take week dates and naive times.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d)?(\.\d+)?")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STEP = Decimal("0.001")

ID_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"

Id = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=ID_PATTERN)]
"""An identifier: 1 to 60 characters, no control characters, no blank at either end."""

Text = Annotated[str, StringConstraints(max_length=400)]
"""Free text of at most 400 characters."""


def read_moment(value: object) -> Instant:
    """Read an RFC 3339 moment that carries its offset; an int is an Instant already.

    Raises ValueError: naive, not RFC 3339, or outside the years 1970 to 2199.
    """
    if type(value) is int:
        return value
    if not isinstance(value, str):
        raise ValueError("a moment is text like 2026-03-02T06:00:00Z")
    if not _MOMENT.fullmatch(value):
        why = "has no offset from UTC" if _NAIVE.fullmatch(value) else "is not RFC 3339"
        raise ValueError(f"{value[:40]!r} {why}; write it like 2026-03-02T06:00:00Z")
    try:
        moment = dt.datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(f"{value!r}: {error}") from None
    if not EARLIEST < moment.year < LATEST:
        raise ValueError(f"{value!r} is not between the years {EARLIEST} and {LATEST}")
    gone = moment - _EPOCH
    return gone.days * DAY + gone.seconds * SECOND + gone.microseconds


@lru_cache(maxsize=8192)  # an order's moments are shown again and again
def show_moment(instant: Instant) -> str:
    """Write an Instant as RFC 3339 in UTC with milliseconds."""
    return show_instant(instant)


def maybe_moment(instant: Instant | None) -> str | None:
    """`show_moment`, or None for none."""
    return None if instant is None else show_moment(instant)


Moment = Annotated[
    int,
    PlainValidator(read_moment),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "description": "RFC 3339 with an offset"}
    ),
]
"""A moment as integrations write it (RFC 3339 with an offset), an Instant once read."""


def read_number(value: object) -> Decimal:
    """A JSON number as a Decimal of at most nine digits and three decimals. Raises ValueError.

    Text is no number: an integration that sends one is to hear of it.
    """
    if type(value) is int:
        if not -MOST <= value <= MOST:
            raise ValueError(f"a quantity is at most {MOST}")
        return Decimal(value)
    if type(value) is float:
        found = Decimal(int(value)) if value.is_integer() else Decimal(repr(value))
    elif isinstance(value, Decimal):
        found = value
    else:
        raise ValueError("a quantity is a number")
    if not found.is_finite() or not -MOST <= found <= MOST:
        raise ValueError(f"a quantity is at most {MOST}")
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -3 and found != found.quantize(_STEP):
        raise ValueError("a quantity has at most three decimals")
    return found


def _above_zero(value: object) -> Decimal:
    found = read_number(value)
    if found <= 0:
        raise ValueError("a quantity is above 0")
    return found


def _not_below_zero(value: object) -> Decimal:
    found = read_number(value)
    if found < 0:
        raise ValueError("a count is not below 0")
    return found


# One function each in place of pydantic's own constraints on Decimal, which take three times as
# long: a quantity is in every order, receipt and movement.
Quantity = Annotated[
    Decimal,
    PlainValidator(_above_zero),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": MOST, "multipleOf": 0.001}),
]
"""A quantity above 0 with at most three decimals, in the item's own unit; a JSON number."""

Count = Annotated[
    Decimal,
    PlainValidator(_not_below_zero),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST, "multipleOf": 0.001}),
]
"""A counted quantity: like Quantity, and 0 is one too."""

Change = Annotated[
    Decimal,
    PlainValidator(read_number),
    WithJsonSchema({"type": "number", "minimum": -MOST, "maximum": MOST, "multipleOf": 0.001}),
]
"""A signed change of a quantity."""

Shown = Annotated[Decimal, WithJsonSchema({"type": "number"})]
"""A quantity in a reply: a JSON number."""


def _no_text(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("this is a whole number, not text")
    return value


Priority = Annotated[
    int, BeforeValidator(_no_text, json_schema_input_type=int), Field(ge=0, le=999)
]
"""0 to 999; the higher goes first."""

Line = Annotated[
    int, Field(ge=1, le=999_999), BeforeValidator(_no_text, json_schema_input_type=int)
]
"""The number of a line of an order or a delivery."""

Limit = Annotated[int, Field(ge=1, le=500)]
"""How many entries a page may have."""


def number(value: Decimal) -> int | float:
    """A quantity as a JSON number: 5, not 5.0.

    Exact: a double holds twelve digits with three decimals.
    """
    if not value:
        return 0
    shown = float(value)
    return int(shown) if shown.is_integer() else shown


def show(value: Any) -> Any:
    """Decimal to a JSON number, anything else as it is."""
    return number(value) if isinstance(value, Decimal) else value
