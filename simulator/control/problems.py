"""Errors of the control plane as RFC 9457 problem details, with the cure in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from simulator.core.errors import (
    CouldNotStart,
    JournalFull,
    Mistake,
    Mistakes,
    QueueFull,
    Refusal,
    StagefloorError,
    UnknownName,
)

MEDIA_TYPE = "application/problem+json"


class ProblemError(BaseModel):
    """One thing wrong in a request."""

    pointer: str | None = Field(None, description="JSON pointer into the body, where there is one")
    detail: str
    cure: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem details. `cure` says what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    cure: str | None = None
    errors: list[ProblemError] | None = None


class Denied(StagefloorError):
    """The caller may not do this, or has not said who it is."""

    def __init__(self, status: int, detail: str, cure: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.cure = cure


class Missing(UnknownName):
    """A name in the path of a request to which nothing answers: 404, with what was meant."""


def answer(
    request: Request,
    status: int,
    detail: str,
    *,
    slug: str,
    cure: str = "",
    errors: list[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response."""
    body: dict[str, Any] = {
        "type": f"urn:stagefloor:problem:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if cure:
        body["cure"] = cure
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def of_mistake(request: Request, error: Exception) -> Response:
    """A user's mistake: 404 for a name in the path, else 422 with each thing wrong."""
    assert isinstance(error, Mistake)
    if isinstance(error, Missing):
        return answer(request, 404, error.what, slug="not-found", cure=error.cure)
    found = error.mistakes if isinstance(error, Mistakes) else (error,)
    detail = error.what if len(found) == 1 else f"{len(found)} things are wrong"
    listed = [_listed(mistake) for mistake in found]
    cure = found[0].cure if len(found) == 1 else ""
    return answer(request, 422, detail, slug="mistake", cure=cure, errors=listed)


def _listed(mistake: Mistake) -> Mapping[str, Any]:
    one: dict[str, Any] = {"detail": mistake.what}
    if mistake.path:
        one["pointer"] = _pointer(mistake.path)
    if mistake.place:
        one["place"] = str(mistake.place)
    if mistake.cure:
        one["cure"] = mistake.cure
    return one


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def of_refusal(request: Request, error: Exception) -> Response:
    """A system's no, under the status that it chose."""
    assert isinstance(error, Refusal)
    errors = [{"pointer": one.pointer, "detail": one.detail} for one in error.violations]
    headers = {}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    return answer(
        request, error.status, error.detail, slug=error.code, errors=list(errors), headers=headers
    )


def of_denial(request: Request, error: Exception) -> Response:
    """No token, or one that does not open this."""
    assert isinstance(error, Denied)
    slug = "unauthorized" if error.status == 401 else "forbidden"
    headers = {"www-authenticate": 'Bearer realm="stagefloor"'} if error.status == 401 else None
    return answer(request, error.status, error.detail, slug=slug, cure=error.cure, headers=headers)


def of_limit(request: Request, error: Exception) -> Response:
    """A bound was reached: the journal's or a queue's. Loud, and no fault of the caller's."""
    slug = "journal-full" if isinstance(error, JournalFull) else "queue-full"
    cure = "reset the plant, or start it with a larger limit"
    return answer(request, 507, str(error), slug=slug, cure=cure)


def of_validation(request: Request, error: Exception) -> Response:
    """What FastAPI's own validation found: 400 for bytes that are not JSON, 415 for what was not
    sent as JSON, else 422."""
    assert isinstance(error, RequestValidationError)
    errors: list[Mapping[str, Any]] = []
    for one in error.errors():
        where, *rest = one["loc"]
        if one["type"] == "json_invalid":
            detail = f"not JSON: {one['ctx']['error']} at byte {rest[0]}"
            return answer(request, 400, detail, slug="bad-request", cure="send valid JSON")
        name = ".".join(str(step) for step in rest)
        unread = where == "body" and not rest and one["type"] != "missing"
        if unread and not _is_json(request):
            media = request.headers.get("content-type") or "nothing"
            cure = "send it with the header content-type: application/json"
            detail = f"the body is JSON, and was sent as {media}"
            return answer(request, 415, detail, slug="media-type", cure=cure)
        if where == "body":
            errors.append({"pointer": _pointer(tuple(rest)), "detail": _said(one, name)})
        else:
            errors.append({"detail": f"{where} parameter {name}: {one['msg']}"})
    detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} things are wrong"
    return answer(request, 422, detail, slug="mistake", errors=errors)


def _is_json(request: Request) -> bool:
    """Whether the body was sent as JSON, of whatever kind: what else it is, is never parsed."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _said(one: Any, name: str) -> str:
    if one["type"] == "extra_forbidden":
        return f"unknown key {name!r}"
    if one["type"] == "missing":
        return f"the key {name!r} is missing" if name else "a body is missing"
    return f"{name}: {one['msg']}" if name else str(one["msg"])


def of_http(request: Request, error: Exception) -> Response:
    """What the framework says by itself: no such route, or not with this method."""
    assert isinstance(error, HTTPException)
    slugs = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "media-type"}
    detail, cure = str(error.detail), ""
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}"
        cure = "/control/docs lists what there is"
    slug = slugs.get(error.status_code, "bad-request")
    return answer(request, error.status_code, detail, slug=slug, cure=cure, headers=error.headers)


def of_start(request: Request, error: Exception) -> Response:
    """Something could not be started just now."""
    return answer(request, 503, str(error), slug="could-not-start")


def of_anything(request: Request, error: Exception) -> Response:
    """An error of Stagefloor's own; its traceback is in the log, never in the answer."""
    detail = f"the control plane failed: {type(error).__name__}"
    return answer(request, 500, detail, slug="internal", cure="see the log, and please report it")


ANSWERS: dict[Any, Any] = {
    Mistake: of_mistake,
    Refusal: of_refusal,
    Denied: of_denial,
    JournalFull: of_limit,
    QueueFull: of_limit,
    CouldNotStart: of_start,
    RequestValidationError: of_validation,
    HTTPException: of_http,
    Exception: of_anything,
}
"""Exception class to what answers it."""
