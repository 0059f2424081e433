"""The dry run: what a scenario names is looked up, and all of it is played without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.core.durations import Instant, show_span
from simulator.core.errors import Mistake, Mistakes
from simulator.core.match import Match
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.core.yamlfile import collect, read_yaml
from simulator.plant import PlantModel, load_plant
from simulator.scenario.expect import Each
from simulator.scenario.load import find_payloads, in_file_order, read_scenario
from simulator.scenario.model import Scenario
from simulator.scenario.names import match_names, unknown_data, window_names
from simulator.scenario.places import placed
from simulator.scenario.record import JournalRecord, messages
from simulator.scenario.warn import unset_targets, warnings
from simulator.stage.stage import Stage

PLAN_RUN = "plan"


@dataclass
class Checked:
    """A scenario that may be run: with its plant, its warnings, and the stage that played it."""

    scenario: Scenario
    model: PlantModel
    warnings: list[Mistake] = field(default_factory=list)
    planned: Stage | None = None
    origin: Instant = 0
    end: Instant = 0


def check_scenario(
    path: Path,
    *,
    payloads: Path | None = None,
    speed: float | None = None,
    seed: int | None = None,
    variables: Mapping[str, str] | None = None,
    play: bool = True,
    live: bool = False,
) -> Checked:
    """Check a scenario file whole. Raises Mistakes: all there are in it and in its plant's file.

    With `play` it is planned through to its end, which finds what only shows in the doing. Where it
    is to run (`live`), a target that nothing sets is a mistake and no warning.
    """
    located = read_yaml(path)
    scenario, mistakes = read_scenario(located, payloads or find_payloads(path))
    if scenario is None:
        raise Mistakes(in_file_order(mistakes))
    return check_read(
        scenario, mistakes, speed=speed, seed=seed, variables=variables, play=play, live=live
    )


def check_read(
    scenario: Scenario,
    mistakes: list[Mistake] | None = None,
    *,
    speed: float | None = None,
    seed: int | None = None,
    variables: Mapping[str, str] | None = None,
    play: bool = True,
    live: bool = False,
) -> Checked:
    """The same, for a scenario already read, with the `mistakes` found so far. Raises Mistakes."""
    mistakes = list(mistakes or [])
    complete = not mistakes
    model = collect(mistakes, lambda: load_plant(scenario.plant_file, scenario.payloads))
    if model is None:
        raise Mistakes(in_file_order(mistakes))
    stage = collect(
        mistakes, lambda: dry_stage(scenario, model, speed=speed, seed=seed, variables=variables)
    )
    if stage is None:
        raise Mistakes(in_file_order(mistakes))
    mistakes += _named(scenario, model, stage, complete)
    unset = unset_targets(scenario, stage)
    if live:
        mistakes += unset
    if mistakes:
        raise Mistakes(in_file_order(mistakes))
    checked = Checked(scenario, model, warnings(scenario, stage, speed) + unset)
    if play:
        _play(checked, stage)
    checked.warnings = in_file_order(checked.warnings)
    return checked


def dry_stage(
    scenario: Scenario,
    model: PlantModel,
    *,
    speed: float | None = None,
    seed: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> Stage:
    """A stage of the scenario's plant without a network. Raises Mistakes."""
    return Stage.build(
        model,
        payloads=scenario.payloads,
        seed=scenario.header.seed if seed is None else seed,
        start=scenario.start(model.zone),
        speed=scenario.speed() if speed is None else speed,
        network=False,
        variables={**scenario.header.variables, **(variables or {})},
    )


def play(scenario: Scenario, stage: Stage) -> tuple[Instant, Instant]:
    """Play a scenario through on a dry stage. Returns when it began and ended (plant time).

    Raises Mistake where its steps trigger each other for ever, JournalFull where it is too much.
    """
    origin, end = stage.now, stage.now + scenario.lasts()
    stage.run = PLAN_RUN
    stage.schedule(list(scenario.steps), run=PLAN_RUN, origin=origin)
    stage.advance(end)
    stage.end_run(PLAN_RUN)
    return origin, end


def _named(scenario: Scenario, model: PlantModel, stage: Stage, complete: bool) -> list[Mistake]:
    """What is named and is not there. Places come from the file, so what was left out counts."""
    located = scenario.located
    found: list[Mistake] = []
    for index, step in zip(scenario.positions, scenario.steps, strict=True):
        path = ("steps", index)
        for mistake in stage.check_action(step.action):
            found += placed(located, path, mistake)
        if "do" in step.action:
            found += unknown_data(located, (*path, "with"), step.action.get("with"), model)
        if step.when is not None:
            found += match_names(located, (*path, "when"), step.when, stage)
        if isinstance(step.action.get("match"), dict):
            found += match_names(located, (*path, "match"), step.action["match"], stage)
    expect = located.value.get("expect") or []
    for index, item in enumerate(expect):
        for key in ("each", "leads_to", "of", "never"):
            if isinstance(item, dict) and isinstance(item.get(key), dict):
                found += match_names(located, ("expect", index, key), item[key], stage)
    if complete:
        found += window_names(scenario, registry("faults", Fault).kinds())
    return found


def _play(checked: Checked, stage: Stage) -> None:
    """Play it, and warn of steps that failed and of expectations that saw nothing."""
    scenario, located = checked.scenario, checked.scenario.located
    checked.origin, checked.end = play(scenario, stage)
    checked.planned = stage
    record = JournalRecord(stage.journal)
    labels = {step.name or f"steps[{index}]": index for index, step in enumerate(scenario.steps)}
    failed: dict[str, str] = {}
    for entry in record.entries(Match({"event": "step.failed"})):
        failed.setdefault(str(entry["step"]), str(entry["error"]))
    for label, error in failed.items():
        what = f"in the dry run this step failed: {error}"
        cure = "fine, if the integration is to make it possible"
        place = located.place(("steps", labels.get(label, 0)))
        checked.warnings.append(Mistake(what, cure=cure, place=place))
    for index, one in enumerate(scenario.expect):
        if not isinstance(one, Each) or one.optional or one.each.get("direction") == "in":
            continue
        if next(iter(record.entries(messages(one.each))), None) is None:
            length = show_span(checked.end - checked.origin)
            what = f"in the dry run of {length} nothing matched `each`"
            cure = "fine, if only what the integration does can cause it"
            place = located.place(("expect", index, "each"))
            checked.warnings.append(Mistake(what, cure=cure, place=place))
