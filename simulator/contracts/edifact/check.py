"""Segments and elements against a guide, and what holds for every message."""

from __future__ import annotations

import re

from simulator.contracts.edifact.directory import TAGS
from simulator.contracts.edifact.findings import Report, short
from simulator.contracts.edifact.guide import Component, Guide, Places, Rule, Step, service
from simulator.contracts.edifact.segments import REPEATED, Segment
from simulator.contracts.edifact.values import FORMATS, OTHER_FORMATS, is_date
from simulator.plant.trading.interchange import Level

_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_NUMBER = re.compile(r"-?\d*[.,]?\d*")


class Checker:
    """The checks of one message; what they find goes into the report under its control number."""

    def __init__(
        self,
        report: Report,
        control: str = "",
        group: str = "",
        level: Level | None = None,
        *,
        guessed: bool = False,
    ) -> None:
        self.report = report
        self.control = control
        self.group = group
        self.guessed = guessed  # nobody knows which guide the partner works by
        self.level = level  # what its findings speak against, where not by the table

    def found(
        self,
        name: str,
        what: str,
        segment: Segment,
        element: int | None = None,
        component: int | None = None,
        *,
        as_code: str = "",
        tolerated: bool | None = None,
    ) -> None:
        """Something about a segment of this message."""
        self.report.add(
            name, what, segment, element, component, control=self.control, group=self.group,
            as_code=as_code, tolerated=tolerated, level=self.level,
        )  # fmt: skip

    def message(
        self, segments: list[Segment], guide: Guide | None, header: Segment, *, cut: bool = False
    ) -> None:
        """Check the segments between UNH and UNT, or those that are there where it is `cut`.

        Of a message that has no guide at all only what holds for every message of the UN is known,
        and of one that another agency made (0051) nothing but how a tag looks.
        """
        ours = guide is not None or header.get(2, 4) in ("UN", "")
        rules = guide.rules if guide is not None else service().rules if ours else {}
        walk = Walk(self, guide.places, header) if guide is not None and guide.places else None
        first = segments[0].tag if segments else "BGM" if cut else ""
        if walk is None and guide is not None and first != "BGM":
            self.found("missing-segment", "BGM is missing after UNH", header)
        known = guide.tags if guide is not None and self.guessed else frozenset[str]()
        passed: set[str] = set()
        for segment in segments:
            tag = segment.tag
            if tag not in TAGS:
                if _TAG.fullmatch(tag):
                    if guide is not None:
                        self.found("unknown-segment", f"there is no segment {tag}", segment)
                else:
                    what = f"{short(tag)} is no segment: a terminator stands in the data before it"
                    self.found("delimiter-in-data", what, segment, as_code="15")
                continue
            if walk is not None and not walk.take(segment) and tag not in passed:
                closed = guide is not None and guide.closed and tag not in known
                if not closed:
                    passed.add(tag)  # said once for each tag
                what = f"{tag} does not belong here by the guide"
                self.found("unknown-segment", what, segment, tolerated=None if closed else True)
            rule = rules.get(tag)
            if rule is not None:
                self.elements(segment, rule)
            if tag == "DTM" and ours:
                self.date(segment)
        if walk is not None and not cut:
            walk.end(segments[-1] if segments else header)

    def elements(self, segment: Segment, rule: Rule) -> None:
        """Check a segment's elements by the rule for its tag."""
        elements = segment.elements
        count = len(elements)
        for at, spec in enumerate(rule):
            values = elements[at] if at < count else ()
            if not values or not any(values):
                if spec.mandatory:
                    what = f"{segment.tag} lacks its element {spec.number}"
                    self.found("missing-element", what, segment, at + 1)
                continue
            parts = spec.components
            size = len(values)
            for inner, longest in enumerate(spec.longest):
                value = values[inner] if inner < size else ""
                if value:
                    if len(value) > longest:
                        component = inner + 1 if spec.composite else None
                        self.value(segment, parts[inner], value, at + 1, component)
                elif parts[inner].mandatory:
                    component = inner + 1 if spec.composite else None
                    what = f"{segment.tag} lacks its element {parts[inner].number}"
                    self.found("missing-element", what, segment, at + 1, component)
            if size > len(parts) and any(values[len(parts) :]):
                what = f"{spec.number} of {segment.tag} has {size} components"
                component = len(parts) + 1 if spec.composite else None
                self._too_many(what, segment, at + 1, component, said=spec.composite)
        if count > len(rule) and any(any(one) for one in elements[len(rule) :]):
            what = f"{segment.tag} has {count} elements, {len(rule)} are known"
            self._too_many(what, segment, len(rule) + 1, None, said=True)

    def _too_many(
        self, what: str, segment: Segment, element: int, component: int | None, *, said: bool
    ) -> None:
        """More than there may be: it is `said`, and what may be the reason too."""
        if said:
            self.found("too-many-elements", what, segment, element, component)
        what += ": perhaps a separator stands in the data"
        tolerated = True if said and "too-many-elements" in self.report.tolerates else None
        self.found("delimiter-in-data", what, segment, element, as_code="16", tolerated=tolerated)

    def value(
        self, segment: Segment, part: Component, value: str, element: int, component: int | None
    ) -> None:
        """Check one value against its format and codes."""
        if REPEATED in value:
            return
        length = len(value)
        if part.form == "n":
            length -= value.startswith("-") + ("." in value) + ("," in value)
            if not _NUMBER.fullmatch(value):
                what = f"{part.number} is no number: {short(value)}"
                self.found("invalid-character", what, segment, element, component)
        elif part.form == "a" and any(one.isdecimal() for one in value):
            what = f"{part.number} has digits: {short(value)}"
            self.found("invalid-character", what, segment, element, component)
        if length > part.most:
            what = f"{part.number} has {length} characters, {part.most} at the most: {short(value)}"
            self.found("element-too-long", what, segment, element, component)
        elif length < part.least:
            what = f"{part.number} has {length} characters, not {part.least}: {short(value)}"
            self.found("element-too-short", what, segment, element, component)
        elif part.codes is not None and value not in part.codes:
            what = f"{short(value)} is no code that is agreed on for {part.number}"
            self.found("invalid-code", what, segment, element, component)

    def date(self, segment: Segment) -> None:
        """Check a DTM: does 2380 say what 2379 says that it does?"""
        value, form = segment.get(1, 2), segment.get(1, 3)
        if not value or not form:
            return
        if form not in FORMATS:
            if form not in OTHER_FORMATS and form[:1] != "Z":  # Z: agreed on between partners
                what = f"{short(form)} is no format of a date (2379)"
                self.found("invalid-code", what, segment, 1, 3)
        elif not is_date(value, form):
            timed = form in ("401", "402") or (form in ("203", "204") and is_date(value[:8], "102"))
            name = "invalid-time" if timed else "invalid-date"
            what = f"there is no such {name[8:]}: {short(value)} as {form}"
            self.found(name, what, segment, 1, 2)


