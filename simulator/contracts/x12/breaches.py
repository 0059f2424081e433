"""Breaches of what an interchange says: its envelope, its segments, its elements.

Each changes an interchange before it is written; `oddities` has their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulator.contracts.x12.definitions import Element
from simulator.contracts.x12.guide import find_guide
from simulator.contracts.x12.scan import LARGEST_SEGMENT
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.writing import Written, WrittenGroup, WrittenSet
from simulator.core.errors import Mistake

Params = Mapping[str, Any]
MOST_OVERSIZE = 256 * 1024 * 1024
HOLE = "\ue000"
"""Stands for a delimiter in the data until all others are written."""
NUL = "\ue001"
"""Is written as a NUL byte."""
FOREIGN = "\ue002"
"""Is written as a byte that the character set does not have."""


@dataclass(slots=True)
class Place:
    """An element of a set that is to be spoilt: its segment's index, its number, its rule."""

    one: WrittenSet
    index: int
    number: int
    element: Element

    @property
    def value(self) -> str:
        """What it says."""
        return self.one.segments[self.index].get(self.number)

    def put(self, value: str) -> None:
        """Let it say something else."""
        self.one.segments[self.index] = self.one.segments[self.index].put(self.number, value)


@dataclass(slots=True)
class Spoiling:
    """An interchange that is to be spoilt under a name."""

    name: str
    written: Written
    params: Params
    guides: Path | None = None

    @property
    def group(self) -> WrittenGroup:
        """The first group."""
        if not self.written.groups:
            raise self.cannot()
        return self.written.groups[0]

    @property
    def set(self) -> WrittenSet:
        """The first set."""
        return self.group.sets[0]

    @property
    def by(self) -> int:
        """By how much something is to be wrong."""
        by = self.params.get("by", 1)
        if isinstance(by, bool) or not isinstance(by, int) or not by:
            raise Mistake(f"{self.name}: `by` is a whole number other than 0, got {by!r}")
        return by

    def cannot(self) -> Mistake:
        """It has nothing that could be spoilt so."""
        codes = sorted({one.code for group in self.written.groups for one in group.sets})
        what = f"a {' and '.join(codes) or 'TA1'} has nothing that could be spoilt as {self.name}"
        return Mistake(what, cure="select other documents with `match`")

    def places(self) -> Iterator[Place]:
        """Every simple element of the first set that says something and has a rule."""
        guide = find_guide(self.set.code, self.written.version, self.guides)
        for index, segment in enumerate(self.set.segments):
            definition = guide.definitions.get(segment.tag) if guide is not None else None
            for number, element in enumerate(definition.elements if definition else (), 1):
                if segment.has(number) and not element.parts:
                    yield Place(self.set, index, number, element)

    def place(self, wanted: Callable[[Place], bool]) -> Place:
        """The first such element."""
        for one in self.places():
            if wanted(one):
                return one
        raise self.cannot()

    def tagged(self, tag: str, wanted: Callable[[Segment], bool]) -> tuple[WrittenSet, int]:
        """The first segment of a tag, in any set."""
        for group in self.written.groups:
            for one in group.sets:
                for index, segment in enumerate(one.segments):
                    if segment.tag == tag and wanted(segment):
                        return one, index
        raise self.cannot()


def _is_text(place: Place) -> bool:
    return place.element.type == "AN"


def other(control: str) -> str:
    """Another control number, as long as it was."""
    if control.isdigit():
        return str((int(control) + 1) % 10 ** len(control)).rjust(len(control), "0")
    return ("X" if control[:1] != "X" else "Y") + control[1:]


# --- segments and elements -----------------------------------------------------------------------


def unknown_segment(game: Spoiling) -> None:
    """A tag that X12 does not have, behind the first segment.

    It has more elements than any segment: nobody takes it for the end of the one before.
    """
    game.set.segments.insert(1, seg("ZZZ", *["1"] * 40))


def missing_segment(game: Spoiling) -> None:
    """The first, which every set must have."""
    if not game.set.segments:
        raise game.cannot()
    del game.set.segments[0]


def missing_element(game: Spoiling) -> None:
    """A mandatory one, with others behind it."""
    game.place(
        lambda one: one.element.mandatory and one.number < len(one.one.segments[one.index].elements)
    ).put("")


