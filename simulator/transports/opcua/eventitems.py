"""Monitored items for events: what waits to be told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asyncua import ua

from simulator.transports.opcua.events import Event, EventFilter, event_filter
from simulator.transports.opcua.items import DISABLED, REPORTING
from simulator.transports.opcua.wire import i32, u32

if TYPE_CHECKING:
    from simulator.transports.opcua.subscription import Subscription

__all__ = ["EventItem", "event_filter"]
_OVERFLOW = ua.NodeId(ua.ObjectIds.EventQueueOverflowEventType, 0)
_SERVER = ua.NodeId(ua.ObjectIds.Server, 0)


class EventItem:
    """A monitored item for the events of one notifier."""

    def __init__(
        self, subscription: Subscription, number: int, node: ua.NodeId, filtered: EventFilter
    ) -> None:
        self.subscription = subscription
        self.id = number
        self.node = node
        self.filter = filtered
        self.head = u32(0)
        self.mode = REPORTING
        self.size = 1
        self.oldest = True
        self.queue: list[bytes] = []
        self.ended: Callable[[int, Any], Any] | None = None
        self._overflowed = False

    def hear(self, event: Event) -> None:
        """Something happened at a notifier: queue it where it is wanted."""
        if self.mode == DISABLED or self.node not in event.at or not self.filter.holds(event):
            return
        self.put(event)

    def put(self, event: Event) -> None:
        """Queue an event."""
        fields = self.filter.fields(event)
        made = self.head + i32(len(fields)) + b"".join(fields)
        if len(self.queue) < self.size + self._overflowed:
            self.queue.append(made)
        else:
            self._overflow(made)
        if self.mode == REPORTING:
            self.subscription.events[self.id] = self

    def _overflow(self, made: bytes) -> None:
        """One is discarded; an event of its own says so, first or last (part 4, 5.13.1.5)."""
        if not self._overflowed:
            fields = self.filter.fields(overflow())
            said = self.head + i32(len(fields)) + b"".join(fields)
            self._overflowed = True
            if self.oldest:
                self.queue[0] = said
                self.queue.append(made)
            else:
                self.queue.append(said)
        elif self.oldest:
            del self.queue[1]
            self.queue.append(made)

    def taken(self, most: int) -> list[bytes]:
        """The first of what waits, as event field lists."""
        out = self.queue[:most]
        del self.queue[:most]
        if not self.queue:
            self._overflowed = False
        return out

    def set_mode(self, mode: int, now: float) -> None:
        """Report, only collect, or neither."""
        self.mode = mode
        if mode == DISABLED:
            self.queue.clear()
        if mode == REPORTING and self.queue:
            self.subscription.events[self.id] = self
        else:
            self.subscription.events.pop(self.id, None)

    def end(self) -> None:
        """It is deleted."""
        if self.ended is not None:
            self.ended(self.id, None)


def overflow() -> Event:
    """The event that says that events were lost."""
    kinds = ua.VariantType
    return Event(
        _OVERFLOW,
        frozenset((_SERVER,)),
        {
            ("EventType",): ua.Variant(_OVERFLOW, kinds.NodeId),
            ("SourceNode",): ua.Variant(_SERVER, kinds.NodeId),
            ("SourceName",): ua.Variant("Server", kinds.String),
            ("Message",): ua.Variant(ua.LocalizedText("events were lost"), kinds.LocalizedText),
            ("Severity",): ua.Variant(500, kinds.UInt16),
        },
    )
