"""What a variable shows at one moment, encoded once for all who are told."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asyncua import ua

from simulator.transports.opcua.values import status_code, ticks_of
from simulator.transports.opcua.wire import i32, i64, octets, text, u32

if TYPE_CHECKING:
    from collections import deque

    from simulator.transports.opcua.items import DataItem

GOOD = 0
OVERFLOW = 0x480  # InfoType DataValue, and its Overflow bit (part 4, 7.39)
BOTH = 2
_NUMBERS = {
    "SByte": "b", "Byte": "B", "Int16": "h", "UInt16": "H", "Int32": "i", "UInt32": "I",
    "Int64": "q", "UInt64": "Q",
}  # fmt: skip
_KIND = {
    "Boolean": 1, "SByte": 2, "Byte": 3, "Int16": 4, "UInt16": 5, "Int32": 6, "UInt32": 7,
    "Int64": 8, "UInt64": 9, "Float": 10, "Double": 11, "String": 12, "DateTime": 13, "Guid": 14,
    "ByteString": 15,
}  # fmt: skip
_ARRAY = 0x80


class Sample:
    """A value with its quality and times. Time is in ticks of OPC UA (100 ns since 1601).

    `body` is the value as a variant's bytes; empty for one that is null.
    """

    __slots__ = ("_made", "body", "server", "source", "status", "value")

    def __init__(self, body: bytes, value: Any, status: int, source: int, server: int) -> None:
        self.body = body
        self.value = value
        self.status = status
        self.source = source
        self.server = server
        self._made: list[bytes | None] = [None] * 8

    def encoded(self, stamps: int, *, overflow: bool = False) -> bytes:
        """It as a DataValue with the timestamps that were asked for, made at first need."""
        key = stamps + 4 if overflow else stamps
        found = self._made[key]
        if found is None:
            found = self._made[key] = self.stamped(
                stamps, self.server, self.status | OVERFLOW if overflow else self.status
            )
        return found

    def stamped(self, stamps: int, server: int, status: int | None = None) -> bytes:
        """It as a DataValue with another server time."""
        status = self.status if status is None else status
        mask, parts = 0, [b""]
        if self.body:
            mask = 1
            parts.append(self.body)
        if status:
            mask |= 2
            parts.append(u32(status))
        if stamps in (0, BOTH) and self.source:
            mask |= 4
            parts.append(i64(self.source))
        if stamps in (1, BOTH):
            mask |= 8
            parts.append(i64(server))
        parts[0] = bytes((mask,))
        return b"".join(parts)


def from_data_value(given: ua.DataValue, server: int) -> Sample:
    """What an attribute of asyncua's shows."""
    shown = given.Value
    null = shown is None or shown.Value is None
    body = b"" if shown is None or null else bytes(ua.ua_binary.variant_to_binary(shown))
    status = given.StatusCode.value if given.StatusCode is not None else GOOD
    source = ua.datetime_to_win_epoch(given.SourceTimestamp) if given.SourceTimestamp else 0
    return Sample(body, None if null else shown.Value, status, source, server)


# --- values to bytes ------------------------------------------------------------------------------


def packer(kind: str, *, array: bool) -> Callable[[Any], bytes]:
    """What writes a plain value of a type as a variant. It never raises: what does not fit the
    type is shown as the nearest that does.
    """
    one = _one(kind)
    if array:
        head = bytes((_KIND[kind] | _ARRAY,))
        return lambda value: head + i32(len(value)) + b"".join(map(one, value))
    head = bytes((_KIND[kind],))
    if kind in ("Double", "Float"):
        shape = struct.Struct("<Bd" if kind == "Double" else "<Bf")
        number = _KIND[kind]

        def real(value: Any) -> bytes:
            try:
                return shape.pack(number, value)
            except (struct.error, OverflowError, TypeError):
                return head + one(value)

        return real
    return lambda value: head + one(value)


def _one(kind: str) -> Callable[[Any], bytes]:
    if kind in _NUMBERS:
        return _whole(kind)
    if kind in ("Double", "Float"):
        return _real("<d" if kind == "Double" else "<f")
    return {
        "Boolean": lambda value: b"\x01" if value else b"\x00",
        "String": lambda value: text(str(value)),
        "DateTime": lambda value: i64(min(max(ticks_of(_number(value)), 0), 2**63 - 1)),
        "Guid": _guid,
        "ByteString": lambda value: octets(
            value if isinstance(value, bytes) else str(value).encode("utf-8")
        ),
    }[kind]


def _whole(kind: str) -> Callable[[Any], bytes]:
    shape = struct.Struct("<" + _NUMBERS[kind])
    bits = 8 * shape.size
    low, high = (0, 2**bits - 1) if kind[0] in "UB" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def pack(value: Any) -> bytes:
        try:
            return shape.pack(value)
        except struct.error:
            return shape.pack(min(max(_number(value), low), high))

    return pack


def _real(form: str) -> Callable[[Any], bytes]:
    shape = struct.Struct(form)

    def pack(value: Any) -> bytes:
        try:
            return shape.pack(value)
        except OverflowError:
            return shape.pack(float("inf") if value > 0 else float("-inf"))
        except (struct.error, TypeError):
            return shape.pack(float("nan"))

    return pack


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _guid(value: Any) -> bytes:
    try:
        found = value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        found = UUID(int=0)
    return found.bytes_le


class Slot:
    """One variable: what it shows now, who is told of changes, what is kept of it."""

    __slots__ = (
        "array", "history", "kind", "name", "node", "pack", "range", "sample", "watchers",
    )  # fmt: skip

    def __init__(self, node: ua.NodeId, kind: str, *, array: bool, name: str = "") -> None:
        self.node = node
        self.name = name  # its id as text, without the namespace
        self.kind = kind
        self.array = array
        self.pack = packer(kind, array=array)
        self.range: tuple[float, float] | None = None
        self.history: deque[Sample] | None = None
        self.watchers: list[DataItem] = []
        self.sample = Sample(b"", None, ua.StatusCodes.BadWaitingForInitialData, 0, 0)

    def show(
        self, value: Any, status: str, source: int, server: int, now: float, *, kept: bool = True
    ) -> None:
        """Show a value from now on, and tell who watches. A Bad one has none (part 4, 7.7.1).

        `now` is monotonic seconds; `kept` is whether it is remembered where there is history.
        """
        code = GOOD if status == "Good" else status_code(status).value
        null = value is None or code & 0x80000000
        body = b"" if null else self.pack(value)
        sample = self.sample = Sample(body, None if null else value, code, source, server)
        if kept and self.history is not None:
            self.history.append(sample)
        for one in self.watchers:
            one.offer(sample, now)

    def data_value(self, *_: Any) -> ua.DataValue:
        """It as asyncua has it (for the parts of asyncua that read)."""
        from asyncua.common.utils import Buffer

        raw = self.sample.encoded(BOTH)
        found = ua.ua_binary.struct_from_binary(ua.DataValue, Buffer(raw))
        return found
