"""Reading a scenario file, with every mistake in it found in one pass.

Each mistake names `file:line:column`, what is wrong and what was probably meant. What needs a plant
(do the operation, the item, the endpoint exist?) is `check`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from simulator.core.errors import Mistake, Mistakes, UnknownName
from simulator.core.keys import keys_of
from simulator.core.match import FIELDS, KEYS
from simulator.core.yamlfile import (
    Located,
    Path_,
    check_keys,
    collect,
    inside,
    parse_yaml,
    read_yaml,
)
from simulator.scenario.bounds import impossible_patience, impossible_times
from simulator.scenario.expect import FORMS, Each, Expectation
from simulator.scenario.model import HEADER_KEYS, TOP_KEYS, Header, Scenario, span_of
from simulator.scenario.places import (
    match_mistakes,
    time_mistakes,
    unknown_key,
    validated,
)
from simulator.scenario.readstep import read_step

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
    steps = _each(located, "steps", read_step, mistakes)
    expect = _each(located, "expect", _expectation, mistakes)
    lasts = span_of(located.value.get("lasts")) or None  # even where the header has mistakes
    mistakes += impossible_times(located, lasts, steps, expect)
    if header is None or plant_file is None:
        return None, mistakes
    mistakes += impossible_patience(located, lasts, header.patience)
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
        raise Mistakes(located.explain(error, (), Header)) from None


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
            mistakes.append(unknown_key(located, path, strays[0], every_key))
        else:
            cure = "one of " + ", ".join(FORMS)
            mistakes.append(Mistake("an expectation needs a claim", cure=cure, place=place))
        return None
    form = FORMS[named[0]]
    mistakes += check_keys(located, path, keys_of(form))
    known = {key: value for key, value in item.items() if key in keys_of(form)}
    timed = len(mistakes)
    time_mistakes(located, path, known, mistakes)
    if len(mistakes) == timed:
        collect(mistakes, lambda: validated(located, path, form, known))
    for key in ("each", "leads_to", "of", "never"):
        if isinstance(item.get(key), dict):
            mistakes += match_mistakes(located, (*path, key))
    if form is Each and isinstance(item.get("same"), list):
        mistakes += _same_mistakes(located, (*path, "same"), item["same"])
    return None if len(mistakes) > before else form.model_validate(known)


def _same_mistakes(located: Located, path: Path_, names: list[Any]) -> list[Mistake]:
    found: list[Mistake] = []
    for index, one in enumerate(names):
        for name in (*one, *one.values()) if isinstance(one, dict) else (one,):
            head = str(name).partition(".")[0]
            if name not in KEYS and name not in FIELDS and head not in ("body", "headers", "keys"):
                place = located.place((*path, index))
                found.append(UnknownName("key", str(name), KEYS, place=place))
    return found
