"""Between plain values and those of OPC UA."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from asyncua import ua

VARIANT: dict[str, ua.VariantType] = {
    name: getattr(ua.VariantType, name)
    for name in (
        "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64",
        "Float", "Double", "String", "DateTime", "Guid", "ByteString",
    )
}  # fmt: skip
"""The variant type of a tag's type."""
DATA_TYPE: dict[str, ua.NodeId] = {
    name: ua.NodeId(getattr(ua.ObjectIds, name), 0) for name in VARIANT
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GOOD = ua.StatusCode(ua.StatusCodes.Good)


@lru_cache(maxsize=512)
def status_code(name: str) -> ua.StatusCode:
    """A status code by its name; BadUnexpectedError for one that OPC UA does not have."""
    if name == "Good":
        return _GOOD
    return ua.StatusCode(getattr(ua.StatusCodes, name, ua.StatusCodes.BadUnexpectedError))


def moment(instant: int) -> datetime:
    """A moment of plant time (µs since 1970) as OPC UA carries it."""
    return _EPOCH + timedelta(microseconds=instant)


def ticks_of(instant: int) -> int:
    """A moment of plant time (µs since 1970) in ticks of OPC UA (100 ns since 1601)."""
    return instant * 10 + 116_444_736_000_000_000


def variant(value: Any, kind: str, *, array: bool = False) -> ua.Variant:
    """A plain value as a variant of this type."""
    if array:
        return ua.Variant([_item(one, kind) for one in value or ()], VARIANT[kind], is_array=True)
    return ua.Variant(_item(value, kind), VARIANT[kind])


def _item(value: Any, kind: str) -> Any:
    if kind == "DateTime":
        return moment(value)
    if kind == "Guid":
        try:
            return UUID(value)
        except (ValueError, TypeError, AttributeError):
            return UUID(int=0)
    if kind == "ByteString" and isinstance(value, str):
        return value.encode()
    return value


def plain(given: Any) -> Any:
    """A value that a client wrote or gave to a method, as JSON has it."""
    if isinstance(given, ua.Variant):
        given = given.Value
    if isinstance(given, list):
        return [plain(one) for one in given]
    if isinstance(given, datetime):
        aware = given if given.tzinfo is not None else given.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1)
    if isinstance(given, UUID):
        return str(given)
    if isinstance(given, bytes):
        return given.decode("latin-1")
    if isinstance(given, ua.LocalizedText):
        return given.Text
    return given
