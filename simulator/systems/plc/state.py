"""What PLCs remember, as plain data: moments are Instants, spans µs of plant time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.core.durations import Instant, Span
from simulator.plant.quantities import ZERO, Quantity
from simulator.systems.plc.packml import Mode, State


@dataclass
class Tally:
    """What a machine had done at one moment: units, and working time."""

    good: Quantity = ZERO
    bad: Quantity = ZERO  # scrap and rework
    busy: Span = 0
    ideal: Span = 0  # what these units take at the routing's best pace


@dataclass
class Level:
    """An analogue value on its way: it was `value` at `at`, and nears `target`."""

    value: float
    at: Instant
    target: float


@dataclass
class Shown:
    """A machine as its PLC shows it."""

    plc: str
    state: int = State.STOPPED
    mode: int = Mode.PRODUCTION
    since: Instant = 0  # of the state
    mode_since: Instant = 0
    counting_since: Instant = 0  # when the counters last began at 0
    ticket: int | None = None  # ends an acting state
    ordered: str = ""  # what a command wants: stop hold suspend abort reset complete
    wished: int = 0  # CntrlCmd, until a change is requested
    speed: float = 0.0  # MachSpeed as it was set; 0: that of the routing
    stop_reason: str = ""
    before: Tally = field(default_factory=Tally)  # when the counters began at 0
    cumulative: dict[int, Span] = field(default_factory=dict)  # by state, but for the present stay
    levels: dict[str, Level] = field(default_factory=dict)
    unit: int | None = None  # the ticket of the next unit


@dataclass
class Alarm:
    """A condition as it stands."""

    severity: int
    message: str = ""
    active: bool = False
    acknowledged: bool = True
    confirmed: bool = True
    enabled: bool = True
    shelved: bool = False
    ticket: int | None = None  # ends the shelving
    comment: str = ""
    by: str = ""
    since: Instant = 0

    @property
    def retain(self) -> bool:
        """Is it still of interest to an operator?"""
        return self.enabled and (self.active or not self.acknowledged or not self.confirmed)


@dataclass
class PlcState:
    """What one PLC remembers."""

    begun: Instant = 0
    events: int = 0  # of its alarms, so far
    alarms: dict[str, Alarm] = field(default_factory=dict)
    forced: dict[str, list[Any]] = field(default_factory=dict)  # path -> value and status
    last: dict[str, Any] = field(default_factory=dict)  # path -> what was said of it last
    scans: dict[str, int] = field(default_factory=dict)  # period -> ticket


@dataclass
class FloorState:
    """All PLCs of a plant, and their machines."""

    plcs: dict[str, PlcState] = field(default_factory=dict)
    machines: dict[str, Shown] = field(default_factory=dict)
