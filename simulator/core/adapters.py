"""Pydantic's adapters, one a type: to make one takes longer than to use it a hundred times."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter


@cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """What validates and writes values of a type."""
    return TypeAdapter(kind)
