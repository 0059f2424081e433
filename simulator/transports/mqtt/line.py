"""One client of a broker: it connects, introduces itself, speaks, and begins anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.core.link import pause
from simulator.core.message import Message
from simulator.core.ports import Session
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.mqtt.connection import GOODBYE, Connection, Heard, Lost, Unreachable
from simulator.transports.mqtt.inbox import Inbox
from simulator.transports.mqtt.outbox import Outbox
from simulator.transports.mqtt.settings import STEADY

if TYPE_CHECKING:
    from simulator.transports.mqtt.post import Post

log = logging.getLogger("stagefloor.mqtt")

AT_ONCE = 64  # messages sent before others on the loop get their turn


class Line:
    """One client of one endpoint."""

    def __init__(self, post: Post, client: str) -> None:
        self.client = client
        self._post = post
        self._bell = Bell()  # rings at each change
        self._outbox = Outbox(post, client, self._bell)
        self._inbox = Inbox(post)
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._greeted = False
        self._farewell: set[int] = set()  # packet numbers of last words
        self._failures = 0
        self._said = ""
        self._task = asyncio.get_running_loop().create_task(self._live(), name=f"mqtt {client}")

    # --- the post -----------------------------------------------------------------------------

    def put(self, message: Message) -> None:
        """Take a message on."""
        self._outbox.put(message)

    def look(self) -> None:
        """Something changed on a link."""
        self._outbox.look()
        self._inbox.changed()
        self._bell.ring()

    def give_back(self) -> Iterator[Message]:
        """What was not sent yet, births not: the line lets go of it."""
        return self._outbox.give_back()

    @property
    def busy(self) -> bool:
        """Is anything waiting or under way?"""
        return self._outbox.busy or self._inbox.busy

    @property
    def moving(self) -> bool:
        """Is anything under way, or about to be?"""
        mute = self._connection is not None and self._connection.up and not self._ready
        speaking = self._greeted or (not self._failures and not mute)
        return self.busy and speaking and not self._post.refusing

    async def settled(self, *, retries: bool) -> None:
        """Return once nothing is under way; with `retries`, nothing waits either."""
        while (self.busy if retries else self.moving) and not self._task.done():
            await self._bell.wait()

    async def stop(self) -> None:
        """Say goodbye and end. What was not sent stays on the link."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._inbox.stop()
        self._bell.ring()

    # --- connecting ---------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            while self._post.refusing:
                await self._bell.wait()
            await self._connect()
            if self._failures:
                self._bell.ring()  # for whoever waits until it has settled
                await self._patience(self._post.settings.backoff.wait(self._failures))

    async def _patience(self, seconds: float) -> None:
        """Wait; but once a fault no longer keeps the broker away, no longer."""
        deadline, refusing = monotonic() + seconds, self._post.refusing
        while self._post.refusing == refusing:
            left = deadline - monotonic()
            if left <= 0 or not await pause(left, self._bell):
                return

    async def _connect(self) -> None:
        """One connection, from its beginning to its end."""
        post = self._post
        assert post.address is not None and post.manner is not None
        number = post.connections(self.client)
        session = self._session = post.contract.session(self.client, number)
        connection = self._connection = Connection(
            post.address, post.name(self.client), post.manner,
            will=session.will if session is not None else None, published=self._published,
            heard=self._heard, changed=self._bell.ring,
        )  # fmt: skip
        began = monotonic()
        try:
            await self._open(connection, session)
            self._report("")
            await self._speak(connection)
        except (Unreachable, Lost) as error:
            self._failures += 1
            self._report(str(error))
        except asyncio.CancelledError:
            await self._goodbye()
            raise
        except Exception:
            self._failures += 1
            log.exception("%s: client %s: the stand-in itself failed", post.endpoint, self.client)
        else:
            if monotonic() - began >= STEADY:
                self._failures = 0
        finally:
            self._greeted = False
            await connection.close()
            self._outbox.end(connection.why or "the connection ended")
            self._connection = self._session = None

    async def _open(self, connection: Connection, session: Session | None) -> None:
        """Connect and listen. Raises Unreachable or Lost."""
        try:
            await connection.open()
        finally:
            if connection.asked:  # the broker may know of it, whatever came of it
                self._post.count(self.client)
        if session is not None:
            await connection.subscribe(session.topics)

    def _report(self, trouble: str) -> None:
        """Tell people of the line's trouble, each time it is another."""
        if trouble == self._said:
            return
        said = trouble or "connected again"
        log.warning("%s: client %s: %s", self._post.endpoint, self._post.name(self.client), said)
        self._said = trouble

    # --- speaking -----------------------------------------------------------------------------

    @property
    def _ready(self) -> bool:
        """May anything be said?"""
        ready = self._session is None or self._session.ready
        return ready and not self._outbox.hostless

    async def _speak(self, connection: Connection) -> None:
        """Say what there is to say, until the connection has to end. Raises Lost."""
        sent = 0
        while connection.up:
            if self._post.refusing:
                connection.abort(why="the broker is away (by a fault)")
                return
            if self._outbox.renew:
                self._outbox.renew = False
                connection.abort(why="the client was switched off")
                return
            if not self._ready:
                if self._greeted:
                    await self._goodbye()
                    return
                await self._bell.wait()
            elif not self._greeted:
                self._greeted = True
                self._outbox.begin(connection, self._session)
            elif await self._outbox.step():
                sent += 1
                if sent % AT_ONCE == 0:
                    await pause(0)
            else:
                await self._rest()
        raise Lost(connection.why)

    async def _rest(self) -> None:
        """Wait for something to do."""
        deadline = self._outbox.deadline
        if deadline is None:
            await self._bell.wait()
        else:
            await self._bell.until(deadline)

    def _published(self, number: int) -> None:
        """A packet is through."""
        if number in self._farewell:
            self._farewell.discard(number)
            self._bell.ring()
        self._outbox.published(number)

    def _heard(self, heard: Heard) -> None:
        """A message came in."""
        assert self._connection is not None
        try:
            self._inbox.take(self._connection, self._session, heard)
        except Exception:
            log.exception("%s: a message failed in the stand-in itself", self._post.endpoint)
        self._bell.ring()

    async def _goodbye(self) -> None:
        """Last words, and the connection is closed on purpose."""
        connection, session = self._connection, self._session
        if connection is None or not connection.up:
            return
        self._outbox.before_goodbye()
        last = session.last() if session is not None and self._greeted else []
        self._farewell = {connection.publish(one, int(one.headers["qos"])) for one in last}
        deadline = monotonic() + GOODBYE
        while self._farewell and connection.up:
            left = deadline - monotonic()
            if left <= 0:
                break
            await pause(left, self._bell)
        await connection.close(with_will=bool(last))
