"""A plant that is killed in the middle of mailbox traffic loses and doubles nothing accepted.

An interchange is accepted once it was answered 202. What the integration has no answer for it posts
again, under the same control number; what it fetched and has no answer for, it fetches again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.edi import integration as edi

PARTNER = "DICHTRING"
ENDPOINT = "{transport: mailbox, contract: edifact, partner: dichtring, token: open}"
SENT = 20


class Integration:
    """Posts orders, and fetches acknowledgements, until the other side is gone."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.told: set[int] = set()  # by control number: answered 202
        self.fetched: dict[int, set[str]] = {}  # accepted: by which interchanges
        self.taken: set[str] = set()  # acknowledgements whose taking was answered
        self.again: set[str] = set()  # those that were fetched once more after that
        self.refused: dict[int, list[str]] = {}

    async def post(self, served: edi.Served, controls: list[int]) -> None:
        url = served.url(f"edi.{PARTNER.lower()}").geturl()
        for control in controls:
            order = edi.order(PARTNER, f"PO-{control}")
            body = edi.interchange("edifact", PARTNER, control, order)
            answer = await self.client.post(url, content=body)
            assert answer.status_code == 202
            assert int(answer.json()["control"]) == control
            self.told.add(control)

    async def fetch(self, served: edi.Served, until: set[int]) -> None:
        """Take what is there, again and again, until these are acknowledged."""
        url = served.url(f"edi.{PARTNER.lower()}").geturl()
        while not until <= self.fetched.keys() | self.refused.keys():
            for item in (await self.client.get(url)).json()["items"]:
                await self._take(f"{url}/{item['name']}")

    async def _take(self, url: str) -> None:
        body = (await self.client.get(url)).content
        own, documents = edi.answers("edifact", PARTNER, body)
        if own in self.taken:
            self.again.add(own)
        for one in documents:
            control = int(one.acknowledges)
            if one.verdict == "accepted":
                self.fetched.setdefault(control, set()).add(own)
            else:
                self.refused.setdefault(control, []).extend(one.codes)
        assert (await self.client.delete(url)).status_code == 204
        self.taken.add(own)


async def test_a_kill_loses_and_doubles_nothing_that_was_accepted(tmp_path: Path) -> None:
    edi.make(tmp_path / "payloads", "edifact", PARTNER, ENDPOINT)
    controls = list(range(1, SENT + 1))
    headers = {"authorization": "Bearer open"}
    served = await edi.Served.begin(tmp_path)
    try:
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            we = Integration(client)
            halves = [controls[0::2], controls[1::2]]
            working = [asyncio.ensure_future(we.post(served, half)) for half in halves]
            working.append(asyncio.ensure_future(we.fetch(served, set(controls))))
            async with asyncio.timeout(30):
                while len(we.fetched) < 5:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            await served.kill()
            for done in await asyncio.gather(*working, return_exceptions=True):
                assert done is None or isinstance(done, httpx.TransportError)
            assert we.refused == {}
            before, told = set(we.fetched), set(we.told)
            assert before < set(controls)  # in the middle

            served = await edi.Served.begin(tmp_path)
            again = [one for one in controls if one not in told]
            async with asyncio.timeout(30):
                await asyncio.gather(we.post(served, again), we.fetch(served, set(controls)))

        # what the integration did not know was there is refused as a duplicate, and was used once
        assert set(we.refused) <= set(again)
        assert all(codes == ["0085=26"] for codes in we.refused.values())
        assert all(served.used_once(PARTNER, control) for control in controls)
        # each is accepted by one acknowledgement, and what was taken lies there no more
        for control in told | before:
            assert len(we.fetched[control]) == 1
        assert we.again == set()
    finally:
        await served.end()
