"""Downloads: what the partner has for the integration lies in a folder until it is picked up."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
from dataclasses import dataclass, field
from typing import Any

from simulator.core.durations import SECOND
from simulator.core.errors import JournalFull
from simulator.core.link import Link, Treatment, pause
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.timer import monotonic, wall_clock
from simulator.core.waits import Bell
from simulator.transports._delivery import Attempt
from simulator.transports.sftp.folders import NAME_BYTES, Folders, no
from simulator.transports.sftp.settings import Settings

PATIENCE = 5.0  # wall seconds that a game with a file lasts, unless the fault says otherwise
JUMP = 3600.0  # seconds by which a jumping mtime is off
TEMPORARY = ".tmp"
LOCK = ".lck"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(message: Message) -> str:
    """The file name a message suggests, safe on any partner's disk."""
    name = _UNSAFE.sub("_", message.request.path.rsplit("/", 1)[-1]).lstrip(".")
    if not name:
        name = f"{message.endpoint}-{message.seq:06}.dat"
    stem, dot, suffix = name.rpartition(".")
    if len(name) <= NAME_BYTES or len(suffix) > 20:
        return name[:NAME_BYTES]
    return stem[: NAME_BYTES - len(suffix) - 1] + dot + suffix


@dataclass(eq=False)
class _Lying:
    """A file that waits for the integration."""

    message: Message
    over: asyncio.Future[Attempt]
    read: bool = False  # read whole, as it is now
    denied: bool = False  # listed, but may not be opened
    early: str = ""  # why it is wrong to take it now, if it is
    placed: bool = False


