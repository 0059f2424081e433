"""How late a conductor's events were, in wall seconds."""

from __future__ import annotations

from array import array
from typing import Any

KEPT = 100_000


class Lateness:
    """The last hundred thousand lateness readings, and the worst ever."""

    def __init__(self) -> None:
        self._kept = array("d")
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Note one event's lateness."""
        if len(self._kept) < KEPT:
            self._kept.append(seconds)
        else:
            self._kept[self.count % KEPT] = seconds
        self.count += 1
        self.worst = max(self.worst, seconds)

    def quantile(self, share: float) -> float:
        """The lateness that `share` of the events stay within; 0 where there are none."""
        if not self._kept:
            return 0.0
        ordered = sorted(self._kept)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    @property
    def p50(self) -> float:
        """The median."""
        return self.quantile(0.5)

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return self.quantile(0.99)

    def describe(self) -> dict[str, Any]:
        """For people: milliseconds."""
        return {
            "events": self.count,
            "p50_ms": round(self.p50 * 1000, 3),
            "p99_ms": round(self.p99 * 1000, 3),
            "worst_ms": round(self.worst * 1000, 3),
        }
