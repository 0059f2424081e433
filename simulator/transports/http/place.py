"""Where HTTP endpoints stand: on the port that all share or on one of their own, plain or TLS.

Every transport whose endpoints are HTTP servers stands on this: its doors differ, the places do
not.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Fault, Side, Strict
from simulator.transports.http.endpoint import HttpEndpoint
from simulator.transports.http.server import HttpServer
from simulator.transports.http.tls import AUTHORITY, MODES, Authority, Tls, mode_of

log = logging.getLogger("stagefloor.http")

BODY_LIMIT = 4 * 1024 * 1024
_HOST = r"^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$|^::1$"


class Place(Strict):
    """What an endpoint that is an HTTP server may set in the plant file."""

    port: int | None = Field(
        None, ge=0, le=65535,
        description="a port of its own, needed for refused connections; 0 is any free one; "
        "by default the port that all plants share",
    )  # fmt: skip
    path: str | None = Field(
        None, description="the path it stands at; by default /{plant}/{system}[/{endpoint}]"
    )
    body_limit: int = Field(BODY_LIMIT, ge=1, description="larger bodies are refused (413), bytes")
    tls: bool = Field(
        False,
        description="speak HTTPS with a certificate of the plant's own authority, whose "
        "certificate clients find at /ca.pem and in the data folder; needs `port`",
    )
    hosts: list[Annotated[str, Field(pattern=_HOST)]] = Field(
        default_factory=list,
        description="further names or addresses that the certificate is for; localhost and the "
        "address that is listened on are always among them",
    )

    @field_validator("path")
    @classmethod
    def _clean(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith("/") or "//" in value or "?" in value or value == "/":
            raise ValueError("a path starts with one / and names something, like /wms")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _own_port(self) -> Place:
        if self.tls and self.port is None:
            raise ValueError("tls: true needs a port of its own, like port: 8443")
        if self.hosts and not self.tls:
            raise ValueError("hosts are those of a certificate: they need tls: true")
        return self


@dataclass
class _Stand:
    """An endpoint and the place it stands at."""

    door: HttpEndpoint
    prefix: str
    own: HttpServer | None  # its own server, or None on the shared one
    tls: Tls | None
    link: Link
    watcher: Callable[[], None]


def base_path(plant: str, endpoint: str) -> str:
    """The path of an endpoint `system.name` that sets none."""
    system, _, name = endpoint.partition(".")
    return f"/{plant}/{system}" if name in ("", "http") else f"/{plant}/{system}/{name}"


class Places:
    """The places of one transport's endpoints."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._stands: dict[str, _Stand] = {}
        self._started = False
        self._server: HttpServer | None = None  # while started

    @property
    def server(self) -> HttpServer:
        """The server that all plants share, on the main port."""
        return self._server or self.side.shared("http", lambda: HttpServer(*self.side.address))

    def add(self, door: HttpEndpoint, given: Place, link: Link) -> None:
        """Give an endpoint its place. Raises Mistake where it is taken."""
        prefix = given.path or base_path(self.side.plant, door.name)
        if any(
            one.prefix == prefix and one.own is None and given.port is None
            for one in self._stands.values()
        ):
            raise Mistake(f"two endpoints stand at {prefix!r}", cure="give one another path")
        own = None
        tls = None
        if given.port is not None:
            host, main = self.side.address
            tls = Tls(self.side, link, given.hosts) if given.tls else None
            # where the main port is any free one, all are: two such processes never collide
            own = HttpServer(host, given.port if main else 0, tls=tls.context if tls else None)
            own.open(prefix, door)
            if tls is not None:
                own.open(AUTHORITY, Authority(tls))

        def changed() -> None:
            door.changed()
            if own is not None:
                _follow(own, link)
                if tls is not None and tls.changed():
                    own.hang_up()

        self._stands[door.name] = _Stand(door, prefix, own, tls, link, changed)

    async def start(self) -> None:
        """Listen. The shared server is started too, unless its owner has done so already."""
        if self._started:
            return
        self._started = True
        self._server = self.server
        try:
            for stand in self._stands.values():
                if stand.own is not None:
                    if stand.tls is not None:
                        stand.tls.prepare()
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
        """Endpoint name to its URL."""
        return {
            name: (stand.own or self.server).url + stand.prefix
            for name, stand in self._stands.items()
        }

    def url(self, endpoint: str) -> str:
        """One endpoint's URL."""
        stand = self._stands[endpoint]
        return (stand.own or self.server).url + stand.prefix

    def speaks_tls(self, endpoint: str) -> bool:
        """Is it an HTTPS server?"""
        return self._stands[endpoint].tls is not None

    def cannot_refuse(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        """Why a fault cannot refuse connections at this place; None where it can.

        What leaves needs no port: it is the receiver's that is as good as closed.
        """
        if direction == "in" and fault.closes_listener and self._stands[endpoint].own is None:
            return (
                f"connections can only be refused on a port of its own: give {endpoint} one in "
                "the plant file, like port: 8091"
            )
        return None

    def cannot_show_certificates(self, endpoint: str, fault: Fault) -> str | None:
        """Why a fault of certificates cannot work at this place; None where it can.

        For endpoints whose messages carry no certificates of their own.
        """
        if "certificate" not in fault.needs:
            return None
        if not self.speaks_tls(endpoint):
            return (
                f"{endpoint} shows no certificate: give it a port of its own and tls: true in the "
                "plant file"
            )
        if mode_of(fault) not in MODES:
            return f"what crosses {endpoint} is not signed: the modes are {', '.join(MODES)}"
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
