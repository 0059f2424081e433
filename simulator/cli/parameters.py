"""The fields of a model as rows of a table, read off its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from simulator.core.ports import Fault
from simulator.core.schema import AsWritten

Schema = dict[str, Any]
_WORDS = {
    "integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false",
    "object": "a mapping", "array": "a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter; `takes` says which values, `default` is empty where there is none."""

    name: str
    takes: str
    default: str
    means: str


def rows(model: type[BaseModel]) -> list[Row]:
    """The fields of a model, and after each mapping those that it has."""
    return list(_rows(model.model_json_schema(schema_generator=AsWritten)))


def own_rows(model: type[Fault]) -> list[Row]:
    """The parameters that a kind has beyond those of every fault."""
    return [one for one in rows(model) if one.name.partition(".")[0] not in Fault.model_fields]


def shared_rows() -> list[Row]:
    """The parameters of every fault."""
    return rows(Fault)


def _rows(schema: Schema) -> Iterator[Row]:
    """Each field, and after it those of a mapping with fields of its own."""
    yield from _fields(schema, schema.get("$defs", {}), "")


def _fields(schema: Schema, defs: Schema, prefix: str) -> Iterator[Row]:
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        kinds = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
        nested = [defs[one["$ref"].rpartition("/")[2]] for one in kinds if "$ref" in one]
        takes = " or ".join("a mapping" if "$ref" in one else _takes(one) for one in kinds)
        default = field.get("default")
        shown = (
            "required" if name in required else "" if default in (None, {}, "") else _code(default)
        )
        means = field.get("description", "") or (nested[0]["description"] if nested else "")
        yield Row(prefix + name, takes, shown, means)
        for one in nested:
            yield from _fields(one, defs, f"{prefix}{name}.")


def _takes(field: Schema) -> str:
    if "enum" in field or "const" in field:
        return ", ".join(map(_code, field.get("enum") or [field["const"]]))
    if "examples" in field:
        return f"like {_code(field['examples'][0])}"
    if field.get("type") == "array" and field.get("items"):
        return f"a list of: {_takes(field['items'])}"
    word = _WORDS[field["type"]]
    low, high = field.get("minimum"), field.get("maximum")
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    bounds = [
        f"from {low:,}" if low is not None else f"above {above:,}" if above is not None else "",
        f"to {high:,}" if high is not None else f"below {below:,}" if below is not None else "",
    ]
    return " ".join([word, *filter(None, bounds)])


def _shown(default: Any) -> str:
    return "" if default in (None, {}, "") else _code(default)


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
