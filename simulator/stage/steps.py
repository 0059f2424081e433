"""Steps: timed or triggered actions, as data on the stage's agenda.

A repeating step puts its next firing down when it fires, so that a plant saved in the middle of a
run goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from simulator.core.durations import Duration, Instant, parse_span
from simulator.core.errors import Mistake, Refusal
from simulator.core.match import Match
from simulator.core.ports import Strict
from simulator.stage.actions import Origin, parse_action

if TYPE_CHECKING:
    from simulator.core.chance import Stream
    from simulator.stage.stage import Stage

STEP_KEYS = ("name", "at", "every", "times", "until", "when", "after")
MOST_FIRINGS = 1_000_000
_KEPT = ("seq", "event", "system", "endpoint", "operation", "document", "status", "fault")
_UNDER_WAY = ("queued", "retrying")  # no outcomes yet


class Every(Strict):
    """How far apart a repeating step's firings are, in plant time."""

    mean: Duration
    spread: Literal["fixed", "uniform", "normal", "exponential"] = "fixed"
    deviation: float = Field(0.3, ge=0, le=2, description="of the mean: normal's, uniform's half")

    def draw(self, stream: Stream) -> int:
        """The next interval in microseconds, at least one."""
        if self.spread == "fixed":
            return self.mean
        if self.spread == "exponential":
            drawn = stream.exponential(self.mean)
        elif self.spread == "uniform":
            half = self.mean * min(self.deviation, 1.0)
            drawn = stream.between(self.mean - half, self.mean + half)
        else:
            drawn = stream.normal(self.mean, self.mean * self.deviation)
        return max(1, round(drawn))


class Step(Strict):
    """One timed (`at`, `every`) or triggered (`when`) action. Times are plant time."""

    name: str | None = Field(None, description="how reports call it")
    at: Duration | None = Field(None, description="from the start of the run")
    every: Every | None = Field(None, description="45s, or {mean: 45s, spread: exponential}")
    times: int | None = Field(None, ge=1, le=MOST_FIRINGS, description="at most so often")
    until: Duration | None = Field(None, description="from the start of the run")
    when: dict[str, Any] | None = Field(None, description="fire when a journal entry matches")
    after: Duration | None = Field(None, description="so long after `when`")
    action: dict[str, Any]

    @field_validator("every", mode="before")
    @classmethod
    def _plain_interval(cls, value: Any) -> Any:
        if isinstance(value, str | int | float):
            try:
                parse_span(value)
            except Mistake as mistake:
                raise ValueError(str(mistake)) from None
            return {"mean": value}
        return value

    @field_validator("every")
    @classmethod
    def _moves(cls, value: Every | None) -> Every | None:
        if value is not None and value.mean <= 0:
            raise ValueError("an interval must be longer than zero")
        return value

    @model_validator(mode="after")
    def _one_trigger(self) -> Step:
        if self.at is not None and self.when is not None:
            raise ValueError("a step has `at` or `when`, not both")
        if self.after is not None and self.when is None:
            raise ValueError("`after` goes with `when`")
        if self.times not in (None, 1) and self.every is None and self.when is None:
            raise ValueError("`times` needs `every` (how far apart?) or `when`")
        if self.until is not None and self.at is not None and self.until < self.at:
            raise ValueError("`until` is before `at`")
        return self


class Trigger(BaseModel):
    """A `when` step waiting for its entry. Plain data, saved with the stage."""

    step: dict[str, Any]
    label: str
    run: str
    origin: Instant
    fired: int = 0


class Timeline:
    """The steps of the runs on one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.triggers: list[Trigger] = []
        self._matches: list[Match] = []
        self._stop_listening: Any = None

    def schedule(self, steps: list[Step], *, run: str, origin: Instant) -> None:
        """Put steps on the agenda, or register what triggers them."""
        for index, step in enumerate(steps):
            label = step.name or f"steps[{index}]"
            data = step.model_dump(exclude_none=True)
            if step.when is not None:
                self._register(Trigger(step=data, label=label, run=run, origin=origin))
            else:
                self._put(origin + (step.at or 0), data, label, run, origin, 1)

    def undo(self, run: str) -> None:
        """Forget the triggers of a run and what it still has on the agenda."""
        keep = [trigger for trigger in self.triggers if trigger.run != run]
        self.triggers, self._matches = [], []
        for trigger in keep:
            self._register(trigger)
        for event in self._stage.agenda.events():
            if event.kind == "stage.fire" and event.args.get("run") == run:
                self._stage.agenda.cancel(event.ticket)
        if not self.triggers and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None

    def fire(
        self,
        *,
        step: dict[str, Any],
        label: str,
        run: str,
        origin: Instant,
        n: int,
        entry: Mapping[str, Any] | None = None,
    ) -> None:
        """Do a step's action once, and put its next firing down."""
        stage = self._stage
        now = stage.now
        ends = origin + step["until"] if "until" in step else None
        if ends is not None and now > ends:
            return
        names = stage.template_names(n=n, label=label, entry=dict(entry or {}))
        source = Origin(f"step {label}", run, names, None if "every" in step else ends)
        try:
            done = parse_action(step["action"]).perform(stage, source)
            stage.record("step.done", step=label, n=n, run=run, detail=_brief(done))
        except (Mistake, Refusal) as error:
            stage.failures.append(f"{label}: {error}")
            stage.record("step.failed", step=label, n=n, run=run, error=str(error))
        if "every" in step and n < step.get("times", MOST_FIRINGS):
            every = Every.model_construct(**step["every"])
            due = now + every.draw(stage.chance.stream("step", label))
            if ends is None or due <= ends:
                self._put(due, step, label, run, origin, n + 1)

    def _put(
        self, due: Instant, step: dict[str, Any], label: str, run: str, origin: Instant, n: int
    ) -> None:
        self._stage.agenda.put(
            due, "stage.fire", step=step, label=label, run=run, origin=origin, n=n
        )

    def _register(self, trigger: Trigger) -> None:
        self.triggers.append(trigger)
        self._matches.append(Match(trigger.step["when"]))
        if self._stop_listening is None:
            self._stop_listening = self._stage.journal.listen(self._heard)

    def _heard(self, entry: Mapping[str, Any], completed: bool) -> None:
        # a message counts once it has its outcome, an event as soon as it is written
        open_ = not completed or entry.get("outcome") in _UNDER_WAY
        if open_ and entry.get("kind") != "event":
            return
        for trigger, match in zip(self.triggers, self._matches, strict=True):
            limit = trigger.step.get("times", MOST_FIRINGS)
            if trigger.fired >= limit or not match.hits(entry):
                continue
            trigger.fired += 1
            kept = {name: entry[name] for name in _KEPT if name in entry}
            for name, values in (entry.get("keys") or {}).items():
                kept[name] = values[0] if len(values) == 1 else values
            self._stage.agenda.put(
                self._stage.now + trigger.step.get("after", 0),
                "stage.fire",
                step=trigger.step,
                label=trigger.label,
                run=trigger.run,
                origin=trigger.origin,
                n=trigger.fired,
                entry=kept,
            )

    def save(self) -> list[dict[str, Any]]:
        """The triggers as JSON-able data (firings are on the agenda)."""
        return [trigger.model_dump() for trigger in self.triggers]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        """The inverse of `save`."""
        self.triggers, self._matches = [], []
        for one in saved:
            self._register(Trigger(**one))


def _brief(done: Mapping[str, Any]) -> Any:
    """What an action did, short enough for a journal entry."""
    if "result" in done:
        result = done["result"]
        return {"id": result["id"]} if isinstance(result, dict) and "id" in result else {}
    return done
