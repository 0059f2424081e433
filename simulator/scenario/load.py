"""Reading a scenario file, with every mistake in it found in one pass.

Each mistake names `file:line:column`, what is wrong and what was probably meant. What needs a plant
(do the operation, the item, the endpoint exist?) is `check`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from simulator.core.errors import Mistake, Mistakes, UnknownName, nearest
from simulator.core.match import FIELDS, KEYS, Match
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.core.yamlfile import (
    Located,
    Path_,
    check_keys,
    collect,
    inside,
    parse_yaml,
    read_yaml,
)
from simulator.scenario.bounds import impossible_times
from simulator.scenario.expect import FORMS, Each, Expectation, keys_of
from simulator.scenario.model import HEADER_KEYS, TOP_KEYS, Header, Scenario, span_of
from simulator.stage.actions import action_key, action_models, parse_action
from simulator.stage.steps import STEP_KEYS, Step

T = TypeVar("T")


def load_scenario(path: Path, payloads: Path | None = None) -> Scenario:
    """Read a scenario file. Raises Mistakes (all there are) or Mistake.

    `payloads` is the folder of plants and contracts; without it, the `payloads` beside the folder
    in which the scenario lies, or the nearest one above.
    """
    return build_scenario(read_yaml(path), payloads or find_payloads(path))


def parse_scenario(raw: bytes, name: str, payloads: Path) -> Scenario:
    """The same, from bytes (YAML or JSON) that mistakes call `name`."""
    return build_scenario(parse_yaml(raw, name), payloads)


def find_payloads(scenario: Path) -> Path:
    """The `payloads` folder nearest above a scenario file. Raises Mistake where there is none."""
    for folder in scenario.resolve().parents:
        if (folder / "payloads").is_dir():
            return folder / "payloads"
    raise Mistake(f"no payloads folder above {scenario}", cure="name one with --payloads")


def build_scenario(located: Located, payloads: Path) -> Scenario:
    """A scenario from a YAML file already read. Raises Mistakes."""
    scenario, mistakes = read_scenario(located, payloads)
    if mistakes or scenario is None:
        raise Mistakes(in_file_order(mistakes))
    return scenario


def read_scenario(located: Located, payloads: Path) -> tuple[Scenario | None, list[Mistake]]:
    """As much of a scenario as can be read, and every mistake found on the way.

    The scenario is None where its header or its plant cannot be read; steps and expectations that
    are wrong are left out of it.
    """
    if not isinstance(located.value, dict):
        what = "a scenario is a mapping with keys like `scenario`, `plant`, `steps`, `expect`"
        return None, [Mistake(what, place=located.place(()))]
    mistakes = check_keys(located, (), TOP_KEYS)
    header = collect(mistakes, lambda: _header(located))
    plant_file = collect(mistakes, lambda: _plant_file(located, payloads))
    steps = _each(located, "steps", _step, mistakes)
    expect = _each(located, "expect", _expectation, mistakes)
    lasts = span_of(located.value.get("lasts")) or None  # even where the header has mistakes
    mistakes += impossible_times(located, lasts, steps, expect)
    if header is None or plant_file is None:
        return None, mistakes
    read = {index: step for index, step in enumerate(steps) if step is not None}
    return Scenario(
        header,
        tuple(read.values()),
        tuple(one for one in expect if one is not None),
        located,
        payloads,
        plant_file,
        tuple(read),
    ), mistakes


def in_file_order(mistakes: list[Mistake]) -> list[Mistake]:
    """Mistakes as they stand in the file, each place and sentence once."""
    seen: dict[str, Mistake] = {}
    for one in mistakes:
        seen.setdefault(str(one), one)
    return sorted(
        seen.values(),
        key=lambda m: (m.place.file, m.place.line, m.place.column) if m.place else ("", 0, 0),
    )


def _header(located: Located) -> Header:
    given = {key: value for key, value in located.value.items() if key in HEADER_KEYS}
    try:
        return Header.model_validate(given)
    except ValidationError as error:
        raise Mistakes(_with_cures(located.explain(error), error, Header)) from None


def _with_cures(found: list[Mistake], error: ValidationError, model: Any) -> list[Mistake]:
    """Add what was probably meant to unknown keys of nested models."""
    for mistake, one in zip(found, error.errors(include_url=False), strict=True):
        if one["type"] == "extra_forbidden" and len(one["loc"]) > 1 and not mistake.cure:
            known = _keys_at(model, one["loc"][:-1])
            mistake.cure = nearest(str(one["loc"][-1]), known) if known else ""
    return found


def _keys_at(model: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys of the model nested at `loc`, as far as annotations tell."""
    from typing import get_args

    def models(annotation: Any) -> list[Any]:
        if hasattr(annotation, "model_fields"):
            return [annotation]
        return [found for arg in get_args(annotation) for found in models(arg)]

    level = [model]
    for step in loc:
        inner = [
            found
            for one in level
            for name, field in one.model_fields.items()
            if step in (name, field.alias)
            for found in models(field.annotation)
        ]
        level = inner or level
    return [] if level == [model] else [key for one in level for key in keys_of(one)]


