"""The books of production: units by machine and order, counted from what counters show.

Everything is kept: where each counter stood is written in the same transaction as what was counted
by it, so that nothing is counted twice after a restart, a reconnection or a redelivery.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from examples.bridge.flaws import Flaws
from examples.bridge.floor import trust
from examples.bridge.floor.machine import Counter, Machine
from examples.bridge.floor.readings import (
    COUNTERS,
    EXECUTE,
    FASTEST,
    GOOD,
    MINUTE,
    ORDER,
    SECOND,
    SINCE_RESET,
    SPEED,
    STATE,
    TAGS,
    Reading,
    shown,
)
from examples.bridge.store import Store

log = logging.getLogger("bridge")

BACK = 1 * MINUTE
"""A PLC whose clock is behind what it said before by more than this began another life."""


class Counting:
    """What one wire said, and what was counted by it."""

    def __init__(self, store: Store, wire: str) -> None:
        self._store = store
        self._wire = wire
        self._machines: dict[str, Machine] = {}
        self._covered: dict[tuple[str, str], int] = {}  # (machine, tag) -> until when
        self._anew: set[str] = set()  # machines whose counters a flaw counts from nothing
        self.forget()

    def forget(self) -> None:
        """Look at the database anew: it was emptied, or just opened."""
        self._covered.clear()
        rows = self._store.rows("SELECT machine, known FROM machines WHERE wire = ?", self._wire)
        self._machines = {row["machine"]: Machine.read(row["known"]) for row in rows}

    @property
    def flaws(self) -> Flaws:
        """The mistakes that it was told to make."""
        return self._store.flaws

    def since(self, machine: str, tag: str) -> int:
        """The time of the newest reading of a tag; 0 for none."""
        known = self._machines.get(machine)
        return known.told.get(tag, 0) if known is not None else 0

    def resume(self, now: dict[str, int]) -> None:
        """Machines are heard again, perhaps after long, each with its time `now`.

        A clock may go ahead by any span; but if it was set back, its counters are others.
        """
        self._covered.clear()
        for name, at in now.items():
            machine = self._machines.get(name)
            if machine is None:
                continue
            machine.clock = 0
            if max(machine.told.values(), default=0) > at + BACK:
                log.info("%s: its clock was set back; it counts anew", name)
                machine.counters.clear()
                machine.told.clear()
                machine.orders.clear()
            if "again" in self.flaws:
                self._anew.add(name)

    def cover(self) -> None:
        """What was taken so far is complete: what comes late and is older, is in it already."""
        self._covered = {
            (name, tag): at
            for name, machine in self._machines.items()
            for tag, at in machine.told.items()
        }

    def take(self, readings: Iterable[Reading], *, complete: bool = True) -> None:
        """Take readings over, whole, in the order of their times.

        They are not `complete` where what counters show is still to come.
        """
        touched: dict[str, Machine] = {}
        ordered = sorted(readings, key=lambda one: (one.at, TAGS.index(one.tag)))
        for one in ordered:
            machine = self._machines.setdefault(one.machine, Machine(one.plc))
            touched[one.machine] = machine
            if one.tag == SINCE_RESET and one.status.startswith("Good"):
                machine.clock = one.at  # believed or not: it has one vote
        with self._store.transaction():
            for one in ordered:
                self._take(touched[one.machine], one)
            for plc in {one.plc for one in touched.values()} if complete else ():
                touched |= self._watch(plc)
            for name, machine in touched.items():
                self._store.run(
                    "INSERT OR REPLACE INTO machines VALUES (?, ?, ?)",
                    self._wire, name, machine.write(),
                )  # fmt: skip

    def _take(self, machine: Machine, one: Reading) -> None:
        told = machine.told.get(one.tag, 0)
        until = self._covered.get((one.machine, one.tag), 0) if one.live else told
        if one.at < until and "backfill" not in self.flaws:
            return  # it is in the books already; in one instant, there may be several values
        cell = (other for other in self._machines.values() if other.plc == machine.plc)
        wrong = trust.objection(machine, one, trust.clock_of(cell))
        if wrong:
            self._refuse(one, wrong)
            return
        if one.tag in COUNTERS and not self._count(machine, one):
            return
        machine.told[one.tag] = max(one.at, told)
        if one.tag == SINCE_RESET:
            if one.value < machine.since_reset:
                machine.counts_since = one.at - one.value * SECOND
            machine.since_reset = one.value
        elif one.tag == STATE:
            machine.state, machine.state_since = one.value, one.at
        elif one.tag == SPEED:
            machine.speed = one.value
        elif one.tag == FASTEST:
            machine.fastest = max(machine.fastest, one.value)
        elif one.tag == ORDER:
            machine.takes(one.at, one.value)

    # --- counters -----------------------------------------------------------------------------

    def _count(self, machine: Machine, one: Reading) -> bool:
        """Count by a counter. False where what it shows cannot be."""
        counter = machine.counters.get(one.tag)
        if counter is None:
            machine.counters[one.tag] = Counter(one.value, one.at)  # from here on
            return True
        if "resets" in self.flaws and one.value < counter.value:
            return True
        units = self._units(machine, one, counter)
        if units is None:
            self._refuse(one, "jumps")
            return False
        if units or one.value != counter.value:
            machine.counters[one.tag] = Counter(one.value, max(one.at, counter.moved))
            if units:
                self._book(one, machine.order_before(one.at), units)
            machine.suspect = ""
        return True

    def _units(self, machine: Machine, one: Reading, counter: Counter) -> int | None:
        flaws = self.flaws
        if "again" in flaws and one.machine in self._anew and one.tag == GOOD:
            self._anew.discard(one.machine)
            return int(one.value)
        if "backfill" in flaws and not one.live and one.at < machine.told.get(one.tag, 0):
            return int(one.value)
        return trust.made(machine, one, counter.value, counter.moved)

    def _book(self, one: Reading, order: str, units: int) -> None:
        good, defective = (units, 0) if one.tag == GOOD else (0, units)
        self._store.run(
            "INSERT INTO made VALUES (?, ?, ?, ?, ?) ON CONFLICT (wire, machine, order_id)"
            " DO UPDATE SET good = good + excluded.good,"
            " defective = defective + excluded.defective",
            self._wire, one.machine, order, good, defective,
        )  # fmt: skip

    # --- what is wrong ------------------------------------------------------------------------

    def _refuse(self, one: Reading, what: str) -> None:
        self._trouble(one.machine, one.tag, what, one.at)

    def _trouble(self, machine: str, tag: str, what: str, at: int) -> None:
        self._store.run(
            "INSERT INTO troubles VALUES (?, ?, ?, ?, ?, ?, 1)"
            " ON CONFLICT (wire, machine, tag, what)"
            " DO UPDATE SET last = excluded.last, times = times + 1",
            self._wire, machine, tag, what, at, at,
        )  # fmt: skip

    def _watch(self, plc: str) -> dict[str, Machine]:
        """Look for machines that run while their counters stand; those that changed."""
        if "frozen" in self.flaws:
            return {}
        ours = {name: one for name, one in self._machines.items() if one.plc == plc}
        clock, found = trust.clock_of(ours.values()), {}
        for name, machine in ours.items():
            runs = machine.state == EXECUTE
            if runs and not machine.suspect and trust.frozen(machine, clock):
                machine.suspect = "frozen"
                self._trouble(name, GOOD, "frozen: it runs and counts nothing", clock)
                found[name] = machine
        return found

    # --- what the books say -------------------------------------------------------------------

    def machines(self) -> list[dict[str, Any]]:
        """Every machine: what it made, for which orders, and what was wrong with its tags."""
        return [self._view(name) for name in sorted(self._machines)]

    def machine(self, name: str) -> dict[str, Any] | None:
        """One machine; None where nothing was heard of it."""
        return self._view(name) if name in self._machines else None

    def _view(self, name: str) -> dict[str, Any]:
        machine = self._machines[name]
        made = self._store.rows(
            "SELECT order_id, good, defective FROM made WHERE wire = ? AND machine = ?"
            " ORDER BY order_id",
            self._wire, name,
        )  # fmt: skip
        troubles = self._store.rows(
            "SELECT tag, what, first, last, times FROM troubles WHERE wire = ? AND machine = ?"
            " ORDER BY first, tag",
            self._wire, name,
        )  # fmt: skip
        last = max((machine.told.get(tag, 0) for tag in COUNTERS), default=0)
        return {
            "machine": name,
            "plc": machine.plc,
            "good": sum(row["good"] for row in made),
            "defective": sum(row["defective"] for row in made),
            "orders": {
                row["order_id"] or "none": {"good": row["good"], "defective": row["defective"]}
                for row in made
            },
            "last_good": shown(last) if last else None,
            "suspect": machine.suspect or None,
            "troubles": [
                {**dict(row), "first": shown(row["first"]), "last": shown(row["last"])}
                for row in troubles
            ],
        }
