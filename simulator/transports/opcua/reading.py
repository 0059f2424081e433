"""Services that look and change nothing: reading, browsing, translating paths."""

from __future__ import annotations

from asyncua import ua

from simulator.transports.opcua.browsing import Wanted, result
from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.wire import NULL_ARRAY, i32, node, u32

Codes = ua.StatusCodes


@service("Read")
def read(on: Occasion) -> bytes:
    """Attributes of nodes."""
    reader = on.reader
    age, stamps = reader.f64(), reader.u32()
    if stamps > 3:
        raise ServiceFault(Codes.BadTimestampsToReturnInvalid)
    if not age >= 0:
        raise ServiceFault(Codes.BadMaxAgeInvalid)
    count = on.many(on.limits.reads)
    out, attributes = [i32(count)], on.server.attributes
    for _ in range(count):
        name, attribute, part = reader.node(), reader.u32(), reader.text()
        reader.qualified()
        out.append(attributes.read(name, attribute, stamps, part))
    out.append(NULL_ARRAY)
    return b"".join(out)


@service("Browse")
def browse(on: Occasion) -> bytes:
    """References of nodes, the first portion of them."""
    reader = on.reader
    view = reader.node()
    reader.i64()
    reader.u32()
    if view.Identifier:
        raise ServiceFault(Codes.BadViewIdUnknown)
    asked = reader.u32()
    most = min(asked or on.limits.references, on.limits.references)
    count = on.many(on.limits.browses)
    out = [i32(count)]
    for _ in range(count):
        status, found = on.server.view.browse(Wanted(reader))
        out.append(_portion(on, status, found, most))
    out.append(NULL_ARRAY)
    return b"".join(out)


@service("BrowseNext")
def browse_next(on: Occasion) -> bytes:
    """The next portion, or an end to it."""
    over = bool(on.reader.u8())
    count = on.many(on.limits.browses)
    out = [i32(count)]
    for _ in range(count):
        point = on.reader.octets()
        kept = on.session.continuations.pop(point or b"", None)
        if not isinstance(kept, Rest):
            out.append(result(Codes.BadContinuationPointInvalid, [], None))
        elif over:
            out.append(result(0, [], None))
        else:
            out.append(_portion(on, 0, kept.references, kept.most))
    out.append(NULL_ARRAY)
    return b"".join(out)


@service("TranslateBrowsePathsToNodeIds")
def translate(on: Occasion) -> bytes:
    """Where browse paths lead."""
    on.bounded(on.limits.translates)
    asked = on.reader.rest(ua.TranslateBrowsePathsToNodeIdsParameters)
    out = [i32(len(asked.BrowsePaths))]
    for path in asked.BrowsePaths:
        status, places = on.server.view.translate(path)
        out.append(u32(status) + i32(len(places)))
        out += [node(place) + b"\xff\xff\xff\xff" for place in places]
    out.append(NULL_ARRAY)
    return b"".join(out)


class Rest:
    """References that are still to be fetched."""

    __slots__ = ("most", "references")

    def __init__(self, references: list[bytes], most: int) -> None:
        self.references = references
        self.most = most


def _portion(on: Occasion, status: int, found: list[bytes], most: int) -> bytes:
    if len(found) <= most:
        return result(status, found, None)
    point = on.session.keep(on.limits.continuations, Rest(found[most:], most))
    if point is None:
        return result(Codes.BadNoContinuationPoints, found[:most], None)
    return result(status, found[:most], point)
