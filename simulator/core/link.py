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
from simulator.core.document import Document
from simulator.core.durations import Instant
from simulator.core.errors import QueueFull
from simulator.core.match import Match
from simulator.core.message import Direction, Message, Reply
from simulator.core.timer import monotonic
from simulator.core.waits import Bell, wait_until

if TYPE_CHECKING:
    from simulator.core.ports import Fault

QUEUE_LIMIT = 100_000

Cut = Literal["refuse", "reset", "hang", "close", "drop"]
"""How a conversation ends without an answer: connection refused; reset (RST); never answered;
closed in good order with no answer; the message lost without a trace on the wire."""

Side = Literal["request", "reply"]


@dataclass(slots=True)
class Further:
    """A message more, because a fault wants it: it follows on the same link.

    The fault that made it leaves it alone. It goes once the message it follows is delivered, or
    was dropped, and not before `at`.
    """

    document: Document
    owes: list[str] = field(default_factory=list)  # as in Treatment
    at: Instant | None = None  # plant time; at once where None
    by: str = ""  # filled in by the link: the id of the fault


@dataclass(slots=True)
class Treatment:
    """What is to become of one message: filled in by each fault that touches it, in order."""

    faults: list[str] = field(default_factory=list)  # ids of the faults that touched it
    delay: float = 0.0  # wall seconds before it goes on
    reply_delay: float = 0.0  # wall seconds between its being processed and the answer
    cut: Cut | None = None
    cut_side: Side = "request"  # before the system sees it, or after (the answer is lost)
    answer: Reply | None = None  # answered in the system's stead
    copies: int = 0  # how many times more it is processed or delivered
    behind: int = 0  # let so many later messages go first
    behind_patience: float = 2.0  # wall seconds it waits for them at the most
    keep_bytes: int | None = None  # truncate the body (the reply's, on an inbound link) to so many
    keep_fraction: float | None = None  # likewise, as a fraction of its length
    pace: int | None = None  # so many bytes of the answer's body leave in a wall second
    extra: dict[str, Any] = field(default_factory=dict)  # for faults of one transport
    document: Document | None = None  # sent instead: the stage has the contract write it
    owes: list[str] = field(default_factory=list)  # findings that the other side has to answer
    also: list[Further] = field(default_factory=list)  # sent after it
    shares: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Filled in by the link: fault id -> the (delay, reply delay) that this fault added."""
    cut_by: str = ""  # filled in by the link: the id of the fault that cut
    behind_by: str = ""  # likewise, of the fault that reordered
    pace_by: str = ""  # likewise, of the fault that set the pace

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
    memory: dict[str, Any] = field(default_factory=dict)  # the fault's own JSON-able state


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
    memory: dict[str, Any] = field(default_factory=dict)  # its own running state, JSON-able

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
        # taken by a transport, without a final outcome yet: by identity, in their order
        self.under_way: dict[int, Message] = {}
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
        """How many messages are on this link without a final outcome."""
        return len(self.queue) + len(self.ready) + len(self.under_way)

    @property
    def oldest(self) -> Instant | None:
        """When the longest-waiting message was queued (plant time)."""
        waiting = [since for since, _ in self.queue]
        waiting += [one.queued for one in self.ready]
        waiting += [one.queued for one in self.under_way.values()]
        return min(waiting, default=None)

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
            if active.id in message.extra.get("made_by", ()):
                continue
            if not fault.sees(message, active.memory):
                continue
            moment = Moment(
                now, active.since, wall, active.wall_since, active.stream, active.seen,
                active.memory,
            )  # fmt: skip
            active.seen += 1
            if not fault.chosen(moment):
                continue
            delay, reply_delay = treatment.delay, treatment.reply_delay
            cut, behind, also = treatment.cut, treatment.behind, len(treatment.also)
            pace = treatment.pace
            if fault.treat(treatment, message, moment):
                active.touched += 1
                treatment.faults.append(active.id)
                delay, reply_delay = treatment.delay - delay, treatment.reply_delay - reply_delay
                if delay or reply_delay:
                    treatment.shares[active.id] = (delay, reply_delay)
                if treatment.cut != cut:
                    treatment.cut_by = active.id
                if treatment.behind != behind:
                    treatment.behind_by = active.id
                if treatment.pace != pace:
                    treatment.pace_by = active.id
                for further in treatment.also[also:]:
                    further.by = active.id
        return treatment

    def in_force(self, fault_id: str) -> bool:
        """Is the fault of this id still in force?"""
        return any(active.id == fault_id for active in self.faults)

    def owed(self, treatment: Treatment, side: Side) -> float:
        """The delay (wall seconds) that faults still in force put on this side of a message.

        A fault that was cleared owes nothing any more, so a wait under way ends early.
        """
        which = 0 if side == "request" else 1
        return sum(share[which] for by, share in treatment.shares.items() if self.in_force(by))

    def put(self, message: Message, now: Instant) -> None:
        """Queue an outbound message: ready at once, or held back. Raises QueueFull."""
        if self.depth >= self.limit:
            raise QueueFull(f"the link {self.name} holds its limit of {self.limit} messages")
        message.queued = now
        if self.hold or self.draining:
            self.queue.append((now, message))
        else:
            self.ready.append(message)
        self.changed()

    def take(self) -> Message:
        """Take the next ready message under way. Raises IndexError where there is none."""
        message = self.ready.popleft()
        self.under_way[id(message)] = message
        return message

    def done(self, message: Message) -> None:
        """A message under way has its final outcome."""
        self.under_way.pop(id(message), None)

    def put_back(self) -> None:
        """What is under way goes back to the front of `ready`, in the order it was taken."""
        self.ready.extendleft(reversed(self.under_way.values()))
        self.under_way = {}

    def save(self) -> dict[str, Any]:
        """Hold, drain and queue as JSON-able data (faults are saved by the stage)."""
        return {
            "hold": {"since": self.hold.since, "run": self.hold.run} if self.hold else None,
            "draining": self.draining,
            "queue": [[since, message.save()] for since, message in self.queue],
            "ready": [message.save() for message in (*self.under_way.values(), *self.ready)],
            "crossed": self.crossed,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """The inverse of `save`."""
        self.hold = Hold(**saved["hold"]) if saved["hold"] else None
        self.draining = saved["draining"]
        self.queue = deque((since, Message.restore(one)) for since, one in saved["queue"])
        self.ready = deque(Message.restore(one) for one in saved["ready"])
        self.under_way = {}
        self.crossed = saved["crossed"]


async def pause(seconds: float, until: asyncio.Event | Bell | None = None) -> bool:
    """Wait `seconds` of wall time, or until the event or bell; True where that came first.

    The project's only sleep: a fault that is cleared rings, so removing one never hangs. Precise
    (`core.waits`), never early; with an event it is as coarse as the loop's own timers.
    """
    if isinstance(until, Bell):
        return await until.until(monotonic() + seconds)
    if until is None:
        if seconds <= 0:
            await asyncio.sleep(0)
        else:
            await wait_until(monotonic() + seconds)
        return False
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return False
    return True
