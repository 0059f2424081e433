"""The scenarios of the shop floor: a bridge with mistakes breaks what it should, and no more.

That whole bridges keep them is what `make scenarios` shows. A run is mostly waiting, so pairs of
scenarios are played side by side, each pair by a bridge that makes the mistakes of both.
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
OPCUA = "over OPC UA, every good unit is counted once"
SPARKPLUG = "over Sparkplug, every good unit is counted once"
CASES: dict[str, tuple[str, set[str]]] = {
    "floor-line-start": ("again", {OPCUA}),
    "floor-plc-restart": ("resets", {OPCUA, SPARKPLUG}),
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
    "floor-broker-outage": ("backfill", {SPARKPLUG}),
    "floor-certificate-expires": (
        "certificates",
        {"nobody logs on to a server that cannot be trusted",
         "the integration says why it stays away"},
    ),
}  # fmt: skip
"""By scenario: a mistake of the bridge's, and the expectations that it breaks."""
PAIRS = [list(CASES)[at : at + 2] for at in range(0, len(CASES), 2)]


def prepared(scenarios: list[Path], out: Path) -> Stage:
    """Where the plant is going to stand, for a bridge without trading partners."""
    out.mkdir()
    return replace(addresses(scenarios, out, free_ports=True), partners=[])


def failed(report: Path) -> dict[str, set[str]]:
    """By scenario: the expectations that did not hold."""
    return {
        Path(verdict["file"]).stem: {
            one["name"] for one in verdict["expectations"] if not one["kept"]
        }
        for verdict in orjson.loads(report.read_bytes())["scenarios"]
    }


async def broken(names: list[str], out: Path) -> dict[str, set[str]]:
    """Play scenarios, in a process of their own, against a bridge with their mistakes."""
    scenarios = [ROOT / "scenarios" / f"{name}.yaml" for name in names]
    stage = prepared(scenarios, out)
    async with bridge(stage, out, [f"--break={CASES[name][0]}" for name in names]) as url:
        process = await asyncio.create_subprocess_exec(
            *run(stage, scenarios, url, out),
            cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await process.wait()
    return failed(out / "report.json")


async def test_every_mistake_breaks_what_it_should(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        runs = [
            group.create_task(broken(pair, tmp_path / str(number)))
            for number, pair in enumerate(PAIRS)
        ]
    found = {name: broken for one in runs for name, broken in one.result().items()}
    assert sorted(found) == sorted(CASES)
    for name, (_, breaks) in CASES.items():
        assert breaks <= found[name]  # on a busy machine, what comes late may break more


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
