"""Interchanges to bytes: what a partner sends, by its profile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from simulator.contracts.edifact.judge import plain, qualifier
from simulator.contracts.edifact.mapping import writes
from simulator.contracts.edifact.marks import CODECS, LEVEL_A, Marks, charset_of, of_profile
from simulator.contracts.edifact.segments import Segment, seg
from simulator.contracts.edifact.values import when
from simulator.core.errors import Mistake
from simulator.plant.trading.answers import ApplicationAdvice
from simulator.plant.trading.interchange import ACKNOWLEDGEMENTS, Interchange
from simulator.plant.trading.partners import Identifier, PartnerProfile

RAW = {"charset": "\x01", "delimiter": "\x02", "nul": "\x03", "bulk": "\x04"}
"""Characters that stand for raw bytes in a draft: how oddities write what must not be written."""
_ANSWERS = (*ACKNOWLEDGEMENTS, ApplicationAdvice)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(slots=True)
class Sheet:
    """One message to be written. `counts_by` and `closes_with` are how its UNT goes wrong."""

    code: str
    version: str
    header: Segment
    body: list[Segment]
    control: str
    closes_with: str | None = None
    counts_by: int = 0
    closed: bool = True

    def segments(self) -> list[Segment]:
        """UNH to UNT."""
        out = [self.header, *self.body]
        if self.closed:
            count = max(len(out) + 1 + self.counts_by, 0)
            out.append(seg("UNT", str(count), self.closes_with or self.control))
        return out


@dataclass(slots=True)
class Wrap:
    """A functional group around all messages: only breaches of groups need one."""

    header: Segment
    control: str
    closes_with: str | None = None
    counts_by: int = 0
    closed: bool = True

    def around(self, segments: list[Segment], messages: int) -> list[Segment]:
        """UNG to UNE."""
        out = [self.header, *segments]
        if self.closed:
            count = max(messages + self.counts_by, 0)
            out.append(seg("UNE", str(count), self.closes_with or self.control))
        return out


@dataclass(slots=True)
class Draft:
    """An interchange to be written."""

    marks: Marks
    charset: str
    header: Segment
    sheets: list[Sheet]
    control: str
    una: bool = True
    line_end: str = ""
    closes_with: str | None = None
    counts_by: int = 0
    closed: bool = True
    group: Wrap | None = None
    raw: dict[str, bytes] = field(default_factory=dict)  # by the characters of RAW

    def grouped(self) -> Wrap:
        """The group that it is in from now on, under the interchange's own reference."""
        if self.group is None:
            get, first = self.header.get, self.sheets[0]
            sides = [[get(side, 1), get(side, 2)] for side in (2, 3)]
            version = [first.version[:1], first.version[1:]]
            header = seg("UNG", first.code, *sides, [get(4, 1), get(4, 2)], self.control, "UN",
                         version)  # fmt: skip
            self.group = Wrap(header, self.control)
        return self.group

    def bytes(self) -> bytes:
        """As it goes over the wire. Raises Mistake for a character that the set does not have."""
        inner = [one for sheet in self.sheets for one in sheet.segments()]
        if self.group is not None:
            inner = self.group.around(inner, len(self.sheets))
        segments = [self.header, *inner]
        if self.closed:
            count = max((1 if self.group else len(self.sheets)) + self.counts_by, 0)
            segments.append(seg("UNZ", str(count), self.closes_with or self.control))
        una = self.marks.una + self.line_end if self.una else ""
        out = una.encode("latin-1") + serialise(
            segments, self.marks, self.charset, self.line_end, self.raw
        )
        for char, raw in self.raw.items():
            out = out.replace(char.encode(), raw)
        return out


