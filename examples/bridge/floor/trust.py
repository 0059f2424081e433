"""Can a reading be believed? And if a counter fell: did it roll over, or begin anew?

Whether something is late or early is judged by the PLC's own clock, which is what most of its
machines say (their times since the last reset move with each scan), so that one wrong clock is
outvoted. Wall clocks have no say: the source may live in another time.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low

from examples.bridge.floor.machine import Machine
from examples.bridge.floor.readings import COUNTERS, MINUTE, SECOND, Reading

AHEAD = 5 * MINUTE
"""So far may a source be ahead of its PLC's clock."""
BEHIND = 5 * MINUTE
"""So late may a counter's new value be."""
QUIET = 2 * MINUTE
"""A running machine's counter may stand still for so long, and for three units' time."""
REGISTERS = (
    2**8 - 1, 999, 9_999, 2**15 - 1, 2**16 - 1, 99_999, 999_999, 2**31 - 1, 2**32 - 1,
)  # fmt: skip
"""Where counters roll over that do not say where they do."""


def clock_of(machines: Iterable[Machine]) -> int:
    """The time of a PLC as most of its machines have it; 0 where none has said."""
    clocks = [one.clock for one in machines if one.clock]
    return median_low(clocks) if clocks else 0


def objection(machine: Machine, one: Reading, clock: int) -> str:
    """Why a reading is refused; empty where it is not. `clock` is its PLC's."""
    if not one.status.startswith("Good"):
        return one.status
    if one.value is None:
        return "no value"
    if one.live and one.at < machine.told.get(one.tag, 0):
        return "stale: older than the last one"
    if one.live and clock and one.at > clock + AHEAD:
        return "from the future"
    if one.tag in COUNTERS:
        if not isinstance(one.value, int) or isinstance(one.value, bool) or one.value < 0:
            return "no count"
        counter = machine.counters.get(one.tag)
        moves = counter is not None and counter.value != one.value
        if one.live and moves and one.at < clock - BEHIND:
            return "stale: its time stands still"
    if _beyond(one):
        return "out of range"
    return ""


def _beyond(one: Reading) -> bool:
    if isinstance(one.value, str):
        return False
    return (one.low is not None and one.value < one.low) or (
        one.high is not None and one.value > one.high
    )


def began_anew(machine: Machine, moved: int, at: int) -> bool:
    """Did the machine's counters begin at 0 between two readings?"""
    return moved < machine.counts_since <= at + SECOND


def made(machine: Machine, one: Reading, before: int, moved: int) -> int | None:
    """How many units a counter stands for that showed `before` since `moved`.

    None where it cannot be: so many cannot have been made in that time.
    """
    if began_anew(machine, moved, one.at):
        units = one.value
    elif one.value >= before:
        units = one.value - before
    else:
        sizes = [int(one.high)] if one.high is not None else []
        wrapped = (size - before + 1 + one.value for size in (*sizes, *REGISTERS) if size >= before)
        found = next((units for units in wrapped if _can_be(machine, units, one.at - moved)), None)
        units = one.value if found is None else found
    return units if _can_be(machine, units, one.at - moved) else None


def _can_be(machine: Machine, units: int, span: int) -> bool:
    if not machine.fastest:
        return True
    return units <= 2 + 2 * machine.fastest * span / MINUTE


def frozen(machine: Machine, clock: int) -> bool:
    """Does it run without its counters moving?"""
    if not machine.speed or not machine.counters:
        return False
    moved = max(one.moved for one in machine.counters.values())
    quiet = clock - max(moved, machine.state_since)
    return quiet > QUIET + 3 * MINUTE / machine.speed
