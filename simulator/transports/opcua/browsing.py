"""Browsing: references of nodes, in portions where there are many (part 4, 5.9)."""

from __future__ import annotations

from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from simulator.transports.opcua.wire import (
    NULL_ARRAY,
    NULL_NODE,
    NULL_TEXT,
    Reader,
    i32,
    node,
    octets,
    text,
    u32,
)

Codes = ua.StatusCodes
_SUBTYPE = ua.NodeId(ua.ObjectIds.HasSubtype, 0)
_NULL = ua.NodeId(0, 0)
_TYPE, _FORWARD, _CLASS, _NAME, _DISPLAY, _DEFINITION = 1, 2, 4, 8, 16, 32


class View:
    """The references of one server's nodes."""

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
        self._below: dict[ua.NodeId, frozenset[ua.NodeId]] = {}

    def changed(self) -> None:
        """There may be new types of references."""
        self._below.clear()

    def browse(self, asked: Wanted) -> tuple[int, list[bytes]]:
        """A status code, and every reference that is wanted."""
        found = self._aspace.get(asked.node)
        if found is None:
            return Codes.BadNodeIdUnknown, []
        if asked.direction > 2:
            return Codes.BadBrowseDirectionInvalid, []
        types = None
        if asked.by != _NULL:
            if asked.by not in self._aspace:
                return Codes.BadReferenceTypeIdInvalid, []
            types = self.subtypes(asked.by) if asked.subtypes else frozenset((asked.by,))
        forward, inverse = asked.direction in (0, 2), asked.direction in (1, 2)
        return 0, [
            _reference(one, asked.mask)
            for one in found.references
            if (forward if one.IsForward else inverse)
            and (types is None or one.ReferenceTypeId in types)
            and (not asked.classes or asked.classes & int(one.NodeClass))
        ]

    def subtypes(self, kind: ua.NodeId) -> frozenset[ua.NodeId]:
        """A type with everything below it."""
        found = self._below.get(kind)
        if found is None:
            every = {kind}
            to_do = [kind]
            while to_do:
                data = self._aspace.get(to_do.pop())
                for one in data.references if data is not None else ():
                    below = one.IsForward and one.ReferenceTypeId == _SUBTYPE
                    if below and one.NodeId not in every:
                        every.add(one.NodeId)
                        to_do.append(one.NodeId)
            found = self._below[kind] = frozenset(every)
        return found

    def translate(self, path: Any) -> tuple[int, list[ua.NodeId]]:
        """Where a browse path leads."""
        elements = path.RelativePath.Elements
        if path.StartingNode not in self._aspace:
            return Codes.BadNodeIdUnknown, []
        if not elements:
            return Codes.BadNothingToDo, []
        places = [path.StartingNode]
        for number, element in enumerate(elements):
            name = element.TargetName
            if (name is None or not name.Name) and number == len(elements) - 1:
                return Codes.BadBrowseNameInvalid, []
            types = None
            if element.ReferenceTypeId != _NULL:
                kind = element.ReferenceTypeId
                types = self.subtypes(kind) if element.IncludeSubtypes else frozenset((kind,))
            places = [
                one.NodeId
                for place in places
                if (data := self._aspace.get(place)) is not None
                for one in data.references
                if one.IsForward != bool(element.IsInverse)
                and one.BrowseName == name
                and (types is None or one.ReferenceTypeId in types)
            ]
            if not places:
                return Codes.BadNoMatch, []
        return 0, places


class Wanted:
    """What one node is to be browsed for."""

    __slots__ = ("by", "classes", "direction", "mask", "node", "subtypes")

    def __init__(self, reader: Reader) -> None:
        self.node = reader.node()
        self.direction = reader.u32()
        self.by = reader.node()
        self.subtypes = bool(reader.u8())
        self.classes = reader.u32()
        self.mask = reader.u32()


def result(status: int, references: list[bytes], point: bytes | None) -> bytes:
    """The result for one node."""
    return b"".join((u32(status), octets(point), i32(len(references)), *references))


def _reference(one: ua.ReferenceDescription, mask: int) -> bytes:
    name, shown = one.BrowseName, one.DisplayName
    return b"".join(
        (
            node(one.ReferenceTypeId) if mask & _TYPE else NULL_NODE,
            b"\x01" if one.IsForward and mask & _FORWARD else b"\x00",
            node(one.NodeId),
            name.NamespaceIndex.to_bytes(2, "little") + text(name.Name)
            if mask & _NAME and name is not None
            else b"\x00\x00" + NULL_ARRAY,
            b"\x02" + text(shown.Text)
            if mask & _DISPLAY and shown is not None and shown.Text is not None
            else NULL_TEXT,
            i32(int(one.NodeClass)) if mask & _CLASS else b"\x00\x00\x00\x00",
            node(one.TypeDefinition)
            if mask & _DEFINITION and one.TypeDefinition is not None
            else NULL_NODE,
        )
    )