@dataclass(eq=False)
class Outbox:
    """The files of one partner (`_delivery.Client`: its Outlet places them)."""

    side: Side
    link: Link
    settings: Settings
    folders: Folders
    _lying: dict[str, _Lying] = field(default_factory=dict)
    _changed: Bell = field(default_factory=Bell)

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self._changed.ring()

    # --- placing ---

    def identify(self, message: Message) -> None:
        """Give the message its file name, which all its attempts and duplicates share."""
        if "file" in message.extra:
            return
        wanted = name = file_name(message)
        number = 1
        while name in self._lying or (self.folders.downloads / name).exists():
            number += 1
            stem, dot, suffix = wanted.rpartition(".")
            name = f"{stem}-{number}{dot}{suffix}" if stem else f"{wanted}-{number}"
        message.extra["file"] = name

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Place the file and wait until it was picked up. Never raises."""
        self.identify(message)
        name = str(message.extra["file"])
        if message.extra.pop("picked-up", None) == message.copy:
            return Attempt()  # just before the process ended
        if name in self._lying:  # a duplicate whose original still lies there
            message.extra.pop("file")
            self.identify(message)
            name = str(message.extra["file"])
        over: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        lying = self._lying[name] = _Lying(message, over)
        try:
            # what others can see must be remembered after a kill
            await self.side.secured()
            await self._appear(lying, name, body, treatment)
            lying.placed = True
            self._changed.ring()
            if self.settings.delivered == "placed" and not over.done():
                return Attempt()
            return await self._picked_up(lying, name)
        except OSError as error:
            return Attempt("connection", error=f"the file cannot be placed: {error}")
        except JournalFull as full:
            return Attempt("connection", error=str(full))
        finally:
            self._lying.pop(name, None)
            self._changed.ring()
            if over.done():  # what is said from here on is in the journal
                message.extra.pop("picked-up", None)

    async def _picked_up(self, lying: _Lying, name: str) -> Attempt:
        wait = self.settings.wait
        if wait is None:
            return await lying.over
        try:
            async with asyncio.timeout(wait / SECOND):
                return await asyncio.shield(lying.over)
        except TimeoutError:
            (self.folders.downloads / name).unlink(missing_ok=True)
            return Attempt("wait", error="nobody picked the file up in time")

    async def _appear(self, lying: _Lying, name: str, body: bytes, treatment: Treatment) -> None:
        """Place the file as the faults have it."""
        game: dict[str, Any] = treatment.extra.get("file") or {}
        mode = game.get("mode", "")
        folder = self.folders.downloads
        half = body[: max(len(body) // 2, 1)]
        if mode == "temporary-name":
            early = name + TEMPORARY
            lying.early = "picked up under its temporary name"
            self._lying[early] = lying
            try:
                self.folders.put(early, body)
                await self._while(lying, game, treatment)
                if not lying.over.done():
                    (folder / early).replace(folder / name)
            finally:
                self._lying.pop(early, None)
                (folder / early).unlink(missing_ok=True)
        elif mode == "partial":
            lying.early = "picked up before it was complete"
            self.folders.put(name, half)
            await self._while(lying, game, treatment)
            self._grow(lying, name, body, len(half))
        elif mode == "lock-file":
            lying.early = "picked up while its lock was there"
            (folder / (name + LOCK)).write_bytes(b"")
            try:
                self.folders.put(name, half)
                await self._while(lying, game, treatment)
                self._grow(lying, name, body, len(half))
            finally:
                (folder / (name + LOCK)).unlink(missing_ok=True)
        elif mode == "mtime-jump":
            self.folders.put(name, body)
            self._touch(name, JUMP)
            await self._while(lying, game, treatment)
            self._touch(name, -JUMP)
        elif mode == "disk-full":  # the partner's own: nothing appears until there is room
            await self._while(lying, game, treatment)
            self.folders.put(name, body)
        elif mode in ("unreadable", "denied"):
            lying.denied = True
            self.folders.put(name, body)
            await self._while(lying, game, treatment)
            lying.denied = False
        else:
            self.folders.put(name, body)
        lying.early = ""

    def _grow(self, lying: _Lying, name: str, body: bytes, done: int) -> None:
        if lying.over.done():
            return
        lying.read = False  # whoever read it has not read it whole
        with (self.folders.downloads / name).open("r+b") as file:
            file.seek(done)
            file.write(body[done:])
            file.truncate()

    def _touch(self, name: str, by: float) -> None:
        with contextlib.suppress(FileNotFoundError):
            when = wall_clock() + by
            os.utime(self.folders.downloads / name, (when, when))

    async def _while(self, lying: _Lying, game: dict[str, Any], treatment: Treatment) -> None:
        """Wait while the game goes on: its time, its fault, and the file's being there."""
        deadline = monotonic() + float(game.get("delay") or PATIENCE)
        while not lying.over.done() and any(map(self.link.in_force, treatment.faults)):
            left = deadline - monotonic()
            if left <= 0:
                return
            await pause(left, self._changed)

    async def settled(self) -> None:
        """Return once every file that is to be placed lies there."""
        while any(not one.placed for one in self._lying.values()):
            await self._changed.wait()

    # --- what the integration does ---

    def open(self, name: str) -> None:
        """It opens a file to read it. Raises OSError where a fault denies that."""
        lying = self._lying.get(name)
        if lying is not None and lying.denied:
            raise no(errno.EACCES, "permission denied")

    def was_read(self, name: str) -> None:
        """It has read a file to its end."""
        if name in self._lying:
            self._lying[name].read = True

    async def removed(self, name: str) -> None:
        """It deleted or renamed a file; returns when that is safe on disk. Raises OSError."""
        lying = self._lying.get(name)
        if lying is None or lying.over.done():
            return
        if lying.early:
            lying.over.set_result(Attempt("early", error=lying.early))
        elif not lying.read:
            error = "deleted or renamed before it was read whole"
            lying.over.set_result(Attempt("unread", error=error))
        else:
            # said in the snapshot too: after a kill it is not placed again
            lying.message.extra["picked-up"] = lying.message.copy
            lying.over.set_result(Attempt())
        self._changed.ring()
        try:
            await self.side.secured()
        except JournalFull as full:
            raise no(errno.EIO, str(full)) from None

    async def close(self) -> None:
        """Nothing to close: the files stay."""
