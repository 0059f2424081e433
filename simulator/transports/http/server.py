"""A listening HTTP server: path prefixes to system endpoints and mounted ASGI applications.

All plants of a process share one on the main port; an endpoint with a port of its own has one to
itself, whose listening socket can be closed and opened again (a refused connection).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from simulator.core.errors import Mistake, Refusal, nearest
from simulator.core.link import pause
from simulator.core.message import Reply, Request
from simulator.core.routes import problem
from simulator.core.timer import monotonic, wall_clock
from simulator.transports.http.listener import Listener
from simulator.transports.http.protocol import PlantProtocol
from simulator.transports.http.wire import Door, Wire

log = logging.getLogger("stagefloor.http")

CONNECTIONS = 4096
KEEP_ALIVE = 75.0  # wall seconds an idle connection is kept
LINGER = 2.0  # wall seconds a connection may still send after it was answered early
GRACE = 0.2  # wall seconds that requests under way have to finish when the server stops


class HttpServer:
    """One listening address.

    `port` 0 asks for any free port; the real one is in `port` once started. `connections` is how
    many may be open at once: one more is answered 503 and counted in `refused`. `tls` makes it an
    HTTPS server: it is asked for each connection's context.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8080,
        *,
        connections: int = CONNECTIONS,
        keep_alive: float = KEEP_ALIVE,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self.host = host
        self.connections = connections
        self.keep_alive = keep_alive
        self.refused = 0  # requests answered 503 beyond `connections`
        self.unknown = 0  # requests to a path where nothing stands
        self.date = b""
        self.turn = 0.0  # monotonic seconds at which this turn of the loop began to read; 0 outside
        self.stopping = False
        self._doors: dict[str, Door] = {}
        self._apps: dict[str, Any] = {}
        self._depth = 1
        self._nowhere = _Nowhere(self)
        self._state = ServerState()
        self._scheme = "http" if tls is None else "https"
        self._listener = Listener(host, port, self._connection, tls)
        self._sweeping: asyncio.Task[None] | None = None
        self._config: Config | None = None

    # --- what stands where ---

    def open(self, prefix: str, door: Door) -> None:
        """Put a system endpoint at a path prefix. Raises Mistake where the place is taken."""
        if prefix in self._doors or prefix in self._apps:
            raise Mistake(f"two endpoints stand at {prefix!r}", cure="rename one of them")
        self._doors[prefix] = door
        self._depth = max(self._depth, prefix.count("/"))

    def shut(self, prefix: str, door: Door) -> None:
        """Take a system endpoint away; another one that stands there stays."""
        if self._doors.get(prefix) is door:
            del self._doors[prefix]

    def mount(self, prefix: str, app: Any) -> None:
        """Put an ASGI application at a path prefix; it sees full paths, prefix included."""
        if prefix in self._doors or prefix in self._apps:
            raise Mistake(f"two applications stand at {prefix!r}", cure="rename one of them")
        self._apps[prefix] = app
        self._depth = max(self._depth, prefix.count("/"))

    def unmount(self, prefix: str) -> None:
        """Take an ASGI application away."""
        self._apps.pop(prefix, None)

    def find(self, path: str) -> tuple[Door, str] | None:
        """The endpoint with the longest prefix of `path`, and the rest of the path (from `/`).

        None where a mounted application is meant. A dict lookup a segment, deepest prefix first.
        """
        ends, at = [], 0
        for _ in range(self._depth):
            at = path.find("/", at + 1)
            if at < 0:
                ends.append(len(path))
                break
            ends.append(at)
        for end in reversed(ends):
            prefix = path[:end]
            door = self._doors.get(prefix)
            if door is not None:
                return door, path[end:] or "/"
            if prefix in self._apps:
                return None
        return self._nowhere, path

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI application behind the mounts; uvicorn calls it."""
        path = scope["raw_path"].decode("ascii")
        for end in range(len(path), 0, -1):
            if end == len(path) or path[end] == "/":
                app = self._apps.get(path[:end])
                if app is not None:
                    await self._call(app, scope, receive, send)
                    return
        raise RuntimeError(f"nothing is mounted at {path}")  # `find` would not have sent it here

    async def _call(self, app: Any, scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if not self.stopping:  # the end of the server is no error of the application
                raise

    # --- time ---

    def turn_begins(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note when the loop began to read: what it reads in one turn had all arrived by then.

        Injected delays count from there, so that requests in a burst do not pay for each other.
        """
        if not self.turn:
            self.turn = monotonic()
            loop.call_soon(self._turn_ends)

    def _turn_ends(self) -> None:
        self.turn = 0.0

    # --- life ---

    @property
    def started(self) -> bool:
        """Has it been started, and not stopped?"""
        return self._listener.bound

    @property
    def listening(self) -> bool:
        """Are connections accepted?"""
        return self._listener.listening

    @property
    def port(self) -> int:
        """The port; the real one once started."""
        return self._listener.port

    @property
    def url(self) -> str:
        """Where it can be reached, without a trailing slash."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def start(self) -> None:
        """Listen. Starting twice is fine. Raises CouldNotStart, saying why."""
        if self.started:
            return
        self.stopping = False
        self._config = Config(
            self.application, interface="asgi3", lifespan="off", loop="asyncio",
            access_log=False, log_config=None, ws="none",
            server_header=False, date_header=False, proxy_headers=False,
        )  # fmt: skip
        self._config.load()
        self._tick()
        self._listener.bind()
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    def pause(self) -> None:
        """Close the listening socket and the idle connections: from now on, refused."""
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Reset the idle connections: whoever wants something has to connect anew."""
        for connection in self._connections():
            if connection.idle:
                connection.reset()

    def resume(self) -> None:
        """Listen again, on the same port, from this moment on. Raises CouldNotStart."""
        if self.started:
            self._listener.open()

    async def stop(self) -> None:
        """Stop listening, let requests under way finish for a moment, end every connection."""
        if not self.started:
            return
        self.stopping = True
        self.pause()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
            self._sweeping = None
        await self._listener.settled()
        await self._finish_tasks(GRACE)
        while self._state.connections:  # each leaves the set in the loop's next turns
            for connection in self._connections():
                connection.transport.abort()
            await pause(0)
        await self._finish_tasks(0)
        self._listener.release()

    async def _finish_tasks(self, grace: float) -> None:
        """Wait for the requests under way; without grace, cancel them."""
        tasks = set(self._state.tasks)
        if tasks and grace:
            await asyncio.wait(tasks, timeout=grace)
        elif tasks:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _connections(self) -> list[PlantProtocol]:
        return [one for one in self._state.connections if isinstance(one, PlantProtocol)]

    def _connection(self) -> PlantProtocol:
        assert self._config is not None
        return PlantProtocol(
            plants=self, config=self._config, server_state=self._state, app_state={}
        )

    async def _sweep(self) -> None:
        """Once a second: the date header, and connections that were idle for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await pause(1.0)
            self._tick()
            now = loop.time()
            for connection in self._connections():
                quiet = now - connection.idle_since
                if connection.idle and quiet > (
                    LINGER if connection.discarding else self.keep_alive
                ):
                    connection.transport.abort()

    def _tick(self) -> None:
        self.date = f"date: {formatdate(wall_clock(), usegmt=True)}\r\n".encode()

    # --- what is said no to ---

    def overloaded(self, request: Request) -> Reply:
        """The answer on a connection beyond the limit."""
        self.refused += 1
        if self.refused == 1:
            log.warning("more than %d connections to port %d: refused", self.connections, self.port)
        detail = f"the stand-in holds its limit of {self.connections} connections"
        refusal = Refusal(detail, code="too-many-connections", status=503, retry_after=1)
        return problem(refusal, request.path)

    def places(self) -> list[str]:
        """The path prefixes at which something stands."""
        return sorted((*self._doors, *self._apps))


class _Nowhere:
    """What answers where nothing stands."""

    body_limit = 0

    def __init__(self, server: HttpServer) -> None:
        self._server = server

    def _reply(self, request: Request) -> Reply:
        self._server.unknown += 1
        cure = nearest(request.path, self._server.places())
        detail = f"nothing stands at {request.path[:200]}; {cure}"
        return problem(Refusal(detail, code="no-such-endpoint", status=404), request.path[:200])

    def serve(self, wire: Wire, request: Request) -> None:
        wire.send(self._reply(request))

    def too_large(self, wire: Wire, request: Request) -> None:
        wire.send_early(self._reply(request))
