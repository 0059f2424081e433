"""An interchange against what was agreed on: references, counts, partners, versions, messages."""

from __future__ import annotations

from simulator.contracts._trading import Terms
from simulator.contracts.edifact.check import Checker
from simulator.contracts.edifact.envelope import Envelope, Group, Message
from simulator.contracts.edifact.findings import Report, short
from simulator.contracts.edifact.guide import find_guide, service
from simulator.contracts.edifact.mapping import reads
from simulator.contracts.edifact.marks import CODECS
from simulator.contracts.edifact.segments import Segment
from simulator.contracts.edifact.values import as_instant
from simulator.core.durations import Instant
from simulator.plant.trading.interchange import Level
from simulator.plant.trading.partners import Identifier
from simulator.plant.trading.parts import Sender


def plain(version: str) -> str:
    """A version without punctuation: D.96A is D96A."""
    return "".join(one for one in version.upper() if one.isalnum())


def qualifier(given: str) -> str:
    """A qualifier as UN/EDIFACT writes it (0007): mutually defined is ZZZ."""
    return "ZZZ" if given == "ZZ" else given


class Judge:
    """Judges one envelope; everything goes into the report."""

    def __init__(self, envelope: Envelope, report: Report, terms: Terms) -> None:
        self.envelope = envelope
        self.report = report
        self.terms = terms
        self.sender: Sender = "plant"
        self.at: Instant = 0

    def all(self) -> None:
        """Every check that needs no document."""
        for fact in self.envelope.facts:
            self.report.add(
                fact.name, fact.what, offset=fact.offset, line=fact.line,
                tolerated=fact.tolerated, as_code=fact.as_code,
            )  # fmt: skip
        self._header()
        self._trailer()
        groups: set[str] = set()
        for group in self.envelope.groups:
            self._group(group, again=group.control in groups)
            groups.add(group.control)
        seen: set[tuple[int, str]] = set()
        for message in self.envelope.messages:
            self._message(message)
            mark = id(message.group), message.control
            if mark in seen:
                what = f"the reference {short(message.control)} stands on two messages"
                self._set("control-mismatch-set", what, message.header, message, as_code="26")
            seen.add(mark)
        for stray in self.envelope.strays[:10]:
            what = f"{stray.tag[:3]} stands in no message"
            self.report.add("unknown-segment", what, stray, level="interchange")

    def _header(self) -> None:
        envelope, header, report = self.envelope, self.envelope.header, self.report
        self._service(header, "interchange")
        known = envelope.charset in CODECS
        if self.terms.guessed and not envelope.charset.startswith("UNO"):
            known = True  # IATA and others have character sets of their own
        if envelope.charset and not (known and header.get(1, 2) in "1234"):
            what = f"no character set and syntax that is known: {envelope.charset}"
            report.add("unsupported-version", what, header, 1, level="interchange")
        day, time = header.get(4, 1), header.get(4, 2)
        form = "102" if len(day) == 8 else "101"
        midnight = as_instant(day, form)
        if day and midnight is None:
            what = f"there is no such date: {short(day)}"
            report.add("invalid-date", what, header, 4, 1, level="interchange")
        else:
            moment = as_instant(day + time, "203" if form == "102" else "201")
            if moment is None and time:
                what = f"there is no such time: {short(time)}"
                report.add("invalid-time", what, header, 4, 2, level="interchange")
            self.at = moment or midnight or 0
        self._partners(header)

    def _partners(self, header: Segment) -> None:
        if self.terms.guessed:
            self.sender = "partner"
            return
        sides = self.terms.profile.identifiers
        sender, receiver = (
            (header.get(2, 1), header.get(2, 2)),
            (header.get(3, 1), header.get(3, 2)),
        )
        if _is(sender, sides.plant):
            self.sender = "plant"
        elif _is(sender, sides.partner):
            self.sender = "partner"
        else:
            what = f"the sender {short(sender[0])} is not the one agreed on"
            self.report.add("unknown-partner", what, header, 2, 1, as_code="23")
        other = sides.partner if self.sender == "plant" else sides.plant
        if not _is(receiver, other):
            what = f"the receiver {short(receiver[0])} is not {short(other.id)}"
            self.report.add("unknown-partner", what, header, 3, 1, as_code="7")

    def _service(
        self, segment: Segment, level: Level | None, control: str = "", group: str = ""
    ) -> None:
        rule = service().rules[segment.tag]
        Checker(self.report, control, group, level).elements(segment, rule)

    def _trailer(self) -> None:
        envelope, report, trailer = self.envelope, self.report, self.envelope.trailer
        if trailer is None:
            if not envelope.cut:
                report.add("missing-interchange-trailer", "UNZ is missing", envelope.header)
            return
        self._service(trailer, "interchange")
        _compare(report, "control-mismatch-interchange", envelope.control, trailer, "UNB")
        count = len(envelope.groups) or len(envelope.messages)
        what = "groups" if envelope.groups else "messages"
        _count(report, "group-count-wrong", count, trailer, what)
        if not envelope.messages:
            what = "there is no message in it"
            report.add("missing-segment", what, trailer, level="interchange")

    def _group(self, group: Group, *, again: bool) -> None:
        report, trailer, control = self.report, group.trailer, group.control
        self._service(group.header, "group", group=control)
        if again:
            what = f"the reference {short(control)} stands on two groups"
            report.add("control-mismatch-group", what, group.header, group=control, as_code="26")
        if trailer is None:
            if not self.envelope.cut:
                what = "UNE is missing"
                report.add("missing-group-trailer", what, group.header, group=control)
        else:
            self._service(trailer, "group", group=control)
            _compare(report, "control-mismatch-group", control, trailer, "UNG", ("", control))
            _count(
                report, "set-count-wrong", len(group.messages), trailer, "messages", ("", control)
            )
        if control in report.refused_groups:
            report.refused.update(one.control for one in group.messages)

    def _set(
        self, name: str, what: str, segment: Segment, message: Message, *, as_code: str = ""
    ) -> None:
        group = message.group.control if message.group is not None else ""
        self.report.add(
            name, what, segment, control=message.control, group=group, level="set", as_code=as_code
        )

    def _message(self, message: Message) -> None:
        report, trailer, control = self.report, message.trailer, message.control
        message.header.index = 1
        group = message.group.control if message.group is not None else ""
        self._service(message.header, None, control, group)
        cut = self.envelope.cut and message is self.envelope.messages[-1] and trailer is None
        if trailer is None:
            if not cut:
                self._set("missing-set-trailer", "UNT is missing", message.header, message)
        else:
            self._service(trailer, None, control, group)
            of = (control, group)
            _compare(report, "control-mismatch-set", control, trailer, "UNH", of)
            count = len(message.segments) + 2
            _count(report, "segment-count-wrong", count, trailer, "segments", of)
        self._agreed(message)
        guide = find_guide(message.code, message.version, self.terms.guides)
        checker = Checker(report, control, group, guessed=self.terms.guessed)
        checker.message(message.segments, guide, message.header, cut=cut)

    def _agreed(self, message: Message) -> None:
        if self.terms.guessed or message.code == "CONTRL":
            return
        if reads(message.code) is None:
            what = f"messages of the type {short(message.code)} are not agreed on"
            self._set("unsupported-set", what, message.header, message)
        elif message.version != plain(self.terms.profile.version):
            what = f"{message.code} {message.version} is not {self.terms.profile.version}"
            self._set("unsupported-version", what, message.header, message)


