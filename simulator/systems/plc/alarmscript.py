"""Alarms that come and go by a script: the same ones, at the same moments, each time.

A script is written in YAML, or taken over from OPC-PLC's deterministic alarms (JSON).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import Field, model_validator

from simulator.core.durations import Duration
from simulator.core.errors import Mistake
from simulator.core.ports import Strict
from simulator.core.yamlfile import inside, read_yaml
from simulator.plant.tags import AlarmDefinition

SEVERITIES = {
    "Min": 1, "Low": 100, "MediumLow": 300, "Medium": 500, "MediumHigh": 700, "High": 900,
    "Max": 1000,
}  # fmt: skip
"""OPC-PLC's words for severities."""
_KINDS: dict[str, Literal["off-normal", "limit", "trip", "system"]] = {
    "TripAlarmType": "trip", "LimitAlarmType": "limit", "OffNormalAlarmType": "off-normal",
    "SystemOffNormalAlarmType": "system", "AlarmConditionType": "off-normal",
}  # fmt: skip


class ScriptStep(Strict):
    """Wait, or change one alarm; what is absent stays as it is."""

    wait: Duration | None = None
    alarm: str | None = Field(None, description="its path")
    active: bool | None = None
    enabled: bool | None = None
    severity: int | None = Field(None, ge=1, le=1000)
    message: str | None = Field(None, max_length=400)

    @model_validator(mode="after")
    def _one(self) -> ScriptStep:
        if (self.wait is None) == (self.alarm is None):
            raise ValueError("a step waits, or names an alarm")
        return self


class Script(Strict):
    """Steps from so long after the plant's start, once or again and again."""

    after: Duration = Field(0, description="from the start of the plant to the first step")
    lasts: Duration | None = Field(None, description="when it ends, or begins again")
    again: bool = False
    alarms: list[AlarmDefinition] = Field(
        default_factory=list, description="alarms that only the script has"
    )
    steps: list[ScriptStep] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _moves(self) -> Script:
        waits = sum(one.wait or 0 for one in self.steps)
        if self.again and not max(waits, self.lasts or 0):
            raise ValueError("a script that begins again has to wait somewhere, or to last")
        return self


def read_script(file: str, payloads: Path) -> Any:
    """What a file under payloads/ says, as a plant file would. Raises Mistake."""
    path = inside(payloads, file)
    if path.suffix.lower() != ".json":
        return read_yaml(path, f"{payloads.name}/{file}").value
    try:
        return from_opc_plc(orjson.loads(path.read_bytes()), file)
    except OSError as error:
        raise Mistake(f"{file} cannot be read: {error.strerror or error}") from None
    except orjson.JSONDecodeError as error:
        raise Mistake(f"{file}: no JSON: {error}") from None


def from_opc_plc(found: Any, file: str) -> dict[str, Any]:
    """OPC-PLC's deterministic alarms as a script. Raises Mistake."""
    try:
        alarms, paths = _alarms(found)
        script = found["script"]
        steps: list[dict[str, Any]] = []
        for one in script["steps"]:
            if one.get("sleepInSeconds"):
                steps.append({"wait": f"{one['sleepInSeconds']}s"})
            if one.get("event"):
                steps.append(_step(one["event"], paths, file))
        return {
            "after": f"{script.get('waitUntilStartInSeconds', 0)}s",
            "lasts": f"{script['runningForSeconds']}s" if "runningForSeconds" in script else None,
            "again": bool(script.get("isScriptInRepeatingLoop")),
            "alarms": alarms,
            "steps": steps,
        }
    except (KeyError, TypeError, AttributeError) as error:
        what = f"{file} is no script of OPC-PLC's deterministic alarms: {error!r:.80}"
        raise Mistake(what, cure="it has `folders` with `sources`, and a `script`") from None


def _alarms(found: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    alarms, paths = [], {}
    for folder in found["folders"]:
        for source in folder["sources"]:
            place = f"{folder['name']}/{source['name']}"
            for one in source["alarms"]:
                path = f"{place}/{one['name']}"
                paths[one["id"]] = path
                kind = _KINDS.get(one.get("objectType", ""), "off-normal")
                alarms.append({"path": path, "source": place, "kind": kind})
    return alarms, paths


def _step(event: Any, paths: dict[str, str], file: str) -> dict[str, Any]:
    name = event["alarmId"]
    if name not in paths:
        raise Mistake(f"{file}: no alarm {name!r}", cure="known: " + ", ".join(paths))
    changes = {one["stateType"]: bool(one["state"]) for one in event["stateChanges"]}
    step: dict[str, Any] = {"alarm": paths[name], "message": str(event.get("reason", ""))}
    severity = event.get("severity")
    if severity is not None:
        step["severity"] = SEVERITIES.get(str(severity), 500)
    for theirs, ours in (("Activated", "active"), ("Enabled", "enabled")):
        if theirs in changes:
            step[ours] = changes[theirs]
    return step
