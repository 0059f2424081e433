"""PLCs: machines of the plant as their controllers show them, with tags, alarms and job control.

A PLC counts nothing by itself: it hears what happens in the plant and shows that, by PackML
(ISA-TR88.00.02) and ISA-95 job control (OPC 10031-4). Free-form tags follow signals.
"""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Document
from simulator.plant.documents import Confirmation, Downtime, MachineChange
from simulator.plant.tags import AlarmChange, TagChange, TagSample, TagSpace
from simulator.systems.plc.alarming import Alarming
from simulator.systems.plc.commanding import Commanding
from simulator.systems.plc.jobs import Jobs
from simulator.systems.plc.state import PlcState, Shown


class PlcSystem(Commanding, Alarming, Jobs):
    """Stands in for the PLCs of the shop floor."""

    kind: ClassVar[str] = "plc"
    summary: ClassVar[str] = "PLCs: PackML machines, counters, tags, alarms, ISA-95 job control"
    says: ClassVar[tuple[type[Document], ...]] = (TagSpace, TagChange, TagSample, AlarmChange)

    def open(self) -> None:
        for plc, given in self.plcs.items():
            self.state.plcs[plc] = PlcState(begun=self.stage.now)
            for name in given.machines:
                now = self.stage.now
                self.state.machines[name] = Shown(
                    plc, since=now, mode_since=now, counting_since=now
                )
            self.open_alarms(plc)
        for name in self.state.machines:
            self.follow(name)

    def introduce(self) -> None:
        for plc in self.plcs:
            self.introduce_plc(plc, "start")
            self.begin_scans(plc)
        for name in self.state.machines:
            self.await_unit(name)

    def recall(self) -> None:
        for plc in self.plcs:
            for device in ("", *self.plcs[plc].machines):
                self.say_again(plc, device)

    def on(self, document: Document) -> None:
        if isinstance(document, MachineChange) and document.machine in self.state.machines:
            self.follow(document.machine)
            self.await_unit(document.machine)
            self.say_change(document.machine)
        elif isinstance(document, Confirmation) and document.machine in self.state.machines:
            self.say_change(document.machine)
        elif isinstance(document, Downtime) and document.machine in self.state.machines:
            if document.ended is None:
                self.break_down(document.machine, document.reason)
            else:
                self.mend(document.machine)
