"""Contracts that are routes: method and path template to operation, and back.

The shape that HTTP contracts share, whatever their JSON looks like. Errors are RFC 9457 problem
details; paths follow RFC 3986; a wrong method answers 405 with Allow (RFC 9110).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.core.adapters import adapter_of
from simulator.core.durations import as_json
from simulator.core.errors import Mistake, Refusal, Violation, invalid, stale
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract

JSON = "application/json"
PROBLEM = "application/problem+json"
_SAID = {"extra_forbidden": "there is no such field", "missing": "is missing"}
_NONE: Mapping[str, str] = {}


@dataclass(slots=True)
class Exchange:
    """What a route's `take` sees of a request."""

    path: Mapping[str, str]  # path parameters
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: Any  # the validated body model, or None


@dataclass(frozen=True)
class Route:
    """One route: what it matches, and how to go from wire to operation input and back."""

    method: str
    path: str  # template, `{name}` for a segment
    operation: str
    take: Callable[[Exchange], Mapping[str, Any]]  # -> the operation's input as a mapping
    give: Callable[[Any], Any]  # the operation's result -> JSON-able data
    body: Any = None  # pydantic model of the body, None where there is none
    query: Mapping[str, str] = field(default_factory=dict)  # known query parameters: name, meaning
    status: int = 200
    summary: str = ""
    reply: Any = None  # pydantic model (or type, or JSON Schema) of the reply, for OpenAPI
    headers: Callable[[Any], dict[str, str]] | None = None  # ETag, Location … from the result
    keys: Callable[[Any, Any], dict[str, list[str]]] | None = None  # (input, result) -> keys
    # Where the body decides: which operation, and which others than `operation` it may be.
    choose: Callable[[Exchange], str] | None = None
    others: tuple[str, ...] = ()
    # For OpenAPI, and for pointing at what the caller wrote:
    asks: Mapping[str, str] = field(default_factory=dict)  # request headers: name, meaning
    shows: Mapping[str, str] = field(default_factory=dict)  # reply headers: name, meaning
    refuses: tuple[int, ...] = ()  # statuses that its operation may refuse with
    fields: Mapping[str, str] = field(default_factory=dict)  # input field -> pointer, query/<name>
    choices: Mapping[str, Any] = field(default_factory=dict)  # query parameter -> JSON Schema
    schema: dict[str, Any] | None = None  # JSON Schema of the body, where `body` cannot say it


class _Compiled:
    __slots__ = ("adapter", "names", "pattern", "route")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.names = re.findall(r"{(\w+)}", route.path)
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
        self.pattern = re.compile(pattern)
        self.adapter: TypeAdapter[Any] | None = (
            adapter_of(route.body) if route.body is not None else None
        )


