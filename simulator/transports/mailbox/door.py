"""The door of one mailbox: interchanges are posted, and what lies there is fetched and taken.

POST   /              an interchange; 202 once it is durable, with what became of it
GET    /              what lies in the mailbox
GET    /{name}        one file
DELETE /{name}        it was taken: only then it counts as delivered
POST   /{name}/taken  the same, for clients that cannot delete
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import orjson

from simulator.core.errors import JournalFull, Refusal, Violation, not_found
from simulator.core.link import Link
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Contract, Side
from simulator.core.routes import JSON, problem
from simulator.transports._delivery import Attempt
from simulator.transports.http.endpoint import HttpEndpoint, journal_full
from simulator.transports.http.wire import Wire
from simulator.transports.mailbox.access import Access
from simulator.transports.mailbox.box import Box

TAKEN = "taken"


class Door(HttpEndpoint):
    """Serves one mailbox. Without `takes`, nothing may be posted; without `box`, fetched."""

    def __init__(
        self, name: str, side: Side, contract: Contract, link: Link, limit: int, *, takes: bool
    ) -> None:
        super().__init__(name, side, contract, link, limit)
        self._takes = takes
        self.box: Box | None = None  # while started, where there is something to fetch
        self.access = Access(name)

    def serve(self, wire: Wire, request: Request) -> Coroutine[Any, Any, None] | None:
        if request.method == "POST" and request.path == "/" and self._takes:
            return self._converse(wire, request)
        if not self.access.allows(request.headers):
            wire.send(self.access.refuse(request))
            return None
        return self._pick_up(wire, request)

    # --- what is posted ---

    def _perform(self, arrival: Arrival) -> Reply:
        request = arrival.message.request
        if not self.access.allows(request.headers):
            reply = self.access.refuse(request)
            self._side.finish(arrival, "refused", reply)
            return reply
        reply = super()._perform(arrival)
        if reply.status == 200:
            reply = replace(reply, status=202)  # taken; its answer is an interchange of its own
            self._side.note(arrival.message, status=202)
        return reply

    async def _kept(self) -> None:
        """Nothing is accepted that could be lost."""
        await self._side.secured()

    # --- what is fetched ---

    def _pick_up(self, wire: Wire, request: Request) -> Coroutine[Any, Any, None] | None:
        path, method = request.path, request.method
        name, *rest = path[1:].split("/")
        verbs = self._verbs(name, rest)
        if not verbs:
            wire.send(problem(not_found("file", path[1:200]), path[:200]))
        elif method not in verbs:
            wire.send(_not_so(request, verbs, empty=self.box is None))
        elif not name:
            items = self.box.listing() if self.box is not None else []
            wire.send(Reply(200, {"content-type": JSON}, orjson.dumps({"items": items})))
        elif method in ("DELETE", "POST"):
            return self._take(wire, request, name)
        else:
            self._fetch(wire, request, name)
        return None

    def _verbs(self, name: str, rest: list[str]) -> list[str]:
        """What can be done at a path; nothing where there is no such place."""
        reading = ["GET", "HEAD"] if self.box is not None else []
        if not name and not rest:
            return reading + (["POST"] if self._takes else [])
        if not name or self.box is None:
            return []
        if not rest:
            return [*reading, "DELETE"]
        return ["POST"] if rest == [TAKEN] else []

    def _fetch(self, wire: Wire, request: Request, name: str) -> None:
        assert self.box is not None
        look = request.method == "HEAD"
        lying = self.box.there(name) if look else self.box.fetch(name)
        if lying is None:
            wire.send(problem(not_found("file", name), request.path))
            return
        disposition = f'attachment; filename="{name}"'
        headers = {"content-type": lying.content_type, "content-disposition": disposition}
        wire.send(Reply(200, headers, lying.body))

    async def _take(self, wire: Wire, request: Request, name: str) -> None:
        assert self.box is not None
        lying = self.box.there(name)
        if lying is None:
            wire.send(problem(not_found("file", name), request.path))
            return
        try:
            await self.box.end(lying, Attempt())
        except JournalFull as full:
            wire.send(journal_full(full, request))
        else:
            wire.send(Reply(204))


def _not_so(request: Request, verbs: list[str], *, empty: bool = False) -> Reply:
    """What a path answers to a method that it does not have; OPTIONS asks for just that.

    `empty` is a mailbox in which nothing ever lies.
    """
    allow = ", ".join([*verbs, "OPTIONS"])
    if request.method == "OPTIONS":
        return Reply(204, {"allow": allow})
    what = f"{request.method} does nothing here; there are {allow}"
    if empty and request.method in ("GET", "HEAD"):
        what += "; nothing lies here, as what the partner says is posted on to its `url`"
    allowed = [Violation("", allow)]  # the Allow header's
    return problem(Refusal(what, "method-not-allowed", 405, allowed), request.path)
