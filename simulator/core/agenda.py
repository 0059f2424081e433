"""The one heap on which everything that will happen stands, as plain data.

Never a coroutine, a generator or a closure: an agenda can be saved, restored and branched at any
instant (rule 1). Ties are broken by the order in which events were put down.
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

from simulator.core.durations import Instant


class Event(NamedTuple):
    """One thing that will happen: when (Instant), its ticket, `owner.name`, JSON-able arguments."""

    due: Instant
    ticket: int
    kind: str
    args: dict[str, Any]


class Agenda:
    """A heap of events, ordered by (due, ticket)."""

    def __init__(self) -> None:
        self._heap: list[Event] = []
        self._live: set[int] = set()
        self._tickets = 0

    def put(self, due: Instant, kind: str, **args: Any) -> int:
        """Put an event down and return its ticket, which `cancel` takes."""
        self._tickets += 1
        heapq.heappush(self._heap, Event(due, self._tickets, kind, args))
        self._live.add(self._tickets)
        return self._tickets

    def cancel(self, ticket: int) -> None:
        """Take an event off. A ticket that is unknown or already done does nothing."""
        self._live.discard(ticket)
        if len(self._heap) > 2 * len(self._live) + 100:  # most of the heap is cancelled
            self._heap = self.events()

    def next_due(self) -> Instant | None:
        """When the next event is due, or None where nothing is to come."""
        while self._heap and self._heap[0].ticket not in self._live:
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    def pop(self, until: Instant) -> Event | None:
        """Take the next event that is due at or before `until`, or None."""
        due = self.next_due()
        if due is None or due > until:
            return None
        event = heapq.heappop(self._heap)
        self._live.discard(event.ticket)
        return event

    def __len__(self) -> int:
        return len(self._live)

    def events(self) -> list[Event]:
        """Every event to come, in the order it will happen."""
        return sorted(event for event in self._heap if event.ticket in self._live)

    def save(self) -> dict[str, Any]:
        """The agenda as JSON-able data."""
        return {"tickets": self._tickets, "events": [list(event) for event in self.events()]}

    def become(self, other: Agenda) -> None:
        """Take over another agenda's events, for those who hold on to this one."""
        self._heap, self._live, self._tickets = other._heap, other._live, other._tickets

    @classmethod
    def restore(cls, saved: dict[str, Any]) -> Agenda:
        """The inverse of `save`."""
        agenda = cls()
        agenda._tickets = saved["tickets"]
        agenda._heap = [Event(*event) for event in saved["events"]]  # sorted lists are heaps
        agenda._live = {event.ticket for event in agenda._heap}
        return agenda
