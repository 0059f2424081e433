"""One plant's HTTP endpoints."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Side, Transport
from simulator.transports.http.endpoint import HttpEndpoint
from simulator.transports.http.place import Place, Places, base_path
from simulator.transports.http.server import HttpServer

__all__ = ["HttpTransport", "Settings", "base_path"]


class Settings(Place):
    """What an HTTP endpoint may set in the plant file."""


class HttpTransport(Transport):
    """Serves the HTTP endpoints of one plant."""

    kind: ClassVar[str] = "http"
    summary: ClassVar[str] = "HTTP/1.1 requests from the integration"
    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate", "reorder",
             "truncate", "pace", "certificate"}
        )
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._places = Places(side)

    @property
    def server(self) -> HttpServer:
        """The server that all plants share, on the main port."""
        return self._places.server

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        link = links["in"]
        door = HttpEndpoint(endpoint, self.side, contract, link, settings.body_limit)
        self._places.add(door, settings, link)

    async def start(self) -> None:
        """Listen. The shared server is started too, unless its owner has done so already."""
        await self._places.start()

    async def stop(self) -> None:
        """Let go of ports of its own, and of its places on the shared one."""
        await self._places.stop()

    def urls(self) -> dict[str, str]:
        return self._places.urls()

    def cannot(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        places = self._places
        return places.cannot_refuse(endpoint, direction, fault) or places.cannot_show_certificates(
            endpoint, fault
        )
