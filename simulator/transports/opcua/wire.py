"""Bytes of OPC UA's binary encoding (part 6), read and written by hand where many cross the wire.

What is rare goes through asyncua's own codec; what a client asks by the thousand (reads, monitored
items, browsing, publishing) goes through this file.
"""

from __future__ import annotations

import struct
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

TICKS = 10_000_000  # OPC UA counts time in 100 ns
TO_1970 = 116_444_736_000_000_000  # from 1601 to 1970, in ticks
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_U16 = struct.Struct("<H")
_FOUR_BYTES = struct.Struct("<BBH")
_KEPT = 100_000  # node ids that are remembered by their bytes
_SHORT = 200  # bytes of one that is

u32 = _U32.pack
i32 = _I32.pack
i64 = _I64.pack
f64 = _F64.pack
NULL_ARRAY = i32(-1)
NULL_NODE = b"\x00\x00"
NULL_TEXT = b"\x00"
NO_ARRAY = i32(0)


class Malformed(Exception):
    """Bytes that are no OPC UA: BadDecodingError."""


class Reader:
    """Reads values one after another. Raises Malformed at the end of the bytes."""

    __slots__ = ("data", "pos")

    _nodes: dict[bytes, ua.NodeId] = {}  # noqa: RUF012 - shared on purpose, bounded by _KEPT

    def __init__(self, data: bytes, pos: int = 0) -> None:
        self.data = data
        self.pos = pos

    def _take(self, one: struct.Struct) -> Any:
        try:
            (value,) = one.unpack_from(self.data, self.pos)
        except struct.error:
            raise Malformed("it ends too early") from None
        self.pos += one.size
        return value

    def u8(self) -> int:
        """A byte."""
        if self.pos >= len(self.data):
            raise Malformed("it ends too early")
        self.pos += 1
        return self.data[self.pos - 1]

    def u16(self) -> int:
        """A UInt16."""
        return int(self._take(_U16))

    def u32(self) -> int:
        """A UInt32."""
        return int(self._take(_U32))

    def i32(self) -> int:
        """An Int32."""
        return int(self._take(_I32))

    def i64(self) -> int:
        """An Int64."""
        return int(self._take(_I64))

    def f64(self) -> float:
        """A Double."""
        return float(self._take(_F64))

    def many(self) -> int:
        """The length of an array; 0 for a null one."""
        count = self.i32()
        if count > len(self.data) - self.pos:
            raise Malformed(f"{count} elements in {len(self.data) - self.pos} bytes")
        return max(count, 0)

    def octets(self) -> bytes | None:
        """A ByteString."""
        length = self.i32()
        if length < 0:
            return None
        end = self.pos + length
        if end > len(self.data):
            raise Malformed("it ends too early")
        found = self.data[self.pos : end]
        self.pos = end
        return bytes(found)

    def text(self) -> str | None:
        """A String."""
        found = self.octets()
        return None if found is None else found.decode("utf-8", "surrogateescape")

    def node(self) -> ua.NodeId:
        """A NodeId."""
        begin = self.pos
        kind = self.u8() & 0x3F
        if kind == 0:
            self.pos += 1
        elif kind == 1:
            self.pos += 3
        elif kind == 2:
            self.pos += 6
        elif kind in (3, 5):
            self.pos += 2
            length = self.i32()
            self.pos += max(length, 0)
        elif kind == 4:
            self.pos += 18
        else:
            raise Malformed(f"no node id begins with {kind}")
        raw = self.data[begin : self.pos]
        if self.pos > len(self.data):
            raise Malformed("it ends too early")
        found = Reader._nodes.get(raw)
        if found is None:
            found = _node(raw, kind)
            if len(raw) <= _SHORT:
                if len(Reader._nodes) >= _KEPT:
                    Reader._nodes.clear()
                Reader._nodes[bytes(raw)] = found
        return found

    def qualified(self) -> tuple[int, str | None]:
        """A QualifiedName: namespace index and name."""
        return self.u16(), self.text()

    def extension(self) -> tuple[int, bytes | None]:
        """An extension object: the number of its encoding (0: none, or a foreign one), its body."""
        node = self.node()
        encoding = self.u8()
        body = self.octets() if encoding else None
        known = node.NamespaceIndex == 0 and isinstance(node.Identifier, int)
        return (node.Identifier if known else 0), body

    def rest(self, kind: Any) -> Any:
        """What is left, as a structure of asyncua's."""
        try:
            return struct_from_binary(kind, Buffer(self.data, self.pos))
        except Exception as error:  # noqa: BLE001 - whatever it stumbles on, the bytes are wrong
            raise Malformed(f"{type(error).__name__}: {error}") from None


def _node(raw: bytes, kind: int) -> ua.NodeId:
    reader = Reader(raw, 1)
    if kind == 0:
        return ua.NodeId(raw[1], 0)
    if kind == 1:
        return ua.NodeId(_U16.unpack_from(raw, 2)[0], raw[1])
    index = reader.u16()
    if kind == 2:
        return ua.NodeId(reader.u32(), index)
    if kind == 3:
        return ua.NodeId(reader.text() or "", index)
    if kind == 5:
        return ua.NodeId(reader.octets() or b"", index)
    return ua.NodeId(ua.ua_binary.Primitives.Guid.unpack(Buffer(raw, reader.pos)), index)


def text(value: str | None) -> bytes:
    """A String."""
    if value is None:
        return NULL_ARRAY
    raw = value.encode("utf-8", "surrogateescape")
    return i32(len(raw)) + raw


def octets(value: bytes | None) -> bytes:
    """A ByteString."""
    return NULL_ARRAY if value is None else i32(len(value)) + value


def numbers(values: list[int]) -> bytes:
    """An array of UInt32, or of status codes."""
    return i32(len(values)) + b"".join(map(u32, values))


def node(value: ua.NodeId) -> bytes:
    """A NodeId, as short as it can be."""
    found = value.Identifier
    index = value.NamespaceIndex
    if isinstance(found, int):
        if found < 256 and index == 0:
            return bytes((0, found))
        if found < 65536 and index < 256:
            return _FOUR_BYTES.pack(1, index, found)
    return bytes(ua.ua_binary.nodeid_to_binary(value))


def encoding(number: int) -> bytes:
    """The id of a structure's binary encoding."""
    return _FOUR_BYTES.pack(1, 0, number)


def extension(number: int, body: bytes) -> bytes:
    """An extension object."""
    return encoding(number) + b"\x01" + i32(len(body)) + body


def binary(value: Any) -> bytes:
    """A structure of asyncua's."""
    return bytes(struct_to_binary(value))


class RequestHead:
    """The header of a request."""

    __slots__ = ("hint", "number", "pos", "token")

    def __init__(self, reader: Reader) -> None:
        self.token = reader.node()
        reader.i64()
        self.number = reader.u32()
        reader.u32()
        reader.text()
        self.hint = reader.u32()
        reader.extension()
        self.pos = reader.pos


def response_head(kind: int, handle: int, status: int, ticks: int) -> bytes:
    """What a response begins with: its encoding, and its header."""
    return b"".join(
        (encoding(kind), i64(ticks), u32(handle), u32(status), b"\x00", NO_ARRAY, b"\x00\x00\x00")
    )
