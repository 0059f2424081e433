"""The scenarios of trading partners: the bridge keeps them, and a broken one breaks the right part.

Each is played by a bridge with one mistake, mostly faster than as it stands; that whole bridges
keep them is what `make scenarios` shows. A run is mostly waiting, so they are played side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys
from collections.abc import AsyncIterator, Sequence
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
WHOLE = "asn-cumulative-gap"
PATIENCE = 60.0


class Case(NamedTuple):
    """A bridge with one mistake, how much faster it plays a scenario, and what that breaks."""

    flag: str
    faster: float
    breaks: str


CASES = {  # those that take longest first
    "asn-sftp-partial-pick-up": Case(
        "--break=files", 1, "nothing is complained of that was only half there"
    ),
    "asn-partner-down-then-burst": Case("--no-dedupe", 2, "no notice is refused"),
    "asn-late": Case("--break=answers", 1.5, "a right answer to asn-after-truck"),
    "asn-cumulative-gap": Case("--break=checks", 2, "a right answer to cumulative-gap"),
    "asn-accepted-then-rejected": Case("--break=checks", 2, "a right answer to unknown-order"),
    "asn-order-to-receipt": Case(
        "--break=answers", 2, "the supplier hears what arrived (861, RECADV)"
    ),
    "asn-twice": Case("--break=checks", 2, "a right answer to asn-twice"),
    "asn-short-shipment": Case("--break=dock", 2, "nothing is received that was not there"),
    "asn-missing-mdn": Case("--break=receipts", 2, "a right answer to receipt-missing"),
}


def hurried(file: Path, out: Path, factor: float) -> Path:
    """The scenario at a higher speed."""

    def faster(found: re.Match[str]) -> str:
        return f"speed: {round(int(found[1]) * factor)}"

    out.mkdir(parents=True)
    copy = out / file.name
    copy.write_text(re.sub(r"speed: (\d+)", faster, file.read_text()))
    return copy


@contextlib.asynccontextmanager
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
        with contextlib.suppress(ProcessLookupError):
            process.kill()
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
            most_lateness=60.0,
        )  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """What came of each case, and of a whole bridge."""

    async def all_of_them() -> dict[str, Verdict]:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(name: str, label: str, factor: float, *flags: str) -> tuple[str, Verdict]:
            async with room:
                out = tmp_path_factory.mktemp(label) / "run"
                return label, await played(name, out, *flags, factor=factor)

        async with asyncio.TaskGroup() as group:
            runs = [
                group.create_task(one(name, name, case.faster, case.flag))
                for name, case in CASES.items()
            ]
            runs.append(group.create_task(one(WHOLE, "whole", 2)))
        return dict(run.result() for run in runs)

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("name", CASES)
def test_a_broken_bridge_breaks_the_right_expectation(
    verdicts: dict[str, Verdict], name: str
) -> None:
    verdict = verdicts[name]
    broken = [one.name for one in verdict.outcomes if not one.kept]
    assert CASES[name].breaks in broken, text(verdict)
    assert verdict.exit_code == Exit.BROKEN


def test_a_whole_bridge_keeps_a_scenario(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["whole"].exit_code == Exit.KEPT, text(verdicts["whole"])


def test_every_scenario_is_seen_to_fail_and_every_mistake_is_used() -> None:
    assert sorted(CASES) == [one.stem for one in SCENARIOS]
    assert {one.flag.partition("=")[2] for one in CASES.values()} == {*TRADING, ""}


@pytest.mark.parametrize("name", ["asn-cumulative-gap", "asn-partner-down-then-burst"])
def test_a_plan_is_the_same_every_time(name: str) -> None:
    file = ROOT / "scenarios" / f"{name}.yaml"
    plans = [io.BytesIO(), io.BytesIO()]
    for plan in plans:
        plan_scenario(file, plan)
    assert plans[0].getvalue() == plans[1].getvalue()
    assert plans[0].getvalue()
