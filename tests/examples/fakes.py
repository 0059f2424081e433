"""A small MES and WMS on a real socket, written from their interface alone; a bridge process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


@dataclass
class Seen:
    """One request that reached the fake."""

    at: float
    method: str
    path: str
    key: str | None
    body: Any


@dataclass
class FakePlant:
    """MES under /mes, WMS under /wms; `answer` may step in before either."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    orders: dict[str, Any] = field(default_factory=dict)
    deliveries: dict[str, Any] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    stock: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[Seen], Awaitable[Response | None]] | None = None
    after: Callable[[Seen], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()
        self._kept: dict[str, tuple[int, Any]] = {}
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def up(self) -> None:
        """Listen; the second time on the same port."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        app = Starlette(routes=[Route("/{rest:path}", self._take, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))

    async def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        assert self._server is not None
        assert self._task is not None
        self._server.should_exit = self._server.force_exit = True
        await self._task

    async def until(self, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Return once `true()`; it is asked again after every request."""
        async with asyncio.timeout(patience), self._changed:
            await self._changed.wait_for(true)

    def posts(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.method == "POST" and one.path == path]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        seen = Seen(
            time.monotonic(), request.method, request.url.path,
            request.headers.get("idempotency-key"), json.loads(body) if body else None,
        )  # fmt: skip
        self.seen.append(seen)
        try:
            early = await self.answer(seen) if self.answer else None
            if early is not None:
                return early
            status, content = self._do(seen, dict(request.query_params))
            if self.after is not None:
                await self.after(seen)
            return JSONResponse(content, status)
        finally:
            async with self._changed:
                self._changed.notify_all()

    def _do(self, seen: Seen, query: dict[str, str]) -> tuple[int, Any]:
        if seen.key is not None and seen.key in self._kept:
            return self._kept[seen.key]
        status, content = self._fresh(seen, query)
        if seen.key is not None:
            self._kept[seen.key] = status, content
        return status, content

    def _fresh(self, seen: Seen, query: dict[str, str]) -> tuple[int, Any]:
        match seen.method, seen.path.strip("/").split("/"):
            case "POST", ["mes", "job-orders"]:
                if seen.body["ID"] in self.orders:
                    return 409, {"detail": "there is one of this name"}
                self.orders[seen.body["ID"]] = seen.body
                return 201, seen.body
            case "GET", ["mes", "job-orders", name]:
                return (200, self.orders[name]) if name in self.orders else (404, {})
            case "POST", ["wms", "inbound-deliveries"]:
                self.deliveries[seen.body["id"]] = seen.body
                return 201, seen.body
            case "POST", ["wms", "receipts"]:
                self.receipts.append(seen.body)
                return 201, {"id": f"R{len(self.receipts)}"} | seen.body
            case "GET", ["wms", "stock"]:
                start = int(query.get("after", 0))
                end = start + 2  # small pages: the paging is to be seen
                following = str(end) if end < len(self.stock) else None
                return 200, {"items": self.stock[start:end], "next": following}
            case "GET", ["wms", "movements"]:
                names = [one["id"] for one in self.movements]
                after = query.get("after")
                if after is not None and after not in names:
                    return 410, {"detail": "cursor expired"}
                start = names.index(after) + 1 if after is not None else 0
                following = names[start + 1] if start + 2 < len(names) else None
                return 200, {"items": self.movements[start : start + 2], "next": following}
        return 404, {"detail": "nothing here"}


class Bridge:
    """The bridge, as a process of its own."""

    def __init__(self, plant: FakePlant, db: Path) -> None:
        self._plant = plant
        self._db = db
        self._process: asyncio.subprocess.Process | None = None
        self.client = httpx.AsyncClient(trust_env=False)

    async def start(self, *flags: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "examples.bridge", "--port", "0", "--db", str(self._db),
            "--mes-url", f"{self._plant.url}/mes", "--wms-url", f"{self._plant.url}/wms", *flags,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await self._process.stdout.readline()).decode()
        assert line.startswith("bridge listening on http://"), line
        await self.client.aclose()
        self.client = httpx.AsyncClient(base_url=line.split()[-1], trust_env=False)

    async def kill(self, number: int = signal.SIGKILL) -> int:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def stop(self) -> None:
        await self.client.aclose()
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer

    async def eventually(self, path: str, true: Callable[[Any], bool]) -> Any:
        """GET until the answer is as wanted: the bridge tells nobody when it is."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.get(path)
                if true(found):
                    return found
                await asyncio.sleep(0.02)

    async def idle(self) -> None:
        """Return once nothing waits in the inbox or the outbox."""
        await self.eventually(
            "/health", lambda h: h["inbox"]["pending"] == h["outbox"]["pending"] == 0
        )


@contextlib.asynccontextmanager
async def staged(db: Path) -> AsyncIterator[tuple[FakePlant, Bridge]]:
    plant = FakePlant()
    await plant.up()
    bridge = Bridge(plant, db)
    try:
        yield plant, bridge
    finally:
        await bridge.stop()
        await plant.down()


# --- what a plant sends ------------------------------------------------------------------------


def confirmation(order: str, number: str = "C1", **more: Any) -> dict[str, Any]:
    data = {
        "ID": number, "JobOrderID": order, "JobState": "Running", "WorkMasterID": "GEARBOX",
        "OperationNo": 10, "Yield": 5, "Scrap": 1, "Rework": 0, "Final": False,
    }  # fmt: skip
    return job_response(data | more)


def completion(order: str, lot: str = "L1", good: float = 5, **more: Any) -> dict[str, Any]:
    data = {
        "JobOrderID": order, "JobState": "Completed", "WorkMasterID": "GEARBOX",
        "Yield": good, "Scrap": 1, "MaterialLotID": lot,
    }  # fmt: skip
    return job_response(data | more)


def job_response(data: dict[str, Any]) -> dict[str, Any]:
    area = {"BODID": f"bod-{data}", "CreationDateTime": "2026-03-02T06:00:00Z"}
    return {"ApplicationArea": area, "Verb": "Sync", "Noun": "JobResponse", "DataArea": data}


def stock_change(number: str, item: str, quantity: float, **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"e-{number}", "source": "/gearbox/wms",
        "type": "wms.stock-change", "time": "2026-03-02T06:00:00Z",
        "data": {"movement": number, "item": item, "quantity": quantity, "to_bin": "A1"} | more,
    }  # fmt: skip
