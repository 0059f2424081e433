"""A client of the partner's own SFTP server: uploads what is said, polls for what it has."""

from __future__ import annotations

import asyncio
import logging
import posixpath
from pathlib import Path
from typing import Any

import asyncssh

from simulator.core.durations import SECOND
from simulator.core.errors import JournalFull
from simulator.core.link import Link, Treatment, pause
from simulator.core.message import Message, Request
from simulator.core.ports import Arrival, Side
from simulator.core.timer import monotonic, wall_clock
from simulator.core.waits import Bell
from simulator.transports._delivery import Attempt, file_name
from simulator.transports.sftp.folders import is_temporary
from simulator.transports.sftp.inbox import METHOD, WORDS
from simulator.transports.sftp.keys import known_hosts, own_key, private_key
from simulator.transports.sftp.outbox import JUMP, LOCK, PATIENCE, TEMPORARY
from simulator.transports.sftp.settings import Address, Settings

log = logging.getLogger("stagefloor.sftp")

_BROKEN = (asyncssh.Error, OSError)  # asyncssh's own errors, SFTP's included, and the network's


class _Pinned(asyncssh.SSHClient):
    """Keeps the first key that a server shows, and takes no other from then on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        shown = key.export_public_key().split()[:2]
        try:
            return self._path.read_bytes().split()[:2] == shown
        except FileNotFoundError:
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(b" ".join(shown) + b"\n")
            fresh.replace(self._path)
            log.info("%s:%d: its key is kept from now on", host, port)
            return True


class Remote:
    """One account at the partner's (`_delivery.Client`: its Outlet uploads through it)."""

    def __init__(
        self, side: Side, endpoint: str, settings: Settings, address: Address, folder: Path,
        link: Link | None,
    ) -> None:  # fmt: skip
        self._side = side
        self._endpoint = endpoint
        self._settings = settings
        self._address = address
        self._link = link  # inbound
        self._changed = Bell()
        self._polling: asyncio.Task[None] | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None
        self._one_at_a_time = asyncio.Lock()
        self._options: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)
        password = settings.password or address.password
        if settings.key is not None:
            self._options["client_keys"] = [private_key(endpoint, settings.key)]
        elif password is None:
            self._options["client_keys"] = [own_key(folder, "id_ed25519")]
        else:
            self._options["client_keys"] = None
        if password is not None:
            self._options["password"] = password
        if settings.known_hosts is not None:
            self._options["known_hosts"] = known_hosts(endpoint, settings.known_hosts)
        else:
            pinned = folder / f"known-{endpoint}"
            self._options["known_hosts"] = ([], [], [])
            self._options["client_factory"] = lambda: _Pinned(pinned)

    def start(self) -> None:
        """Begin to look for files, where that is wanted."""
        if self._link is not None and self._settings.download is not None:
            self._polling = asyncio.get_running_loop().create_task(self._poll())

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self._changed.ring()

    async def stop(self) -> None:
        """Look no more; close the connection."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
            self._polling = None
        await self.close()

    async def close(self) -> None:
        """Close the connection; the next use opens another."""
        connection, self._connection, self._sftp = self._connection, None, None
        if connection is not None:
            connection.abort()
            await connection.wait_closed()

    async def _session(self) -> asyncssh.SFTPClient:
        """The session, opened where there is none. Raises asyncssh.Error, OSError."""
        async with self._one_at_a_time:
            if self._connection is not None and self._connection.is_closed():
                await self.close()
            if self._sftp is None:
                self._connection = await asyncssh.connect(
                    self._address.host, self._address.port, username=self._address.user,
                    config=None, agent_path=None, gss_host=None, client_version="Stagefloor",
                    keepalive_interval=30, **self._options,
                )  # fmt: skip
                self._sftp = await self._connection.start_sftp_client()
            return self._sftp

    def _path(self, folder: str, name: str) -> str:
        return posixpath.join(self._address.folder, folder, name)

    # --- uploading ---

    def identify(self, message: Message) -> None:
        """Give the message its file name, which all its attempts and duplicates share."""
        message.extra.setdefault("file", file_name(message))

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Upload the file under a temporary name and rename it. Never raises."""
        self.identify(message)
        seconds = self._settings.timeout / SECOND
        game: dict[str, Any] = treatment.extra.get("file") or {}
        patience = float(game.get("delay") or PATIENCE) if game else 0.0
        if game.get("mode") in ("denied", "disk-full"):
            return Attempt("connection", error=f"the partner's server says: {game['mode']}")
        try:
            await self._side.secured()  # what others can see must be remembered after a kill
            async with asyncio.timeout(seconds + patience):
                sftp = await self._session()
                final = self._path(self._settings.upload, str(message.extra["file"]))
                await self._upload(sftp, final, body, game, patience)
        except TimeoutError:
            await self.close()
            return Attempt("timeout", error="no answer in time")
        except asyncssh.SFTPError as error:
            return Attempt("connection", error=f"the partner's server says: {error.reason}")
        except _BROKEN as error:
            await self.close()
            return Attempt("connection", error=str(error) or "the connection broke")
        except JournalFull as full:
            return Attempt("connection", error=str(full))
        return Attempt()

    async def _upload(
        self, sftp: asyncssh.SFTPClient, final: str, body: bytes, game: dict[str, Any],
        patience: float,
    ) -> None:  # fmt: skip
        mode = game.get("mode", "")
        if mode in ("partial", "lock-file"):
            half = max(len(body) // 2, 1)
            if mode == "lock-file":
                await _write(sftp, final + LOCK, b"")
            async with sftp.open(final, "wb") as file:
                await file.write(body[:half])
                await self._wait(patience)
                await file.write(body[half:])
            if mode == "lock-file":
                await sftp.remove(final + LOCK)
            return
        early = final + TEMPORARY
        await _write(sftp, early, body)
        if mode == "temporary-name":
            await self._wait(patience)
        elif mode == "unreadable":
            await sftp.chmod(early, 0)
        try:
            await sftp.posix_rename(early, final)
        except asyncssh.SFTPOpUnsupported:
            await sftp.rename(early, final)
        if mode == "unreadable":
            await self._wait(patience)
            await sftp.chmod(final, 0o644)
        elif mode == "mtime-jump":
            now = wall_clock()
            await sftp.utime(final, (now + JUMP, now + JUMP))
            await self._wait(patience)
            await sftp.utime(final, (now - JUMP, now - JUMP))

    async def _wait(self, seconds: float) -> None:
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0:
            await pause(left)

    # --- looking for files ---

    async def _poll(self) -> None:
        assert self._link is not None
        told = ""
        while True:
            try:
                if not self._link.refusing:
                    await self._look()
                told = ""
            except (*_BROKEN, JournalFull, TimeoutError) as error:
                if str(error) != told:  # once is enough
                    log.warning("%s: cannot look for files: %s", self._endpoint, error)
                    told = str(error)
                if not isinstance(error, asyncssh.SFTPError):
                    await self.close()
            await pause(self._settings.every / SECOND)

    async def _look(self) -> None:
        """Take every file that is there. Raises asyncssh.Error, OSError, JournalFull."""
        sftp = await self._session()
        folder = self._path(self._settings.download or "", "")
        found = {
            str(one.filename): one
            for one in await sftp.readdir(folder or ".")
            if one.attrs.permissions is None or one.attrs.permissions & 0o170000 != 0o040000
        }
        later: list[tuple[int, Arrival, str]] = []
        for name in sorted(found):
            locked = name.endswith(LOCK) or name + LOCK in found
            if locked or is_temporary(name, self._settings.temporary):
                continue
            arrival = await self._fetch(sftp, folder, name)
            if arrival is None:
                continue
            later = [(left - 1, one, path) for left, one, path in later]
            if arrival.treatment.behind:
                later.append((arrival.treatment.behind, arrival, folder + name))
            else:
                await self._take(sftp, arrival, folder + name)
            for one in [one for one in later if one[0] <= 0 and one[1] is not arrival]:
                later.remove(one)
                await self._take(sftp, one[1], one[2])
        for _, arrival, path in later:
            await self._take(sftp, arrival, path)

    async def _fetch(self, sftp: asyncssh.SFTPClient, folder: str, name: str) -> Arrival | None:
        """Read a file and journal it; None where a fault takes it away."""
        body = b""
        async with sftp.open(folder + name, "rb") as file:
            while len(body) <= self._settings.body_limit:
                part: str | bytes = await file.read(1 << 20)
                if not part:
                    break
                body += part.encode() if isinstance(part, str) else part
        if len(body) > self._settings.body_limit:
            log.warning("%s: %s is larger than body_limit: left there", self._endpoint, name)
            return None
        peer = f"{self._address.user}@{self._address.host}:{self._address.port}"
        request = Request(METHOD, name, "", {"file": name}, body, peer)
        arrival = self._side.arrive(self._endpoint, request)
        treatment = arrival.treatment
        await self._delay(arrival, "request")
        if treatment.extra.get("file"):
            self._side.finish(arrival, "denied")  # it is looked for again
            return None
        cut = treatment.cut
        if cut is None or treatment.cut_side == "reply":
            return arrival
        self._side.finish(arrival, WORDS[cut])
        if cut == "drop":
            await sftp.remove(folder + name)
            return None
        raise OSError(f"{WORDS[cut]} (by a fault)")

    async def _take(self, sftp: asyncssh.SFTPClient, arrival: Arrival, path: str) -> None:
        """Hand a file to the plant, and delete it once that is safe."""
        treatment = arrival.treatment
        reply = self._side.perform(arrival)
        for copy in range(1, treatment.copies + 1):
            self._side.perform(self._side.copy_arrival(arrival, copy))
        if reply.status >= 500:
            return  # the stand-in failed; the file is tried again
        await self._side.secured()
        await self._delay(arrival, "reply")
        if treatment.cut is not None:
            self._side.finish(arrival, f"reply-{WORDS[treatment.cut]}")
            raise OSError(f"{WORDS[treatment.cut]} before the file was deleted (by a fault)")
        await sftp.remove(path)

    async def _delay(self, arrival: Arrival, way: Any) -> None:
        assert self._link is not None
        began = monotonic()
        while True:
            left = began + self._link.owed(arrival.treatment, way) - monotonic()
            if left <= 0 or not await pause(left, self._changed):
                return


async def _write(sftp: asyncssh.SFTPClient, path: str, body: bytes) -> None:
    async with sftp.open(path, "wb") as file:
        await file.write(body)
