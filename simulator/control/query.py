"""Journal queries as people type them: `system=wms`, `status=4xx`, `status.gte=400`.

A field given twice means any of the values. The last part of a name may be an operator of
`core.match` (`not`, `matches`, `contains`, `gt`, `gte`, `lt`, `lte`, `exists`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.core.errors import Mistake
from simulator.core.match import OPERATORS, Match

MOST = 1000


def read_query(pairs: Iterable[tuple[str, str]]) -> Match:
    """Pairs of field and value as a match. Raises Mistake for unknown fields and operators."""
    wanted: dict[str, Any] = {}
    for name, value in pairs:
        field, dot, operator = name.rpartition(".")
        if dot and operator in OPERATORS:
            operators = wanted.setdefault(field, {})
            if not isinstance(operators, dict):
                what = f"{field!r} is given both as a value and with {operator!r}"
                raise Mistake(what, cure=f"use {field}.<operator> only")
            if operator in operators:
                raise Mistake(f"{name!r} is given twice", cure="give it once")
            operators[operator] = _yes(name, value) if operator == "exists" else value
        elif isinstance(wanted.get(name), dict):
            raise Mistake(
                f"{name!r} is given both as a value and with an operator",
                cure=f"use {name}.<operator> only",
            )
        else:
            wanted.setdefault(name, []).append(value)
    return Match(
        {
            name: what[0] if isinstance(what, list) and len(what) == 1 else what
            for name, what in wanted.items()
        }
    )


def split_filters(texts: Iterable[str]) -> list[tuple[str, str]]:
    """`field=value` words as pairs. Raises Mistake."""
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Mistake(f"not a filter: {text!r}", cure="write field=value, like status=4xx")
        pairs.append((name, value))
    return pairs


def _yes(name: str, value: str) -> bool:
    if value.lower() in ("true", "1", "yes"):
        return True
    if value.lower() in ("false", "0", "no"):
        return False
    raise Mistake(f"{name} takes true or false, got {value!r}", cure="write true or false")
