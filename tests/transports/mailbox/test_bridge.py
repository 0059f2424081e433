"""The bridge of the examples at the other end of a mailbox: both have the same idea of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from examples.bridge.peers import Pace, Unavailable
from examples.bridge.trading.ways import Mailbox, way
from tests.transports.mailbox.desk import ORDER, Desk

QUICK = Pace(base=0, floor=0)


class Bridge:
    """Its way to one partner, and what it kept."""

    def __init__(self, desk: Desk, user: str = "") -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.client = httpx.AsyncClient(trust_env=False, headers={"authorization": "Bearer other"})
        url = desk.url.replace("://", f"://{user}@" if user else "://")
        found = way("bearco", url, self.client, QUICK, self.take, None)
        assert isinstance(found, Mailbox)
        self.way = found
        self.way._every = 0

    def take(self, name: str, body: bytes) -> None:
        self.kept.append((name, body))

    @contextlib.asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.way.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.client.aclose()


async def test_it_fetches_what_lies_there_and_takes_it(side: Any, desk: Desk) -> None:
    bridge = Bridge(desk)
    async with bridge.looking():
        for body in (b"ISA*00*a notice~", b"ISA*00*the same name~"):
            message = desk.say(body)
            await side.until(lambda: desk.link_out.depth == 0)
            assert side.journal.get(message.seq)["outcome"] == "delivered"
    assert [body for _, body in bridge.kept] == [b"ISA*00*a notice~", b"ISA*00*the same name~"]
    assert len({name for name, _ in bridge.kept}) == 2  # no delivery is taken for another


async def test_it_keeps_a_file_before_it_takes_it(side: Any, desk: Desk) -> None:
    bridge = Bridge(desk)

    def full(name: str, body: bytes) -> None:
        raise OSError("no room")

    bridge.way._take = full
    await desk.lies()
    async with bridge.client:
        with pytest.raises(OSError, match="no room"):
            await bridge.way.run()
    assert await desk.names() == ["ASN.edi"]


async def test_it_posts_and_understands_the_answer(side: Any, desks: Any) -> None:
    desk = await desks(user="gearbox", password="open")
    bridge = Bridge(desk, "gearbox:open")
    async with bridge.client:
        side.contract.encode = lambda call, result: _json()
        answer = await bridge.way.post("bearco-1.edi", ORDER.decode(), None)
        assert (answer.status, answer.body) == (202, {"control": "000000001"})
    headers = side.performed[0].headers
    assert headers["content-disposition"] == 'attachment; filename="bearco-1.edi"'


async def test_a_password_that_is_refused_may_be_mended(desks: Any) -> None:
    bridge = Bridge(await desks(user="gearbox", password="open"))
    async with bridge.client:
        with pytest.raises(Unavailable, match="401"):
            await bridge.way.post("bearco-1.edi", ORDER.decode(), None)


async def test_it_leaves_a_mailbox_alone_that_posts(desks: Any, partner: Any) -> None:
    bridge = Bridge(await desks(url=partner.url))
    async with bridge.client:
        await asyncio.wait_for(bridge.way.run(), 5)
    assert bridge.kept == []


def _json() -> Any:
    from simulator.core.message import Reply

    return Reply(200, {"content-type": "application/json"}, b'{"control": "000000001"}')
