"""What a PLC shows of a machine: PackTags of ISA-TR88.00.02, the job in hand, OEE, measurements.

Everything follows from the plant; a PLC counts nothing by itself.
"""

from __future__ import annotations

import math
from typing import Any

from simulator.core.chance import Stream
from simulator.core.durations import MINUTE, SECOND, Instant
from simulator.plant import Plant
from simulator.plant.quantities import ZERO
from simulator.plant.tags import Access, Argument, MethodDefinition, TagDefinition, TagType
from simulator.systems.plc.packml import Command, State
from simulator.systems.plc.settings import Plc
from simulator.systems.plc.state import Level, Shown, Tally

COMMANDED = ("Command/CntrlCmd", "Command/CmdChangeRequest", "Command/UnitMode",
             "Command/MachSpeed")  # fmt: skip
"""What clients may write."""
COUNTERS = ("Admin/ProdProcessedCount", "Admin/ProdDefectiveCount", "Admin/ProdGoodCount")
_MOVING = ("Process/", "Performance/", "Admin/StateCurrentTime", "Admin/StateCumulativeTime",
           "Admin/ModeCurrentTime", "Admin/AccTimeSinceReset")  # fmt: skip
JOBS = ("Store", "StoreAndStart", "Start", "Pause", "Resume", "Update", "Stop", "Abort", "Cancel",
        "Clear")  # fmt: skip
JOB_STATES = {
    "created": "NotAllowedToStart", "released": "AllowedToStart", "running": "Running",
    "held": "Interrupted", "completed": "Ended", "cancelled": "Aborted",
}  # fmt: skip
"""ISA-95 job states (OPC 10031-4) of the plant's orders."""

_TAGS: tuple[tuple[str, TagType, str, str], ...] = (
    ("Status/StateCurrent", "Int32", "", "PackML state, by its number"),
    ("Status/StateCurrentName", "String", "", "PackML state, by its name"),
    ("Status/UnitModeCurrent", "Int32", "", "1 production, 2 maintenance, 3 manual, 4 setup"),
    ("Status/MachSpeed", "Double", "", "speed that is set, units a minute"),
    ("Status/CurMachSpeed", "Double", "", "speed that is run, units a minute"),
    ("Status/EquipmentInterlock/Blocked", "Boolean", "", "cannot give away"),
    ("Status/EquipmentInterlock/Starved", "Boolean", "", "has nothing to work on"),
    ("Admin/ProdProcessedCount", "UInt32", "C62", "units that left it"),
    ("Admin/ProdDefectiveCount", "UInt32", "C62", "of them, scrap and rework"),
    ("Admin/ProdGoodCount", "UInt32", "C62", "of them, good ones"),
    ("Admin/MachDesignSpeed", "Double", "", "best speed, units a minute"),
    ("Admin/StateCurrentTime", "Int32", "SEC", "in this state"),
    ("Admin/ModeCurrentTime", "Int32", "SEC", "in this mode"),
    ("Admin/AccTimeSinceReset", "Int32", "SEC", "since the counters began at 0"),
    ("Admin/StopReason", "String", "", "why it stands"),
    ("Job/Order", "String", "", "production order"),
    ("Job/State", "String", "", "ISA-95 job state"),
    ("Job/Item", "String", "", "what is made"),
    ("Job/Lot", "String", "", "its lot"),
    ("Job/Serial", "String", "", "the last one made, where items have serials"),
    ("Job/Operation", "Int32", "", "operation of the routing"),
    ("Job/Quantity", "Double", "", "what is ordered"),
    ("Performance/Availability", "Double", "", "0 to 1: at work, of the time planned"),
    ("Performance/Performance", "Double", "", "0 to 1: best time, of the time at work"),
    ("Performance/Quality", "Double", "", "0 to 1: good units, of all"),
    ("Performance/OEE", "Double", "", "the three multiplied"),
    ("Command/CntrlCmd", "Int32", "", "PackML command, taken at the change request"),
    ("Command/CmdChangeRequest", "Boolean", "", "true takes the command"),
    ("Command/UnitMode", "Int32", "", "mode that is wanted"),
    ("Command/MachSpeed", "Double", "", "speed that is wanted, units a minute"),
)


