"""The receipt for a message that came: what it says, how faults spoil it, and how it leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlsplit

from simulator.core.chance import Stream
from simulator.core.link import Link, Treatment, pause
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.timer import monotonic, wall_clock
from simulator.core.waits import Bell
from simulator.transports.as2 import mdn
from simulator.transports.as2.cmswrite import Digest
from simulator.transports.as2.failure import As2Failure
from simulator.transports.as2.identity import Identity
from simulator.transports.as2.message import DIGEST_NAMES, Unwrapped, mic
from simulator.transports.as2.settings import Settings
from simulator.transports.as2.web import Unavailable, Web
from simulator.transports.http.tls import MODES

log = logging.getLogger("stagefloor.as2")

VERSION = "1.2"
_UNWANTED = "This is not the message you are looking for."


@dataclass
class Taken:
    """A message that came, as far as it was understood, and the receipt it asks for."""

    id: str  # its Message-ID
    opened: Unwrapped
    asked: mdn.Asked
    failure: As2Failure | None = None
    late: float = 0.0  # wall seconds that a fault keeps the receipt back
    posts: list[Leaving] = field(default_factory=list)  # receipts on connections of their own


@dataclass(frozen=True, slots=True)
class Leaving:
    """A receipt ready to be sent."""

    headers: dict[str, str]
    body: bytes


def quoted(name: str) -> str:
    """An AS2 name as headers have it (RFC 4130 6.2): quoted where it holds a space."""
    return f'"{name}"' if " " in name else name


def unquoted(value: str) -> str:
    """The inverse of `quoted`, for names quoted without need too."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return value


class Receipts:
    """Writes the receipts of one endpoint."""

    def __init__(
        self, settings: Settings, ours: Callable[[str], Identity], number: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._ours = ours  # by the mode of a certificate fault; good where empty
        self._number = number

    def write(
        self, taken: Taken, treatment: Treatment, disposition: str, text: str
    ) -> tuple[list[Leaving], dict[str, Any]]:
        """A message's receipts, as the faults have them, and what the journal says of them.

        The receipt that is said to be sent is the one that was sent.
        """
        game = treatment.extra.get("receipt") or {}
        mode = str(game.get("mode", ""))
        asked = taken.asked
        digest, spelled = asked.digest(taken.opened.digest)
        checked = taken.opened.checked
        receipt = mdn.Receipt(
            taken.id, disposition, mic(checked, digest) if checked is not None else "", spelled,
            text, self._settings.name,
        )  # fmt: skip
        if mode == "wrong-mic":
            receipt = replace(receipt, mic=mic((checked or b"") + b"\n", digest))
        elif mode == "wrong-message-id":
            receipt = replace(receipt, original=f"<{self._number()}@elsewhere.example>")
        elif mode == "error":
            said = f"processed/error: {game['error']}"
            receipt = replace(receipt, disposition=said, text=_UNWANTED)
        by = None
        if asked.signed and mode != "unsigned":
            by = self._ours(self._shown(treatment))
        how = cast(Digest, digest if digest in DIGEST_NAMES else "sha256")
        headers, body = mdn.write(receipt, by, how)
        told: dict[str, Any] = {
            "receipt": receipt.disposition, "how": "async" if asked.post_to else "sync",
            "signed": by is not None,
        }  # fmt: skip
        if receipt.mic:
            told["mic"] = f"{receipt.mic}, {receipt.algorithm}"
        if mode == "never":
            told["how"] = "never"
            return [], told
        if mode == "late":
            taken.late = float(game["delay"])
        copies = 2 if mode == "twice" else 1
        return [self._leaving(headers, body) for _ in range(copies)], told

    def _shown(self, treatment: Treatment) -> str:
        """The mode of a certificate fault that receipts show; over TLS, connections show most."""
        shown = treatment.extra.get("certificate") or {}
        mode = str(shown.get("mode", ""))
        return "" if self._settings.tls and mode in MODES else mode

    def _leaving(self, headers: Mapping[str, str], body: bytes) -> Leaving:
        given = self._settings
        return Leaving(
            {
                **headers,
                "as2-version": VERSION,
                "as2-from": quoted(given.name),
                "as2-to": quoted(given.peer),
                "message-id": f"<mdn-{self._number()}@{domain(given.name)}>",
                "mime-version": "1.0",
            },
            body,
        )


def numbers() -> Callable[[], int]:
    """Numbers for Message-IDs: ascending, and others after a restart."""
    last = 0

    def following() -> int:
        nonlocal last
        last = max(last + 1, int(wall_clock() * 1_000_000))
        return last

    return following


def domain(name: str) -> str:
    """An AS2 name as the right side of a Message-ID."""
    kept = "".join(one if one.isascii() and one.isalnum() else "-" for one in name)
    return kept.strip("-") or "stagefloor"


class Postman:
    """Posts receipts on connections of their own, some of them late, again where that fails."""

    def __init__(
        self, side: Side, link: Link, settings: Settings, web: Web, stream: Stream
    ) -> None:
        self._side = side
        self._link = link
        self._settings = settings
        self._web = web
        self._stream = stream
        self._changed = Bell()
        self._tasks: set[asyncio.Task[None]] = set()
        self._done = Bell()

    def changed(self) -> None:
        """The link changed: whoever waits for a fault looks again."""
        self._changed.ring()

    @property
    def busy(self) -> bool:
        """Is a receipt under way?"""
        return bool(self._tasks)

    async def settled(self) -> None:
        """Return once no receipt is under way."""
        while self.busy:
            await self._done.wait()

    async def stop(self) -> None:
        """Send no more. Whoever waits for a receipt sends its message again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(self, message: Message, treatment: Treatment, taken: Taken) -> None:
        """Begin to send a message's receipts to where it wants them."""
        task = asyncio.get_running_loop().create_task(self._send(message, treatment, taken))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._done.ring()
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: a receipt was not sent", self._link.name, exc_info=task.exception())

    async def _send(self, message: Message, treatment: Treatment, taken: Taken) -> None:
        await self.dawdle(treatment, taken)
        for one in taken.posts:
            trouble = await self._deliver(taken.asked.post_to, one)
            if trouble:
                self._side.note(message, receipt_error=trouble)

    async def dawdle(self, treatment: Treatment, taken: Taken) -> None:
        """Keep a late receipt back, no longer than the faults that want it are in force."""
        until = monotonic() + taken.late
        while any(self._link.in_force(fault) for fault in treatment.faults):
            left = until - monotonic()
            if left <= 0 or not await pause(left, self._changed):
                return

    async def _deliver(self, url: str, receipt: Leaving) -> str:
        """Post one receipt; empty, or why it did not get there."""
        if urlsplit(url).scheme not in ("http", "https"):
            return f"receipts can be posted to http and https, not to {url[:200]}"
        retry, attempts = self._settings.retry, 0
        while True:
            attempts += 1
            failure, trouble = "", ""
            try:
                answer = await self._web.post(url, receipt.headers, receipt.body)
                if not answer.good:
                    failure = str(answer.status)
                    trouble = f"{url} answers {answer.status} to the receipt"
            except Unavailable as unavailable:
                failure, trouble = unavailable.failure, str(unavailable)
            if not failure or attempts >= retry.attempts or not retry.again(failure):
                return trouble
            await pause(retry.wait(attempts, self._stream))
