"""Sparkplug B payloads: metrics as Protocol Buffers, both ways.

The message types are described here, by the field numbers of the Sparkplug 3.0 specification, and
built at import: no generated code, and the C implementation of protobuf reads and writes them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from simulator.core.errors import Refusal

TYPES: dict[str, int] = {
    "SByte": 1, "Int16": 2, "Int32": 3, "Int64": 4, "Byte": 5, "UInt16": 6, "UInt32": 7,
    "UInt64": 8, "Float": 9, "Double": 10, "Boolean": 11, "String": 12, "DateTime": 13,
    "Guid": 15, "ByteString": 17,
}  # fmt: skip
"""Sparkplug's data types of the tags' own (OPC UA names)."""
ARRAYS: dict[str, tuple[int, str]] = {
    "SByte": (22, "b"), "Int16": (23, "h"), "Int32": (24, "i"), "Int64": (25, "q"),
    "Byte": (26, "B"), "UInt16": (27, "H"), "UInt32": (28, "I"), "UInt64": (29, "Q"),
    "Float": (30, "f"), "Double": (31, "d"), "Boolean": (32, ""), "String": (33, ""),
    "DateTime": (34, "q"),
}  # fmt: skip
"""… of arrays, packed little-endian by these formats."""
_NAMES = {number: name for name, number in TYPES.items()} | {14: "String"}
_ARRAY_NAMES = {number: name for name, (number, _) in ARRAYS.items()}
_BITS = {"SByte": 32, "Int16": 32, "Int32": 32, "Int64": 64}
_SIGNED = {"SByte": 8, "Int16": 16, "Int32": 32, "Int64": 64}
_RANGES = {
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _SIGNED.items()},
    "Byte": (0, 2**8 - 1), "UInt16": (0, 2**16 - 1), "UInt32": (0, 2**32 - 1),
    "UInt64": (0, 2**64 - 1),
}  # fmt: skip
"""The least and the greatest of each whole type."""
_FIELDS = {
    "Boolean": "boolean_value", "Float": "float_value", "Double": "double_value",
    "String": "string_value", "Guid": "string_value", "ByteString": "bytes_value",
    "DateTime": "long_value", "Int64": "long_value", "UInt64": "long_value",
}  # fmt: skip
"""Which field of the oneof holds a type; the others are `int_value`."""
QUALITY = "Quality"
GOOD, BAD, STALE = 192, 0, 500
"""Values of the property by which hosts know quality. Where it is not said, it is Good."""
_SEQ = b"\x18"  # the tag of `seq` (field 3, a varint) in a payload

_Field = descriptor_pb2.FieldDescriptorProto


def _described() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="stagefloor/sparkplug_b.proto", package="stagefloor.sparkplug", syntax="proto2"
    )
    kinds = {
        "uint32": _Field.TYPE_UINT32, "uint64": _Field.TYPE_UINT64, "float": _Field.TYPE_FLOAT,
        "double": _Field.TYPE_DOUBLE, "bool": _Field.TYPE_BOOL, "string": _Field.TYPE_STRING,
        "bytes": _Field.TYPE_BYTES,
    }  # fmt: skip
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for line in fields:
            number, kind, label = line.split()
            many = kind.startswith("*")
            kind = kind.lstrip("*")
            one = message.field.add(
                name=label, number=int(number),
                label=_Field.LABEL_REPEATED if many else _Field.LABEL_OPTIONAL,
            )  # fmt: skip
            if kind in kinds:
                one.type = kinds[kind]
            else:
                one.type = _Field.TYPE_MESSAGE
                one.type_name = f".stagefloor.sparkplug.{kind}"
            if label.endswith("_value"):
                one.oneof_index = 0
        if any(one.HasField("oneof_index") for one in message.field):
            message.oneof_decl.add(name="value")
    return file


_MESSAGES = {
    "PropertyValue": [
        "1 uint32 type", "2 bool is_null", "3 uint32 int_value", "4 uint64 long_value",
        "5 float float_value", "6 double double_value", "7 bool boolean_value",
        "8 string string_value",
    ],
    "PropertySet": ["1 *string keys", "2 *PropertyValue values"],
    "MetaData": [
        "1 bool is_multi_part", "2 string content_type", "3 uint64 size", "4 uint64 seq",
        "5 string file_name", "6 string file_type", "7 string md5", "8 string description",
    ],
    "Metric": [
        "1 string name", "2 uint64 alias", "3 uint64 timestamp", "4 uint32 datatype",
        "5 bool is_historical", "6 bool is_transient", "7 bool is_null", "8 MetaData metadata",
        "9 PropertySet properties", "10 uint32 int_value", "11 uint64 long_value",
        "12 float float_value", "13 double double_value", "14 bool boolean_value",
        "15 string string_value", "16 bytes bytes_value",
    ],
    "Payload": [
        "1 uint64 timestamp", "2 *Metric metrics", "3 uint64 seq", "4 string uuid", "5 bytes body",
    ],
}  # fmt: skip
_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_described())
_Payload: Any = message_factory.GetMessageClass(
    _POOL.FindMessageTypeByName("stagefloor.sparkplug.Payload")
)


@dataclass(slots=True)
class Metric:
    """One metric. `type` is a tag's (OPC UA's name), `at` milliseconds since 1970.

    It has a name, an alias, or both. `quality` is None where nothing is said of it. What was read
    without a type, or with one that no tag has, has an empty `type`.
    """

    name: str
    value: Any
    type: str = "Double"
    at: int | None = None
    array: bool = False
    alias: int | None = None
    historical: bool = False
    quality: int | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Payload:
    """What one message carries. No `seq` in NDEATH."""

    at: int | None = None
    seq: int | None = None
    metrics: list[Metric] = field(default_factory=list)


def write(payload: Payload) -> bytes:
    """A payload as bytes."""
    made = _Payload()
    if payload.at is not None:
        made.timestamp = payload.at
    if payload.seq is not None:
        made.seq = payload.seq
    for one in payload.metrics:
        _write_metric(made.metrics.add(), one)
    raw: bytes = made.SerializeToString()
    return raw


def numbered(body: bytes, seq: int, *more: Metric) -> bytes:
    """A payload with its sequence number, and further metrics.

    Written behind what is there: messages of Protocol Buffers add up where they are joined.
    """
    return body + write(Payload(metrics=list(more))) + _SEQ + _varint(seq)


def historical(body: bytes) -> bytes:
    """A payload all of whose metrics are marked as said late. Raises Refusal (400)."""
    made = _parsed(body)
    for one in made.metrics:
        one.is_historical = True
    raw: bytes = made.SerializeToString()
    return raw


def split(body: bytes, most: int) -> list[bytes]:
    """A payload for each of its metrics; one with none, or more than `most`, stays whole.

    Raises Refusal (400).
    """
    made = _parsed(body)
    if not 1 < len(made.metrics) <= most:
        return [body]
    parts = []
    for one in made.metrics:
        part = _Payload()
        if made.HasField("timestamp"):
            part.timestamp = made.timestamp
        part.metrics.append(one)
        parts.append(part.SerializeToString())
    return parts


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _write_metric(made: Any, one: Metric) -> None:
    if one.name:
        made.name = one.name
    if one.alias is not None:
        made.alias = one.alias
    if one.at is not None:
        made.timestamp = one.at
    made.datatype = ARRAYS[one.type][0] if one.array else TYPES[one.type]
    if one.historical:
        made.is_historical = True
    if one.value is None:
        made.is_null = True
    elif one.array:
        made.bytes_value = _packed(one.value, one.type)
    else:
        _write_value(made, one.value, one.type)
    properties = one.properties
    if one.quality is not None:
        properties = {**properties, QUALITY: one.quality}
    for name, value in properties.items():
        made.properties.keys.append(name)
        _write_property(made.properties.values.add(), value)


def _write_value(made: Any, value: Any, kind: str) -> None:
    if kind == "ByteString" and isinstance(value, str):
        value = value.encode()
    elif kind == "DateTime":
        value = max(value // 1000, 0)
    elif kind in _RANGES:
        low, high = _RANGES[kind]
        value = min(max(value, low), high)  # what cannot be (a fault's) is as near as it can be
        if kind in _BITS:
            value %= 2 ** _BITS[kind]  # a negative number is its two's complement
    setattr(made, _FIELDS.get(kind, "int_value"), value)


def _write_property(made: Any, value: Any) -> None:
    if isinstance(value, bool):
        made.type, made.boolean_value = TYPES["Boolean"], value
    elif isinstance(value, int):
        made.type, made.int_value = TYPES["Int32"], value % 2**32
    elif isinstance(value, float):
        made.type, made.double_value = TYPES["Double"], value
    else:
        made.type, made.string_value = TYPES["String"], str(value)


def _packed(values: Iterable[Any], kind: str) -> bytes:
    values = list(values)
    if kind == "Boolean":
        bits = bytearray((len(values) + 7) // 8)
        for index, value in enumerate(values):
            bits[index // 8] |= bool(value) << (7 - index % 8)
        return struct.pack("<I", len(values)) + bytes(bits)
    if kind == "String":
        return b"".join(str(one).encode() + b"\0" for one in values)
    if kind == "DateTime":
        values = [one // 1000 for one in values]
    return struct.pack(f"<{len(values)}{ARRAYS[kind][1]}", *values)


def _parsed(body: bytes) -> Any:
    made = _Payload()
    try:
        made.ParseFromString(body)
    except (DecodeError, ValueError) as error:
        raise Refusal(f"no Sparkplug payload: {error}", code="malformed", status=400) from None
    return made


def read(body: bytes, types: Mapping[str | int, str] | None = None) -> Payload:
    """Bytes to a payload. Raises Refusal (400).

    `types` says what metrics without a data type are, by name or alias. A type that no tag has
    leaves the value as it stands in its field.
    """
    made = _parsed(body)
    found = Payload(
        made.timestamp if made.HasField("timestamp") else None,
        made.seq if made.HasField("seq") else None,
    )
    for one in made.metrics:
        alias = one.alias if one.HasField("alias") else None
        kind = _NAMES.get(one.datatype, "")
        if not one.datatype and types is not None:
            kind = types.get(one.name) or ("" if alias is None else types.get(alias, ""))
        found.metrics.append(_read_metric(one, kind, alias))
    return found


def _read_metric(one: Any, kind: str, alias: int | None) -> Metric:
    which = one.WhichOneof("value")
    value = getattr(one, which) if which is not None and not one.is_null else None
    array = _ARRAY_NAMES.get(one.datatype)
    if array is not None:
        kind = array
        value = _unpacked(value, array) if isinstance(value, bytes) else value
    elif value is not None:
        if kind and which != _FIELDS.get(kind, "int_value"):
            what = f"{one.name or alias}: a {kind} does not stand in {which}"
            raise Refusal(what, code="type-mismatch", status=422)
        value = _read_value(value, kind)
    properties = {
        name: getattr(given, given.WhichOneof("value"))
        for name, given in zip(one.properties.keys, one.properties.values, strict=False)
        if given.WhichOneof("value") is not None
    }
    return Metric(
        one.name, value, kind, one.timestamp if one.HasField("timestamp") else None,
        array=array is not None, alias=alias, historical=one.is_historical,
        quality=properties.pop(QUALITY, None), properties=properties,
    )  # fmt: skip


def _unpacked(raw: bytes, kind: str) -> list[Any]:
    """What an array's bytes hold. Raises Refusal (400)."""
    if kind == "String":
        return [one.decode(errors="replace") for one in raw.split(b"\0")[:-1]]
    try:
        if kind == "Boolean":
            (count,) = struct.unpack_from("<I", raw)
            return [
                bool(raw[4 + at // 8] >> (7 - at % 8) & 1) for at in range(min(count, 8 * len(raw)))
            ]
        sign = ARRAYS[kind][1]
        values: list[Any] = list(struct.unpack(f"<{len(raw) // struct.calcsize(sign)}{sign}", raw))
    except (struct.error, IndexError) as error:
        what = f"no array of {kind}: {error}"
        raise Refusal(what, code="malformed", status=400) from None
    return [one * 1000 for one in values] if kind == "DateTime" else values


def _read_value(value: Any, kind: str) -> Any:
    if kind in _SIGNED:
        whole = 2 ** _SIGNED[kind]
        value %= whole
        return value - whole if value >= whole // 2 else value
    return value * 1000 if kind == "DateTime" else value
