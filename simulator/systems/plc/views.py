"""What PLCs answer, as people and integrations see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.core.fields import show_moment
from simulator.plant.tags import TagValue
from simulator.systems.plc.packml import Command, State, allowed
from simulator.systems.plc.state import Alarm, PlcState, Shown


@dataclass(slots=True)
class TagView:
    """A tag as it stands."""

    tag: str
    value: Any
    status: str
    at: str


@dataclass(slots=True)
class MachineView:
    """A machine as its PLC shows it."""

    machine: str
    plc: str
    state: str
    mode: int
    since: str
    stop_reason: str
    commands: list[str]  # that it takes now


@dataclass(slots=True)
class AlarmView:
    """An alarm as it stands."""

    alarm: str
    active: bool
    acknowledged: bool
    confirmed: bool
    shelved: bool
    enabled: bool
    severity: int
    message: str
    comment: str
    since: str


@dataclass(slots=True)
class PlcView:
    """A PLC: its machines, and the alarms that are of interest."""

    plc: str
    machines: list[MachineView]
    alarms: list[AlarmView]
    tags: int


@dataclass(slots=True)
class JobView:
    """What became of a job."""

    order: str
    state: str


def tag_view(one: TagValue) -> TagView:
    """A tag for people."""
    return TagView(one.path, one.value, one.status, show_moment(one.at))


def machine_view(machine: str, shown: Shown) -> MachineView:
    """A machine for people."""
    state = State(shown.state)
    return MachineView(
        machine, shown.plc, state.title, shown.mode, show_moment(shown.since), shown.stop_reason,
        [Command(one).name.lower() for one in allowed(state)],
    )  # fmt: skip


def alarm_view(path: str, one: Alarm) -> AlarmView:
    """An alarm for people."""
    return AlarmView(
        path, one.active, one.acknowledged, one.confirmed, one.shelved, one.enabled, one.severity,
        one.message, one.comment, show_moment(one.since),
    )  # fmt: skip


def plc_view(plc: str, state: PlcState, machines: dict[str, Shown], tags: int) -> PlcView:
    """A PLC for people."""
    return PlcView(
        plc,
        [machine_view(name, one) for name, one in machines.items() if one.plc == plc],
        [alarm_view(path, one) for path, one in state.alarms.items() if one.retain],
        tags,
    )
