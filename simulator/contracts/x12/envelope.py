"""Interchange, groups and transaction sets: which segments belong where, and whether they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.header import WIDTH, Header
from simulator.contracts.x12.scan import BOM, LARGEST_SEGMENT, Scanned
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.values import as_clock, as_instant


@dataclass(slots=True)
class Set:
    """A transaction set: ST, what stands in it, and SE where there is one.

    `segments` and `texts` are without ST and SE.
    """

    st: Segment
    se: Segment | None = None
    segments: list[Segment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        """ST01: 856."""
        return self.st.get(1).strip()

    @property
    def control(self) -> str:
        """ST02."""
        return self.st.get(2).strip()


@dataclass(slots=True)
class Group:
    """A functional group."""

    gs: Segment
    ge: Segment | None = None
    sets: list[Set] = field(default_factory=list)

    @property
    def code(self) -> str:
        """GS01: SH."""
        return self.gs.get(1).strip()

    @property
    def control(self) -> str:
        """GS06."""
        return self.gs.get(6).strip()

    @property
    def version(self) -> str:
        """GS08: 004010, or 005010X186A1."""
        return self.gs.get(8).strip()


@dataclass(slots=True)
class Envelope:
    """An interchange, opened."""

    header: Header
    isa: Segment
    iea: Segment | None = None
    groups: list[Group] = field(default_factory=list)
    answers: list[Segment] = field(default_factory=list)  # TA1, which stands in no group
    cut: bool = False  # the file ends in the middle


def same_number(one: str, other: str) -> bool:
    """Are two control numbers or counts the same, whatever zeros stand before them?"""
    one, other = one.strip(), other.strip()
    if one == other:
        return bool(one)
    if one.isdecimal() and other.isdecimal() and one.isascii() and other.isascii():
        return one.lstrip("0") == other.lstrip("0")
    return False


def open_envelope(scanned: Scanned, found: Found) -> Envelope:
    """Sort segments into groups and sets, and check what the envelope says of itself."""
    header = scanned.header
    isa = Segment("ISA", header.elements, header.start, scanned.line)
    envelope = Envelope(header, isa)
    _Sorter(envelope, found).sort(scanned)
    _header(envelope, found)
    _bytes(scanned, envelope, found)
    return envelope


class _Sorter:
    def __init__(self, envelope: Envelope, found: Found) -> None:
        self.envelope = envelope
        self.found = found
        self.group: Group | None = None
        self.set: Set | None = None
        self.stray = False

    def sort(self, scanned: Scanned) -> None:
        """Every segment goes where it belongs."""
        segments = scanned.segments
        begins = 0
        for ends, segment in enumerate(segments):
            service = _SERVICE.get(segment.tag)
            if service is not None:
                if begins < ends:
                    self._inside(scanned, begins, ends)
                service(self, segment)
                begins = ends + 1
        if begins < len(segments):
            self._inside(scanned, begins, len(segments))
        self._finish(scanned)

    def _inside(self, scanned: Scanned, begins: int, ends: int) -> None:
        """Segments without any of the envelope's among them."""
        one = self.set
        if one is None:
            self._stray(scanned.segments[begins])
            return
        index = len(one.segments) + 2
        one.segments += scanned.segments[begins:ends]
        one.texts += scanned.texts[begins:ends]
        for segment in one.segments[index - 2 :]:
            segment.index = index
            index += 1

    def _iea(self, segment: Segment) -> None:
        self.envelope.iea = segment

    def _ta1(self, segment: Segment) -> None:
        if self.group is None:
            self.envelope.answers.append(segment)
        else:
            self._stray(segment)

    def _st(self, segment: Segment) -> None:
        if self.set is not None:
            self._no_trailer(self.set)
        self.set = None
        if self.group is None:
            self._stray(segment)
            return
        segment.index = 1
        self.set = Set(segment)
        self.group.sets.append(self.set)

    def _se(self, segment: Segment) -> None:
        if self.set is None:
            self._stray(segment)
            return
        one, self.set = self.set, None
        one.se = segment
        segment.index = len(one.segments) + 2
        group = self.group.control if self.group is not None else ""
        said = segment.get(1).strip()
        counted = str(segment.index)
        if not same_number(said, counted):
            what = f"SE01 says {said or 'nothing'}, there are {counted} segments"
            self.found.add(
                "segment-count-wrong", what, segment, 1, set_control=one.control, group=group
            )
        if segment.get(2).strip() != one.control:
            what = f"ST02 is {one.control!r}, SE02 is {segment.get(2).strip()!r}"
            self.found.add(
                "control-mismatch-set", what, segment, 2, set_control=one.control, group=group
            )

    def _gs(self, segment: Segment) -> None:
        self._close(segment)
        self.group = Group(segment)
        self.envelope.groups.append(self.group)

    def _ge(self, segment: Segment) -> None:
        group = self.group
        if self.set is not None:
            self._no_trailer(self.set)
            self.set = None
        if group is None:
            self._stray(segment)
            return
        group.ge, self.group = segment, None
        said, counted = segment.get(1).strip(), str(len(group.sets))
        if not same_number(said, counted):
            what = f"GE01 says {said or 'nothing'}, there are {counted} transaction sets"
            self.found.add("set-count-wrong", what, segment, 1, group=group.control)
        if not same_number(group.control, segment.get(2)):
            what = f"GS06 is {group.control!r}, GE02 is {segment.get(2).strip()!r}"
            self.found.add("control-mismatch-group", what, segment, 2, group=group.control)

    def _close(self, segment: Segment | None) -> None:
        """What is still open was never closed."""
        if self.set is not None:
            self._no_trailer(self.set)
            self.set = None
        if self.group is not None:
            what = "GE is missing"
            self.found.add("missing-group-trailer", what, self.group.gs, group=self.group.control)
            self.group = None

    def _no_trailer(self, one: Set) -> None:
        group = self.group.control if self.group is not None else ""
        self.found.add(
            "missing-set-trailer", "SE is missing", one.st, set_control=one.control, group=group
        )

    def _stray(self, segment: Segment) -> None:
        if not self.stray:
            what = f"{segment.tag[:8]!r} stands outside of any transaction set"
            self.found.add("unknown-segment", what, segment, level="interchange", code="TA105=022")
        self.stray = True

    def _twins(self) -> None:
        """Sets of one group that share a number: none of them can be told from the others."""
        for group in self.envelope.groups:
            if len(group.sets) == len({one.control for one in group.sets}):
                continue
            counted = Counter(one.control for one in group.sets)
            for one in group.sets:
                if counted[one.control] > 1:
                    self.found.add(
                        "control-mismatch-set", f"{one.control!r} stands on several sets", one.st,
                        2, set_control=one.control, group=group.control, code="AK502=23",
                    )  # fmt: skip

    def _finish(self, scanned: Scanned) -> None:
        envelope, found = self.envelope, self.found
        self._twins()
        iea = envelope.iea
        last = scanned.segments[-1] if scanned.segments else envelope.isa
        if iea is None:
            ends = not scanned.terminated or not scanned.header.whole
            envelope.cut = ends or self.set is not None or not scanned.segments
            if envelope.cut:
                what = f"the file ends in the middle, after {last.tag[:8]!r}"
                found.add("truncated", what, offset=scanned.end, line=last.line)
            else:
                self._close(None)
                found.add("missing-interchange-trailer", "IEA is missing", last)
            return
        self._close(iea)
        said, counted = iea.get(1).strip(), len(envelope.groups)
        if not same_number(said, str(counted)):
            what = f"IEA01 says {said or 'nothing'}, there are {counted} groups"
            # Some count a TA1, which stands in no group, as one.
            alone = not counted and len(envelope.answers) == 1 and same_number(said, "1")
            found.add("group-count-wrong", what, iea, 1, tolerated=True if alone else None)
        control = envelope.header.control
        if not same_number(control, iea.get(2)):
            if scanned.terminated:
                what = f"ISA13 is {control!r}, IEA02 is {iea.get(2).strip()!r}"
                found.add("control-mismatch-interchange", what, iea, 2)
            else:
                envelope.cut = True
                found.add("truncated", "the file ends in IEA", iea)
        elif not scanned.terminated and scanned.delimiters.segment not in "\r\n":
            what = "the last segment has no terminator; nothing else is missing"
            found.add("truncated", what, iea, tolerated=True)