def _plant_file(located: Located, payloads: Path) -> Path | None:
    name = located.value.get("plant")
    if not isinstance(name, str) or not name:
        return None  # the header says so
    place = located.place(("plant",))
    folder = payloads / "plants"
    file = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
    try:
        return inside(folder, file, place)
    except Mistake as mistake:
        if mistake.what.startswith("there is no file"):
            known = [one.stem for one in folder.glob("*.yaml")]
            raise UnknownName("plant", name, known, place=place) from None
        raise


def _each(
    located: Located,
    key: str,
    read: Callable[[Located, Path_, list[Mistake]], T | None],
    mistakes: list[Mistake],
) -> list[T | None]:
    """Read each item of the list under `key`; an item that is wrong is None."""
    value = located.value.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        what = f"{key}: expected a list (lines that begin with `- `)"
        mistakes.append(Mistake(what, place=located.place((key,))))
        return []
    out: list[T | None] = []
    for index, item in enumerate(value):
        path: Path_ = (key, index)
        if isinstance(item, dict):
            out.append(read(located, path, mistakes))
        else:
            what = f"expected a mapping with keys, got {item!r:.60}"
            mistakes.append(Mistake(what, place=located.place(path)))
            out.append(None)
    return out


# --- steps ---------------------------------------------------------------------------------------


def _step(located: Located, path: Path_, mistakes: list[Mistake]) -> Step | None:
    before = len(mistakes)
    item = located.value[path[0]][path[1]]
    timing = {key: value for key, value in item.items() if key in STEP_KEYS}
    action = {key: value for key, value in item.items() if key not in STEP_KEYS}
    _time_mistakes(located, path, timing, mistakes)
    if len(mistakes) == before:
        collect(mistakes, lambda: _located(located, path, Step, {**timing, "action": action}))
    if isinstance(timing.get("when"), dict):
        mistakes += match_mistakes(located, (*path, "when"))
    mistakes += _action_mistakes(located, path, item, action)
    if len(mistakes) > before:
        return None
    return Step.model_validate({**timing, "action": action})


def _located(located: Located, path: Path_, model: type[Any], value: Any) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Mistakes(_with_cures(located.explain(error, path), error, model)) from None


_TIMES = ("at", "until", "after", "within", "before", "for", "lasts")


