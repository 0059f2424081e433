"""What the bridge knows of one machine, as plain data that is kept in its database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_ORDERS = 20  # that are remembered, to tell for which one a unit was made


@dataclass
class Counter:
    """Where a counter stands: its last value that was believed, and since when it shows that."""

    value: int
    moved: int


@dataclass
class Machine:
    """A machine; `clock` is what time it has, right or wrong."""

    plc: str
    clock: int = 0
    state: int = 0
    state_since: int = 0
    speed: float = 0.0  # units a minute
    fastest: float = 0.0  # the best that was ever seen
    since_reset: int = 0  # seconds
    counts_since: int = 0  # when the counters last began at 0, if that was seen
    suspect: str = ""  # why its counters are not believed now
    orders: list[tuple[int, str]] = field(default_factory=list)  # since when, which
    counters: dict[str, Counter] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)  # tag -> time of the newest reading

    def order_before(self, at: int) -> str:
        """The order in hand just before a moment: a unit that leaves was made for that one."""
        return next((name for since, name in reversed(self.orders) if since < at), "")

    def takes(self, at: int, order: str) -> None:
        """It works on another order from now on."""
        self.orders = [*(one for one in self.orders if one[0] != at), (at, order)]
        self.orders.sort()
        del self.orders[:-MOST_ORDERS]

    def write(self) -> str:
        """As text, for the database."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Machine:
        """The inverse of `write`."""
        found: dict[str, Any] = json.loads(text)
        found["orders"] = [(at, name) for at, name in found["orders"]]
        found["counters"] = {tag: Counter(**one) for tag, one in found["counters"].items()}
        return cls(**found)