def moves(path: str) -> bool:
    """Does it change by itself, without anything having happened?"""
    return path.partition("/")[2].startswith(_MOVING)


def definitions(machine: str, plc: Plc) -> list[TagDefinition]:
    """The tags of a machine."""
    kept = {"none": (), "counters": (*COUNTERS, "Job/Order")}.get(plc.history)
    found = [
        TagDefinition(
            path=f"{machine}/{name}", type=kind, unit=unit, description=what,
            low=0 if name in COUNTERS else None,
            high=plc.counter_most if name in COUNTERS else None,
            access=_access(name), history=kept is None or name in kept,
        )
        for name, kind, unit, what in _TAGS
    ]  # fmt: skip
    found.append(
        TagDefinition(
            path=f"{machine}/Admin/StateCumulativeTime", type="Int32", array=True, unit="SEC",
            description="in each state since the counters began, by its number",
        )
    )  # fmt: skip
    found += [
        TagDefinition(
            path=f"{machine}/Process/{name}", type="Double", unit=one.unit, low=one.low,
            high=one.high, history=kept is None,
        )
        for name, one in plc.measures.items()
    ]  # fmt: skip
    return found


def _access(name: str) -> Access:
    return "write" if name in COMMANDED else "read"


def methods(machine: str) -> list[MethodDefinition]:
    """What a client can call at a machine: PackML's commands, and ISA-95 job control."""
    found = [
        MethodDefinition(
            path=f"{machine}/Command/{command.name.capitalize()}", operation="command",
            given={"machine": machine, "command": command.name.lower()},
        )
        for command in Command
    ]  # fmt: skip
    found.append(
        MethodDefinition(
            path=f"{machine}/Command/SetUnitMode", operation="set_mode",
            given={"machine": machine}, inputs=[Argument(name="mode", type="Int32")],
        )
    )  # fmt: skip
    order = Argument(name="order", type="String", description="production order")
    more = [
        Argument(name="item", type="String", description="what is to be made"),
        Argument(name="quantity", type="Double"),
    ]
    found += [
        MethodDefinition(
            path=f"{machine}/JobOrderControl/{verb}", operation="job",
            given={"command": verb}, outputs=[Argument(name="state", type="String")],
            inputs=[order, *(more if verb in ("Store", "StoreAndStart", "Update") else ())],
        )
        for verb in JOBS
    ]  # fmt: skip
    return found


def tally(plant: Plant, machine: str) -> Tally:
    """What a machine has done since the plant began, with what it has in hand."""
    state, found = plant.machine(machine), plant.progress(machine)
    good, bad = state.good, state.scrap + state.rework
    busy, ideal = state.busy, state.ideal
    if state.resumed is not None:
        busy += plant.calendar(state.work_centre).working(state.resumed, plant.now)
    if found is not None:  # of a setup, nothing is done yet
        good += found.good
        bad += found.scrap + found.rework
        ideal += round(plant.pace(machine)[0] * float(found.done))
    return Tally(good, bad, busy, ideal)


