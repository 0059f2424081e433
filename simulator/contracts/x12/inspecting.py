"""`stagefloor inspect`: everything there is to say about a file of interchanges."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.contracts.x12.answering import too_large
from simulator.contracts.x12.guide import own_folder
from simulator.contracts.x12.header import Header, find_header
from simulator.contracts.x12.mapping import writes
from simulator.contracts.x12.reading import Read, Terms, read
from simulator.contracts.x12.scan import Scanned
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.tree import grow, interchange
from simulator.contracts.x12.writing import prepare
from simulator.core.errors import Mistake, Refusal
from simulator.core.inspection import Answered, Flaw, Inspection
from simulator.plant.trading.answers import FunctionalAcknowledgement, InterchangeAcknowledgement
from simulator.plant.trading.interchange import Enclosed, Finding, Interchange
from simulator.plant.trading.partners import FOLDER, PartnerProfile, load_partner

NEAR = 4096
"""Bytes in which an interchange must begin, for a file to be taken for one of ours."""
_LEAD = re.compile(rb"[\x00\t\n\r\x1a \xef\xbb\xbf]*ISA[^A-Za-z0-9 \t\r\n\x00]")
_VERSION = re.compile(r"\d{6}")


def recognises(body: bytes) -> bool:
    """Does it begin like an interchange, or have one near its beginning?"""
    head = body[:NEAR]
    return _LEAD.match(head) is not None or find_header(head.decode("latin-1")) is not None


def inspect(body: bytes, payloads: Path | None = None, partner: str | None = None) -> Inspection:
    """Tree, flaws, answers and documents of every interchange.

    `partner` names the profile by which it is judged; else it is found by the identifiers, or
    guessed. Raises Mistake only for a partner's profile that cannot be read.
    """
    profiles = _Profiles(payloads, partner)
    try:
        found = read(body, profiles.terms)
    except Refusal as refusal:
        return _refused(body, refusal)
    made = Inspection("x12", "")
    for one in found:
        received = one.received
        made.tree.append(grow(one))
        made.flaws.extend(_flaw(finding) for finding in received.findings)
        profile = profiles.terms(one.scanned).profile
        made.answers.extend(_answered(said, profile) for said in received.answers)
        made.documents.extend(
            {"document": said.document, **said.model_dump(mode="json")}
            for said in received.interchange.documents()
        )
    shown = [_summary(one) for one in found[:5]]
    made.summary = "; ".join(shown) + (" …" if len(found) > len(shown) else "")
    return made


def _refused(body: bytes, refusal: Refusal) -> Inspection:
    """What can be said where nothing can be read: too much of it, or not even a header."""
    made = Inspection("x12", refusal.detail, readable=False)
    header = find_header(body[:NEAR].decode("latin-1"))
    if header is None:
        made.flaws.append(Flaw("truncated", refusal.detail, "", 0, 1))
        return made
    made.readable = True
    made.tree.append(interchange(header))
    made.flaws.append(Flaw("oversize", refusal.detail, "", header.start, None))
    profile = guess(Scanned(header, 0, header.end, 1))
    made.answers.append(_answered(too_large(header, profile), profile))
    return made


class _Profiles:
    """The partner's profile: as named, or as one names both sides, or guessed."""

    def __init__(self, payloads: Path | None, partner: str | None) -> None:
        self.partner = partner
        self.known: list[Terms] = []
        if payloads is not None:
            files = sorted((payloads / FOLDER).glob("*.yaml"))
            names = [partner] if partner else [one.stem for one in files]
            self.known = [one for name in names for one in self._load(name, payloads)]

    def _load(self, name: str, payloads: Path) -> list[Terms]:
        try:
            profile = load_partner(name, payloads)
            own = own_folder(profile.guide, payloads)
        except Mistake:
            if self.partner:
                raise
            return []  # nobody asked for this one
        if profile.standard == "x12":
            return [Terms(profile, own)]
        if self.partner:
            raise Mistake(f"{name} speaks {profile.standard}, and this is x12")
        return []

    def terms(self, one: Scanned) -> Terms:
        """With what an interchange is to be read."""
        sides = {one.header.get(6), one.header.get(8)}
        for terms in self.known:
            ids = terms.profile.identifiers
            if self.partner or sides == {ids.partner.id, ids.plant.id}:
                return terms
        return Terms(guess(one), guessed=True)