class RoutedContract(Contract):
    """A contract made of `routes()`. Subclasses add `render` and, if need be, their own errors."""

    problem_type: str = PROBLEM  # the media type of what `refuse` writes
    push_type: str = JSON  # and of what `render` writes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plain: dict[tuple[str, str], _Compiled] = {}
        self._templated: list[_Compiled] = []
        for route in self.routes():
            for name in (route.operation, *route.others):
                if name not in self.operations:
                    what = f"the contract {self.kind} does not fit the system {self.system}: "
                    raise Mistake(what + f"it has no operation {name!r}")
            compiled = _Compiled(route)
            if compiled.names:
                self._templated.append(compiled)
            else:
                self._plain[route.method, route.path] = compiled
        # By method and first segment, so that few patterns are tried; those whose first segment
        # is itself a template stand in every list.
        self._open = [one for one in self._templated if "{" in _first(one.route.path)]
        self._by_first: dict[tuple[str, str], list[_Compiled]] = {}
        for one in self._templated:
            key = (one.route.method, _first(one.route.path))
            if one not in self._open and key not in self._by_first:
                self._by_first[key] = [
                    other
                    for other in self._templated
                    if other in self._open or (other.route.method, _first(other.route.path)) == key
                ]

    def routes(self) -> list[Route]:
        """The routes, in order: the first that matches is taken."""
        raise NotImplementedError

    def _find(self, method: str, path: str) -> tuple[_Compiled, Mapping[str, str]]:
        if method == "HEAD":  # GET without a body (RFC 9110, 9.3.2); the server leaves it out
            method = "GET"
        found = self._plain.get((method, path))
        if found is not None:
            return found, _NONE
        first = path[1:].partition("/")[0]
        for compiled in self._by_first.get((method, first), self._open):
            hit = compiled.pattern.fullmatch(path)
            if hit and compiled.route.method == method:
                return compiled, {
                    name: unquote(value) if "%" in value else value
                    for name, value in hit.groupdict().items()
                }
        allowed = [verb for verb, plain in self._plain if plain == path]
        allowed += [one.route.method for one in self._templated if one.pattern.fullmatch(path)]
        if allowed:
            verbs = ", ".join(sorted({*allowed, *(["HEAD"] if "GET" in allowed else [])}))
            detail = f"{method} is not allowed here; allowed: {verbs}"
            refusal = Refusal(detail, code="method-not-allowed", status=405)
            refusal.violations.append(Violation("Allow", verbs))
            raise refusal
        detail = f"{self.system} has nothing at {path}"
        raise Refusal(detail, code="no-such-route", status=404)

    def peek(self, request: Request) -> str | None:
        try:
            route = self._find(request.method, request.path)[0].route
        except Refusal:
            return None
        return None if route.choose is not None else route.operation

    def decode(self, request: Request) -> Call:
        compiled, path = self._find(request.method, request.path)
        route = compiled.route
        body = self._body(compiled, request) if compiled.adapter is not None else None
        query = self._query(route, request.query) if request.query else _NONE
        exchange = Exchange(path, query, request.headers, body)
        name = route.operation if route.choose is None else route.choose(exchange)
        operation = self.operations[name]
        try:
            given = operation.adapter.validate_python(route.take(exchange))
        except ValidationError as error:
            raise violations(error, route.fields) from None
        keys = route.keys(given, None) if route.keys is not None else {}
        idempotency = None if operation.reads else request.headers.get("idempotency-key")
        return Call(name, given, keys, idempotency, route)

    def _body(self, compiled: _Compiled, request: Request) -> Any:
        assert compiled.adapter is not None
        kind = request.headers.get("content-type", JSON)
        if kind != JSON:
            kind = kind.partition(";")[0].strip().lower()
            if kind != JSON and not kind.endswith("+json"):
                detail = f"send {JSON}, not {kind[:60]}"
                raise Refusal(detail, code="unsupported-media-type", status=415)
        try:
            return compiled.adapter.validate_json(request.body)
        except ValidationError as error:
            raise violations(error) from None

    def _query(self, route: Route, text: str) -> dict[str, str]:
        if "%" in text or "+" in text:
            pairs = parse_qsl(text, keep_blank_values=True)
        else:  # nothing to unquote: three times as quick
            parts = (part.partition("=") for part in text.split("&") if part)
            pairs = [(name, value) for name, _, value in parts]
        query = dict(pairs)
        for name in query:
            if name not in route.query:
                known = ", ".join(sorted(route.query)) or "none"
                detail = f"unknown query parameter {name!r}; known: {known}"
                raise Refusal(detail, code="invalid", status=400)
        if len(query) < len(pairs):
            raise Refusal("a query parameter stands twice", code="invalid", status=400)
        return query

    def encode(self, call: Call, result: Any) -> Reply:
        route: Route = call.context
        headers = {"content-type": JSON}
        if route.headers is not None:
            headers.update(route.headers(result))
        if route.keys is not None:
            call.keys.update(route.keys(call.input, result))
        if route.status == 204:
            headers.pop("content-type")
            return Reply(204, headers)
        return Reply(route.status, headers, dump(route.give(result)))

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        if isinstance(refusal, Refusal) and refusal.violations:
            self._point(request, refusal)
        return problem(refusal, self.base + request.path)

    def _point(self, request: Request, refusal: Refusal) -> None:
        """What an operation says of its input's fields, said of what the caller wrote."""
        try:
            fields = self._find(request.method, request.path)[0].route.fields
        except Refusal:
            return
        refusal.violations[:] = [
            Violation(_pointer(one.pointer[1:].split("/"), fields), one.detail)
            if one.pointer.startswith("/")
            else one
            for one in refusal.violations
        ]

    def openapi(self) -> dict[str, Any] | None:
        from simulator.core.openapi import describe

        return describe(self, self.routes(), self.pushes())

    def problem_schema(self) -> dict[str, Any]:
        """The JSON Schema of what `refuse` writes."""
        from simulator.core.openapi import PROBLEM_SCHEMA

        return PROBLEM_SCHEMA

    def problem_status(self, status: int) -> int:
        """The status that `refuse` answers where the refusal has this one."""
        return status

    def pushes(self) -> Mapping[str, Any]:
        """What `render` sends, for OpenAPI: document name to the type of the body."""
        return {}


