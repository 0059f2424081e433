"""One direction of one endpoint: where faults act and backlogs build up.

The decisions are plain and synchronous (what is to become of this message?); waiting is the
transports' business, with `pause`, the one sleep of the project. Injected latency is wall time,
because the integration's own timeouts are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from simulator.core.chance import Stream
from simulator.core.durations import Instant
from simulator.core.errors import QueueFull
from simulator.core.match import Match
from simulator.core.message import Direction, Message, Reply

if TYPE_CHECKING:
    from simulator.core.ports import Fault

QUEUE_LIMIT = 100_000

Cut = Literal["refuse", "reset", "hang", "close", "drop"]
"""How a conversation ends without an answer: connection refused; reset (RST); never answered;
closed in good order with no answer; the message lost without a trace on the wire."""

Side = Literal["request", "reply"]


@dataclass(slots=True)
class Treatment:
    """What is to become of one message: filled in by each fault that touches it, in order."""

    faults: list[str] = field(default_factory=list)  # ids of the faults that touched it
    delay: float = 0.0  # wall seconds before it goes on
    cut: Cut | None = None
    cut_side: Side = "request"  # before the system sees it, or after (the answer is lost)
    answer: Reply | None = None  # answered in the system's stead
    copies: int = 0  # how many times more it is processed or delivered
    behind: int = 0  # let so many later messages go first
    behind_patience: float = 2.0  # wall seconds it waits for them at the most
    keep_bytes: int | None = None  # truncate the body (the reply's, on an inbound link) to so many
    keep_fraction: float | None = None  # likewise, as a fraction of its length
    extra: dict[str, Any] = field(default_factory=dict)  # for faults of one transport

    @property
    def untouched(self) -> bool:
        """No fault touched it."""
        return not self.faults


@dataclass(slots=True)
class Moment:
    """When, and with which chance, a fault decides."""

    now: Instant  # plant time
    since: Instant  # plant time at which the fault was applied
    wall: float  # monotonic wall seconds
    wall_since: float
    stream: Stream
    seen: int  # how many messages this fault selected before this one


@dataclass(slots=True)
class ActiveFault:
    """A fault in force on a link."""

    id: str
    fault: Fault
    link: str
    since: Instant
    until: Instant | None
    wall_since: float
    stream: Stream
    run: str | None = None  # undone when this run ends
    order: int = 0
    seen: int = 0
    touched: int = 0
    selects: Match | None = None

    def __post_init__(self) -> None:
        self.selects = Match(self.fault.match) if self.fault.match else None


@dataclass(slots=True)
class Hold:
    """A link that keeps what it should deliver."""

    since: Instant
    run: str | None = None


class Link:
    """The fault chain and the queue of one direction of one endpoint."""

    def __init__(self, endpoint: str, direction: Direction, limit: int = QUEUE_LIMIT) -> None:
        self.endpoint = endpoint
        self.direction: Direction = direction
        self.name = f"{endpoint}.{direction}"
        self.limit = limit
        self.faults: list[ActiveFault] = []
        self.hold: Hold | None = None
        self.draining: dict[str, Any] | None = None  # how a release goes on, as data
        self.queue: deque[tuple[Instant, Message]] = deque()  # held back, with when it was queued
        self.ready: deque[Message] = deque()  # to be delivered now
        self.crossed = 0
        self.watchers: list[Callable[[], None]] = []

    @property
    def state(self) -> str:
        """`open`, `held` or `draining`."""
        return "held" if self.hold else "draining" if self.draining else "open"

    @property
    def refusing(self) -> bool:
        """Is a fault in force that closes the listening socket?"""
        return any(active.fault.closes_listener for active in self.faults)

    @property
    def depth(self) -> int:
        """How many messages wait on this link."""
        return len(self.queue) + len(self.ready)

    @property
    def oldest(self) -> Instant | None:
        """When the longest-waiting message was queued (plant time)."""
        return min((since for since, _ in self.queue), default=None)

    def changed(self) -> None:
        """Tell whoever watches (a transport, a waiting request) that something changed."""
        for watcher in list(self.watchers):
            watcher()

    def treat(
        self, message: Message, fields: dict[str, Any], now: Instant, wall: float
    ) -> Treatment:
        """Ask each fault in force, in the order they were applied, what is to become of it.

        `fields` are the message's as an entry's, for the faults' own selections.
        """
        treatment = Treatment()
        for active in self.faults:
            if active.until is not None and now >= active.until:
                continue  # its clearing is on the agenda of this very instant
            fault = active.fault
            if active.selects is not None and not active.selects.hits(fields):
                continue
            moment = Moment(now, active.since, wall, active.wall_since, active.stream, active.seen)
            active.seen += 1
            if not fault.chosen(moment):
                continue
            if fault.treat(treatment, message, moment):
                active.touched += 1
                treatment.faults.append(active.id)
        return treatment

    def put(self, message: Message, now: Instant) -> None:
        """Queue an outbound message: ready at once, or held back. Raises QueueFull."""
        if self.depth >= self.limit:
            raise QueueFull(f"the link {self.name} holds its limit of {self.limit} messages")
        if self.hold or self.draining:
            self.queue.append((now, message))
        else:
            self.ready.append(message)
        self.changed()

    def save(self) -> dict[str, Any]:
        """Hold, drain and queue as JSON-able data (faults are saved by the stage)."""
        return {
            "hold": {"since": self.hold.since, "run": self.hold.run} if self.hold else None,
            "draining": self.draining,
            "queue": [[since, message.save()] for since, message in self.queue],
            "ready": [message.save() for message in self.ready],
            "crossed": self.crossed,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """The inverse of `save`."""
        self.hold = Hold(**saved["hold"]) if saved["hold"] else None
        self.draining = saved["draining"]
        self.queue = deque((since, Message.restore(one)) for since, one in saved["queue"])
        self.ready = deque(Message.restore(one) for one in saved["ready"])
        self.crossed = saved["crossed"]


async def pause(seconds: float, until: asyncio.Event | None = None) -> bool:
    """Wait `seconds` of wall time, or until the event is set; True where the event came first.

    The project's only sleep: a fault that is cleared sets the event, so removing one never hangs.
    """
    if until is None:
        await asyncio.sleep(seconds)
        return False
    try:
        await asyncio.wait_for(until.wait(), seconds)
    except TimeoutError:
        return False
    return True
