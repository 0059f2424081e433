"""Whole runs: a plant, its sockets, a scenario, an integration that does well or badly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from simulator.core.errors import CouldNotStart, Mistake
from simulator.scenario.report import text
from simulator.scenario.run import Progress, run_scenario
from simulator.scenario.verdict import Exit, Verdict

Write = Callable[[str], Path]
HEAD = "scenario: x\nplant: gearbox\nseed: 7\n"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Integration:
    """Takes confirmations, posts each finished order into the WMS, and answers GET /stock."""

    def __init__(self) -> None:
        self.url = ""
        self.wms = ""
        self.stock: dict[str, float] = {}
        self.posts = 1  # receipts per completed order
        self.done: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        line, *headers = head.decode().split("\r\n")
        lengths = [h.split(":")[1] for h in headers if h.lower().startswith("content-length")]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        answer = orjson.dumps(self.stock) if "/stock" in line else b"{}"
        if body:
            task = asyncio.create_task(self._take(orjson.loads(body)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(answer), answer)
        )
        await writer.drain()
        writer.close()

    async def _take(self, given: dict[str, Any]) -> None:
        area = given.get("DataArea", {})
        order = area.get("JobOrderID")
        if area.get("JobState") != "Completed" or "OperationNo" in area or order in self.done:
            return
        self.done.add(order)
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(self.posts):
                await client.post(
                    f"{self.wms}/receipts",
                    json={
                        "item": "GEARBOX",
                        "quantity": 1,
                        "bin": "A-01",
                        "lot": area["MaterialLotID"],
                        "reference": {"type": "production-order", "id": order},
                    },
                )


@pytest.fixture
async def integration() -> AsyncIterator[Integration]:
    one = Integration()
    await one.start()
    yield one
    await one.stop()


async def run(
    write: Write, body: str, integration: Integration | None = None, **options: Any
) -> Verdict:
    port = free_port()
    variables = {}
    if integration is not None:
        integration.wms = f"http://127.0.0.1:{port}/gearbox/wms"
        variables["ERP_URL"] = integration.url
    return await run_scenario(
        write(HEAD + body), port=port, variables=variables, grace=3.0, **options
    )


ORDERS = """\
clock: {start: 2026-03-02T06:00, speed: 300}
lasts: 15m
steps:
  - at: 1m
    do: mes.create_order
    with: {item: GEARBOX, quantity: 2, release: true}
    every: 1m
    times: 3
expect:
  - name: every completed order is received once
    each: {system: mes, direction: out, document: order-completion}
    leads_to: {system: wms, direction: in, operation: create_receipt}
    same: [order]
    exactly: 1
    within: 5m
"""


async def test_an_integration_that_does_well_keeps_its_scenario(
    write: Write, integration: Integration
) -> None:
    verdict = await run(write, ORDERS, integration)
    assert verdict.exit_code == Exit.KEPT, text(verdict)
    assert verdict.outcomes[0].numbers["claims"] == 3
    assert verdict.messages > 3
    assert verdict.urls["wms.http"].startswith("http://127.0.0.1:")


async def test_an_integration_that_doubles_is_caught_with_its_messages(
    write: Write, integration: Integration
) -> None:
    integration.posts = 2
    verdict = await run(write, ORDERS, integration)
    assert verdict.exit_code == Exit.BROKEN
    assert verdict.outcomes[0].reason.startswith("3 of 3 did not lead to exactly 1")
    assert sum("came:" in line for line in verdict.outcomes[0].evidence) == 6
    assert "BROKEN" in text(verdict)


async def test_max_speed_is_over_at_once_and_asks_at_the_right_moment(
    write: Write, integration: Integration
) -> None:
    integration.stock = {"BEARING": 1000}
    body = """\
clock: {start: 2026-03-02T06:00, speed: max}
lasts: 8h
steps:
  - at: 2h
    do: wms.adjust
    with: {item: BEARING, quantity: -10, bin: A-01, lot: B-1, reason: scrapped}
expect:
  - {name: before, at: 1h, ask: {get: "${ERP_URL}/stock"}, equals: plant.stock}
  - {name: after, at: 3h, ask: {get: "${ERP_URL}/stock"}, equals: plant.stock}
  - {name: literal, ask: {get: "${ERP_URL}/stock"}, equals: {BEARING: 1000}}
