"""What clients do to a PLC: PackML commands, modes, writes; and what QA lets it show."""

from __future__ import annotations

from typing import Any

from simulator.core.errors import Refusal, Violation, conflict, invalid
from simulator.core.ports import operation
from simulator.plant.tags import TagChange, TagDefinition, TagValue
from simulator.systems._pages import Page, page_in_order
from simulator.systems.plc import inputs as ask
from simulator.systems.plc.machine import tally
from simulator.systems.plc.packml import COMMANDS, Command, Mode, State
from simulator.systems.plc.running import Running
from simulator.systems.plc.signals import BOUNDS, shown_as
from simulator.systems.plc.views import (
    MachineView,
    PlcView,
    TagView,
    machine_view,
    plc_view,
    tag_view,
)

_KEEPS = {
    Command.STOP: "stop", Command.HOLD: "hold", Command.SUSPEND: "suspend",
    Command.ABORT: "abort", Command.CLEAR: "stop", Command.RESET: "reset",
    Command.COMPLETE: "complete",
}  # fmt: skip
"""Commands after which a machine waits for the next one; the others let it go on."""
_WISHED = (Mode.PRODUCTION, Mode.MAINTENANCE, Mode.MANUAL)
_MODES_CHANGE_IN = (State.STOPPED, State.IDLE, State.ABORTED)


