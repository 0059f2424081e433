"""What a segment may hold: its elements, each compiled from a line of a guide.

A segment that is right is recognised by one regular expression; only one that is not is looked at
element by element, to say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.contracts.x12.scan import ELEMENT
from simulator.contracts.x12.segments import COMPONENT, REPEATED, Segment
from simulator.contracts.x12.values import as_clock, as_instant, as_number
from simulator.core.errors import Mistake

_LINE = re.compile(
    r"(?P<number>\S+) (?P<use>[MOX]) (?P<type>AN|ID|DT|TM|R|N\d?|B) (?P<least>\d+)/(?P<most>\d+)"
    r"(?: x(?P<times>\d+))?(?: in (?P<codes>.+))?"
)
_COMPOSITE = re.compile(r"(?P<number>\S+) (?P<use>[MOX])(?: x(?P<times>\d+))?")
_TEXT = "[^\x00-\x1f]"
_CODE = "[0-9A-Z]"  # whatever the list, no code has other characters
# A day that a month has: the 29th of February is left to the slow way.
_DAY = (
    r"(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)(?:0[1-9]|[12]\d|30)"
    r"|02(?:0[1-9]|1\d|2[0-8]))"
)
_CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{1,2})?)?"
_CODES = re.compile(_CODE + "+")
_LONGEST = 65_535  # of what a regular expression may count

Problem = tuple[str, str, int, int | None]
"""A finding's name, what it is, and the element and component it is about (from 1)."""


@dataclass(frozen=True, slots=True)
class Element:
    """A data element at one place of a segment; a composite has `parts`.

    `type` is X12's: AN ID DT TM R N0…, B. An `open` composite may have more parts than it names.
    """

    number: str
    mandatory: bool
    type: str = "AN"
    least: int = 1
    most: int = 1
    times: int = 1
    codes: frozenset[str] = frozenset()
    parts: tuple[Element, ...] = ()
    open: bool = False

    def pattern(self, lenient: bool) -> str:
        """What one such value looks like, as a regular expression."""
        if self.parts:
            more = f"(?:{COMPONENT}[^{ELEMENT}{REPEATED}]*)?" if self.open else COMPONENT + "*"
            one = _sequence(self.parts, COMPONENT, more, lenient)
            one = rf"(?!{ELEMENT}|$){one}"
        else:
            one = self._simple(lenient)
        if self.times > 1:
            one = rf"{one}(?:{REPEATED}{one}){{0,{self.times - 1}}}"
        return one

    def _simple(self, lenient: bool) -> str:
        if self.codes and not lenient:
            return "(?:" + "|".join(re.escape(one) for one in sorted(self.codes)) + ")"
        least, most = (1, _LONGEST) if lenient else (self.least, min(self.most, _LONGEST))
        if self.type == "DT":
            year = r"\d{4}" if self.most >= 8 and not lenient else r"(?:\d{2}|\d{4})"
            return year + _DAY
        if self.type == "TM":
            return _CLOCK
        if self.type == "R":
            # The sign and the point do not count; to be exact about that is the slow way's.
            whole = rf"\d{{{least},{most}}}(?![\d.])"
            return rf"(?:{whole}|-?(?=[\d.]{{{least},{most}}}(?:[^\d.]|$))(?:\d+\.?\d*|\.\d+))"
        if self.type[0] == "N":
            return rf"-?\d{{{least},{most}}}"
        if self.type == "ID" and not lenient:
            return f"{_CODE}{{{least},{most}}}"
        return f"{_TEXT}{{{least},{most}}}"

    def problem(self, value: str, lenient: bool) -> tuple[str, str] | None:
        """What is wrong with a value that is there: name and words; None for nothing."""
        shown = value if len(value) <= 40 else value[:39] + "…"
        if any(mark < " " for mark in value):
            if COMPONENT in value or REPEATED in value:
                return "delimiter-in-data", f"a delimiter stands in {shown!r}"
            return "invalid-character", f"a control character stands in {shown!r}"
        if self.type == "DT":
            fits = len(value) in ((6, 8) if lenient or self.most < 8 else (8,))
            if fits and as_instant(value) is not None:
                return None
            return "invalid-date", f"{shown!r} is no date"
        if self.type == "TM":
            return (
                None if as_clock(value) is not None else ("invalid-time", f"{shown!r} is no time")
            )
        size = len(value)
        if self.type == "R":
            if as_number(value) is None and size <= self.most:
                return "invalid-character", f"{shown!r} is no number"
            size = sum(mark.isdigit() for mark in value)
        elif self.type[0] == "N":
            bare = value.removeprefix("-")
            if not (bare.isascii() and bare.isdigit()):
                return "invalid-character", f"{shown!r} is no whole number"
            size = len(bare)
        if lenient:
            return None
        if size > self.most:
            return "element-too-long", f"{size} characters, at most {self.most}: {shown!r}"
        if size < self.least:
            return "element-too-short", f"{size} characters, at least {self.least}: {shown!r}"
        if self.codes and value not in self.codes:
            known = ", ".join(sorted(self.codes)[:12])
            return "invalid-code", f"{shown!r} is not agreed on; known: {known}"
        if self.type == "ID" and not _CODES.fullmatch(value):
            return "invalid-code", f"{shown!r} can be no code"
        return None


