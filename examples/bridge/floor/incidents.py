"""Incidents: what somebody has to look after, however many alarms tell of it.

The first alarm of a machine opens one, and is acknowledged; alarms of the same machine that come
while it is open follow from it. It is over when the alarm that opened it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from examples.bridge.floor.readings import shown
from examples.bridge.store import Store


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands now."""

    source: str
    name: str
    active: bool
    severity: int
    message: str
    at: int


class Incidents:
    """The incidents of the shop floor."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, alarm: Alarm) -> bool:
        """Take note of an alarm that changed; True where it opened an incident."""
        with self._store.transaction():
            return self._take(alarm)

    def _take(self, alarm: Alarm) -> bool:
        store = self._store
        mine = store.row(
            "SELECT id FROM incidents WHERE source = ? AND alarm = ? AND ended IS NULL",
            alarm.source, alarm.name,
        )  # fmt: skip
        if not alarm.active:
            if mine is not None:
                store.run("UPDATE incidents SET ended = ? WHERE id = ?", alarm.at, mine["id"])
            return False
        if mine is not None:
            return False  # it was acknowledged, or has another severity
        cause = store.row(
            "SELECT id FROM incidents WHERE source = ? AND ended IS NULL ORDER BY id", alarm.source
        )
        if cause is not None and "flood" not in store.flaws:
            store.run("UPDATE incidents SET alarms = alarms + 1 WHERE id = ?", cause["id"])
            return False
        store.run(
            "INSERT INTO incidents (source, alarm, severity, message, began)"
            " VALUES (?, ?, ?, ?, ?)",
            alarm.source, alarm.name, alarm.severity, alarm.message, alarm.at,
        )  # fmt: skip
        return True

    def every(self) -> list[dict[str, Any]]:
        """All incidents, the oldest first."""
        rows = self._store.rows("SELECT * FROM incidents ORDER BY id")
        return [
            {
                "source": row["source"], "alarm": row["alarm"], "severity": row["severity"],
                "message": row["message"], "alarms": row["alarms"], "began": shown(row["began"]),
                "ended": shown(row["ended"]) if row["ended"] is not None else None,
            }
            for row in rows
        ]  # fmt: skip
