"""Tags: what a PLC shows, on no wire yet. Names, types, and values with their quality and time.

A PLC is introduced by its `TagSpace`, which an OPC UA server builds its nodes from and a Sparkplug
edge node its births; what changes afterwards comes as `TagChange` (worth an entry in the journal)
or `TagSample` (telemetry). Values are plain: bool, int, float, str, an Instant for a DateTime, or a
list of one of these.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.durations import Instant
from simulator.core.ports import Document

TagType = Literal[
    "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float",
    "Double", "String", "DateTime", "Guid", "ByteString",
]  # fmt: skip
"""OPC UA's built-in types (part 6), as far as PLCs have them."""

Access = Literal["read", "write"]


class Part(BaseModel):
    """A part of what introduces a PLC."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TagDefinition(Part):
    """One tag. `path` is its name in its PLC; slashes are folders, the first is often a machine."""

    path: str
    type: TagType
    array: bool = False
    description: str = ""
    unit: str = Field("", description="UN/ECE recommendation 20: CEL, RPM, C62")
    low: float | None = None  # the range of sound values
    high: float | None = None
    access: Access = "read"
    history: bool = False
    node: str = Field("", description="an OPC UA node id that was asked for; else the layout's")


class Argument(Part):
    """What a method takes or gives."""

    name: str
    type: TagType
    array: bool = False
    description: str = ""


class MethodDefinition(Part):
    """Something a client can call: an operation of the system, with a part of its input given.

    `path` is its name in its PLC; arguments are the operation's own names.
    """

    path: str
    operation: str
    given: dict[str, Any] = Field(default_factory=dict)
    inputs: list[Argument] = Field(default_factory=list)
    outputs: list[Argument] = Field(default_factory=list)
    description: str = ""


class AlarmDefinition(Part):
    """A condition that can become active. `source` is the path of the tag or folder it is about."""

    path: str
    source: str
    kind: Literal["off-normal", "limit", "trip", "system"] = "off-normal"
    severity: int = Field(500, ge=1, le=1000)
    message: str = ""


class TagValue(NamedTuple):
    """What a tag shows: `status` is the name of an OPC UA status code, `at` the source's time."""

    path: str
    value: Any
    status: str = "Good"
    at: Instant = 0


class TagSpace(Document):
    """What a PLC, or one device of it, shows: every tag, and its value now.

    A PLC introduces itself first (`device` is empty: what belongs to no machine), then each of its
    devices. Paths are whole: they begin with the device. `reason` is why it is introduced: at a
    start, after the PLC was restarted, or because somebody asked for it (a rebirth).
    """

    document: ClassVar[str] = "tag-space"
    plc: str
    device: str = ""
    reason: Literal["start", "restart", "rebirth"] = "start"
    tags: list[TagDefinition]
    methods: list[MethodDefinition] = Field(default_factory=list)
    alarms: list[AlarmDefinition] = Field(default_factory=list)
    values: list[TagValue] = Field(default_factory=list)
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(self.plc, self.device)


class TagChange(Document):
    """Tags of one device that changed together, in one scan: states, orders, counters."""

    document: ClassVar[str] = "tag-change"
    plc: str
    device: str = ""
    values: list[TagValue]
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(self.plc, self.device) | {"tag": [one.path for one in self.values]}


class TagSample(TagChange):
    """What was sampled in one scan: analogue values, and counters between confirmations."""

    document: ClassVar[str] = "tag-sample"
    telemetry: ClassVar[bool] = True


class AlarmChange(Document):
    """A condition changed: it became active or normal, or somebody dealt with it.

    `event` numbers the changes of one PLC; branches of one condition share its `path`.
    """

    document: ClassVar[str] = "alarm-change"
    plc: str
    device: str = ""
    path: str
    source: str
    event: int
    severity: int
    message: str
    active: bool
    acknowledged: bool
    confirmed: bool
    shelved: bool = False
    enabled: bool = True
    retain: bool
    comment: str = ""
    by: str = ""
    at: Instant

    def keys(self) -> dict[str, list[str]]:
        return _keys(self.plc, self.device) | {"alarm": [self.path]}


def _keys(plc: str, device: str) -> dict[str, list[str]]:
    return {"plc": [plc], "machine": [device]} if device else {"plc": [plc]}
