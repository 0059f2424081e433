"""The connection: uvicorn's httptools protocol, with a short way for system endpoints.

uvicorn parses, and serves mounted ASGI applications (the control plane). A request to a system
endpoint takes the short way: no ASGI messages, no task unless it has to wait, one write a reply.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulator.core.message import Request
from simulator.core.routes import problem
from simulator.core.timer import monotonic
from simulator.transports.http.wire import Wire

if TYPE_CHECKING:
    from simulator.transports.http.server import HttpServer

log = logging.getLogger("stagefloor.http")

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST


class PlantProtocol(HttpToolsProtocol):
    """A connection of an HttpServer."""

    def __init__(self, *, plants: HttpServer, **given: Any) -> None:
        super().__init__(**given)
        self.plants = plants
        self.idle_since = self.loop.time()
        self.discarding = False
        self._surplus = False
        self._peer = ""
        self._incoming: Wire | None = None  # the request being read, where it is ours

    # --- connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if self.client is not None:
            self._peer = f"{self.client[0]}:{self.client[1]}"
        self._surplus = len(self.connections) > self.plants.connections

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for wire, _ in self.pipeline:
            wire.disconnected = True
            wire.message_event.set()
        self.pipeline.clear()

    def reset(self) -> None:
        """End the connection with RST."""
        sock: socket.socket | None = self.transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    @property
    def idle(self) -> bool:
        """Between two requests."""
        current: Any = self.cycle  # None before the first request
        return current is None or bool(current.response_complete)

    # --- reading ---

    def _unsupported_upgrade_warning(self) -> None:
        """Some clients offer h2c with every request: they are served HTTP/1.1, without a word."""

    def data_received(self, data: bytes) -> None:
        if self.discarding:
            return
        self.plants.turn_begins(self.loop)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        url = httptools.parse_url(self.url)
        path = (url.path or b"/").decode("ascii")
        found = self.plants.find(path)
        if found is None:  # a mounted application: uvicorn's own way
            self._incoming = None
            super().on_headers_complete()
            return
        door, relative = found
        wire = self._incoming = Wire(self, door)
        names: dict[str, str] = {}
        for raw, value in self.headers:
            name = raw.decode("latin-1")
            text = value.decode("latin-1")
            names[name] = f"{names[name]}, {text}" if name in names else text
        wire.request = Request(
            self.parser.get_method().decode("ascii"), relative,
            url.query.decode("latin-1") if url.query else "", names, b"", self._peer,
        )  # fmt: skip
        wire.keep_alive = (
            self.parser.should_keep_alive()
            and self.parser.get_http_version() != "1.0"
            and not self.plants.stopping
        )
        wire.expects = self.expect_100_continue
        length = names.get("content-length")
        wire.over = length is not None and int(length) > door.body_limit
        if self.discarding or self.transport.is_closing():
            wire.response_complete = True
            return
        queued, self.cycle = not self.idle, wire  # type: ignore[assignment]
        if queued:
            wire.queued = True
            self.flow.pause_reading()
            self.pipeline.appendleft((wire, self.app))  # type: ignore[arg-type]
        else:
            self._begin(wire)

    def _begin(self, wire: Wire) -> None:
        """It is this request's turn; its body may still be on its way."""
        if self._surplus:
            wire.send_early(self.plants.overloaded(wire.request))
        elif wire.over:
            wire.door.too_large(wire, wire.request)
        elif wire.complete:
            self._serve(wire)
        elif wire.expects:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        wire = self._incoming
        if wire is None:
            super().on_body(body)
            return
        if wire.response_complete or wire.over:
            return
        if not wire.body:
            wire.body = body
        else:
            if isinstance(wire.body, bytes):
                wire.body = bytearray(wire.body)
            wire.body += body
        if len(wire.body) > wire.door.body_limit:
            wire.body = b""
            wire.over = True
            if not wire.queued:
                self._begin(wire)

    def on_message_complete(self) -> None:
        wire = self._incoming
        if wire is None:
            super().on_message_complete()
            return
        self._incoming = None
        wire.complete = True
        if not wire.queued and not wire.response_complete:
            self._serve(wire)

    # --- answering ---

    def _serve(self, wire: Wire) -> None:
        if self.transport.is_closing():
            return
        request = wire.request
        wire.arrived = self.plants.turn or monotonic()
        request.body = bytes(wire.body)
        wire.body = b""
        if self.flow.write_paused:  # the client does not read its answers: let it wait
            self._spawn(self._later(wire))
            return
        rest = self._enter(wire)
        if rest is not None:
            self._spawn(self._finish(wire, rest))

    def _enter(self, wire: Wire) -> Coroutine[Any, Any, None] | None:
        try:
            return wire.door.serve(wire, wire.request)
        except Exception:
            log.exception("serving %s %s failed", wire.request.method, wire.request.path)
            self._fail(wire)
            return None

    async def _finish(self, wire: Wire, rest: Coroutine[Any, Any, None]) -> None:
        try:
            await rest
        except Exception:
            log.exception("serving %s %s failed", wire.request.method, wire.request.path)
            self._fail(wire)

    def _fail(self, wire: Wire) -> None:
        """A defect of ours: answer 500 rather than nothing."""
        if not wire.response_complete:
            wire.keep_alive = False
            wire.send(problem(RuntimeError(), wire.request.path))

    async def _later(self, wire: Wire) -> None:
        await self.flow.drain()
        if not wire.disconnected:
            rest = self._enter(wire)
            if rest is not None:
                await self._finish(wire, rest)

    def _spawn(self, rest: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(rest)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def discard(self) -> None:
        """Forget whatever else comes on this connection; the server's sweep ends it."""
        self.discarding = True

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.idle_since = self.loop.time()
        if self.transport.is_closing() or self.discarding:
            return
        if self.pipeline:
            self.loop.call_soon(self._next)
        else:
            self.flow.resume_reading()

    def _next(self) -> None:
        if not self.pipeline or self.transport.is_closing():
            return
        cycle, app = self.pipeline.pop()
        if not isinstance(cycle, Wire):
            self._start_asgi_task(cycle, app)
            return
        cycle.queued = False
        self._begin(cycle)
        if not self.pipeline:
            self.flow.resume_reading()
