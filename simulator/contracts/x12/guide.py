"""Guides: which segments a transaction set may have, in which order, and what they may hold.

One small YAML file for each version and set in `guides/`, with a `segments.yaml` that its sets
share; a partner's own stand in a folder of the user's and go before them. Nothing of X12's tables
is copied: a guide knows what is emitted or read here, and reads past the rest unless it is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from simulator.contracts import _trading
from simulator.contracts._trading import SHARED, Terms
from simulator.contracts.x12.definitions import Definition, read_definition
from simulator.core.errors import Mistake, Mistakes
from simulator.core.yamlfile import check_keys, read_yaml
from simulator.plant.trading.partners import PartnerProfile

FOLDER = Path(__file__).parent / "guides"
UNBOUNDED = 1_000_000_000
KEYS = ("set", "group", "about", "like", "instead", "closed", "structure", "segments")

_NODE = re.compile(r"(?P<tag>[A-Z][A-Z0-9]{1,2}) (?P<use>[MO]) (?P<most>\d+|>1)(?P<any> any)?")


@dataclass(slots=True)
class Node:
    """A segment at its place, or a loop, whose first segment it is.

    `loop` is None for a plain segment. In a loop of `any` order the rest may stand in any.
    """

    tag: str
    mandatory: bool
    most: int
    loop: list[Node] | None = None
    any: bool = False
    places: dict[str, list[int]] = field(default_factory=dict)  # tag -> where in `loop`
    plain: dict[str, tuple[int, int]] = field(default_factory=dict)
    needs: list[int] = field(default_factory=list)  # places that must be filled

    def index(self) -> None:
        """Prepare it for looking up.

        `plain` are the tags that have one place, and are no loop: where, and how often at most.
        Where something must be filled on the way, none is.
        """
        loop = self.loop or ()
        for place, node in enumerate(loop):
            self.places.setdefault(node.tag, []).append(place)
        self.needs = [place for place, node in enumerate(loop) if node.mandatory]
        for tag, (place, *others) in self.places.items():
            if not others and loop[place].loop is None and not self.needs:
                self.plain[tag] = place, loop[place].most


@dataclass(slots=True)
class Guide:
    """What one transaction set looks like in one version.

    `exact`: it was written for this very version; else lengths and codes are not held against it.
    """

    code: str
    version: str
    root: Node
    definitions: dict[str, Definition]
    group: str = ""
    about: str = ""
    closed: bool = False
    exact: bool = True
    tags: frozenset[str] = frozenset()


@cache
def find_guide(code: str, version: str, own: Path | None = None) -> Guide | None:
    """The guide for a set in a version (`004010`), the partner's own before the built-in.

    Raises Mistake for a file that cannot be read.
    """
    if not re.fullmatch(r"[0-9A-Z]{2,6}", code):
        return None
    base = version[:6]
    for folder in (own, FOLDER):
        if folder is None or not folder.is_dir():
            continue
        for name in _versions(folder, base):
            path = folder / name / f"{code}.yaml"
            if path.is_file():
                return _read(path, folder, code, name, exact=name == base)
    return None


def agreed(profile: PartnerProfile, payloads: Path | None) -> Terms:
    """The terms of a partner. Raises Mistake or Mistakes for its guides."""
    return _trading.agreed(profile, payloads, find_guide)


def codes(version: str) -> list[str]:
    """The sets that have a built-in guide in a version or one like it."""
    folders = (FOLDER / name for name in _versions(FOLDER, version[:6]))
    files = {file for folder in folders for file in folder.glob("*")}
    return sorted({one.stem for one in files if one.name != SHARED})


def _versions(folder: Path, version: str) -> Iterator[str]:
    """Versions that there are guides for: this one, those before it, then those after it."""
    there = sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name.isdigit())
    yield from (one for one in reversed(there) if one <= version)
    yield from (one for one in there if one > version)


def _read(path: Path, folder: Path, code: str, version: str, exact: bool) -> Guide:
    shown = f"{folder.name}/{version}/{code}.yaml"
    said = _said(path, folder, version)
    structure = said.get("structure") or ()
    lenient = not exact
    try:
        if not isinstance(structure, list):
            raise Mistake("expected a list in `structure`")
        definitions = {
            tag: read_definition(tag, one, lenient) for tag, one in said["segments"].items()
        }
        root = Node("ST", True, 1, [_node(one) for one in structure])
        root.index()
    except Mistake as mistake:
        raise Mistake(f"{shown}: {mistake.what}", cure=mistake.cure) from None
    return Guide(
        code, version, root, definitions, str(said.get("group", "")), str(said.get("about", "")),
        bool(said.get("closed", False)), exact, frozenset(_tags(root)),
    )  # fmt: skip


def _said(path: Path, folder: Path, version: str, before: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a guide's file says, upon what the one that it is `like` says.

    That is one of another version, or the built-in one that a partner's own stands before.
    `instead` names tags that are others here. Of segments, its own go before those that the
    version's sets share, and these before those of the other guide.
    """
    shown = f"{folder.name}/{version}/{path.name}"
    located = read_yaml(path, shown)
    said = _mapping(located.value, shown, "with `structure`")
    wrong = check_keys(located, (), KEYS)
    if str(said.get("set", path.stem)) != path.stem:
        what = f"set: this is the guide of {path.stem}, by the file's name"
        wrong.append(Mistake(what, place=located.place(("set",))))
    if wrong:
        raise Mistakes(wrong)
    made: dict[str, Any] = {}
    like = said.pop("like", None)
    if like is not None:
        met = (*before, path)
        others = [(home / str(like) / path.name, home) for home in (folder, FOLDER)]
        found = next((one for one in others if one[0].is_file() and one[0] not in met), None)
        if found is None:
            raise Mistake(f"{shown}: there is no {like}/{path.name} to be like")
        made = _said(*found, str(like), met)
        tags = _mapping(said.pop("instead", None) or {}, shown, "in `instead`")
        made["structure"] = [_instead(one, tags) for one in made.get("structure") or ()]
    segments: dict[str, Any] = {}
    for some in (
        made.get("segments"),
        _shared(FOLDER / version),
        _shared(folder / version),
        said.get("segments"),
    ):
        segments |= _mapping(some or {}, shown, "in `segments`")
    return made | said | {"segments": segments}