def guess(one: Scanned) -> PartnerProfile:
    """A profile by which the envelope is as agreed on: its sender is the partner."""
    header, marks = one.header, one.delimiters
    group = next((segment for segment in one.segments if segment.tag == "GS"), Segment("GS"))
    sides = {
        name: {
            "id": header.get(at + 1)[:15] or "?", "qualifier": header.get(at)[:2] or "ZZ",
            "group": group.get(own).strip()[:15],
        }
        for name, at, own in (("partner", 5, 2), ("plant", 7, 3))
    }  # fmt: skip
    delimiters = {"line_end": "\n" if one.line_ends else ""}
    if marks.distinct and len(marks.segment) == 1:
        delimiters |= {
            "element": marks.element, "component": marks.component, "segment": marks.segment,
            "repetition": marks.repetition,
        }  # fmt: skip
    return PartnerProfile.model_validate(
        {
            "partner": header.get(6) or "?",
            "standard": "x12",
            "version": _version(group.get(8), header.get(12)),
            "identifiers": sides,
            "delimiters": delimiters,
            "charset": "latin-1",
            "tolerates": _unjudged(one),
            "acknowledge": {"interchange": "1m", "group": "1m"},
        }
    )


def _version(group: str, interchange: str) -> str:
    """What GS08 says, else what ISA12 comes to: 00401 is 004010."""
    for text in (group[:6], interchange.ljust(6, "0")):
        if _VERSION.fullmatch(text):
            return text
    return "004010"


def _unjudged(one: Scanned) -> list[str]:
    """What only those who agreed on it can judge: units, and what a schedule's hash total sums."""
    codes = {segment.get(1) for segment in one.segments if segment.tag == "ST"}
    return ["unknown-unit", *(["hash-total-wrong"] if codes & {"830", "862"} else [])]


def _summary(one: Read) -> str:
    header = one.envelope.header
    kinds: dict[str, int] = {"TA1": len(one.envelope.answers)} if one.envelope.answers else {}
    for group in one.envelope.groups:
        for inner in group.sets:
            name = f"{inner.code} {group.version}".strip()
            kinds[name] = kinds.get(name, 0) + 1
    what = ", ".join(name if n == 1 else f"{n} × {name}" for name, n in kinds.items())
    return f"{_sides(header)}: {what or 'no transaction set'}"


def _sides(header: Header) -> str:
    return (
        f"X12 interchange {header.control or '?'} from {header.get(6) or '?'} to "
        f"{header.get(8) or '?'}"
    )


def _flaw(one: Finding) -> Flaw:
    where = []
    if one.group:
        where.append(f"group {one.group}")
    if one.set_control:
        where.append(f"set {one.set_control}")
    if one.tag:
        where.append(f"segment {one.segment} ({one.tag})" if one.segment else one.tag)
    if one.element is not None:
        where.append(f"element {one.element}" + (f"-{one.component}" if one.component else ""))
    return Flaw(one.name, one.what, ", ".join(where), one.offset, one.line, one.tolerated)


def _answered(
    said: FunctionalAcknowledgement | InterchangeAcknowledgement, profile: PartnerProfile
) -> Answered:
    mapping = writes(said)
    wire = mapping.code if mapping is not None else ""
    return Answered(said.document, wire, said.verdict, tuple(said.codes), _raw(said, profile))


def _raw(
    said: FunctionalAcknowledgement | InterchangeAcknowledgement, profile: PartnerProfile
) -> str:
    """The 997 or TA1 as it would go over the wire; nothing where it cannot be written."""
    digits = "".join(one for one in said.acknowledges if one in "0123456789")[-9:]
    answer = Interchange(
        partner=said.partner, sender=said.sender, control=digits or "1", at=said.at,
        contents=[Enclosed(said=said)],
    )  # fmt: skip
    try:
        return prepare(answer, profile).text()
    except Mistake:
        return ""
