"""Scenarios that run on the site's plants, started over the control plane.

Such a run uses the plant as it is: its clock, its seed, its stock. Faults, holds, steps and
triggers of the run are gone when it ends, however it ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.core.clock import parse_speed
from simulator.core.durations import show_instant
from simulator.core.errors import Mistake, Mistakes, StagefloorError, conflict
from simulator.core.yamlfile import parse_yaml
from simulator.scenario.check import Checked, check_read
from simulator.scenario.load import in_file_order, read_scenario
from simulator.scenario.run import Conducting, Progress
from simulator.scenario.verdict import Verdict

if TYPE_CHECKING:
    from simulator.stage.site import Site
    from simulator.stage.stage import Stage

log = logging.getLogger("stagefloor")
KEPT = 100  # runs of a site that can be asked about; the oldest is forgotten first


class Run:
    """One execution of a scenario on a live plant."""

    def __init__(self, id: str, stage: Stage, checked: Checked) -> None:
        self.id = id
        self.stage = stage
        self.scenario = checked.scenario
        self.warnings = [str(warning) for warning in checked.warnings]
        self.state = "running"
        self.error: str | None = None
        self.verdict: Verdict | None = None
        self.progress: Progress | None = None
        self.task: asyncio.Task[None] | None = None
        self.done = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The run as people see it."""
        progress = self.progress
        return {
            "id": self.id,
            "scenario": self.scenario.title,
            "plant": self.stage.name,
            "state": self.state,
            "error": self.error,
            "warnings": self.warnings,
            "progress": None
            if progress is None
            else {
                "share": round(progress.share, 4),
                "at": show_instant(progress.at),
                "end": show_instant(progress.end),
                "messages": progress.messages,
                "broken": progress.broken_so_far,
            },
            "verdict": None if self.verdict is None else self.verdict.as_json(),
        }

    def heard(self, progress: Progress) -> None:
        """How far it is."""
        self.progress = progress


class Runs:
    """The runs of a site: one at a time on each plant."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._runs: dict[str, Run] = {}

    def of(self, plant: str) -> dict[str, Run]:
        """The runs of a plant by their ids, oldest first."""
        return {id: run for id, run in self._runs.items() if run.stage.name == plant}

    async def begin(
        self,
        stage: Stage,
        raw: bytes,
        name: str,
        *,
        variables: Mapping[str, str],
        speed: float | str | None = None,
    ) -> Run:
        """Check a scenario whole, then run it. Raises Mistakes, or Refusal while another runs."""
        _free(stage)
        pace = stage.clock.speed if speed is None else parse_speed(speed)
        checked = await asyncio.to_thread(self._check, stage, raw, name, variables, pace)
        _free(stage)  # nothing else was begun in the meantime
        stage.catch_up()
        run = Run(f"run-{len(stage.journal) + 1}", stage, checked)
        while len(self._runs) >= KEPT:
            ended = next((id for id, one in self._runs.items() if one.done.is_set()), None)
            if ended is None:
                break
            del self._runs[ended]
        self._runs[run.id] = run
        stage.run = run.id  # taken from here on
        run.task = asyncio.create_task(self._conduct(run, variables, pace), name=run.id)
        return run

    def _check(
        self, stage: Stage, raw: bytes, name: str, variables: Mapping[str, str], speed: float
    ) -> Checked:
        """Read and dry-run the scenario, beside the loop: it touches nothing of the live plant."""
        located = parse_yaml(raw, name)
        scenario, mistakes = read_scenario(located, self._site.payloads)
        if scenario is None:
            raise Mistakes(in_file_order(mistakes))
        given = {**self._site.variables, **variables}
        checked = check_read(scenario, mistakes, speed=speed, variables=given, play=False)
        if checked.model.name != stage.name:
            what = f"the scenario is for the plant {checked.model.name!r}, not {stage.name!r}"
            cure = f"post it to /control/plants/{checked.model.name}/runs"
            raise Mistake(what, cure=cure, place=located.place(("plant",)))
        return checked

    async def _conduct(self, run: Run, variables: Mapping[str, str], speed: float) -> None:
        stage = run.stage
        before, pace = stage.variables, stage.clock.speed
        stage.variables = {**before, **run.scenario.header.variables, **variables}
        try:
            if speed != pace:
                stage.clock.set_speed(speed)
                stage.conductor.nudge()
            conducting = Conducting(run.scenario, stage, run=run.id)
            with conducting.arranged(run.heard):
                run.verdict = await conducting.conduct()
            run.state = "done"
        except asyncio.CancelledError:
            run.state = "aborted"
        except StagefloorError as error:
            run.state, run.error = "failed", str(error)
        except Exception as error:
            log.exception("the run %s failed", run.id)
            run.state, run.error = "failed", f"{type(error).__name__}: {error}"
        finally:
            stage.variables = before
            if speed != pace:
                stage.clock.set_speed(pace)
                stage.conductor.nudge()
            if stage.run == run.id:
                stage.run = None
            run.done.set()

    async def abort(self, run: Run) -> None:
        """End a run and put everything back. A run that has ended stays as it is."""
        if run.task is not None and not run.done.is_set():
            run.task.cancel()
            await run.done.wait()

    async def start(self) -> None:
        """Nothing to start: runs begin when they are asked for."""

    async def stop(self) -> None:
        """Abort what is under way."""
        for run in list(self._runs.values()):
            await self.abort(run)


def _free(stage: Stage) -> None:
    if stage.run is not None:
        detail = f"the run {stage.run} is under way on {stage.name}: wait for it, or abort it"
        raise conflict(detail, "run-under-way")
