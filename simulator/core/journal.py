"""The append-only record of messages and events, and what verdicts are read from.

A message is journalled on arrival and completed on its outcome; nothing is acknowledged that is
not in the journal (`committed`). An entry is one `bytes` of JSON, which keeps a hundred thousand of
them out of the garbage collector's way. The journal is bounded and loud: at its bound it raises
JournalFull, it never evicts evidence.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import orjson

from simulator.core.durations import as_json
from simulator.core.errors import CouldNotStart, JournalFull
from simulator.core.match import Match

Entry = dict[str, Any]
Listener = Callable[[Entry, bool], None]
LIMIT = 1_000_000
BODY_LIMIT = 64 * 1024


class Store(Protocol):
    """Where entries lie. Sequence numbers are 1-based and without gaps."""

    def append(self, raw: bytes) -> int:
        """Add an entry and return its number."""

    def replace(self, seq: int, raw: bytes) -> None:
        """Put the completed form of an entry in its place."""

    def read(self, seq: int) -> bytes:
        """One entry. Raises KeyError where there is none."""

    def scan(self, after: int, before: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The entries numbered above `after` (and below `before`), in order."""

    def __len__(self) -> int: ...

    def flush(self) -> None:
        """Make all that was added durable."""

    def close(self) -> None:
        """Flush and give back what it holds."""


class MemoryStore:
    """Entries in memory: for runs and tests."""

    durable = False

    def __init__(self) -> None:
        self._entries: list[bytes] = []

    def append(self, raw: bytes) -> int:
        self._entries.append(raw)
        return len(self._entries)

    def replace(self, seq: int, raw: bytes) -> None:
        self._entries[seq - 1] = raw

    def read(self, seq: int) -> bytes:
        if not 0 < seq <= len(self._entries):
            raise KeyError(seq)
        return self._entries[seq - 1]

    def scan(self, after: int, before: int | None = None) -> Iterator[tuple[int, bytes]]:
        stop = len(self._entries) if before is None else before - 1
        for index in range(after, min(stop, len(self._entries))):
            yield index + 1, self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def flush(self) -> None:
        """Nothing to do: memory is as durable as it gets."""

    def close(self) -> None:
        """Nothing to give back."""


