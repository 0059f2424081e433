"""Attributes of nodes as clients read and watch them: tags from their slots, the rest from asyncua.

Tags change by the thousand and have a slot each. What else can be watched (the server's status, its
service level, an alarm's state) gets a slot of its own as soon as somebody watches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AttributeValue

from simulator.core.timer import monotonic
from simulator.transports.opcua.samples import Sample, Slot, from_data_value
from simulator.transports.opcua.space import Space
from simulator.transports.opcua.wire import u32

VALUE = 13
Codes = ua.StatusCodes
_NAMES = {int(one): one for one in ua.AttributeIds}


class Attributes:
    """Every attribute of one server's nodes."""

    def __init__(self, space: Space, ticks: Callable[[], int]) -> None:
        self._space = space
        self._ticks = ticks
        self._observed: dict[tuple[ua.NodeId, int], Slot] = {}

    def read(self, node: ua.NodeId, attribute: int, stamps: int, part: str | None) -> bytes:
        """One attribute as a DataValue's bytes."""
        if attribute == VALUE:
            slot = self._space.slots.get(node)
            if slot is not None:
                if part:
                    return _part_of(slot, part, stamps, self._ticks())
                return slot.sample.stamped(stamps, self._ticks())
        sample = self.sample(node, attribute)
        if part:
            return bad(Codes.BadIndexRangeInvalid)
        return sample.stamped(stamps if attribute == VALUE else 3, self._ticks())

    def sample(self, node: ua.NodeId, attribute: int) -> Sample:
        """What an attribute shows now; a Bad sample where there is no such thing."""
        if attribute == VALUE and node in self._space.slots:
            return self._space.slots[node].sample
        aspace = self._space.aspace
        found = aspace.get(node)
        if found is None:
            return _none(Codes.BadNodeIdUnknown)
        named = _NAMES.get(attribute)
        if named is None or named not in found.attributes:
            return _none(Codes.BadAttributeIdInvalid)
        return from_data_value(aspace.read_attribute_value(node, named), self._ticks())

    def slot(self, node: ua.NodeId, attribute: int) -> Slot | int:
        """What can be watched; or the status code that says why there is nothing to watch."""
        if attribute == VALUE:
            slot = self._space.slots.get(node)
            if slot is not None:
                return slot
        found = self._observed.get((node, attribute))
        if found is None:
            sample = self.sample(node, attribute)
            if sample.status in (Codes.BadNodeIdUnknown, Codes.BadAttributeIdInvalid):
                return sample.status
            # its values come as samples: the type that a slot packs by is not used
            found = self._observed[node, attribute] = Slot(node, "Int32", array=False)
            found.sample = sample
        return found

    def write(self, node: ua.NodeId, value: ua.DataValue, attribute: int = VALUE) -> None:
        """Let one of asyncua's nodes show a value, and tell who watches it."""
        self._space.aspace[node].attributes[_NAMES[attribute]] = AttributeValue(value)
        slot = self._observed.get((node, attribute))
        if slot is not None:
            slot.sample = from_data_value(value, self._ticks())
            now = monotonic()
            for one in slot.watchers:
                one.offer(slot.sample, now)

    def show_notifier(self, node: ua.NodeId) -> None:
        """Let clients subscribe to a node's events."""
        value = ua.DataValue(ua.Variant(1, ua.VariantType.Byte))
        self._space.aspace[node].attributes[ua.AttributeIds.EventNotifier] = AttributeValue(value)

    def show(self, node: ua.NodeId, value: Any, kind: ua.VariantType) -> None:
        """Let one of asyncua's variables show a value."""
        self.write(node, ua.DataValue(ua.Variant(value, kind)))


def bad(status: int) -> bytes:
    """A DataValue that is nothing but a status."""
    return b"\x02" + u32(status)


def _none(status: int) -> Sample:
    return Sample(b"", None, status, 0, 0)


def _part_of(slot: Slot, part: str, stamps: int, ticks: int) -> bytes:
    """Some elements of an array, or characters of a text (part 4, 7.27)."""
    low, colon, high = part.partition(":")
    if not low.isdigit() or (colon and not high.isdigit()):
        return bad(Codes.BadIndexRangeInvalid)
    begin = int(low)
    end = int(high) if colon else begin
    sample = slot.sample
    if colon and end <= begin:
        return bad(Codes.BadIndexRangeInvalid)
    if not isinstance(sample.value, list | str):
        return bad(Codes.BadIndexRangeNoData if sample.value is None else
                   Codes.BadIndexRangeInvalid)  # fmt: skip
    cut = sample.value[begin : end + 1]
    if not cut:
        return bad(Codes.BadIndexRangeNoData)
    twin = Sample(slot.pack(cut), cut, sample.status, sample.source, ticks)
    return twin.encoded(stamps)
