"""Events, and what clients filter them by (part 4, 7.22.3 and 7.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, variant_to_binary

from simulator.transports.opcua.wire import Malformed, binary, extension

if TYPE_CHECKING:
    from simulator.transports.opcua.browsing import View

Path = tuple[str, ...]
Codes = ua.StatusCodes
Operator = ua.FilterOperator
_NULL = b"\x00"
_RESULT = ua.ObjectIds.EventFilterResult_Encoding_DefaultBinary
_CONDITION = ua.NodeId(ua.ObjectIds.ConditionType, 0)
_NODE_ID = 1
_DEEPEST = 20  # elements of a filter within each other


class Event:
    """Something that happened: its fields by their browse paths, and where it can be heard."""

    __slots__ = ("_encoded", "at", "condition", "fields", "type")

    def __init__(
        self,
        kind: ua.NodeId,
        at: frozenset[ua.NodeId],
        fields: Mapping[Path, ua.Variant],
        condition: ua.NodeId | None = None,
    ) -> None:
        self.type = kind
        self.at = at
        self.fields = fields
        self.condition = condition
        self._encoded: dict[Path, bytes] = {}

    def value(self, operand: Any) -> Any:
        """What an operand of a filter means here: None where it is not there."""
        if isinstance(operand, ua.LiteralOperand):
            return operand.Value.Value if operand.Value is not None else None
        found = self.fields.get(path_of(operand))
        if found is None and _wants_condition(operand):
            return self.condition
        return found.Value if found is not None else None

    def field(self, operand: Any) -> bytes:
        """A field as a variant's bytes."""
        path = path_of(operand)
        if not path and _wants_condition(operand):
            return _NULL if self.condition is None else bytes(
                variant_to_binary(ua.Variant(self.condition, ua.VariantType.NodeId))
            )  # fmt: skip
        found = self._encoded.get(path)
        if found is None:
            shown = self.fields.get(path)
            found = _NULL if shown is None or shown.Value is None else variant_to_binary(shown)
            self._encoded[path] = found
        return found


def path_of(operand: Any) -> Path:
    """The browse path of an operand, by its names."""
    return tuple(one.Name for one in getattr(operand, "BrowsePath", None) or ())


def _wants_condition(operand: Any) -> bool:
    return getattr(operand, "AttributeId", None) == _NODE_ID and not path_of(operand)


class EventFilter:
    """Which events, and which of their fields."""

    def __init__(self, given: ua.EventFilter, view: View) -> None:
        self._select = list(given.SelectClauses or ())
        where = given.WhereClause
        self._where = list(where.Elements or ()) if where is not None else []
        self._view = view

    def holds(self, event: Event) -> bool:
        """Is it one of the events that are wanted?"""
        return not self._where or self._holds(0, event, 0) is True

    def fields(self, event: Event) -> list[bytes]:
        """The fields that are wanted, as variants."""
        return [event.field(one) for one in self._select]

    def result(self) -> bytes:
        """What the client is told of its filter."""
        wrong = [one.AttributeId not in (_NODE_ID, 13) for one in self._select]
        if not any(wrong):
            return b"\x00\x00\x00"
        made = ua.EventFilterResult()
        made.SelectClauseResults = [
            ua.StatusCode(Codes.BadAttributeIdInvalid if one else 0) for one in wrong
        ]
        return extension(_RESULT, binary(made)[4:])

    def _holds(self, number: int, event: Event, depth: int) -> Any:
        """What an element is: True, False, or None where that cannot be said."""
        if number >= len(self._where) or depth > _DEEPEST:
            return None
        element = self._where[number]
        operator = element.FilterOperator
        given = [
            self._holds(one.Index, event, depth + 1)
            if isinstance(one, ua.ElementOperand)
            else event.value(one)
            for one in element.FilterOperands or ()
        ]
        if operator == Operator.OfType:
            return bool(given) and event.type in self._view.subtypes(given[0])
        try:
            return _OPERATORS[operator](*given)
        except (KeyError, TypeError, re.error):
            return None


def _and(a: Any, b: Any) -> Any:
    if a is False or b is False:
        return False
    return True if a is True and b is True else None


def _or(a: Any, b: Any) -> Any:
    if a is True or b is True:
        return True
    return False if a is False and b is False else None


def _like(text: Any, pattern: Any) -> Any:
    """OPC UA's wildcards: % for any, _ for one, [ ] for one of some."""
    said = text.Text if isinstance(text, ua.LocalizedText) else text
    if not isinstance(said, str):
        return None
    made = ""
    for part in re.findall(r"\\.|\[\^?[^\]]*\]|.", str(pattern), re.DOTALL):
        if part == "%":
            made += ".*"
        elif part == "_":
            made += "."
        elif part.startswith("["):
            made += part
        else:
            made += re.escape(part.removeprefix("\\") or part)
    return re.fullmatch(made, said, re.DOTALL) is not None


_OPERATORS: dict[Any, Any] = {
    Operator.Equals: lambda a, b: a == b,
    Operator.IsNull: lambda a: a is None,
    Operator.GreaterThan: lambda a, b: a > b,
    Operator.LessThan: lambda a, b: a < b,
    Operator.GreaterThanOrEqual: lambda a, b: a >= b,
    Operator.LessThanOrEqual: lambda a, b: a <= b,
    Operator.Like: _like,
    Operator.Not: lambda a: None if a is None else not a,
    Operator.Between: lambda a, low, high: low <= a <= high,
    Operator.InList: lambda a, *some: a in some,
    Operator.And: _and,
    Operator.Or: _or,
    Operator.Cast: lambda a, kind: a,
    Operator.BitwiseAnd: lambda a, b: a & b,
    Operator.BitwiseOr: lambda a, b: a | b,
}


def event_filter(body: bytes, view: View) -> EventFilter:
    """A filter from its bytes. Raises Malformed."""
    try:
        return EventFilter(struct_from_binary(ua.EventFilter, Buffer(body)), view)
    except Exception as error:  # noqa: BLE001 - whatever asyncua stumbles on, the bytes are wrong
        raise Malformed(f"no event filter: {error}") from None
