"""The bridge's memory: one SQLite file with a transactional inbox and outbox.

`with store.transaction():` is all or nothing, on disk when it ends. Uniqueness does the
deduplication: a message id, a business id or an idempotency key that is NULL never collides, and
that is what `dedupe=False` stores.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from examples.bridge.flaws import Flaws

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, message_id TEXT, business_id TEXT,
  body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending', error TEXT, at REAL NOT NULL,
  UNIQUE (source, message_id), UNIQUE (source, business_id));
CREATE INDEX IF NOT EXISTS inbox_pending ON inbox (id) WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY, peer TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  path TEXT NOT NULL, body TEXT NOT NULL, idempotency_key TEXT UNIQUE,
  state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL DEFAULT 0, status INTEGER, error TEXT, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (peer, due, id) WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, item TEXT NOT NULL, quantity TEXT NOT NULL, status TEXT NOT NULL,
  lot TEXT, good TEXT, scrap TEXT, detail TEXT, document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS confirmations (
  id INTEGER PRIMARY KEY, confirmation TEXT, order_id TEXT NOT NULL, item TEXT,
  operation TEXT NOT NULL, yield TEXT NOT NULL, scrap TEXT NOT NULL, rework TEXT NOT NULL,
  final INTEGER NOT NULL, lot TEXT, at TEXT);

CREATE TABLE IF NOT EXISTS asns (
  asn TEXT PRIMARY KEY, delivery TEXT, status TEXT NOT NULL, document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, quantity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS movements (
  id TEXT PRIMARY KEY, item TEXT, change TEXT, covered INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS received (
  reference TEXT NOT NULL, lot TEXT, quantity TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS received_reference ON received (reference);

CREATE TABLE IF NOT EXISTS purchases (
  po TEXT PRIMARY KEY, supplier TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bought (
  po TEXT NOT NULL, item TEXT NOT NULL, quantity NUMERIC NOT NULL, unit TEXT NOT NULL,
  announced NUMERIC NOT NULL DEFAULT 0, PRIMARY KEY (po, item));
CREATE TABLE IF NOT EXISTS notices (
  partner TEXT NOT NULL, asn TEXT NOT NULL, shipment TEXT NOT NULL, status TEXT NOT NULL,
  document TEXT NOT NULL, PRIMARY KEY (partner, asn));
CREATE INDEX IF NOT EXISTS notices_shipment ON notices (shipment);
CREATE TABLE IF NOT EXISTS labels (sscc TEXT PRIMARY KEY, asn TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trucks (
  truck TEXT PRIMARY KEY, supplier TEXT NOT NULL, shipment TEXT NOT NULL,
  document TEXT NOT NULL, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heard (
  partner TEXT NOT NULL, control TEXT NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (partner, control));
CREATE TABLE IF NOT EXISTS said (
  partner TEXT NOT NULL, control TEXT NOT NULL, document TEXT NOT NULL, number TEXT NOT NULL,
  status TEXT NOT NULL, PRIMARY KEY (partner, control));
CREATE TABLE IF NOT EXISTS sold (
  number TEXT PRIMARY KEY, customer TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
  document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS foreseen (
  customer TEXT NOT NULL, item TEXT NOT NULL, schedule TEXT NOT NULL, quantity NUMERIC NOT NULL,
  called NUMERIC NOT NULL, PRIMARY KEY (customer, item));
CREATE TABLE IF NOT EXISTS sent (
  customer TEXT NOT NULL, asn TEXT NOT NULL, number TEXT NOT NULL, status TEXT NOT NULL,
  PRIMARY KEY (customer, asn));
CREATE TABLE IF NOT EXISTS machines (
  wire TEXT NOT NULL, machine TEXT NOT NULL, known TEXT NOT NULL, PRIMARY KEY (wire, machine));
CREATE TABLE IF NOT EXISTS made (
  wire TEXT NOT NULL, machine TEXT NOT NULL, order_id TEXT NOT NULL, good INTEGER NOT NULL,
  defective INTEGER NOT NULL, PRIMARY KEY (wire, machine, order_id));
CREATE TABLE IF NOT EXISTS troubles (
  wire TEXT NOT NULL, machine TEXT NOT NULL, tag TEXT NOT NULL, what TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (wire, machine, tag, what));
CREATE TABLE IF NOT EXISTS incidents (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, alarm TEXT NOT NULL, severity INTEGER NOT NULL,
  message TEXT NOT NULL, alarms INTEGER NOT NULL DEFAULT 1, began INTEGER NOT NULL, ended INTEGER);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Errand:
    """One message in the outbox: a POST that a peer has not accepted yet."""

    id: int
    peer: str
    kind: str
    subject: str
    path: str
    body: str
    idempotency_key: str | None
    attempts: int


class Store:
    """The SQLite file. Used from one thread; every method is short."""

    def __init__(
        self, path: Path | str, *, dedupe: bool = True, flaws: Flaws = frozenset()
    ) -> None:
        self.dedupe = dedupe
        self.flaws = flaws
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable once it has ended."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement; the number of rows that it touched."""
        return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return found

    def empty(self) -> None:
        """Forget everything, as if the file were new."""
        tables = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for name in (row["name"] for row in tables):
            self.run(f"DELETE FROM {name}")

    # --- inbox ---------------------------------------------------------------------------------

    def take_in(
        self, source: str, message_id: str | None, business_id: str | None, body: str
    ) -> bool:
        """Keep an incoming event; False if it was here before, by either of its ids."""
        if not self.dedupe:
            message_id = business_id = None
        added = self.run(
            "INSERT OR IGNORE INTO inbox (source, message_id, business_id, body, at)"
            " VALUES (?, ?, ?, ?, ?)",
            source, message_id, business_id, body, time.time(),
        )  # fmt: skip
        return added == 1

    def waiting_in(self, limit: int = 100) -> list[sqlite3.Row]:
        return self.rows(
            "SELECT id, source, body FROM inbox WHERE state = 'pending' ORDER BY id LIMIT ?", limit
        )

    # --- outbox --------------------------------------------------------------------------------

    def send(
        self, peer: str, kind: str, subject: str, path: str, body: Mapping[str, Any], key: str
    ) -> bool:
        """Put a message into the outbox; False if one with this key is or was there."""
        added = self.run(
            "INSERT OR IGNORE INTO outbox (peer, kind, subject, path, body, idempotency_key, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            peer, kind, subject, path, json.dumps(body), key if self.dedupe else None, time.time(),
        )  # fmt: skip
        return added == 1

    def post(self, peer: str, kind: str, subject: str, path: str, body: bytes) -> None:
        """Put bytes into the outbox as they are; the same bytes go out at every attempt."""
        self.run(
            "INSERT INTO outbox (peer, kind, subject, path, body, at) VALUES (?, ?, ?, ?, ?, ?)",
            peer, kind, subject, path, body.decode("latin-1"), time.time(),
        )  # fmt: skip

    def due(self, peer: str, busy: set[int]) -> Errand | None:
        """The oldest message to this peer that is due and not under way."""
        for row in self.rows(
            "SELECT id, peer, kind, subject, path, body, idempotency_key, attempts FROM outbox"
            " WHERE state = 'pending' AND peer = ? AND due <= ? ORDER BY id LIMIT ?",
            peer, time.time(), len(busy) + 1,
        ):  # fmt: skip
            if row["id"] not in busy:
                return Errand(*row)
        return None

    def next_due(self, peer: str, busy: set[int]) -> float | None:
        """When the next message to this peer falls due."""
        for row in self.rows(
            "SELECT id, due FROM outbox WHERE state = 'pending' AND peer = ?"
            " ORDER BY due, id LIMIT ?",
            peer, len(busy) + 1,
        ):  # fmt: skip
            if row["id"] not in busy:
                return float(row["due"])
        return None

    # --- the rest ------------------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        row = self.row("SELECT value FROM facts WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def set_fact(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", name, value)

    def counts(self, table: str) -> dict[str, int]:
        """How many rows of the inbox or outbox are in which state."""
        assert table in {"inbox", "outbox"}
        return {
            row["state"]: row["n"]
            for row in self.rows(f"SELECT state, count(*) AS n FROM {table} GROUP BY state")
        }


def number(value: Decimal | str) -> int | float:
    """A quantity as a JSON number: whole where it is whole."""
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
