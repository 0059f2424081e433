"""A unified namespace: plain JSON on topics that follow ISA-95's levels, commands beside them.

    acme/works/CELL/MILL-1/Status/StateCurrent    {"value": 6, "timestamp": …, "quality": "Good"}
    acme/works/CELL/MILL-1/_meta                  what there is: types, units, ranges; retained
    acme/works/CELL/_status                       {"online": true}; retained, and the will
    acme/works/CELL/MILL-1/Command/UnitMode/set   3, or {"value": 3}
    acme/works/CELL/MILL-1/cmd                    {"operation": "command", "command": "hold"}

What came of a command is said on its topic with `/reply`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import orjson
from pydantic import Field, ValidationError, field_validator, model_validator

from simulator.contracts.uns.session import META, UnsSession
from simulator.core.durations import as_json, show_instant
from simulator.core.errors import Refusal, not_found
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, Operation, Strict
from simulator.core.routes import plain, problem, violations
from simulator.plant.tags import AlarmChange, TagChange, TagDefinition, TagSpace, TagValue

SET, COMMAND, REPLY = "set", "cmd", "reply"
_RESERVED = re.compile(r"[+#\x00]")
_LEVELS = ("enterprise", "site", "area", "line", "cell")


class UnsSettings(Strict):
    """What an endpoint of this contract sets. An empty level is left out of the topics."""

    enterprise: str = Field("stagefloor", description="the first level of every topic")
    site: str = Field("{plant}", description="{plant}, {plc} and {device} are filled in")
    area: str = Field("", description="likewise")
    line: str = Field("{plc}", description="likewise")
    cell: str = Field("{device}", description="likewise; empty for what belongs to no machine")
    qos: Literal[0, 1, 2] = Field(1, description="the quality of service of values")
    retain: bool = Field(True, description="the broker keeps the last value of each tag")
    grouped: bool = Field(
        False,
        description="what changed together is one message on the machine's topic, not retained; "
        "else one for each tag",
    )

    @field_validator(*_LEVELS)
    @classmethod
    def _fills(cls, value: str) -> str:
        try:
            filled = value.format(plant="p", plc="c", device="d")
        except (KeyError, IndexError, ValueError):
            raise ValueError("there are {plant}, {plc} and {device}") from None
        if _RESERVED.search(filled):
            raise ValueError("+ and # are for those who listen")
        return value

    @model_validator(mode="after")
    def _tells_apart(self) -> UnsSettings:
        for name in ("{plc}", "{device}"):
            if not any(name in getattr(self, level) for level in _LEVELS):
                raise ValueError(f"no level has {name}: two of them would share their topics")
        return self


class UnsContract(Contract):
    """Tags and alarms of PLCs as plain JSON in one tree of topics."""

    kind: ClassVar[str] = "uns"
    summary: ClassVar[str] = "a unified namespace: JSON on ISA-95's topics, commands in"
    Settings: ClassVar[type[UnsSettings]] = UnsSettings
    oddities: ClassVar[frozenset[str]] = frozenset({"missing-birth", "retained-ghost"})

    def __init__(
        self,
        system: str,
        operations: Mapping[str, Operation],
        documents: Mapping[str, type[Document]],
        settings: Any,
        base: str = "",
        payloads: Path | None = None,
    ) -> None:
        super().__init__(system, operations, documents, settings, base, payloads)
        self._plant = base.strip("/").partition("/")[0] or "plant"
        self._places: dict[str, tuple[str, str]] = {}  # topic -> PLC, device
        self._tags: dict[str, tuple[str, TagDefinition]] = {}  # topic -> PLC, tag
        self._types: dict[tuple[str, str], str] = {}  # (PLC, path)
        self._spaces: dict[str, dict[str, TagSpace]] = {}  # by PLC, by device
        self._shown: dict[str, dict[str, TagValue]] = {}  # by PLC, by path

    # --- names --------------------------------------------------------------------------------

    def topic(self, plc: str, device: str = "") -> str:
        """Where a PLC or one of its devices stands in the tree."""
        levels = (
            getattr(self.settings, level).format(plant=self._plant, plc=plc, device=device)
            for level in _LEVELS
        )
        return "/".join(one.strip("/") for one in levels if one.strip("/"))

    def name(self, device: str, path: str) -> str:
        """A tag's or an alarm's name below the topic of its device."""
        return _RESERVED.sub("_", path.removeprefix(f"{device}/") if device else path)

    def session(self, client: str, connection: int) -> UnsSession:
        return UnsSession(self, client)

    def births(self, plc: str) -> list[TagSpace]:
        """Every introduction of a PLC as things stand, its own first."""
        shown, found = self._shown.get(plc, {}), []
        spaces = self._spaces.get(plc, {})
        for device in sorted(spaces, key=bool):
            space = spaces[device]
            values = [shown[one.path] for one in space.tags if one.path in shown]
            found.append(space.model_copy(update={"values": values, "reason": "start"}))
        return found

    def commands(self, plc: str) -> set[str]:
        """The topic filters of what can be asked of a PLC."""
        found = {f"{topic}/{COMMAND}" for topic, (owner, _) in self._places.items() if owner == plc}
        for topic, (owner, tag) in self._tags.items():
            if owner == plc and tag.access == "write":
                above = self.topic(plc, self._device(plc, tag.path))
                depth = topic.removeprefix(f"{above}/").count("/") + 1
                found.add("/".join([above, *["+"] * depth, SET]))
        return found

    def _device(self, plc: str, path: str) -> str:
        first = path.partition("/")[0]
        return first if first in self._spaces.get(plc, {}) else ""

    # --- out ----------------------------------------------------------------------------------

    def render(self, document: Document) -> Request | None:
        if isinstance(document, TagSpace):
            return self._space(document)
        if isinstance(document, TagChange):
            return self._message(document, self._values(document))
        if isinstance(document, AlarmChange):
            said = {
                name: getattr(document, name)
                for name in ("active", "acknowledged", "confirmed", "shelved", "enabled",
                             "severity", "message", "comment", "by", "source", "event")
            }  # fmt: skip
            said["timestamp"] = show_instant(document.at)
            return self._message(document, {self.name(document.device, document.path): said})
        return None

    def _space(self, space: TagSpace) -> Request:
        topic = self.topic(space.plc, space.device)
        self._places[topic] = (space.plc, space.device)
        self._spaces.setdefault(space.plc, {})[space.device] = space
        for tag in space.tags:
            self._tags[f"{topic}/{self.name(space.device, tag.path)}"] = (space.plc, tag)
            self._types[space.plc, tag.path] = tag.type
        meta = {
            "plc": space.plc, "device": space.device, "timestamp": show_instant(space.at),
            "tags": {
                self.name(space.device, one.path): one.model_dump(
                    exclude_defaults=True, exclude={"path", "node", "history"}
                )
                for one in space.tags
            },
            "commands": {
                self.name(space.device, one.path): {"operation": one.operation, **one.given}
                for one in space.methods
            },
            "alarms": {
                self.name(space.device, one.path): one.model_dump(include={"severity", "message"})
                for one in space.alarms
            },
        }  # fmt: skip
        headers = {"birth": "device" if space.device else "node"}
        if space.reason == "restart" and not space.device:
            headers["renews"] = "1"
        return self._message(space, {META: meta, **self._values(space)}, **headers)

    def _values(self, document: TagSpace | TagChange) -> dict[str, Any]:
        shown = self._shown.setdefault(document.plc, {})
        found = {}
        for one in document.values:
            shown[one.path] = one
            value = one.value
            if value is not None and self._types.get((document.plc, one.path)) == "DateTime":
                value = show_instant(value)
            found[self.name(document.device, one.path)] = {
                "value": value, "timestamp": show_instant(one.at), "quality": one.status
            }  # fmt: skip
        return found

    def _message(
        self, document: TagSpace | TagChange | AlarmChange, said: dict[str, Any], **headers: str
    ) -> Request:
        given = self.settings
        headers = {
            "client": document.plc, "qos": str(given.qos), "retain": str(int(given.retain)),
            **headers,
        }  # fmt: skip
        topic = self.topic(document.plc, document.device)
        return Request("PUBLISH", topic, headers=headers, body=orjson.dumps(said))

    # --- in -----------------------------------------------------------------------------------

    def decode(self, request: Request) -> Call:
        if request.headers.get("retain") == "1":
            what = "a command that is retained may be long out of date"
            raise Refusal(what, code="retained-command", status=409)
        topic, _, last = request.path.rpartition("/")
        if last == SET and topic in self._tags:
            plc, tag = self._tags[topic]
            name = "write"
            values = {"plc": plc, "tag": tag.path, "value": _value(request.body)}
        elif last == COMMAND and topic in self._places:
            name, values = self._command(request.body, *self._places[topic])
        else:
            raise not_found("topic", request.path)
        try:
            model = self.operations[name].adapter.validate_python(values)
        except ValidationError as error:
            raise violations(error) from None
        keys = {
            key: [str(values[key])]
            for key in ("plc", "machine", "tag", "alarm", "order")
            if values.get(key)
        }
        return Call(name, model, keys, context=request.path)

    def _command(self, body: bytes, plc: str, device: str) -> tuple[str, dict[str, Any]]:
        """The operation that a command asks for, and its input. Raises Refusal."""
        said = _json(body)
        if not isinstance(said, dict) or not isinstance(said.get("operation"), str):
            what = 'a command is an object like {"operation": "rebirth"}'
            raise Refusal(what, code="malformed", status=400)
        values = dict(said)
        name = values.pop("operation")
        if name not in self.operations:
            raise not_found("operation", name)
        takes = self.operations[name].input.model_fields
        for key, value in (("plc", plc), ("machine", device)):
            if key in takes and value:
                values.setdefault(key, value)
        return name, values

    def peek(self, request: Request) -> str | None:
        if request.path.endswith(f"/{SET}"):
            return "write"
        try:
            said = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return None
        name = said.get("operation") if isinstance(said, dict) else None
        return name if name in self.operations else None

    def encode(self, call: Call, result: Any) -> Reply:
        body = orjson.dumps({"status": 200, "result": plain(result)}, default=as_json)
        return Reply(200, {"topic": f"{call.context}/{REPLY}"}, body)

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        reply = problem(refusal, request.path)
        reply.headers["topic"] = f"{request.path}/{REPLY}"
        return reply


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(f"no JSON: {error}", code="not-json", status=400) from None


def _value(body: bytes) -> Any:
    """What is to be written: bare, or as `value` of an object."""
    said = _json(body)
    if isinstance(said, dict):
        if "value" not in said:
            raise Refusal("an object without `value`", code="malformed", status=400)
        return said["value"]
    return said