_SERVICE: dict[str, Callable[[_Sorter, Segment], None]] = {
    "ST": _Sorter._st, "SE": _Sorter._se, "GS": _Sorter._gs, "GE": _Sorter._ge,
    "IEA": _Sorter._iea, "TA1": _Sorter._ta1,
}  # fmt: skip
"""What is done with the segments of envelopes."""


def _header(envelope: Envelope, found: Found) -> None:
    header, isa = envelope.header, envelope.isa
    if not header.regular and header.whole:
        width = len("ISA") + 1 + sum(map(len, header.elements)) + len(header.elements)
        what = f"ISA is {width} characters wide, it must be {WIDTH}"
        found.add("interchange-header-width", what, isa)
    if not header.delimiters.distinct and header.regular:
        what = f"these cannot be delimiters: {header.delimiters}"
        found.add("invalid-character", what, isa, 16, level="interchange", code="TA105=026")
    if not header.whole:
        return
    control = header.control
    if not (control.isascii() and control.isdigit()):
        what = f"ISA13 is no number: {control!r}"
        found.add("invalid-character", what, isa, 13, level="interchange", code="TA105=018")
    if as_instant(header.get(9)) is None:
        what = f"ISA09 is no date: {header.get(9)!r}"
        found.add("invalid-date", what, isa, 9, level="interchange", code="TA105=014")
    if as_clock(header.get(10)) is None:
        what = f"ISA10 is no time: {header.get(10)!r}"
        found.add("invalid-time", what, isa, 10, level="interchange", code="TA105=015")
    if header.get(14) not in ("0", "1"):
        what = f"ISA14 is {header.get(14)!r}, not 0 or 1"
        found.add("invalid-code", what, isa, 14, level="interchange", code="TA105=019")
    if header.get(15) not in ("P", "T", "I"):
        what = f"ISA15 is {header.get(15)!r}, not P or T"
        found.add("invalid-code", what, isa, 15, level="interchange", code="TA105=020")