def _first(path: str) -> str:
    return path[1:].partition("/")[0]


def dump(value: Any) -> bytes:
    """JSON bytes of models, Decimals and plain data."""
    return orjson.dumps(value, default=_default)


def plain(value: Any) -> Any:
    """A model, dataclass or other result as plain data, as its JSON would be read."""
    return orjson.loads(dump(value))


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="python", by_alias=True, exclude_none=True)
    return as_json(value)


def etag(version: int) -> str:
    """A version as a strong entity tag (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def segment(name: str) -> str:
    """A name as one segment of a path (RFC 3986)."""
    return name if name.isascii() and name.isalnum() else quote(name, safe="")


def if_match(headers: Mapping[str, str]) -> int | None:
    """The version that If-Match asks for; None where the header is absent or `*`.

    Raises Refusal 412 for a tag that no version of ours can have: weak, or not a number.
    """
    tag = headers.get("if-match", "").strip()
    if tag in ("", "*"):
        return None
    text = tag[1:-1] if len(tag) > 2 and tag[0] == tag[-1] == '"' else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise stale(f"If-Match: {tag[:60]} is not the current version")
    return int(text)


def violations(error: ValidationError, fields: Mapping[str, str] = _NONE) -> Refusal:
    """pydantic's findings as one Refusal (422; 400 where the body is not JSON at all).

    `fields` says what the caller calls an input's field, so that the pointer is into what was
    sent: `/Quantity/Value`, or `query/limit` for what is no part of the body.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Refusal(found[0]["msg"], code="not-json", status=400)
    listed = [
        Violation(
            _pointer([_pointed(str(step)) for step in one["loc"]], fields),
            _SAID.get(one["type"]) or one["msg"].removeprefix("Value error, "),
        )
        for one in found[:20]
    ]
    one_only = f"{listed[0].pointer}: {listed[0].detail}"
    many = f"{len(found)} fields are not as they should be"
    return invalid(many if len(found) > 1 else one_only, *listed)


def _pointer(steps: list[str], fields: Mapping[str, str]) -> str:
    head = fields.get(steps[0], steps[0]) if steps else ""
    return "/".join([head if "/" in head else f"/{head}" if head else "", *steps[1:]])


def _pointed(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")  # RFC 6901


def problem(refusal: Exception, instance: str) -> Reply:
    """A Refusal as RFC 9457 problem details."""
    if not isinstance(refusal, Refusal):
        refusal = Refusal("the stand-in failed", code="internal", status=500)
    body: dict[str, Any] = {
        "type": f"urn:stagefloor:problem:{refusal.code}",
        "title": refusal.code.replace("-", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": instance,
    }
    headers = {"content-type": PROBLEM}
    if refusal.status == 405:
        headers["allow"] = refusal.violations[0].detail
    elif refusal.violations:
        body["errors"] = [
            {"pointer": one.pointer, "detail": one.detail} for one in refusal.violations
        ]
    if refusal.retry_after is not None:
        headers["retry-after"] = str(max(1, round(refusal.retry_after)))
    return Reply(refusal.status, headers, orjson.dumps(body))