def _mapping(value: Any, shown: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mistake(f"{shown}: expected a mapping {where}")
    return dict(value)


def _instead(line: Any, tags: dict[str, str]) -> Any:
    """A line of `structure`, and those inside it, with some tags changed."""
    if isinstance(line, dict):
        return {_instead(key, tags): [_instead(one, tags) for one in inner or ()]
                for key, inner in line.items()}  # fmt: skip
    tag, space, rest = str(line).partition(" ")
    return f"{tags.get(tag, tag)}{space}{rest}"


@cache
def _shared(folder: Path) -> dict[str, Any]:
    path = folder / SHARED
    if not path.is_file():
        return {}
    said = read_yaml(path, f"{folder.name}/{SHARED}").value
    if not isinstance(said, dict):
        raise Mistake(f"{folder.name}/{SHARED}: expected segments with their elements")
    inner = said.get("segments", said)
    return inner if isinstance(inner, dict) else {}


def _node(line: Any) -> Node:
    inner: Any = None
    if isinstance(line, dict) and len(line) == 1:
        ((line, inner),) = line.items()
    found = _NODE.fullmatch(str(line))
    if found is None or not (inner is None or isinstance(inner, list)):
        raise Mistake(f"cannot read {line!r} in `structure`", cure="write it like `LIN M 1`")
    most = UNBOUNDED if found["most"] == ">1" else int(found["most"])
    loop = [_node(one) for one in inner] if inner is not None else None
    node = Node(found["tag"], found["use"] == "M", most, loop, bool(found["any"]))
    node.index()
    return node


def _tags(node: Node) -> Iterator[str]:
    for one in node.loop or ():
        yield one.tag
        yield from _tags(one)
