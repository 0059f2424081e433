"""What comes in from a broker: journalled, treated by faults, performed, and then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.core.errors import JournalFull
from simulator.core.link import pause
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Session
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.mqtt.connection import Connection, Heard

if TYPE_CHECKING:
    from simulator.transports.mqtt.post import Post

log = logging.getLogger("stagefloor.mqtt")

AT_ONCE = 1000  # messages that may be worked on at a time; more are refused


class Inbox:
    """What one client hears."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._side = post.side
        self._tasks: set[asyncio.Task[None]] = set()
        self._bell = Bell()

    @property
    def busy(self) -> bool:
        """Is anything being worked on?"""
        return bool(self._tasks)

    def take(self, connection: Connection, session: Session | None, heard: Heard) -> None:
        """Take a message in."""
        request = heard.request
        limit = self._post.settings.body_limit
        if len(request.body) > limit:
            self._too_large(connection, heard, limit)
            return
        parts = [request] if session is None else session.heard(request)
        if not parts or "in" not in self._post.links:
            connection.acknowledge(heard)
            return
        try:
            arrivals = [self._side.arrive(self._post.endpoint, part) for part in parts]
        except JournalFull as full:  # not acknowledged: a broker that keeps it says it again
            log.error("%s: %s is not taken: %s", self._post.endpoint, request.path, full)
            return
        if not self._side.durable and all(one.treatment.untouched for one in arrivals):
            for arrival in arrivals:
                self._answer(connection, heard, self._side.perform(arrival))
            connection.acknowledge(heard)
        elif len(self._tasks) >= AT_ONCE:
            for arrival in arrivals:
                self._side.finish(arrival, "refused", Reply(503))
            connection.acknowledge(heard)
        else:
            work = self._work(connection, heard, arrivals)
            task = asyncio.get_running_loop().create_task(work, name="mqtt inbox")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _too_large(self, connection: Connection, heard: Heard, limit: int) -> None:
        request = heard.request
        log.warning(
            "%s: %s: a message of %d bytes; %d are the most",
            self._post.endpoint, request.path, len(request.body), limit,
        )  # fmt: skip
        if "in" in self._post.links:
            empty: Request = replace(request, body=b"")
            try:
                arrival = self._side.arrive(self._post.endpoint, empty)
            except JournalFull as full:
                log.error("%s: %s is not taken: %s", self._post.endpoint, request.path, full)
                return
            self._side.finish(arrival, "too-large", Reply(413))
        connection.acknowledge(heard)

    async def _work(self, connection: Connection, heard: Heard, arrivals: list[Arrival]) -> None:
        """Carry out what faults want of it, and wait until it is durable."""
        for arrival in arrivals:
            if not await self._carry_out(connection, heard, arrival):
                return
        await self._side.committed()
        connection.acknowledge(heard)

    async def _carry_out(self, connection: Connection, heard: Heard, arrival: Arrival) -> bool:
        """Do what is asked. False where the connection was cut over it."""
        treatment = arrival.treatment
        began = monotonic()
        while (left := began + arrival.link.owed(treatment, "request") - monotonic()) > 0:
            await pause(left, self._bell)
        if treatment.cut is not None and treatment.cut_side == "request":
            ended = {"drop": "dropped", "reset": "reset"}.get(treatment.cut, "closed")
            self._side.finish(arrival, ended)
            if treatment.cut == "drop":
                return True
            connection.abort(reset=treatment.cut == "reset", why=f"{ended} (by a fault)")
            return False
        reply = self._side.perform(arrival)
        for copy in range(1, treatment.copies + 1):
            self._side.perform(self._side.copy_arrival(arrival, copy))
        self._answer(connection, heard, reply)
        return True

    def _answer(self, connection: Connection, heard: Heard, reply: Reply) -> None:
        """Say what came of it, where its sender waits for that."""
        topic = heard.answer_to or reply.headers.get("topic", "")
        if topic and connection.up:
            connection.answer(heard, reply.body, topic)

    def changed(self) -> None:
        """A fault was lifted: let whoever waits for it look again."""
        self._bell.ring()

    async def stop(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
