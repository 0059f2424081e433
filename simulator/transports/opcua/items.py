"""Monitored items: what a client wants to be told of one variable, and what waits to be told.

A value is sampled when it changes; where a client asked for a sampling interval, no oftener than
that, and of what changed in between, the last is told when the interval is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.transports.opcua.filters import ANY_CHANGE, ChangeFilter
from simulator.transports.opcua.samples import Sample, Slot
from simulator.transports.opcua.wire import u32

if TYPE_CHECKING:
    from simulator.transports.opcua.subscription import Subscription

DISABLED, SAMPLING, REPORTING = 0, 1, 2
EARLY = 0.25  # share of the interval by which a sample may be early: scans have some jitter


class DataItem:
    """A monitored item for changes of a value."""

    __slots__ = (
        "attribute", "changes", "due", "head", "id", "interval", "last", "mode", "oldest",
        "overflowed", "pending", "queue", "size", "slot", "stamps", "subscription", "triggered",
        "triggers",
    )  # fmt: skip

    def __init__(self, subscription: Subscription, number: int, slot: Slot, stamps: int) -> None:
        self.subscription = subscription
        self.id = number
        self.slot = slot
        self.attribute = 13
        self.stamps = stamps
        self.head = u32(0)  # the client's handle, as it goes before each value
        self.mode = REPORTING
        self.interval = 0.0  # seconds
        self.size = 1
        self.oldest = True  # what is discarded where the queue is full
        self.changes: ChangeFilter = ANY_CHANGE
        self.due = 0.0  # monotonic seconds of the next sample
        self.last: Sample | None = None  # the last one that was queued
        self.pending: Sample | None = None  # changed before its time
        self.queue: list[Sample] = []
        self.overflowed = -1  # which of the queue has the Overflow bit; -1 for none
        self.triggers: list[DataItem] = []  # items that this one triggers
        self.triggered = False  # a linked item that is to be told though it only samples

    def offer(self, sample: Sample, now: float) -> None:
        """The value changed."""
        if self.mode == DISABLED:
            return
        if self.interval:
            due, early = self.due, self.interval * EARLY
            if self.pending is not None and now >= due:
                self._sampled(self.pending)
                self.pending = None
                due = self.due = due + self.interval
            if now + early < due:
                self.pending = sample
                self.subscription.waiting[self.id] = self
                return
            self.due = due + self.interval if now < due + self.interval else now + self.interval
            self.pending = None
        self._sampled(sample)

    def flush(self, now: float) -> bool:
        """Take the sample whose time has come. False: it still has to wait."""
        if self.pending is None:
            return True
        if now < self.due:
            return False
        sample, self.pending = self.pending, None
        self.due = now + self.interval
        self._sampled(sample)
        return True

    def _sampled(self, sample: Sample) -> None:
        if not self.changes.passes(sample, self.last):
            return
        self.last = sample
        self.put(sample)

    def put(self, sample: Sample) -> None:
        """Queue a sample, whatever it is."""
        queue = self.queue
        if len(queue) < self.size:
            queue.append(sample)
        elif self.size == 1:
            queue[0] = sample  # a buffer of the newest has no Overflow bit
        elif self.oldest:
            del queue[0]
            queue.append(sample)
            self.overflowed = 0
        else:
            queue[-1] = sample
            self.overflowed = self.size - 1
        if self.mode == REPORTING or self.triggered:
            self.subscription.ready[self.id] = self
        for one in self.triggers:
            if one.queue:
                one.triggered = True
                self.subscription.ready[one.id] = one

    def taken(self, most: int) -> list[bytes]:
        """The first of what waits, `most` at the most, as notifications."""
        queue, head, stamps = self.queue, self.head, self.stamps
        if len(queue) == 1 and self.overflowed < 0 and most:
            self.queue = []
            self.triggered = False
            return [head + queue[0].encoded(stamps)]
        out = [
            head + one.encoded(stamps, overflow=number == self.overflowed)
            for number, one in enumerate(queue[:most])
        ]
        del queue[:most]
        self.overflowed = max(self.overflowed - len(out), -1) if queue else -1
        if not queue:
            self.triggered = False
        return out

    def resize(self, size: int) -> None:
        """Another queue size: what does not fit any more goes, as if it had overflowed."""
        self.size = size
        extra = len(self.queue) - size
        if extra > 0:
            if self.oldest:
                del self.queue[:extra]
                self.overflowed = 0 if size > 1 else -1
            else:
                del self.queue[size:]
                self.overflowed = size - 1 if size > 1 else -1

    def set_mode(self, mode: int, now: float) -> None:
        """Report, only sample, or nothing at all; one that begins again tells its value first."""
        was, self.mode = self.mode, mode
        if mode == DISABLED:
            self.queue.clear()
            self.pending, self.overflowed, self.last = None, -1, None
            self.subscription.ready.pop(self.id, None)
        elif was == DISABLED:
            self.due = now
            self.offer(self.slot.sample, now)
        elif mode == REPORTING and self.queue:
            self.subscription.ready[self.id] = self
        elif mode == SAMPLING:
            self.subscription.ready.pop(self.id, None)

    def end(self) -> None:
        """It is deleted."""
        if self in self.slot.watchers:
            self.slot.watchers.remove(self)
