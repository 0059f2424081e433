"""One plant's AS2 endpoints: a station of each trading partner's, and what it sends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from simulator.core.chance import Chance
from simulator.core.durations import SECOND
from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Side, Transport
from simulator.transports._delivery import Outlet
from simulator.transports.as2.awaited import Awaited
from simulator.transports.as2.client import Client
from simulator.transports.as2.identity import Identity
from simulator.transports.as2.keys import Theirs, own_identity, spoiled
from simulator.transports.as2.receipts import Postman, Receipts, numbers
from simulator.transports.as2.settings import Settings, check_url
from simulator.transports.as2.station import Station
from simulator.transports.as2.web import Web
from simulator.transports.http.place import Places

_AT_ONCE = 8  # connections to one integration beside those of its deliveries


class _Ours:
    """A partner's identity, and what it signs with while a fault spoils its certificate."""

    def __init__(self, endpoint: str, settings: Settings, side: Side) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._side = side
        self._shown: dict[str, Identity] = {}

    def prepare(self) -> None:
        """Make what is missing on disk. Raises Mistake or CouldNotStart."""
        if "" not in self._shown:
            given = self._settings
            key = self._side.resolve(given.key) if given.key is not None else None
            folder = self._side.folder("as2")
            self._shown[""] = own_identity(folder, self._endpoint, given.name, key)

    def __call__(self, mode: str) -> Identity:
        found = self._shown.get(mode)
        if found is None:
            found = self._shown[mode] = spoiled(self._shown[""], self._settings.name, mode)
        return found


@dataclass(eq=False)
class _Stand:
    """One endpoint."""

    endpoint: str
    settings: Settings
    links: dict[Direction, Link]
    ours: _Ours
    awaited: Awaited
    number: Callable[[], int]
    station: Station | None = None
    postman: Postman | None = None
    theirs: Theirs | None = None
    outlet: Outlet | None = None
    web: Web | None = None
    url: str = ""
    watching: list[tuple[Link, Callable[[], None]]] = field(default_factory=list)


class As2Transport(Transport):
    """Messages that are signed, encrypted and vouched for, in both directions."""

    kind: ClassVar[str] = "as2"
    summary: ClassVar[str] = "AS2: signed and encrypted over HTTP, with receipts (MDN)"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate", "reorder",
             "truncate", "pace", "receipt", "certificate"}
        ),
        "out": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "drop", "duplicate", "reorder",
             "truncate", "document", "certificate"}
        ),
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._places = Places(side)
        self._stands: dict[str, _Stand] = {}
        self._started = False

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        ours = _Ours(endpoint, settings, self.side)
        stand = _Stand(endpoint, settings, links, ours, Awaited(), numbers())
        if "in" in links:
            receipts = Receipts(settings, ours, stand.number)
            stand.station = Station(
                endpoint, self.side, contract, links["in"], settings, ours, stand.awaited, receipts
            )
            self._places.add(stand.station, settings, links["in"])
        self._stands[endpoint] = stand

    async def start(self) -> None:
        """Listen, and begin to deliver. Raises CouldNotStart, or Mistake for a setting."""
        if self._started:
            return
        self._started = True
        try:
            for stand in self._stands.values():
                self._prepare(stand)
            await self._places.start()
        except (CouldNotStart, Mistake):
            await self.stop()
            raise
        for stand in self._stands.values():
            if stand.station is not None:
                stand.url = self._places.url(stand.endpoint)
            if "out" in stand.links:
                self._deliver(stand)

    def _prepare(self, stand: _Stand) -> None:
        """Read and make what an endpoint needs before it listens."""
        given, resolve = stand.settings, self.side.resolve
        stand.ours.prepare()
        stand.web = Web(
            given.timeout / SECOND, given.concurrency + _AT_ONCE, verify_tls=given.verify_tls
        )
        sources = [resolve(one) for one in (given.certificate, *given.trusts) if one is not None]
        theirs = Theirs(stand.endpoint, sources, stand.web)
        for url in (given.url, given.receipt_url):
            if url is not None:
                try:
                    check_url(resolve(url))
                except ValueError as error:
                    raise Mistake(f"{stand.endpoint}: {error}") from None
        if stand.station is not None:
            stream = Chance(0, self.side.plant).stream("as2", stand.endpoint)
            stand.postman = Postman(self.side, stand.links["in"], given, stand.web, stream)
            stand.station.theirs, stand.station.postman = theirs, stand.postman
        if "out" in stand.links:
            stand.theirs = theirs

    def _deliver(self, stand: _Stand) -> None:
        given, resolve = stand.settings, self.side.resolve
        assert stand.web is not None
        assert stand.theirs is not None
        client = Client(
            self.side, given, resolve(given.url) if given.url is not None else None,
            resolve(given.receipt_url) if given.receipt_url is not None else stand.url,
            stand.ours, stand.theirs, stand.awaited, stand.web, stand.number,
        )  # fmt: skip
        link = stand.links["out"]
        stream = Chance(0, self.side.plant).stream("as2", link.name)
        stand.outlet = Outlet(self.side, link, given, client, stream)
        link.watchers.append(stand.outlet.changed)
        stand.watching.append((link, stand.outlet.changed))
        stand.outlet.changed()

    async def stop(self) -> None:
        self._started = False
        for stand in self._stands.values():
            for link, watcher in stand.watching:
                with contextlib.suppress(ValueError):
                    link.watchers.remove(watcher)
            stand.watching.clear()
            if stand.outlet is not None:
                outlet, stand.outlet = stand.outlet, None
                await outlet.stop()
        await self._places.stop()
        for stand in self._stands.values():
            stand.url = ""
            if stand.web is not None:
                web, stand.web = stand.web, None
                await web.close()

    def urls(self) -> dict[str, str]:
        """Endpoint name to the station's URL; empty until started."""
        return {name: stand.url for name, stand in self._stands.items() if stand.url}

    def cannot(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        return self._places.cannot_refuse(endpoint, direction, fault)

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is under way; late receipts and retries count if asked to."""
        stands = self._stands.values()
        while True:
            outlets = [stand.outlet for stand in stands if stand.outlet]
            busy = [one for one in outlets if (one.busy if retries else one.moving)]
            postmen = [stand.postman for stand in stands if stand.postman]
            posting = [one for one in postmen if one.busy and retries]
            if not busy and not posting:
                return
            for outlet in busy:
                await outlet.settled(retries=retries)
            for postman in posting:
                await postman.settled()
