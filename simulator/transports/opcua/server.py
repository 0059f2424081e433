"""One OPC UA server: its nodes, sessions and subscriptions, and what the plant shows on it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from inspect import isawaitable
from pathlib import Path
from typing import Any

from asyncua import ua

from simulator import __version__
from simulator.core.errors import JournalFull
from simulator.core.link import Link
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Side
from simulator.core.timer import wall_clock
from simulator.transports.http.listener import Listener
from simulator.transports.opcua import (
    acting,
    discovery,
    history,
    monitoring,
    nodesets,
    reading,
    subscribing,
)
from simulator.transports.opcua.attributes import Attributes
from simulator.transports.opcua.browsing import View
from simulator.transports.opcua.channel import Channel
from simulator.transports.opcua.conditionnodes import Conditioned
from simulator.transports.opcua.conditions import Conditions
from simulator.transports.opcua.dealing import Dealing
from simulator.transports.opcua.eventitems import EventItem
from simulator.transports.opcua.fault import Hangup, ServiceFault, status_of
from simulator.transports.opcua.identity import own_identity, spoiled
from simulator.transports.opcua.occasion import SERVICES, Occasion, Service
from simulator.transports.opcua.private import close, new_server
from simulator.transports.opcua.publishing import Subscriptions
from simulator.transports.opcua.sessions import Sessions
from simulator.transports.opcua.settings import Settings
from simulator.transports.opcua.showing import Showing
from simulator.transports.opcua.space import Space
from simulator.transports.opcua.status import Status
from simulator.transports.opcua.trust import Trust
from simulator.transports.opcua.wire import Reader, RequestHead

log = logging.getLogger("stagefloor.opcua")
Codes = ua.StatusCodes
_MODULES = (
    acting,
    discovery,
    history,
    monitoring,
    reading,
    subscribing,
)  # they enter their services


class OpcuaServer:
    """One endpoint's server. `passwords` are those of its users, filled in."""

    def __init__(
        self,
        side: Side,
        endpoint: str,
        settings: Settings,
        links: Mapping[Any, Link],
        passwords: dict[str, str],
        folder: Path,
        payloads: Path | None,
    ) -> None:
        self.side = side
        self.endpoint = endpoint
        self.settings = settings
        self.passwords = passwords
        self.inbound = links.get("in")
        self._payloads = payloads
        system = endpoint.partition(".")[0]
        self.uri = f"urn:stagefloor:{side.plant}:{endpoint.replace('.', ':')}"
        self.namespace = settings.namespace or f"urn:stagefloor:{side.plant}:{system}"
        self.path = f"/{side.plant}/{system}"
        self.identity = own_identity(folder, endpoint, self.uri, settings)
        self.trust = Trust(folder, settings.trust)
        self.channels: set[Channel] = set()
        self.hearers: dict[int, EventItem] = {}
        self.dealing = Dealing(self)
        self.sessions = Sessions(self)
        self.subscriptions = Subscriptions(settings.limits, self)
        host, main = side.address
        # where the main port is any free one, all are: two such processes never collide
        self._listener = Listener(host, settings.port if main else 0, lambda: Channel(self))
        self.inner: Any = None  # asyncua's part; made by `prepare`, like what follows from it
        self.status: Any = None
        self._items = 0
        self._channels = 0
        self._spoiled: dict[str, Any] = {}

    # --- life ---------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Make the standard's nodes and those of nodesets. Raises Mistake."""
        self.inner = await new_server()
        self.inner.iserver.private_key = self.identity.key
        self.inner.iserver.certificate = self.identity.certificate
        await self.inner.set_application_uri(self.uri)
        index = await self.inner.register_namespace(self.namespace)
        sets = nodesets.found(
            self.endpoint, self.settings.nodesets, self._payloads,
            stand_in=self.settings.missing_models == "stand-in",
        )  # fmt: skip
        if sets:
            await nodesets.load(self.endpoint, self.inner, sets)
        aspace = self.inner.iserver.aspace
        self.space = Space(aspace, index, self.settings.history)
        self.view = View(aspace)
        self.attributes = Attributes(self.space, self.ticks)
        self.conditions = Conditions(self, Conditioned(self.space, self.attributes))
        self.status = Status(self, __version__)
        self.showing = Showing(self, await self.inner.get_namespace_array())

    def listen(self) -> None:
        """Take connections. Raises CouldNotStart."""
        self._listener.bind()
        self.status.begin()
        self.changed()

    def changed(self) -> None:
        """The inbound link changed: listen or do not, and let whoever waits look again."""
        if self.inbound is not None and self._listener.bound:
            if self.inbound.refusing:
                self._listener.close()
            elif not self._listener.listening:
                self._listener.open()
        self.dealing.bell.ring()

    async def stop(self) -> None:
        """Let go of the port, of every connection, and of everything that runs."""
        self._listener.release()
        for channel in list(self.channels):
            await channel.end()
        for one in self.sessions.every():
            self.sessions.close(one, subscriptions=True)
        await self.subscriptions.stop()
        if self.status is not None:
            await self.status.stop()
        if self.inner is not None:
            await close(self.inner)

    @property
    def url(self) -> str:
        """Where clients connect."""
        host = self._listener.host
        shown = f"[{host}]" if ":" in host else host
        return f"opc.tcp://{shown}:{self._listener.port}{self.path}"

    def restart(self) -> None:
        """Be as a server that was switched off and on: sessions and subscriptions are gone."""
        for channel in list(self.channels):
            channel.reset()
        for one in self.sessions.every():
            self.sessions.close(one, subscriptions=True)
        for sub in self.subscriptions:
            self.subscriptions.delete(sub.id)
        self.status.started()

    # --- what clients ask ---------------------------------------------------------------------

    async def serve(
        self, channel: Channel, number: int, head: RequestHead, reader: Reader, request: int
    ) -> tuple[int, bytes] | None:
        """Do what a request asks. None where the answer comes later, or never.

        Raises ServiceFault, Malformed or Unanswered.
        """
        service = SERVICES.get(number)
        if service is None:
            raise ServiceFault(Codes.BadServiceUnsupported)
        session: Any = self.sessions.find(channel, head.token) if service.session else None
        on = Occasion(self, channel, session, head, reader, request, self.settings.limits)
        link = self.inbound
        faulty = link is not None and bool(link.faults)
        if service.acts:
            if not faulty and not self.side.durable:
                return await self._done(service, on)
            channel.spawn(channel.answer(request, [head.number], self._done(service, on)))
            return None
        if faulty:
            arrival = self._overheard(service.name, channel)
            if arrival is not None:
                work = self._touched(service, on, arrival)
                channel.spawn(channel.answer(request, [head.number], work))
                return None
        return await self._done(service, on)

    def _overheard(self, name: str, channel: Channel) -> Arrival | None:
        """A request as an arrival, where a fault touches it. Raises ServiceFault."""
        try:
            return self.side.overhear(self.endpoint, Request(name, peer=channel.peer))
        except JournalFull:
            raise ServiceFault(Codes.BadOutOfMemory) from None

    async def _done(self, service: Service, on: Occasion) -> tuple[int, bytes] | None:
        found = service.do(on)
        body = await found if isawaitable(found) else found
        return None if body is None else (service.response, body)

    async def _touched(
        self, service: Service, on: Occasion, arrival: Arrival
    ) -> tuple[int, bytes] | None:
        """Serve a request that faults touch."""
        answer = await self.dealing.before(on, arrival)
        if answer is not None:
            raise ServiceFault(status_of(answer) or int(Codes.BadUnexpectedError))
        try:
            done = await self._done(service, on)
        except ServiceFault as fault:
            name = ua.StatusCode(fault.status).name
            self.side.finish(arrival, "answered", Reply(400, {"opcua-status": name}))
            raise
        self.side.finish(arrival, "answered", Reply(200))
        await self.dealing.after(on, arrival, None)
        return done

    async def act(self, on: Occasion, request: Request, wrong: str | None) -> Reply:
        """Let one operation be an arrival (`acting.act`)."""
        return await acting.act(on, request, wrong)

    async def welcome(self, channel: Channel) -> None:
        """A connection opens its secure channel: a fault may show it another certificate."""
        if self.inbound is None or not self.inbound.faults:
            return
        arrival = self._overheard("OpenSecureChannel", channel)
        if arrival is None:
            return
        on = Occasion(self, channel, None, None, None, 0, self.settings.limits)  # type: ignore[arg-type]
        answer = await self.dealing.before(on, arrival)
        if answer is not None:
            raise Hangup(status_of(answer), "the server fails on purpose")
        shown = arrival.treatment.extra.get("certificate")
        if shown:
            mode = str(shown["mode"])
            if mode not in self._spoiled:
                self._spoiled[mode] = spoiled(self.identity, mode)
            channel.identity = self._spoiled[mode]
            channel.reopen()
        self.side.finish(arrival, "answered", Reply(200))

    # --- what the services need ---------------------------------------------------------------

    def ticks(self) -> int:
        """Wall time in ticks of OPC UA."""
        return int(wall_clock() * 10_000_000) + 116_444_736_000_000_000

    def now(self) -> datetime:
        """Wall time."""
        return datetime.fromtimestamp(wall_clock(), UTC)

    def endpoints(self, asked: str | None, channel: Channel) -> list[ua.EndpointDescription]:
        """How the server can be reached, under the name by which the client knows it."""
        host, port = channel.local
        url = f"opc.tcp://{host}:{port}{self.path}"
        if asked and asked.startswith("opc.tcp://") and len(asked) < 1000:
            url = f"opc.tcp://{asked[10:].partition('/')[0]}{self.path}"
        name = f"Stagefloor {self.side.plant} {self.endpoint}"
        return channel.identity.endpoints(url, name, "urn:stagefloor")

    def notifies(self, node: ua.NodeId) -> bool:
        """Can its events be subscribed to?"""
        found = self.space.aspace.get(node)
        held = found.attributes.get(ua.AttributeIds.EventNotifier) if found is not None else None
        return held is not None and bool(held.value.Value.Value & 1)

    def next_item(self) -> int:
        """The id of a new monitored item."""
        self._items += 1
        return self._items

    def get_new_channel_id(self) -> int:
        """The id of a new secure channel, as asyncua asks for it."""
        self._channels += 1
        return self._channels