def values(plant: Plant, machine: str, shown: Shown, plc: Plc) -> dict[str, Any]:
    """What everything but the measurements shows now, by path."""
    now = plant.now
    state, found = plant.machine(machine), plant.progress(machine)
    order = plant.order(found.order) if found is not None else None
    best, actual = _speeds(plant, machine)
    done, size = tally(plant, machine), plc.counter_most + 1
    good, bad = done.good - shown.before.good, done.bad - shown.before.bad
    packml = State(shown.state)
    runs = packml is State.EXECUTE and found is not None and found.phase == "run"
    named: dict[str, Any] = {
        "Status/StateCurrent": int(packml),
        "Status/StateCurrentName": packml.title,
        "Status/UnitModeCurrent": shown.mode,
        "Status/MachSpeed": shown.speed or best,
        "Status/CurMachSpeed": actual if runs else 0.0,
        "Status/EquipmentInterlock/Blocked": False,
        "Status/EquipmentInterlock/Starved": order is None and state.status == "idle",
        "Admin/ProdProcessedCount": int(good + bad) % size,
        "Admin/ProdDefectiveCount": int(bad) % size,
        "Admin/ProdGoodCount": int(good) % size,
        "Admin/MachDesignSpeed": best,
        "Admin/StateCurrentTime": (now - shown.since) // SECOND,
        "Admin/StateCumulativeTime": [
            (shown.cumulative.get(one, 0) + (now - shown.since if one == packml else 0)) // SECOND
            for one in range(max(State) + 1)
        ],
        "Admin/ModeCurrentTime": (now - shown.mode_since) // SECOND,
        "Admin/AccTimeSinceReset": (now - shown.counting_since) // SECOND,
        "Admin/StopReason": shown.stop_reason,
        "Job/Order": order.id if order is not None else "",
        "Job/State": JOB_STATES[order.status] if order is not None else "",
        "Job/Item": order.item if order is not None else "",
        "Job/Lot": (order.lot or "") if order is not None else "",
        "Job/Serial": order.serials[-1] if order is not None and order.serials else "",
        "Job/Operation": found.operation_no if found is not None else 0,
        "Job/Quantity": float(order.quantity) if order is not None else 0.0,
        "Command/CntrlCmd": shown.wished,
        "Command/CmdChangeRequest": False,
        "Command/UnitMode": shown.mode,
        "Command/MachSpeed": shown.speed,
        **_performance(plant, machine, shown, done),
    }
    return {f"{machine}/{name}": value for name, value in named.items()}


def _speeds(plant: Plant, machine: str) -> tuple[float, float]:
    """The best speed of the operation in hand and the one that it runs at, units a minute."""
    found = plant.progress(machine)
    if found is None:
        return 0.0, 0.0
    ideal, actual = plant.pace(machine)
    return _per_minute(ideal), _per_minute(actual)


def _per_minute(cycle: float) -> float:
    return round(MINUTE / cycle, 3) if cycle > 0 else 0.0


def _performance(plant: Plant, machine: str, shown: Shown, done: Tally) -> dict[str, float]:
    """OEE since the counters began, derived from what happened."""
    calendar = plant.calendar(plant.machine(machine).work_centre)
    planned = calendar.working(shown.counting_since, plant.now)
    before = shown.before
    busy, ideal = done.busy - before.busy, done.ideal - before.ideal
    good, every = done.good - before.good, done.good + done.bad - before.good - before.bad
    availability = min(busy / planned, 1.0) if planned > 0 else 0.0
    performance = min(ideal / busy, 1.0) if busy > 0 else 0.0
    quality = float(good / every) if every > ZERO else 0.0
    return {
        "Performance/Availability": round(availability, 4),
        "Performance/Performance": round(performance, 4),
        "Performance/Quality": round(quality, 4),
        "Performance/OEE": round(availability * performance * quality, 4),
    }


# --- measurements ---------------------------------------------------------------------------------


def near(level: Level, lag: int, now: Instant) -> float:
    """Where a measurement is, on its way to its target."""
    gone = now - level.at
    if lag <= 0:
        return level.target
    return level.target + (level.value - level.target) * math.exp(-gone / lag)


def turn(shown: Shown, plc: Plc, now: Instant, *, works: bool) -> None:
    """From now on, the measurements near the level of work, or of rest."""
    for name, one in plc.measures.items():
        target = one.work if works else one.rest
        level = shown.levels.get(name)
        if level is None:
            shown.levels[name] = Level(one.rest, now, target)
        elif level.target != target:
            shown.levels[name] = Level(near(level, one.lag, now), now, target)


def measured(
    machine: str, shown: Shown, plc: Plc, now: Instant, stream: Stream
) -> dict[str, float]:
    """The measurements of one sample."""
    found = {}
    for name, one in plc.measures.items():
        level = shown.levels.get(name) or Level(one.rest, now, one.rest)
        value = near(level, one.lag, now)
        if one.noise:
            value += stream.normal(0, one.noise)
        found[f"{machine}/Process/{name}"] = round(value, 3)
    return found
