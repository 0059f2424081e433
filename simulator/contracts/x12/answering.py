"""What a right counterparty answers to an interchange: TA1 where the envelope is asked about or
bad, and a 997 for each group. An acknowledgement is never acknowledged."""

from __future__ import annotations

from collections import Counter

from simulator.contracts.x12.documents.acknowledgement import MOST_CODES, reasons
from simulator.contracts.x12.envelope import Envelope, Group, Set
from simulator.contracts.x12.findings import refuses
from simulator.contracts.x12.guide import Guide
from simulator.contracts.x12.header import Header
from simulator.contracts.x12.values import as_instant
from simulator.core.durations import Instant
from simulator.plant.trading.answers import (
    ElementNote,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
    SegmentNote,
    SetNote,
    Verdict,
)
from simulator.plant.trading.interchange import Finding
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender

ACKNOWLEDGING = "FA"  # GS01 of a 997's group
MOST_NOTES = 100  # segments named of one set; the rest is as bad
_IN_SETS = ("bytes", "segment", "element")

Answers = list[FunctionalAcknowledgement | InterchangeAcknowledgement]


def is_bad_envelope(findings: list[Finding]) -> bool:
    """Is the whole interchange refused?"""
    return any(_of_interchange(one) for one in findings)


def _of_interchange(one: Finding) -> bool:
    return refuses(one) and any(code.startswith("TA105=") for code in one.codes)


def answer(
    envelope: Envelope,
    findings: list[Finding],
    profile: PartnerProfile,
    guides: dict[int, Guide | None],
    by: Sender,
    at: Instant,
) -> tuple[Answers, list[str]]:
    """The answers of who is spoken to, and the control numbers of the sets that may not be used.

    A number that stands in several groups, as each may count from 0001, has its group's before it:
    `12/0001`. `guides` are those of the sets, by the `id` of each.
    """
    bad = [one for one in findings if _of_interchange(one)]
    sets = [one for group in envelope.groups for one in group.sets]
    answers: Answers = []
    if _asks(envelope):
        if bad:
            answers.append(_interchange(envelope.header, bad, profile, by, at))
        elif envelope.header.get(14) == "1" and profile.acknowledge.interchange is not None:
            answers.append(_interchange(envelope.header, [], profile, by, at))
    if bad:
        return answers, [one.control for one in sets]
    refused: list[str] = []
    several = Counter(one for group in envelope.groups for one in {s.control for s in group.sets})
    for group in envelope.groups:
        said, no = _group(group, findings, profile, guides, by, at)
        refused += [one if several[one] == 1 else f"{group.control}/{one}" for one in no]
        if group.code != ACKNOWLEDGING and profile.acknowledge.group is not None:
            answers.append(said)
    return answers, refused


def _asks(envelope: Envelope) -> bool:
    """Does it hold anything but acknowledgements? An empty one is answered too."""
    if not envelope.groups:
        return not envelope.answers
    return any(group.code != ACKNOWLEDGING for group in envelope.groups)


def too_large(header: Header, profile: PartnerProfile) -> InterchangeAcknowledgement:
    """The answer to what nobody reads to its end."""
    at = as_instant(header.get(9), header.get(10)) or 0
    bad = Finding(name="oversize", level="bytes", what="", codes=["TA105=022"])
    return _interchange(header, [bad], profile, "plant", at)


def _interchange(
    header: Header, bad: list[Finding], profile: PartnerProfile, by: Sender, at: Instant
) -> InterchangeAcknowledgement:
    codes = list(
        dict.fromkeys(code for one in bad for code in one.codes if code.startswith("TA105"))
    )
    return InterchangeAcknowledgement(
        partner=profile.partner, sender=by, number=header.control, at=at,
        acknowledges=header.control, sent=as_instant(header.get(9), header.get(10)),
        verdict="rejected" if bad else "accepted", codes=codes,
        reasons=list(dict.fromkeys(one.name for one in bad)),
    )  # fmt: skip


