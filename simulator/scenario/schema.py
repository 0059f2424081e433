"""The JSON Schema of scenario files, for editors: made from the very models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from simulator.core.match import FIELDS, KEYS, OPERATORS
from simulator.core.ports import Fault, System
from simulator.core.registry import registry
from simulator.core.schema import AsWritten
from simulator.scenario.expect import FORMS
from simulator.scenario.model import Header
from simulator.stage.actions import action_models
from simulator.stage.steps import Step

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def scenario_schema() -> Schema:
    """The schema, with every action, fault kind and operation that this installation has."""
    defs: Schema = {"match": _match()}
    header = _model(Header, "header", defs)
    step = _model(Step, "step", defs)
    timing = {key: value for key, value in step["properties"].items() if key != "action"}
    timing["when"] = {"$ref": "#/$defs/match", "description": "fire when a journal entry matches"}
    interval = timing["every"]
    interval.setdefault("anyOf", []).insert(0, {"type": "string", "description": "like 45s"})
    defs["timing"] = {"type": "object", "properties": timing}
    return {
        "$schema": DIALECT,
        "title": "A Stagefloor scenario",
        "type": "object",
        "properties": {
            **header["properties"],
            "steps": {"type": "array", "items": {"anyOf": _steps(timing, defs)}},
            "expect": {"type": "array", "items": {"anyOf": _expectations(defs)}},
        },
        "required": ["scenario", "plant"],
        "additionalProperties": False,
        "$defs": defs,
    }


def _model(model: type[BaseModel], prefix: str, defs: Schema) -> Schema:
    """A model's schema; its definitions go into `defs` under names of its own."""
    found = model.model_json_schema(
        ref_template=f"#/$defs/{prefix}.{{model}}", schema_generator=AsWritten
    )
    for name, one in found.pop("$defs", {}).items():
        defs[f"{prefix}.{name}"] = one
    return found


def _match() -> Schema:
    operators: Schema = {name: {} for name in OPERATORS}
    value: Schema = {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array"},
            {"type": "object", "properties": operators, "additionalProperties": False},
        ]
    }
    return {
        "type": "object",
        "description": "journal entries, by their fields",
        "minProperties": 1,
        "properties": dict.fromkeys((*FIELDS, *KEYS), value),
        "patternProperties": {r"^(headers|body|keys)\.": value},
        "additionalProperties": False,
    }


def _steps(timing: Schema, defs: Schema) -> list[Schema]:
    """One branch an action; one a fault kind, and one an operation, for their own keys."""
    branches: list[Schema] = []
    for key, model in action_models().items():
        if key == "do":
            branches += _operations(timing, defs)
        elif key == "fault":
            branches += _faults(timing, model, defs)
        else:
            found = _model(model, key, defs)
            branches.append(_branch(found, timing, key, model.__doc__))
    return branches


def _branch(found: Schema, timing: Schema, key: str, about: str | None) -> Schema:
    return {
        "title": key,
        "description": (about or "").split("\n")[0],
        "type": "object",
        "properties": {**timing, **found.get("properties", {})},
        "required": sorted({key, *found.get("required", [])}),
        "additionalProperties": False,
    }


def _faults(timing: Schema, model: type[BaseModel], defs: Schema) -> list[Schema]:
    branches = []
    for kind in registry("faults", Fault).kinds():
        fault = registry("faults", Fault).get(kind)
        common = _model(model, "fault", defs)
        own = _model(fault, f"fault.{kind}", defs)
        properties = {k: v for k, v in common["properties"].items() if k != "parameters"}
        properties |= own.get("properties", {})
        properties["fault"] = {"const": kind, "description": fault.summary}
        properties["match"] = {"$ref": "#/$defs/match"}
        required = ["on", *own.get("required", [])]
        found = {"properties": properties, "required": required}
        branch = _branch(found, timing, "fault", fault.summary or fault.__doc__)
        branches.append({**branch, "title": f"fault: {kind}"})
    return branches


def _operations(timing: Schema, defs: Schema) -> list[Schema]:
    branches = []
    for kind in registry("systems", System).kinds():
        for name, operation in registry("systems", System).get(kind).operations().items():
            own = _model(operation.input, f"{kind}.{name}", defs)
            properties = {"do": {"const": f"{kind}.{name}"}, "with": _or_template(own)}
            required = ["do", *(["with"] if own.get("required") else [])]
            found = {"properties": properties, "required": required}
            branch = _branch(found, timing, "do", operation.summary)
            branches.append({**branch, "title": f"do: {kind}.{name}"})
    return branches


def _or_template(found: Schema) -> Schema:
    """An operation's input, where each value may be a template instead."""
    template = {"type": "string", "pattern": r"\{[{%]"}
    properties = {
        name: {"anyOf": [one, template]} for name, one in found.get("properties", {}).items()
    }
    return {**found, "properties": properties}


def _expectations(defs: Schema) -> list[Schema]:
    branches = []
    for key, model in FORMS.items():
        found = _model(model, key, defs)
        for name in ("each", "leads_to", "of", "never"):
            if name in found["properties"]:
                found["properties"][name] = {"$ref": "#/$defs/match"}
        found["title"] = key
        branches.append(found)
    return branches
