"""PyPI's mock-edi at the other end, in a process of its own: AS2 without signatures, both ways."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.transports.as2.desk import Desk, Integration

PROGRAM = Path(__file__).parents[3] / ".oracles" / "mock-edi" / "bin" / "mock-edi"

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists(), reason="mock-edi is missing: run .ci/install-oracles"
)

PLAIN = {
    "name": "BEARCO", "peer": "MOCKEDI", "sign": "none", "encrypt": "none", "require": [],
    "signed_receipt": False, "certificate": None,
}  # fmt: skip


def order(number: int) -> bytes:
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'BEARCO':15}*ZZ*{'MOCKEDI':15}*260302*0600*U*00401*"
    return (
        f"{head}{number:09d}*0*T*>~GS*PO*BEARCO*MOCKEDI*20260302*0600*1*X*004010~ST*850*0001~"
        "BEG*00*NE*4500017001**20260302~PO1*1*10*EA*3.5**BP*BRG-6204~CTT*1~SE*5*0001~GE*1*1~"
        f"IEA*1*{number:09d}~"
    ).encode()


@pytest.fixture
async def mock_edi() -> AsyncIterator[httpx.AsyncClient]:
    """A client of mock-edi's control routes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "--port", str(port), "--quiet", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False
        ) as client:
            async with asyncio.timeout(20):
                while True:
                    try:
                        await client.get("/_mock/health")
                        break
                    except httpx.ConnectError:
                        await asyncio.sleep(0.05)
            yield client
    finally:
        process.terminate()
        await process.communicate()


@pytest.fixture
async def desk(side: Any, integration: Integration, mock_edi: httpx.AsyncClient) -> Any:
    desk = Desk(side, integration, **PLAIN, url=f"{mock_edi.base_url}/as2")
    await desk.start()
    named = {"id": "BEARCO", "name": "Bearco", "as2_url": desk.url}
    assert (await mock_edi.post("/_mock/partners", json=named)).status_code == 201
    yield desk
    await desk.stop()


async def test_it_takes_what_we_send(desk: Any, mock_edi: httpx.AsyncClient) -> None:
    entry = await desk.delivered(desk.say(order(1), "BEARCO-1.edi"))
    assert entry["outcome"] == "delivered"
    assert entry["as2"]["receipt"] == "processed"
    assert entry["as2"]["mic"].endswith(", sha1")
    found = (await mock_edi.get("/_mock/interchanges")).json()
    assert "000000001" in str(found)


async def test_what_it_refuses_is_said(desk: Any) -> None:
    entry = await desk.delivered(desk.say(b"no interchange", "BEARCO-1.edi"))
    assert entry["outcome"] == "dead-letter"
    assert "processed/Error: unexpected-processing-error" in entry["error"]


async def test_we_take_what_it_sends(side: Any, desk: Any, mock_edi: httpx.AsyncClient) -> None:
    await desk.delivered(desk.say(order(1), "BEARCO-1.edi"))
    await mock_edi.post("/_mock/advance?all")
    entry = await side.entry(outcome="performed")  # its 997
    assert entry["body"].startswith("ISA*")
    taken: list[Any] = []
    async with asyncio.timeout(30):
        while not taken:
            known = (await mock_edi.get("/_mock/mdns")).json()
            taken = [one for one in known if one["direction"] == "in"]
    assert taken[0]["disposition"].endswith("; processed")
    assert entry["as2"]["mic"] in [one["mic"] for one in taken]


async def test_its_asynchronous_receipts_are_awaited(
    side: Any, integration: Integration, mock_edi: httpx.AsyncClient
) -> None:
    desk = Desk(side, integration, **PLAIN, url=f"{mock_edi.base_url}/as2", receipt="async")
    await desk.start()
    named = {"id": "BEARCO", "name": "Bearco", "as2_url": desk.url}
    await mock_edi.post("/_mock/partners", json=named)
    entry = await desk.delivered(desk.say(order(2), "BEARCO-2.edi"))
    await desk.stop()
    assert (entry["outcome"], entry["as2"]["receipt"]) == ("delivered", "processed")
