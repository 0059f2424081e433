"""How a PLC follows its machines: PackML states on their way, units, scans."""

from __future__ import annotations

from simulator.core.durations import Span
from simulator.systems.plc import machine as shows
from simulator.systems.plc.floor import Floor
from simulator.systems.plc.packml import DONE, Mode, State, way
from simulator.systems.plc.state import Shown

_WANTED = {
    "stop": State.STOPPED, "hold": State.HELD, "suspend": State.SUSPENDED, "abort": State.ABORTED,
    "reset": State.IDLE, "complete": State.COMPLETED,
}  # fmt: skip
"""Where a command keeps a machine until another one lets it go."""
_AT_ONCE = (State.ABORTED, State.STOPPED)


class Running(Floor):
    """Machines as they go through their states."""

    # --- states -------------------------------------------------------------------------------

    def follow(self, machine: str) -> None:
        """Set out for the state that follows from the plant and from what was commanded."""
        shown = self.shown(machine)
        state, wanted = State(shown.state), self.wanted(machine)
        if shown.ticket is not None:
            if wanted not in _AT_ONCE or way(state, wanted)[:1] == (DONE[state],):
                return  # its end looks again
            self.stage.cancel(shown.ticket)
            shown.ticket = None
        self._step(machine, shown, wanted)
        self._set_mode(machine, shown)
        works = State(shown.state) in (State.STARTING, State.EXECUTE)
        shows.turn(shown, self.plcs[shown.plc], self.stage.now, works=works)

    def wanted(self, machine: str) -> State:
        """The waiting state (or Execute) in which a machine belongs."""
        state, shown = self.plant.machine(machine), self.shown(machine)
        if state.status == "down":
            return State.ABORTED
        if shown.ordered:
            return _WANTED[shown.ordered]
        if state.status == "held":
            return State.HELD
        if state.status == "off":
            return State.STOPPED if state.order is None else State.HELD
        found = self.plant.progress(machine)
        runs = state.status == "running" and found is not None and found.phase == "run"
        return State.EXECUTE if runs else State.IDLE

    def due_acted(self, machine: str) -> None:
        """An acting state is over."""
        shown = self.shown(machine)
        shown.ticket = None
        self._enter(shown, DONE[State(shown.state)])
        self.follow(machine)
        self.say_change(machine)

    def _step(self, machine: str, shown: Shown, wanted: State) -> None:
        """On to the next acting state; waiting states on the way are passed at once."""
        state = State(shown.state)
        while state is not wanted:
            states = way(state, wanted)
            if state is State.EXECUTE and wanted is State.IDLE:
                states = way(state, State.COMPLETED)  # the job is done: it is not stopped
            state = states[0]
            self._enter(shown, state)
            if state in DONE:
                span = self.plcs[shown.plc].acting
                shown.ticket = self.stage.after(span, "plc.acted", machine=machine)
                return

    def _enter(self, shown: Shown, state: State) -> None:
        before, now = shown.state, self.stage.now
        shown.cumulative[before] = shown.cumulative.get(before, 0) + now - shown.since
        shown.state, shown.since = int(state), now

    def _set_mode(self, machine: str, shown: Shown) -> None:
        """Production and setup follow the plant; maintenance and manual are somebody's wish."""
        if shown.mode not in (Mode.PRODUCTION, Mode.SETUP):
            return
        found = self.plant.progress(machine)
        sets_up = found is not None and found.phase == "setup"
        mode = Mode.SETUP if sets_up else Mode.PRODUCTION
        if shown.mode != mode:
            shown.mode, shown.mode_since = int(mode), self.stage.now
        state = self.plant.machine(machine)
        shown.stop_reason = _reason(state.status, state.reason or state.held, sets_up=sets_up)

    # --- units and scans ----------------------------------------------------------------------

    def await_unit(self, machine: str) -> None:
        """Put down when the next unit leaves the machine, where anybody watches."""
        shown = self.shown(machine)
        if shown.unit is not None:
            self.stage.cancel(shown.unit)
            shown.unit = None
        if not self.state.plcs[shown.plc].scans:
            return
        due = self.plant.next_unit(machine)
        if due is not None:
            wait = max(due - self.stage.now, 0)
            shown.unit = self.stage.after(wait, "plc.unit", machine=machine)

    def due_unit(self, machine: str) -> None:
        """A unit has left the machine."""
        shown = self.shown(machine)
        shown.unit = None
        found = self.values(shown.plc, machine, sampled=False)
        counted = {path: value for path, value in found.items() if not shows.moves(path)}
        self.say_sample(shown.plc, machine, counted)
        self.await_unit(machine)

    def begin_scans(self, plc: str) -> None:
        """Sample from now on: machines and signals, each period for itself."""
        state = self.state.plcs[plc]
        for ticket in state.scans.values():
            self.stage.cancel(ticket)
        state.scans.clear()
        for every in self.periods(plc):
            self._await_scan(plc, every)

    def due_scan(self, plc: str, every: Span) -> None:
        """Sample what has this period."""
        given = self.plcs[plc]
        self._await_scan(plc, every)
        free = self.moving(plc, every)
        for device in ("", *given.machines):
            found = self.signals(plc, free.get(device, {}))
            if device and every == given.scan:
                found |= self.values(plc, device, sampled=True)
            self.say_sample(plc, device, found)

    def _await_scan(self, plc: str, every: Span) -> None:
        ticket = self.stage.after(every, "plc.scan", plc=plc, every=every)
        self.state.plcs[plc].scans[str(every)] = ticket


def _reason(status: str, reason: str, *, sets_up: bool) -> str:
    if status == "running":
        return "setup" if sets_up else ""
    return {"down": reason or "breakdown", "held": reason or "held", "off": "off shift"}.get(
        status, "no order"
    )
