"""Bytes to what a gateway receives: documents, findings, and the answers that are due."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.contracts._trading import Terms
from simulator.contracts.edifact.answers import answers
from simulator.contracts.edifact.envelope import Envelope, Message, open_envelope, stretches
from simulator.contracts.edifact.findings import Report
from simulator.contracts.edifact.judge import Judge
from simulator.contracts.edifact.mapping import Reading, reads
from simulator.contracts.edifact.tokens import LARGEST_INTERCHANGE, MOST_INTERCHANGES, Token
from simulator.core.errors import Refusal
from simulator.plant.trading.interchange import Enclosed, Interchange, Received
from simulator.plant.trading.partners import PartnerProfile

LARGEST_FILE = 4 * LARGEST_INTERCHANGE
"""Bytes; what comes after them is not looked at."""


@dataclass(slots=True)
class Read:
    """One interchange as it was read: its envelope, what was found, what it means."""

    envelope: Envelope
    report: Report
    received: Received


def envelopes(body: bytes) -> Iterator[Envelope]:
    """Every interchange of a file, MOST_INTERCHANGES at the most."""
    waiting: list[Token] = []
    count = 0
    for tokens in stretches(body):
        made = open_envelope(body, [*waiting, *tokens])
        if made is None:
            waiting = []  # no interchange: a UNA alone, or something cut off in its UNB
            continue
        yield made
        count += 1
        if count >= MOST_INTERCHANGES:
            return


def read_file(body: bytes, terms: Terms) -> list[Read]:
    """Every interchange of a file by a partner's profile; none where there is none.

    Raises nothing for any bytes.
    """
    found = [read(body, one, terms) for one in envelopes(body[:LARGEST_FILE])]
    if len(found) > 1:
        first = found[0]
        what = f"{len(found)} interchanges stand in one file"
        first.report.add("concatenated", what, offset=found[1].envelope.start)
        first.received.findings.append(first.report.findings[-1])
    return found


def receive(body: bytes, terms: Terms) -> Received:
    """The first interchange, and in `more` those that follow it. Raises Refusal for none."""
    found = read_file(body, terms)
    if not found:
        raise Refusal("there is no interchange: no UNB can be read", code="unreadable", status=422)
    found[0].received.more.extend(one.received for one in found[1:])
    return found[0].received


def read(body: bytes, envelope: Envelope, terms: Terms) -> Read:
    """Judge one interchange and read its documents."""
    profile = terms.profile
    report = Report(profile)
    judge = Judge(envelope, report, terms)
    judge.all()
    contents = []
    for message in envelope.messages:
        enclosed = _document(message, judge, profile)
        if enclosed is not None:
            contents.append(enclosed)
    header = envelope.header
    interchange = Interchange(
        partner=profile.partner,
        sender=judge.sender,
        control=envelope.control,
        at=judge.at,
        contents=contents,
        test=header.get(11) == "1",
        wants_acknowledgement=header.get(9) == "1",
    )
    controls = [one.control for one in envelope.messages]
    received = Received(
        interchange=interchange,
        findings=list(report.findings),
        answers=answers(envelope, interchange, report, profile),
        refused_sets=controls
        if report.refuses
        else [one for one in controls if one in report.refused],
        digest=hashlib.sha256(memoryview(body)[envelope.start : envelope.end]).hexdigest(),
    )
    return Read(envelope, report, received)


def _document(message: Message, judge: Judge, profile: PartnerProfile) -> Enclosed | None:
    """The document that a message is, where anybody can read its type."""
    mapping = reads(message.code)
    if mapping is None:
        return None
    how = Reading(
        profile, profile.partner, judge.sender, message.code, message.version, judge.at,
        message.control,
    )  # fmt: skip
    try:
        said = mapping.read(message.segments, how)
        made: Enclosed | None = Enclosed(said=said, control=message.control, code=message.code)
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError, AttributeError) as error:
        what = f"it cannot be understood as {mapping.document.document}: {str(error)[:200]}"
        how.found("invalid-code", what, message.header)
        made = None
    for finding in how.findings:
        judge.report.take(finding)
    return made