def serialise(
    segments: list[Segment], marks: Marks, charset: str, line_end: str = "",
    raw: dict[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """Segments as bytes, service characters escaped. Raises Mistake."""
    special = [marks.component, marks.element, marks.terminator, marks.release, marks.repetition]
    escapes = {ord(one): marks.release + one for one in special if one}
    level_a = charset == "UNOA"
    out: list[str] = []
    end = marks.terminator + line_end
    for segment in segments:
        out.append(segment.tag)
        for parts in segment.elements:
            if level_a:
                for part in parts:
                    _check(part, LEVEL_A, charset, raw)
            if not marks.release:
                for part in parts:
                    _unreleased(part, special)
            out.append(marks.element)
            if len(parts) == 1:
                out.append(parts[0].translate(escapes))
            else:
                out.append(marks.component.join([one.translate(escapes) for one in parts]))
        out.append(end)
    text = "".join(out)
    if not text.isprintable():
        for segment in segments:
            for parts in segment.elements:
                for part in parts:
                    _check(part, _CONTROL, charset, raw)
    try:
        return text.encode(CODECS[charset])
    except UnicodeEncodeError as error:
        raise _outside(text[error.start], charset) from None


def _check(text: str, outside: re.Pattern[str], charset: str, raw: dict[str, bytes] | None) -> None:
    for found in outside.finditer(text):
        if not raw or found[0] not in raw:
            raise _outside(found[0], charset)


def _outside(char: str, charset: str) -> Mistake:
    return Mistake(
        f"the character {char!r} is not in the character set {charset}",
        cure="set another `charset` in the partner's profile (UNOC, UNOY), or change the text",
    )


def _unreleased(text: str, special: list[str]) -> None:
    found = next((one for one in special if one and one in text), None)
    if found is not None:
        what = f"{found!r} stands in the data, and there is no release character"
        raise Mistake(what, cure="set `delimiters: {release: ...}` in the partner's profile")


def _writable(segments: list[Segment], charset: str) -> list[Segment]:
    """What answers repeat of what was sent may be anything: what the set lacks is a `?`."""
    codec = CODECS[charset]

    def fitting(text: str) -> str:
        text = text.encode(codec, "replace").decode(codec)
        if charset == "UNOA":
            text = LEVEL_A.sub("?", text.upper())
        return _CONTROL.sub("?", text)

    return [
        Segment(one.tag, tuple(tuple(map(fitting, parts)) for parts in one.elements))
        for one in segments
    ]


def _side(one: Identifier) -> list[str]:
    return [one.id, qualifier(one.qualifier)]


def draft(interchange: Interchange, profile: PartnerProfile) -> Draft:
    """An honest interchange, ready to be written. Raises Mistake for what EDIFACT cannot say."""
    partner, plant = _side(profile.identifiers.partner), _side(profile.identifiers.plant)
    sides = (partner, plant) if interchange.sender == "partner" else (plant, partner)
    moment = when(interchange.at, "201")
    charset = charset_of(profile)
    # Acknowledgements are never acknowledged, and nothing here is ever more than a test.
    only_answers = all(isinstance(one, ACKNOWLEDGEMENTS) for one in interchange.documents())
    asks = interchange.wants_acknowledgement and not only_answers
    header = seg(
        "UNB", [charset, "3"], *sides, [moment[:6], moment[6:]], interchange.control, "", "", "",
        "1" if asks else "", "", "1",
    )  # fmt: skip
    version = plain(profile.version)
    sheets = []
    for index, one in enumerate(interchange.contents, 1):
        mapping = writes(one.said, one.code)
        if mapping is None:
            what = f"there is no EDIFACT message for {one.said.document}"
            raise Mistake(what, cure=f"leave it out of what {profile.partner} says")
        control = one.control or str(index)
        kind = ["CONTRL", "D", "3", "UN"] if mapping.code == "CONTRL" else [
            mapping.code, version[:1], version[1:], "UN"
        ]  # fmt: skip
        body = mapping.write(one.said, profile)
        if isinstance(one.said, _ANSWERS):
            body = _writable(body, charset)
        sheets.append(Sheet(mapping.code, version, seg("UNH", control, kind), body, control))
    given = profile.delimiters
    marks = of_profile(profile)
    own = marks != Marks(repetition=marks.repetition)
    return Draft(
        marks, charset, header, sheets, interchange.control, una=given.una or own,
        line_end=given.line_end,
    )  # fmt: skip
