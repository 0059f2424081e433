"""Guides: which segments and elements a message may have. Our own files, or a partner's.

`guides/<version>/<CODE>.yaml` says a message's structure, `guides/<version>/segments.yaml` what the
segments of that version's directory hold; a folder under `payloads/` that a profile names comes
first. A message whose very version has no guide is held to `guides/segments.yaml`, the longest that
any directory allows, and may have its segments in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulator.contracts import _trading
from simulator.contracts._trading import SHARED, Terms
from simulator.core.errors import Mistake, Mistakes
from simulator.core.yamlfile import Located, check_keys, read_yaml
from simulator.plant.trading.partners import PartnerProfile

GUIDES = Path(__file__).parent / "guides"
SERVICE = Path(__file__).parent / "service.yaml"
MOST = 999_999


@dataclass(frozen=True, slots=True)
class Component:
    """One simple data element: its number, M or C, its format, its codes where they are closed."""

    number: str
    mandatory: bool
    form: str  # a, n or an
    least: int
    most: int
    codes: frozenset[str] | None = None

    @property
    def plain(self) -> bool:
        """Is its length all that can be wrong?"""
        return self.form == "an" and self.codes is None and not self.least


@dataclass(frozen=True, slots=True)
class Element:
    """One data element of a segment: simple (one component) or composite."""

    number: str
    mandatory: bool
    components: tuple[Component, ...]
    composite: bool = False
    longest: tuple[int, ...] = ()
    """Up to which length nothing can be wrong with a component; -1 where it must be looked at."""

    @classmethod
    def of(cls, number: str, mandatory: bool, components: tuple[Component, ...]) -> Element:
        """An element with what follows from its components."""
        longest = tuple(one.most if one.plain else -1 for one in components)
        return cls(number, mandatory, components, len(components) > 1, longest)


Rule = tuple[Element, ...]
"""What a segment holds."""


@dataclass(slots=True, eq=False)
class Step:
    """One place in a message's structure: a segment, or a group that its first segment opens."""

    tag: str  # of a group, its trigger's
    mandatory: bool
    most: int
    name: str = ""  # of a group: SG10
    places: Places | None = None  # of a group, trigger first
    tags: frozenset[str] = field(default=frozenset())  # that it may contain, itself included


@dataclass(slots=True, eq=False)
class Places:
    """The steps of a message or a group, in order; where each tag stands, and which must be."""

    steps: tuple[Step, ...]
    of: dict[str, list[int]] = field(default_factory=dict)
    mandatory: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for index, step in enumerate(self.steps):
            self.of.setdefault(step.tag, []).append(index)
            if step.mandatory:
                self.mandatory.append(index)


@dataclass(frozen=True, slots=True)
class Guide:
    """What a message of one version may hold. No structure: any order is taken."""

    code: str
    version: str
    rules: dict[str, Rule]
    places: Places | None = None
    closed: bool = False  # what it does not name does not belong there

    @property
    def tags(self) -> frozenset[str]:
        """Every segment that its structure names."""
        steps = self.places.steps if self.places is not None else ()
        return frozenset[str]().union(*(one.tags for one in steps))


_KEYS = ("message", "about", "like", "closed", "structure", "segments")
_DEEPEST = 4
_ELEMENT = re.compile(r"(\S+) ([MC]) (an|a|n)(\.\.)?(\d+)(?: in (.+))?")
_STEP = re.compile(r"(\S+) ([MC]) (\d+)")
_COMPOSITE = re.compile(r"(\S+) ([MC])")


def service() -> Guide:
    """The service segments, CONTRL, and the rules that hold in every directory."""
    return _service()


@lru_cache(maxsize=1)
def _service() -> Guide:
    return _guide(read_yaml(SERVICE, SERVICE.name), "", {})


def find_guide(code: str, version: str, own: Path | None = None) -> Guide | None:
    """The guide of a message (`DESADV`) in a version (`D96A`); None where there is none.

    `own` is a partner's folder, looked into first. Raises Mistake or Mistakes for a file that is
    wrong, with the place.
    """
    if code == "CONTRL":
        return service()
    if not (code.isalnum() and version.isalnum() and code.isascii() and version.isascii()):
        return None
    return _found(code, version, own)


@lru_cache(maxsize=256)
def _found(code: str, version: str, own: Path | None) -> Guide | None:
    folders = [one for one in (own, GUIDES) if one is not None]
    file = _file(code, version, folders)
    rules = service().rules | _shared(GUIDES)
    if file is not None:
        return _read(file, version, rules, folders)
    if any(next(one.glob(f"*/{code}.yaml"), None) is not None for one in folders):
        return Guide(code, version, rules)
    return None


def _file(code: str, version: str, folders: list[Path], but: Path | None = None) -> Path | None:
    files = (one / version / f"{code}.yaml" for one in folders)
    return next((one for one in files if one.is_file() and one != but), None)


