"""What fields a result or a document has: so that a path into it is checked at load.

A type that says nothing of its fields (Any, a dict) lets every path pass.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
}


def bare(kind: Any) -> tuple[Any, bool]:
    """A type without Annotated and without None; and whether it may be None."""
    if typing.get_origin(kind) is typing.Annotated:
        return bare(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        left = [one for one in typing.get_args(kind) if one is not type(None)]
        if len(left) == 1:
            return bare(left[0])[0], True
        return Any, True
    return kind, False


def fields(kind: Any) -> dict[str, Any] | None:
    """The fields of a type with their types; None where it does not say."""
    kind, _ = bare(kind)
    origin = typing.get_origin(kind) or kind
    if not isinstance(origin, type):
        return None
    if not (dataclasses.is_dataclass(origin) or issubclass(origin, BaseModel)):
        return {} if origin in _PLAIN else None
    hints = typing.get_type_hints(origin, include_extras=True)
    if dataclasses.is_dataclass(origin):
        names = [one.name for one in dataclasses.fields(origin)]
    else:
        names = list(origin.model_fields)
    given = dict(zip(getattr(origin, "__parameters__", ()), typing.get_args(kind), strict=False))
    return {name: _filled(hints[name], given) for name in names}


def _filled(kind: Any, given: dict[Any, Any]) -> Any:
    if isinstance(kind, TypeVar):
        return given.get(kind, Any)
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is list and arguments and arguments[0] in given:
        return types.GenericAlias(list, (given[arguments[0]],))
    return kind


def entry(kind: Any) -> Any:
    """The type of a list's entries; Any where it does not say."""
    kind, _ = bare(kind)
    arguments = typing.get_args(kind)
    return arguments[0] if typing.get_origin(kind) is list and arguments else Any


def is_list(kind: Any) -> bool | None:
    """Is it a list? None where it does not say."""
    kind, _ = bare(kind)
    if kind is Any:
        return None
    return (typing.get_origin(kind) or kind) is list


def schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a plain value; {} for anything else."""
    kind, optional = bare(kind)
    if typing.get_origin(kind) is Literal:
        kind = str
    found = _PLAIN.get(kind)
    if found is None:
        return {}
    return {"type": [found["type"], "null"]} if optional else found