def element_too_long(game: Spoiling) -> None:
    """A text, by one character."""
    place = game.place(_is_text)
    most = place.element.most
    place.put((place.value * (most // len(place.value) + 1))[:most] + "X")


def oversize(game: Spoiling) -> None:
    """A text as long as the interchange is to be; a million bytes where nobody says."""
    size = game.params.get("bytes", 1_000_000)
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= MOST_OVERSIZE:
        raise Mistake(f"oversize: bytes is a number up to {MOST_OVERSIZE}, got {size!r}")
    place = game.place(_is_text)
    place.put(place.value + "X" * max(size - len(game.written.text()), LARGEST_SEGMENT))


def invalid_code(game: Spoiling) -> None:
    """One that is not in its list; where there is no list, one that can be in none."""
    coded = [one for one in game.places() if one.element.type == "ID"]
    place = next((one for one in coded if one.element.codes), coded[0] if coded else None)
    if place is None:
        raise game.cannot()
    element, used = place.element, game.written.delimiters
    codes = [mark * max(element.least, 1) for mark in ("ZQ98" if element.codes else "?!%#")]
    marks = used.element + used.component + used.segment + used.repetition
    place.put(next(one for one in codes if one not in element.codes and one[0] not in marks))


def invalid_date(game: Spoiling) -> None:
    """The 45th of the 13th month."""
    place = game.place(lambda one: one.element.type == "DT")
    place.put("20261345" if place.element.most >= 8 else "261345")


def delimiter_in_data(game: Spoiling) -> None:
    """In the first text, with other elements behind it where there is one."""
    which, marks = game.params.get("delimiter", "element"), game.written.delimiters
    known = {"element": marks.element, "component": marks.component, "segment": marks.segment}
    if which not in known:
        what = f"delimiter-in-data: delimiter is one of {', '.join(known)}; got {which!r}"
        raise Mistake(what)
    texts = [one for one in game.places() if _is_text(one) and len(one.value) > 1]
    if not texts:
        raise game.cannot()
    place = next((one for one in texts if _has_more(one)), texts[0])
    value = place.value[: max(2, place.element.most - 1)]
    place.put(value[:1] + HOLE + value[1:])
    game.written.raw.append((HOLE, known[which]))


def _has_more(place: Place) -> bool:
    return place.number < len(place.one.segments[place.index].elements)


def parent_unknown(game: Spoiling) -> None:
    """An HL02 that no HL has."""
    one, index = game.tagged("HL", lambda segment: segment.has(2))
    one.segments[index] = one.segments[index].put(2, "999")


def line_count(game: Spoiling) -> None:
    """CTT01."""
    _counted(game, 1)


def hash_total(game: Spoiling) -> None:
    """CTT02."""
    _counted(game, 2)


def _counted(game: Spoiling, element: int) -> None:
    one, index = game.tagged("CTT", lambda segment: segment.has(element))
    segment = one.segments[index]
    whole, point, rest = segment.get(element).partition(".")
    number = int(whole) if whole.isdigit() else 0
    more = number + game.by if number + game.by >= 0 else number + abs(game.by)
    one.segments[index] = segment.put(element, f"{more}{point}{rest}")


def strange(mark: str) -> Callable[[Spoiling], None]:
    """A character in the first text, whatever the character set."""

    def spoil(game: Spoiling) -> None:
        place = game.place(lambda one: _is_text(one) and len(one.value) > 1)
        place.put(place.value[:1] + mark + place.value[2:])

    return spoil


# --- envelopes -----------------------------------------------------------------------------------


def header_width(game: Spoiling) -> None:
    """The sender wider or narrower than it must be."""
    by = game.params.get("by", -1)
    if isinstance(by, bool) or not isinstance(by, int) or not -8 <= by <= 20 or by == 0:
        raise Mistake(f"interchange-header-width: by is -8 to 20 and not 0, got {by!r}")
    sender = game.written.header[5]
    game.written.header[5] = sender + " " * by if by > 0 else sender[:by]


def no_interchange_trailer(game: Spoiling) -> None:
    """No IEA."""
    game.written.trailer = False


def interchange_control(game: Spoiling) -> None:
    """Another IEA02."""
    game.written.closing = other(game.written.control)


def group_count(game: Spoiling) -> None:
    """Another IEA01."""
    game.written.counted = game.by


def no_group_trailer(game: Spoiling) -> None:
    """No GE."""
    game.group.trailer = False


def group_control(game: Spoiling) -> None:
    """Another GE02."""
    game.group.closing = other(game.group.control)


def set_count(game: Spoiling) -> None:
    """Another GE01."""
    game.group.counted = game.by


def no_set_trailer(game: Spoiling) -> None:
    """No SE."""
    game.set.trailer = False


def set_control(game: Spoiling) -> None:
    """Another SE02."""
    game.set.closing = other(game.set.control)


def segment_count(game: Spoiling) -> None:
    """Another SE01."""
    game.set.counted = game.by


def newline(game: Spoiling) -> None:
    """A line feed ends segments."""
    game.written.delimiters = replace(game.written.delimiters, segment="\n")
    game.written.line_end = ""
