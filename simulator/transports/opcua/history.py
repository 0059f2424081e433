"""History: what tags showed before, as far as it is kept (part 11, raw values)."""

from __future__ import annotations

from asyncua import ua

from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.samples import Sample
from simulator.transports.opcua.wire import (
    NULL_ARRAY,
    Malformed,
    Reader,
    extension,
    i32,
    octets,
    u32,
)

Codes = ua.StatusCodes
_RAW = ua.ObjectIds.ReadRawModifiedDetails_Encoding_DefaultBinary
_DATA = ua.ObjectIds.HistoryData_Encoding_DefaultBinary
_NO_DATA = b"\x00\x00\x00"
LAST = 2**63 - 1  # the end of time, in ticks


class _Raw:
    """Which values are asked for. Times are in ticks; 0 is none."""

    __slots__ = ("begin", "bounds", "end", "most")

    def __init__(self, body: bytes) -> None:
        reader = Reader(body)
        if reader.u8():
            raise ServiceFault(Codes.BadHistoryOperationUnsupported)  # modified values
        self.begin, self.end = max(reader.i64(), 0), max(reader.i64(), 0)
        self.most, self.bounds = reader.u32(), bool(reader.u8())
        if not (self.begin and self.end) and not self.most:
            raise ServiceFault(Codes.BadHistoryOperationInvalid)


class Left:
    """Values of one node that are still to be fetched."""

    __slots__ = ("node", "samples")

    def __init__(self, node: ua.NodeId, samples: list[Sample]) -> None:
        self.node = node
        self.samples = samples


@service("HistoryRead")
def history_read(on: Occasion) -> bytes:
    """Raw values of tags between two times, in portions."""
    reader = on.reader
    kind, body = reader.extension()
    stamps, release = reader.u32(), bool(reader.u8())
    if stamps > 2:
        raise ServiceFault(Codes.BadTimestampsToReturnInvalid)
    if kind != _RAW or body is None:
        raise ServiceFault(Codes.BadHistoryOperationUnsupported)
    try:
        asked = _Raw(body)
    except Malformed:
        raise ServiceFault(Codes.BadHistoryOperationInvalid) from None
    count = on.many(on.limits.histories)
    out = [i32(count)]
    for _ in range(count):
        node, _part = reader.node(), reader.text()
        reader.qualified()
        point = reader.octets()
        out.append(_result(on, asked, node, point, stamps, release=release))
    out.append(NULL_ARRAY)
    return b"".join(out)


def _result(
    on: Occasion, asked: _Raw, node: ua.NodeId, point: bytes | None, stamps: int, *, release: bool
) -> bytes:
    if point:
        left = on.session.continuations.get(point)
        if not isinstance(left, Left) or left.node != node:
            return _no(Codes.BadContinuationPointInvalid)
        del on.session.continuations[point]
        found = [] if release else left.samples
        if release:
            return u32(0) + octets(None) + _NO_DATA
    else:
        slot = on.server.space.slots.get(node)
        if slot is None:
            known = node in on.server.space.aspace
            return _no(Codes.BadHistoryOperationUnsupported if known else Codes.BadNodeIdUnknown)
        if slot.history is None:
            return _no(Codes.BadHistoryOperationUnsupported)
        found = _chosen(list(slot.history), asked)
    most = min(asked.most or on.limits.history_values, on.limits.history_values)
    told, rest = found[:most], found[most:]
    name = None
    if rest:
        name = on.session.keep(on.limits.continuations, Left(node, rest))
        if name is None:
            return _no(Codes.BadNoContinuationPoints)
    status = 0 if told else Codes.GoodNoData
    values = b"".join(one.encoded(stamps) for one in told)
    return u32(status) + octets(name) + extension(_DATA, i32(len(told)) + values)


def _no(status: int) -> bytes:
    return u32(status) + octets(None) + _NO_DATA


def _chosen(kept: list[Sample], asked: _Raw) -> list[Sample]:
    """The values of a time, oldest first, or newest first where the end is before the begin."""
    kept.sort(key=lambda one: one.source)  # a fault may have said them out of order
    begin, end = asked.begin, asked.end
    backwards = (begin and end and end < begin) or (not begin)
    if backwards:
        kept.reverse()
        late, early = (begin, end) if begin else (end or LAST, 0)
        inside = [one for one in kept if one.source <= late and (not early or one.source > early)]
        after = [one for one in kept if early and one.source <= early]
        before = [one for one in kept if one.source > late]
    else:
        inside = [one for one in kept if one.source >= begin and (not end or one.source < end)]
        after = [one for one in kept if end and one.source >= end]
        before = [one for one in kept if one.source < begin]
    if begin and end and begin == end:
        inside = [one for one in kept if one.source == begin]
    if asked.bounds:
        if before and not (inside and inside[0].source == (begin or end)):
            inside.insert(0, before[-1])
        if after:
            inside.append(after[0])
    return inside if begin and end else inside[: asked.most]
