"""One execution of a scenario on a stage: conduct, settle, judge, and put everything back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.core.clock import MAX, show_speed
from simulator.core.durations import Instant, Span, show_instant
from simulator.core.errors import JournalFull, Mistake, QueueFull
from simulator.core.link import pause
from simulator.core.match import Match
from simulator.core.timer import monotonic, wall_clock
from simulator.scenario.ask import ask, judge_answer
from simulator.scenario.expect import Ask
from simulator.scenario.judge import judge
from simulator.scenario.live import Live
from simulator.scenario.model import Scenario
from simulator.scenario.owed import judge_owed
from simulator.scenario.record import Frame, JournalRecord
from simulator.scenario.verdict import FailedStep, Outcome, Verdict
from simulator.stage.stage import Stage
from simulator.stage.steps import Step

GRACE = 5.0  # wall seconds: how long what is under way at the end may take
QUIET = 0.3  # wall seconds without a new entry, after which nothing more is expected
MOST_LATENESS = 0.5  # wall seconds at p99, beyond which the stand-in was overloaded
_TICK = 0.25
_RETRY_FIRST, _RETRY_LONGEST = 0.1, 1.0
_SHOWN_EVENTS = (
    "step.done", "step.failed", "fault.applied", "fault.cleared", "link.held", "link.released",
    "link.drained", "note", "event.failed",
)  # fmt: skip


@dataclass(slots=True)
class Progress:
    """How far a run is: told now and then, and whenever something worth telling happens."""

    at: Instant
    origin: Instant
    end: Instant
    messages: int = 0
    event: Mapping[str, Any] | None = None  # the journal entry that is worth telling
    broken: str | None = None  # the expectation that was just broken for good
    broken_so_far: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(max((self.at - self.origin) / max(self.end - self.origin, 1), 0.0), 1.0)


OnProgress = Callable[[Progress], None]


class Conducting:
    """One run on a stage, from its steps on the agenda to its verdict.

    `alone` says that the stage is the run's own: its clock stands still while asking at speed max,
    and from the end of the run on. On a plant that others use too, it is left to run.
    """

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        *,
        run: str = "run",
        grace: float = GRACE,
        most_lateness: float = MOST_LATENESS,
        alone: bool = False,
    ) -> None:
        self.scenario = scenario
        self.stage = stage
        self.run = run
        self.grace = grace
        self.most_lateness = most_lateness
        self.alone = alone
        self.origin = stage.now
        self.end = self.origin + scenario.lasts()
        # where time does not wait for anybody, it has to be halted wherever something is asked
        self._leaps = alone and _leaping(scenario, stage)
        self._speed = show_speed(stage.clock.speed)
        self._first = len(stage.journal)
        self._answers: dict[int, Outcome] = {}
        self._broken: list[str] = []
        self._stop = asyncio.Event()
        self._on_progress: OnProgress = lambda progress: None
        self._messages = 0

    @contextlib.contextmanager
    def arranged(self, on_progress: OnProgress | None = None) -> Any:
        """Put the steps on the agenda; take everything back at the end, however it comes."""
        stage = self.stage
        if on_progress is not None:
            self._on_progress = on_progress
        live = Live(self.scenario.expect, self.origin, self._decided)
        deaf = [stage.journal.listen(self._heard)]
        if live.watches:
            deaf.append(stage.journal.listen(live.heard))
        stage.run = self.run
        stage.record("run.started", run=self.run, scenario=self.scenario.title)
        try:
            steps = list(self.scenario.steps)
            stage.schedule(steps, run=self.run, origin=self.origin)
            if self._leaps:
                stops = sorted({at for _, _, at in self._asks()} | {self.end - self.origin})
                halts = [_halt(at) for at in stops]
                stage.schedule(halts, run=self.run, origin=self.origin)
            yield self
        finally:
            for stop in deaf:
                stop()
            stage.end_run(self.run)

    async def conduct(self, *, fail_fast: bool = False) -> Verdict:
        """Let it happen until the end, and judge it. The stage must have been started."""
        stage, began, started = self.stage, monotonic(), wall_clock()
        overload: list[str] = []
        failed: list[FailedStep] = []
        ticker = asyncio.create_task(self._tick())
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                await self._through(client, fail_fast)
                await self._settle()
                await self._ask_at_end(client)
        except (JournalFull, QueueFull) as full:
            overload.append(str(full))
        except Mistake as mistake:
            failed.append(FailedStep("the run", str(mistake), at=stage.now))
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
        verdict = self.judged(overload)
        verdict.failed_steps[:0] = failed
        verdict.wall = monotonic() - began
        verdict.started = show_instant(round(started * 1_000_000))
        return verdict

    # --- time ----------------------------------------------------------------------------------

    async def _through(self, client: httpx.AsyncClient, fail_fast: bool) -> None:
        asking: set[asyncio.Task[None]] = set()
        try:
            for index, one, at in self._asks():
                if not await self._reach(self.origin + at, fail_fast):
                    return
                if self._leaps:
                    await self._quiet()
                    await self._ask(index, one, client)
                    self._go_on()
                else:
                    asking.add(asyncio.create_task(self._ask(index, one, client)))
            await self._reach(self.end, fail_fast)
            if asking:
                await asyncio.wait(asking, timeout=self.grace)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _reach(self, instant: Instant, fail_fast: bool) -> bool:
        """Wait for a moment of plant time. False where the run is to stop before it."""
        reaching = asyncio.create_task(self.stage.run_until(instant))
        stopping = asyncio.create_task(self._stop.wait())
        waited = {reaching, stopping} if fail_fast else {reaching}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if reaching.done():
                reaching.result()
            return reaching.done()
        finally:
            for task in (reaching, stopping):
                task.cancel()
            await asyncio.gather(reaching, stopping, return_exceptions=True)

    def _go_on(self) -> None:
        self.stage.clock.resume()
        self.stage.conductor.nudge()

    async def _settle(self) -> None:
        """Let what is under way come to its end; where the stage is ours, time stands still."""
        if self.alone:
            self.stage.clock.pause()
        await self._quiet()

    async def _quiet(self) -> None:
        deadline = monotonic() + self.grace
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.grace):
                await self.stage.settled()
        if not self.alone:
            return
        seen, since = len(self.stage.journal), monotonic()
        while monotonic() < deadline and monotonic() - since < QUIET:
            await pause(0.02)
            if len(self.stage.journal) != seen:
                seen, since = len(self.stage.journal), monotonic()

    async def _tick(self) -> None:
        while True:
            self._tell()
            await pause(_TICK)

    # --- asking --------------------------------------------------------------------------------

    def _asks(self) -> list[tuple[int, Ask, int]]:
        """The questions with a time of their own, in its order."""
        found = [
            (index, one, one.at)
            for index, one in enumerate(self.scenario.expect)
            if isinstance(one, Ask) and one.at is not None
        ]
        return sorted(found, key=lambda each: each[2])

    async def _ask_at_end(self, client: httpx.AsyncClient) -> None:
        for index, one in enumerate(self.scenario.expect):
            if isinstance(one, Ask) and one.at is None:
                await self._ask(index, one, client)

    async def _ask(self, index: int, one: Ask, client: httpx.AsyncClient) -> None:
        """Ask until it holds or `within` is over (while time stands still: the grace)."""
        stage = self.stage
        deadline = stage.clock.now() + (one.within or 0)
        patience = monotonic() + (self.grace if one.within else 0.0)
        wait = _RETRY_FIRST
        while True:
            over = stage.clock.now() >= deadline
            if stage.clock.paused:
                over = monotonic() >= patience
            answer = await ask(one, client, stage.resolve)
            outcome = judge_answer(one, answer, stage.plant)
            self._answers[index] = outcome
            if outcome.kept or over:
                break
            await pause(wait)
            wait = min(wait * 1.5, _RETRY_LONGEST)
        if not outcome.kept:
            self._note_broken(outcome.name)

    # --- telling -------------------------------------------------------------------------------

    def _heard(self, entry: Mapping[str, Any], completed: bool) -> None:
        if entry.get("kind") == "message":
            self._messages += not completed
        elif entry.get("event") in _SHOWN_EVENTS and entry.get("step") != "halt":
            if entry["event"] == "step.done" and entry.get("n", 1) > 1:
                return  # that a repeating step goes on repeating is no news
            self._tell(event=dict(entry))

    def _decided(self, index: int, entry: Mapping[str, Any]) -> None:
        self._note_broken(self.scenario.expect[index].title)

    def _note_broken(self, title: str) -> None:
        self._broken.append(title)
        self._tell(broken=title)
        self._stop.set()

    def _tell(self, event: Mapping[str, Any] | None = None, broken: str | None = None) -> None:
        now = max(self.stage.now, min(self.stage.clock.now(), self.end))
        told = Progress(now, self.origin, self.end, self._messages, event, broken, [*self._broken])
        self._on_progress(told)

    # --- judging -------------------------------------------------------------------------------

    def judged(self, overload: list[str] | None = None) -> Verdict:
        """The verdict on what is in the journal now."""
        scenario, stage = self.scenario, self.stage
        record = JournalRecord(stage.journal, self._first)
        frame = Frame(self.origin, max(stage.now, self.origin))
        outcomes = []
        for index, one in enumerate(scenario.expect):
            if isinstance(one, Ask):
                never = Outcome(
                    one.title, one.form, False, "it was never asked: the run ended first"
                )
                outcome = self._answers.get(index, never)
            else:
                outcome = judge(one, record, frame)
            outcome.place = scenario.place_of_expectation(index)
            outcomes.append(outcome)
        if scenario.header.owed is not False:
            contracts = {name: one.contract.kind for name, one in stage.endpoints.items()}
            within = scenario.header.patience or None
            outcomes += judge_owed(record, frame, contracts, within, self._place_of_fault(record))
        failed = self._failed_steps(record)
        return Verdict(
            scenario=scenario.title,
            file=scenario.file,
            plant=stage.model.name,
            seed=stage.seed,
            speed=self._speed,
            began=frame.origin,
            ended=frame.end,
            outcomes=outcomes,
            failed_steps=failed,
            overload=[*(overload or []), *self._overload()],
            lateness_p99=stage.lateness.p99,
            lateness_worst=stage.lateness.worst,
            messages=self._messages,
            events=len(stage.journal) - self._first - self._messages,
            urls={name: str(one.get("url") or "") for name, one in stage.urls().items()},
        )

    def _labels(self) -> dict[str, int]:
        return {
            step.name or f"steps[{index}]": index for index, step in enumerate(self.scenario.steps)
        }

    def _place_of_fault(self, record: JournalRecord) -> dict[str, str]:
        """Fault id -> `file:line:column` of the step that applied it."""
        labels, found = self._labels(), {}
        for entry in record.entries(Match({"event": "step.done"})):
            fault = (entry.get("detail") or {}).get("fault")
            if isinstance(fault, dict) and str(entry.get("step")) in labels:
                place = self.scenario.place_of_step(labels[str(entry["step"])])
                found[str(fault.get("id"))] = place
        return found

    def _failed_steps(self, record: JournalRecord) -> list[FailedStep]:
        labels = self._labels()
        found: dict[str, FailedStep] = {}
        for entry in record.entries(Match({"event": ["step.failed", "event.failed"]})):
            name = str(entry.get("step") or entry.get("of"))
            if name in found:
                found[name].times += 1
                continue
            place = self.scenario.place_of_step(labels[name]) if name in labels else ""
            found[name] = FailedStep(name, str(entry.get("error")), 1, place, entry["at"])
        return list(found.values())

    def _overload(self) -> list[str]:
        stage = self.stage
        found = []
        if stage.overflow:
            found.append(f"the journal or a queue was full: {stage.overflow} entries were lost")
        elif stage.journal.refused:
            found.append(f"the journal was full: {stage.journal.refused} entries were refused")
        late = stage.lateness.p99
        if late > self.most_lateness:
            found.append(
                f"events were {late * 1000:.0f} ms late at p99, the bound is "
                f"{self.most_lateness * 1000:.0f} ms: use a lower speed or a faster machine"
            )
        return found


def _halt(at: Span) -> Step:
    """A step that makes time stand still, so that something can be asked."""
    return Step.model_validate({"name": "halt", "at": f"{at}us", "action": {"pause": True}})


def _leaping(scenario: Scenario, stage: Stage) -> bool:
    """Does plant time ever run without waiting?"""
    speeds = [step.action.get("speed") for step in scenario.steps]
    return stage.clock.speed == MAX or "max" in speeds