class Walk:
    """Where a message stands in its guide's structure."""

    def __init__(self, checker: Checker, places: Places, header: Segment) -> None:
        self.checker = checker
        self.before = header
        # the message or group, at which of its steps we are, how often that was seen
        self.frames: list[tuple[Places, int, int]] = [(places, 0, 0)]

    def take(self, segment: Segment) -> bool:
        """Go on to this segment. False: it has no place here, and nothing is changed."""
        best: tuple[list[Step], int, int] | None = None
        too_many: tuple[int, int] | None = None
        tag = segment.tag
        for depth in range(len(self.frames) - 1, -1, -1):
            places, at, count = self.frames[depth]
            for index in places.of.get(tag, ()):
                if index < at:
                    continue
                if index == at and count >= places.steps[index].most:
                    too_many = too_many or (depth, index)
                    continue
                skipped = self._skipped(depth, index)
                if best is None or len(skipped) < len(best[0]):
                    best = (skipped, depth, index)
                if not skipped:
                    break
            if best is not None and not best[0]:
                break
        if best is None and too_many is None:
            return False
        if best is None:
            assert too_many is not None
            most = self.frames[too_many[0]][0].steps[too_many[1]].most
            what = f"{tag} stands more than {most} times"
            self.checker.found("too-many-segments", what, segment)
            best = ([], *too_many)
        skipped, depth, index = best
        for step in skipped:
            self._missing(step)
        places, at, count = self.frames[depth]
        del self.frames[depth:]
        self.frames.append((places, index, count + 1 if index == at else 1))
        inner = places.steps[index].places
        if inner is not None:
            self.frames.append((inner, 0, 1))
        self.before = segment
        return True

    def end(self, last: Segment) -> None:
        """The message is over: whatever is mandatory has to have been there."""
        self.before = last
        for step in self._skipped(0, len(self.frames[0][0].steps)):
            self._missing(step)

    def _skipped(self, depth: int, index: int) -> list[Step]:
        """The mandatory steps that are passed over on the way to a step of a frame."""
        found: list[Step] = []
        for deeper in range(len(self.frames) - 1, depth - 1, -1):
            places, at, count = self.frames[deeper]
            end = index if deeper == depth else len(places.steps)
            found += [
                places.steps[one]
                for one in places.mandatory
                if at <= one < end and (one > at or not count)
            ]
        return found

    def _missing(self, step: Step) -> None:
        name = f"{step.tag} ({step.name})" if step.name else step.tag
        self.checker.found("missing-segment", f"{name} is missing", self.before)
