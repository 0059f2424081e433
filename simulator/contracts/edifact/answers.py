"""The acknowledgements that a right counterparty gives: CONTRL, by a partner's profile."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.contracts.edifact.envelope import Envelope, Message
from simulator.contracts.edifact.findings import Report
from simulator.plant.trading.answers import (
    ElementNote,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
    SegmentNote,
    SetNote,
    Verdict,
)
from simulator.plant.trading.interchange import Finding, Interchange
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender

MOST_NOTES = 99
"""Segments that are named of one message."""

Answers = list[FunctionalAcknowledgement | InterchangeAcknowledgement]


def answers(
    envelope: Envelope, interchange: Interchange, report: Report, profile: PartnerProfile
) -> Answers:
    """What is answered. Nothing to an interchange that only acknowledges."""
    messages = [one for one in envelope.messages if one.code != "CONTRL"]
    if envelope.messages and not messages:
        return []
    reasons = list(dict.fromkeys(one.name for one in report.findings if not one.tolerated))
    codes = list(
        dict.fromkeys(code for one in report.findings if not one.tolerated for code in one.codes)
    )
    sets = [] if report.refuses else _notes(messages, report)
    refused = sum(one.verdict == "rejected" for one in sets)
    verdict: Verdict = "accepted"
    if report.refuses or (sets and refused == len(sets)):
        verdict = "rejected"
    elif refused:
        verdict = "partially-accepted"
    made: Answers = []
    sender: Sender = "plant" if interchange.sender == "partner" else "partner"
    asked = interchange.wants_acknowledgement or profile.acknowledge.interchange is not None
    in_full = profile.acknowledge.group is not None
    if asked and not (report.refuses and in_full):
        made.append(
            InterchangeAcknowledgement(
                partner=interchange.partner, sender=sender, number=envelope.control,
                at=interchange.at, acknowledges=envelope.control, sent=interchange.at,
                verdict="rejected" if report.refuses else "accepted",
                reasons=reasons if report.refuses else [],
                codes=codes if report.refuses else [],
            )
        )  # fmt: skip
    if in_full:
        level = ("bytes", "interchange")
        made.append(
            FunctionalAcknowledgement(
                partner=interchange.partner, sender=sender, number=envelope.control,
                at=interchange.at, acknowledges=envelope.control, verdict=verdict, sets=sets,
                included=len(envelope.messages), received=len(envelope.messages),
                accepted=0 if report.refuses else len(sets) - refused,
                group_codes=_codes(one for one in report.findings if one.level in level),
                reasons=reasons, codes=codes,
            )
        )  # fmt: skip
    return made


def _codes(findings: Iterable[Finding]) -> list[str]:
    """The plain 0085 codes of findings that are not tolerated."""
    found: dict[str, None] = {}
    for one in findings:
        if not one.tolerated:
            found.update((code.removeprefix("0085="), None) for code in one.codes)
    return list(found)


def _by_control(report: Report) -> dict[tuple[str, str], list[Finding]]:
    """What speaks against messages and groups, by (`set` or `group`, control number)."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in report.findings:
        if not one.tolerated:
            of_group = one.level == "group"
            key = ("group", one.group) if of_group else ("set", one.set_control)
            found.setdefault(key, []).append(one)
    return found


def _notes(messages: list[Message], report: Report) -> list[SetNote]:
    """The answer to each message. Those that share a reference share what is said of it."""
    by_control = _by_control(report)
    made: dict[tuple[str, str, str], SetNote] = {}
    out = []
    for one in messages:
        group = one.group.control if one.group is not None else ""
        mark = one.code, one.control, group
        if mark not in made:
            made[mark] = _note(one, report, by_control)
        out.append(made[mark])
    return out


def _note(
    message: Message, report: Report, by_control: dict[tuple[str, str], list[Finding]]
) -> SetNote:
    """The answer to one message: what speaks against it, segment by segment."""
    code, control = message.code, message.control
    if control not in report.refused:
        return SetNote(code=code, control=control, verdict="accepted")
    against = list(by_control.get(("set", control), ()))
    if message.group is not None:
        against += by_control.get(("group", message.group.control), ())
    whole = _codes(one for one in against if one.segment is None or one.level in ("set", "group"))
    segments: dict[int, list[Finding]] = {}
    for one in against:
        if one.segment is not None and one.level not in ("set", "group"):
            segments.setdefault(one.segment, []).append(one)
    notes = [_segment(at, segments[at]) for at in sorted(segments)[:MOST_NOTES]]
    return SetNote(code=code, control=control, verdict="rejected", codes=whole, segments=notes)


def _segment(at: int, findings: list[Finding]) -> SegmentNote:
    """What is wrong with one segment, and its elements."""
    places: dict[tuple[int, int | None], list[Finding]] = {}
    for one in findings:
        if one.element is not None:
            places.setdefault((one.element, one.component), []).append(one)
    return SegmentNote(
        tag=findings[0].tag,
        position=at,
        codes=_codes(one for one in findings if one.element is None),
        elements=[
            ElementNote(position=element, component=component, codes=_codes(some))
            for (element, component), some in places.items()
        ],
    )
