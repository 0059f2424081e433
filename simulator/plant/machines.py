"""Machines: who works when, breakdowns and repairs, and the shifts in which they work.

Breakdowns count working time, so that a machine which stands still does not break; repairs take
plant time, on shift or off. Work in hand pauses at the end of a shift by arithmetic, not by events:
its end is the instant by which enough working time has passed.
"""

from __future__ import annotations

from simulator.core.durations import Instant, Span
from simulator.core.errors import not_found
from simulator.plant.calendar import Calendar
from simulator.plant.documents import Downtime, MachineChange
from simulator.plant.ground import refused
from simulator.plant.model import Breakdowns, MachineModel, MicroStops, WorkCentre
from simulator.plant.orders import Orders, current
from simulator.plant.state import MachineState, MachineStatus, OperationState, ProductionOrder

_MOST_STOPS = 1000  # micro-stops in one batch


class Machines(Orders):
    """The machines of the plant."""

    def _derive(self) -> None:
        super()._derive()
        self._calendars: dict[str, Calendar] = {}
        self._calendar_of: dict[str, str] = {}  # work centre -> calendar
        self._machines: dict[str, tuple[MachineModel, WorkCentre]] = {}
        for name, centre in self.model.work_centres.items():
            key = "always" if centre.continuous else ",".join(centre.shifts or ("*",))
            if key not in self._calendars:
                model = None if centre.continuous else self.model.calendar
                self._calendars[key] = Calendar(model, self.zone, centre.shifts)
            self._calendar_of[name] = key
            for machine in centre.machines:
                self._machines[machine.id] = (machine, centre)

    def machines(self) -> list[MachineState]:
        """Every machine, in the order of the file."""
        return list(self.state.machines.values())

    def machine(self, id: str) -> MachineState:
        """One machine. Raises not_found."""
        found = self.state.machines.get(id)
        if found is None:
            raise not_found("machine", id)
        return found

    def calendar(self, work_centre: str) -> Calendar:
        """The shifts of a work centre. Raises not_found."""
        if work_centre not in self._calendar_of:
            raise not_found("work centre", work_centre)
        return self._calendars[self._calendar_of[work_centre]]

    def report_downtime(self, machine: str, span: Span, reason: str = "reported") -> MachineState:
        """Take a machine down for so much plant time; one that is down stays so at least as long.

        Raises not_found, invalid.
        """
        state = self.machine(machine)
        if span <= 0:
            raise refused("/for", "a downtime takes longer than nothing")
        until = self.now + span
        if state.status != "down":
            self._go_down(state, until, reason)
        elif state.up_until is None or until > state.up_until:
            self._mend_at(state, until)
            state.version += 1
        return state

    def hold_machine(self, machine: str, reason: str = "held") -> MachineState:
        """Let somebody at the machine hold it: it does nothing until it is released.

        Raises not_found.
        """
        state = self.machine(machine)
        if not state.held:
            self._halt(state)
            state.held = reason or "held"
            self._stand(state)
        return state

    def release_machine(self, machine: str) -> MachineState:
        """Let a held machine go on. Raises not_found."""
        state = self.machine(machine)
        if state.held:
            state.held = ""
            if state.order is not None and state.status != "down":
                self._work(state)
            else:
                self._stand(state)
                self._wake(state.work_centre)
        return state

    # --- events -------------------------------------------------------------------------------

    def due_breakdown(self, machine: str) -> None:
        """A machine breaks."""
        state = self.state.machines[machine]
        breakdowns, _ = self._troubles(machine)
        assert breakdowns is not None
        span = breakdowns.repair.draw(self.chance.stream("repair", machine))
        self._halt(state)
        state.up_left = breakdowns.up.draw(self.chance.stream("up", machine))
        state.breakdowns += 1
        self._go_down(state, self.now + span, "breakdown")

    def due_repaired(self, machine: str) -> None:
        """A machine is mended: what it had in hand goes on."""
        state = self.state.machines[machine]
        started = state.down_since if state.down_since is not None else self.now
        reason, state.reason = state.reason, ""
        state.down += self.now - started
        state.down_since = state.up_until = state.repair_ticket = None
        self._stand(state)
        self.tell(
            Downtime(
                machine=machine,
                work_centre=state.work_centre,
                started=started,
                ended=self.now,
                reason=reason,
            )
        )
        if state.order is not None:
            self._work(state)
        else:
            self._wake(state.work_centre)

    def due_shift(self, calendar: str) -> None:
        """A shift or a break begins or ends."""
        for centre, key in self._calendar_of.items():
            if key == calendar:
                for machine in self.model.work_centres[centre].machines:
                    self._stand(self.state.machines[machine.id])
                if self._queues[centre]:
                    self._wake(centre)
        self._await_shift(calendar)

    # --- working ------------------------------------------------------------------------------

    def _work(self, machine: MachineState) -> None:
        """Begin, or go on with, the work in hand; its end or the next breakdown is put down."""
        if machine.held:
            self._stand(machine)
            return
        step = self._in_hand(machine)[1]
        calendar = self.calendar(machine.work_centre)
        machine.resumed = self.now
        breaks = self._troubles(machine.id)[0] is not None and machine.up_left < step.work_left
        if breaks:
            due = calendar.after(self.now, machine.up_left)
            machine.ticket = self.agenda.put(due, "plant.breakdown", machine=machine.id)
        else:
            due = calendar.after(self.now, step.work_left)
            machine.ticket = self.agenda.put(due, "plant.done", machine=machine.id)
        self._stand(machine, told=True)

    def _halt(self, machine: MachineState) -> None:
        """Stop the work in hand and book what was done of it."""
        if machine.resumed is None:
            return
        step = self._in_hand(machine)[1]
        done = self.calendar(machine.work_centre).working(machine.resumed, self.now)
        done = min(done, step.work_left)
        step.work_left -= done
        machine.up_left = max(machine.up_left - done, 0)
        machine.busy += done
        machine.resumed = None
        if machine.ticket is not None:
            self.agenda.cancel(machine.ticket)
            machine.ticket = None

    def _in_hand(self, machine: MachineState) -> tuple[ProductionOrder, OperationState]:
        assert machine.order is not None
        order = self.state.orders[machine.order]
        step = current(order)
        assert step is not None
        return order, step

    def _free(self, machine: MachineState) -> None:
        machine.order = machine.operation_no = None
        self._stand(machine)
        self._wake(machine.work_centre)

    def _stand(self, machine: MachineState, *, told: bool = False) -> None:
        """Its status, as it follows from everything else; `told` also where that is the same."""
        status: MachineStatus
        if machine.down_since is not None:
            status = "down"
        elif not self.calendar(machine.work_centre).is_working(self.now):
            status = "off"
        elif machine.held:
            status = "held"
        else:
            status = "idle" if machine.order is None else "running"
        previous = machine.status
        if status != previous:
            machine.status = status
            machine.since = self.now
            machine.version += 1
        if status != previous or told:
            self.tell(self._told(machine, previous))

    def _told(self, machine: MachineState, previous: str) -> MachineChange:
        phase = self._in_hand(machine)[1].phase if machine.order is not None else ""
        return MachineChange(
            machine=machine.id,
            work_centre=machine.work_centre,
            status=machine.status,
            previous=previous,
            order=machine.order,
            operation_no=machine.operation_no,
            phase=phase,
            reason=machine.reason or machine.held,
            at=self.now,
        )

    def _go_down(self, machine: MachineState, until: Instant, reason: str) -> None:
        self._halt(machine)
        machine.down_since = self.now
        machine.reason = reason
        self._mend_at(machine, until)
        self._stand(machine)
        self.tell(
            Downtime(
                machine=machine.id,
                work_centre=machine.work_centre,
                started=self.now,
                ended=None,
                reason=reason,
            )
        )

    def _mend_at(self, machine: MachineState, until: Instant) -> None:
        if machine.repair_ticket is not None:
            self.agenda.cancel(machine.repair_ticket)
        machine.up_until = until
        machine.repair_ticket = self.agenda.put(until, "plant.repaired", machine=machine.id)

    def _micro_stops(self, machine: MachineState, work: Span) -> Span:
        """How much longer the work takes for short stops."""
        stops = self._troubles(machine.id)[1]
        if stops is None:
            return 0
        extra = 0
        for _ in range(_MOST_STOPS):
            if machine.stop_left >= work:
                break
            work -= machine.stop_left
            extra += stops.last.draw(self.chance.stream("micro-stop", machine.id))
            machine.stop_left = stops.every.draw(self.chance.stream("micro-run", machine.id))
            machine.micro_stops += 1
        machine.stop_left = max(machine.stop_left - work, 0)
        return extra

    def _troubles(self, machine: str) -> tuple[Breakdowns | None, MicroStops | None]:
        model, centre = self._machines[machine]
        return model.breakdowns or centre.breakdowns, model.micro_stops or centre.micro_stops

    # --- the start ----------------------------------------------------------------------------

    def _await_shift(self, calendar: str) -> None:
        change = self._calendars[calendar].next_change(self.now)
        if change is not None:
            self.agenda.put(change, "plant.shift", calendar=calendar)

    def _open_machines(self) -> None:
        for name, (_, centre) in self._machines.items():
            state = MachineState(name, centre.id, since=self.now)
            breakdowns, stops = self._troubles(name)
            if breakdowns is not None:
                state.up_left = breakdowns.up.draw(self.chance.stream("up", name))
            if stops is not None:
                state.stop_left = stops.every.draw(self.chance.stream("micro-run", name))
            self.state.machines[name] = state
            self._stand(state)
        for calendar in sorted(self._calendars):
            self._await_shift(calendar)
