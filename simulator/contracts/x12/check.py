"""A transaction set held against its guide."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.contracts.x12.definitions import Definition
from simulator.contracts.x12.envelope import Group, Set
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import Guide, Node
from simulator.contracts.x12.scan import ELEMENT
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.tags import TAGS

_TAG = re.compile("[A-Z][A-Z0-9]{1,2}")


@dataclass(slots=True)
class _Frame:
    """A loop that is open: how far it got, and how often each of its places was filled."""

    node: Node
    trigger: Segment
    place: int = 0
    counts: list[int] = field(default_factory=list)


def check_set(one: Set, group: Group, guide: Guide | None, found: Found) -> None:
    """Say what is wrong with the segments and elements of a set. No guide: its tags alone."""
    _Check(one, group, guide, found).run()


class _Check:
    def __init__(self, one: Set, group: Group, guide: Guide | None, found: Found) -> None:
        self.set = one
        self.group = group
        self.guide = guide
        self.found = found
        self.frames: list[_Frame] = []
        self.definitions: dict[str, Definition] = {}
        if guide is not None:
            self.definitions = guide.definitions
            root = guide.root
            self.frames.append(_Frame(root, one.st, 0, [0] * len(root.loop or ())))

    def run(self) -> None:
        """Look at every segment in order."""
        matchers: dict[str, Callable[[str], object]] = {}
        plain: dict[str, tuple[int, int]] = {}
        frame: _Frame | None = None
        texts = self.set.texts
        for index, segment in enumerate(self.set.segments):
            tag = segment.tag
            matches = matchers.get(tag)
            if matches is not None or tag in self.definitions:
                if matches is None:
                    matches = matchers[tag] = self.definitions[tag].right.fullmatch
                if not matches(texts[index]):
                    self._wrong(index)
            elif not self._known(tag):
                self._unknown(index)
                continue
            spot = plain.get(tag)
            if spot is not None and frame is not None:
                # The usual case, without a call: the next plain segment of the innermost loop.
                place, most = spot
                if place >= frame.place and frame.counts[place] < most:
                    frame.place = place
                    frame.counts[place] += 1
                    continue
            if self.frames:
                self._place(segment)
                frame = self.frames[-1]
                plain = frame.node.plain
        while self.frames:
            self._close(self.set.se)

    def _wrong(self, index: int) -> None:
        """Say what is wrong with a segment's elements."""
        segment = self.set.segments[index]
        if index + 1 < len(self.set.segments) and self._torn(index):
            what = "the segment terminator stands in the data"
            self._say("delimiter-in-data", what, segment, max(1, len(segment.elements)))
            return
        for name, what, element, component in self.definitions[segment.tag].problems(segment):
            self._say(name, what, segment, element, component)

    def _say(
        self, name: str, what: str, segment: Segment, element: int | None = None,
        component: int | None = None, code: str | None = None, tolerated: bool | None = None,
    ) -> None:  # fmt: skip
        self.found.add(
            name, what, segment, element, component, code=code, tolerated=tolerated,
            set_control=self.set.control, group=self.group.control,
        )  # fmt: skip

    # --- tags

    def _known(self, tag: str) -> bool:
        return tag in TAGS or (self.guide is not None and tag in self.guide.tags)

    def _torn(self, index: int) -> bool:
        """Is the next segment the rest of this one, torn off by a terminator in its data?"""
        following = self.set.segments[index + 1]
        if self._known(following.tag):
            return False
        definition = self.definitions.get(self.set.segments[index].tag)
        joined = f"{self.set.texts[index]} {self.set.texts[index + 1]}"
        return definition is not None and bool(definition.right.fullmatch(joined))

    def _unknown(self, index: int) -> None:
        segment = self.set.segments[index]
        if index and self._torn(index - 1):
            before = self.set.segments[index - 1]
            definition = self.definitions[before.tag]
            if definition.right.fullmatch(self.set.texts[index - 1]):
                self._say("delimiter-in-data", "the segment terminator stands in the data",
                          before, max(1, len(before.elements)))  # fmt: skip
            return  # else it is said already
        what = f"there is no segment {segment.tag[:12]!r}"
        # Who knows nothing of a set cannot know whether it has a segment of its own.
        own = self.guide is None and _TAG.fullmatch(segment.tag) is not None
        self._say("unknown-segment", what, segment, code="AK304=1", tolerated=True if own else None)

    # --- places

    def _place(self, segment: Segment) -> None:
        """Find the segment's place, from the innermost open loop outwards."""
        tag, frames = segment.tag, self.frames
        if tag == frames[-1].node.tag and self._once_more(segment):
            return
        for depth in range(len(frames) - 1, -1, -1):
            frame = frames[depth]
            places = frame.node.places.get(tag)
            if places is None:
                continue
            place = self._choose(frame, places)
            if place is None:
                continue
            while len(frames) - 1 > depth:
                self._close(segment)
            self._fill(frame, place, segment)
            return
        assert self.guide is not None
        what = f"{tag} does not stand here" if tag in self.guide.tags else f"{tag} is not expected"
        past = None if self.guide.closed else True
        self._say("unknown-segment", what, segment, code="AK304=2", tolerated=past)

    def _once_more(self, segment: Segment) -> bool:
        """Open the innermost loop anew, where nothing is to be said of it. It spares a search."""
        node = self.frames[-1].node
        if len(self.frames) < 2 or node.needs or node.loop is None or segment.tag in node.places:
            return False
        parent = self.frames[-2]
        if parent.node.any or parent.counts[parent.place] >= node.most:
            return False
        parent.counts[parent.place] += 1
        self.frames[-1] = _Frame(node, segment, 0, [0] * len(node.loop))
        return True

    @staticmethod
    def _choose(frame: _Frame, places: list[int]) -> int | None:
        """The first place from here on that is not full; else the last that is, to be too many."""
        loop = frame.node.loop
        assert loop is not None
        least = 0 if frame.node.any else frame.place
        chosen = None
        for place in places:
            if place >= least:
                chosen = place
                if frame.counts[place] < loop[place].most:
                    break
        return chosen

    def _fill(self, frame: _Frame, place: int, segment: Segment) -> None:
        parent = frame.node
        assert parent.loop is not None
        if parent.needs and place > frame.place and not parent.any:
            self._missed(frame, frame.place, place, segment)
        frame.place = place
        frame.counts[place] = count = frame.counts[place] + 1
        node = parent.loop[place]
        if count == node.most + 1:
            kind, code = ("loop", "AK304=4") if node.loop is not None else ("segment", "AK304=5")
            what = f"the {kind} {node.tag} may stand {node.most} times"
            self._say("too-many-segments", what, segment, code=code)
        if node.loop is not None:
            self.frames.append(_Frame(node, segment, 0, [0] * len(node.loop)))

    def _missed(self, frame: _Frame, start: int, end: int, at: Segment | None) -> None:
        """Of the places from `start` up to `end`, those that had to be filled and were not."""
        assert frame.node.loop is not None
        for place in frame.node.needs:
            if start <= place < end and not frame.counts[place]:
                tag = frame.node.loop[place].tag
                where = at if at is not None else frame.trigger
                finding = Segment(tag, (), where.offset, where.line, where.index)
                self._say("missing-segment", f"{tag} is missing", finding, code="AK304=3")

    def _close(self, at: Segment | None) -> None:
        frame = self.frames.pop()
        if frame.node.needs:
            start = 0 if frame.node.any else frame.place
            self._missed(frame, start, len(frame.counts), at)


def uniform(segment: Segment) -> str:
    """A segment's text with its delimiters made uniform, as `Scanned.texts` has it."""
    return ELEMENT.join((segment.tag, *segment.elements))
