"""One plant's mailboxes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from simulator.core.chance import Chance
from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Side, Transport
from simulator.transports._delivery import Outlet, patient
from simulator.transports._delivery.post import check_url
from simulator.transports.http.place import Places
from simulator.transports.mailbox.access import Access
from simulator.transports.mailbox.box import Box
from simulator.transports.mailbox.door import Door
from simulator.transports.mailbox.post import Courier
from simulator.transports.mailbox.settings import Settings


@dataclass(eq=False)
class _Stand:
    """One endpoint."""

    settings: Settings
    door: Door
    out: Link | None
    outlet: Outlet | None = None
    watching: list[tuple[Link, Callable[[], None]]] = field(default_factory=list)

    def watch(self, link: Link, watcher: Callable[[], None]) -> None:
        """Have a link tell its changes until the endpoint stops."""
        link.watchers.append(watcher)
        self.watching.append((link, watcher))


class MailboxTransport(Transport):
    """Interchanges over HTTP: posted, and posted on or lying there until they are fetched."""

    kind: ClassVar[str] = "mailbox"
    summary: ClassVar[str] = "a trading partner's mailbox over HTTP or HTTPS, to post to and fetch"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate", "reorder",
             "truncate", "pace", "certificate"}
        ),
        "out": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "drop", "duplicate", "reorder",
             "truncate", "document"}
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
        if settings.url is not None and "${" not in settings.url:
            check_url(endpoint, settings.url)
        link = links.get("in") or links["out"]
        door = Door(endpoint, self.side, contract, link, settings.body_limit, takes="in" in links)
        self._places.add(door, settings, link)
        self._stands[endpoint] = _Stand(settings, door, links.get("out"))

    async def start(self) -> None:
        """Listen, and begin to deliver. Raises CouldNotStart, or Mistake for a setting."""
        if self._started:
            return
        self._started = True
        try:
            for endpoint, stand in self._stands.items():
                self._prepare(endpoint, stand)
            await self._places.start()
        except (CouldNotStart, Mistake):
            await self.stop()
            raise
        for stand in self._stands.values():
            if stand.outlet is not None:
                stand.outlet.changed()

    def _prepare(self, endpoint: str, stand: _Stand) -> None:
        """Make what an endpoint needs before it listens. Raises Mistake."""
        given = _filled(self.side, stand.settings)
        stand.door.access = Access(endpoint, given.token, given.user, given.password)
        link = stand.out
        if link is None:
            return
        client: Box | Courier
        if given.url is None:
            client = stand.door.box = Box(self.side, given.wait)
            stand.watch(link, client.changed)
            given = patient(given)
        else:
            check_url(endpoint, given.url)
            client = Courier(given.url, given.headers, given)
        stream = Chance(0, self.side.plant).stream("mailbox", link.name)
        stand.outlet = Outlet(self.side, link, given, client, stream)
        stand.watch(link, stand.outlet.changed)

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
            stand.door.box = None

    def urls(self) -> dict[str, str]:
        """Endpoint name to the mailbox's URL."""
        return self._places.urls()

    def cannot(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        places = self._places
        return places.cannot_refuse(endpoint, direction, fault) or places.cannot_show_certificates(
            endpoint, fault
        )

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is under way: a file that waits to be fetched is not."""
        for stand in self._stands.values():
            if stand.door.box is not None:
                await stand.door.box.settled()
            elif stand.outlet is not None:
                await stand.outlet.settled(retries=retries)


def _filled(side: Side, settings: Settings) -> Settings:
    """The settings with every ${NAME} filled in. Raises Mistake."""
    filled: dict[str, Any] = {
        name: side.resolve(value)
        for name in ("token", "password", "url")
        if (value := getattr(settings, name)) is not None
    }
    headers = {name.lower(): side.resolve(value) for name, value in settings.headers.items()}
    return settings.model_copy(update={**filled, "headers": headers})
