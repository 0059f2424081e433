"""How the control plane stands on the site's port, without making the start wait for it.

FastAPI takes a third of a second to import. Health and readiness are answered without it; the
application is built when something else is first asked for, in a thread, so that the timeline is
not late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from simulator import __version__
from simulator.control.tokens import Tokens, guard_binding
from simulator.transports.http import HttpServer

if TYPE_CHECKING:
    from simulator.stage.site import Site

PREFIXES = ("/control", "/metrics")


def open_control(
    site: Site, tokens: Tokens | None = None, *, scenarios: Path = Path("scenarios")
) -> HttpServer:
    """Put the control plane on the site's own port, before the site starts.

    Raises CouldNotStart beyond loopback without tokens.
    """
    tokens = tokens or Tokens()
    guard_binding(site.host, tokens)

    def build() -> Any:
        from simulator.control import build_app

        return build_app(site, tokens, scenarios=scenarios)

    server = shared_server(site)
    front = Front(site, build)
    for prefix in PREFIXES:
        server.mount(prefix, front)
    return server


def shared_server(site: Site) -> HttpServer:
    """The server on the site's own port, which the plants' HTTP endpoints share."""
    return site.shared("http", lambda: HttpServer(site.host, site.port))


class Front:
    """An ASGI application that becomes the control plane when it is first needed."""

    def __init__(self, site: Site, build: Callable[[], Any]) -> None:
        self._site = site
        self._build = build
        self._building: asyncio.Future[Any] | None = None
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
                if scope["path"] == "/control/health":
                    await _answer(send, 200, {"status": "ok", "version": __version__})
                    return
                if scope["path"] == "/control/ready":
                    ready = all(stage.ready for stage in self._site.stages.values())
                    await _answer(send, 200 if ready else 503, {"ready": ready})
                    return
            await self.warm()
        await self._app(scope, receive, send)

    async def warm(self) -> None:
        """Build the application, once."""
        if self._building is None:
            self._building = asyncio.ensure_future(asyncio.to_thread(self._build))
        self._app = await asyncio.shield(self._building)


async def _answer(send: Any, status: int, content: dict[str, Any]) -> None:
    body = orjson.dumps(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
