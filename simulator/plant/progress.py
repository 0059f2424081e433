"""How far machines are: units that leave them one by one, between two confirmations.

Nothing here changes anything: what has left a machine follows from the working time that went by,
and agrees with the confirmation at the instant of the confirmation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from simulator.core.durations import Instant
from simulator.plant.machines import Machines
from simulator.plant.quantities import ONE, STEP, ZERO


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a machine is, at this instant, with the batch it has in hand.

    `done` of `batch` units have left it: so many `good`, `scrap` and to be reworked. What it had
    made before stands in `MachineState`, and grows by the whole batch once that is confirmed.
    """

    order: str
    item: str
    lot: str | None
    operation_no: int
    phase: str
    batch: Decimal
    done: Decimal
    scrap: Decimal
    rework: Decimal

    @property
    def good(self) -> Decimal:
        """Units that left it and are right."""
        return self.done - self.scrap - self.rework


class Made(NamedTuple):
    """Machine -> units that have left it, confirmed or not."""

    good: dict[str, Decimal]
    defective: dict[str, Decimal]  # scrap, and what is to be reworked


class Progressing(Machines):
    """What can be seen at a machine while it works."""

    def made(self) -> Made:
        """What every machine has made by now."""
        good, defective = {}, {}
        for name, state in self.state.machines.items():
            good[name], defective[name] = state.good, state.scrap + state.rework
            found = self.progress(name)
            if found is not None:
                good[name] += found.good
                defective[name] += found.scrap + found.rework
        return Made(good, defective)

    def progress(self, machine: str) -> Progress | None:
        """How far a machine is with what it has in hand; None for nothing. Raises not_found."""
        state = self.machine(machine)
        if state.order is None:
            return None
        order, step = self._in_hand(state)
        done = scrap = rework = ZERO
        if step.phase == "run":
            worked = step.work - step.work_left
            if state.resumed is not None:
                worked += self.calendar(state.work_centre).working(state.resumed, self.now)
            size = ONE if self.model.items[order.item].whole else STEP
            done = step.batch
            if worked < step.work:
                done = _share(step.batch, Decimal(worked), Decimal(step.work), size)
            # together, so that each unit is counted once, and no count ever falls
            failed = step.batch_scrap + step.batch_rework
            if done < step.batch:
                failed = _share(failed, done, step.batch, size)
            scrap = min(failed, step.batch_scrap)
            rework = failed - scrap
        return Progress(
            order.id, order.item, order.lot, step.no, step.phase, step.batch, done, scrap, rework
        )

    def pace(self, machine: str) -> tuple[float, float]:
        """µs a unit: the best of the operation in hand, and those of its batch; 0 for none.

        Raises not_found.
        """
        state = self.machine(machine)
        if state.order is None:
            return 0.0, 0.0
        order, step = self._in_hand(state)
        best = self._operation(order, step).cycle.ideal / self._machines[machine][0].pace
        return best, step.work / float(step.batch) if step.phase == "run" else best

    def next_unit(self, machine: str) -> Instant | None:
        """When the next unit of the batch in hand leaves the machine, if nothing breaks before.

        None where it does not run, or makes no whole units. Raises not_found.
        """
        state, found = self.machine(machine), self.progress(machine)
        if state.resumed is None or found is None or found.phase != "run":
            return None
        order, step = self._in_hand(state)
        if not self.model.items[order.item].whole or found.done >= step.batch:
            return None
        worked = -(-step.work * int(found.done + 1) // int(step.batch))  # rounded up
        left = worked - (step.work - step.work_left)
        return self.calendar(state.work_centre).after(state.resumed, left)


def _share(whole: Decimal, of: Decimal, among: Decimal, size: Decimal) -> Decimal:
    """`of` parts of a quantity that has `among`, rounded down to whole steps of `size`."""
    return (whole * of / among / size).to_integral_value(ROUND_FLOOR) * size
