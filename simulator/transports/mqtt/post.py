"""One MQTT endpoint: its broker, and a line for each client that it appears as."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.core.durations import SECOND
from simulator.core.errors import Mistake
from simulator.core.link import Link
from simulator.core.message import Direction, Request
from simulator.core.ports import Contract, Side
from simulator.transports.mqtt.settings import EMBEDDED, Address, Settings

if TYPE_CHECKING:
    from simulator.transports.mqtt.broker import EmbeddedBroker
    from simulator.transports.mqtt.connection import Manner
    from simulator.transports.mqtt.line import Line


@dataclass(eq=False)
class Post:
    """What the lines of one endpoint share."""

    endpoint: str
    side: Side
    settings: Settings
    contract: Contract
    links: dict[Direction, Link]
    broker: EmbeddedBroker | None = None
    address: Address | None = None
    manner: Manner | None = None
    lines: dict[str, Line] = field(default_factory=dict)

    async def start(self) -> None:
        """Find the broker, and begin to speak. Raises CouldNotStart, or Mistake."""
        from simulator.transports.mqtt.connection import Manner

        given = self.settings
        if given.broker == EMBEDDED:
            self.broker = self._embedded()
            await self.broker.join()
            self.address = Address(self.broker.host, self.broker.port)
        else:
            self.address = self._foreign()
        self.manner = Manner(
            given.version, given.keepalive // SECOND, given.timeout / SECOND, given.window,
            given.body_limit, self._tls() if self.address.tls else None,
        )  # fmt: skip
        for link in self.links.values():
            link.watchers.append(self.changed)
        self.changed()

    def _embedded(self) -> EmbeddedBroker:
        from simulator.transports.mqtt.broker import EmbeddedBroker

        host, main = self.side.address
        # where the main port is any free one, all are: two such processes never collide
        port, limit = self.settings.port if main else 0, self.settings.body_limit
        name = f"mqtt broker {self.settings.port}"
        return self.side.shared(name, lambda: EmbeddedBroker(host, port, limit))

    def _foreign(self) -> Address:
        given, resolve = self.settings, self.side.resolve
        try:
            address = Address.read(resolve(given.broker))
        except ValueError as error:
            raise Mistake(f"{self.endpoint}: {error}") from None
        user = resolve(given.user) if given.user is not None else address.user
        password = resolve(given.password) if given.password is not None else address.password
        return Address(address.host, address.port, address.tls, user, password)

    def _tls(self) -> ssl.SSLContext:
        given, resolve = self.settings, self.side.resolve
        try:
            context = ssl.create_default_context(cafile=resolve(given.ca) if given.ca else None)
            if given.certificate is not None:
                key = resolve(given.key) if given.key is not None else None
                context.load_cert_chain(resolve(given.certificate), key)
        except (OSError, ssl.SSLError) as error:
            what = f"{self.endpoint}: the certificates cannot be read: {error}"
            raise Mistake(what, cure="ca, certificate and key are files in PEM") from None
        if not given.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    # --- the links ----------------------------------------------------------------------------

    @property
    def refusing(self) -> bool:
        """Does a fault keep the broker away?"""
        return any(link.refusing for link in self.links.values())

    def changed(self) -> None:
        """A link changed: take what is ready, and let every line look again."""
        if self.broker is not None:
            self.broker.be_away(self, self.refusing)
        out = self.links.get("out")
        if out is not None:
            if out.hold is not None:
                self._take_back(out)
            while out.ready:
                message = out.take()
                self._line(message.request.headers.get("client", self.endpoint)).put(message)
        for line in self.lines.values():
            line.look()

    def _line(self, client: str) -> Line:
        from simulator.transports.mqtt.line import Line

        if client not in self.lines:
            self.lines[client] = Line(self, client)
        return self.lines[client]

    def _take_back(self, out: Link) -> None:
        """The link is held: what no line has sent yet goes back to the front of its queue."""
        waiting = {id(one) for line in self.lines.values() for one in line.give_back()}
        for message in reversed([one for one in out.under_way.values() if id(one) in waiting]):
            out.done(message)
            out.queue.appendleft((message.queued, message))

    async def stop(self) -> None:
        """Say goodbye. What was not sent goes back to the front of the link."""
        for link in self.links.values():
            with contextlib.suppress(ValueError):
                link.watchers.remove(self.changed)
        await asyncio.gather(*(line.stop() for line in self.lines.values()))
        self.lines.clear()
        if "out" in self.links:
            self.links["out"].put_back()
        if self.broker is not None:
            broker, self.broker = self.broker, None
            broker.be_away(self, False)
            await broker.leave()
        self.address = None

    # --- names --------------------------------------------------------------------------------

    def name(self, client: str) -> str:
        """How a client is called at the broker."""
        return self._filled(self.settings.client_id, client)

    def addressed(self, request: Request) -> Request:
        """A message whose contract knows nothing of topics, with one."""
        topic = self._filled(self.settings.topic, "")
        path = request.path.strip("/")
        return Request(
            "PUBLISH", f"{topic}/{path}" if path else topic, headers=request.headers,
            body=request.body,
        )  # fmt: skip

    def _filled(self, text: str, client: str) -> str:
        return text.format(plant=self.side.plant, client=client, endpoint=self.endpoint)

    def connections(self, client: str) -> int:
        """How many connections a client has begun, in all its lives."""
        found: int = self._counted().get(client, 0)
        return found

    def count(self, client: str) -> None:
        """It has begun another."""
        self._counted()[client] = self.connections(client) + 1

    def _counted(self) -> dict[str, int]:
        counted: dict[str, int] = self.side.memory(self.endpoint).setdefault("connections", {})
        return counted
