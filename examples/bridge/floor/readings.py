"""What PLCs said: one value of one machine's tag, and the tags that the bridge listens to.

Times are whole microseconds since 1970 UTC, by the clock of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SECOND = 1_000_000
MINUTE = 60 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

GOOD = "Admin/ProdGoodCount"
DEFECTIVE = "Admin/ProdDefectiveCount"
COUNTERS = (GOOD, DEFECTIVE)
SINCE_RESET = "Admin/AccTimeSinceReset"  # seconds; begins at 0 where the counters do
ORDER = "Job/Order"
STATE = "Status/StateCurrent"
SPEED = "Status/CurMachSpeed"  # units a minute
FASTEST = "Admin/MachDesignSpeed"
TAGS = (SINCE_RESET, STATE, SPEED, FASTEST, ORDER, *COUNTERS)
"""What is listened to, of PackML's tags (ISA-TR88.00.02) and of job control."""
EXECUTE = 6  # the state in which a machine works


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a tag. `status` is the name of an OPC UA status code.

    What is not `live` tells of the past: it comes from a history, or was stored on its way.
    """

    plc: str
    machine: str
    tag: str
    value: Any
    status: str
    at: int
    live: bool = True
    low: float | None = None
    high: float | None = None


def micros(moment: datetime) -> int:
    """A moment in microseconds since 1970."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Microseconds since 1970 as a moment."""
    return _EPOCH + timedelta(microseconds=at)


def shown(at: int) -> str:
    """For people, to the second."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
