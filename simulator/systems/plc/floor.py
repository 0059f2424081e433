"""What all rooms of the PLC system stand on: which PLC has what, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel

from simulator.core.durations import Span
from simulator.core.errors import Mistake, UnknownName, not_found
from simulator.core.ports import System
from simulator.plant import Plant
from simulator.plant.tags import (
    AlarmDefinition,
    TagChange,
    TagDefinition,
    TagSample,
    TagSpace,
    TagValue,
)
from simulator.systems.plc import machine as shows
from simulator.systems.plc.settings import FloorSettings, Plc, Tag
from simulator.systems.plc.signals import shown_as
from simulator.systems.plc.state import FloorState, PlcState, Shown

Reason = Literal["start", "restart", "rebirth"]
D = TypeVar("D", TagDefinition, AlarmDefinition)


class Floor(System[Plant]):
    """PLCs, their machines and tags; everything that is said goes through here."""

    State: ClassVar[Any] = FloorState
    Settings: ClassVar[type[BaseModel]] = FloorSettings

    state: FloorState

    def __init__(self, plant: Plant, stage: Any, settings: FloorSettings) -> None:
        super().__init__(plant, stage, settings)
        self.plcs: dict[str, Plc] = dict(settings.plcs) or {
            name: Plc(machines=[one.id for one in centre.machines], scan=settings.scan)
            for name, centre in plant.model.work_centres.items()
        }
        self._check()
        self.plc_of = {name: plc for plc, one in self.plcs.items() for name in one.machines}
        self.definitions = {
            name: _once(self._definitions(plc), f"tags of {name}")
            for name, plc in self.plcs.items()
        }
        self.alarms = {
            name: _once(_alarms(plc), f"alarms of {name}") for name, plc in self.plcs.items()
        }
        self._check_scripts()
        # those that move by their period, and then by their device
        self._moving: dict[str, dict[Span, dict[str, dict[str, Tag]]]] = {}
        for name, plc in self.plcs.items():
            periods = self._moving[name] = {plc.scan: {}}
            for path, tag in plc.tags.items():
                if tag.signal.moves:
                    devices = periods.setdefault(tag.every or plc.scan, {})
                    devices.setdefault(self.device_of(name, path), {})[path] = tag

    def periods(self, plc: str) -> list[Span]:
        """How far apart the samples of a PLC are: one scan for its machines, others for tags."""
        return sorted(self._moving[plc])

    def _check(self) -> None:
        known = {one.id for centre in self.plant.model.work_centres.values()
                 for one in centre.machines}  # fmt: skip
        seen: dict[str, str] = {}
        for plc, one in self.plcs.items():
            for name in one.machines:
                if name not in known:
                    raise UnknownName("machine", name, known)
                if name in seen:
                    raise Mistake(f"{name} belongs to two PLCs: {seen[name]} and {plc}")
                seen[name] = plc

    def _check_scripts(self) -> None:
        for name, plc in self.plcs.items():
            for step in plc.alarm_script.steps if plc.alarm_script is not None else ():
                if step.alarm is not None and step.alarm not in self.alarms[name]:
                    raise UnknownName(f"alarm of {name}", step.alarm, self.alarms[name])

    def _definitions(self, plc: Plc) -> list[TagDefinition]:
        found = [one for name in plc.machines for one in shows.definitions(name, plc)]
        for path, tag in plc.tags.items():
            found.append(
                TagDefinition(
                    path=path, type=tag.kind, array=isinstance(tag.signal.constant, list),
                    description=tag.description, unit=tag.unit, low=tag.low, high=tag.high,
                    access=tag.access, history=tag.history, node=tag.node,
                )
            )  # fmt: skip
        return found

    # --- finding ------------------------------------------------------------------------------

    def plc(self, name: str) -> tuple[Plc, PlcState]:
        """A PLC's settings and state. Raises not_found."""
        if name not in self.plcs:
            raise not_found("PLC", name)
        return self.plcs[name], self.state.plcs[name]

    def shown(self, machine: str) -> Shown:
        """A machine as its PLC shows it. Raises not_found."""
        if machine not in self.state.machines:
            raise not_found("machine of a PLC", machine)
        return self.state.machines[machine]

    def definition(self, plc: str, path: str) -> TagDefinition:
        """A tag's definition. Raises not_found."""
        found = self.definitions[plc].get(path)
        if found is None:
            raise not_found(f"tag of {plc}", path)
        return found

    def device_of(self, plc: str, path: str) -> str:
        """The machine that a tag or an alarm belongs to; empty for the PLC itself."""
        first = path.partition("/")[0]
        return first if first in self.plcs[plc].machines else ""

    # --- values -------------------------------------------------------------------------------

    def values(self, plc: str, device: str, *, sampled: bool) -> dict[str, Any]:
        """What a machine shows now by itself; with its measurements where it is `sampled`."""
        found: dict[str, Any] = {}
        if device:
            shown, given = self.shown(device), self.plcs[plc]
            found = shows.values(self.plant, device, shown, given)
            if sampled:
                stream = self.stage.chance("plc", plc, device)
                found |= shows.measured(device, shown, given, self.stage.now, stream)
        return found

    def signals(self, plc: str, tags: Mapping[str, Tag]) -> dict[str, Any]:
        """What these free-form tags show now."""
        gone, chance = self.stage.now - self.state.plcs[plc].begun, self.stage.chance
        return {
            path: shown_as(tag.signal.at(gone, chance("plc", plc, path)), tag.kind)
            for path, tag in tags.items()
        }

    def moving(self, plc: str, every: Span) -> dict[str, dict[str, Tag]]:
        """Free-form tags that move and have this period, by their device."""
        return self._moving[plc].get(every, {})

    # --- saying -------------------------------------------------------------------------------

    def say(self, plc: str, device: str, values: dict[str, Any], kind: type[TagChange]) -> None:
        """Say those of the values that are not what was said last."""
        state = self.state.plcs[plc]
        now, last = self.stage.now, state.last
        changed = []
        for path, value in values.items():
            value, status = self.quality(plc, path, value)
            if last.get(path) != [value, status]:
                last[path] = [value, status]
                changed.append(TagValue(path, value, status, now))
        if changed:
            document = kind.model_construct(plc=plc, device=device, values=changed, at=now)
            self.stage.emit(self.kind, document)

    def quality(self, plc: str, path: str, value: Any) -> tuple[Any, str]:
        """What a tag shows, and how good that is: as it was forced, else as it is set up."""
        forced = self.state.plcs[plc].forced.get(path)
        if forced is not None:
            return forced[0], forced[1]
        tag = self.plcs[plc].tags.get(path)
        return value, tag.status if tag is not None else "Good"

    def say_change(self, machine: str) -> None:
        """Something happened at a machine: say what it shows, but for what moves by itself."""
        plc = self.plc_of[machine]
        found = self.values(plc, machine, sampled=False)
        self.say(plc, machine, {k: v for k, v in found.items() if not shows.moves(k)}, TagChange)

    def say_again(self, plc: str, device: str) -> None:
        """Say once more what a device showed last."""
        last = self.state.plcs[plc].last
        now = self.stage.now
        values = [
            TagValue(path, value, status, now)
            for path, (value, status) in last.items()
            if self.device_of(plc, path) == device
        ]
        if values:
            again = TagSample.model_construct(plc=plc, device=device, values=values, at=now)
            self.stage.emit(self.kind, again)

    def say_sample(self, plc: str, device: str, values: dict[str, Any]) -> None:
        """Say what was sampled."""
        self.say(plc, device, values, TagSample)

    def introduction(self, plc: str, device: str, reason: Reason) -> TagSpace:
        """A device with everything it shows; a PLC's own is the one without a name."""
        state = self.state.plcs[plc]
        free = {
            path: tag for path, tag in self.plcs[plc].tags.items()
            if self.device_of(plc, path) == device
        }  # fmt: skip
        found = self.values(plc, device, sampled=True) | self.signals(plc, free)
        now, values = self.stage.now, []
        for path, value in found.items():
            value, status = self.quality(plc, path, value)
            state.last[path] = [value, status]
            values.append(TagValue(path, value, status, now))
        return TagSpace.model_construct(
            plc=plc, device=device, reason=reason,
            tags=[one for path, one in self.definitions[plc].items()
                  if self.device_of(plc, path) == device],
            methods=shows.methods(device) if device else [], values=values, at=now,
            alarms=[one for path, one in self.alarms[plc].items()
                    if self.device_of(plc, path) == device],
        )  # fmt: skip

    def introduce_plc(self, plc: str, reason: Reason) -> None:
        """Introduce a PLC, and then each of its machines."""
        for device in ("", *self.plcs[plc].machines):
            self.stage.emit(self.kind, self.introduction(plc, device, reason))


