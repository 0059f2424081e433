"""The scenarios of the shop floor: a bridge with one mistake breaks what it should, and no more.

That whole bridges keep them is what `make scenarios` shows; one is played here, too. A run is
mostly waiting, so they are played side by side.
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
AT_ONCE = 4
OPCUA = "over OPC UA, every good unit is counted once"
SPARKPLUG = "over Sparkplug, every good unit is counted once"
CASES: dict[str, tuple[str, set[str]]] = {
    "floor-line-start": ("again", {OPCUA}),
    "floor-breakdown-alarm-flood": (
        "flood",
        {
            "one incident for the spindle", "it knows the alarms that followed",
            "one incident for the tool", "each trip is acknowledged once, and nothing else",
        },
    ),
    "floor-frozen-sensor": (
        "frozen", {"the machine is suspected while it runs and counts nothing"},
    ),
    "floor-plc-restart": ("resets", {OPCUA, SPARKPLUG}),
    "floor-broker-outage": ("backfill", {SPARKPLUG}),
    "floor-certificate-expires": (
        "certificates",
        {"nobody logs on to a server that cannot be trusted",
         "the integration says why it stays away"},
    ),
}  # fmt: skip
"""By scenario: a mistake of the bridge's, and the expectations that it breaks."""


async def test_a_mistake_breaks_what_it_should_and_a_whole_bridge_nothing(tmp_path: Path) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def wrong(name: str, flaw: str, breaks: set[str]) -> str:
        """What is wrong with the verdict; nothing where it is as it should be."""
        flags = [f"--break={flaw}"] if flaw else []
        async with room:
            out = tmp_path / name / (flaw or "whole")
            verdict = await played(name, out, *flags, factor=1, floor=True)
        broken = {each.name for each in verdict.outcomes if not each.kept}
        if broken == breaks and verdict.exit_code == (Exit.BROKEN if breaks else Exit.KEPT):
            return ""
        return f"{flaw or 'a whole bridge'} broke {broken}\n{text(verdict)}"

    async with asyncio.TaskGroup() as group:
        runs = [
            group.create_task(wrong(name, flaw, breaks)) for name, (flaw, breaks) in CASES.items()
        ]
        runs.append(group.create_task(wrong("floor-line-start", "", set())))
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
