"""Work: orders go through their operations at machines, batch by batch.

A batch is what one confirmation covers. Its components are taken, and its yield, scrap and rework
drawn, when it begins. Where its order is taken off the machine, what has left it is confirmed, and
the rest is made later. Rework goes through the same operation again. Numbers come from
streams named after order and operation, so that another order never changes them.

What the last operation yields stands `in_production`, counted in the plant's total but in no
warehouse, until somebody receives it with the order as reference, or at once where the item (or
the plant) says `auto_receive`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from simulator.core.chance import Stream
from simulator.core.durations import Span
from simulator.plant.distributions import Distribution
from simulator.plant.documents import Confirmation, MaterialConsumption, OrderCompletion
from simulator.plant.orders import current
from simulator.plant.progress import Progressing
from simulator.plant.quantities import ONE, ZERO, rounded_up
from simulator.plant.receiving import PRODUCTION
from simulator.plant.state import (
    Component,
    MachineState,
    OperationState,
    ProductionOrder,
    Taken,
)

_SAMPLES = 200  # cycles drawn one by one in a batch; a larger batch takes their mean


class Production(Progressing):
    """What happens at the machines."""

    # --- events -------------------------------------------------------------------------------

    def due_dispatch(self) -> None:
        """Give free machines work."""
        self.state.dispatching = False
        dirty, self.state.dirty = self.state.dirty, []
        for centre in dirty:
            self._dispatch(centre)

    def due_done(self, machine: str) -> None:
        """A setup or a batch is done."""
        state = self.state.machines[machine]
        order, step = self._in_hand(state)
        self._halt(state)
        if step.phase == "setup":
            step.phase = ""
            state.set_up_for = f"{order.item}/{step.no}"
            self._begin_batch(state, order, step)
        else:
            self._end_batch(state, order, step)

    # --- at the machine -----------------------------------------------------------------------

    def _dispatch(self, centre: str) -> None:
        queue = self._queues[centre]
        if not queue or not self.calendar(centre).is_working(self.now):
            return
        names = [machine.id for machine in self.model.work_centres[centre].machines]
        machines = (self.state.machines[name] for name in names)
        free = [
            one for one in machines if one.order is None and one.status != "down" and not one.held
        ]
        while queue and free:
            order = self.state.orders[queue.pop(0)[3]]
            step = current(order)
            assert step is not None
            if missing := self._missing_to_begin(order, step):
                self._wait_for(order, step, missing)
                continue
            wanted = f"{order.item}/{step.no}"
            machine = min(free, key=lambda one: one.set_up_for != wanted)
            free.remove(machine)
            self._assign(machine, order, step)

    def _missing_to_begin(self, order: ProductionOrder, step: OperationState) -> list[str]:
        if step.phase or step.again > 0:
            return []
        return self._missing(order, step, min(step.pending, ONE))

    def _assign(self, machine: MachineState, order: ProductionOrder, step: OperationState) -> None:
        machine.order, machine.operation_no = order.id, step.no
        step.status = "running"
        step.machine = machine.id
        order.version += 1
        if step.started is None:
            step.started = self.now
        if order.status == "released":
            self._become(order, "running")
        if not step.phase and machine.set_up_for != f"{order.item}/{step.no}":
            setup = self._operation(order, step).setup
            step.phase = "setup"
            step.work = setup.draw(self.chance.stream("setup", order.id, str(step.no)))
            step.work_left = step.work
        if step.phase:
            self._work(machine)
        else:
            self._begin_batch(machine, order, step)

    def _begin_batch(
        self, machine: MachineState, order: ProductionOrder, step: OperationState
    ) -> None:
        operation = self._operation(order, step)
        most = operation.confirm_every or self.model.production.confirm_every or order.quantity
        batch = self._feasible(order, step, min(step.pending, most))
        step.batch_again = batch == 0 and step.again > 0
        if step.batch_again:
            batch = min(step.again, most)
            step.again -= batch
        elif batch > 0:
            self._consume(order, step, batch)
            step.pending -= batch
            step.issued += batch
        else:
            self._wait_for(order, step, self._missing(order, step, min(step.pending, ONE)))
            self._free(machine)
            return
        stream = self.chance.stream("cycle", order.id, str(step.no))
        work = round(_cycles(operation.cycle, stream, batch) / self._machines[machine.id][0].pace)
        step.work = step.work_left = work + self._micro_stops(machine, work)
        step.phase = "run"
        step.batch = batch
        stream = self.chance.stream("quality", order.id, str(step.no))
        failed = _failures(stream, batch, operation.scrap, operation.rework)
        step.batch_scrap, step.batch_rework = failed
        step.batch_started = self.now
        self._work(machine)

    def _end_batch(
        self, machine: MachineState, order: ProductionOrder, step: OperationState
    ) -> None:
        last = step is order.operations[-1]
        scrap, rework = step.batch_scrap, step.batch_rework
        final = step.pending == 0 and step.again + rework == 0
        step.phase = ""
        self._confirm(machine, order, step, step.batch - scrap - rework, scrap, rework, final=final)
        if final:
            self._end_operation(machine, order, step, last)
        else:
            self._begin_batch(machine, order, step)

    def _take_off(self, order: ProductionOrder, step: OperationState) -> None:
        machine = self.state.machines.get(step.machine or "")
        if machine is None or machine.order != order.id:
            return
        self._halt(machine)
        found = self.progress(machine.id)
        if found is not None and found.done > 0:
            step.work = step.work_left  # of the rest, nothing is done
            self._confirm(machine, order, step, found.good, found.scrap, found.rework, final=False)
            step.batch_started = self.now
        self._free(machine)

    def _confirm(
        self,
        machine: MachineState,
        order: ProductionOrder,
        step: OperationState,
        good: Decimal,
        scrap: Decimal,
        rework: Decimal,
        *,
        final: bool,
    ) -> None:
        """Count and tell what has left the machine, of its batch."""
        done = good + scrap + rework
        machine.ideal += self._ideal(machine, order, step, done)
        step.batch -= done
        step.batch_scrap -= scrap
        step.batch_rework -= rework
        step.good += good
        step.scrap += scrap
        step.rework += rework
        step.again += rework
        step.confirmations += 1
        machine.good += good
        machine.scrap += scrap
        machine.rework += rework
        machine.version += 1
        order.scrap += scrap
        order.rework += rework
        order.version += 1
        self._totals(order.item).scrapped += scrap
        last = step is order.operations[-1]
        serials = self._yield(order, good) if last else []
        self.tell(
            Confirmation(
                id=f"{order.id}-{step.no}-{step.confirmations}",
                order=order.id,
                item=order.item,
                operation_no=step.no,
                work_centre=step.work_centre,
                machine=machine.id,
                yield_quantity=good,
                scrap=scrap,
                rework=rework,
                final=final,
                lot=order.lot,
                serials=serials,
                external=order.external,
                started=step.batch_started,
                at=self.now,
            )
        )
        if last and good:
            self._receive_by_itself(order, good)

    def _end_operation(
        self, machine: MachineState, order: ProductionOrder, step: OperationState, last: bool
    ) -> None:
        step.status = "completed"
        step.ended = self.now
        self._free(machine)
        if not last and step.good > 0:
            following = order.operations[order.operations.index(step) + 1]
            following.pending = step.good
            self._queue(order)
            return
        order.completed = self.now
        self._become(order, "completed")
        self._forget(order)
        self.tell(
            OrderCompletion(
                order=order.id,
                item=order.item,
                lot=order.lot,
                good=order.good,
                scrap=order.scrap,
                external=order.external,
                at=self.now,
            )
        )

    def _ideal(
        self, machine: MachineState, order: ProductionOrder, step: OperationState, units: Decimal
    ) -> Span:
        """How long so many units take where nothing gets in the way."""
        pace = self._machines[machine.id][0].pace
        return round(self._operation(order, step).cycle.ideal * units / Decimal(str(pace)))

    # --- what comes out -----------------------------------------------------------------------

    def _yield(self, order: ProductionOrder, good: Decimal) -> list[str]:
        """Finished goods, with their serials and the genealogy of their lot."""
        if good == 0:
            return []
        serials = []
        if self.model.items[order.item].tracking == "serial":
            made = len(order.serials)
            serials = [f"{order.id}-{made + n:04d}" for n in range(1, int(good) + 1)]
        order.good += good
        order.in_production += good
        order.serials += serials
        order.serials_in_production += serials
        self._totals(order.item).produced += good
        if order.lot is not None:
            self._know_lot(order.item, order.lot, f"order:{order.id}")
            lot = self.state.lots[f"{order.item}/{order.lot}"]
            lot.serials = list(order.serials)
            lot.components = [replace(one) for one in order.consumed]
        return serials

    def _receive_by_itself(self, order: ProductionOrder, good: Decimal) -> None:
        item = self.model.items[order.item]
        auto = self.model.production.auto_receive if item.auto_receive is None else None
        if auto or item.auto_receive:
            self.receive(
                item=order.item, quantity=good, reference=order.id, reference_type=PRODUCTION
            )

    # --- components ---------------------------------------------------------------------------

    def _needs(
        self, order: ProductionOrder, step: OperationState, units: Decimal
    ) -> dict[str, Decimal]:
        """What these further units take of each component at this operation.

        Rounded up over the whole operation, so that many small batches take what one large would.
        """
        bom = self.model.boms.get(order.item)
        needs: dict[str, Decimal] = {}
        for line in bom.components if bom else ():
            if (line.operation or order.operations[0].no) != step.no:
                continue
            whole = self.model.items[line.item].whole
            each = line.quantity * (1 + Decimal(str(line.scrap)))
            more = rounded_up(each * (step.issued + units), whole)
            more -= rounded_up(each * step.issued, whole)
            needs[line.item] = needs.get(line.item, ZERO) + more
        return needs

    def _missing(self, order: ProductionOrder, step: OperationState, units: Decimal) -> list[str]:
        """The components of which there are too few for these units."""
        if self.model.warehouse.allow_negative:
            return []
        needs = self._needs(order, step, units)
        return [item for item, need in needs.items() if need and self.available(item) < need]

    def _feasible(self, order: ProductionOrder, step: OperationState, units: Decimal) -> Decimal:
        """How many of these units there are components for: whole units, or all of them."""
        if units <= 0 or not self._missing(order, step, units):
            return units
        low, high = 0, math.ceil(units)
        while high - low > 1:
            middle = (low + high) // 2
            if self._missing(order, step, Decimal(middle)):
                high = middle
            else:
                low = middle
        return Decimal(low)

    def _consume(self, order: ProductionOrder, step: OperationState, units: Decimal) -> None:
        """Take components for these units, oldest lots first."""
        for item, need in self._needs(order, step, units).items():
            if need <= 0:
                continue
            taken = self._take(self._open_lines(item), need)
            short = need - sum((part.quantity for part in taken), ZERO)
            if short > 0:
                taken += self._overdraw(
                    item, short, self.model.items[item].bin or self._receiving, None
                )
            self._totals(item).consumed += need
            for part in taken:
                self._book_consumption(order, step, part)

    def _book_consumption(self, order: ProductionOrder, step: OperationState, part: Taken) -> None:
        for one in order.consumed:
            if (one.item, one.lot, one.serial) == (part.item, part.lot, part.serial):
                one.quantity += part.quantity
                break
        else:
            order.consumed.append(Component(part.item, part.lot, part.quantity, part.serial))
        self.tell(
            MaterialConsumption(
                order=order.id,
                item=part.item,
                lot=part.lot,
                serial=part.serial,
                quantity=part.quantity,
                bin=part.from_bin,
                operation_no=step.no,
                at=self.now,
            )
        )
        self._move("consumption", part, part.from_bin, None, order.id)


def _cycles(cycle: Distribution, stream: Stream, units: Decimal) -> Span:
    """How long so many units take, one after the other."""
    if cycle.fixed is not None:
        return round(cycle.fixed * units)
    if units > _SAMPLES:
        drawn = sum(cycle.draw(stream) for _ in range(_SAMPLES))
        return round(drawn * units / _SAMPLES)
    whole = int(units)
    work = sum(cycle.draw(stream) for _ in range(whole))
    rest = units - whole
    return work + (round(cycle.draw(stream) * rest) if rest else 0)


def _failures(
    stream: Stream, units: Decimal, scrap: float, rework: float
) -> tuple[Decimal, Decimal]:
    """How many of these units are scrap, and how many need rework: one draw a unit."""
    failed, again = ZERO, ZERO
    if scrap + rework <= 0:
        return failed, again
    left = units
    size = max(ONE, (units / 1000).to_integral_value())  # a huge batch fails in thousandths
    while left > 0:
        part = min(size, left)
        left -= part
        draw = stream.uniform()
        if draw < scrap:
            failed += part
        elif draw < scrap + rework:
            again += part
    return failed, again
