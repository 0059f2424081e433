"""From a contract's file to routes, refusals and pushes: everything is checked before it is used.

Paths into results and documents are checked against their types, input fields against the
operation's, constants by the operation's own validation; nothing waits for the first request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from simulator.contracts.custom.file import FileSpec, RouteSpec
from simulator.contracts.custom.paths import MISSING, Read, Scope, Value, Wrong, body_schema
from simulator.contracts.custom.values import At, Language
from simulator.core.errors import Mistake, Mistakes, Violation, invalid, nearest
from simulator.core.match import KEYS
from simulator.core.ports import Document, Operation
from simulator.core.routes import Exchange, Route
from simulator.core.yamlfile import Located, collect

_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Problem:
    """What refusals are told in: the fields that `errors` sees as `$.`."""

    code: str
    detail: str
    status: int
    title: str
    errors: list[ProblemField]


@dataclass(frozen=True)
class ProblemField:
    """One field that is wrong."""

    pointer: str
    detail: str


@dataclass(frozen=True)
class Push:
    """A document's compiled shape."""

    body: Value
    headers: Mapping[str, Value]
    path: Value


@dataclass(frozen=True)
class Built:
    """A contract, compiled."""

    spec: FileSpec
    routes: list[Route]
    refusal: Value | None
    pushes: dict[str, Push]


