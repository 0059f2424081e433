"""`stagefloor inspect`: everything there is to say about a file of interchanges."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.contracts._trading import Terms
from simulator.contracts._trading.inspecting import (
    Answer,
    Partners,
    documents,
    enclosing,
    flaw,
    summary,
    summed_up,
)
from simulator.contracts.x12.answering import too_large
from simulator.contracts.x12.guide import agreed
from simulator.contracts.x12.header import find_header
from simulator.contracts.x12.mapping import writes
from simulator.contracts.x12.reading import Read, read
from simulator.contracts.x12.scan import Scanned
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.tree import grow, interchange
from simulator.contracts.x12.writing import prepare
from simulator.core.errors import Mistake, Refusal
from simulator.core.inspection import Answered, Flaw, Inspection
from simulator.plant.trading.partners import PartnerProfile

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
    partners = Partners("x12", payloads, partner, agreed)

    def terms_of(one: Scanned) -> Terms:
        known = partners.between(one.header.get(6), one.header.get(8))
        return known or Terms(guess(one), guessed=True)

    try:
        found = read(body, terms_of)
    except Refusal as refusal:
        return _refused(body, refusal)
    made = Inspection("x12", summed_up([_summary(one) for one in found]))
    for one in found:
        received = one.received
        made.tree.append(grow(one))
        made.flaws.extend(flaw(finding, "set", "-") for finding in received.findings)
        profile = terms_of(one.scanned).profile
        made.answers.extend(_answered(said, profile) for said in received.answers)
        made.documents.extend(documents(received.interchange))
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
    header, groups = one.envelope.header, one.envelope.groups
    sets = [f"{inner.code} {group.version}".strip() for group in groups for inner in group.sets]
    inside = [*("TA1" for _ in one.envelope.answers), *sets] or ["no transaction set"]
    return summary("X12", header.control, header.get(6), header.get(8), inside)


def _answered(said: Answer, profile: PartnerProfile) -> Answered:
    mapping = writes(said)
    wire = mapping.code if mapping is not None else ""
    return Answered(said.document, wire, said.verdict, tuple(said.codes), _raw(said, profile))


def _raw(said: Answer, profile: PartnerProfile) -> str:
    """The 997 or TA1 as it would go over the wire; nothing where it cannot be written."""
    digits = "".join(one for one in said.acknowledges if one in "0123456789")[-9:]
    try:
        return prepare(enclosing(said, digits or "1"), profile).text()
    except Mistake:
        return ""
