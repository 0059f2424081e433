"""A plant that is killed in the middle of an exchange of files loses and doubles nothing accepted.

An interchange is accepted once its acknowledgement was fetched. What the client was told is there
(its file was closed without an error) is acknowledged, too, after the restart; what it was not told
it sends again, under the same control number.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh

from tests.edi import integration as edi

PARTNER = "DICHTRING"
ENDPOINT = "{transport: sftp, contract: edifact, partner: dichtring, password: open}"
SENT = 40
LOST = (asyncssh.Error, OSError, asyncio.IncompleteReadError)


class Served:
    """`stagefloor serve` in a process of its own."""

    @classmethod
    async def begin(cls, folder: Path) -> Served:
        served = cls()
        served.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", "serve", "border", "--port", "0", "--speed", "60",
            "--data", "data", cwd=folder, env=edi.environment(),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert served.process.stdout is not None
        served.said = ""
        while not served.said.endswith("\n") or "\nready in" not in served.said:
            line = await asyncio.wait_for(served.process.stdout.readline(), 30)
            assert line, served.said
            served.said += line.decode()
        return served

    async def client(self) -> tuple[Any, asyncssh.SFTPClient]:
        url = urlsplit(edi.place(self.said, "edi.dichtring"))
        connection = await asyncssh.connect(
            url.hostname or "", url.port or 0, username="dichtring", password="open",
            known_hosts=None, config=None, client_keys=None,
        )  # fmt: skip
        return connection, await connection.start_sftp_client()

    def ask(self, operation: str, **given: Any) -> Any:
        site = edi.place(self.said.replace("control plane:", "control plane: x"), "control plane:")
        request = urllib.request.Request(
            f"{site}/plants/border/systems/edi/operations/{operation}",
            json.dumps(given).encode(), {"content-type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())["result"]

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()


class Integration:
    """Uploads orders, and fetches acknowledgements, until the other side is gone."""

    def __init__(self) -> None:
        self.told: set[int] = set()  # by control number: their files were closed without an error
        self.fetched: dict[int, set[str]] = {}  # accepted: by which interchanges
        self.refused: dict[int, list[str]] = {}

    async def upload(self, served: Served, controls: list[int]) -> None:
        connection, client = await served.client()
        try:
            for control in controls:
                order = edi.order(PARTNER, f"PO-{control}")
                body = edi.interchange("edifact", PARTNER, control, order)
                async with client.open(f"in/{control}.tmp", "wb") as file:
                    await file.write(body)
                await client.posix_rename(f"in/{control}.tmp", f"in/{control}.edi")
                self.told.add(control)
        finally:
            connection.abort()

    async def fetch(self, served: Served, until: set[int]) -> None:
        """Take what is there, again and again, until these are acknowledged."""
        connection, client = await served.client()
        try:
            while not until <= self.fetched.keys() | self.refused.keys():
                for name in await client.listdir("out"):
                    if name.endswith(".edi"):
                        await self._take(client, f"out/{name}")
        finally:
            connection.abort()

    async def _take(self, client: asyncssh.SFTPClient, name: str) -> None:
        async with client.open(name, "rb") as file:
            body = await file.read()
        await client.remove(name)
        own, documents = edi.answers("edifact", PARTNER, body)
        for one in documents:
            control = int(one.acknowledges)
            if one.verdict == "accepted":
                self.fetched.setdefault(control, set()).add(own)
            else:
                self.refused.setdefault(control, []).extend(one.codes)


async def test_a_kill_loses_and_doubles_nothing_that_was_accepted(tmp_path: Path) -> None:
    edi.make(tmp_path / "payloads", "edifact", PARTNER, ENDPOINT)
    controls = list(range(1, SENT + 1))
    we = Integration()
    served = await Served.begin(tmp_path)
    try:
        halves = [controls[0::2], controls[1::2]]
        working = [asyncio.ensure_future(we.upload(served, half)) for half in halves]
        working.append(asyncio.ensure_future(we.fetch(served, set(controls))))
        async with asyncio.timeout(30):
            while len(we.fetched) < 5:  # noqa: ASYNC110
                await asyncio.sleep(0)
        served.process.kill()
        await served.process.communicate()
        for done in await asyncio.gather(*working, return_exceptions=True):
            assert done is None or isinstance(done, LOST)
        assert we.refused == {}
        before, told = set(we.fetched), set(we.told)
        assert before < set(controls)  # in the middle

        served = await Served.begin(tmp_path)
        again = [one for one in controls if one not in told]
        async with asyncio.timeout(30):
            await asyncio.gather(we.upload(served, again), we.fetch(served, set(controls)))

        # what the client did not know was there is refused as a duplicate, and was used once
        assert set(we.refused) <= set(again)
        assert all(codes == ["0085=26"] for codes in we.refused.values())
        for control in controls:
            there = served.ask("get_interchange", partner=PARTNER, control=str(control), way="in")
            orders = [one for one in there["documents"] if one["document"] == "purchase-order"]
            assert [(one["number"], one["used"]) for one in orders] == [(f"PO-{control}", True)]
            (talk,) = served.ask("list_conversations", po=f"PO-{control}")["items"]
            assert [one["document"] for one in talk["said"]].count("purchase-order") == 1
        # each is accepted by one acknowledgement, even where that was fetched twice
        for control in told | before:
            assert len(we.fetched[control]) == 1
    finally:
        with contextlib.suppress(ProcessLookupError):
            await served.end()
