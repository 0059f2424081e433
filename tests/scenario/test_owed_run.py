"""A whole run in which something is owed, with nothing about it under `expect`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.core.ports import Transport
from simulator.core.registry import registry
from simulator.scenario.report import junit, text
from simulator.scenario.run import run_scenario
from simulator.scenario.verdict import Exit, Verdict

Write = Callable[[str], Path]
SCENARIO = """\
scenario: No receipt
plant: gearbox
clock: {{start: 2026-03-02T06:00, speed: 60}}
lasts: 2m
{owed}
steps:
  - {{at: 5s, fault: receipt, mode: never, first: 1, on: wms.http}}
  - at: 30s
    ask: {{post: "${{WMS_URL}}/receipts"}}
    json: {{item: BEARING, quantity: 1, bin: A-01, lot: B-2}}
    every: 30s
    times: {times}
"""


@pytest.fixture
def receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP as a transport whose receipts can be lost, so that no heavier one is needed."""
    http = registry("transports", Transport).get("http")
    monkeypatch.setitem(http.can, "in", http.can["in"] | {"receipt"})


async def run(write: Write, times: int, owed: str = "") -> Verdict:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    variables = {"WMS_URL": f"http://127.0.0.1:{port}/gearbox/wms"}
    file = write(SCENARIO.format(times=times, owed=owed))
    return await run_scenario(file, port=port, variables=variables, grace=3.0)


@pytest.mark.usefixtures("receipts")
async def test_the_verdict_judges_what_is_owed_by_itself(write: Write) -> None:
    verdict = await run(write, 2)
    assert verdict.exit_code == Exit.KEPT, text(verdict)
    assert [one.name for one in verdict.outcomes] == ["a right answer to receipt-missing"]


@pytest.mark.usefixtures("receipts")
async def test_what_was_not_answered_breaks_the_run_at_the_faults_own_line(write: Write) -> None:
    verdict = await run(write, 1)
    assert verdict.exit_code == Exit.BROKEN
    (one,) = verdict.outcomes
    assert one.place.endswith("s.yaml:7:5")
    assert "[receipt-1]: none came" in one.evidence[0]
    assert b'type="owed"' in junit([verdict])


@pytest.mark.usefixtures("receipts")
async def test_a_scenario_may_want_none_of_it(write: Write) -> None:
    verdict = await run(write, 1, "owed: false")
    assert verdict.exit_code == Exit.KEPT
    assert verdict.outcomes == []
