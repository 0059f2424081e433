"""What lies ready for the integration until it takes it: delivered is what was taken."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from simulator.core.durations import SECOND, Duration
from simulator.core.errors import JournalFull
from simulator.core.link import Treatment
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.waits import Bell
from simulator.transports._delivery.attempt import Attempt
from simulator.transports._delivery.settings import Delivery, Retry

NAME_BYTES = 200  # of a file's name: a number and a suffix more still fit on any disk
AT_ONCE = 1000  # files that lie on one shelf at a time; more wait on the link
PATIENT = Retry(attempts=1000, on=["connection", "timeout"])
"""While the partner's own system is down, it places nothing; then it does."""
_TAKEN = "picked-up"  # under which a message says that it was taken, until its outcome is recorded
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

D = TypeVar("D", bound=Delivery)


def patient(settings: D) -> D:
    """The settings of whoever places files: they do not wait for each other, and lie there."""
    return settings.model_copy(update={"concurrency": AT_ONCE, "ordered": False, "retry": PATIENT})


def file_name(message: Message) -> str:
    """The file name a message suggests, safe on any partner's disk."""
    name = _UNSAFE.sub("_", message.request.path.rsplit("/", 1)[-1]).lstrip(".")
    if not name:
        name = f"{message.endpoint}-{message.seq:06}.dat"
    stem, dot, suffix = name.rpartition(".")
    if len(name) <= NAME_BYTES or len(suffix) > 20:
        return name[:NAME_BYTES]
    return stem[: NAME_BYTES - len(suffix) - 1] + dot + suffix


def numbered(name: str, number: int) -> str:
    """The name with -2, -3 … before its suffix; 1 is the name itself."""
    if number == 1:
        return name
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{number}{dot}{suffix}" if stem else f"{name}-{number}"


@dataclass(eq=False)
class Lying:
    """A file that waits for the integration."""

    message: Message
    over: asyncio.Future[Attempt]
    placed: bool = False


L = TypeVar("L", bound=Lying)


class Shelf(ABC, Generic[L]):
    """The files of one partner (`Client`: its Outlet places them, and waits until each is taken).

    `wait` is how long one may lie, in wall time; None is for ever.
    """

    def __init__(self, side: Side, wait: Duration | None) -> None:
        self.side = side
        self.wait = wait
        self.lying: dict[str, L] = {}
        self.bell = Bell()  # rings at each change of the link, and of what lies here

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self.bell.ring()

    # --- what kind of shelf it is ---

    @abstractmethod
    def lay(self, message: Message, over: asyncio.Future[Attempt], body: bytes) -> L:
        """A file that is about to appear."""

    @abstractmethod
    async def appear(self, lying: L, name: str, body: bytes, treatment: Treatment) -> None:
        """Let it be seen. Raises OSError."""

    def withdraw(self, name: str) -> None:
        """Take a file away that nobody wanted."""

    def occupied(self, name: str) -> bool:
        """Is the name in use?"""
        return name in self.lying

    # --- placing ---

    def identify(self, message: Message) -> None:
        """Give the message its file name, which all its attempts and duplicates share."""
        if "file" in message.extra:
            return
        wanted, number = file_name(message), 1
        while self.occupied(name := numbered(wanted, number)):
            number += 1
        message.extra["file"] = name

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Place the file and wait until it was taken. Never raises."""
        self.identify(message)
        name = str(message.extra["file"])
        if message.extra.pop(_TAKEN, None) == message.copy:
            return Attempt()  # just before the process ended
        if name in self.lying:  # a duplicate whose original still lies there
            message.extra.pop("file")
            self.identify(message)
            name = str(message.extra["file"])
        over: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        lying = self.lying[name] = self.lay(message, over, body)
        try:
            # what others can see must be remembered after a kill
            await self.side.secured()
            await self.appear(lying, name, body, treatment)
            lying.placed = True
            self.bell.ring()
            return await self._taken(over, name)
        except OSError as error:
            return Attempt("connection", error=f"the file cannot be placed: {error}")
        except JournalFull as full:
            return Attempt("connection", error=str(full))
        finally:
            self.lying.pop(name, None)
            self.bell.ring()
            if over.done():  # what is said from here on is in the journal
                message.extra.pop(_TAKEN, None)

    async def _taken(self, over: asyncio.Future[Attempt], name: str) -> Attempt:
        if self.wait is None:
            return await over
        try:
            async with asyncio.timeout(self.wait / SECOND):
                return await asyncio.shield(over)
        except TimeoutError:
            self.withdraw(name)
            return Attempt("wait", error="nobody picked the file up in time")

    async def settled(self) -> None:
        """Return once every file that is to be placed lies there."""
        while any(not one.placed for one in self.lying.values()):
            await self.bell.wait()

    async def close(self) -> None:
        """Nothing to close: the files stay."""

    # --- what the integration does ---

    async def end(self, lying: L, attempt: Attempt) -> None:
        """It took a file; returns when that is safe on disk. Raises JournalFull."""
        if not attempt.failure:
            # said in the snapshot too: after a kill it is not placed again
            lying.message.extra[_TAKEN] = lying.message.copy
        lying.over.set_result(attempt)
        self.bell.ring()
        await self.side.secured()
