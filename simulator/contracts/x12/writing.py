"""An interchange to bytes: envelopes, counts, control numbers; broken where that is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, groupby

from simulator.contracts.x12 import mapping as maps
from simulator.contracts.x12.header import WIDTHS, Delimiters
from simulator.contracts.x12.scan import ELEMENT
from simulator.contracts.x12.segments import COMPONENT, REPEATED, Segment, seg
from simulator.core.durations import to_datetime
from simulator.core.errors import Mistake
from simulator.plant.trading.interchange import Enclosed, Interchange
from simulator.plant.trading.partners import Identifier, PartnerProfile

RESPONSIBLE = "X"  # GS07: the version is ASC X12's
REPEATS_FROM = "004020"
TERMINATOR = "\x1c"
"""Ends a segment in memory, until the partner's own is known."""


@dataclass(slots=True)
class WrittenSet:
    """A transaction set on its way out; ST and SE are made at the end."""

    code: str
    control: str
    segments: list[Segment]
    said: str = ""  # the name of the document
    number: str = ""
    closing: str = ""  # SE02, where it is another
    counted: int = 0  # so much is added to SE01
    trailer: bool = True


@dataclass(slots=True)
class WrittenGroup:
    """A functional group on its way out."""

    code: str
    control: str
    sets: list[WrittenSet]
    closing: str = ""  # GE02, where it is another
    counted: int = 0  # so much is added to GE01
    trailer: bool = True


@dataclass(slots=True)
class Written:
    """An interchange on its way out: sound, until somebody breaks it."""

    profile: PartnerProfile
    header: list[str]  # ISA01 to ISA16, as wide as they must be
    delimiters: Delimiters
    groups: list[WrittenGroup] = field(default_factory=list)
    answers: list[Segment] = field(default_factory=list)  # TA1
    version: str = ""
    day: str = ""
    clock: str = ""
    closing: str = ""  # IEA02, where it is another
    counted: int = 0  # so much is added to IEA01
    trailer: bool = True
    raw: list[tuple[str, str]] = field(default_factory=list)  # put in as they are, at the end
    line_end: str = ""  # behind each terminator

    @property
    def control(self) -> str:
        """ISA13."""
        return self.header[12]

    def text(self) -> str:
        """What goes over the wire, as characters."""
        marks = self.delimiters
        body = "".join(
            ELEMENT.join((one.tag, *one.elements)) + TERMINATOR for one in self._segments()
        ).translate(
            {
                ord(ELEMENT): marks.element, ord(COMPONENT): marks.component,
                ord(REPEATED): marks.repetition or " ", ord(TERMINATOR): marks.segment,
            }
        )  # fmt: skip
        text = "ISA" + marks.element + marks.element.join(self.header) + marks.segment + body
        if self.line_end:
            text = text.replace(marks.segment, marks.segment + self.line_end)
        for placeholder, real in self.raw:
            text = text.replace(placeholder, real)
        return text

    def encoded(self) -> bytes:
        """What goes over the wire: what the character set lacks is written without its accents."""
        return encode(self.text(), self.profile.charset)

    def _segments(self) -> Iterable[Segment]:
        yield from self.answers
        ids = self._ids()
        for group in self.groups:
            yield Segment(
                "GS",
                (group.code, *ids, self.day, self.clock, group.control, RESPONSIBLE, self.version),
            )
            for one in group.sets:
                yield seg("ST", one.code, one.control)
                yield from one.segments
                if one.trailer:
                    counted = str(max(0, len(one.segments) + 2 + one.counted))
                    yield seg("SE", counted, one.closing or one.control)
            if group.trailer:
                counted = str(max(0, len(group.sets) + group.counted))
                yield seg("GE", counted, group.closing or group.control)
        if self.trailer:
            counted = str(max(0, len(self.groups) + self.counted))
            yield seg("IEA", counted, self.closing or self.control)

    def _ids(self) -> tuple[str, str]:
        """GS02 and GS03, for whom ISA names."""
        ids = self.profile.identifiers
        own = {one.id: one.group or one.id for one in (ids.partner, ids.plant)}
        sender, receiver = self.header[5].strip(), self.header[7].strip()
        return own.get(sender, sender), own.get(receiver, receiver)


def delimiters(profile: PartnerProfile) -> Delimiters:
    """A profile's delimiters, the usual ones where it names none."""
    own = profile.delimiters
    repetition = (own.repetition or "^") if profile.version >= REPEATS_FROM else ""
    return Delimiters(own.element or "*", own.component or ">", own.segment or "~", repetition)


