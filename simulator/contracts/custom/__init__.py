"""A user's own contract, from a YAML file: its routes, its JSON both ways, its errors, its pushes.

The language is described in docs/adding-a-contract.md and in `values`. Nothing in the file is code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from simulator.contracts.custom.build import Builder, Built, Problem, ProblemField
from simulator.contracts.custom.file import read_spec
from simulator.contracts.custom.paths import MISSING, Scope
from simulator.core.errors import Mistake, Refusal
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Document, Strict
from simulator.core.routes import JSON, PROBLEM, Route, RoutedContract, dump
from simulator.core.yamlfile import inside, read_yaml

_ENCODED = {"%24": "$", "%27": "'", "%28": "(", "%29": ")", "%2C": ",", "%2c": ",", "%3D": "="}


class Custom(RoutedContract):
    """The wire shape that a file under payloads/ describes."""

    kind: ClassVar[str] = "custom"
    summary: ClassVar[str] = "a user's own contract, from a YAML file"

    class Settings(Strict):
        """Which file."""

        file: str = Field(description="the contract's file under payloads/")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._built: Built | None = None
        super().__init__(*args, **kwargs)
        errors = self.built.spec.errors
        self.problem_type = errors.content_type if errors else PROBLEM

    @property
    def built(self) -> Built:
        """The compiled file. Raises Mistakes with every line that is wrong."""
        if self._built is None:
            if self.payloads is None:
                raise Mistake("a custom contract needs the folder payloads/")
            path = inside(self.payloads, self.settings.file)
            located = read_yaml(path, f"{self.payloads.name}/{self.settings.file}")
            spec = read_spec(located)
            if spec.system != self.system:
                place = located.place(("system",))
                what = f"this contract is for {spec.system!r}, and the endpoint is {self.system}'s"
                raise Mistake(what, place=place)
            self._built = Builder(
                located, spec, self.system, self.base, self.operations, self.documents
            ).build()
        return self._built

    def routes(self) -> list[Route]:
        return self.built.routes

    def decode(self, request: Request) -> Call:
        return super().decode(_plain(request))

    def peek(self, request: Request) -> str | None:
        return super().peek(_plain(request))

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        errors, shape = self.built.spec.errors, self.built.refusal
        if errors is None or shape is None:
            return super().refuse(request, refusal)
        if not isinstance(refusal, Refusal):
            refusal = Refusal("the stand-in failed", code="internal", status=500)
        reply = super().refuse(_plain(request), refusal)  # its headers: Allow, Retry-After
        ours = (refusal.code, str(refusal.status), "default")  # the most precise that is listed
        status = next((errors.statuses[one] for one in ours if one in errors.statuses), None)
        status = status or refusal.status
        seen = Problem(
            next((errors.codes[one] for one in ours if one in errors.codes), refusal.code),
            refusal.detail,
            status,
            refusal.code.replace("-", " ").capitalize(),
            [
                ProblemField(one.pointer, one.detail)
                for one in refusal.violations
                if refusal.status != 405
            ],
        )
        scope = Scope({"": seen, "base": self.base, "system": self.system})
        headers = {**reply.headers, **self.built.spec.headers, "content-type": self.problem_type}
        return Reply(status, headers, dump(shape.make(scope)))

    def render(self, document: Document) -> Request | None:
        push = self.built.pushes.get(document.document)
        if push is None:
            return None
        scope = Scope({"": document, "base": self.base, "system": self.system})
        headers = {"content-type": JSON}
        for name, one in push.headers.items():
            value = one.make(scope)
            if value is not MISSING and value is not None:
                headers[name] = str(value)
        path = str(push.path.make(scope))
        return Request(method="POST", path=path, headers=headers, body=dump(push.body.make(scope)))

    def problem_schema(self) -> dict[str, Any]:
        shape = self.built.refusal
        return super().problem_schema() if shape is None else shape.schema

    def problem_status(self, status: int) -> int:
        errors = self.built.spec.errors
        known = errors.statuses if errors else {}
        return known.get(str(status), known.get("default", status))

    def pushes(self) -> Mapping[str, Any]:
        return {name: push.body.schema for name, push in self.built.pushes.items()}


def _plain(request: Request) -> Request:
    """OData clients percent-encode what a path may carry as it is: `%27` for a quote."""
    if "%" not in request.path and "%" not in request.query:
        return request
    path, query = request.path, request.query
    for encoded, plain in _ENCODED.items():
        path = path.replace(encoded, plain)
    return Request(request.method, path, query, request.headers, request.body, request.peer)
