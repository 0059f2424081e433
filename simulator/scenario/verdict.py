"""What came of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from simulator.core.durations import Instant, show_instant, show_span


class Exit(IntEnum):
    """The exit codes of `run`."""

    KEPT = 0
    BROKEN = 1
    BAD_FILE = 2
    COULD_NOT_START = 3
    OVERLOADED = 4


@dataclass(slots=True)
class Outcome:
    """What came of one expectation.

    `reason` is one sentence, `evidence` lines of text (a line that belongs to the one above is
    indented by two blanks), `entries` the journal numbers of the messages it speaks of.
    """

    name: str
    form: str
    kept: bool
    reason: str
    evidence: list[str] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    numbers: dict[str, float | int] = field(default_factory=dict)
    place: str = ""

    def as_json(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "name": self.name,
            "form": self.form,
            "kept": self.kept,
            "reason": self.reason,
            "evidence": self.evidence,
            "entries": self.entries,
            "numbers": self.numbers,
            "place": self.place,
        }


@dataclass(slots=True)
class FailedStep:
    """A step that could not be done: its label, how often, the first error, where it stands."""

    name: str
    error: str
    times: int = 1
    place: str = ""
    at: Instant = 0


@dataclass(slots=True)
class Verdict:
    """What came of one run. `wall` and lateness are wall seconds, the moments plant time."""

    scenario: str
    file: str
    plant: str
    seed: int
    speed: float | str
    began: Instant
    ended: Instant
    wall: float = 0.0
    outcomes: list[Outcome] = field(default_factory=list)
    failed_steps: list[FailedStep] = field(default_factory=list)
    overload: list[str] = field(default_factory=list)  # why the stand-in is not to be trusted
    lateness_p99: float = 0.0
    lateness_worst: float = 0.0
    messages: int = 0
    events: int = 0
    urls: dict[str, str] = field(default_factory=dict)
    started: str = ""  # wall clock, RFC 3339

    @property
    def kept(self) -> bool:
        """Every expectation was kept, every step done, and the stand-in kept up."""
        return self.exit_code == Exit.KEPT

    @property
    def broken(self) -> list[Outcome]:
        """The expectations that were not kept."""
        return [one for one in self.outcomes if not one.kept]

    @property
    def exit_code(self) -> Exit:
        """4 before 1: where the stand-in could not keep up, nothing else can be believed."""
        if self.overload:
            return Exit.OVERLOADED
        return Exit.BROKEN if self.broken or self.failed_steps else Exit.KEPT

    def as_json(self) -> dict[str, Any]:
        """The report that `--report` writes, as JSON-able data."""
        return {
            "scenario": self.scenario,
            "file": self.file,
            "plant": self.plant,
            "seed": self.seed,
            "speed": self.speed,
            "verdict": self.exit_code.name.lower(),
            "exit_code": int(self.exit_code),
            "started": self.started,
            "began": show_instant(self.began),
            "ended": show_instant(self.ended),
            "plant_time": show_span(self.ended - self.began),
            "wall_seconds": round(self.wall, 3),
            "messages": self.messages,
            "events": self.events,
            "lateness": {
                "p99_ms": round(self.lateness_p99 * 1000, 3),
                "worst_ms": round(self.lateness_worst * 1000, 3),
            },
            "overload": self.overload,
            "expectations": [one.as_json() for one in self.outcomes],
            "failed_steps": [
                {
                    "name": one.name,
                    "error": one.error,
                    "times": one.times,
                    "place": one.place,
                    "at": show_instant(one.at),
                }
                for one in self.failed_steps
            ],
            "urls": self.urls,
        }
