"""Alarms: they become active and normal, and operators deal with them (OPC 10000-9).

A change of a condition is said as it happens. What is active again was acknowledged by nobody.
"""

from __future__ import annotations

from simulator.core.durations import SECOND
from simulator.core.errors import conflict, not_found
from simulator.core.ports import operation
from simulator.plant.tags import AlarmChange
from simulator.systems.plc import inputs as ask
from simulator.systems.plc.floor import Floor, breakdown_of, follow_ups
from simulator.systems.plc.state import Alarm
from simulator.systems.plc.views import AlarmView, alarm_view

FLOOD = 5 * SECOND
"""Plant time in which the alarms that follow a breakdown come."""


class Alarming(Floor):
    """The conditions of all PLCs."""

    def open_alarms(self, plc: str) -> None:
        """Every alarm, normal; and the first step of the script."""
        state, given = self.state.plcs[plc], self.plcs[plc]
        for path, one in self.alarms[plc].items():
            state.alarms[path] = Alarm(one.severity, one.message, since=self.stage.now)
        if given.alarm_script is not None:
            self.stage.after(given.alarm_script.after, "plc.script", plc=plc, step=0)

    @operation
    def raise_alarm(self, asked: ask.Raise) -> AlarmView:
        """Let an alarm become active. Refused (409) where it is disabled."""
        one = self._alarm(asked.plc, asked.alarm)
        if not one.enabled:
            raise conflict(f"{asked.alarm} is disabled", "alarm-disabled")
        one.comment, one.by = asked.comment, asked.by
        self._activate(asked.plc, asked.alarm, asked.message, asked.severity)
        return alarm_view(asked.alarm, one)

    @operation
    def clear_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Let an alarm become normal."""
        one = self._alarm(asked.plc, asked.alarm)
        self._settle(asked.plc, asked.alarm)
        return alarm_view(asked.alarm, one)

    @operation
    def acknowledge_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Somebody has seen an alarm. Refused (409) where it is acknowledged already."""
        one = self._alarm(asked.plc, asked.alarm)
        if one.acknowledged:
            raise conflict(f"{asked.alarm} is acknowledged already", "already-acknowledged")
        one.acknowledged = True
        return self._dealt_with(asked)

    @operation
    def confirm_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Somebody has dealt with an alarm, which has to be acknowledged first (else 409)."""
        one = self._alarm(asked.plc, asked.alarm)
        if one.confirmed:
            raise conflict(f"{asked.alarm} is confirmed already", "already-confirmed")
        if not one.acknowledged:
            raise conflict(f"{asked.alarm} must be acknowledged first", "not-acknowledged")
        one.confirmed = True
        return self._dealt_with(asked)

    @operation
    def comment_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Write a comment on an alarm."""
        return self._dealt_with(asked)

    @operation
    def shelve_alarm(self, asked: ask.Shelve) -> AlarmView:
        """Put an alarm out of sight for a while."""
        one = self._alarm(asked.plc, asked.alarm)
        self._unshelve(one)
        one.shelved = True
        one.ticket = self.stage.after(asked.span, "plc.unshelve", plc=asked.plc, alarm=asked.alarm)
        return self._dealt_with(asked)

    @operation
    def unshelve_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Show a shelved alarm again."""
        self._unshelve(self._alarm(asked.plc, asked.alarm))
        return self._dealt_with(asked)

    @operation
    def enable_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Let an alarm take part again."""
        self._alarm(asked.plc, asked.alarm).enabled = True
        return self._dealt_with(asked)

    @operation
    def disable_alarm(self, asked: ask.OneAlarm) -> AlarmView:
        """Leave an alarm out."""
        self._alarm(asked.plc, asked.alarm).enabled = False
        return self._dealt_with(asked)

    # --- what happens -------------------------------------------------------------------------

    def break_down(self, machine: str, reason: str) -> None:
        """A machine broke: its alarm, and those that follow."""
        plc = self.plc_of[machine]
        message = f"{machine} is down: {reason}" if reason else f"{machine} is down"
        self._activate(plc, breakdown_of(machine), message, None)
        stream = self.stage.chance("plc", plc, machine, "flood")
        for one in follow_ups(machine, self.plcs[plc]):
            wait = round(stream.uniform() * FLOOD)
            self.stage.after(wait, "plc.alarm", plc=plc, alarm=one)

    def mend(self, machine: str) -> None:
        """A machine runs again: its alarms are normal."""
        plc = self.plc_of[machine]
        for one in (breakdown_of(machine), *follow_ups(machine, self.plcs[plc])):
            self._settle(plc, one)

    def due_alarm(self, plc: str, alarm: str) -> None:
        """An alarm that follows a breakdown, unless that is over."""
        machine = self.device_of(plc, alarm)
        if self.state.plcs[plc].alarms[breakdown_of(machine)].active:
            self._activate(plc, alarm, None, None)

    def due_unshelve(self, plc: str, alarm: str) -> None:
        """Its time out of sight is over."""
        one = self.state.plcs[plc].alarms[alarm]
        one.shelved, one.ticket = False, None
        self._say_alarm(plc, alarm)

    def due_script(self, plc: str, step: int, begun: int | None = None) -> None:
        """The script goes on: to its next wait, or to its end."""
        script = self.plcs[plc].alarm_script
        assert script is not None
        begun = self.stage.now if begun is None else begun
        while step < len(script.steps):
            one = script.steps[step]
            step += 1
            if one.wait is not None:
                self.stage.after(one.wait, "plc.script", plc=plc, step=step, begun=begun)
                return
            assert one.alarm is not None
            alarm = self._alarm(plc, one.alarm)
            alarm.enabled = alarm.enabled if one.enabled is None else one.enabled
            if one.active:
                self._activate(plc, one.alarm, one.message, one.severity)
            elif one.active is False:
                alarm.message = one.message or alarm.message
                self._settle(plc, one.alarm)
            else:
                self._say_alarm(plc, one.alarm)
        if script.again:
            rest = max((script.lasts or 0) - (self.stage.now - begun), 0)
            self.stage.after(rest, "plc.script", plc=plc, step=0)

    # --- one alarm ----------------------------------------------------------------------------

    def _alarm(self, plc: str, path: str) -> Alarm:
        found = self.plc(plc)[1].alarms.get(path)
        if found is None:
            raise not_found(f"alarm of {plc}", path)
        return found

    def _activate(self, plc: str, path: str, message: str | None, severity: int | None) -> None:
        one = self.state.plcs[plc].alarms[path]
        if not one.enabled:
            return
        one.message = one.message if message is None else message
        one.severity = one.severity if severity is None else severity
        one.active, one.acknowledged, one.confirmed = True, False, False
        one.since = self.stage.now
        self._say_alarm(plc, path)

    def _settle(self, plc: str, path: str) -> None:
        one = self.state.plcs[plc].alarms[path]
        if one.active:
            one.active, one.since = False, self.stage.now
            self._say_alarm(plc, path)

    def _unshelve(self, one: Alarm) -> None:
        if one.ticket is not None:
            self.stage.cancel(one.ticket)
        one.shelved, one.ticket = False, None

    def _dealt_with(self, asked: ask.OneAlarm) -> AlarmView:
        one = self._alarm(asked.plc, asked.alarm)
        one.comment, one.by = asked.comment or one.comment, asked.by
        self._say_alarm(asked.plc, asked.alarm)
        return alarm_view(asked.alarm, one)

    def _say_alarm(self, plc: str, path: str) -> None:
        state = self.state.plcs[plc]
        one = state.alarms[path]
        state.events += 1
        self.stage.emit(self.kind, self.alarm_change(plc, path, one, state.events))

    def alarm_change(self, plc: str, path: str, one: Alarm, event: int) -> AlarmChange:
        """An alarm as it stands, as a document."""
        return AlarmChange(
            plc=plc, device=self.device_of(plc, path), path=path,
            source=self.alarms[plc][path].source, event=event, severity=one.severity,
            message=one.message, active=one.active,
            acknowledged=one.acknowledged, confirmed=one.confirmed, shelved=one.shelved,
            enabled=one.enabled, retain=one.retain, comment=one.comment, by=one.by,
            at=self.stage.now,
        )  # fmt: skip
