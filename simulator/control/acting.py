"""Actions as people perform them by hand: the stage's own, with an end to every fault."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from simulator.core.durations import parse_instant, show_instant, show_span
from simulator.core.errors import Mistake
from simulator.core.match import Match
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.stage.stage import Stage

FAULT_LASTS = "1h"
"""Plant time after which a fault that was set by hand clears itself, unless it says otherwise."""


def act(stage: Stage, given: Mapping[str, Any]) -> dict[str, Any]:
    """Perform an action of the control plane's. Raises Mistake, Refusal."""
    given = dict(given)
    if "fault" in given and "for" not in given:
        until = given.pop("until", None)
        given["for"] = FAULT_LASTS if until is None else _span_to(stage, until)
    if isinstance(given.get("match"), Mapping):
        Match(given["match"])  # before anything is put on a link
    return stage.act(given, source="control")


def _span_to(stage: Stage, until: object) -> str:
    """From now to a moment of plant time, as a duration. Raises Mistake."""
    stage.catch_up()
    span = parse_instant(until, stage.model.zone) - stage.now
    if span <= 0:
        cure = f"plant time is {show_instant(stage.now)}"
        raise Mistake(f"until: {until} has passed already", cure=cure)
    return show_span(span)


def fault_kinds() -> dict[str, type[Fault]]:
    """Every kind of fault that can be loaded here."""
    found = {}
    for kind in registry("faults", Fault).kinds():
        with contextlib.suppress(Mistake):  # its libraries are not installed
            found[kind] = registry("faults", Fault).get(kind)
    return found
