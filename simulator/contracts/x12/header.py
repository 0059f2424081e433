"""Where an interchange begins: ISA, and the delimiters that it declares.

ISA is the only segment of fixed width: 106 characters, and its delimiters stand at places 4, 105
and 106. Files in the wild have it a character wider or narrower, or folded in the middle; then the
delimiters are found by counting elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WIDTH = 106
WINDOW = 400  # characters in which a header must end, however it is folded or padded
WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
CONTROL_NUMBER = 13
MOST_TRIES = 1_000
"""So many places that look like a header and are none are tried, one behind the other."""

_ANY = r"([^A-Za-z0-9 \r\n\t\0])"
_REGULAR = re.compile(
    "ISA" + _ANY + "".join(rf"[^\r\n\0]{{{width}}}\1" for width in WIDTHS[:-1]) + r"(.)(.)",
    re.DOTALL,
)
_LOOSE = re.compile("ISA" + _ANY)
_WIDE = re.compile("[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
"""A character of UTF-8 that took more than one byte: some end their segments with `…`."""
_DIRT = str.maketrans("", "", "\r\n\0")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The service characters of one interchange. No repetition before 004020."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str = ""

    @property
    def distinct(self) -> bool:
        """No two are the same, and none is a letter, a digit or a blank."""
        used = [self.element, self.component, self.segment, *self.repetition]
        return len(set(used)) == len(used) and not any(one.isalnum() or one == " " for one in used)


@dataclass(frozen=True, slots=True)
class Header:
    """ISA as it was found. `start` and `end` count characters of the file; `end` is behind its
    terminator. `regular`: it is as wide as it must be."""

    start: int
    end: int
    elements: tuple[str, ...]
    delimiters: Delimiters
    regular: bool = True
    folded: bool = False  # a line end stands inside
    nuls: bool = False
    whole: bool = True  # False: the file ends in it

    def get(self, element: int) -> str:
        """An element (from 1), without the blanks that fill it."""
        return self.elements[element - 1].strip() if element <= len(self.elements) else ""

    @property
    def control(self) -> str:
        """ISA13."""
        return self.get(CONTROL_NUMBER)


def find_header(text: str, start: int = 0) -> Header | None:
    """The first header from `start` on; None where there is none with a control number."""
    for _ in range(MOST_TRIES):
        found = _LOOSE.search(text, start)
        if found is None:
            return None
        header = read_header(text, found.start())
        if header is not None:
            return header
        start = found.start() + 3
    return None


def next_header(text: str, start: int, marks: Delimiters, stop: int) -> int:
    """Where the next header begins, of the right width, or where a segment begins; else `stop`."""
    at = text.find("ISA", start, stop)
    while at >= 0:
        if text[at - 1] in marks.segment + "\r\n\0" and text[at + 3 : at + 4] == marks.element:
            return at
        if _REGULAR.match(text, at):
            return at
        at = text.find("ISA", at + 3, stop)
    return stop


def read_header(text: str, start: int) -> Header | None:
    """The header that begins at `start`; None where there is none."""
    found = _REGULAR.match(text, start)
    window = text[start : start + WINDOW]
    if found is not None and _may_be(window[WIDTH:], found[2], found[3]):
        element, component, segment = found[1], found[2], found[3]
        elements = tuple(text[start + 4 : start + 105].split(element, 15))
        wide = _WIDE.match(text, start + WIDTH - 1)
        segment = wide[0] if wide is not None else segment
        made = _delimiters(elements, element, component, segment)
        return Header(start, start + WIDTH - 1 + len(segment), elements, made)
    if found is None or found[2] in "\r\n":
        clean = window.translate(_DIRT)
        found = _REGULAR.match(clean)
        if found is not None and _may_be(clean[WIDTH:], found[2], found[3]):
            return _folded(text, start, clean, found[1], found[2], found[3])
    return _by_counting(text, start, window)


def _may_be(following: str, component: str, segment: str) -> bool:
    """Can these be delimiters, with that behind them? Else ISA16 is empty, or torn off."""
    if component in "\r\n" or (segment.isascii() and segment.isalnum()):
        return False
    return segment not in "\r\n" or not _ends_with(following, component)


def _ends_with(following: str, mark: str) -> bool:
    """Does the segment on the next line end with this? Then it is the terminator."""
    line = following.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    return line.startswith(("GS", "TA1", "IEA")) and line.endswith(mark)


def _folded(
    text: str, start: int, clean: str, element: str, component: str, segment: str
) -> Header | None:
    elements = tuple(clean[4:105].split(element, 15))
    end = _end(text, start, element, component, segment)
    raw = text[start:end]
    return Header(
        start, end, elements, _delimiters(elements, element, component, segment),
        folded="\n" in raw[:-1] or "\r" in raw[:-1], nuls="\0" in raw,
    )  # fmt: skip


def _by_counting(text: str, start: int, window: str) -> Header | None:
    element = window[3]
    parts = window[4:].split(element, 15)
    if len(parts) < CONTROL_NUMBER or not parts[CONTROL_NUMBER - 1].strip():
        return None
    if len(parts) < len(WIDTHS) or not parts[-1]:
        if len(text) > start + WINDOW:
            return None
        there = tuple(one.translate(_DIRT) for one in parts)
        return Header(start, len(text), there, Delimiters(element), regular=False, whole=False)
    tail = parts[-1]
    found = re.match(rf"([^\r\n]?)([^A-Za-z0-9 ])[\r\n\0]*(?:GS|TA1|IEA){re.escape(element)}", tail)
    component, segment = (found[1], found[2]) if found else (tail[0], tail[1:2] or "~")
    if component and segment in "\r\n" and _ends_with(tail[1:], component):
        component, segment = "", component
    elements = (*(one.translate(_DIRT) for one in parts[:-1]), component)
    end = _end(text, start, element, component, segment)
    made = _delimiters(elements, element, component or ">", segment)
    whole = len(tail) > 1 or len(text) > start + WINDOW
    return Header(
        start, end, elements, made, regular=False, nuls="\0" in text[start:end], whole=whole
    )


def _end(text: str, start: int, element: str, component: str, segment: str) -> int:
    at = start
    for _ in WIDTHS:
        at = text.find(element, at) + 1
    if component:
        at = text.find(component, at) + 1
    at = text.find(segment, at)
    return at + 1 if at >= 0 else len(text)


def _delimiters(
    elements: tuple[str, ...], element: str, component: str, segment: str
) -> Delimiters:
    """ISA11 is the repetition separator from 004020 on, and was `U` (a standard's name) before."""
    mark = elements[10][:1]
    version = elements[11].strip()
    repeats = version >= "00402" and mark and not mark.isalnum() and mark != " "
    return Delimiters(element, component, segment, mark if repeats else "")