def prepare(interchange: Interchange, profile: PartnerProfile) -> Written:
    """Documents to segments in their envelopes.

    Raises Mistake for delimiters that cannot be, an identifier that does not fit, and a document
    that no transaction set carries.
    """
    marks = delimiters(profile)
    if not marks.distinct and marks.segment not in "\r\n":
        what = f"{profile.partner}: these cannot be the delimiters of X12: {marks}"
        raise Mistake(what, cure="take four different characters that are no letters or digits")
    moment = to_datetime(interchange.at)
    written = Written(
        profile, _isa(interchange, profile, marks), marks, version=profile.version,
        day=moment.strftime("%Y%m%d"), clock=moment.strftime("%H%M"),
        line_end="" if marks.segment in "\r\n" else profile.delimiters.line_end,
    )  # fmt: skip
    forbidden = re.compile(f"[{re.escape(_forbidden(marks))}]")
    count = 0
    for (group, code), enclosed in groupby(_mapped(interchange, profile), _key):
        sets = [
            _set(one, mapping, place, profile, forbidden)
            for place, (one, mapping, _) in enumerate(enclosed, count + 1)
        ]
        count += len(sets)
        if not code:
            written.answers += [segment for one in sets for segment in one.segments]
            continue
        control = group.partition("\0")[0].lstrip("0") or _group_control(
            interchange, len(written.groups)
        )
        written.groups.append(WrittenGroup(code, control, sets))
    return written


_Mapped = tuple[Enclosed, maps.Mapping, str]


def _mapped(interchange: Interchange, profile: PartnerProfile) -> Iterable[_Mapped]:
    """Each document with its mapping and its group; one group each where nobody says."""
    for place, one in enumerate(interchange.contents):
        mapping = maps.writes(one.said, one.code)
        if mapping is None:
            what = f"X12 has no transaction set for a {one.said.document} here"
            raise Mistake(what, cure="leave it out of what this endpoint says")
        apart = f"\0{place}" if not one.group and profile.one_per_group else ""
        yield one, mapping, one.group + apart


def _key(one: _Mapped) -> tuple[str, str]:
    return one[2], one[1].group


def _set(
    one: Enclosed, mapping: maps.Mapping, place: int, profile: PartnerProfile,
    forbidden: re.Pattern[str],
) -> WrittenSet:  # fmt: skip
    segments = mapping.write(one.said, profile)
    if forbidden.search("".join(chain.from_iterable(each.elements for each in segments))):
        segments = [
            Segment(each.tag, tuple(forbidden.sub(" ", text) for text in each.elements))
            for each in segments
        ]
    control = one.control or f"{place:04d}"
    return WrittenSet(mapping.code, control, segments, one.said.document, one.said.number)


def _group_control(interchange: Interchange, place: int) -> str:
    """GS06 where nobody said it: the interchange's own number, and on from there."""
    digits = interchange.control if interchange.control.isdigit() else "1"
    return str((int(digits) + place - 1) % 999_999_999 + 1)


def _forbidden(marks: Delimiters) -> str:
    """Characters that no data may hold: X12 has no way to escape them."""
    control = "".join(map(chr, range(0x20)))
    used = marks.element + marks.component + marks.segment + marks.repetition
    return "".join(one for one in control + used if one not in (COMPONENT, REPEATED))


def _isa(interchange: Interchange, profile: PartnerProfile, marks: Delimiters) -> list[str]:
    ids = profile.identifiers
    sender, receiver = ids.partner, ids.plant
    if interchange.sender == "plant":
        sender, receiver = receiver, sender
    moment = to_datetime(interchange.at)
    digits = interchange.control
    if not (digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= WIDTHS[12]):
        what = f"an X12 control number has at most 9 digits, got {digits!r}"
        raise Mistake(what, cure="count from 1 to 999999999")
    return [
        "00", " " * 10, "00", " " * 10, *_party(sender), *_party(receiver),
        moment.strftime("%y%m%d"), moment.strftime("%H%M"), marks.repetition or "U",
        profile.version[:5].ljust(5), digits.lstrip("0").rjust(9, "0"),
        "1" if interchange.wants_acknowledgement else "0", "T", marks.component,
    ]  # fmt: skip


def _party(one: Identifier) -> tuple[str, str]:
    if len(one.id) > WIDTHS[5] or len(one.qualifier) > WIDTHS[4]:
        what = f"{one.qualifier} {one.id!r} does not fit into ISA: 2 and 15 characters"
        raise Mistake(what, cure="shorten the identifier in the partner's profile")
    return one.qualifier.ljust(2), one.id.ljust(WIDTHS[5])


def encode(text: str, charset: str) -> bytes:
    """Characters to bytes; what the character set lacks is written without its accents, or `?`."""
    if text.isascii() or charset == "utf-8":
        return text.encode("utf-8")
    name = "latin-1" if charset == "latin-1" else "ascii"
    try:
        return text.encode(name)
    except UnicodeEncodeError:
        plain = "".join(one if _has(one, name) else _plain(one) for one in text)
        return plain.encode(name, "replace")


def _has(mark: str, name: str) -> bool:
    return ord(mark) < (256 if name == "latin-1" else 128)


def _plain(mark: str) -> str:
    """One character for one, so that no length changes."""
    bare = unicodedata.normalize("NFKD", mark)[0]
    return bare if ord(bare) < 128 else "?"
