"""A segment of UN/EDIFACT in memory: its tag, and its elements with their components, unescaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Elements = tuple[tuple[str, ...], ...]
REPEATED = "\x1e"
"""Stands between the repetitions of an element (syntax version 4)."""


@dataclass(slots=True)
class Segment:
    """One segment. Nothing changes it once it is made.

    `elements` are its data elements in order, each a tuple of components; text as it is meant, with
    no release characters. `offset` counts bytes from the start of the file, `line` lines from 1,
    `index` segments of the message from 1 (UNH); they say where it was read, and do not count when
    segments are compared.
    """

    tag: str
    elements: Elements = ()
    offset: int = field(default=0, compare=False)
    line: int = field(default=1, compare=False)
    index: int = field(default=0, compare=False)

    def get(self, element: int, component: int = 1) -> str:
        """A component of an element, both counted from 1; empty where there is none."""
        if 0 < element <= len(self.elements):
            parts = self.elements[element - 1]
            if 0 < component <= len(parts):
                return parts[component - 1]
        return ""

    def has(self, element: int) -> bool:
        """Does the element (from 1) say anything?"""
        return 0 < element <= len(self.elements) and any(self.elements[element - 1])

    def put(self, element: int, component: int, value: str) -> Segment:
        """The same segment with one component (both from 1) set to `value`."""
        elements = [list(one) for one in self.elements]
        while len(elements) < element:
            elements.append([""])
        parts = elements[element - 1]
        while len(parts) < component:
            parts.append("")
        parts[component - 1] = value
        made = seg(self.tag, *elements)
        return Segment(made.tag, made.elements, self.offset, self.line, self.index)


def seg(tag: str, *elements: str | Sequence[str]) -> Segment:
    """Make a segment: `seg("BGM", "351", ["123"], "9")`. Empty ends are left away."""
    made = [_trimmed((one,) if isinstance(one, str) else tuple(one)) for one in elements]
    while made and made[-1] == ("",):
        made.pop()
    return Segment(tag, tuple(made))


def _trimmed(parts: tuple[str, ...]) -> tuple[str, ...]:
    end = len(parts)
    while end > 1 and not parts[end - 1]:
        end -= 1
    return parts[:end] or ("",)
