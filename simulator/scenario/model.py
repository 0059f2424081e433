"""A scenario as data: what a file says, read but not yet set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from simulator.core.clock import parse_speed
from simulator.core.durations import SECOND, Duration, Instant, Span, parse_instant, parse_span
from simulator.core.errors import Mistake
from simulator.core.ports import Strict
from simulator.core.yamlfile import Located
from simulator.scenario.expect import Ask, Each, Expectation, Windowed
from simulator.stage.steps import Step

DEFAULT_START = "2026-01-05T06:00"  # a Monday, at the start of the early shift
Speed = Annotated[
    float | Literal["max"], Field(description="plant seconds per wall second, or max: no waiting")
]


class ClockSettings(Strict):
    """When plant time begins, and how fast it runs."""

    start: str = Field(DEFAULT_START, description="plant-local, like 2026-03-02T06:00")
    speed: Speed = 1.0

    @field_validator("start")
    @classmethod
    def _moment(cls, value: str) -> str:
        try:
            parse_instant(value, ZoneInfo("UTC"))
        except Mistake as mistake:
            raise ValueError(str(mistake)) from None
        return value

    @field_validator("speed", mode="before")
    @classmethod
    def _sane(cls, value: Any) -> Any:
        try:
            parse_speed(value)
        except Mistake as mistake:
            raise ValueError(str(mistake)) from None
        return value


class Owed(Strict):
    """What the integration owes for faults that a right counterparty answers."""

    within: Duration | None = Field(
        None, description="plant time for each answer; without it, until the end of the run"
    )


class Header(Strict):
    """A scenario file without its steps and expectations."""

    scenario: str = Field(min_length=1, description="its title")
    about: str = Field("", description="what it is for")
    plant: str = Field(min_length=1, description="a plant of payloads/plants/, like gearbox")
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] = Field(0, description="of every draw")
    clock: ClockSettings = Field(default_factory=ClockSettings)
    lasts: Duration | None = Field(None, description="plant time; else until all is done")
    variables: dict[str, str] = Field(
        default_factory=dict, description="what ${NAME} stands for, before the environment"
    )
    owed: bool | Owed = Field(
        True, description="judge the answers to faults of trading documents; false: do not"
    )
    tags: list[str] = Field(default_factory=list, description="to choose scenarios by")

    @model_validator(mode="after")
    def _time(self) -> Header:
        if self.lasts == 0:
            raise ValueError("`lasts` must be longer than 0s")
        return self

    @field_validator("owed", mode="before")
    @classmethod
    def _judged(cls, value: Any) -> Any:
        if isinstance(value, bool | Owed):
            return value
        try:
            return Owed.model_validate(value)
        except ValidationError as error:
            raise ValueError(f"true, false or {{within: 2h}}: {error.errors()[0]['msg']}") from None

    @property
    def patience(self) -> Span:
        """How long an answer that is owed may take (plant time)."""
        return (self.owed.within or 0) if isinstance(self.owed, Owed) else 0


HEADER_KEYS = tuple(Header.model_fields)
TOP_KEYS = (*HEADER_KEYS, "steps", "expect")


@dataclass(frozen=True)
class Scenario:
    """One scenario: its header, its steps, its expectations, and where they stand in the file."""

    header: Header
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...]
    located: Located
    payloads: Path
    plant_file: Path
    positions: tuple[int, ...]  # where in the file's list each step stands

    @property
    def title(self) -> str:
        """Its title."""
        return self.header.scenario

    @property
    def file(self) -> str:
        """The file it was read from, as the user named it."""
        return self.located.file

    def speed(self) -> float:
        """Plant seconds per wall second; infinity is `max`."""
        return parse_speed(self.header.clock.speed)

    def start(self, zone: ZoneInfo) -> Instant:
        """When plant time begins."""
        return parse_instant(self.header.clock.start, zone)

    def lasts(self) -> Span:
        """How long it runs (plant time).

        `lasts`, or until every step is done, what it began is over, and every window is closed.
        Random spacing is reckoned with four standard deviations to spare.
        """
        if self.header.lasts is not None:
            return self.header.lasts
        end = max((_step_end(step) for step in self.steps), default=0)
        within = [one.within or 0 for one in self.expect if isinstance(one, Each)]
        patience = max([self.header.patience, *within])
        ends = [end + patience]
        for one in self.expect:
            if isinstance(one, Ask):
                ends.append(end if one.at is None else one.at + (one.within or 0))
            if isinstance(one, Windowed):
                ends.extend((one.after or 0, one.before or 0))
                if one.during is not None and not isinstance(one.during, str):
                    ends.append(one.during.to)
        return max(SECOND, *ends)

    def place_of_step(self, index: int) -> str:
        """`file:line:column` of a step, for failures."""
        return str(self.located.place(("steps", index)))

    def place_of_expectation(self, index: int) -> str:
        """`file:line:column` of an expectation."""
        return str(self.located.place(("expect", index)))


def _step_end(step: Step) -> Span:
    begin = (step.at or 0) + (step.after or 0)
    lasting = span_of(step.action.get("for"))
    if step.every is None:
        return begin + lasting
    if step.until is not None:
        return step.until + lasting
    times = step.times or 1
    mean = step.every.mean
    spare = 0 if step.every.spread == "fixed" else 4 * mean * int(times**0.5 + 1)
    return begin + times * mean + spare + lasting


def span_of(value: object) -> Span:
    """A duration of an action as a span; 0 where there is none."""
    try:
        return parse_span(value) if value is not None else 0
    except Mistake:
        return 0