def _sequence(
    elements: tuple[Element, ...], between: str, end: str, lenient: bool, behind: str = ""
) -> str:
    """Elements one behind the other; what may be left away at the end may be.

    `end` is where they stop early, `behind` what may follow the last one.
    """
    rest, needed = behind or end, False
    for index in range(len(elements) - 1, -1, -1):
        one = elements[index]
        value = f"(?:{one.pattern(lenient)})" + ("" if one.mandatory else "?")
        needed = needed or one.mandatory
        lead = "" if index == 0 else between
        rest = f"{lead}{value}{rest}"
        if not needed and index:
            rest = f"(?:{rest}|{end})"
    return rest


@dataclass(frozen=True)
class Definition:
    """A segment. `open`: elements behind the last one are not looked at.

    `lenient` is for guides of another version: types and dates only.
    """

    tag: str
    elements: tuple[Element, ...]
    open: bool = False
    lenient: bool = False

    @cached_property
    def right(self) -> re.Pattern[str]:
        """Matches a whole segment that is right, delimiters made uniform."""
        end = f"{ELEMENT}*"
        behind = f"(?:{ELEMENT}.*)?" if self.open else end
        first = behind
        if self.elements:
            first = _sequence(self.elements, ELEMENT, end, self.lenient, behind)
        lead = ELEMENT if self.elements else ""
        needed = any(one.mandatory for one in self.elements)
        body = f"{lead}{first}" if needed else f"(?:{lead}{first})?"
        return re.compile(re.escape(self.tag) + body, re.DOTALL)

    def problems(self, segment: Segment) -> Iterator[Problem]:
        """What is wrong with a segment that `right` does not match. May be nothing after all."""
        split = self._split_data(segment)
        if split is not None:
            yield "delimiter-in-data", "the element delimiter stands in the data", split, None
            return
        given = segment.elements
        for place, element in enumerate(self.elements, 1):
            value = given[place - 1] if place <= len(given) else ""
            if not value:
                if element.mandatory:
                    what = f"element {place} ({element.number}) is missing"
                    yield "missing-element", what, place, None
                continue
            values = value.split(REPEATED) if element.times > 1 else [value]
            if len(values) > element.times:
                yield "too-many-elements", f"{len(values)} repetitions", place, None
            for one in values:
                yield from self._value(element, one, place)
        if not self.open:
            for place in range(len(self.elements) + 1, len(given) + 1):
                if given[place - 1]:
                    what = f"{self.tag} has at most {len(self.elements)} elements"
                    yield "too-many-elements", what, place, None
                    return

    def _value(self, element: Element, value: str, place: int) -> Iterator[Problem]:
        if not element.parts:
            problem = element.problem(value, self.lenient)
            if problem is not None:
                yield (*problem, place, None)
            return
        parts = value.split(COMPONENT)
        for number, part in enumerate(element.parts, 1):
            one = parts[number - 1] if number <= len(parts) else ""
            if one:
                problem = part.problem(one, self.lenient)
                if problem is not None:
                    yield (*problem, place, number)
            elif part.mandatory:
                yield "missing-element", f"component {number} is missing", place, number
        if any(parts[len(element.parts) :]) and not element.open:
            what = f"at most {len(element.parts)} components"
            yield "too-many-elements", what, place, len(element.parts) + 1

    def _split_data(self, segment: Segment) -> int | None:
        """Where two elements are one that holds a delimiter: then, and only then, all is right."""
        given = segment.elements
        if len(given) > len(self.elements) + 1 and not self.open:
            return None
        for index in range(min(len(given) - 1, len(self.elements))):
            if self.elements[index].type != "AN" or not given[index] or not given[index + 1]:
                continue
            merged = (*given[:index], given[index] + " " + given[index + 1], *given[index + 2 :])
            if self.right.fullmatch(ELEMENT.join((segment.tag, *merged))):
                return index + 1
        return None


def read_definition(tag: str, lines: Any, lenient: bool = False) -> Definition:
    """A definition from its lines in a guide. Raises Mistake for one that cannot be read."""
    if not isinstance(lines, list):
        raise Mistake(f"{tag}: expected a list of elements", cure="see docs: partner profiles")
    rest = bool(lines) and lines[-1] == "..."
    elements = tuple(_element(tag, one) for one in (lines[:-1] if rest else lines))
    return Definition(tag, elements, rest, lenient)


def _element(tag: str, line: Any) -> Element:
    if isinstance(line, dict) and len(line) == 1:
        ((name, parts),) = line.items()
        found = _COMPOSITE.fullmatch(str(name))
        if found is None or not isinstance(parts, list):
            raise Mistake(f"{tag}: cannot read {name!r}", cure="write it like `C040 O: [...]`")
        rest = bool(parts) and parts[-1] == "..."
        inner = tuple(_element(tag, one) for one in (parts[:-1] if rest else parts))
        return Element(
            found["number"], found["use"] == "M", times=int(found["times"] or 1), parts=inner,
            open=rest,
        )  # fmt: skip
    found = _LINE.fullmatch(str(line))
    if found is None:
        raise Mistake(f"{tag}: cannot read {line!r}", cure="write it like `353 M ID 2/2 in 00 05`")
    return Element(
        found["number"], found["use"] == "M", found["type"], int(found["least"]),
        int(found["most"]), int(found["times"] or 1), frozenset((found["codes"] or "").split()),
    )  # fmt: skip
