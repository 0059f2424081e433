"""An edge node: what a PLC and its devices have said of themselves, and how that is written.

It remembers what each tag showed last, because a birth has to say how things stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from simulator.contracts.sparkplug.payload import BAD, GOOD, Metric, Payload, write
from simulator.plant.tags import (
    AlarmChange,
    AlarmDefinition,
    TagDefinition,
    TagSpace,
    TagType,
    TagValue,
)

REBIRTH = "Node Control/Rebirth"
_FACETS: tuple[tuple[str, TagType, str, Any], ...] = (
    ("Active", "Boolean", "active", False),
    ("Acknowledged", "Boolean", "acknowledged", True),
    ("Confirmed", "Boolean", "confirmed", True),
    ("Shelved", "Boolean", "shelved", False),
    ("Severity", "UInt16", "severity", 0),
    ("Message", "String", "message", ""),
)
"""An alarm as metrics: name, type, field of an AlarmChange, and what a silent one shows."""


class Node:
    """One PLC."""

    def __init__(self, plc: str, *, aliases: bool) -> None:
        self.plc = plc
        self._aliased = aliases
        self._spaces: dict[str, TagSpace] = {}  # by device; the node's own is the one without name
        self._tags: dict[str, TagDefinition] = {}  # by path, alarms included
        self._shown: dict[str, TagValue] = {}
        self._aliases: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        self.host_heard_at = -1  # the timestamp of the last STATE that counted, ms

    # --- what is heard ------------------------------------------------------------------------

    def learn(self, space: TagSpace) -> None:
        """A PLC or a device introduces itself."""
        self._spaces[space.device] = space
        for tag in self._all_tags(space):
            self._tags[tag.path] = tag
            if tag.path not in self._aliases:
                number = len(self._aliases) + 1
                self._aliases[tag.path], self._paths[number] = number, tag.path
        for alarm in space.alarms:
            for value in _silent(alarm, space.at):
                self._shown.setdefault(value.path, value)
        for value in space.values:
            self._shown[value.path] = value

    def births(self) -> list[TagSpace]:
        """Every introduction as things stand, the node's own first."""
        found = []
        for device in sorted(self._spaces, key=bool):  # stable: devices stay in their order
            space = self._spaces[device]
            values = [self._shown[one.path] for one in space.tags if one.path in self._shown]
            now = max((one.at for one in self._shown.values()), default=space.at)
            update = {"values": values, "reason": "start", "at": max(now, space.at)}
            found.append(space.model_copy(update=update))
        return found

    # --- what is written ----------------------------------------------------------------------

    def birth(self, space: TagSpace) -> bytes:
        """A birth's payload, but for its numbers."""
        metrics = [Metric(REBIRTH, False, "Boolean", space.at // 1000)] if not space.device else []
        shown = {one.path: one for one in space.values}
        for tag in self._all_tags(space):
            value = shown.get(tag.path) or self._shown.get(tag.path)
            metrics.append(self._born(space.device, tag, value, space.at))
        metrics.sort(key=lambda one: one.at or 0)  # hosts may count on their order in time
        return write(Payload(space.at // 1000, metrics=metrics))

    def data(self, device: str, values: Iterable[TagValue], at: int) -> bytes:
        """The payload of what changed, but for its number."""
        metrics = []
        for one in values:
            before = self._shown.get(one.path)
            self._shown[one.path] = one
            metrics.append(self._changed(device, one, before))
        return write(Payload(at // 1000, metrics=metrics))

    def alarm(self, change: AlarmChange) -> bytes:
        """The payload of an alarm that changed, but for its number."""
        values = [
            TagValue(f"{change.path}/{name}", getattr(change, fieldname), "Good", change.at)
            for name, _, fieldname, _ in _FACETS
        ]
        return self.data(change.device, values, change.at)

    def _all_tags(self, space: TagSpace) -> Iterator[TagDefinition]:
        yield from space.tags
        for alarm in space.alarms:
            for name, kind, _, _ in _FACETS:
                yield TagDefinition(path=f"{alarm.path}/{name}", type=kind)

    def _born(self, device: str, tag: TagDefinition, one: TagValue | None, at: int) -> Metric:
        properties: dict[str, Any] = {}
        if tag.description:
            properties["documentation"] = tag.description
        if tag.unit:
            properties["engUnit"] = tag.unit
        if tag.low is not None and tag.high is not None:
            properties |= {"engLow": tag.low, "engHigh": tag.high}
        quality = BAD if one is not None and not _good(one) else None
        value = one.value if one is not None else None
        when = one.at if one is not None else at
        return Metric(
            name_in(device, tag.path), value, tag.type, when // 1000, tag.array,
            self._aliases[tag.path] if self._aliased else None,
            quality=quality, properties=properties,
        )  # fmt: skip

    def _changed(self, device: str, one: TagValue, before: TagValue | None) -> Metric:
        tag = self._tags.get(one.path)
        kind, array = (tag.type, tag.array) if tag is not None else _looks_like(one.value)
        quality = None
        if not _good(one):
            quality = BAD
        elif before is not None and not _good(before):
            quality = GOOD  # a host keeps the last that it was told
        alias = self._aliases.get(one.path) if self._aliased else None
        name = name_in(device, one.path) if alias is None else ""
        return Metric(name, one.value, kind, one.at // 1000, array, alias, quality=quality)

    # --- what is asked ------------------------------------------------------------------------

    def types(self, device: str) -> dict[str | int, str]:
        """The types of a device's metrics, by name and by alias."""
        found: dict[str | int, str] = {}
        for path, tag in self._tags.items():
            found[name_in(device, path)] = found[self._aliases[path]] = tag.type
        return found

    def path(self, device: str, metric: Metric) -> str:
        """The path of the tag that a command's metric means; empty where there is none."""
        if metric.name:
            path = f"{device}/{metric.name}" if device else metric.name
            return path if path in self._tags else ""
        path = self._paths.get(metric.alias or 0, "")
        return path if path.startswith(f"{device}/" if device else "") else ""


def name_in(device: str, path: str) -> str:
    """A tag's name as a metric: without its device, which the topic names."""
    return path.removeprefix(f"{device}/") if device else path


def _good(one: TagValue) -> bool:
    return one.status.startswith("Good")


def _silent(alarm: AlarmDefinition, at: int) -> Iterator[TagValue]:
    for name, _, fieldname, value in _FACETS:
        shown = getattr(alarm, fieldname, value)  # severity and message are its own
        yield TagValue(f"{alarm.path}/{name}", shown, "Good", at)


def _looks_like(value: Any) -> tuple[TagType, bool]:
    """The type of a value whose tag nobody introduced: a plan knows no introductions."""
    if isinstance(value, list):
        return _looks_like(value[0])[0] if value else "Double", True
    if isinstance(value, bool):
        return "Boolean", False
    if isinstance(value, int):
        return "Int64", False
    return ("String" if isinstance(value, str) else "Double"), False
