"""The scenarios of trading partners: the bridge keeps them, and a broken one breaks the right part.

Each is played by a bridge with one mistake, mostly faster than as it stands; that whole bridges
keep them is what `make scenarios` shows. A run is mostly waiting, so they are played side by side.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from ruamel.yaml import YAML

from examples.bridge.flaws import TRADING
from examples.staging import Stage, addresses
from simulator.scenario.plan import plan_scenario
from simulator.scenario.report import text
from simulator.scenario.run import run_scenario
from simulator.scenario.verdict import Exit, Verdict

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted((ROOT / "scenarios").glob("asn-*.yaml"))
AT_ONCE = 4
PATIENCE = 20.0


class Case(NamedTuple):
    """A bridge with one mistake, how much faster it plays a scenario, and what that breaks."""

    flag: str
    faster: float
    breaks: str


CASES = {
    "asn-order-to-receipt": Case(
        "--break=answers", 2, "the supplier hears what arrived (861, RECADV)"
    ),
    "asn-late": Case("--break=answers", 1.5, "a right answer to asn-after-truck"),
    "asn-twice": Case("--break=checks", 2, "a right answer to asn-twice"),
    "asn-short-shipment": Case("--break=dock", 2, "nothing is received that was not there"),
    "asn-accepted-then-rejected": Case("--break=checks", 2, "a right answer to unknown-order"),
    "asn-missing-mdn": Case("--break=receipts", 2, "a right answer to receipt-missing"),
    "asn-partner-down-then-burst": Case("--no-dedupe", 2, "no notice is refused"),
    "asn-cumulative-gap": Case("--break=checks", 2, "a right answer to cumulative-gap"),
    "asn-sftp-partial-pick-up": Case(
        "--break=files", 1, "nothing is complained of that was only half there"
    ),
}


def hurried(file: Path, out: Path, factor: float) -> Path:
    """The scenario at a higher speed."""

    def faster(found: re.Match[str]) -> str:
        return f"speed: {round(int(found[1]) * factor)}"

    out.mkdir(parents=True)
    copy = out / file.name
    copy.write_text(re.sub(r"speed: (\d+)", faster, file.read_text()))
    return copy


@asynccontextmanager
async def bridge(stage: Stage, out: Path, flags: Sequence[str]) -> AsyncIterator[str]:
    """A bridge that faces a plant; its URL."""
    reached = [word for one in stage.partners for word in ("--partner", one)]
    reached += [word for one in stage.plcs for word in ("--plc", one)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "examples.bridge", "--port", "0", "--db", str(out / "bridge.sqlite"),
        "--mes-url", stage.mes, "--wms-url", stage.wms, *reached, *flags,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("bridge listening on http://"), line
        yield line.split()[-1]
    finally:
        process.terminate()
        await process.wait()


def without_floor(stage: Stage) -> Stage:
    """The same without the plant's PLCs: nobody listens to them here, and they take a while."""
    file = stage.payloads / "plants" / f"{stage.plant}.yaml"
    plant = YAML(typ="safe").load(file)
    del plant["systems"]["plc"]
    file.write_bytes(orjson.dumps(plant, default=str))
    return replace(stage, plcs=[])


async def played(name: str, out: Path, *flags: str, factor: float) -> Verdict:
    scenario = hurried(ROOT / "scenarios" / f"{name}.yaml", out, factor)
    stage = without_floor(addresses([scenario], out, free_ports=True))
    async with bridge(stage, out, flags) as url:
        return await run_scenario(
            scenario, payloads=stage.payloads, port=stage.port, variables={"ERP_URL": url},
            most_lateness=5.0,
        )  # fmt: skip


async def test_a_broken_bridge_breaks_the_right_expectation(tmp_path: Path) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def wrong(name: str, case: Case) -> str:
        """What is wrong with the verdict; nothing where it is as it should be."""
        async with room:
            verdict = await played(name, tmp_path / name, case.flag, factor=case.faster)
        broken = [each.name for each in verdict.outcomes if not each.kept]
        right = verdict.exit_code == Exit.BROKEN and case.breaks in broken
        return "" if right else f"{case.flag} broke {broken}\n{text(verdict)}"

    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(wrong(name, case)) for name, case in CASES.items()]
    found = [run.result() for run in runs if run.result()]
    assert not found, "\n\n".join(found)


async def test_a_whole_bridge_keeps_a_scenario(tmp_path: Path) -> None:
    verdict = await played("asn-cumulative-gap", tmp_path / "whole", factor=2)
    assert verdict.exit_code == Exit.KEPT, text(verdict)


def test_every_scenario_is_seen_to_fail_and_every_mistake_is_used() -> None:
    assert sorted(CASES) == [one.stem for one in SCENARIOS]
    assert {one.flag.partition("=")[2] for one in CASES.values()} == {*TRADING, ""}


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda one: one.stem)
def test_a_plan_is_the_same_every_time(file: Path) -> None:
    plans = [io.BytesIO(), io.BytesIO()]
    for plan in plans:
        plan_scenario(file, plan)
    assert plans[0].getvalue() == plans[1].getvalue()
    assert plans[0].getvalue()