def _bytes(scanned: Scanned, envelope: Envelope, found: Found) -> None:
    header = scanned.header
    at, line = header.start, scanned.line
    if scanned.delimiters.segment in "\r\n":
        found.add(
            "newline-terminator", "a line end is the segment terminator", offset=at, line=line
        )
    elif scanned.line_ends:
        what = "line ends stand behind the terminators"
        found.add("carriage-returns", what, offset=at, line=line)
    if header.folded or scanned.folded is not None:
        first = scanned.segments[scanned.folded] if scanned.folded is not None else envelope.isa
        what = "line ends stand inside segments"
        found.add("folded-lines", what, offset=first.offset, line=first.line)
    if scanned.garbage_before or scanned.garbage_after:
        where = "before ISA" if scanned.garbage_before else "after IEA"
        found.add("bytes-outside", f"there are bytes {where}", level="bytes", tolerated=True)
    if header.nuls:
        found.add("nul-bytes", "NUL bytes in ISA", envelope.isa, code="TA105=022")
    _odd(scanned, envelope, found, scanned.nuls, "nul-bytes", "NUL bytes")
    what = "bytes that the character set does not have"
    _odd(scanned, envelope, found, scanned.undecodable, "charset-mismatch", what)
    what = f"more than {LARGEST_SEGMENT} characters"
    _odd(scanned, envelope, found, scanned.oversize, "oversize", what, "AK403=5")


def _odd(
    scanned: Scanned, envelope: Envelope, found: Found, indices: list[int], name: str, what: str,
    code: str = "AK403=6",
) -> None:  # fmt: skip
    """Say it where it stands: of the set's segment, or of the envelope."""
    if not indices:
        return
    homes: dict[int, tuple[Group, Set]] = {}
    for group in envelope.groups:
        for one in group.sets:
            for segment in (one.st, *one.segments, *([one.se] if one.se else [])):
                homes[segment.offset] = (group, one)
    for index in indices[:20]:
        if index >= len(scanned.segments):
            continue
        segment = scanned.segments[index]
        home = homes.get(segment.offset)
        if home is not None:
            found.add(
                name, what, segment, code=code, group=home[0].control,
                set_control=home[1].control,
            )  # fmt: skip
        else:
            found.add(name, what, segment, level="interchange", code="TA105=022")


def has_mark(body: bytes) -> bool:
    """Does the file begin with a UTF-8 byte order mark?"""
    return body.startswith(BOM.encode("latin-1"))
