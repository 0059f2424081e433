"""What the plant file says of its PLCs: which machines each has, and what else it shows.

All spans are plant time.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from simulator.core.durations import MILLISECOND, SECOND, Duration
from simulator.core.ports import Strict
from simulator.plant.model import Name
from simulator.plant.statuscodes import StatusName
from simulator.plant.tags import Access, AlarmDefinition, TagType
from simulator.systems.plc.alarmscript import Script, read_script
from simulator.systems.plc.imports import tags_from
from simulator.systems.plc.signals import Shown, Signal

LEAST_SCAN = 10 * MILLISECOND
Path = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^[^/\x00-\x1f]+(/[^/\x00-\x1f]+)*$")
]
"""A tag's name in its PLC; slashes are folders."""


class Tag(Strict):
    """A free-form tag. A bare value is one that never changes."""

    type: TagType | None = Field(None, description="else what its value looks like")
    description: str = Field("", max_length=400)
    unit: str = Field("", max_length=12, description="UN/ECE recommendation 20: CEL, RPM")
    low: float | None = Field(None, description="the range of sound values")
    high: float | None = None
    access: Access = "read"
    history: bool = False
    node: str = Field("", max_length=200, description="an OPC UA node id, like ns=2;s=Speed")
    signal: Signal = Signal(constant=0)
    every: Duration | None = Field(None, description="between two samples; else the PLC's scan")
    status: StatusName = Field(
        "Good", description="an OPC UA status code, like UncertainInitialValue"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, str | int | float | bool | list):
            return {"signal": {"constant": value}}
        if isinstance(value, dict) and "value" in value:
            return {**{k: v for k, v in value.items() if k != "value"},
                    "signal": {"constant": value["value"]}}  # fmt: skip
        return value

    @field_validator("every")
    @classmethod
    def _slow(cls, value: Duration | None) -> Duration | None:
        if value is not None and value < LEAST_SCAN:
            raise ValueError("a tag is sampled every 10ms at the most")
        return value

    @cached_property
    def kind(self) -> TagType:
        """Its type, or what its value looks like."""
        return self.type or _looks_like(self.signal)


def _looks_like(signal: Signal) -> TagType:
    value: Shown | None = signal.constant
    if signal.steps is not None:
        value = signal.steps.values[0]
    elif signal.recording is not None and signal.recording.rows:
        value = signal.recording.rows[0][1]
    elif signal.count is not None:
        return "Int64"
    if isinstance(value, list):
        value = value[0] if value else 0.0
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, str):
        return "String"
    return "Int64" if isinstance(value, int) and not signal.noise else "Double"


class Process(Strict):
    """An analogue value of every machine of a PLC: it nears one level at work, another at rest."""

    work: float
    rest: float
    lag: Duration = Field(30 * SECOND, description="in which it covers 63% of the way")
    noise: float = Field(0, ge=0)
    unit: str = ""
    low: float | None = None
    high: float | None = None


PROCESS: dict[str, Process] = {
    name: Process.model_validate(one)
    for name, one in {
        "Temperature": {
            "work": 58, "rest": 22, "lag": "5m", "noise": 0.15, "unit": "CEL", "low": 0, "high": 90
        },
        "Vibration": {
            "work": 2.4, "rest": 0.1, "lag": "2s", "noise": 0.12, "unit": "C16", "low": 0, "high": 7
        },
        "Current": {
            "work": 14, "rest": 0.8, "lag": "1s", "noise": 0.4, "unit": "AMP", "low": 0, "high": 32
        },
    }.items()
}  # fmt: skip
"""What machines measure where a plant file says nothing: °C, mm/s, A."""


class Plc(Strict):
    """One PLC: its machines, and tags and alarms of its own."""

    machines: list[Name] = Field(default_factory=list)
    scan: Duration = Field(SECOND, description="between two samples of what moves")
    acting: Duration = Field(SECOND, description="how long each acting PackML state lasts")
    process: dict[Name, Process] | None = Field(
        None, description="what its machines measure; else temperature, vibration and current"
    )
    counter_most: int = Field(
        2**32 - 1, ge=1, description="beyond it, counters roll over and begin at 0"
    )
    tags: dict[Path, Tag] = Field(default_factory=dict, description="by path: Coolant/Temperature")
    import_: list[str] = Field(
        default_factory=list, alias="import",
        description="files under payloads/: OPC-PLC's nodes file (.json), or a table (.csv)",
    )  # fmt: skip
    alarms: list[AlarmDefinition] = Field(default_factory=list)
    flood: int = Field(
        0, ge=0, le=1_000, description="alarms that follow each breakdown of a machine"
    )
    alarm_script: Script | None = Field(
        None, description="a file under payloads/ (YAML, or OPC-PLC's JSON), or the script itself"
    )
    history: Literal["none", "counters", "all"] = Field(
        "counters",
        description="of which tags of machines a server keeps the history; "
        "`counters` keeps the order that they count for, too",
    )

    @model_validator(mode="before")
    @classmethod
    def _files(cls, value: Any, info: ValidationInfo) -> Any:
        """What stands in files, as if it stood here; what stands here goes first."""
        payloads = (info.context or {}).get("payloads")
        if not isinstance(value, dict) or payloads is None:
            return value
        tags: dict[str, Any] = {}
        for file in value.get("import") or ():
            tags |= tags_from(str(file), payloads)
        script = value.get("alarm_script")
        if isinstance(script, str):
            script = read_script(script, payloads)
        return {**value, "tags": {**tags, **(value.get("tags") or {})}, "alarm_script": script}

    @field_validator("scan")
    @classmethod
    def _slow(cls, value: Duration) -> Duration:
        if value < LEAST_SCAN:
            raise ValueError("a PLC scans every 10ms at the most")
        return value

    @property
    def measures(self) -> dict[str, Process]:
        """What its machines measure."""
        return PROCESS if self.process is None else self.process


class FloorSettings(Strict):
    """PLCs by name. None at all: one for each work centre, with its machines."""

    plcs: dict[Name, Plc] = Field(default_factory=dict)
    scan: Duration = Field(SECOND, ge=LEAST_SCAN, description="of PLCs that nobody describes")
