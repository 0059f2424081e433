"""One plant's OPC UA endpoints: a server each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.core.chance import Chance
from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link, Treatment
from simulator.core.message import Direction, Message, Request
from simulator.core.ports import Contract, Side, Transport
from simulator.transports._delivery import Attempt, Outlet
from simulator.transports.opcua.settings import Settings

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer


@dataclass(eq=False)
class _Place:
    """One endpoint."""

    settings: Settings
    links: dict[Direction, Link]
    payloads: Path | None
    server: OpcuaServer | None = None
    outlet: Outlet | None = None
    url: str = ""
    watching: list[tuple[Link, Callable[[], None]]] = field(default_factory=list)

    def watch(self, link: Link, watcher: Callable[[], None]) -> None:
        """Have a link tell its changes until the endpoint stops."""
        link.watchers.append(watcher)
        self.watching.append((link, watcher))


class OpcuaTransport(Transport):
    """Servers that show what PLCs say, and take what clients write and call."""

    kind: ClassVar[str] = "opcua"
    summary: ClassVar[str] = "OPC UA servers: nodes, subscriptions, methods, alarms, history"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate",
             "certificate", "subscription", "service"}
        ),
        "out": frozenset({"delay", "drop", "duplicate", "reorder", "document", "history"}),
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._places: dict[str, _Place] = {}

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        secure = any(one != "None" for one in settings.policies)
        if not (settings.anonymous or settings.users or (settings.user_certificates and secure)):
            cure = "let anonymous be true, set users, or user_certificates and a policy"
            raise Mistake(f"{endpoint}: nobody could log in", cure=cure)
        for name, other in self._places.items():
            if settings.port and other.settings.port == settings.port:
                what = f"{name} and {endpoint} have the same port {settings.port}"
                raise Mistake(what, cure="each OPC UA server has a port of its own")
        self._places[endpoint] = _Place(settings, links, contract.payloads)

    async def start(self) -> None:
        """Make the nodes that were introduced, and listen. Raises CouldNotStart, or Mistake."""
        try:
            for endpoint, place in self._places.items():
                if place.server is None:
                    await self._open(endpoint, place)
        except (CouldNotStart, Mistake):
            await self.stop()
            raise

    async def _open(self, endpoint: str, place: _Place) -> None:
        from simulator.transports.opcua.server import OpcuaServer

        given = place.settings
        passwords = {name: self.side.resolve(word) for name, word in given.users.items()}
        if given.certificate is not None:
            certificate = self.side.resolve(given.certificate)
            given = given.model_copy(update={"certificate": certificate})
        folder = self.side.folder("opcua") / endpoint
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise CouldNotStart(f"{folder} cannot be made: {error.strerror}") from None
        server = place.server = OpcuaServer(
            self.side, endpoint, given, place.links, passwords, folder, place.payloads
        )
        await server.prepare()
        out = place.links.get("out")
        if out is not None:
            stream = Chance(0, self.side.plant).stream("opcua", out.name)
            place.outlet = Outlet(self.side, out, given, _Shown(server), stream)
            place.watch(out, place.outlet.changed)
            place.outlet.changed()
            if not out.faults:
                await place.outlet.settled()  # nobody sees a server that is half built
        if "in" in place.links:
            place.watch(place.links["in"], server.changed)
        server.listen()
        place.url = server.url

    async def stop(self) -> None:
        for place in self._places.values():
            for link, watcher in place.watching:
                with contextlib.suppress(ValueError):
                    link.watchers.remove(watcher)
            place.watching.clear()
            if place.outlet is not None:
                outlet, place.outlet = place.outlet, None
                await outlet.stop()
            if place.server is not None:
                server, place.server = place.server, None
                await server.stop()
            place.url = ""

    def urls(self) -> dict[str, str]:
        """Endpoint name to where its server listens; empty until started."""
        return {name: place.url for name, place in self._places.items() if place.url}

    async def settled(self, *, retries: bool = True) -> None:
        for place in self._places.values():
            if place.outlet is not None:
                await place.outlet.settled(retries=retries)


class _Shown:
    """Delivers to a server (`_delivery.Client`): what is said is shown at once."""

    def __init__(self, server: OpcuaServer) -> None:
        self._server = server

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Let the server show a message. Never raises."""
        request = message.request
        said = Request(request.method, request.path, body=body)
        try:
            wrong = self._server.showing.apply(said, kept="history" not in treatment.extra)
        except (ValueError, KeyError, TypeError) as error:
            wrong = f"the message cannot be shown: {type(error).__name__}: {error}"
        return Attempt("request", error=wrong) if wrong else Attempt()

    def identify(self, message: Message) -> None:
        """Messages to a server have no identity of their own."""

    async def close(self) -> None:
        """Nothing to close: the server is stopped by itself."""
