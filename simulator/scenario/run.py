"""A scenario file run on a plant of its own: check, start, conduct, close."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from simulator.core.journal import LIMIT
from simulator.scenario.check import check_scenario
from simulator.scenario.conduct import (
    GRACE,
    MOST_LATENESS,
    Conducting,
    OnProgress,
    Progress,
)
from simulator.scenario.verdict import Verdict
from simulator.stage.site import Site
from simulator.stage.stage import Stage

__all__ = ["Conducting", "OnProgress", "Progress", "run_scenario"]


async def run_scenario(
    path: Path,
    *,
    payloads: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    speed: float | None = None,
    seed: int | None = None,
    variables: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    on_start: Callable[[Stage], None] | None = None,
    grace: float = GRACE,
    most_lateness: float = MOST_LATENESS,
    journal_limit: int = LIMIT,
    fail_fast: bool = False,
) -> Verdict:
    """Run a scenario file on a plant of its own. Raises Mistakes (exit 2), CouldNotStart (exit 3).

    Nothing starts before the whole file is checked. Everything is put back and closed however the
    run ends, cancelled runs included.
    """
    checked = check_scenario(
        path, payloads=payloads, speed=speed, seed=seed, variables=variables, play=False, live=True
    )
    scenario = checked.scenario
    site = Site(
        host=host,
        port=port,
        variables={**scenario.header.variables, **(variables or {})},
        payloads=scenario.payloads,
        journal_limit=journal_limit,
    )
    try:
        stage = site.add(
            scenario.plant_file,
            seed=scenario.header.seed if seed is None else seed,
            start=scenario.start(checked.model.zone),
            speed=scenario.speed() if speed is None else speed,
        )
        conducting = Conducting(
            scenario, stage, grace=grace, most_lateness=most_lateness, alone=True
        )
        with conducting.arranged(on_progress):
            await site.start()
            if on_start is not None:
                on_start(stage)
            return await conducting.conduct(fail_fast=fail_fast)
    finally:
        await site.stop()