def breakdown_of(machine: str) -> str:
    """The alarm of a machine that is down."""
    return f"{machine}/Alarms/Breakdown"


def follow_ups(machine: str, plc: Plc) -> list[str]:
    """The alarms that follow the breakdown of a machine."""
    return [f"{machine}/Alarms/Follow-up-{number:03d}" for number in range(1, plc.flood + 1)]


def _alarms(plc: Plc) -> list[AlarmDefinition]:
    found = []
    for name in plc.machines:
        found.append(
            AlarmDefinition(
                path=breakdown_of(name), source=name, kind="trip", severity=800,
                message=f"{name} is down",
            )
        )  # fmt: skip
        found += [
            AlarmDefinition(
                path=path, source=name, severity=200 + 10 * (number % 40),
                message=f"{name}: follow-up {number}",
            )
            for number, path in enumerate(follow_ups(name, plc), 1)
        ]  # fmt: skip
    found += plc.alarms
    return found + (plc.alarm_script.alarms if plc.alarm_script is not None else [])


def _once(defined: Sequence[D], what: str) -> dict[str, D]:
    """Definitions by their path. Raises Mistake where two have the same."""
    found = {one.path: one for one in defined}
    if len(found) < len(defined):
        paths = [one.path for one in defined]
        twice = next(path for path in paths if paths.count(path) > 1)
        raise Mistake(f"two {what} stand at {twice}", cure="give one of them another path")
    return found
