"""HTTP requests of a scenario's own, to the integration under test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from simulator.core.durations import as_json
from simulator.core.errors import Mistake
from simulator.core.journal import body_text
from simulator.core.message import Message, Request

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

ENDPOINT = "scenario.ask"
TIMEOUT = 10.0  # wall seconds


class Asks:
    """Sends what steps ask, in parallel, each journalled with its answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, verb: str, given: dict[str, Any], run: str | None) -> dict[str, Any]:
        """Journal a request and send it (without a network: only journal it)."""
        stage = self._stage
        body = b"" if given["json"] is None else orjson.dumps(given["json"], default=as_json)
        headers = {str(k).lower(): str(v) for k, v in given["headers"].items()}
        if body:
            headers.setdefault("content-type", "application/json")
        keys = {
            name: [str(one) for one in (value if isinstance(value, list) else [value])]
            for name, value in given["keys"].items()
        }
        request = Request(verb, str(given["url"]), "", headers, body)
        message = Message(ENDPOINT, "out", request, None, given["document"], keys)
        if run is not None:
            message.extra["run"] = run
        if not stage.outbound.enter(message, transport="http", outcome="queued"):
            return {"seq": None}
        if stage.network and self._client is not None:
            task = asyncio.get_running_loop().create_task(self._send(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            stage.outcome(message, {"outcome": "planned"})
        return {"seq": message.seq}

    async def _send(self, message: Message) -> None:
        assert self._client is not None
        request = message.request
        try:
            url = self._stage.resolve(request.path)
            reply = await self._client.request(
                request.method, url, content=request.body, headers=dict(request.headers)
            )
        except (httpx.HTTPError, httpx.InvalidURL, Mistake) as error:
            failed = {"outcome": "failed", "error": f"{type(error).__name__}: {error}"}
            self._stage.outcome(message, failed)
            return
        reply_body = {f"reply_{k}": v for k, v in body_text(reply.content).items()}
        done = {"outcome": "delivered", "status": reply.status_code, **reply_body}
        self._stage.outcome(message, done)

    def start(self) -> None:
        """Open the client."""
        self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)

    async def settled(self) -> None:
        """Return once every request has its answer."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Cancel what is under way and close the client."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None
