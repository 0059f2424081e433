"""What the partner has for the integration: it lies here until it was taken.

Nothing of it is on disk: as messages of their link, the files are saved with the plant, and are
placed again under their names when it starts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.core.link import Treatment
from simulator.core.message import Message
from simulator.core.timer import wall_clock
from simulator.transports._delivery import Attempt, Lying, Shelf

_SINCE = "since"  # under which a message keeps when it was first placed, in wall seconds
_OCTETS = "application/octet-stream"


@dataclass(eq=False)
class File(Lying):
    """A file in the mailbox."""

    body: bytes = b""
    since: float = 0.0  # wall seconds at which it was first placed
    fetched: int = 0  # how often

    @property
    def content_type(self) -> str:
        """What the contract says that it is."""
        return str(self.message.request.headers.get("content-type", _OCTETS))


class Box(Shelf[File]):
    """The files of one mailbox."""

    def lay(self, message: Message, over: asyncio.Future[Attempt], body: bytes) -> File:
        since = float(message.extra.setdefault(_SINCE, wall_clock()))
        return File(message, over, body=body, since=since)

    async def appear(self, lying: File, name: str, body: bytes, treatment: Treatment) -> None:
        """It is there as soon as it is placed."""

    def there(self, name: str) -> File | None:
        """A file that may be fetched."""
        lying = self.lying.get(name)
        return lying if lying is not None and lying.placed and not lying.over.done() else None

    def listing(self) -> list[dict[str, Any]]:
        """What lies here, the oldest first."""
        return [
            {
                "name": name,
                "size": len(one.body),
                "since": datetime.fromtimestamp(one.since, UTC),
            }
            for name, one in sorted(self.lying.items(), key=_age)
            if self.there(name) is not None
        ]

    def fetch(self, name: str) -> File | None:
        """A file's content is about to leave; how often it did stands in its message's entry."""
        lying = self.there(name)
        if lying is not None:
            lying.fetched += 1
            self.side.note(lying.message, fetched=lying.fetched)
        return lying

    async def end(self, lying: File, attempt: Attempt) -> None:
        lying.message.extra.pop(_SINCE, None)  # a duplicate lies there anew
        await super().end(lying, attempt)


def _age(named: tuple[str, File]) -> tuple[float, int]:
    return named[1].since, named[1].message.seq
