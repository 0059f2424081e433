"""What every request passes before a route sees it: bounds, and no strangers' web pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from starlette.exceptions import HTTPException

from simulator.control.tokens import is_loopback
from simulator.core.timer import monotonic

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from simulator.control.metrics import Metrics

BODY_LIMIT = 1024 * 1024
SNAPSHOT_LIMIT = 512 * 1024 * 1024
DRAINED = 16 * 1024 * 1024


class TooLarge(HTTPException):
    """A body went beyond its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes")


class Doors:
    """ASGI middleware: body limit, Host and Origin checks, and the request count."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, open_to_all: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        limit = SNAPSHOT_LIMIT if scope["path"].endswith("/snapshot") else BODY_LIMIT
        try:
            stranger = self._stranger(headers)
            length = headers.get("content-length", "0")
            if stranger:
                await _problem(noted, scope, 403, "forbidden", stranger)
            elif length.isdigit() and int(length) > limit:
                await _drained(receive)
                await _problem(noted, scope, 413, "too-large", TooLarge(limit).detail)
            else:
                await self._app(scope, _bounded(receive, limit), noted)
        finally:
            self._metrics.answered(scope, status, monotonic() - began)

    def _stranger(self, headers: dict[str, str]) -> str:
        """Why a request comes from another site's web page; empty where it does not.

        An open control plane listens on loopback, where any page in the user's browser can reach
        it: by a form or a fetch (Origin), or by a name that resolves to 127.0.0.1 (Host).
        """
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self._open_to_all and name and not is_loopback(name):
            return f"without tokens the control plane answers to loopback names only, not {name!r}"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return f"requests from web pages of {origin!r} are refused"
        return ""


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                await _drained(receive)
                raise TooLarge(limit)
        return message

    return bounded


async def _drained(receive: Receive) -> None:
    """Take in and forget what still comes, to a bound: closing on a sender resets its answer."""
    taken = 0
    while taken < DRAINED:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _problem(send: Any, scope: Scope, status: int, slug: str, detail: str) -> None:
    body = orjson.dumps(
        {
            "type": f"urn:stagefloor:problem:{slug}",
            "title": slug.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            "instance": scope["path"],
        }
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
