"""What a scenario may do and can hardly mean: warnings, never errors."""

from __future__ import annotations

from simulator.core.clock import MAX, parse_speed
from simulator.core.durations import SECOND, Instant
from simulator.core.errors import Mistake
from simulator.scenario.expect import Ask, Count
from simulator.scenario.model import Scenario, span_of
from simulator.scenario.names import document_names
from simulator.stage.stage import Stage

RETRY_WINDOW = 2.0  # wall seconds: the least in which an integration's own retries make sense


def warnings(scenario: Scenario, stage: Stage, speed: float | None) -> list[Mistake]:
    """What is allowed and can hardly be meant."""
    located = scenario.located
    pace = scenario.speed() if speed is None else speed
    found: list[Mistake] = []
    changes = sorted(
        (step.at or 0, parse_speed(step.action["speed"]))
        for step in scenario.steps
        if "speed" in step.action and step.when is None
    )
    for index, step in enumerate(scenario.steps):
        if "fault" not in step.action or "for" not in step.action:
            continue
        begin = step.at or 0
        wall = _wall_seconds(begin, begin + span_of(step.action["for"]), pace, changes)
        if wall < RETRY_WINDOW:
            took = "no wall time at all" if wall == 0 else f"only {wall:.2g} s of wall time"
            what = f"the fault lasts {took}: no retry of the integration could fit"
            cure = "a longer `for`, a lower speed, or a `speed` step before it"
            found.append(Mistake(what, cure=cure, place=located.place(("steps", index, "for"))))
    documents = document_names(stage, scenario)
    for index, one in enumerate(scenario.expect):
        for key, wanted in one.matches().items():
            name = wanted.get("document")
            if isinstance(name, str) and name not in documents:
                what = f"nothing here says a document {name!r}: this can never see anything"
                cure = "known: " + ", ".join(sorted(documents))
                place = located.place(("expect", index, key, "document"))
                found.append(Mistake(what, cure=cure, place=place))
        if pace == MAX and isinstance(one, Count) and one.rates:
            what = "a rate is wall time, and at speed max there is hardly any"
            place = located.place(("expect", index))
            found.append(Mistake(what, cure="run it at a speed", place=place))
    return found


def unset_targets(scenario: Scenario, stage: Stage) -> list[Mistake]:
    """Every question to a URL in which something is not set: `${ERP_URL}` without a target."""
    asked = [(("expect", n, "ask"), one.ask.url) for n, one in _asks(scenario)]
    for index, step in zip(scenario.positions, scenario.steps, strict=True):
        if isinstance(step.action.get("ask"), dict):
            asked += [(("steps", index, "ask"), str(url)) for url in step.action["ask"].values()]
    found = []
    for path, url in asked:
        try:
            stage.resolve(url)
        except Mistake as mistake:
            found.append(mistake.at(scenario.located.place(path)))
    return found


def _asks(scenario: Scenario) -> list[tuple[int, Ask]]:
    return [(index, one) for index, one in enumerate(scenario.expect) if isinstance(one, Ask)]


def _wall_seconds(
    begin: Instant, end: Instant, pace: float, changes: list[tuple[int, float]]
) -> float:
    """Wall seconds that a window of plant time takes, with the changes of speed on the way."""
    total, at = 0.0, begin
    for when, speed in [*changes, (end, pace)]:
        until = min(max(when, begin), end)
        if until > at:
            total += (until - at) / (pace * SECOND)  # at MAX: nothing
            at = until
        if when <= end:
            pace = speed
    return total
