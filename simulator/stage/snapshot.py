"""A stage as bytes, and back: run to t, save, restore, go on = run straight through (rule 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from simulator.core.adapters import adapter_of
from simulator.core.agenda import Agenda
from simulator.core.durations import as_json
from simulator.core.errors import Mistake, UnknownName

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

VERSION = 1


def save(stage: Stage) -> bytes:
    """Everything that a stage is, but its journal. The same stage gives the same bytes."""
    whole: dict[str, Any] = {
        "version": VERSION,
        "plant_name": stage.name,
        "seed": stage.seed,
        "occasion": stage.occasion,
        "now": stage.plant.now,
        "agenda": stage.agenda.save(),
        "chance": stage.chance.save(),
        "plant": stage.plant.save(),
        "systems": {
            kind: adapter_of(type(system.state)).dump_python(system.state, mode="json")
            for kind, system in stage.systems.items()
            if system.state is not None
        },
        "links": {name: link.save() for name, link in stage.links.items()},
        "faults": stage.desk.save(),
        "applied": stage.desk.applied,
        "releases": stage.backlog.releases,
        "triggers": stage.timeline.save(),
        "remembered": stage.gate.remembered,
        "memories": stage.gate.memories,
        "run": stage.run,
        "failures": stage.failures,
        "overflow": stage.overflow,
    }
    # the order of keys is part of the state: a restored plant must write the same bytes
    return orjson.dumps(whole, default=as_json)


def restore(stage: Stage, raw: bytes) -> None:
    """Put a freshly built stage of the same plant file into a saved state. Raises Mistake."""
    try:
        whole = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Mistake(f"the snapshot is not JSON: {error}") from None
    if not isinstance(whole, dict) or whole.get("version") != VERSION:
        raise Mistake("this is not a snapshot of this version", cure="save it anew")
    if whole["plant_name"] != stage.name:
        what = f"the snapshot is of the plant {whole['plant_name']!r}, not {stage.name!r}"
        raise Mistake(what, cure="restore it into its own plant")
    try:
        _become(stage, whole)
    except (KeyError, TypeError, ValueError, AttributeError, UnknownName) as error:
        what = f"the snapshot does not fit this plant: {type(error).__name__}: {error}"
        raise Mistake(what, cure="restore it with the plant file it was taken with") from None


def _become(stage: Stage, whole: dict[str, Any]) -> None:
    stage.seed = stage.chance.seed = whole["seed"]
    stage.occasion = whole["occasion"]
    restored = Agenda.restore(whole["agenda"])
    stage.agenda.become(restored)
    stage.chance.restore(whole["chance"])
    stage.plant.restore(whole["plant"])
    stage.plant.now = whole["now"]
    for kind, saved in whole["systems"].items():
        system = stage.systems[kind]
        system.state = adapter_of(type(system.state)).validate_python(saved)
    for name, saved in whole["links"].items():
        stage.links[name].restore(saved)
    stage.desk.restore(whole["faults"], whole["applied"])
    stage.backlog.releases = whole["releases"]
    stage.timeline.restore(whole["triggers"])
    stage.gate.remembered = whole["remembered"]
    stage.gate.memories = whole["memories"]
    stage.run = whole["run"]
    stage.failures = whole["failures"]
    stage.overflow = whole["overflow"]
    stage.clock.become(whole["now"])
    for link in stage.links.values():
        link.changed()
