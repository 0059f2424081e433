"""Paths and values, compiled: what a value of a user's contract is once its file is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.contracts.custom.convert import Conversion
from simulator.core.fields import show

MISSING: Any = object()


class Wrong(Exception):
    """What the caller sent cannot be read: where (a JSON pointer), and why."""

    def __init__(self, pointer: str, why: str) -> None:
        super().__init__(why)
        self.pointer = pointer
        self.why = why


@dataclass(slots=True)
class Scope:
    """What paths can see: by root, `""` being the body or the result; and where that stands."""

    roots: dict[str, Any]
    pointer: str = ""


@dataclass(frozen=True)
class Read:
    """One path that is read, for schemas and for pointing at what the caller wrote."""

    root: str
    steps: tuple[str | int, ...]
    required: bool
    schema: dict[str, Any]

    @property
    def pointer(self) -> str:
        """How a violation names it."""
        steps = "/".join(str(one).replace("~", "~0").replace("/", "~1") for one in self.steps)
        return f"/{steps}" if not self.root else f"{self.root}/{steps}"


@dataclass(frozen=True)
class Value:
    """A compiled value: how to make it, its schema, and what it reads."""

    make: Callable[[Scope], Any]
    schema: dict[str, Any] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    constant: bool = False


def body_schema(reads: tuple[Read, ...], closed: bool) -> dict[str, Any]:
    """The JSON Schema of a body of which these paths are read; `closed` refuses any other field."""
    root: dict[str, Any] = {"type": "object", "properties": {}}
    if closed:
        root["additionalProperties"] = False
    for read in reads:
        if read.root or not read.steps or any(isinstance(step, int) for step in read.steps):
            continue
        here = root
        for step in read.steps[:-1]:
            inner: dict[str, Any] = {"type": "object", "properties": {}}
            if closed:
                inner["additionalProperties"] = False
            _require(here, str(step), read.required)
            here = here["properties"].setdefault(str(step), inner)
        name = str(read.steps[-1])
        _require(here, name, read.required)
        if read.required or not read.schema:
            here["properties"][name] = read.schema
        else:
            here["properties"][name] = {"anyOf": [read.schema, {"enum": ["", None]}]}
    return root


def _require(schema: dict[str, Any], name: str, required: bool) -> None:
    if required and name not in schema.setdefault("required", []):
        schema["required"].append(name)


def written(conversion: Conversion, optional: bool) -> dict[str, Any]:
    """The JSON Schema of what a conversion writes."""
    kind = conversion.schema.get("type")
    schema = dict(conversion.schema)
    if isinstance(kind, list):  # what is read leniently is written one way: the first
        schema["type"] = kind[0]
    if "enum" in schema:
        schema["enum"] = schema["enum"][:4]
    if optional and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def constant_schema(value: Any) -> dict[str, Any]:
    """The JSON Schema of a constant."""
    return {"const": value} if isinstance(value, str | int | float | bool) else {}


def getter(root: str, steps: tuple[str | int, ...]) -> Callable[[Scope], Any]:
    """How the value at a path is found: in mappings, lists and objects; else MISSING."""

    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]

        def get_one(scope: Scope) -> Any:  # nearly all of them, and twice as quick
            value = scope.roots[root]
            return value.get(name, MISSING) if type(value) is dict else one(value, name)

        return get_one

    def get(scope: Scope) -> Any:
        value = scope.roots[root]
        for step in steps:
            value = one(value, step)
        return value

    return get


def one(value: Any, step: str | int) -> Any:
    """What stands one step inside a value, or MISSING."""
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    found = getattr(value, step, MISSING)
    if found is MISSING and isinstance(value, Mapping):  # last, because asking takes long
        return value.get(step, MISSING)
    return found


def reader(
    get: Callable[[Scope], Any], read: Read, chain: list[Conversion], default: Any
) -> Callable[[Scope], Any]:
    """How a path is read from the wire. What it makes raises Wrong."""

    def where(scope: Scope) -> str:
        return read.pointer if read.root else scope.pointer + read.pointer

    def take(scope: Scope) -> Any:
        value = get(scope)
        if value is MISSING or value is None or value == "":
            if default is not MISSING:
                return default
            if not read.required:
                return MISSING
            if value is MISSING:
                raise Wrong(where(scope), "is missing")
        for one in chain:
            try:
                value = one.read(value)
            except ValueError as error:
                raise Wrong(where(scope), str(error)) from None
        return value

    return take


def writer(
    get: Callable[[Scope], Any], chain: list[Conversion], default: Any, optional: bool
) -> Callable[[Scope], Any]:
    """How a path is written to the wire; MISSING leaves its key out."""
    fallback = None if default is MISSING else default

    def give(scope: Scope) -> Any:
        value = get(scope)
        if value is MISSING or value is None:
            return MISSING if optional and default is MISSING else fallback
        for one in chain:
            value = one.write(value)
        return show(value)

    return give