def _time_mistakes(
    located: Located, path: Path_, given: dict[str, Any], mistakes: list[Mistake]
) -> None:
    """The times that people write wrongly most often, with a cure of their own."""
    for key in _TIMES:
        value = given.get(key)
        if re.match(r"\s*-\s*\d", str(value)):
            what, cure = f"{key}: {value} lies before the start", "times count from 0s"
        elif isinstance(value, str) and len(value) >= 10 and value[4:5] == value[7:8] == "-":
            what = f"{key}: {value} is a moment, and here stands a duration"
            cure = "times count from the start, like 10m; clock.start says when that is"
        else:
            continue
        mistakes.append(Mistake(what, cure=cure, place=located.place((*path, key))))


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
        return [_unknown_key(located, path, key, known) for key in strays[:1]]
    try:
        kind = action_key(action)
    except Mistake as mistake:
        return [mistake.at(place)]
    found = []
    known_keys = _known_keys(kind, action)
    if known_keys is not None:
        wrong = [key for key in action if key not in known_keys]
        found += [_unknown_key(located, path, key, (*known_keys, *STEP_KEYS)) for key in wrong]
        action = {key: value for key, value in action.items() if key not in wrong}
    span = action.get("for")
    if isinstance(span, str) and span.strip() in ("0s", "0m", "0h", "0ms", "0d"):
        cure = "a duration above zero, or leave `for` out"
        found.append(
            Mistake("for: it lasts no time", cure=cure, place=located.place((*path, "for")))
        )
    _time_mistakes(located, path, {"for": span}, found)
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


def _unknown_key(located: Located, path: Path_, key: str, known: Any) -> Mistake:
    cure = nearest(str(key), known)
    place = located.place((*path, key), of_key=True)
    return Mistake(f"unknown key {key!r}", cure=cure, place=place)


def placed(located: Located, path: Path_, mistake: Mistake) -> list[Mistake]:
    """A mistake about an action, or several, with their places in the file filled in."""
    out = []
    for one in mistake.mistakes if isinstance(mistake, Mistakes) else (mistake,):
        inner = tuple(getattr(one, "path", None) or ())
        where = (*path, *inner)
        out.append(one.at(located.place(where, of_key=one.what.startswith("unknown key"))))
    return out


# --- expectations --------------------------------------------------------------------------------


def _expectation(located: Located, path: Path_, mistakes: list[Mistake]) -> Expectation | None:
    before = len(mistakes)
    item = located.value[path[0]][path[1]]
    named = [form for form in FORMS if form in item]
    place = located.place(path)
    if len(named) != 1:
        if named:
            cure = "write two expectations"
            what = f"two expectations in one: {' and '.join(named)}"
            mistakes.append(Mistake(what, cure=cure, place=place))
            return None
        every_key = {key for form in FORMS.values() for key in keys_of(form)}
        strays = [key for key in item if key not in every_key]
        if strays:
            mistakes.append(_unknown_key(located, path, strays[0], every_key))
        else:
            cure = "one of " + ", ".join(FORMS)
            mistakes.append(Mistake("an expectation needs a claim", cure=cure, place=place))
        return None
    form = FORMS[named[0]]
    mistakes += check_keys(located, path, keys_of(form))
    known = {key: value for key, value in item.items() if key in keys_of(form)}
    timed = len(mistakes)
    _time_mistakes(located, path, known, mistakes)
    if len(mistakes) == timed:
        collect(mistakes, lambda: _located(located, path, form, known))
    for key in ("each", "leads_to", "of", "never"):
        if isinstance(item.get(key), dict):
            mistakes += match_mistakes(located, (*path, key))
    if form is Each and isinstance(item.get("same"), list):
        mistakes += _same_mistakes(located, (*path, "same"), item["same"])
    return None if len(mistakes) > before else form.model_validate(known)


def match_mistakes(located: Located, path: Path_) -> list[Mistake]:
    """Every unknown field and operator of the match that stands at `path`."""
    value = located.value
    for step in path:
        value = value[step]
    found = []
    for name, what in value.items():
        try:
            Match({name: what})
        except Mistake as mistake:
            of_key = mistake.what.startswith("unknown field")
            found.append(mistake.at(located.place((*path, name), of_key=of_key)))
    if not value:
        found.append(Mistake("an empty match is everything", place=located.place(path)))
    return found


def _same_mistakes(located: Located, path: Path_, names: list[Any]) -> list[Mistake]:
    found: list[Mistake] = []
    for index, name in enumerate(names):
        head = str(name).partition(".")[0]
        if name not in KEYS and name not in FIELDS and head not in ("body", "headers", "keys"):
            place = located.place((*path, index))
            found.append(UnknownName("key", str(name), KEYS, place=place))
    return found
