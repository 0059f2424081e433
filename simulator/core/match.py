"""Matching journal entries by their fields: one language for triggers, faults, queries, verdicts.

A match is a mapping of field to what it must be. A field is an entry's (`system`, `operation`,
`status` …), a business key (`sscc`, `order` …), `headers.<name>` or `body.<path>`. What it must be:
a literal; a list (any of them); `4xx` for a status; or operators: `not`, `matches` (a regular
expression found anywhere), `contains`, `gt`, `gte`, `lt`, `lte`, `exists`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from simulator.core.errors import Mistake, nearest

FIELDS = (
    "seq", "kind", "at", "plant", "system", "endpoint", "transport", "direction", "operation",
    "document", "method", "path", "status", "outcome", "fault", "event", "run", "copy", "attempts",
    "error", "owes",
)  # fmt: skip
KEYS = (
    "order", "item", "lot", "serial", "sscc", "po", "so", "asn", "receipt", "shipment", "supplier",
    "customer", "machine", "bin", "delivery", "confirmation", "idempotency", "control", "partner",
    "task", "count", "pick", "operation_no", "movement", "invoice", "tag", "group",
    "acknowledges", "about", "answer", "reason", "code", "schedule", "message_id", "file", "truck",
    "plc", "alarm",
)  # fmt: skip
OPERATORS = ("not", "matches", "contains", "gt", "gte", "lt", "lte", "exists")
_MISSING = object()
_STATUS_CLASS = re.compile(r"[1-5]xx")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which an entry is not what a match wants."""

    field: str
    wanted: Any
    got: Any

    def __str__(self) -> str:
        got = "absent" if self.got is None else repr(self.got)
        return f"{self.field} is {got}, wanted {_show(self.wanted)}"


class Match:
    """A compiled match. Raises Mistake for unknown fields and operators."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self.wanted = dict(wanted)
        for name, what in self.wanted.items():
            _check_field(name)
            _check_value(name, what)

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def hits(self, entry: Mapping[str, Any]) -> bool:
        """Does the entry match in every field?"""
        return all(_is(get(entry, name), what) for name, what in self.wanted.items())

    def differences(self, entry: Mapping[str, Any]) -> list[Difference]:
        """The fields in which the entry does not match."""
        out = []
        for name, what in self.wanted.items():
            got = get(entry, name)
            if not _is(got, what):
                out.append(Difference(name, what, None if got is _MISSING else got))
        return out

    def needles(self) -> list[bytes]:
        """Byte strings that every matching raw entry contains: a cheap first sieve."""
        plain = ("system", "endpoint", "direction", "operation", "document", "kind", "event")
        return [
            f'"{name}":'.encode() + orjson.dumps(what)
            for name, what in self.wanted.items()
            if name in plain and isinstance(what, str)
        ]

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{k}: {_show(v)}" for k, v in self.wanted.items()) + "}"


def get(entry: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or a marker for a missing one."""
    if name == "fault":
        return entry.get("faults", entry.get("fault", _MISSING))
    if name in entry:
        return entry[name]
    keys = entry.get("keys")
    if keys and name in keys:
        found = keys[name]
        return found[0] if len(found) == 1 else found
    head, _, rest = name.partition(".")
    if head == "headers" and rest:
        return (entry.get("headers") or {}).get(rest.lower(), _MISSING)
    if head == "keys" and rest and keys and rest in keys:
        return keys[rest]
    if head == "body" and rest:
        return _into(entry, rest)
    return _MISSING


def _into(entry: Mapping[str, Any], path: str) -> Any:
    try:
        value = orjson.loads(entry.get("body") or "null")
    except orjson.JSONDecodeError:
        return _MISSING
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value


def _check_field(name: str) -> None:
    head = name.partition(".")[0]
    if name in FIELDS or name in KEYS or (head in ("headers", "body", "keys") and "." in name):
        return
    raise Mistake(f"unknown field {name!r}", cure=nearest(name, (*FIELDS, *KEYS, "headers.<name>")))


def _check_value(name: str, what: Any) -> None:
    if isinstance(what, dict):
        for operator, value in what.items():
            if operator not in OPERATORS:
                cure = nearest(str(operator), OPERATORS)
                raise Mistake(f"unknown operator {operator!r} on {name}", cure=cure)
            if operator == "matches":
                try:
                    re.compile(str(value))
                except re.error as error:
                    raise Mistake(f"{name}: not a regular expression: {error}") from None


def _is(got: Any, what: Any) -> bool:
    if isinstance(what, dict):
        return all(_operator(got, op, value) for op, value in what.items())
    if got is _MISSING or got is None:
        return what is None
    if isinstance(what, list):
        return any(_is(got, one) for one in what)
    if isinstance(got, list):
        return any(_is(one, what) for one in got)
    if isinstance(what, str) and isinstance(got, int) and _STATUS_CLASS.fullmatch(what):
        return got // 100 == int(what[0])
    return bool(got == what) or str(got) == str(what)


def _operator(got: Any, operator: str, value: Any) -> bool:
    missing = got is _MISSING or got is None
    if operator == "exists":
        return missing is not bool(value)
    if operator == "not":
        return not _is(got, value)
    if missing:
        return False
    if operator == "matches":
        return any(re.search(str(value), str(one)) for one in _each(got))
    if operator == "contains":
        return any(str(value) in str(one) for one in _each(got))
    try:
        left, right = float(got), float(value)
    except (TypeError, ValueError):
        return False
    return {
        "gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right
    }[operator]  # fmt: skip


def _each(got: Any) -> list[Any]:
    return got if isinstance(got, list) else [got]


def _show(wanted: Any) -> str:
    if isinstance(wanted, list):
        return "any of " + ", ".join(map(_show, wanted))
    if isinstance(wanted, dict):
        return " and ".join(f"{op} {value!r}" for op, value in wanted.items())
    return repr(wanted)


def shares(one: Mapping[str, Any], other: Mapping[str, Any], fields: list[str]) -> bool:
    """Do two entries agree in every one of these fields (sharing a value where they have many)?"""
    for name in fields:
        left = {str(v) for v in _each(get(one, name))}
        right = {str(v) for v in _each(get(other, name))}
        if get(one, name) is _MISSING or not left & right:
            return False
    return True
