"""What PLCs can be asked: one strict model an operation. Spans are plant time."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simulator.core.durations import MINUTE, Duration
from simulator.core.fields import Id, Quantity, Text
from simulator.core.ports import Strict
from simulator.plant.model import Name
from simulator.plant.statuscodes import StatusName
from simulator.systems._pages import Paged
from simulator.systems.plc.packml import Command

Verb = Literal[
    "reset", "start", "stop", "hold", "unhold", "suspend", "unsuspend", "abort", "clear", "complete"
]
JobVerb = Literal[
    "Store", "StoreAndStart", "Start", "Pause", "Resume", "Update", "Stop", "Abort", "Cancel",
    "Clear",
]  # fmt: skip
assert {one.name.lower() for one in Command} == set(Verb.__args__)  # type: ignore[attr-defined]

Path = str
"""A tag's or an alarm's name in its PLC: Coolant/Temperature."""


class OnePlc(Strict):
    """A PLC by its name."""

    plc: Name


class Commanded(Strict):
    """A PackML command to a machine."""

    machine: Name
    command: Verb
    reason: Text = ""


class SetMode(Strict):
    """A PackML mode for a machine: 1 production, 2 maintenance, 3 manual."""

    machine: Name
    mode: int


class Job(Strict):
    """ISA-95 job control (OPC 10031-4): a command to the order of this number."""

    command: JobVerb
    order: Id
    item: Id | None = Field(None, description="what is to be made: to store, or to update")
    quantity: Quantity | None = None
    reason: Text = ""


class Write(OnePlc):
    """A value that a client writes."""

    tag: Path
    value: Any


class Force(OnePlc):
    """What a tag shows from now on, whatever its signal says."""

    tag: Path
    value: Any = Field(None, description="else what it shows now")
    status: StatusName = Field("Good", description="an OPC UA status code: BadSensorFailure")


class OneTag(OnePlc):
    """A tag by its path."""

    tag: Path


class ListTags(Paged):
    """Which tags."""

    plc: Name
    under: Path | None = Field(None, description="only those whose path begins with this")


class OneAlarm(OnePlc):
    """An alarm by its path."""

    alarm: Path
    comment: Text = ""
    by: Text = Field("", description="who does it")


class Raise(OneAlarm):
    """An alarm that becomes active."""

    message: Text | None = None
    severity: int | None = Field(None, ge=1, le=1000)


class Shelve(OneAlarm):
    """An alarm that nobody wants to see for a while."""

    span: Duration = Field(60 * MINUTE, description="how long")


class Restart(OnePlc):
    """A PLC that is switched off and on: its counters begin at 0."""

    keep_counters: bool = False
