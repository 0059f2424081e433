"""What a scenario names, against what its plant has: items, systems, operations, windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.core.errors import Mistake, UnknownName
from simulator.core.yamlfile import Located, Path_
from simulator.plant import PlantModel
from simulator.scenario.expect import Windowed
from simulator.scenario.model import Scenario
from simulator.stage.stage import Stage

_OWN_SYSTEM = "scenario"  # what steps ask themselves is journalled under this name


def master_data(model: PlantModel) -> dict[str, set[str]]:
    """What never changes while a plant runs, by the key under which inputs name it."""
    centres = model.work_centres
    return {
        "item": set(model.items),
        "supplier": set(model.suppliers),
        "customer": set(model.customers),
        "work_centre": set(centres),
        "machine": {machine.id for centre in centres.values() for machine in centre.machines},
    }


def unknown_data(located: Located, path: Path_, given: Any, model: PlantModel) -> list[Mistake]:
    """Items, suppliers, customers, machines in an input that the plant does not have.

    Templates and `keys` of messages are left alone: only a run knows what they become.
    """
    known = master_data(model)
    found: list[Mistake] = []

    def walk(value: Any, at: Path_) -> None:
        if isinstance(value, Mapping):
            for key, one in value.items():
                if key in known and isinstance(one, str) and "{" not in one:
                    if one not in known[key]:
                        place = located.place((*at, key))
                        found.append(UnknownName(key, one, known[key], place=place))
                else:
                    walk(one, (*at, key))
        elif isinstance(value, list):
            for index, one in enumerate(value):
                walk(one, (*at, index))

    walk(given, path)
    return found


def match_names(
    located: Located, path: Path_, wanted: Mapping[str, Any], stage: Stage
) -> list[Mistake]:
    """Systems, endpoints, operations that a match names and the plant does not have."""
    operations = stage.operations()
    systems = [*operations, _OWN_SYSTEM]
    endpoints = [*stage.endpoints, "scenario.ask"]
    of = wanted.get("system")
    chosen = [one for one in _literals(of) if one in operations] or list(operations)
    verbs = {verb for system in chosen for verb in operations[system]}
    found: list[Mistake] = []
    for field, kind, known in (
        ("system", "system", systems),
        ("endpoint", "endpoint", endpoints),
        ("operation", "operation", verbs),
        ("direction", "direction", ("in", "out")),
        ("kind", "kind", ("message", "event")),
    ):
        for name in _literals(wanted.get(field)):
            if name not in known:
                place = located.place((*path, field))
                found.append(UnknownName(kind, name, known, place=place))
    return found


def window_names(scenario: Scenario, model_faults: Iterable[str]) -> list[Mistake]:
    """`during:` names that no step of the scenario can ever open."""
    known: set[str] = set()
    for step in scenario.steps:
        action = step.action
        if "fault" in action:
            known.add(str(action["fault"]).replace("_", "-"))
            known.update(str(one) for one in (action.get("id"), step.name) if one)
        elif "hold" in action:
            known.add("hold")
            known.update((step.name,) if step.name else ())
    found: list[Mistake] = []
    kinds = set(model_faults)
    for index, one in enumerate(scenario.expect):
        if not isinstance(one, Windowed) or not isinstance(one.during, str):
            continue
        if one.during in known or one.during.replace("_", "-") in known:
            continue
        place = scenario.located.place(("expect", index, "during"))
        if one.during in kinds or one.during == "hold":
            what = f"no step of this scenario begins one: {one.during!r}"
            found.append(Mistake(what, cure="add one, or name another window", place=place))
        else:
            found.append(UnknownName("window", one.during, known, place=place))
    return found


def document_names(stage: Stage, scenario: Scenario) -> set[str]:
    """Every document that can appear: what the systems say, and what steps ask with."""
    says = [one for system in stage.systems.values() for one in system.says]
    names = set().union(*(one.names() for one in says))
    for step in scenario.steps:
        if step.action.get("document"):
            names.add(str(step.action["document"]))
    return names


def _literals(wanted: Any) -> list[str]:
    """The plain words of a match's value: one, or those of a list."""
    listed = wanted if isinstance(wanted, list) else [wanted]
    return [one for one in listed if isinstance(one, str)]
