"""`stagefloor run`: scenarios one after the other, live progress, and verdicts."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simulator.cli.errors import INTERRUPTED, say, tell
from simulator.cli.journal import is_sqlite
from simulator.cli.memory import settle, unsettle
from simulator.cli.options import read_speed, read_targets, writable
from simulator.control.front import open_control
from simulator.control.tokens import Tokens
from simulator.core.errors import CouldNotStart, Mistake, Mistakes
from simulator.core.journal import Journal, SqliteStore
from simulator.scenario.check import Checked, check_scenario
from simulator.scenario.report import json_report, junit, text, worst
from simulator.scenario.run import Conducting, Progress
from simulator.scenario.show import show_entry
from simulator.scenario.verdict import Verdict
from simulator.stage.site import Site


@dataclass(frozen=True)
class Running:
    """The options of `run`."""

    files: list[Path]
    targets: list[str]
    seed: int | None
    speed: str | None
    host: str
    port: int
    tokens: list[str]
    junit: Path | None
    report: Path | None
    journal: Path | None
    payloads: Path | None
    quiet: bool


class Teller(Protocol):
    """Tells how far a run is."""

    def begin(self, checked: Checked, site: Site) -> None:
        """It has been started."""

    def heard(self, progress: Progress) -> None:
        """It goes on."""

    def end(self) -> None:
        """It is over."""


def run_files(options: Running) -> int:
    """Run each scenario, print its verdict, write the reports. Returns the exit code.

    All files are checked before the first is run. Raises Mistakes, CouldNotStart.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    variables = read_targets(options.targets)
    tokens = Tokens.read(options.tokens)
    speed = None if options.speed is None else read_speed(options.speed)
    for path, option in (
        (options.junit, "--junit"), (options.report, "--report"), (options.journal, "--journal"),
    ):  # fmt: skip
        writable(path, option)
    checked = _checked(options, variables, speed)
    verdicts: list[Verdict] = []
    try:
        for one in checked:
            verdict = asyncio.run(_run(one, options, variables, tokens, speed))
            verdicts.append(verdict)
            sys.stdout.write(text(verdict) + "\n")
            sys.stdout.flush()
    except KeyboardInterrupt:
        say("error", "interrupted: everything was put back")
        return INTERRUPTED
    finally:
        if options.junit is not None:
            options.junit.write_bytes(junit(verdicts))
        if options.report is not None:
            options.report.write_bytes(json_report(verdicts))
    code = worst(verdicts)
    if len(verdicts) > 1:
        kept = sum(verdict.kept for verdict in verdicts)
        sys.stdout.write(f"{kept} of {len(verdicts)} scenarios kept\n")
    return int(code)


def _checked(options: Running, variables: dict[str, str], speed: float | None) -> list[Checked]:
    """Every scenario, checked. Raises Mistakes: all there are in all files."""
    out: list[Checked] = []
    wrong: list[Mistake] = []
    for file in options.files:
        try:
            out.append(
                check_scenario(
                    file, payloads=options.payloads, speed=speed, seed=options.seed,
                    variables=variables, play=False, live=True,
                )
            )  # fmt: skip
        except Mistakes as many:
            wrong.extend(many.mistakes)
        except Mistake as mistake:
            wrong.append(mistake)
    if wrong:
        raise Mistakes(wrong)
    return out


async def _run(
    checked: Checked,
    options: Running,
    variables: dict[str, str],
    tokens: Tokens,
    speed: float | None,
) -> Verdict:
    """Run one scenario on a plant of its own. Raises CouldNotStart, KeyboardInterrupt."""
    scenario = checked.scenario
    for warning in checked.warnings:
        tell(warning, "warning")
    site = Site(
        host=options.host,
        port=options.port,
        variables={**scenario.header.variables, **variables},
        payloads=scenario.payloads,
    )
    teller: Teller = _Silent() if options.quiet else _teller()
    open_control(site, tokens)
    try:
        stage = site.add(
            scenario.plant_file,
            seed=scenario.header.seed if options.seed is None else options.seed,
            start=scenario.start(checked.model.zone),
            speed=scenario.speed() if speed is None else speed,
            journal=_journal(options, scenario.file),
        )
        conducting = Conducting(scenario, stage, alone=True)
        with conducting.arranged(teller.heard):
            await site.start()
            settle()
            teller.begin(checked, site)
            return await _interruptible(conducting.conduct())
    finally:
        teller.end()
        await site.stop()
        unsettle()


