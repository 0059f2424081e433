"""Reading a journal in small bites, so that a long query never makes the timeline late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from simulator.core.durations import show_instant
from simulator.core.journal import Entry, Journal
from simulator.core.link import pause
from simulator.core.match import Match

BITE = 5_000  # entries sifted before the loop gets its turn


async def read(
    journal: Journal,
    match: Match,
    *,
    after: int = 0,
    before: int | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> list[Entry]:
    """The entries that match, numbered above `after` and below `before`."""
    found: list[Entry] = []
    async for entry in _bites(journal, match, after, before, newest_first):
        found.append(entry)
        if limit is not None and len(found) >= limit:
            break
    return found


async def _bites(
    journal: Journal, match: Match, after: int, before: int | None, newest_first: bool
) -> AsyncIterator[Entry]:
    end = min(before or len(journal) + 1, len(journal) + 1)
    starts = range(after, end - 1, BITE)
    for start in reversed(starts) if newest_first else starts:
        stop = min(start + BITE + 1, end)
        bite = list(journal.entries(match, after=start, before=stop))
        for entry in reversed(bite) if newest_first else bite:
            yield entry
        await pause(0)


async def wait(
    journal: Journal, match: Match, *, count: int, after: int, timeout: float
) -> list[Entry]:
    """Wait until `count` entries match, or `timeout` wall seconds; a timeout is no error.

    What is there is read once; after that each entry is looked at as it is added or completed.
    """
    found: dict[int, Entry] = {}
    enough = asyncio.Event()

    def heard(entry: Entry, completed: bool) -> None:
        seq = entry["seq"]
        if seq > after and match.hits(entry):
            found[seq] = dict(entry)
        elif completed:
            found.pop(seq, None)
        if len(found) >= count:
            enough.set()

    end = journal.listen(heard)
    try:
        for entry in await read(journal, match, after=after, limit=count):
            found.setdefault(entry["seq"], entry)
        if len(found) < count:
            await pause(timeout, enough)
    finally:
        end()
    return [found[seq] for seq in sorted(found)][:count]


def shown(entry: Entry) -> dict[str, Any]:
    """An entry with its plant time as people read it."""
    if isinstance(entry.get("at"), int):
        return {**entry, "time": show_instant(entry["at"])}
    return entry
