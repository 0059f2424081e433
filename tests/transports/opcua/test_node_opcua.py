"""npm's node-opcua at the other end: it browses, reads, writes, calls, subscribes, reads history
and acknowledges an alarm of a started plant.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.transports.opcua.hall import Hall

MODULES = Path(__file__).parents[3] / ".oracles" / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("node_opcua.js")

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "node-opcua").is_dir(),
    reason="node-opcua is missing: run .ci/install-oracles",
)


async def visit(hall: Hall, home: Path, *security: str) -> Any:
    """Let the client do its round; a machine breaks down once it listens."""
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), hall.url, *security,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(MODULES), "HOME": str(home)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(90):
            while (line := await process.stdout.readline()) != b"listening\n":
                if not line:
                    raise AssertionError((await process.stderr.read()).decode())
            hall.do("raise_alarm", alarm="TURN-2/Alarms/Breakdown", message="it smokes")
            said = (await process.stdout.read()).decode().splitlines()
            assert await process.wait() == 0, (await process.stderr.read()).decode()
            # the library may warn of slow answers in between
            return json.loads(next(line for line in said if line.startswith("{")))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_does_all_that_a_client_does(hall: Hall, tmp_path: Path) -> None:
    hall.act({"resume": True})
    seen = await visit(hall, tmp_path)
    assert {"Coolant", "Door", "TURN-1", "TURN-2"} <= set(seen["browsed"])
    assert seen["status"] == 7  # five tags, a folder, and its type
    assert seen["read"] == [21.5, "Double", "Good"]
    assert (seen["wrote"], seen["wrong"], seen["after"]) == ("Good", "BadTypeMismatch", 42.5)
    assert seen["called"] == ["Good", "BadInvalidState"]
    assert len(set(seen["subscribed"])) >= 5
    assert seen["history"] == ["Good", True]
    assert seen["alarm"] == ["Good", "it smokes", True]
    written = hall.entries(endpoint="plc.opcua", direction="in", operation="write")
    assert [one.get("status") for one in written] == [200, 422]
    assert len(hall.entries(direction="in", operation="acknowledge_alarm")) == 1
