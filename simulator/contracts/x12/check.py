"""A transaction set held against its guide."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.contracts.x12.definitions import Definition
from simulator.contracts.x12.envelope import Group, Set
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import Guide, Node
from simulator.contracts.x12.scan import ELEMENT
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.tags import TAGS


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
            self._open(guide.root, one.st)

    def run(self) -> None:
        """Look at every segment in order."""
        segments, texts = self.set.segments, self.set.texts
        definitions, last = self.definitions, len(segments) - 1
        for index, segment in enumerate(segments):
            tag = segment.tag
            definition = definitions.get(tag)
            if definition is None:
                if tag not in TAGS and (self.guide is None or tag not in self.guide.tags):
                    self._unknown(index)
                    continue
            elif not definition.right.fullmatch(texts[index]):
                if index < last and self._torn(index):
                    self._say("delimiter-in-data", "the segment terminator stands in the data",
                              segment, max(1, len(segment.elements)))  # fmt: skip
                else:
                    for name, what, element, component in definition.problems(segment):
                        self._say(name, what, segment, element, component)
            if self.frames:
                self._place(segment)
        while self.frames:
            self._close(self.set.se)

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
        shown = segment.tag[:12]
        self._say("unknown-segment", f"there is no segment {shown!r}", segment, code="AK304=1")

    # --- places

    def _open(self, node: Node, trigger: Segment) -> None:
        self.frames.append(_Frame(node, trigger, 0, [0] * len(node.loop or ())))

    def _place(self, segment: Segment) -> None:
        """Find the segment's place, from the innermost open loop outwards."""
        tag, frames = segment.tag, self.frames
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

    @staticmethod
    def _choose(frame: _Frame, places: list[int]) -> int | None:
        """The first place from here on that is not full; else the last that is, to be too many."""
        least = 0 if frame.node.any else frame.place
        chosen = None
        for place in places:
            if place < least:
                continue
            chosen = place
            assert frame.node.loop is not None
            if frame.counts[place] < frame.node.loop[place].most:
                break
        return chosen

    def _fill(self, frame: _Frame, place: int, segment: Segment) -> None:
        assert frame.node.loop is not None
        if place > frame.place and not frame.node.any:
            self._missed(frame, frame.place, place, segment)
        frame.place = place
        frame.counts[place] += 1
        node = frame.node.loop[place]
        if frame.counts[place] == node.most + 1:
            kind, code = ("loop", "AK304=4") if node.loop is not None else ("segment", "AK304=5")
            what = f"the {kind} {node.tag} may stand {node.most} times"
            self._say("too-many-segments", what, segment, code=code)
        if node.loop is not None:
            self._open(node, segment)

    def _missed(self, frame: _Frame, start: int, end: int, at: Segment | None) -> None:
        """Of the places from `start` up to `end`, those that had to be filled and were not."""
        assert frame.node.loop is not None
        for place in range(start, end):
            node = frame.node.loop[place]
            if node.mandatory and not frame.counts[place]:
                where = at if at is not None else frame.trigger
                what = f"{node.tag} is missing"
                finding = Segment(node.tag, (), where.offset, where.line, where.index)
                self._say("missing-segment", what, finding, code="AK304=3")

    def _close(self, at: Segment | None) -> None:
        frame = self.frames[-1]
        start = 0 if frame.node.any else frame.place
        self._missed(frame, start, len(frame.counts), at)
        self.frames.pop()


def uniform(segment: Segment) -> str:
    """A segment's text with its delimiters made uniform, as `Scanned.texts` has it."""
    return ELEMENT.join((segment.tag, *segment.elements))
