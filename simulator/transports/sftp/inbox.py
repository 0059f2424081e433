"""Uploads: a file that is complete becomes a message, with and without faults."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simulator.core.errors import JournalFull
from simulator.core.link import Link, pause
from simulator.core.link import Side as Way
from simulator.core.message import Reply, Request
from simulator.core.ports import Arrival, Side
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.sftp.folders import Folders, no

METHOD = "SFTP"
WORDS = {
    "refuse": "refused", "reset": "reset", "hang": "hung", "close": "closed", "drop": "dropped",
}  # fmt: skip
"""What the journal calls an arrival that a fault cut."""
_DENIED = ("denied", "unreadable")
HALF = -1  # as a limit: half of the first that is written


class Caller(Protocol):
    """The client at the other end of a session."""

    peer: str

    def reset(self) -> None:
        """End its connection by a TCP reset."""

    def close(self) -> None:
        """End its connection in good order, with no answer."""

    async def gone(self) -> None:
        """Return once its connection has ended."""


@dataclass(eq=False)
class Upload:
    """A file that a client has opened for writing, as far as faults have a say in it."""

    name: str
    arrival: Arrival | None = None  # journalled at its opening, where a fault may deny that
    limit: int | None = None  # the disk is full after so many bytes, or HALF
    refused: bool = False  # for its length: nothing of it is taken


@dataclass(eq=False)
class _Behind:
    left: int
    bell: Bell


class Inbox:
    """What the integration uploads to one partner."""

    def __init__(self, side: Side, endpoint: str, link: Link, folders: Folders) -> None:
        self._side = side
        self._endpoint = endpoint
        self._link = link
        self._folders = folders
        self._changed = Bell()
        self._behinds: list[_Behind] = []
        self._early: dict[str, Arrival] = {}  # of files that still have a temporary name
        self._stopped = False

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self._changed.ring()
        for waiting in self._behinds:
            waiting.bell.ring()

    def stop(self) -> None:
        """Whoever still waits here is answered with an error."""
        self._stopped = True
        self.changed()

    def _go_on_waiting(self) -> None:
        if self._stopped:
            raise no(errno.ECONNABORTED, "the server stops")

    # --- before a file is complete ---

    @property
    def listing_denied(self) -> bool:
        """Does a fault in force deny even to look? A listing is no message: nothing is counted."""
        return any(
            "file" in one.fault.needs and getattr(one.fault, "mode", "") in _DENIED
            for one in self._link.faults
        )

    def opening(self, name: str, caller: Caller) -> Upload:
        """A client begins to write a file. Raises OSError where a fault denies it.

        Faults of files act here, so where one is in force the message is journalled now, without
        its body; else once it is complete.
        """
        upload = Upload(name)
        if not any("file" in one.fault.needs for one in self._link.faults):
            return upload  # the body is read before the message is journalled
        arrival = self._arrive(Request(METHOD, name, "", {"file": name}, b"", caller.peer))
        game = arrival.treatment.extra.get("file") or {}
        if game.get("mode") in _DENIED:
            self._side.finish(arrival, "denied")
            raise no(errno.EACCES, "permission denied")
        if game.get("mode") == "disk-full":
            upload.limit = int(game.get("bytes", HALF))
        arrival.message.extra["unread"] = True  # its body comes later
        upload.arrival = arrival
        return upload

    def full(self, upload: Upload) -> OSError:
        """The fault's disk is full: what to tell the client."""
        self.aborted(upload, "disk-full")
        return no(errno.ENOSPC, "no space left on device")

    def too_large(self, upload: Upload, limit: int, caller: Caller) -> OSError:
        """A file is longer than any may be: what to tell the client. Raises OSError instead."""
        if not upload.refused:
            upload.refused = True
            request = Request(METHOD, upload.name, "", {"file": upload.name}, b"", caller.peer)
            arrival, upload.arrival = upload.arrival or self._arrive(request), None
            self._side.finish(arrival, "too-large")
        return no(errno.EFBIG, f"files are limited to {limit} bytes")

    def aborted(self, upload: Upload, outcome: str = "aborted") -> None:
        """The client went away before it had closed the file."""
        if upload.arrival is not None:
            self._side.finish(upload.arrival, outcome)
            upload.arrival = None

    def set_aside(self, upload: Upload) -> None:
        """It was closed under a temporary name: its message waits for the final one."""
        if upload.arrival is not None:
            if len(self._early) > 1000:
                self._side.finish(self._early.pop(next(iter(self._early))), "aborted")
            self._early[upload.name] = upload.arrival

    # --- a complete file ---

    async def take(
        self, path: Path, caller: Caller, upload: Upload | None = None, was: str | None = None
    ) -> None:
        """Hand a complete file to the plant; returns when that is safe on disk.

        Raises OSError where the client must be told that it was not taken.
        """
        arrival = self._early.pop(was, None) if was is not None else None
        if upload is not None and upload.arrival is not None:
            arrival, upload.arrival = upload.arrival, None
        request = Request(
            METHOD, path.name, "", {"file": path.name}, self._folders.read(path), caller.peer
        )
        if arrival is None:
            arrival = self._arrive(request)
        else:
            arrival.message.request = request
        await self._go_on(arrival, path, caller)

    def _arrive(self, request: Request) -> Arrival:
        try:
            return self._side.arrive(self._endpoint, request)
        except JournalFull as full:
            raise no(errno.EIO, str(full)) from None

    async def _go_on(self, arrival: Arrival, path: Path, caller: Caller) -> None:
        treatment = arrival.treatment
        await self._delay(arrival, "request", monotonic())
        cut = treatment.cut
        if cut is not None and treatment.cut_side == "request":
            self._side.finish(arrival, WORDS[cut])
            if cut == "drop":  # the partner's own system loses it: the client learns nothing
                await self._secured()
                self._folders.delete(path)
                return
            await self._cut(arrival, caller)
        if treatment.behind:
            await self._behind(arrival)
        reply = self._perform(arrival)
        for copy in range(1, treatment.copies + 1):
            try:
                self._perform(self._side.copy_arrival(arrival, copy))
            except JournalFull:
                break  # the journal counts what it refused; the first copy was performed
        if reply.status >= 500:
            raise no(errno.EIO, "the stand-in failed; see its log")
        await self._secured()
        if reply.status >= 400:
            self._folders.refuse(path, _reason(reply))
        else:
            self._folders.take(path)
        await self._delay(arrival, "reply", monotonic())
        if cut is not None:
            self._side.finish(arrival, f"reply-{WORDS[cut]}")
            await self._cut(arrival, caller)

    def _perform(self, arrival: Arrival) -> Reply:
        reply = self._side.perform(arrival)
        for waiting in self._behinds:
            waiting.left -= 1
            waiting.bell.ring()
        return reply

    async def _secured(self) -> None:
        try:
            await self._side.secured()
        except JournalFull as full:
            raise no(errno.EIO, str(full)) from None

    async def _delay(self, arrival: Arrival, way: Way, began: float) -> None:
        while True:
            left = began + self._link.owed(arrival.treatment, way) - monotonic()
            if left <= 0 or not await pause(left, self._changed):
                return
            self._go_on_waiting()

    async def _behind(self, arrival: Arrival) -> None:
        """Wait until enough later files were taken, for as long as patience and fault last."""
        treatment = arrival.treatment
        waiting = _Behind(treatment.behind, Bell())
        deadline = monotonic() + treatment.behind_patience
        self._behinds.append(waiting)
        try:
            while waiting.left > 0 and self._link.in_force(treatment.behind_by):
                patience = deadline - monotonic()
                if patience <= 0:
                    return
                await pause(patience, waiting.bell)
                self._go_on_waiting()
        finally:
            self._behinds.remove(waiting)

    async def _cut(self, arrival: Arrival, caller: Caller) -> None:
        """End the conversation as the fault has it. Raises: there is no answer to give."""
        cut, fault = arrival.treatment.cut, arrival.treatment.cut_by
        if cut in ("hang", "drop"):
            gone: asyncio.Future[Any] = asyncio.ensure_future(caller.gone())
            gone.add_done_callback(lambda _: self._changed.ring())
            try:
                # a lost answer stays lost; a hang ends with its fault
                while not gone.done() and (cut == "drop" or self._link.in_force(fault)):
                    await self._changed.wait()
                    self._go_on_waiting()
            finally:
                gone.cancel()
        if cut in ("refuse", "reset"):
            caller.reset()
        else:
            caller.close()
        raise no(errno.ECONNABORTED, "the connection ends here")


def _reason(reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace").strip()
    return f"refused ({reply.status})" + (f"\n{text}" if text else "")
