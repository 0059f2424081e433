"""Our server for the benchmark: variables in one folder, changed at a rate, by lines on stdin.

`node-opcua`'s counterpart is `peer_node_opcua.js`. What a contract would hand over is handed over
here as bytes; nothing of a plant runs beside it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from simulator.core.message import Request
from simulator.transports.opcua.server import OpcuaServer
from simulator.transports.opcua.settings import Settings


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def space(count: int) -> bytes:
    """The introduction of so many variables, as the contract writes it."""
    nodes: list[dict[str, Any]] = [{"id": "s=F", "parent": "", "name": "F", "kind": "object"}]
    nodes += [
        {
            "id": f"s=F/{n}", "parent": "s=F", "name": f"V{n}", "kind": "variable",
            "data": "Double", "array": False, "write": False, "history": False, "unit": "",
            "description": "", "shows": [0.0, "Good", 0],
        }
        for n in range(count)
    ]  # fmt: skip
    return orjson.dumps({"nodes": nodes})


async def change(server: OpcuaServer, count: int, hertz: float) -> None:
    """Change `count` variables so often a second, from absolute deadlines."""
    step, due = 0, time.monotonic()
    names = [f"s=F/{n}" for n in range(count)]
    while True:
        step += 1
        now = int(time.time() * 1e6)
        values = [(name, step + n / 1000, "Good", now) for n, name in enumerate(names)]
        server.showing.apply(Request("WRITE", "F", body=orjson.dumps(values)))
        due = max(due + 1 / hertz, time.monotonic() - 1)
        await asyncio.sleep(max(due - time.monotonic(), 0))


async def main() -> None:
    count = int(sys.argv[1])
    side: Any = SimpleNamespace(plant="bench", address=("127.0.0.1", 0), durable=False)
    with tempfile.TemporaryDirectory() as folder:
        server = OpcuaServer(side, "plc.opcua", Settings(port=0), {}, {}, Path(folder), None)
        await server.prepare()
        body = space(count)
        began = time.perf_counter()
        server.showing.apply(Request("SPACE", "F", body=body))
        created = time.perf_counter() - began
        server.listen()
        say(url=server.url, created=created)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        task: asyncio.Task[None] | None = None
        while line := (await reader.readline()).decode().split():
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            task = asyncio.create_task(change(server, int(line[0]), float(line[1])))
        if task is not None:
            task.cancel()
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
