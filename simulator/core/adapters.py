"""Pydantic's adapters, one a type: to make one takes longer than to use it a hundred times."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

_MADE: dict[Any, TypeAdapter[Any]] = {}


def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """What validates and writes values of a type."""
    if kind not in _MADE:
        _MADE[kind] = TypeAdapter(kind)
    return _MADE[kind]
