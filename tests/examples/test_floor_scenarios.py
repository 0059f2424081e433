"""The scenarios of the shop floor: a bridge with one mistake breaks what it should, and no more.

That whole bridges keep them is what `make scenarios` shows; one is played here, too. A run is
mostly waiting, so they are played side by side.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from examples.bridge.flaws import FLOOR
from examples.staging import Stage, addresses, run
from simulator.scenario.plan import plan_scenario
from tests.examples.test_scenarios import ROOT, bridge

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


def prepared(scenario: Path, out: Path) -> Stage:
    """Where the plant is going to stand, for a bridge without trading partners."""
    out.mkdir(parents=True)
    return replace(addresses([scenario], out, free_ports=True), partners=[])


async def broken(name: str, flaw: str, out: Path) -> set[str]:
    """Play a scenario in a process of its own; the expectations that did not hold."""
    scenario = ROOT / "scenarios" / f"{name}.yaml"
    stage = prepared(scenario, out)
    async with bridge(stage, out, [f"--break={flaw}"] if flaw else []) as url:
        process = await asyncio.create_subprocess_exec(
            *run(stage, [scenario], url, out),
            cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await process.wait()
    return failed(out / "report.json")


def failed(report: Path) -> set[str]:
    """The expectations that did not hold."""
    (verdict,) = orjson.loads(report.read_bytes())["scenarios"]
    return {one["name"] for one in verdict["expectations"] if not one["kept"]}


async def test_a_mistake_breaks_what_it_should_and_a_whole_bridge_nothing(tmp_path: Path) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def wrong(name: str, flaw: str, breaks: set[str]) -> str:
        """What is wrong with the verdict; nothing where it is as it should be."""
        async with room:
            found = await broken(name, flaw, tmp_path / name / (flaw or "whole"))
        return "" if found == breaks else f"{name}: {flaw or 'a whole bridge'} broke {found}"

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
