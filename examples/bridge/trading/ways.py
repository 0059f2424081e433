"""How a partner is reached: an HTTP mailbox, a folder on its SFTP server, or AS2."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx

from examples.bridge.flaws import Flaws
from examples.bridge.peers import Answer, Pace, Peer, Unavailable
from examples.bridge.trading.as2 import As2, Station
from examples.bridge.trading.media import media_type

if TYPE_CHECKING:
    import asyncssh

log = logging.getLogger("bridge")
TEMPORARY = ".part"


class Mailbox(Peer):
    """A partner's mailbox: interchanges are posted as they are.

    What lies in it for us is fetched, kept by the bridge, and only then deleted. A mailbox that has
    nothing to fetch posts what the partner says to `/edi/inbox`.
    """

    def __init__(
        self,
        name: str,
        url: str,
        client: httpx.AsyncClient,
        pace: Pace,
        take: Callable[[str, bytes], None],
        every: float = 0.5,
    ) -> None:
        super().__init__(name, url, client, pace)
        self._take = take
        self._every = every

    async def post(self, path: str, body: str, idempotency_key: str | None) -> Answer:
        raw = body.encode("latin-1")
        disposition = {"content-disposition": f'attachment; filename="{path}"'}
        return await self.request(
            "POST", "", content=raw, content_type=media_type(raw), headers=disposition,
            idempotency_key=path,
        )  # fmt: skip

    async def run(self) -> None:
        """Look for new files, for ever, where there are any."""
        while True:
            try:
                listing = await self.request("GET", "")
                if listing.status in (404, 405):
                    return
                if listing.ok:
                    await self._collect(listing.body["items"])
            except Unavailable as error:
                log.info("%s", error)
            except (KeyError, TypeError):
                log.error("%s: what it lists is no list of files", self.name)
            await asyncio.sleep(self._every)

    async def _collect(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            path = f"/{item['name']}"
            file = await self.request("GET", path, headers={"accept": "*/*"})
            if not file.ok or len(file.body) != item["size"]:
                continue  # gone, or cut on its way: the next look shows
            # a name may come again; when it was placed tells the two apart
            self._take(f"{item['name']} {item['since']}", file.body)
            await self.request("DELETE", path)

    def _read(self, response: httpx.Response) -> Answer:
        kind = response.headers.get("content-type", "")
        fetched = response.request.method == "GET" and response.is_success
        if fetched and not kind.endswith("json"):
            self._succeeded()
            return Answer(response.status_code, response.content)
        return super()._read(response)


class Folder:
    """A partner's SFTP server: `in/` takes our files, `out/` has the partner's.

    Files are written under a temporary name and renamed; what lies in `out/` is read, kept by the
    bridge, and only then deleted.
    """

    def __init__(
        self,
        name: str,
        url: str,
        pace: Pace,
        take: Callable[[str, bytes], None],
        every: float = 0.5,
        *,
        hasty: bool = False,
    ) -> None:
        self.name = name
        self._hasty = hasty
        self.failures = 0
        self._parts = urlsplit(url)
        self._pace = pace
        self._take = take
        self._every = every
        self._lock = asyncio.Lock()
        self._knocked = asyncio.Event()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    async def post(self, path: str, body: str, idempotency_key: str | None) -> Answer:
        import asyncssh

        name = path.rpartition("/")[2]
        async with self._lock:
            sftp = await self._open()
            try:
                async with sftp.open(f"in/{name}{TEMPORARY}", "wb") as file:
                    await file.write(body.encode("latin-1"))
                await sftp.posix_rename(f"in/{name}{TEMPORARY}", f"in/{name}")
            except (OSError, asyncssh.Error) as error:
                raise await self._failed(error) from None
        self.failures = 0
        return Answer(200, None)

    def knock(self) -> None:
        """Forget its failures: somebody knows that it is worth trying now."""
        self.failures = 0
        self._knocked.set()

    async def run(self) -> None:
        """Look for new files, for ever."""
        while True:
            try:
                async with self._lock:
                    await self._collect()
            except Unavailable as error:
                log.info("%s", error)
            await asyncio.sleep(self._every)

    async def _collect(self) -> None:
        import asyncssh

        sftp = await self._open()
        try:
            names = sorted(str(name) for name in await sftp.listdir("out"))
            locked = {name.removesuffix(".lck") for name in names if name.endswith(".lck")}
            for name in names:
                under_way = name in locked or not name.endswith(".edi")
                if name in (".", "..") or (under_way and not self._hasty):
                    continue  # its temporary name, or a lock beside it, says so
                body = await self._whole(sftp, f"out/{name}")
                if body is not None:
                    self._take(name, body)
                    await sftp.remove(f"out/{name}")
        except (OSError, asyncssh.Error) as error:
            raise await self._failed(error) from None
        self.failures = 0

    async def _whole(self, sftp: asyncssh.SFTPClient, path: str) -> bytes | None:
        """A file that has stopped growing and ends as an interchange does; None until then."""
        import asyncssh

        try:
            async with sftp.open(path, "rb") as file:
                body: bytes = await file.read()
            size = (await sftp.stat(path)).size
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile):
            return None
        whole = size == len(body) and (b"IEA" in body[-40:] or b"UNZ" in body[-40:])
        return body if whole or self._hasty else None

    async def _open(self) -> asyncssh.SFTPClient:
        import asyncssh

        if self._sftp is not None:
            return self._sftp
        if self.failures:
            self._knocked.clear()
            pause = self._pace.floor + self._pace.pause(self.failures)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._knocked.wait(), pause)
        try:
            self._connection = await asyncssh.connect(
                self._parts.hostname or "", self._parts.port or 22,
                username=unquote(self._parts.username or ""),
                password=unquote(self._parts.password or ""), known_hosts=None,
                client_keys=None, config=None, agent_path=None,
            )  # fmt: skip
            self._sftp = await self._connection.start_sftp_client()
        except (OSError, asyncssh.Error) as error:
            raise await self._failed(error) from None
        return self._sftp

    async def _failed(self, error: Exception) -> Unavailable:
        self.failures += 1
        await self.close()
        return Unavailable(f"{self.name}: {type(error).__name__}: {error}")

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._sftp = self._connection, None, None
        if connection is not None:
            connection.close()
            with contextlib.suppress(Exception):
                await connection.wait_closed()


Way = Mailbox | Folder | As2


def way(
    partner: str,
    url: str,
    client: httpx.AsyncClient,
    pace: Pace,
    take: Callable[[str, bytes], None],
    station: Station | None,
    flaws: Flaws = frozenset(),
) -> Way:
    """Whoever reaches a partner at this URL.

    `http(s)://` is a mailbox, `as2+http(s)://` a station, `sftp://user:password@host:port` a
    folder.
    """
    name = f"edi:{partner}"
    if url.startswith("sftp://"):
        return Folder(name, url, pace, take, hasty="files" in flaws)
    if url.startswith("as2+"):
        assert station is not None
        credulous = "receipts" in flaws
        return As2(name, url.removeprefix("as2+"), client, pace, station, credulous=credulous)
    return Mailbox(name, url, client, pace, take)
