"""A hundred megabytes of one segment: refused by their size, and never kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import asyncssh
import pytest

from tests.edi import integration as edi

MEGABYTE = 1024 * 1024
HUGE = 100  # megabytes
LIMIT = 32  # megabytes: what AS2 takes in one message
AS2 = (
    "{transport: as2, contract: x12, partner: bearco, name: THEM, peer: US, require: [], "
    "encrypt: none}"
)
SFTP = "{transport: sftp, contract: edifact, partner: dichtring, password: open}"


def most(served: edi.Served) -> float:
    """The most megabytes that the process ever had."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def post(served: edi.Served, parts: Iterable[bytes], length: int | None, name: str) -> str:
    """A plain AS2 message, announced with its length or in chunks; the beginning of its answer."""
    url = served.url("edi.bearco")
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    framing = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    writer.write(
        f"POST {url.path} HTTP/1.1\r\nhost: them\r\nas2-from: US\r\nas2-to: THEM\r\n"
        f"message-id: <{name}@us>\r\ncontent-type: application/edi-x12\r\n"
        f"disposition-notification-to: us\r\n{framing}\r\n\r\n".encode()
    )
    try:
        for part in parts:
            writer.write(part if length is not None else b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        if length is None:
            writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(30):
            answer = await reader.read(65536)
            while b"\r\n\r\n" not in answer:
                answer += await reader.read(65536)
            return answer.decode()
    finally:
        writer.close()


@pytest.fixture
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[edi.Served]:
    edi.make(tmp_path / "payloads", *request.param)
    served = await edi.Served.begin(tmp_path)
    yield served
    await served.end()


@pytest.mark.parametrize("served", [("x12", "BEARCO", AS2)], indirect=True, ids=["AS2"])
async def test_huge_messages(served: edi.Served) -> None:
    def good(control: int) -> bytes:
        return edi.interchange("x12", "BEARCO", control, edi.order("BEARCO", f"PO-{control}"))

    assert "200 OK" in await post(served, [good(1)], len(good(1)), "good-1")
    before = most(served)
    blocks = [b"x" * MEGABYTE] * HUGE
    assert " 413 " in await post(served, blocks, HUGE * MEGABYTE, "announced")
    assert most(served) - before < LIMIT
    assert " 413 " in await post(served, blocks, None, "in-chunks")
    assert most(served) - before < 3 * LIMIT
    # what is only just taken in is read, refused, and let go of again
    large = good(2).replace(b"PO-2", b"x" * (LIMIT - 1) * MEGABYTE)
    assert "200 OK" in await post(served, [large], len(large), "one-element")
    assert most(served) - before < 12 * LIMIT
    there = served.ask("get_interchange", partner="BEARCO", control="2", way="in")
    assert [one["used"] for one in there["documents"]] in ([], [False])
    assert there["findings"]
    assert "200 OK" in await post(served, [good(3)], len(good(3)), "good-3")
    there = served.ask("get_interchange", partner="BEARCO", control="3", way="in")
    assert [one["used"] for one in there["documents"]] == [True]


@pytest.mark.parametrize("served", [("edifact", "DICHTRING", SFTP)], indirect=True, ids=["SFTP"])
async def test_huge_files(served: edi.Served, tmp_path: Path) -> None:
    (tmp_path / "huge.edi").write_bytes(b"x" * HUGE * MEGABYTE)
    connection, client = await edi.sftp(served, "DICHTRING")
    try:
        before = most(served)
        with pytest.raises(asyncssh.SFTPError, match="limited to"):
            await client.put(tmp_path / "huge.edi", "in/huge.edi")
        assert most(served) - before < HUGE
        order = edi.interchange("edifact", "DICHTRING", 1, edi.order("DICHTRING", "PO-1"))
        async with client.open("in/good.edi", "wb") as file:
            await file.write(order)
        there = served.ask("get_interchange", partner="DICHTRING", control="1", way="in")
        assert [one["used"] for one in there["documents"]] == [True]
    finally:
        connection.abort()
        await connection.wait_closed()
