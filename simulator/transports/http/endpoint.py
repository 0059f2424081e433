"""A system's HTTP endpoint: what becomes of one request, with and without faults."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import orjson

from simulator.core.errors import JournalFull, Refusal
from simulator.core.link import Link, pause
from simulator.core.link import Side as Way
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Contract, Side
from simulator.core.routes import JSON, problem
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.http.wire import Wire

WORDS = {
    "refuse": "refused", "reset": "reset", "hang": "hung", "close": "closed", "drop": "dropped",
}  # fmt: skip
"""What the journal calls an arrival that a fault cut."""
_DRIPS = 10  # so many times a second something of a slow body leaves


class HttpEndpoint:
    """The door of one endpoint: `serve` is called with each request, read to its end."""

    def __init__(
        self, name: str, side: Side, contract: Contract, link: Link, body_limit: int
    ) -> None:
        self.name = name
        self.body_limit = body_limit
        self._side = side
        self._contract = contract
        self._link = link
        self._changed = Bell()  # rings at each change of the link
        self._behinds: list[_Behind] = []  # reordered requests that let others go first
        self._waiting: dict[asyncio.Task[Any], Wire] = {}
        self._openapi: bytes | None = None

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self._changed.ring()
        for waiting in self._behinds:
            waiting.bell.ring()

    async def stop(self) -> None:
        """End the requests that still wait; their connections are closed without an answer."""
        waiting = dict(self._waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for wire in waiting.values():
            if not wire.disconnected:
                wire.close()

    # --- one request ---

    def serve(self, wire: Wire, request: Request) -> Coroutine[Any, Any, None] | None:
        """Answer at once where nothing has to be waited for, else return what remains."""
        if request.path == "/openapi.json" and request.method in ("GET", "HEAD"):
            document = self._document()
            if document is not None:
                wire.send(Reply(200, {"content-type": JSON}, document))
                return None
        return self._converse(wire, request)

    def _converse(
        self, wire: Wire, request: Request, **extra: Any
    ) -> Coroutine[Any, Any, None] | None:
        """Take a request to the system and back. `extra` is kept with its message."""
        try:
            arrival = self._side.arrive(self.name, request)
        except JournalFull as full:
            wire.send(journal_full(full, request))
            return None
        if extra:
            arrival.message.extra.update(extra)
        if arrival.treatment.faults:
            return self._treated(wire, arrival)
        reply = self._perform(arrival)
        if self._side.durable:
            return self._commit(wire, arrival, reply)
        wire.send(reply)
        self._answered(arrival)
        return None

    def too_large(self, wire: Wire, request: Request) -> None:
        """Refuse a body beyond the limit, without having kept it."""
        detail = f"the body is larger than {self.body_limit} bytes"
        refusal = Refusal(detail, code="content-too-large", status=413)
        reply = problem(refusal, request.path)
        try:
            self._side.finish(self._side.arrive(self.name, request), "too-large", reply)
        except JournalFull as full:
            reply = journal_full(full, request)
        wire.send_early(reply)

    def _perform(self, arrival: Arrival) -> Reply:
        """Let the system act. HEAD is GET without the body; OPTIONS says what is allowed."""
        message = arrival.message
        method = message.request.method
        if method == "HEAD":
            message.request = replace(message.request, method="GET")
        elif method == "OPTIONS":
            reply = self._options(message.request)
            self._side.finish(arrival, "answered", reply)
            return reply
        reply = self._side.perform(arrival)
        for waiting in self._behinds:
            waiting.passed()
        return reply

    def _options(self, request: Request) -> Reply:
        try:
            self._contract.decode(request)
        except Refusal as refusal:
            reply = self._contract.refuse(request, refusal)
            if reply.status != 405:
                return reply
            verbs = {verb.strip() for verb in reply.headers.get("allow", "").split(",")} - {""}
            verbs |= {"OPTIONS"} | ({"HEAD"} if "GET" in verbs else set())
            return Reply(204, {"allow": ", ".join(sorted(verbs))})
        return Reply(204)

    async def _commit(self, wire: Wire, arrival: Arrival, reply: Reply) -> None:
        try:
            await self._kept()
        except JournalFull as full:
            wire.send(journal_full(full, arrival.message.request))
            return
        wire.send(reply)
        self._answered(arrival)

    async def _kept(self) -> None:
        """Return once the answer may leave. Raises JournalFull."""
        await self._side.committed()

    def _answered(self, arrival: Arrival) -> None:
        """The answer has left."""

    # --- with faults ---

    async def _treated(self, wire: Wire, arrival: Arrival) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting[task] = wire
        try:
            await self._execute(wire, arrival)
        finally:
            del self._waiting[task]

    async def _execute(self, wire: Wire, arrival: Arrival) -> None:
        side, treatment = self._side, arrival.treatment
        if treatment.delay:
            await self._delay(arrival, "request", wire.arrived)
        if treatment.cut is not None and treatment.cut_side == "request":
            side.finish(arrival, WORDS[treatment.cut])
            await self._cut(wire, arrival)
            return
        if treatment.answer is not None:
            reply = treatment.answer
            side.finish(arrival, "answered", reply)
        else:
            if treatment.behind:
                await self._behind(arrival)
            reply = self._perform(arrival)
            self._repeat(arrival)
        await self._dawdle(arrival)
        if side.durable:
            try:
                await self._kept()
            except JournalFull as full:
                wire.send(journal_full(full, arrival.message.request))
                return
        if treatment.cut is not None:
            side.finish(arrival, f"reply-{WORDS[treatment.cut]}")
            await self._cut(wire, arrival)
            return
        if treatment.pace is not None and not wire.disconnected:
            await self._drip(wire, arrival, reply, treatment.pace)
        if wire.disconnected:
            side.finish(arrival, "reply-unread")
        if not wire.response_complete:
            wire.send(reply, keep=_share(arrival, reply))
        self._answered(arrival)

    async def _drip(self, wire: Wire, arrival: Arrival, reply: Reply, pace: int) -> None:
        """Send the answer's body a little at a time; the rest at once when the fault is cleared."""
        fault = arrival.treatment.pace_by
        body = memoryview(wire.begin(reply, keep=_share(arrival, reply)))
        size = max(pace // _DRIPS, 1)
        while body and not wire.disconnected:
            due = monotonic() + size / pace
            part = body[:size] if self._link.in_force(fault) else body
            wire.more(part)
            body = body[len(part) :]
            while body and self._link.in_force(fault) and (left := due - monotonic()) > 0:
                await pause(left, self._changed)
        wire.end()

    async def _dawdle(self, arrival: Arrival) -> None:
        """Let the answer wait as the faults have it."""
        if arrival.treatment.reply_delay:
            await self._delay(arrival, "reply", monotonic())

    def _repeat(self, arrival: Arrival) -> None:
        for copy in range(1, arrival.treatment.copies + 1):
            try:
                again = self._side.copy_arrival(arrival, copy)
            except JournalFull:
                return  # the journal counts what it refused; the first copy was performed
            again.message.extra.update(arrival.message.extra)
            self._perform(again)

    async def _delay(self, arrival: Arrival, way: Way, began: float) -> None:
        """Wait what the faults still in force owe; not a moment longer once they are cleared."""
        while True:
            left = began + self._link.owed(arrival.treatment, way) - monotonic()
            if left <= 0 or not await pause(left, self._changed):
                return

    async def _behind(self, arrival: Arrival) -> None:
        """Wait until enough later messages were performed, for as long as patience lasts."""
        treatment = arrival.treatment
        waiting = _Behind(treatment.behind)
        deadline = monotonic() + treatment.behind_patience
        self._behinds.append(waiting)
        try:
            while waiting.left > 0 and self._link.in_force(treatment.behind_by):
                patience = deadline - monotonic()
                if patience <= 0:
                    return
                await pause(patience, waiting.bell)
        finally:
            self._behinds.remove(waiting)

    async def _cut(self, wire: Wire, arrival: Arrival) -> None:
        cut = arrival.treatment.cut
        if cut in ("refuse", "reset"):
            wire.reset()
        elif cut == "close":
            wire.close()
        elif cut == "drop":
            await wire.gone()  # lost without a trace: only the client's own timeout ends it
        else:
            await self._hang(wire, arrival.treatment.cut_by)

    async def _hang(self, wire: Wire, fault: str) -> None:
        """Answer nothing until the client is gone; once the fault is cleared, close."""
        gone = asyncio.ensure_future(wire.gone())
        try:
            while self._link.in_force(fault) and not gone.done():
                changed = asyncio.ensure_future(self._changed.wait())
                try:
                    await asyncio.wait({gone, changed}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
        finally:
            gone.cancel()
        if not wire.disconnected:
            wire.close()

    def _document(self) -> bytes | None:
        if self._openapi is None:
            document = self._contract.openapi()
            self._openapi = orjson.dumps(document) if document is not None else b""
        return self._openapi or None


class _Behind:
    """A reordered request that waits for `left` others to be performed."""

    __slots__ = ("bell", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.bell = Bell()

    def passed(self) -> None:
        """Another one was performed."""
        self.left -= 1
        if self.left <= 0:
            self.bell.ring()


def _share(arrival: Arrival, reply: Reply) -> int | None:
    """How many bytes of the body get through; None is all."""
    treatment = arrival.treatment
    if treatment.keep_bytes is not None:
        return min(treatment.keep_bytes, len(reply.body))
    if treatment.keep_fraction is not None:
        return int(len(reply.body) * treatment.keep_fraction)
    return None


def journal_full(full: JournalFull, request: Request) -> Reply:
    """What is answered once the journal is full: nothing is acknowledged any more."""
    return problem(Refusal(str(full), code="journal-full", status=503), request.path)