"""
    verdict = await run(write, body, integration)
    before, after, literal = verdict.outcomes
    assert before.kept, text(verdict)
    assert not after.kept
    assert after.reason == "1 item differs from the plant's stock"
    assert after.evidence == ["BEARING: the integration has 1000, the plant 990 (+10)"]
    assert literal.kept
    assert verdict.wall < 10


async def test_an_answer_may_come_right_within(write: Write, integration: Integration) -> None:
    integration.stock = {"BEARING": 0}
    body = """\
clock: {start: 2026-03-02T06:00, speed: 60}
lasts: 2m
expect:
  - {at: 6s, ask: {get: "${ERP_URL}/stock"}, equals: plant.stock, within: 1m}
"""
    asyncio.get_running_loop().call_later(0.6, integration.stock.update, {"BEARING": 1000})
    verdict = await run(write, body, integration)
    assert verdict.kept, text(verdict)


async def test_no_answer_is_broken_with_its_reason(write: Write) -> None:
    body = "lasts: 1s\nexpect:\n  - {ask: {get: 'http://127.0.0.1:9/stock'}, equals: plant.stock}\n"
    verdict = await run(write, body)
    assert verdict.exit_code == Exit.BROKEN
    assert "got no answer: ConnectError" in verdict.outcomes[0].reason


async def test_a_step_that_fails_breaks_the_run_and_is_named(write: Write) -> None:
    body = "lasts: 1s\nsteps:\n  - {at: 0s, do: mes.release_order, with: {order: '4711'}}\n"
    verdict = await run(write, body)
    assert verdict.exit_code == Exit.BROKEN
    (failed,) = verdict.failed_steps
    assert "4711" in failed.error
    assert failed.place.endswith("s.yaml:6:5")


async def test_everything_is_put_back_when_it_ends(write: Write) -> None:
    body = "lasts: 1s\nsteps:\n  - {at: 0s, fault: latency, on: wms.http, delay: 50ms}\n"
    events: list[str] = []

    def heard(progress: Progress) -> None:
        if progress.event is not None:
            events.append(str(progress.event["event"]))

    stages: list[Any] = []
    verdict = await run(write, body, on_progress=heard, on_start=stages.append)
    assert verdict.kept
    assert stages[0].describe_faults() == []
    assert events[0] == "fault.applied"


async def test_a_cancelled_run_is_put_back_too(write: Write) -> None:
    body = "lasts: 1h\nsteps:\n  - {at: 0s, fault: latency, on: wms.http, delay: 50ms}\n"
    stages: list[Any] = []
    applied = asyncio.Event()

    def heard(progress: Progress) -> None:
        if progress.event is not None:
            applied.set()

    task = asyncio.create_task(run(write, body, on_start=stages.append, on_progress=heard))
    async with asyncio.timeout(20):
        await applied.wait()
    assert stages[0].describe_faults()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stages[0].describe_faults() == []
    assert [entry["event"] for entry in stages[0].journal.entries()][-1] == "run.ended"


async def test_a_bad_file_starts_nothing(write: Write) -> None:
    with pytest.raises(Mistake):
        await run(write, "lasts: 5\n")


async def test_a_port_in_use_could_not_start(write: Write) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CouldNotStart):
            await run_scenario(write(HEAD + "lasts: 1s\n"), port=port)


async def test_a_full_journal_is_an_overload_not_a_verdict(write: Write) -> None:
    body = (
        "clock: {speed: max}\nlasts: 1h\nsteps:\n"
        "  - {at: 0s, note: hi, every: 1s, times: 50}\n"
        "expect:\n  - {never: {system: wms}}\n"
    )
    verdict = await run(write, body, journal_limit=20)
    assert verdict.exit_code == Exit.OVERLOADED
    assert "full" in verdict.overload[0]


async def test_a_broken_claim_is_told_live_and_may_end_the_run(write: Write) -> None:
    body = (
        "clock: {speed: 60}\nlasts: 10h\nsteps:\n  - {at: 10s, note: hi}\n"
        "expect:\n  - {name: quiet, never: {event: note}}\n"
    )
    told: list[str] = []

    def heard(progress: Progress) -> None:
        if progress.broken:
            told.append(progress.broken)

    verdict = await run(write, body, on_progress=heard, fail_fast=True)
    assert told == ["quiet"]
    assert verdict.exit_code == Exit.BROKEN
    assert verdict.wall < 20
