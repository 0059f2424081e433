"""One plant's HTTP endpoints: where they stand, and whether their port listens."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field, field_validator

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Side, Strict, Transport
from simulator.transports.http.endpoint import HttpEndpoint
from simulator.transports.http.server import HttpServer

log = logging.getLogger("stagefloor.http")

BODY_LIMIT = 4 * 1024 * 1024


class Settings(Strict):
    """What an HTTP endpoint may set in the plant file."""

    port: int | None = Field(
        None, ge=0, le=65535,
        description="a port of its own, needed for refused connections; 0 is any free one; "
        "by default the port that all plants share",
    )  # fmt: skip
    path: str | None = Field(
        None, description="the path it stands at; by default /{plant}/{system}[/{endpoint}]"
    )
    body_limit: int = Field(BODY_LIMIT, ge=1, description="larger bodies are refused (413), bytes")

    @field_validator("path")
    @classmethod
    def _clean(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith("/") or "//" in value or "?" in value or value == "/":
            raise ValueError("a path starts with one / and names something, like /wms")
        return value.rstrip("/")


@dataclass
class _Stand:
    """An endpoint and the place it stands at."""

    door: HttpEndpoint
    prefix: str
    own: HttpServer | None  # its own server, or None on the shared one
    link: Link
    watcher: Callable[[], None]


def base_path(plant: str, endpoint: str) -> str:
    """The path of an endpoint `system.name` that sets none."""
    system, _, name = endpoint.partition(".")
    return f"/{plant}/{system}" if name in ("", "http") else f"/{plant}/{system}/{name}"


class HttpTransport(Transport):
    """Serves the HTTP endpoints of one plant."""

    kind: ClassVar[str] = "http"
    summary: ClassVar[str] = "HTTP/1.1 requests from the integration"
    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate", "reorder",
             "truncate"}
        )
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._stands: dict[str, _Stand] = {}
        self._started = False
        self._server: HttpServer | None = None  # while started

    @property
    def server(self) -> HttpServer:
        """The server that all plants share, on the main port."""
        return self._server or self.side.shared("http", lambda: HttpServer(*self.side.address))

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        link = links["in"]
        prefix = settings.path or base_path(self.side.plant, endpoint)
        if any(
            one.prefix == prefix and one.own is None and settings.port is None
            for one in self._stands.values()
        ):
            raise Mistake(f"two endpoints stand at {prefix!r}", cure="give one another path")
        door = HttpEndpoint(endpoint, self.side, contract, link, settings.body_limit)
        own = None
        if settings.port is not None:
            host, main = self.side.address
            # where the main port is any free one, all are: two such processes never collide
            own = HttpServer(host, settings.port if main else 0)
        if own is not None:
            own.open(prefix, door)

        def changed() -> None:
            door.changed()
            if own is not None:
                _follow(own, link)

        self._stands[endpoint] = _Stand(door, prefix, own, link, changed)

    async def start(self) -> None:
        """Listen. The shared server is started too, unless its owner has done so already."""
        if self._started:
            return
        self._started = True
        self._server = self.server
        try:
            for stand in self._stands.values():
                if stand.own is not None:
                    await stand.own.start()
                    _follow(stand.own, stand.link)
                else:
                    self.server.open(stand.prefix, stand.door)
                    await self.server.start()
                stand.link.watchers.append(stand.watcher)
        except (CouldNotStart, Mistake):
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let go of ports of its own, and of its places on the shared one."""
        if not self._started:
            return
        self._started = False
        for stand in self._stands.values():
            with contextlib.suppress(ValueError):
                stand.link.watchers.remove(stand.watcher)
            if stand.own is None:
                self.server.shut(stand.prefix, stand.door)
            await stand.door.stop()
            if stand.own is not None:
                await stand.own.stop()
        self._server = None

    def urls(self) -> dict[str, str]:
        return {
            name: (stand.own or self.server).url + stand.prefix
            for name, stand in self._stands.items()
        }

    def cannot(self, endpoint: str, fault: Fault) -> str | None:
        stand = self._stands[endpoint]
        if fault.closes_listener and stand.own is None:
            return (
                f"connections can only be refused on a port of its own: give {endpoint} one in "
                "the plant file, like port: 8091"
            )
        return None


def _follow(own: HttpServer, link: Link) -> None:
    """Listen, or not, as the link's faults say."""
    if link.refusing and own.listening:
        own.pause()
    elif not link.refusing and own.started and not own.listening:
        try:
            own.resume()
        except CouldNotStart as error:  # the port is kept bound, so this is next to impossible
            log.error("%s stays refused: %s", link.endpoint, error)
