"""One plant's SFTP endpoints: accounts on its own servers, or clients of a partner's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.core.chance import Chance
from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Fault, Side, Transport
from simulator.transports._delivery import Outlet, patient
from simulator.transports.sftp.folders import Folders
from simulator.transports.sftp.inbox import Inbox
from simulator.transports.sftp.outbox import Outbox
from simulator.transports.sftp.settings import Address, Settings

if TYPE_CHECKING:
    from simulator.transports.sftp.remote import Remote
    from simulator.transports.sftp.server import SftpServer


@dataclass(eq=False)
class _Place:
    """One endpoint."""

    settings: Settings
    user: str
    links: dict[Direction, Link]
    server: SftpServer | None = None
    remote: Remote | None = None
    outlet: Outlet | None = None
    outbox: Outbox | None = None
    url: str = ""
    watching: list[tuple[Link, Callable[[], None]]] = field(default_factory=list)

    def watch(self, link: Link, watcher: Callable[[], None]) -> None:
        """Have a link tell its changes until the endpoint stops."""
        link.watchers.append(watcher)
        self.watching.append((link, watcher))


class SftpTransport(Transport):
    """Files: those that the integration uploads, and those that it picks up or is sent."""

    kind: ClassVar[str] = "sftp"
    summary: ClassVar[str] = "files over SSH, in a folder of each partner's or at the partner's"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "drop", "duplicate", "reorder", "file"}
        ),
        "out": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "drop", "duplicate", "reorder",
             "truncate", "document", "file"}
        ),
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._places: dict[str, _Place] = {}
        self._servers: dict[int, SftpServer] = {}

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        user = settings.user or endpoint.partition(".")[2].lower()
        if settings.url is None:
            if settings.password is None and settings.authorized_keys is None:
                raise Mistake(
                    f"{endpoint}: nobody could log in", cure="set password or authorized_keys"
                )
            for other in self._places.values():
                same = other.settings.url is None and other.settings.port == settings.port
                if same and other.user == user:
                    cure = "give one of them another user, or another port"
                    raise Mistake(f"two endpoints have the SFTP user {user!r}", cure=cure)
        self._places[endpoint] = _Place(settings, user, links)

    async def start(self) -> None:
        """Listen, and begin to deliver. Raises CouldNotStart, or Mistake for a setting."""
        if not self._places or any(one.watching for one in self._places.values()):
            return
        try:
            for endpoint, place in self._places.items():
                if place.settings.url is None:
                    self._open_account(endpoint, place)
                else:
                    self._open_remote(endpoint, place)
            for server in self._servers.values():
                await server.start()
        except (CouldNotStart, Mistake):
            await self.stop()
            raise
        for place in self._places.values():
            if place.server is not None:
                place.url = f"sftp://{place.user}@{place.server.url}/"
            if place.outlet is not None:
                place.outlet.changed()
            if place.remote is not None:
                place.remote.start()

    def _folder(self) -> Path:
        return self.side.folder("sftp")

    def _server(self, port: int) -> SftpServer:
        from simulator.transports.sftp.keys import own_key
        from simulator.transports.sftp.server import SftpServer

        if port not in self._servers:
            host, main = self.side.address
            # where the main port is any free one, all are: two such processes never collide
            real = port if main else 0
            self._servers[port] = SftpServer(host, real, own_key(self._folder(), "host_ed25519"))
        return self._servers[port]

    def _open_account(self, endpoint: str, place: _Place) -> None:
        from simulator.transports.sftp.keys import public_keys
        from simulator.transports.sftp.session import Account

        given = _filled(self.side, place.settings)
        # per user and port: two servers may have a user of the same name
        name = place.user if not given.port else f"{place.user}-{given.port}"
        folders = Folders(
            self._folder() / "partners" / name,
            uploads=given.uploads,
            downloads=given.downloads,
            temporary=given.temporary,
            archive=given.archive,
        )
        server = place.server = self._server(given.port)
        account = Account(
            endpoint, place.user, folders, None, None, given.body_limit, given.password
        )
        if given.authorized_keys is not None:
            account.keys = public_keys(endpoint, given.authorized_keys)
        link = place.links.get("in")
        if link is not None:
            account.inbox = Inbox(self.side, endpoint, link, folders)
            place.watch(link, account.inbox.changed)
            place.watch(link, server.follow)
        out = place.links.get("out")
        if out is not None:
            account.outbox = place.outbox = Outbox(self.side, out, given, folders)
            place.watch(out, account.outbox.changed)
            self._deliver(place, out, patient(given), account.outbox)
        server.accounts[place.user] = account
        server.refused = lambda: any(
            one.links["in"].refusing
            for one in self._places.values()
            if one.server is server and "in" in one.links
        )

    def _open_remote(self, endpoint: str, place: _Place) -> None:
        from simulator.transports.sftp.remote import Remote

        given = _filled(self.side, place.settings)
        assert given.url is not None
        try:
            address = Address.read(given.url)
        except ValueError as error:
            raise Mistake(f"{endpoint}: {error}") from None
        place.remote = Remote(
            self.side, endpoint, given, address, self._folder(), place.links.get("in")
        )
        hidden = given.url.replace(f":{address.password}@", "@") if address.password else given.url
        place.url = hidden
        if "in" in place.links:
            place.watch(place.links["in"], place.remote.changed)
        out = place.links.get("out")
        if out is not None:
            place.watch(out, place.remote.changed)
            self._deliver(place, out, given, place.remote)

    def _deliver(self, place: _Place, link: Link, settings: Any, client: Any) -> None:
        stream = Chance(0, self.side.plant).stream("sftp", link.name)
        place.outlet = Outlet(self.side, link, settings, client, stream)
        place.watch(link, place.outlet.changed)

    async def stop(self) -> None:
        for place in self._places.values():
            for link, watcher in place.watching:
                with contextlib.suppress(ValueError):
                    link.watchers.remove(watcher)
            place.watching.clear()
            if place.outlet is not None:
                outlet, place.outlet = place.outlet, None
                await outlet.stop()
            if place.remote is not None:
                remote, place.remote = place.remote, None
                await remote.stop()
            place.url = ""
            place.server = place.outbox = None
        servers, self._servers = self._servers, {}
        for server in servers.values():
            await server.stop()

    def urls(self) -> dict[str, str]:
        """Endpoint name to the account's URL; empty until started."""
        return {name: place.url for name, place in self._places.items() if place.url}

    def cannot(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        if direction == "in" and fault.closes_listener and self._shares(self._places[endpoint]):
            return (
                f"connections can only be refused on a port of its own: give {endpoint} one in "
                "the plant file, like port: 2222"
            )
        return None

    def _shares(self, place: _Place) -> bool:
        """Does another endpoint listen on its port, too? A client of a partner's has none."""
        port = place.settings.port
        return place.settings.url is None and any(
            other is not place and other.settings.url is None and other.settings.port == port
            for other in self._places.values()
        )

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is under way: a file that waits to be picked up is not."""
        for place in self._places.values():
            if place.outbox is not None:
                await place.outbox.settled()
            elif place.outlet is not None:
                await place.outlet.settled(retries=retries)


def _filled(side: Side, settings: Settings) -> Settings:
    """The settings with every ${NAME} filled in. Raises Mistake."""
    filled = {
        name: side.resolve(value)
        for name in ("password", "authorized_keys", "url", "key", "known_hosts")
        if (value := getattr(settings, name)) is not None
    }
    return settings.model_copy(update=filled)
