"""The file of a user's contract: its parts, and reading them with every mistake named by line."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simulator.core.errors import Mistake, Mistakes
from simulator.core.ports import Strict
from simulator.core.yamlfile import Located, check_keys

METHODS = ("get", "post", "put", "patch", "delete")


class RouteSpec(Strict):
    """One route: a method with its path, the operation, and both mappings."""

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    operation: str
    summary: str = ""
    status: int = Field(200, ge=200, le=299)
    take: dict[str, Any] = Field(default_factory=dict, description="input field: value")
    give: Any = None
    headers: dict[str, Any] = Field(default_factory=dict)
    keys: dict[str, Any] = Field(default_factory=dict, description="business key: value or list")
    ignore_query: list[str] = Field(default_factory=list)

    @property
    def method(self) -> tuple[str, str]:
        """The method and the path. Raises ValueError unless there is exactly one."""
        found = [(name, getattr(self, name)) for name in METHODS if getattr(self, name)]
        if len(found) != 1:
            raise ValueError("a route needs exactly one of " + ", ".join(METHODS))
        name, path = found[0]
        return name.upper(), path


class ErrorSpec(Strict):
    """What a refusal looks like. `$.` sees `code`, `detail`, `status`, `title`, `errors`."""

    body: Any
    content_type: str = "application/json"
    codes: dict[str, str] = Field(default_factory=dict, description="our code or status: theirs")
    statuses: dict[str, int] = Field(default_factory=dict, description="our code or status: theirs")


class SaySpec(Strict):
    """What a document looks like when it is pushed."""

    body: Any
    headers: dict[str, Any] = Field(default_factory=dict)
    path: Any = ""


class FileSpec(Strict):
    """A whole contract."""

    contract: str
    about: str = ""
    system: str
    headers: dict[str, str] = Field(default_factory=dict, description="on every reply")
    unknown_fields: Literal["refuse", "ignore"] = "refuse"
    routes: list[RouteSpec] = Field(min_length=1)
    shapes: dict[str, Any] = Field(default_factory=dict)
    errors: ErrorSpec | None = None
    say: dict[str, SaySpec] = Field(default_factory=dict, description="document: its shape")


def read_spec(located: Located) -> FileSpec:
    """The parts of the file. Raises Mistakes: unknown keys with what was probably meant."""
    found = check_keys(located, (), list(FileSpec.model_fields))
    if not found:
        value = located.value
        for i, route in enumerate(value.get("routes") or []):
            if isinstance(route, dict):
                found += check_keys(located, ("routes", i), list(RouteSpec.model_fields))
        if isinstance(value.get("errors"), dict):
            found += check_keys(located, ("errors",), list(ErrorSpec.model_fields))
        for name, said in (value.get("say") or {}).items():
            if isinstance(said, dict):
                found += check_keys(located, ("say", name), list(SaySpec.model_fields))
    if found:
        raise Mistakes(found)
    spec = located.validate(FileSpec)
    for i, one in enumerate(spec.routes):
        try:
            _, path = one.method
        except ValueError as error:
            found.append(Mistake(str(error), place=located.place(("routes", i))))
            continue
        if not path.startswith("/"):
            what = f"a path starts with a slash: {path!r}"
            found.append(Mistake(what, place=located.place(("routes", i))))
    if found:
        raise Mistakes(found)
    return spec
