"""One subscription: what waits to be told, and the messages it is told in (part 4, 5.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.core.waits import Bell
from simulator.transports.opcua.wire import NO_ARRAY, NULL_ARRAY, extension, i32, i64, numbers, u32

if TYPE_CHECKING:
    from simulator.transports.opcua.eventitems import EventItem
    from simulator.transports.opcua.items import DataItem
    from simulator.transports.opcua.publishing import Client

DATA_CHANGES, EVENTS, STATUS_CHANGE = 811, 916, 820  # encodings of notifications
KEPT_MESSAGES = 64  # that a client may have sent once more
KEPT_BYTES = 2 * 1024 * 1024  # of them all
LAST_SEQUENCE = 2**32 - 1


class Times(Protocol):
    """Where a subscription's messages get their time from."""

    def ticks(self) -> int:
        """Wall time, in ticks of OPC UA."""


class Subscription:
    """What one client is told. `interval` is seconds, counts are publishing cycles."""

    def __init__(self, number: int, client: Client, times: Times) -> None:
        self.id = number
        self.client = client
        self._times = times
        self.interval = 1.0
        self.keep_alive = 10
        self.lifetime = 30
        self.most = 0  # notifications of one message; 0 for any number
        self.priority = 0
        self.enabled = True
        self.items: dict[int, DataItem | EventItem] = {}
        self.ready: dict[int, DataItem] = {}  # in the order in which they changed
        self.waiting: dict[int, DataItem] = {}  # changed before their sampling interval was over
        self.events: dict[int, EventItem] = {}
        self.kept: dict[int, bytes] = {}  # messages that were not acknowledged yet
        self.late = False  # something is to be told, and no Publish request is there
        self.over = False
        self.revised = Bell()  # rings where its interval is another one
        self._sequence = 1
        self._begun = False  # has it said anything yet?
        self._quiet = 0  # cycles without a message
        self._lonely = 0  # cycles without a Publish request

    # --- time ---------------------------------------------------------------------------------

    def cycle(self, now: float) -> bool:
        """A publishing interval is over. False where nobody asked for too long: it has expired."""
        if self.waiting:
            for number, item in list(self.waiting.items()):
                if item.flush(now):
                    self.waiting.pop(number, None)
        self._lonely = 0 if self.client.asks else self._lonely + 1
        if self._lonely >= self.lifetime:
            return False
        self._quiet += 1
        if self.has_news or not self._begun or self._quiet >= self.keep_alive:
            self.late = True
            self.client.publish()
        return True

    def heard(self) -> None:
        """Its client is alive: its lifetime begins anew."""
        self._lonely = 0

    @property
    def has_news(self) -> bool:
        """Is there anything to tell?"""
        return self.enabled and bool(self.ready or self.events)

    # --- messages -----------------------------------------------------------------------------

    def message(self) -> tuple[bytes, bool]:
        """The next message, and whether there is more to tell; a keep-alive where there is none."""
        self._begun, self._quiet, self.late = True, 0, False
        if not self.has_news:
            return u32(self._sequence) + i64(self._times.ticks()) + NO_ARRAY, False
        left = self.most or 10**9
        parts = []
        if self.events:
            told = self._events(left)
            left -= len(told)
            parts.append(extension(EVENTS, i32(len(told)) + b"".join(told)))
        if self.ready and left:
            changes = self._changes(left)
            body = i32(len(changes)) + b"".join(changes) + NULL_ARRAY
            parts.append(extension(DATA_CHANGES, body))
        return self._numbered(parts), self.has_news

    def farewell(self, status: int) -> bytes:
        """The message that it has ended, or is no longer this session's, and why."""
        said = extension(STATUS_CHANGE, u32(status) + b"\x00")
        return u32(self._sequence) + i64(self._times.ticks()) + i32(1) + said

    def response(self, message: bytes, *, more: bool, results: list[int]) -> bytes:
        """A publish response without its header."""
        return b"".join(
            (u32(self.id), numbers(list(self.kept)), b"\x01" if more else b"\x00", message,
             numbers(results), NULL_ARRAY)
        )  # fmt: skip

    def _changes(self, most: int) -> list[bytes]:
        told: list[bytes] = []
        ready = self.ready
        while ready and len(told) < most:
            number = next(iter(ready))
            item = ready[number]
            told += item.taken(most - len(told))
            if not item.queue:
                del ready[number]
        return told

    def _events(self, most: int) -> list[bytes]:
        told: list[bytes] = []
        while self.events and len(told) < most:
            number = next(iter(self.events))
            item = self.events[number]
            told += item.taken(most - len(told))
            if not item.queue:
                del self.events[number]
        return told

    def _numbered(self, parts: list[bytes]) -> bytes:
        number = self._sequence
        self._sequence = 1 if number == LAST_SEQUENCE else number + 1
        made = u32(number) + i64(self._times.ticks()) + i32(len(parts)) + b"".join(parts)
        self.kept[number] = made
        while len(self.kept) > KEPT_MESSAGES or (
            len(self.kept) > 1 and sum(map(len, self.kept.values())) > KEPT_BYTES
        ):
            del self.kept[next(iter(self.kept))]
        return made
