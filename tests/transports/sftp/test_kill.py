"""A plant that is killed in the middle of an exchange of files loses and doubles nothing accepted.

An interchange is accepted once its acknowledgement was fetched. What the client was told is there
(its file was closed without an error) is acknowledged, too, after the restart; what it was not told
it sends again, under the same control number.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh

from tests.edi import integration as edi

PARTNER = "DICHTRING"
ENDPOINT = "{transport: sftp, contract: edifact, partner: dichtring, password: open}"
SENT, FEW = 30, 4
LOST = (asyncssh.Error, OSError, asyncio.IncompleteReadError)


class Integration:
    """Uploads orders, and fetches acknowledgements, until the other side is gone."""

    def __init__(self) -> None:
        self.told: set[int] = set()  # by control number: their files were closed without an error
        self.fetched: dict[int, set[str]] = {}  # accepted: by which interchanges
        self.refused: dict[int, list[str]] = {}
        self.enough = asyncio.Event()  # a few are accepted

    async def upload(self, served: edi.Served, controls: list[int]) -> None:
        connection, client = await edi.sftp(served, PARTNER)
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

    async def fetch(self, served: edi.Served, until: set[int]) -> None:
        """Take what is there, again and again, until these are acknowledged."""
        connection, client = await edi.sftp(served, PARTNER)
        try:
            while not until <= self.fetched.keys() | self.refused.keys():
                names = [one for one in await client.listdir("out") if one.endswith(".edi")]
                for name in names:
                    await self._take(client, f"out/{name}")
                if not names:
                    await asyncio.sleep(0.02)  # as an integration polls
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
                if len(self.fetched) >= FEW:
                    self.enough.set()
            else:
                self.refused.setdefault(control, []).extend(one.codes)


async def test_a_kill_loses_and_doubles_nothing_that_was_accepted(tmp_path: Path) -> None:
    edi.make(tmp_path / "payloads", "edifact", PARTNER, ENDPOINT)
    controls = list(range(1, SENT + 1))
    we = Integration()
    served = await edi.Served.begin(tmp_path)
    try:
        halves = [controls[0::2], controls[1::2]]
        working = [asyncio.ensure_future(we.upload(served, half)) for half in halves]
        working.append(asyncio.ensure_future(we.fetch(served, set(controls))))
        async with asyncio.timeout(60):
            await we.enough.wait()
        await served.kill()
        for done in await asyncio.gather(*working, return_exceptions=True):
            assert done is None or isinstance(done, LOST)
        assert we.refused == {}
        before, told = set(we.fetched), set(we.told)
        assert before < set(controls)  # in the middle

        served = await edi.Served.begin(tmp_path)
        again = [one for one in controls if one not in told]
        async with asyncio.timeout(60):
            await asyncio.gather(we.upload(served, again), we.fetch(served, set(controls)))

        # what the client did not know was there is refused as a duplicate, and was used once
        assert set(we.refused) <= set(again)
        assert all(codes == ["0085=26"] for codes in we.refused.values())
        assert all(served.used_once(PARTNER, control) for control in controls)
        # each is accepted by one acknowledgement, even where that was fetched twice
        for control in told | before:
            assert len(we.fetched[control]) == 1
    finally:
        await served.end()
