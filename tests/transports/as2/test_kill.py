"""A plant that is killed in the middle of AS2 loses and doubles nothing that was accepted.

An interchange is accepted once its receipt was sent. What the integration has no receipt for it
sends again, under the same Message-ID.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.transports.as2 import mdn
from simulator.transports.as2.identity import read_certificates
from simulator.transports.as2.message import wrap
from tests.edi import integration as edi
from tests.transports.as2.desk import OPTIONS, SIGNED, Integration, issued, ours

PARTNER = "BEARCO"
NAME = "edi.bearco"
SENT = 24
TAKEN, AGAIN = "processed", "processed/warning: duplicate-document"


class Sender:
    """The integration: orders out, each until its receipt proves that it arrived."""

    def __init__(self) -> None:
        self.client = httpx.AsyncClient(trust_env=False, verify=False, timeout=30)
        self.proven: dict[int, str] = {}  # by control number: what the receipt says

    async def send(self, served: edi.Served, control: int) -> str:
        """Post one order. Raises httpx.HTTPError where no receipt comes."""
        url = served.url(NAME).geturl()
        found = await self.client.get(url + "/certificate.pem")
        theirs = read_certificates(found.content)[0]
        body = edi.interchange("x12", PARTNER, control, edi.order(PARTNER, f"PO-{control}"))
        name = f"<{control}@gearbox>"
        wrapped = wrap(body, {"Content-Type": "application/x12"}, SIGNED, name, ours(), theirs)
        headers = {
            **wrapped.headers, "as2-from": "GEARBOX", "as2-to": PARTNER, "message-id": name,
            "disposition-notification-to": "edi@gearbox",
            "disposition-notification-options": OPTIONS,
        }  # fmt: skip
        answer = await self.client.post(url, content=wrapped.body, headers=headers)
        assert answer.status_code == 200
        receipt = mdn.read(dict(answer.headers), answer.content, [theirs], time.time())
        assert receipt.positive
        assert receipt.vouches_for(wrapped.checked)
        self.proven[control] = receipt.disposition
        return receipt.disposition

    async def send_all(self, served: edi.Served, controls: list[int]) -> None:
        for control in controls:
            await self.send(served, control)


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    one = Sender()
    yield one
    await one.client.aclose()


@pytest.fixture
async def folder(tmp_path: Path, integration: Integration) -> Path:
    issued("GEARBOX").save(tmp_path / "gearbox.pem", key=False, certificate=True)
    endpoint = (
        "{transport: as2, contract: x12, partner: bearco, name: BEARCO, peer: GEARBOX, "
        f"certificate: gearbox.pem, url: {integration.url}, retry: {{first: 50ms, attempts: 9}}}}"
    )
    edi.make(tmp_path / "payloads", "x12", PARTNER, endpoint)
    return tmp_path


def faults(served: edi.Served, method: str, **fault: Any) -> None:
    """Put a fault in force, or clear them all."""
    found = re.search(r"control plane: (\S+)", served.said)
    assert found is not None
    body = json.dumps(fault).encode() if fault else None
    request = urllib.request.Request(
        f"{found[1]}/plants/border/faults", body, {"content-type": "application/json"},
        method=method,
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.status < 300


def used_once(served: edi.Served, control: int) -> bool:
    """Was an order used, and once? The gateway did not even see it twice."""
    there = served.ask("get_interchange", partner=PARTNER, control=str(control), way="in")
    return there["sent"] == 1 and served.used_once(PARTNER, control)


async def test_a_kill_loses_and_doubles_nothing_that_was_accepted(
    folder: Path, sender: Sender, integration: Integration
) -> None:
    controls = list(range(1, SENT + 1))
    served = await edi.Served.begin(folder)
    try:
        working = [asyncio.ensure_future(sender.send_all(served, controls[n::3])) for n in range(3)]
        async with asyncio.timeout(30):
            while len(sender.proven) < 5:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await served.kill()
        for done in await asyncio.gather(*working, return_exceptions=True):
            assert isinstance(done, httpx.HTTPError)
        before = dict(sender.proven)
        assert set(before.values()) == {TAKEN}
        assert len(before) < SENT  # in the middle

        served = await edi.Served.begin(folder)
        for control in before:  # accepted before the kill: known after it
            assert await sender.send(served, control) == AGAIN
        await sender.send_all(served, [one for one in controls if one not in before])
        for control in controls:
            assert used_once(served, control)
        # acknowledged by one interchange each, under one Message-ID, however often that was sent
        by: dict[int, set[tuple[str, str]]] = {}
        read = 0
        async with asyncio.timeout(30):
            while set(by) < set(controls):
                await integration.has(messages=read + 1)
                got = integration.got[read]
                read += 1
                own, said = edi.answers("x12", PARTNER, got.opened.payload)
                for one in said:
                    answer = (own, got.headers["message-id"])
                    by.setdefault(int(one.acknowledges), set()).add(answer)
        assert {len(one) for one in by.values()} == {1}
    finally:
        await served.end()


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        # done, but neither it nor the Message-ID was stored: it has not happened
        ({"fault": "latency", "delay": "1h", "side": "reply"}, TAKEN),
        # stored, and killed before the receipt left
        ({"fault": "receipt", "mode": "cut"}, AGAIN),
    ],
    ids=["before-storing", "after-storing"],
)
async def test_a_kill_before_the_receipt(
    folder: Path, sender: Sender, fault: dict[str, Any], after: str
) -> None:
    profile = folder / "payloads" / "partners" / "bearco.yaml"
    slowly = profile.read_text().replace("group: 1s", "group: 12h")
    profile.write_text(slowly)  # a 997 would have to be stored with what it answers before it left
    served = await edi.Served.begin(folder)
    try:
        await sender.send(served, 1)
        faults(served, "POST", **fault, on=NAME)
        sending = asyncio.ensure_future(sender.send(served, 2))
        async with asyncio.timeout(30):
            while served.ask("list_conversations", po="PO-2")["items"] == []:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            if after == AGAIN:
                await asyncio.wait({sending})
        await served.kill()
        with pytest.raises(httpx.HTTPError):
            await sending
        served = await edi.Served.begin(folder)
        faults(served, "DELETE")
        assert await sender.send(served, 2) == after
        assert await sender.send(served, 2) == AGAIN
        assert used_once(served, 1)
        assert used_once(served, 2)
    finally:
        await served.end()