def _group(
    group: Group,
    findings: list[Finding],
    profile: PartnerProfile,
    guides: dict[int, Guide | None],
    by: Sender,
    at: Instant,
) -> tuple[FunctionalAcknowledgement, list[str]]:
    mine = [one for one in findings if one.group == group.control and refuses(one)]
    of_group = [one for one in mine if one.level == "group" or _codes(one, "AK905")]
    notes: list[SetNote] = []
    for one in group.sets:
        about = [bad for bad in mine if bad not in of_group and _is_about(bad, one)]
        notes.append(_set(one, about, guides.get(id(one))))
    accepted = sum(one.verdict == "accepted" for one in notes)
    verdict: Verdict = "accepted"
    if of_group or (notes and not accepted):
        verdict = "rejected"
    elif accepted < len(notes):
        verdict = "partially-accepted"
    group_codes = _distinct(of_group, "AK905")[:MOST_CODES]
    refused = [note.control for note in notes if of_group or note.verdict == "rejected"]
    counted = group.ge.get(1).strip() if group.ge is not None else ""
    codes = [f"AK905={one}" for one in group_codes]
    for note in notes:
        codes += [f"AK502={one}" for one in note.codes]
        for segment in note.segments:
            codes += [f"AK304={one}" for one in segment.codes if one != "8"]
            codes += [f"AK403={one}" for element in segment.elements for one in element.codes]
    codes = list(dict.fromkeys(codes))
    names = dict.fromkeys(one.name for one in mine)
    said = FunctionalAcknowledgement(
        partner=profile.partner, sender=by, number=group.control, at=at,
        acknowledges=group.control, group=group.code, verdict=verdict, sets=notes,
        included=int(counted) if _is_count(counted) else len(notes), received=len(notes),
        accepted=0 if of_group else accepted, group_codes=group_codes, codes=codes,
        reasons=list(names) or reasons(codes),
    )  # fmt: skip
    return said, refused


def _is_about(one: Finding, about: Set) -> bool:
    """Control numbers may stand twice in a group: then the place in the file decides."""
    if one.set_control != about.control:
        return False
    if one.offset is None or not about.segments:
        return True
    end = about.se.offset if about.se is not None else about.segments[-1].offset
    return about.st.offset <= one.offset <= end


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _codes(one: Finding, element: str) -> list[str]:
    return [code[6:] for code in one.codes if code.startswith(element + "=")]


def _distinct(findings: list[Finding], element: str) -> list[str]:
    return list(dict.fromkeys(code for one in findings for code in _codes(one, element)))


def _set(one: Set, about: list[Finding], guide: Guide | None) -> SetNote:
    codes = _distinct(about, "AK502")
    notes: dict[int, SegmentNote] = {}
    for bad in about:
        if bad.level not in _IN_SETS or bad.segment is None or len(notes) >= MOST_NOTES:
            continue
        note = notes.setdefault(
            bad.segment, SegmentNote(tag=bad.tag[:3] or "ST", position=bad.segment)
        )
        _say(note, bad, one, guide)
    if notes and "5" not in codes:
        codes.append("5")
    verdict: Verdict = "rejected" if about else "accepted"
    return SetNote(
        code=one.code, control=one.control, verdict=verdict, codes=codes[:MOST_CODES],
        segments=[notes[place] for place in sorted(notes)],
    )  # fmt: skip


def _say(note: SegmentNote, bad: Finding, one: Set, guide: Guide | None) -> None:
    for code in _codes(bad, "AK304"):
        if code not in note.codes:
            note.codes.append(code)
    codes = _codes(bad, "AK403")
    if not codes:
        return
    if "8" not in note.codes:
        note.codes.append("8")  # it has elements that are wrong
    place = bad.element or 1
    note.elements.append(
        ElementNote(
            position=place, component=bad.component, codes=codes,
            reference=_reference(guide, bad.tag, place), value=_value(one, bad.segment or 0, place),
        )
    )  # fmt: skip


def _reference(guide: Guide | None, tag: str, place: int) -> str:
    """The data element's number, where a guide knows it."""
    definition = guide.definitions.get(tag) if guide is not None else None
    if definition is None or place > len(definition.elements):
        return ""
    number = definition.elements[place - 1].number
    return number if number.isdigit() else ""


def _value(one: Set, position: int, place: int) -> str:
    """The bad value itself, as far as it can be written in an acknowledgement."""
    index = position - 2
    if not 0 <= index < len(one.segments):
        return ""
    value = one.segments[index].get(place)[:99]
    return "".join(mark for mark in value if mark.isascii() and mark.isprintable())
