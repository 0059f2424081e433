"""Reading one step: its timing, its action, and every mistake in them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from simulator.core.errors import Mistake
from simulator.core.keys import keys_of
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.core.yamlfile import Located, Path_, collect
from simulator.scenario.places import (
    match_mistakes,
    placed,
    time_mistakes,
    unknown_key,
    validated,
)
from simulator.stage.actions import action_key, action_models, parse_action
from simulator.stage.steps import STEP_KEYS, Step


def read_step(located: Located, path: Path_, mistakes: list[Mistake]) -> Step | None:
    """The step at `path`, or None where something is wrong, which is added to `mistakes`."""
    before = len(mistakes)
    item = located.value[path[0]][path[1]]
    timing = {key: value for key, value in item.items() if key in STEP_KEYS}
    action = {key: value for key, value in item.items() if key not in STEP_KEYS}
    time_mistakes(located, path, timing, mistakes)
    if len(mistakes) == before:
        collect(mistakes, lambda: validated(located, path, Step, {**timing, "action": action}))
    if isinstance(timing.get("when"), dict):
        mistakes += match_mistakes(located, (*path, "when"))
    mistakes += _action_mistakes(located, path, item, action)
    if len(mistakes) > before:
        return None
    return Step.model_validate({**timing, "action": action})


def _action_mistakes(
    located: Located, path: Path_, item: dict[str, Any], action: dict[str, Any]
) -> list[Mistake]:
    place = located.place(path)
    models = action_models()
    strays = [key for key in action if key not in models]
    if not any(key in models for key in action):
        if not strays:
            cure = "one of " + ", ".join(models)
            return [Mistake("a step needs an action", cure=cure, place=place)]
        known = (*models, *STEP_KEYS)
        return [unknown_key(located, path, key, known) for key in strays[:1]]
    try:
        kind = action_key(action)
    except Mistake as mistake:
        return [mistake.at(place)]
    found = []
    known_keys = _known_keys(kind, action)
    if known_keys is not None:
        wrong = [key for key in action if key not in known_keys]
        found += [unknown_key(located, path, key, (*known_keys, *STEP_KEYS)) for key in wrong]
        action = {key: value for key, value in action.items() if key not in wrong}
    span = action.get("for")
    if isinstance(span, str) and span.strip() in ("0s", "0m", "0h", "0ms", "0d"):
        cure = "a duration above zero, or leave `for` out"
        found.append(
            Mistake("for: it lasts no time", cure=cure, place=located.place((*path, "for")))
        )
    time_mistakes(located, path, {"for": span}, found)
    if isinstance(action.get("match"), dict):
        found += match_mistakes(located, (*path, "match"))
    if found:
        return found
    try:
        parse_action(action)
    except Mistake as mistake:
        found += placed(located, path, mistake)
    except ValidationError as error:
        found += located.explain(error, path)
    return found


def _known_keys(kind: str, action: dict[str, Any]) -> list[str] | None:
    """The keys that an action takes; None where that cannot be told."""
    keys = keys_of(action_models()[kind])
    if kind != "fault":
        return keys
    try:
        fault = registry("faults", Fault).get(str(action["fault"]))
    except Mistake:
        return None  # parse_action says which faults there are
    return [key for key in keys if key != "parameters"] + keys_of(fault)