class Commanding(Running):
    """Commands and writes, and what they are refused for."""

    @operation
    def command(self, asked: ask.Commanded) -> MachineView:
        """Give a machine a PackML command. Refused (409) where its state does not take it."""
        self._command(asked.machine, Command[asked.command.upper()], asked.reason)
        return machine_view(asked.machine, self.shown(asked.machine))

    @operation
    def set_mode(self, asked: ask.SetMode) -> MachineView:
        """Put a machine into a mode: only while it is stopped, idle or aborted."""
        self._change_mode(asked.machine, asked.mode)
        return machine_view(asked.machine, self.shown(asked.machine))

    @operation
    def write(self, asked: ask.Write) -> TagView:
        """Write a tag, as a client of the PLC does."""
        definition = self._definition(asked.plc, asked.tag)
        if definition.access != "write":
            raise Refusal(f"{asked.tag} cannot be written", code="not-writable", status=403)
        value = fitting(definition, asked.value)
        device = self.device_of(asked.plc, asked.tag)
        if device:
            self._written(device, asked.tag.partition("/")[2], value)
            return tag_view(self._now(asked.plc, asked.tag))
        return self._force(asked.plc, asked.tag, value, "Good")

    @operation
    def force(self, asked: ask.Force) -> TagView:
        """Let a tag show a value or a quality, whatever happens, until it is released."""
        definition = self._definition(asked.plc, asked.tag)
        value = asked.value
        value = self._now(asked.plc, asked.tag).value if value is None else value
        return self._force(asked.plc, asked.tag, fitting(definition, value), asked.status)

    @operation
    def release(self, asked: ask.OneTag) -> TagView:
        """Let a tag that was written or forced follow its signal or machine again."""
        self._definition(asked.plc, asked.tag)
        self.state.plcs[asked.plc].forced.pop(asked.tag, None)
        self._say_one(asked.plc, asked.tag)
        return tag_view(self._now(asked.plc, asked.tag))

    @operation
    def restart(self, asked: ask.Restart) -> PlcView:
        """Switch a PLC off and on: it introduces itself anew, and its counters begin at 0."""
        given, state = self.plc(asked.plc)
        for name in given.machines:
            shown = self.shown(name)
            if shown.ticket is not None:
                self.stage.cancel(shown.ticket)
                shown.ticket = None
            self._enter(shown, State.STOPPED)
            if not asked.keep_counters:
                self._begin_counting(name)
            self.follow(name)
        state.forced.clear()
        self.stage.record("plc.restarted", keys={"plc": [asked.plc]}, system=self.kind)
        self.introduce_plc(asked.plc, "restart")
        return self._view(asked.plc)

    @operation
    def rebirth(self, asked: ask.OnePlc) -> PlcView:
        """Let a PLC say once more everything that it shows."""
        self.plc(asked.plc)
        self.introduce_plc(asked.plc, "rebirth")
        return self._view(asked.plc)

    # --- what there is ------------------------------------------------------------------------

    @operation(reads=True)
    def list_plcs(self) -> list[PlcView]:
        """Every PLC with its machines and the alarms that are of interest."""
        return [self._view(name) for name in self.plcs]

    @operation(reads=True)
    def get_plc(self, asked: ask.OnePlc) -> PlcView:
        """One PLC."""
        self.plc(asked.plc)
        return self._view(asked.plc)

    @operation(reads=True)
    def list_tags(self, asked: ask.ListTags) -> Page[TagView]:
        """Tags as they stand, in the order of the plant file."""
        self.plc(asked.plc)
        paths = list(self.definitions[asked.plc])
        wanted = asked.under or ""
        return page_in_order(
            paths, asked, lambda one: one, lambda one: tag_view(self._now(asked.plc, one)),
            lambda one: one.startswith(wanted),
        )  # fmt: skip

    @operation(reads=True)
    def read(self, asked: ask.OneTag) -> TagView:
        """One tag as it stands."""
        self._definition(asked.plc, asked.tag)
        return tag_view(self._now(asked.plc, asked.tag))

    # --- how ----------------------------------------------------------------------------------

    def _command(self, machine: str, command: Command, reason: str) -> None:
        shown = self.shown(machine)
        state = State(shown.state)
        if (state, command) not in COMMANDS:
            what = f"{machine} is in {state.title}, which takes no {command.name.capitalize()}"
            raise conflict(what, "command-not-allowed")
        if command is Command.CLEAR and self.plant.machine(machine).status == "down":
            raise conflict(f"{machine} is broken and cannot be cleared yet", "not-repaired")
        shown.ordered = _KEEPS.get(command, "")
        self._let_go(machine, reason or shown.ordered)

    def _change_mode(self, machine: str, mode: int) -> None:
        shown = self.shown(machine)
        if mode not in _WISHED:
            known = ", ".join(f"{one} {one.name.lower()}" for one in _WISHED)
            raise invalid(f"mode {mode} cannot be wished for ({known})", Violation("/mode", "mode"))
        if State(shown.state) not in _MODES_CHANGE_IN:
            what = f"{machine} is in {State(shown.state).title}: its mode stays"
            raise conflict(what, "mode-not-changeable")
        shown.mode, shown.mode_since = mode, self.stage.now
        self._let_go(machine, Mode(mode).name.lower())

    def _let_go(self, machine: str, reason: str) -> None:
        """Let the plant's machine work, unless a command or its mode keeps it."""
        shown = self.shown(machine)
        if shown.ordered or shown.mode in (Mode.MAINTENANCE, Mode.MANUAL):
            self.plant.hold_machine(machine, reason)
        else:
            self.plant.release_machine(machine)
        self.follow(machine)
        self.say_change(machine)

    def _written(self, machine: str, name: str, value: Any) -> None:
        """A write to a machine's command tags. A command is taken at the change request."""
        shown = self.shown(machine)
        if name == "Command/CntrlCmd":
            if value not in list(Command):
                raise invalid(f"there is no command {value}", Violation("/value", "unknown"))
            shown.wished = value
        elif name == "Command/CmdChangeRequest":
            if value and shown.wished:
                wished, shown.wished = Command(shown.wished), 0
                self._command(machine, wished, "")
        elif name == "Command/UnitMode":
            self._change_mode(machine, value)
        elif name == "Command/MachSpeed":
            shown.speed = value
        self.say_change(machine)

    def _begin_counting(self, machine: str) -> None:
        shown = self.shown(machine)
        shown.before = tally(self.plant, machine)
        shown.counting_since = self.stage.now
        shown.cumulative.clear()

    def _force(self, plc: str, path: str, value: Any, status: str) -> TagView:
        self.state.plcs[plc].forced[path] = [value, status]
        self._say_one(plc, path)
        return tag_view(TagValue(path, value, status, self.stage.now))

    def _say_one(self, plc: str, path: str) -> None:
        value = self._now(plc, path).value
        self.say(plc, self.device_of(plc, path), {path: value}, TagChange)

    def _now(self, plc: str, path: str) -> TagValue:
        """What a tag shows now; asking draws nothing, so a noisy one shows what it showed last."""
        state, device = self.state.plcs[plc], self.device_of(plc, path)
        value: Any = None
        if path in state.last:
            value = state.last[path][0]
        elif path in self.plcs[plc].tags:
            tag = self.plcs[plc].tags[path]
            value = shown_as(tag.signal.plain(self.stage.now - state.begun), tag.kind)
        if device:
            value = self.values(plc, device, sampled=False).get(path, value)
        value, status = self.quality(plc, path, value)
        return TagValue(path, value, status, self.stage.now)

    def _definition(self, plc: str, path: str) -> TagDefinition:
        self.plc(plc)
        return self.definition(plc, path)

    def _view(self, plc: str) -> PlcView:
        return plc_view(plc, self.state.plcs[plc], self.state.machines, len(self.definitions[plc]))


def fitting(definition: TagDefinition, value: Any) -> Any:
    """A value that a tag of this type can show.

    Raises Refusal (422): `type-mismatch`, `out-of-range`.
    """
    if definition.array:
        if not isinstance(value, list):
            raise _mismatch(definition, value)
        return [_fitting(definition, one) for one in value]
    return _fitting(definition, value)


def _fitting(definition: TagDefinition, value: Any) -> Any:
    kind = definition.type
    if kind == "Boolean":
        if not isinstance(value, bool):
            raise _mismatch(definition, value)
        return value
    if kind in ("Float", "Double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _mismatch(definition, value)
        return float(value)
    if kind in BOUNDS:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _mismatch(definition, value)
        low, high = BOUNDS[kind]
        if not low <= value <= high:
            what = f"{value} is not between {low} and {high}"
            raise Refusal(what, code="out-of-range", status=422)
        return value
    if not isinstance(value, str):
        raise _mismatch(definition, value)
    return value


def _mismatch(definition: TagDefinition, value: Any) -> Refusal:
    what = f"{definition.path} is a {definition.type}, not {value!r:.60}"
    return Refusal(what, code="type-mismatch", status=422)