async def _interruptible(conducting: Any) -> Verdict:
    """Let SIGINT and SIGTERM cancel the run, so that all of it is put back."""
    loop = asyncio.get_running_loop()
    task: asyncio.Task[Verdict] = asyncio.ensure_future(conducting)
    signals = (signal.SIGINT, signal.SIGTERM)
    for one in signals:
        loop.add_signal_handler(one, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for one in signals:
            loop.remove_signal_handler(one)


def _journal(options: Running, file: str) -> Journal | None:
    """The journal in a file of its own; several scenarios add their names to the file's."""
    if options.journal is None:
        return None
    path = options.journal
    if len(options.files) > 1:
        path = path.with_name(f"{path.stem}-{Path(file).stem}{path.suffix}")
    if path.is_file() and path.stat().st_size and not is_sqlite(path):
        raise Mistake(f"--journal {path} is not a journal", cure="name another file")
    try:
        for stale in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            stale.unlink(missing_ok=True)  # a run's journal holds that run only
    except OSError as error:
        raise CouldNotStart(f"--journal {path} cannot be written: {error.strerror}") from None
    return Journal(SqliteStore(path))


# --- telling -------------------------------------------------------------------------------------


class _Silent:
    def begin(self, checked: Checked, site: Site) -> None:
        """Nothing is said."""

    def heard(self, progress: Progress) -> None:
        """Nothing is said."""

    def end(self) -> None:
        """Nothing is said."""


class _Lines:
    """Plain lines, for logs: what happened, and now and then how far it is."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._told = 0

    def begin(self, checked: Checked, site: Site) -> None:
        scenario = checked.scenario
        self._write(f"running {scenario.title} ({scenario.file})\n")
        for stage in site.stages.values():
            for name, one in stage.urls().items():
                if one.get("url"):
                    self._write(f"  {name}  {one['url']}\n")

    def heard(self, progress: Progress) -> None:
        if progress.event is not None:
            self._write(f"  {show_entry(progress.event, progress.origin)}\n")
        elif progress.broken is not None:
            self._write(f"  broken: {progress.broken}\n")
        elif int(progress.share * 10) > self._told:
            self._told = int(progress.share * 10)
            self._write(f"  {self._told * 10} % of plant time, {progress.messages} messages\n")

    def end(self) -> None:
        """Nothing is left to clear away."""


class _Bar:
    """A progress bar for terminals, with what happened above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._console = Console(stderr=True, highlight=False)
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[messages]} messages"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            refresh_per_second=8,
        )
        self._task: TaskID | None = None
        self._lines = _Lines(lambda line: self._console.print(line.rstrip("\n"), markup=False))

    def begin(self, checked: Checked, site: Site) -> None:
        self._lines.begin(checked, site)
        self._bar.start()
        self._task = self._bar.add_task(checked.scenario.title[:40], total=1.0, messages=0)

    def heard(self, progress: Progress) -> None:
        if self._task is None:
            return
        if progress.event is not None or progress.broken is not None:
            self._lines.heard(progress)
        self._bar.update(self._task, completed=progress.share, messages=progress.messages)

    def end(self) -> None:
        self._bar.stop()


def _teller() -> Teller:
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return _Bar()

    def write(line: str) -> None:
        sys.stderr.write(line)
        sys.stderr.flush()

    return _Lines(write)
