"""The OpenAPI 3.1 document of a contract that is made of routes.

Written from what the contract works with (its routes, the wire models, the operations' inputs), so
that it cannot say anything else than what is accepted and answered. What a fault may answer in the
stand-in's stead (503, 429 …) is covered by `default`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from simulator.core.schema import AsWritten

if TYPE_CHECKING:
    from simulator.core.routes import Route, RoutedContract

REF = "#/components/schemas/{model}"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "urn:stagefloor:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
MEANINGS = {
    400: "The request is not JSON, or has an unknown query parameter",
    404: "There is no such resource",
    409: "The state of the resource forbids it",
    410: "The cursor fell off the feed: start again without `after`",
    412: "If-Match names another version than the current one",
    415: "The body is not JSON",
    422: "A field is missing, unknown or wrong",
}


def describe(
    contract: RoutedContract, routes: Iterable[Route], pushes: Mapping[str, Any]
) -> dict[str, Any]:
    """The document. `pushes` are document names with the type (or schema) of what is sent."""
    schemas = _Schemas()
    problem = contract.problem_schema()
    schemas.found["Problem"] = problem
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            contract, route, schemas
        )
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{contract.system} ({contract.kind})",
            "version": "1",
            "summary": contract.summary,
        },
        "servers": [{"url": contract.base or "/"}],
        "paths": paths,
    }
    if pushes:
        document["webhooks"] = {
            name: {"post": _push(contract, name, shape, schemas)} for name, shape in pushes.items()
        }
    document["components"] = {"schemas": schemas.found}
    return document


class _Schemas:
    """The JSON Schemas of types, their definitions gathered under components."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def of(self, shape: Any, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
        if isinstance(shape, dict):
            return shape
        schema = TypeAdapter(shape).json_schema(
            ref_template=REF, mode=mode, schema_generator=_Generator
        )
        parts = schema.pop("$defs", {})
        title = schema.get("title")
        whole = schema.get("type") == "object" and title and title not in parts
        if whole:
            parts[title] = schema
        names = {name: self._free(name, part) for name, part in parts.items()}
        for name, part in parts.items():
            self.found[names[name]] = _renamed(part, names)
        return {"$ref": REF.format(model=names[title])} if whole else _renamed(schema, names)

    def _free(self, name: str, part: dict[str, Any]) -> str:
        """A name for a schema: what is sent and what is answered may be called alike."""
        free, count = name, 1
        while free in self.found and self.found[free] != part:
            count += 1
            free = f"{name}{count}"
        return free


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: REF.format(model=names.get(value.rpartition("/")[2], value.rpartition("/")[2]))
            if key == "$ref"
            else _renamed(value, names)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_renamed(one, names) for one in schema]
    return schema


class _Generator(AsWritten):
    """Patterns as they are, and no `default: null` for what may be left out."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        inner = super().default_schema(schema)
        if inner.get("default", ...) is None:
            inner.pop("default")
        return inner


def _operation(contract: RoutedContract, route: Route, schemas: _Schemas) -> dict[str, Any]:
    operation = contract.operations[route.operation]
    verb = route.method.lower()
    name = route.operation if route.choose is None else "_".join((route.operation, *route.others))
    described: dict[str, Any] = {
        "operationId": f"{verb}_{name}",
        "summary": route.summary or operation.summary,
        "tags": [contract.system],
    }
    parameters = _parameters(contract, route)
    if parameters:
        described["parameters"] = parameters
    if route.body is not None:
        schema = route.schema or schemas.of(route.body, "validation")
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(contract, route, schemas, bool(parameters))
    return described


def _parameters(contract: RoutedContract, route: Route) -> list[dict[str, Any]]:
    model = contract.operations[route.operation].input
    schema = model.model_json_schema(by_alias=False)
    by_wire = {wire: name for name, wire in route.fields.items()}
    definitions = schema.get("$defs", {})

    def kind(name: str, place: str) -> dict[str, Any]:
        field = by_wire.get(f"{place}/{name}", name)
        found = schema.get("properties", {}).get(field)
        return _without_null(found, definitions) if found else {"type": "string"}

    out: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": kind(name, "path")}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    for name, meaning in route.query.items():
        out.append({"name": name, "in": "query", "description": meaning})
        out[-1]["schema"] = route.choices.get(name) or kind(name, "query")
    asks = dict(route.asks)
    if not contract.operations[route.operation].reads:
        asks["Idempotency-Key"] = "The same key again is answered with the first answer"
    for name, meaning in asks.items():
        out.append(
            {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}
        )
    return out


def _without_null(found: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: it is there or not, it is never null."""
    found = {k: v for k, v in found.items() if k not in ("title", "default")}
    branches = [one for one in found.pop("anyOf", []) if one.get("type") != "null"]
    if len(branches) == 1:
        found = {**branches[0], **found}
    elif branches:
        found["anyOf"] = branches
    if "$ref" in found:
        found = dict(definitions[found["$ref"].rpartition("/")[2]])
        found.pop("title", None)
    return found


def _responses(
    contract: RoutedContract, route: Route, schemas: _Schemas, parameters: bool
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done" if route.method != "GET" else "Found"}
    if route.shows:
        good["headers"] = {
            name: {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in route.shows.items()
        }
    if route.status != 204:
        schema = schemas.of(route.reply, "serialization") if route.reply is not None else {}
        good["content"] = {"application/json": {"schema": schema}}
    statuses = set(route.refuses) | {400}  # an unknown query parameter
    if route.body is not None:
        statuses |= {415, 422}
    if parameters:
        statuses.add(422)
    if "If-Match" in route.asks:
        statuses.add(412)
    out = {str(route.status): good}
    for status in sorted(statuses):
        shown = str(contract.problem_status(status))
        out.setdefault(shown, _problem(contract, MEANINGS.get(status, "Refused")))
    out["default"] = _problem(contract, "Any other refusal, a fault's among them")
    return out


def _problem(contract: RoutedContract, meaning: str) -> dict[str, Any]:
    schema = {"$ref": REF.format(model="Problem")}
    return {"description": meaning, "content": {contract.problem_type: {"schema": schema}}}


def _push(contract: RoutedContract, name: str, shape: Any, schemas: _Schemas) -> dict[str, Any]:
    content = {contract.push_type: {"schema": schemas.of(shape, "serialization")}}
    return {
        "operationId": f"push_{name.replace('-', '_')}",
        "summary": f"Sent when the plant says {name}",
        "requestBody": {"required": True, "content": content},
        "responses": {"2XX": {"description": "Taken; anything else is delivered again"}},
    }
