"""Quantities: decimals with at most three places, in an item's own unit."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

ZERO = Decimal(0)
ONE = Decimal(1)
STEP = Decimal("0.001")
MOST = Decimal(10) ** 12


def _read(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("a quantity is a number with at most three decimals")
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise ValueError("a quantity is a number with at most three decimals") from None
    if not number.is_finite() or abs(number) >= MOST or number != number.quantize(STEP):
        raise ValueError("a quantity is a number with at most three decimals, below 10^12")
    return number


def as_number(value: Decimal) -> int | float:
    """A quantity as JSON shows it: an integer where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


Quantity = Annotated[
    Decimal,
    BeforeValidator(_read),
    PlainSerializer(as_number, return_type=float | int, when_used="json"),
    WithJsonSchema({"type": "number", "multipleOf": 0.001}),
]
"""A decimal with at most three places; a number in JSON."""


def rounded(value: Decimal) -> Decimal:
    """To three decimals, half to even."""
    return value.quantize(STEP, ROUND_HALF_EVEN)


def rounded_up(value: Decimal, whole: bool) -> Decimal:
    """Up to the next whole piece, or to three decimals where the unit can be split."""
    return value.quantize(ONE if whole else STEP, ROUND_CEILING)