def _is(given: tuple[str, str], agreed: Identifier) -> bool:
    """Is this who was agreed on? A qualifier that nobody gives says nothing."""
    return given[0] == agreed.id and given[1] in ("", agreed.qualifier, qualifier(agreed.qualifier))


def _compare(
    report: Report, name: str, control: str, trailer: Segment, header: str,
    of: tuple[str, str] = ("", ""),
) -> None:  # fmt: skip
    """Does a trailer repeat its header's reference? Other leading zeros are tolerated."""
    given = trailer.get(2)
    if given == control:
        return
    same = given.isdecimal() and control.isdecimal() and given.lstrip("0") == control.lstrip("0")
    what = f"{trailer.tag} says {short(given)}, {header} {short(control)}"
    tolerated = True if same else None
    report.add(name, what, trailer, 2, control=of[0], group=of[1], tolerated=tolerated)


def _count(
    report: Report, name: str, count: int, trailer: Segment, what: str,
    of: tuple[str, str] = ("", ""),
) -> None:  # fmt: skip
    """Does a trailer count right? Leading zeros are fine."""
    given = trailer.get(1)
    if not (given.isdecimal() and given.lstrip("0") == str(count or "")):
        said = f"{trailer.tag} counts {short(given)} {what}, there are {count}"
        report.add(name, said, trailer, 1, control=of[0], group=of[1])
