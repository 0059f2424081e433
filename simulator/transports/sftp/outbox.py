"""Downloads: what the partner has for the integration lies in a folder until it is picked up."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from dataclasses import dataclass
from typing import Any

from simulator.core.errors import JournalFull
from simulator.core.link import Link, Treatment, pause
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.timer import monotonic, wall_clock
from simulator.transports._delivery import Attempt, Lying, Shelf
from simulator.transports.sftp.folders import Folders, no
from simulator.transports.sftp.settings import Settings

PATIENCE = 5.0  # wall seconds that a game with a file lasts, unless the fault says otherwise
JUMP = 3600.0  # seconds by which a jumping mtime is off
TEMPORARY = ".tmp"
LOCK = ".lck"


@dataclass(eq=False)
class File(Lying):
    """A file in the partner's folder."""

    read: bool = False  # read whole, as it is now
    denied: bool = False  # listed, but may not be opened
    early: str = ""  # why it is wrong to take it now, if it is


class Outbox(Shelf[File]):
    """The files of one partner."""

    def __init__(self, side: Side, link: Link, settings: Settings, folders: Folders) -> None:
        super().__init__(side, settings.wait)
        self.link = link
        self.settings = settings
        self.folders = folders

    # --- placing ---

    def lay(self, message: Message, over: asyncio.Future[Attempt], body: bytes) -> File:
        return File(message, over)

    def occupied(self, name: str) -> bool:
        return super().occupied(name) or (self.folders.downloads / name).exists()

    def withdraw(self, name: str) -> None:
        (self.folders.downloads / name).unlink(missing_ok=True)

    async def appear(self, lying: File, name: str, body: bytes, treatment: Treatment) -> None:
        """Place the file as the faults have it."""
        game: dict[str, Any] = treatment.extra.get("file") or {}
        mode = game.get("mode", "")
        folder = self.folders.downloads
        half = body[: max(len(body) // 2, 1)]
        if mode == "temporary-name":
            early = name + TEMPORARY
            lying.early = "picked up under its temporary name"
            self.lying[early] = lying
            try:
                self.folders.put(early, body)
                await self._while(lying, game, treatment)
                if not lying.over.done():
                    (folder / early).replace(folder / name)
            finally:
                self.lying.pop(early, None)
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
        if self.settings.delivered == "placed" and not lying.over.done():
            lying.over.set_result(Attempt())

    def _grow(self, lying: File, name: str, body: bytes, done: int) -> None:
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

    async def _while(self, lying: File, game: dict[str, Any], treatment: Treatment) -> None:
        """Wait while the game goes on: its time, its fault, and the file's being there."""
        deadline = monotonic() + float(game.get("delay") or PATIENCE)
        while not lying.over.done() and any(map(self.link.in_force, treatment.faults)):
            left = deadline - monotonic()
            if left <= 0:
                return
            await pause(left, self.bell)

    # --- what the integration does ---

    def open(self, name: str) -> None:
        """It opens a file to read it. Raises OSError where a fault denies that."""
        lying = self.lying.get(name)
        if lying is not None and lying.denied:
            raise no(errno.EACCES, "permission denied")

    def was_read(self, name: str) -> None:
        """It has read a file to its end."""
        if name in self.lying:
            self.lying[name].read = True

    async def removed(self, name: str) -> None:
        """It deleted or renamed a file; returns when that is safe on disk. Raises OSError."""
        lying = self.lying.get(name)
        if lying is None or lying.over.done():
            return
        attempt = Attempt()
        if lying.early:
            attempt = Attempt("early", error=lying.early)
        elif not lying.read:
            attempt = Attempt("unread", error="deleted or renamed before it was read whole")
        try:
            await self.end(lying, attempt)
        except JournalFull as full:
            raise no(errno.EIO, str(full)) from None
