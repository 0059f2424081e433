"""The scenarios of the shop floor: whole bridges keep them, and a broken one breaks the right part.

Each is played twice, side by side: as the bridge is, and with one mistake.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from examples.bridge.flaws import FLOOR
from simulator.scenario.plan import plan_scenario
from simulator.scenario.report import text
from simulator.scenario.verdict import Exit
from tests.examples.test_scenarios import ROOT, played

SCENARIOS = sorted((ROOT / "scenarios").glob("floor-*.yaml"))
AT_ONCE = 3
CASES = {
    "floor-line-start": ("again", "over OPC UA, every good unit is counted once"),
    "floor-breakdown-alarm-flood": ("flood", "one incident for the spindle"),
    "floor-frozen-sensor": (
        "frozen", "the machine is suspected while it runs and counts nothing",
    ),
    "floor-plc-restart": ("resets", "over OPC UA, every good unit is counted once"),
    "floor-broker-outage": ("backfill", "over Sparkplug, every good unit is counted once"),
    "floor-certificate-expires": (
        "certificates", "nobody logs on to a server that cannot be trusted",
    ),
}  # fmt: skip
"""By scenario: a mistake of the bridge's, and the expectation that it breaks."""


async def test_whole_bridges_keep_them_and_a_broken_one_breaks_the_right_expectation(
    tmp_path: Path,
) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def wrong(name: str, flaw: str, breaks: str) -> str:
        """What is wrong with the verdict; nothing where it is as it should be."""
        flags = [f"--break={flaw}"] if flaw else []
        async with room:
            out = tmp_path / name / (flaw or "whole")
            verdict = await played(name, out, *flags, factor=1, floor=True)
        broken = [each.name for each in verdict.outcomes if not each.kept]
        wanted = (Exit.BROKEN, True) if flaw else (Exit.KEPT, False)
        if (verdict.exit_code, breaks in broken) == wanted:
            return ""
        return f"{flaw or 'a whole bridge'} broke {broken}\n{text(verdict)}"

    async with asyncio.TaskGroup() as group:
        runs = [
            group.create_task(wrong(name, one, breaks))
            for name, (flaw, breaks) in CASES.items()
            for one in ("", flaw)
        ]
    found = [run.result() for run in runs if run.result()]
    assert not found, "\n\n".join(found)


def test_every_scenario_is_seen_to_fail_and_every_mistake_is_used() -> None:
    assert sorted(CASES) == [one.stem for one in SCENARIOS]
    assert {flaw for flaw, _ in CASES.values()} == {*FLOOR}


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda one: one.stem)
def test_a_plan_is_the_same_every_time(file: Path) -> None:
    plans = [io.BytesIO(), io.BytesIO()]
    for plan in plans:
        plan_scenario(file, plan)
    assert plans[0].getvalue() == plans[1].getvalue()
    assert plans[0].getvalue()
