"""Rates: how many in how much wall time, written `5/s`, `300/min` or `1000/h`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(ms|sec|s|min|m|h)")


def parse_rate(text: object) -> float:
    """Read a rate into messages per wall second. Raises ValueError, with the cure."""
    found = _RATE.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"not a rate: {text!r}; write it like 5/s, 300/min or 1000/h")
    rate = float(found[1]) / _UNITS[found[2]]
    if rate <= 0:
        raise ValueError(f"a rate must be above zero, got {text!r}")
    return rate


def show_rate(per_second: float) -> str:
    """Write a number per second the way people write it: `5/s`, `10/min`, `2/h`."""
    for unit in ("s", "min", "h"):
        number = per_second * _UNITS[unit]
        if round(number) > 0 and abs(number - round(number)) < 1e-9 * max(number, 1):
            return f"{round(number)}/{unit}"
    return f"{per_second:.10g}/s"


Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    PlainSerializer(show_rate, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d+(\.\d+)?\s*/\s*(ms|sec|s|min|m|h)$",
            "examples": ["5/s", "300/min"],
        }
    ),
]
"""A rate as users write it (`5/s`), a number per wall second once read."""