def _read(
    file: Path, version: str, rules: dict[str, Rule], folders: list[Path], deep: int = 0
) -> Guide:
    """A guide's file, and those that it is like."""
    located = read_yaml(file, f"{file.parent.name}/{file.name}")
    value = located.value
    like = value.get("like") if isinstance(value, dict) else None
    places: Places | None = None
    closed = False
    if like is not None:
        # A partner's own guide may be like the built-in one of the same version.
        other = _file(file.stem, str(like), folders, but=file)
        if other is None or deep > _DEEPEST:
            what = f"there is no {like}/{file.name} to be like"
            raise Mistake(what, place=located.place(("like",)))
        found = _read(other, version, rules, folders, deep + 1)
        rules, places, closed = found.rules, found.places, found.closed
    if like is None or str(like) != file.parent.name:
        for folder in reversed(folders):
            rules = rules | _shared(folder / file.parent.name)
    made = _guide(located, version, rules)
    return replace(made, places=made.places or places, closed=value.get("closed", closed))


@lru_cache(maxsize=64)
def _shared(folder: Path) -> dict[str, Rule]:
    """What segments hold in all messages of a folder."""
    file = folder / SHARED
    if not file.is_file():
        return {}
    located = read_yaml(file, f"{folder.name}/{file.name}")
    return _rules(located, located.value, ())


def agreed(profile: PartnerProfile, payloads: Path | None) -> Terms:
    """The terms of a partner. Raises Mistake or Mistakes for its guides."""
    return _trading.agreed(profile, payloads, find_guide)


def _guide(located: Located, version: str, rules: dict[str, Rule]) -> Guide:
    value = located.value
    if not isinstance(value, dict) or not isinstance(value.get("message"), str):
        raise Mistake("a guide says `message: DESADV`", place=located.place(()))
    unknown = check_keys(located, (), _KEYS)
    if unknown:
        raise Mistakes(unknown)
    rules = rules | _rules(located, value.get("segments") or {}, ("segments",))
    steps = _steps(located, value.get("structure") or [], ("structure",))
    if not isinstance(value.get("closed", False), bool):
        raise Mistake("`closed` is true or false", place=located.place(("closed",)))
    places = Places(steps) if steps else None
    return Guide(value["message"], version, rules, places, value.get("closed", False))


def _steps(located: Located, value: Any, path: tuple[str | int, ...]) -> tuple[Step, ...]:
    if not isinstance(value, list):
        raise Mistake("a list of segments and groups", place=located.place(path))
    found = []
    for index, one in enumerate(value):
        at = (*path, index)
        name, inner = _single(located, one, at)
        read = _STEP.fullmatch(name)
        if read is None:
            raise Mistake(f"{name!r} is no place in a message", cure="like `RFF C 10`",
                          place=located.place(at))  # fmt: skip
        tag, mandatory, most = read[1], read[2] == "M", int(read[3])
        if inner is None:
            found.append(Step(tag, mandatory, most, tags=frozenset((tag,))))
            continue
        steps = _steps(located, inner, (*at, name))
        if not steps:
            raise Mistake(f"the group {tag} is empty", place=located.place(at))
        tags = frozenset().union(*(step.tags for step in steps))
        found.append(Step(steps[0].tag, mandatory, most, tag, Places(steps), tags))
    return tuple(found)


def _single(located: Located, one: Any, at: tuple[str | int, ...]) -> tuple[str, Any]:
    """A plain text, or the one key of a mapping and what it holds."""
    if isinstance(one, dict) and len(one) == 1:
        name, inner = next(iter(one.items()))
        return str(name), inner
    if isinstance(one, str):
        return one, None
    raise Mistake("a text like `1004 C an..35`, or one key with a list", place=located.place(at))


def _rules(located: Located, value: Any, path: tuple[str | int, ...]) -> dict[str, Rule]:
    if not isinstance(value, dict):
        raise Mistake("segments by tag", place=located.place(path))
    return {str(tag): _rule(located, rule, (*path, tag)) for tag, rule in value.items()}


def _rule(located: Located, value: Any, at: tuple[str | int, ...]) -> Rule:
    if not isinstance(value, list):
        raise Mistake("a list of elements", place=located.place(at))
    return tuple(_element(located, one, (*at, index)) for index, one in enumerate(value))


def _element(located: Located, one: Any, at: tuple[str | int, ...]) -> Element:
    name, inner = _single(located, one, at)
    if inner is None:
        component = _component(located, name, at)
        return Element.of(component.number, component.mandatory, (component,))
    read = _COMPOSITE.fullmatch(name)
    if read is None or not isinstance(inner, list) or not inner:
        raise Mistake(f"{name!r} is no composite", cure="like `C507 M: [...]`",
                      place=located.place(at))  # fmt: skip
    parts = tuple(_component(located, str(part), (*at, name)) for part in inner)
    return Element.of(read[1], read[2] == "M", parts)


def _component(located: Located, text: str, at: tuple[str | int, ...]) -> Component:
    read = _ELEMENT.fullmatch(text)
    if read is None:
        raise Mistake(f"{text!r} is no element", cure="like `1004 C an..35`, `1225 C an..3 in 5 9`",
                      place=located.place(at))  # fmt: skip
    most = int(read[5])
    codes = frozenset(read[6].replace(",", " ").split()) if read[6] else None
    return Component(read[1], read[2] == "M", read[3], 0 if read[4] else most, most, codes)
