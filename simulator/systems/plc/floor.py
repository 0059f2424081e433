"""What all rooms of the PLC system stand on: which PLC has what, and how it is said."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from simulator.core.errors import Mistake, UnknownName, not_found
from simulator.core.ports import System
from simulator.plant import Plant
from simulator.plant.tags import (
    AlarmDefinition,
    MethodDefinition,
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

BREAKDOWN = "Breakdown"
FOLLOW_UP = "Follow-up-"
Reason = Literal["start", "restart", "rebirth"]


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
        self.definitions: dict[str, dict[str, TagDefinition]] = {
            name: {one.path: one for one in self._definitions(plc)}
            for name, plc in self.plcs.items()
        }

        self._moving: dict[str, dict[int, dict[str, Tag]]] = {}
        for name, plc in self.plcs.items():
            periods = self._moving[name] = {plc.scan: {}}
            for path, tag in plc.tags.items():
                if tag.signal.moves:
                    periods.setdefault(tag.every or plc.scan, {})[path] = tag

    def periods(self, plc: str) -> list[int]:
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

    def alarms(self, plc: str) -> list[AlarmDefinition]:
        """Every alarm of a PLC."""
        given = self.plcs[plc]
        found = [
            AlarmDefinition(
                path=f"{name}/Alarms/{BREAKDOWN}", source=name, kind="trip", severity=800,
                message=f"{name} is down",
            )
            for name in given.machines
        ]  # fmt: skip
        found += [
            AlarmDefinition(
                path=f"{name}/Alarms/{FOLLOW_UP}{number:03d}", source=name,
                severity=200 + 10 * (number % 40), message=f"{name}: follow-up {number}",
            )
            for name in given.machines
            for number in range(1, given.flood + 1)
        ]  # fmt: skip
        found += given.alarms
        if given.alarm_script is not None:
            found += given.alarm_script.alarms
        return found

    # --- values -------------------------------------------------------------------------------

    def values(self, plc: str, device: str, *, sampled: bool) -> dict[str, Any]:
        """What a device shows now; with measurements and signals where it is `sampled`."""
        if device:
            found = shows.values(self.plant, device, self.shown(device), self.plcs[plc])
            if sampled:
                stream = self.stage.chance("plc", plc, device)
                found |= shows.measured(
                    device, self.shown(device), self.plcs[plc], self.stage.now, stream
                )
            return found
        return self.signals(plc, None) if sampled else {}

    def signals(self, plc: str, every: int | None) -> dict[str, Any]:
        """What free-form tags show now: all, or those that move and have this period."""
        gone, found = self.stage.now - self.state.plcs[plc].begun, {}
        tags = self.plcs[plc].tags if every is None else self._moving[plc].get(every, {})
        for path, tag in tags.items():
            stream = self.stage.chance("plc", plc, path)
            found[path] = shown_as(tag.signal.at(gone, stream), tag.kind)
        return found

    def device_of(self, plc: str, path: str) -> str:
        """The machine that a tag belongs to; empty for the PLC itself."""
        first = path.partition("/")[0]
        return first if first in self.plcs[plc].machines else ""

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
        found = self.values(plc, device, sampled=True)
        now, values = self.stage.now, []
        for path, value in found.items():
            value, status = self.quality(plc, path, value)
            state.last[path] = [value, status]
            values.append(TagValue(path, value, status, now))
        return TagSpace.model_construct(
            plc=plc, device=device, reason=reason,
            tags=[one for path, one in self.definitions[plc].items()
                  if self.device_of(plc, path) == device],
            methods=self._methods(device), values=values, at=now,
            alarms=[one for one in self.alarms(plc) if self.device_of(plc, one.path) == device],
        )  # fmt: skip

    def introduce_plc(self, plc: str, reason: Reason) -> None:
        """Introduce a PLC, and then each of its machines."""
        for device in ("", *self.plcs[plc].machines):
            self.stage.emit(self.kind, self.introduction(plc, device, reason))

    def _methods(self, device: str) -> list[MethodDefinition]:
        return shows.methods(device) if device else []
