"""Contracts that are routes: method and path template to operation, and back.

The shape that HTTP contracts share, whatever their JSON looks like. Errors are RFC 9457 problem
details; paths follow RFC 3986; a wrong method answers 405 with Allow (RFC 9110).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.core.durations import as_json
from simulator.core.errors import Refusal, Violation, invalid
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Exchange:
    """What a route's `take` sees of a request."""

    path: dict[str, str]  # path parameters
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: Any  # the validated body model, or None


@dataclass(frozen=True)
class Route:
    """One route: what it matches, and how to go from wire to operation input and back."""

    method: str
    path: str  # template, `{name}` for a segment
    operation: str
    take: Callable[[Exchange], dict[str, Any]]  # -> the operation's input as a mapping
    give: Callable[[Any], Any]  # the operation's result -> JSON-able data
    body: Any = None  # pydantic model of the body, None where there is none
    query: dict[str, str] = field(default_factory=dict)  # known query parameters: name -> meaning
    status: int = 200
    summary: str = ""
    reply: Any = None  # pydantic model (or type) of the reply, for OpenAPI
    headers: Callable[[Any], dict[str, str]] | None = None  # ETag, Location … from the result
    keys: Callable[[Any, Any], dict[str, list[str]]] | None = None  # (input, result) -> keys


class _Compiled:
    __slots__ = ("adapter", "names", "pattern", "route")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.names = re.findall(r"{(\w+)}", route.path)
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
        self.pattern = re.compile(pattern)
        self.adapter: TypeAdapter[Any] | None = (
            TypeAdapter(route.body) if route.body is not None else None
        )


class RoutedContract(Contract):
    """A contract made of `routes()`. Subclasses add `render` and, if need be, their own errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plain: dict[tuple[str, str], _Compiled] = {}
        self._templated: list[_Compiled] = []
        for route in self.routes():
            if route.operation not in self.operations:
                raise KeyError(f"{self.kind}: {self.system} has no operation {route.operation}")
            compiled = _Compiled(route)
            if compiled.names:
                self._templated.append(compiled)
            else:
                self._plain[route.method, route.path] = compiled

    def routes(self) -> list[Route]:
        """The routes, in order: the first that matches is taken."""
        raise NotImplementedError

    def _find(self, method: str, path: str) -> tuple[_Compiled, dict[str, str]]:
        found = self._plain.get((method, path))
        if found is not None:
            return found, {}
        allowed = [verb for verb, plain in self._plain if plain == path]
        for compiled in self._templated:
            hit = compiled.pattern.fullmatch(path)
            if hit:
                if compiled.route.method == method:
                    return compiled, {k: unquote(v) for k, v in hit.groupdict().items()}
                allowed.append(compiled.route.method)
        if allowed:
            verbs = ", ".join(sorted(set(allowed)))
            detail = f"{method} is not allowed here; allowed: {verbs}"
            refusal = Refusal(detail, code="method-not-allowed", status=405)
            refusal.violations.append(Violation("Allow", verbs))
            raise refusal
        detail = f"{self.system} has nothing at {path}"
        raise Refusal(detail, code="no-such-route", status=404)

    def peek(self, request: Request) -> str | None:
        try:
            return self._find(request.method, request.path)[0].route.operation
        except Refusal:
            return None

    def decode(self, request: Request) -> Call:
        compiled, path = self._find(request.method, request.path)
        route = compiled.route
        body = self._body(compiled, request)
        query = self._query(route, request)
        exchange = Exchange(path, query, dict(request.headers), body)
        operation = self.operations[route.operation]
        try:
            given = operation.adapter.validate_python(route.take(exchange))
        except ValidationError as error:
            raise violations(error) from None
        keys = route.keys(given, None) if route.keys else {}
        idempotency = None if operation.reads else request.headers.get("idempotency-key")
        return Call(route.operation, given, keys, idempotency, route)

    def _body(self, compiled: _Compiled, request: Request) -> Any:
        if compiled.adapter is None:
            return None
        kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if kind != JSON and not kind.endswith("+json"):
            detail = f"send {JSON}, not {kind}"
            raise Refusal(detail, code="unsupported-media-type", status=415)
        try:
            return compiled.adapter.validate_json(request.body)
        except ValidationError as error:
            raise violations(error) from None

    def _query(self, route: Route, request: Request) -> dict[str, str]:
        if not request.query:
            return {}
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        for name in query:
            if name not in route.query:
                known = ", ".join(sorted(route.query)) or "none"
                detail = f"unknown query parameter {name!r}; known: {known}"
                raise Refusal(detail, code="invalid", status=400)
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
        return problem(refusal, request.path)


def dump(value: Any) -> bytes:
    """JSON bytes of models, Decimals and plain data."""
    return orjson.dumps(value, default=_default)


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="python", by_alias=True, exclude_none=True)
    return as_json(value)


def violations(error: ValidationError) -> Refusal:
    """pydantic's findings as one Refusal (422; 400 where the body is not JSON at all)."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Refusal(found[0]["msg"], code="not-json", status=400)
    listed = [
        Violation("/" + "/".join(str(step) for step in one["loc"]), one["msg"])
        for one in found[:20]
    ]
    many = f"{len(found)} fields are" if len(found) > 1 else "one field is"
    return invalid(f"{many} not as they should be", *listed)


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
