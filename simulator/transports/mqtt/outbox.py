"""What one client has to say: what waits, what is on its way, and what came of it.

What is said while there is no connection waits here (and counts on the link). Once there is one
again, the births say how things stand, and what waited follows in its order.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.core.errors import JournalFull
from simulator.core.link import Treatment, pause
from simulator.core.message import Message, Request
from simulator.core.ports import Document, Session
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.mqtt.connection import Connection, Lost

if TYPE_CHECKING:
    from simulator.transports.mqtt.post import Post

log = logging.getLogger("stagefloor.mqtt")

FLYING = 500  # packets that may be on their way, or wait in the client for their turn
_BROKEN = {"reset": "connection reset (by a fault)", "close": "connection closed (by a fault)"}


@dataclass(eq=False)
class _Flight:
    """A message on its way to the broker, in so many parts."""

    message: Message
    faults: list[str]
    left: int = 0
    copy: bool = False


@dataclass(eq=False)
class _Aside:
    """A message that lets others go first."""

    message: Message
    treatment: Treatment
    left: int
    deadline: float  # monotonic seconds


class Outbox:
    """The messages of one client."""

    def __init__(self, post: Post, client: str, bell: Bell) -> None:
        self._post = post
        self._client = client
        self._side = post.side
        self._link = post.links["out"]
        self._bell = bell  # rings at each change
        self._births: deque[Message] = deque()
        self._waiting: deque[Message] = deque()
        self._aside: list[_Aside] = []
        self._flying: dict[int, _Flight] = {}  # by packet number
        self._in_hand = 0
        self._connection: Connection | None = None  # while something may be said
        self._session: Session | None = None
        self._hostless = ""  # the fault that takes its host away
        # topics on which the broker keeps what it should not: which faults wanted that
        self._ghosts: dict[str, list[str]] = {}
        self.renew = False  # the client was switched off: it is to lose its connection

    # --- what is to be sent -------------------------------------------------------------------

    def put(self, message: Message) -> None:
        """Take a message on."""
        headers = message.request.headers
        if "birth" not in headers:
            if self._connection is None:
                message.extra["stored"] = True
            self._waiting.append(message)
        else:
            if headers.get("renews") and self._connection is not None:
                self.renew = True
            if headers["birth"] == "node":
                for one in self._waiting:
                    one.extra["stored"] = True  # older than what the birth says
            self._births.append(message)
        if self._post.refusing:
            self._refused(message)

    def look(self) -> None:
        """Faults may have changed."""
        if self._post.refusing:
            for message in (*self._births, *self._waiting):
                self._refused(message)
        self._forget_ghosts(
            [
                topic
                for topic, faults in self._ghosts.items()
                if not any(map(self._link.in_force, faults))
            ]
        )

    def give_back(self) -> Iterator[Message]:
        """What was not sent yet, births not: the outbox lets go of it."""
        yield from self._waiting
        yield from (one.message for one in self._aside)
        self._waiting.clear()
        self._aside.clear()

    def _refused(self, message: Message) -> None:
        """The broker is away by a fault: the messages that meet this are named, once."""
        if message.extra.get("met"):
            return
        treatment = self._side.treat(self._link, message)
        if treatment.cut == "refuse":
            message.extra["met"] = True
            self._retrying(message, "the broker is away (by a fault)", treatment)

    @property
    def busy(self) -> bool:
        """Is anything waiting or under way?"""
        waiting = self._waiting or self._births or self._aside
        return bool(waiting or self._flying or self._in_hand)

    @property
    def deadline(self) -> float | None:
        """When the next message that was set aside has to go (monotonic seconds)."""
        return min((one.deadline for one in self._aside), default=None)

    @property
    def hostless(self) -> bool:
        """Does a fault let it believe that its primary host is gone?"""
        if self._hostless and not self._link.in_force(self._hostless):
            self._hostless = ""
        return bool(self._hostless)

    # --- the beginning and the end of a connection --------------------------------------------

    def begin(self, connection: Connection, session: Session | None) -> None:
        """Speak from now on: first words, then births that say how things stand. Raises Lost."""
        self._connection, self._session = connection, session
        if session is None:
            return
        for request in session.first():
            connection.publish(request, int(request.headers["qos"]))
        waiting: dict[str, list[Message]] = {}
        for message in self._births:
            waiting.setdefault(message.request.path, []).append(message)
        self._births.clear()
        for document in session.births():
            born = self._post.contract.render(document)
            if born is not None:
                self._births.append(self._birth(document, born, waiting.pop(born.path, [])))
        self._births.extend(one for rest in waiting.values() for one in rest)

    def _birth(self, document: Document, request: Request, waiting: list[Message]) -> Message:
        """The message of a birth: the last that waits to say it, or one more of its kind."""
        for one in waiting[:-1]:
            self._finished(one, "dropped", error="a newer birth says more")
        if waiting:
            message = waiting[-1]
        else:
            message = Message(
                self._post.endpoint, "out", request, None, document.said_as, document.keys()
            )
            before = self._post.connections(self._client) - 1
            try:
                message = self._side.copy_message(message, before)
            except JournalFull as full:
                log.error("%s: a birth goes unrecorded: %s", self._link.name, full)
        message.request, message.said = request, document
        return message

    def before_goodbye(self) -> None:
        """Leave nothing at the broker that should not be there."""
        self._forget_ghosts(list(self._ghosts))

    def _forget_ghosts(self, topics: list[str]) -> None:
        """Have the broker forget what it keeps on these topics (an empty retained message does)."""
        if self._connection is None:
            return
        for topic in topics:
            empty = Request("PUBLISH", topic, headers={"retain": "1"})
            try:
                self._connection.publish(empty, 0)
            except Lost:
                return
            del self._ghosts[topic]

    def end(self, why: str) -> None:
        """The connection is over: what was on its way goes back, the oldest first."""
        self._connection = self._session = None
        self.renew = False
        flights = list(dict.fromkeys(self._flying.values()))
        self._flying.clear()
        for one in self._aside:
            self._put_back(one.message)
        self._aside.clear()
        for flight in reversed(flights):
            if flight.copy:
                self._side.attempted(flight.message, "failed", error=why, faults=flight.faults)
            else:
                self._put_back(flight.message)

    def _put_back(self, message: Message) -> None:
        """It goes first once there is a connection again."""
        if "birth" in message.request.headers:
            self._births.appendleft(message)
        else:
            message.extra["stored"] = True
            self._waiting.appendleft(message)

    # --- one message --------------------------------------------------------------------------

    async def step(self) -> bool:
        """Send one message. False where there is none, or no room on the way."""
        if len(self._flying) >= FLYING:
            return False
        self._in_hand += 1
        try:
            return await self._next()
        except JournalFull as full:
            log.error("%s: a message ends unrecorded: %s", self._link.name, full)
            return True
        finally:
            self._in_hand -= 1

    async def _next(self) -> bool:
        for one in self._aside:
            due = monotonic() >= one.deadline or not self._link.in_force(one.treatment.behind_by)
            if one.left <= 0 or due:
                self._aside.remove(one)
                await self._treated(one.message, one.treatment)
                return True
        waiting = self._births or self._waiting
        if not waiting:
            return False
        message = waiting.popleft()
        try:
            treatment = self._side.treat(self._link, message)
        except JournalFull:
            raise
        except Exception:
            log.exception("%s: a message failed in the stand-in itself", self._link.name)
            self._finished(message, "failed", error="the stand-in itself failed")
            return True
        if treatment.untouched:
            self._fly(message, treatment)
        elif treatment.behind and not message.attempts:
            deadline = monotonic() + treatment.behind_patience
            self._aside.append(_Aside(message, treatment, treatment.behind, deadline))
        else:
            await self._treated(message, treatment)
        return True

    async def _treated(self, message: Message, treatment: Treatment) -> None:
        """Send a message as the faults have it."""
        connection = self._connection
        assert connection is not None
        if not await self._delayed(treatment, connection):
            self._put_back(message)
        elif treatment.cut == "refuse":  # its host is gone, as far as it knows
            self._hostless = treatment.cut_by
            self._retrying(message, "the primary host is gone (by a fault)", treatment)
            self._put_back(message)
        elif treatment.cut in _BROKEN:
            self._broken(message, treatment, connection)
        else:
            self._fly(message, treatment)

    async def _delayed(self, treatment: Treatment, connection: Connection) -> bool:
        """Wait as long as faults in force make it. False where the connection went meanwhile."""
        began = monotonic()
        while connection.up:
            left = began + self._link.owed(treatment, "request") - monotonic()
            if left <= 0:
                return True
            await pause(left, self._bell)
        return False

    def _broken(self, message: Message, treatment: Treatment, connection: Connection) -> None:
        """The connection is cut over a message: at most once means that it is lost."""
        error = _BROKEN[treatment.cut or ""]
        message.attempts += 1
        connection.abort(reset=treatment.cut == "reset", why=error)
        if self._qos(message.request):
            self._retrying(message, error, treatment)
            self._put_back(message)
        else:
            self._finished(message, "dead-letter", error=error, faults=treatment.faults)

    def _fly(self, message: Message, treatment: Treatment) -> None:
        """Number the message and give it to the connection."""
        message.attempts += 1
        wires = self._wires(message, treatment)
        if treatment.faults and message.request.headers.get("retain") == "0":
            ghosts = (one.path for one in wires if one.headers.get("retain") == "1")
            self._ghosts.update(dict.fromkeys(ghosts, treatment.faults))
        for one in self._aside:
            one.left -= 1
        if treatment.cut == "drop" or (treatment.faults and not wires):
            self._finished(message, "dropped", faults=treatment.faults)
            return
        flights = [_Flight(message, treatment.faults)]
        for number in range(1, treatment.copies + 1):
            again = self._side.copy_message(message, number)
            again.attempts = 1
            flights.append(_Flight(again, treatment.faults, copy=True))
        try:
            for flight in flights:
                self._publish(flight, wires)
        except Lost:
            if flights[0] not in self._flying.values():  # else it comes back with the others
                self._put_back(message)
        except ValueError as error:
            self._finished(message, "failed", error=str(error), faults=treatment.faults)

    def _wires(self, message: Message, treatment: Treatment) -> list[Request]:
        """What leaves for a message."""
        if self._session is None:
            wires = [self._post.addressed(message.request)]
        else:
            wires = self._session.outgoing(
                message.request,
                stored=bool(message.extra.get("stored")),
                oddities=treatment.extra.get("oddities", {}),
            )
        if treatment.keep_bytes is None and treatment.keep_fraction is None:
            return wires
        return [replace(one, body=_kept(one.body, treatment)) for one in wires]

    def _publish(self, flight: _Flight, wires: list[Request]) -> None:
        assert self._connection is not None
        for wire in wires:
            self._flying[self._connection.publish(wire, self._qos(wire))] = flight
            flight.left += 1
        if not wires:
            self._finished(flight.message, "delivered", faults=flight.faults)

    def _qos(self, request: Request) -> int:
        given = request.headers.get("qos")
        return self._post.settings.qos if given is None else int(given)

    # --- what comes of it ---------------------------------------------------------------------

    def published(self, number: int) -> None:
        """A packet is through."""
        flight = self._flying.pop(number, None)
        if flight is None:
            return
        flight.left -= 1
        if flight.left:
            return
        try:
            self._finished(flight.message, "delivered", faults=flight.faults)
        except JournalFull as full:
            log.error("%s: a delivery ends unrecorded: %s", self._link.name, full)
        except Exception:
            log.exception("%s: a delivery failed in the stand-in itself", self._link.name)

    def _finished(
        self, message: Message, outcome: str, *, error: str = "", faults: list[str] | None = None
    ) -> None:
        self._link.done(message)
        self._bell.ring()
        self._side.attempted(message, outcome, error=error, faults=faults)

    def _retrying(self, message: Message, error: str, treatment: Treatment) -> None:
        self._side.attempted(message, "retrying", error=error, final=False, faults=treatment.faults)


def _kept(body: bytes, treatment: Treatment) -> bytes:
    if treatment.keep_bytes is not None:
        return body[: treatment.keep_bytes]
    return body[: int(len(body) * (treatment.keep_fraction or 0))]