class SqliteStore:
    """Entries in SQLite (WAL), written in batches: survives a kill -9 of the process.

    Raises CouldNotStart where the file cannot be used.
    """

    durable = True

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY, raw BLOB)")
            self._last = self._db.execute("SELECT COALESCE(MAX(seq), 0) FROM entry").fetchone()[0]
        except (sqlite3.Error, OSError) as error:
            raise CouldNotStart(f"the journal {path} cannot be opened: {error}") from None
        self._fresh: dict[int, bytes] = {}

    def append(self, raw: bytes) -> int:
        self._last += 1
        self._fresh[self._last] = raw
        return int(self._last)

    def replace(self, seq: int, raw: bytes) -> None:
        self._fresh[seq] = raw

    def read(self, seq: int) -> bytes:
        if seq in self._fresh:
            return self._fresh[seq]
        row = self._db.execute("SELECT raw FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise KeyError(seq)
        return bytes(row[0])

    def scan(self, after: int, before: int | None = None) -> Iterator[tuple[int, bytes]]:
        self.flush()
        query = "SELECT seq, raw FROM entry WHERE seq > ? AND seq < ? ORDER BY seq"
        for seq, raw in self._db.execute(query, (after, before or self._last + 1)):
            yield seq, bytes(raw)

    def __len__(self) -> int:
        return int(self._last)

    def flush(self) -> None:
        if self._fresh:
            with self._db:
                self._db.execute("BEGIN")
                self._db.executemany(
                    "INSERT OR REPLACE INTO entry (seq, raw) VALUES (?, ?)", self._fresh.items()
                )
                self._db.execute("COMMIT")
            self._fresh.clear()

    def close(self) -> None:
        self.flush()
        self._db.close()


class Journal:
    """One plant's journal. Entries are mappings whose fields `core.match` names."""

    def __init__(self, store: Store | None = None, limit: int = LIMIT) -> None:
        self.store: Store = MemoryStore() if store is None else store
        self.limit = limit
        self.refused = 0
        self._listeners: list[Listener] = []
        self._flush: asyncio.Future[None] | None = None

    def append(self, entry: Entry) -> int:
        """Add an entry and return its number. Raises JournalFull at the bound."""
        if len(self.store) >= self.limit:
            self.refused += 1
            raise JournalFull(f"the journal holds its limit of {self.limit} entries")
        seq = len(self.store) + 1
        entry["seq"] = seq
        self.store.append(pack(entry))
        for listener in self._listeners:
            listener(entry, False)
        return seq

    def complete(self, seq: int, outcome: Entry) -> Entry:
        """Add an outcome's fields to entry `seq`; fields given again replace the old ones."""
        raw = self.store.read(seq)
        if not self._listeners:
            # the hot path: splice the outcome's fields in without decoding the entry
            self.store.replace(seq, raw[:-1] + b"," + pack(outcome)[1:])
            return outcome
        entry: Entry = orjson.loads(raw)
        entry.update(outcome)
        self.store.replace(seq, pack(entry))
        for listener in self._listeners:
            listener(entry, True)
        return entry

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be called with each entry as it is added (False) or completed (True).

        Returns the call that ends it. Listeners are called in place and must not raise.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def get(self, seq: int) -> Entry:
        """One entry. Raises KeyError where there is none."""
        entry: Entry = orjson.loads(self.store.read(seq))
        return entry

    def entries(
        self,
        match: Match | None = None,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """The entries that match, oldest first."""
        needles = match.needles() if match else []
        found = 0
        for _, raw in self.store.scan(after, before):
            if any(needle not in raw for needle in needles):
                continue
            entry = orjson.loads(raw)
            if match is None or match.hits(entry):
                yield entry
                found += 1
                if limit is not None and found >= limit:
                    return

    async def wait(
        self, match: Match, *, count: int = 1, after: int = 0, timeout: float = 10.0
    ) -> list[Entry]:
        """Wait until `count` entries match, or `timeout` wall seconds; return those that do.

        A timeout is no error: fewer entries come back.
        """
        changed = asyncio.Event()
        end = self.listen(lambda entry, completed: changed.set())
        try:
            async with asyncio.timeout(timeout):
                while True:
                    found = list(self.entries(match, after=after, limit=count))
                    if len(found) >= count:
                        return found
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return list(self.entries(match, after=after, limit=count))
        finally:
            end()

    async def committed(self) -> None:
        """Return once everything appended so far is durable; calls in one loop turn share a batch.

        With a memory store this returns at once.
        """
        if isinstance(self.store, MemoryStore):
            return
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.create_future()
            loop.call_soon(self._commit, self._flush)
        await asyncio.shield(self._flush)

    def _commit(self, done: asyncio.Future[None]) -> None:
        self._flush = None
        try:
            self.store.flush()
        except sqlite3.Error as error:
            if not done.cancelled():
                done.set_exception(JournalFull(f"the journal cannot be written: {error}"))
        else:
            if not done.cancelled():
                done.set_result(None)

    def __len__(self) -> int:
        return len(self.store)

    def close(self) -> None:
        """Make everything durable and let go of the store."""
        self.store.close()


def pack(entry: Entry) -> bytes:
    """An entry as one line of JSON."""
    return orjson.dumps(entry, default=as_json)


def body_text(body: bytes, limit: int = BODY_LIMIT) -> dict[str, Any]:
    """The fields by which an entry keeps a body: text where it is UTF-8, else hexadecimal.

    A body beyond `limit` bytes is cut, and the entry says so.
    """
    if not body:
        return {}
    kept = body[:limit]
    fields: dict[str, Any] = {}
    if len(kept) < len(body):
        fields["body_bytes"] = len(body)
    try:
        fields["body"] = kept.decode()
    except UnicodeDecodeError:
        fields["body_hex"] = kept.hex()
    return fields