@dataclass
class Builder:
    """Compiles one file for one endpoint."""

    located: Located
    spec: FileSpec
    system: str
    base: str
    operations: Mapping[str, Operation]
    documents: Mapping[str, type[Document]]

    def build(self) -> Built:
        """The compiled contract. Raises Mistakes with all that is wrong."""
        mistakes: list[Mistake] = []
        routes = [
            collect(mistakes, lambda i=i, one=one: self._route(one, ("routes", i)))  # type: ignore[misc]
            for i, one in enumerate(self.spec.routes)
        ]
        refusal = collect(mistakes, self._refusal) if self.spec.errors else None
        pushes = {
            name: push
            for name in self.spec.say
            if (push := collect(mistakes, lambda name=name: self._push(name))) is not None  # type: ignore[misc]
        }
        if mistakes:
            raise Mistakes(mistakes)
        return Built(self.spec, [one for one in routes if one], refusal, pushes)

    # --- routes ----------------------------------------------------------------------------------

    def _route(self, spec: RouteSpec, at: At) -> Route:
        operation = self.operations.get(spec.operation)
        if operation is None:
            place = self.located.place((*at, "operation"))
            cure = nearest(spec.operation, self.operations)
            what = f"{self.system} has no operation {spec.operation!r}"
            raise Mistake(what, cure=cure, place=place)
        method, path = spec.method
        names = re.findall(r"{(\w+)}", path)
        reading = self._language(True, {"": Any, "query": Any, "header": Any, "path": Any})
        takes = self._takes(spec, operation, reading, at)
        reads = tuple(read for one in takes.values() for read in one.reads)
        for read in reads:
            if read.root == "path" and (not read.steps or read.steps[0] not in names):
                what = f"the path has no {{{read.steps[0] if read.steps else ''}}}"
                cure = nearest(str(read.steps[0]) if read.steps else "", names)
                raise Mistake(what, cure=cure, place=self.located.place((*at, "take")))
        roots = {"": operation.output, "given": operation.input}
        writing = self._language(False, roots)
        give = writing.compile(spec.give, (*at, "give"))
        headers = {
            name.lower(): writing.compile(one, (*at, "headers", name))
            for name, one in spec.headers.items()
        }
        keys = self._keys(spec, writing, at)
        closed = self.spec.unknown_fields == "refuse"
        schema = body_schema(reads, closed)
        has_body = method in _METHODS_WITH_BODY and any(not read.root for read in reads)
        fixed = self.spec.headers
        return Route(
            method, path, spec.operation,
            self._take(takes, schema if closed and has_body else None),
            lambda result: give.make(self._scope(result)),
            body=dict[str, Any] if has_body else None,
            schema=schema if has_body else None,
            query={
                **{str(one.steps[0]): "" for one in reads if one.root == "query"},
                **dict.fromkeys(spec.ignore_query, "taken, and ignored"),
            },
            choices={
                **{str(one.steps[0]): one.schema or {"type": "string"}
                   for one in reads if one.root == "query"},
                **{name: {"type": "string"} for name in spec.ignore_query},
            },
            status=spec.status, summary=spec.summary, reply=give.schema,
            headers=lambda result: {
                **fixed,
                **{name: str(made) for name, one in headers.items()
                   if (made := one.make(self._scope(result))) not in (MISSING, None)},
            },
            keys=keys,
            asks={str(one.steps[0]): "" for one in reads if one.root == "header"},
            shows=dict.fromkeys([*fixed, *headers], ""),
            fields=_pointers(takes), refuses=(404, 409, 410, 412),
        )  # fmt: skip

    def _takes(
        self, spec: RouteSpec, operation: Operation, language: Language, at: At
    ) -> dict[str, Value]:
        fields = operation.input.model_fields
        by_name = {one.alias or name: name for name, one in fields.items()}
        properties = operation.adapter.json_schema(by_alias=True).get("properties", {})
        takes: dict[str, Value] = {}
        for name, one in spec.take.items():
            place = (*at, "take", name)
            if name not in by_name:
                where = self.located.place(place, of_key=True)
                cure = nearest(name, by_name)
                raise Mistake(f"{spec.operation} takes no {name!r}", cure=cure, place=where)
            value = takes[name] = _typed(language.compile(one, place), properties.get(name))
            if value.constant:
                field = fields[by_name[name]]
                try:
                    kind: Any = Annotated[field.annotation, field]
                    TypeAdapter(kind).validate_python(value.make(self._scope(None)))
                except ValidationError as error:
                    what = f"{name}: {error.errors()[0]['msg']}"
                    raise Mistake(what, place=self.located.place(place)) from None
        for name, field_name in by_name.items():
            if fields[field_name].is_required() and name not in takes:
                cure = f"add {name} to its take"
                where = self.located.place((*at, "operation"))
                raise Mistake(f"{spec.operation} needs {name!r}", cure=cure, place=where)
        return takes

    def _take(
        self, takes: Mapping[str, Value], closed: dict[str, Any] | None
    ) -> Callable[[Exchange], dict[str, Any]]:
        makes = [(name, one.make) for name, one in takes.items()]

        def take(exchange: Exchange) -> dict[str, Any]:
            roots = {
                "": exchange.body, "path": exchange.path, "query": exchange.query,
                "header": exchange.headers, "base": self.base, "system": self.system,
            }  # fmt: skip
            scope = Scope(roots)
            wrong = list(_unknown(exchange.body, closed, "")) if closed else []
            given: dict[str, Any] = {}
            for name, make in makes:
                try:
                    value = make(scope)
                except Wrong as error:
                    wrong.append(Violation(error.pointer, error.why))
                    continue
                if value is not MISSING:
                    given[name] = value
            if wrong:
                detail = f"{wrong[0].pointer} {wrong[0].detail}"
                raise invalid(
                    detail if len(wrong) == 1 else f"{len(wrong)} fields are wrong", *wrong
                )
            return given

        return take

    def _keys(
        self, spec: RouteSpec, language: Language, at: At
    ) -> Callable[[Any, Any], dict[str, list[str]]]:
        makes: list[tuple[str, Callable[[Scope], Any]]] = []
        for name, one in spec.keys.items():
            if name not in KEYS:
                where = self.located.place((*at, "keys", name), of_key=True)
                raise Mistake(f"unknown key {name!r}", cure=nearest(name, KEYS), place=where)
            parts = one if isinstance(one, list) else [one]
            makes += [(name, language.compile(part, (*at, "keys", name)).make) for part in parts]

        def keys(given: Any, result: Any) -> dict[str, list[str]]:
            scope = self._scope(result, given)
            found: dict[str, list[str]] = {}
            for name, make in makes:
                value = make(scope)
                for part in value if isinstance(value, list) else [value]:
                    if part in (None, "", MISSING) or str(part) in found.get(name, []):
                        continue
                    found.setdefault(name, []).append(str(part))
            return found

        return keys

    # --- refusals and pushes ---------------------------------------------------------------------

    def _refusal(self) -> Value:
        assert self.spec.errors is not None
        language = self._language(False, {"": Problem})
        return language.compile(self.spec.errors.body, ("errors", "body"))

    def _push(self, name: str) -> Push:
        document = self.documents.get(name)
        if document is None:
            where = self.located.place(("say", name), of_key=True)
            what = f"{self.system} says no {name!r}"
            raise Mistake(what, cure=nearest(name, self.documents), place=where)
        spec, language = self.spec.say[name], self._language(False, {"": document})
        headers = {
            key.lower(): language.compile(one, ("say", name, "headers", key))
            for key, one in spec.headers.items()
        }
        body = language.compile(spec.body, ("say", name, "body"))
        return Push(body, headers, language.compile(spec.path, ("say", name, "path")))

    def _language(self, reading: bool, roots: Mapping[str, Any]) -> Language:
        known = {**roots, "base": str, "system": str}
        return Language(self.located, reading, known, self.spec.shapes)

    def _scope(self, result: Any, given: Any = None) -> Scope:
        return Scope({"": result, "given": given, "base": self.base, "system": self.system})


def _typed(value: Value, schema: dict[str, Any] | None) -> Value:
    """What is taken as it is has the schema of the field that it becomes."""
    if schema is None or "$ref" in str(schema) or len(value.reads) != 1 or value.reads[0].schema:
        return value
    read = value.reads[0]
    plain = {key: one for key, one in schema.items() if key not in ("title", "default")}
    return Value(value.make, plain, (Read(read.root, read.steps, read.required, plain),))


def _pointers(takes: Mapping[str, Value]) -> dict[str, str]:
    """What the caller calls each input field, where it comes from one path."""
    return {name: one.reads[0].pointer for name, one in takes.items() if len(one.reads) == 1}


def _unknown(body: Any, schema: dict[str, Any], pointer: str) -> list[Violation]:
    """The fields of a body that nothing reads."""
    if not isinstance(body, dict) or "properties" not in schema:
        return []
    found = []
    for name, value in body.items():
        known = schema["properties"].get(name)
        if known is None:
            cure = nearest(str(name), schema["properties"])
            found.append(Violation(f"{pointer}/{name}", f"is not known; {cure}"))
        else:
            found += _unknown(value, known, f"{pointer}/{name}")
    return found
