"""A segment of X12 in memory: its tag and its elements, whatever the delimiters of the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPONENT = "\x1f"
"""Stands between the components of a composite element."""
REPEATED = "\x1e"
"""Stands between the repetitions of an element (from 004020 on)."""


@dataclass(slots=True)
class Segment:
    """One segment. Nothing changes it once it is made.

    Element 01 is `elements[0]`. `offset` counts bytes from the start of the file, `line` lines from
    1, `index` segments of the transaction set from 1 (ST); they say where it was read, and do not
    count when segments are compared.
    """

    tag: str
    elements: tuple[str, ...] = ()
    offset: int = field(default=0, compare=False)
    line: int = field(default=1, compare=False)
    index: int = field(default=0, compare=False)

    def get(self, element: int) -> str:
        """An element, counted from 1; empty where there is none."""
        return self.elements[element - 1] if 0 < element <= len(self.elements) else ""

    def has(self, element: int) -> bool:
        """Does the element (from 1) say anything?"""
        return 0 < element <= len(self.elements) and self.elements[element - 1] != ""

    def components(self, element: int) -> list[str]:
        """The components of an element (from 1); a simple element is its own only one."""
        return self.get(element).split(COMPONENT)

    def repetitions(self, element: int) -> list[str]:
        """The repetitions of an element (from 1)."""
        return self.get(element).split(REPEATED)

    def put(self, element: int, value: str) -> Segment:
        """The same segment with one element (from 1) set to `value`."""
        elements = [*self.elements, *[""] * (element - len(self.elements))]
        elements[element - 1] = value
        return Segment(self.tag, trimmed(elements), self.offset, self.line, self.index)


def seg(tag: str, *elements: str) -> Segment:
    """Make a segment: `seg("BSN", "00", "4711", …)`. Empty elements at the end are left away."""
    return Segment(tag, trimmed(elements))


def composite(*components: str) -> str:
    """Components as one element; empty ones at the end are left away."""
    return COMPONENT.join(trimmed(components))


def trimmed(elements: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Without the empty ones at the end."""
    end = len(elements)
    while end and not elements[end - 1]:
        end -= 1
    return tuple(elements[:end])
