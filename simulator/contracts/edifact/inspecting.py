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
from simulator.contracts.edifact.envelope import Envelope, Message
from simulator.contracts.edifact.guide import agreed
from simulator.contracts.edifact.judge import plain, qualifier
from simulator.contracts.edifact.mapping import reads
from simulator.contracts.edifact.marks import CODECS
from simulator.contracts.edifact.reading import LARGEST_FILE, Read, envelopes, read
from simulator.contracts.edifact.segments import Segment
from simulator.contracts.edifact.writing import draft
from simulator.core.durations import show_instant
from simulator.core.errors import Mistake
from simulator.core.inspection import Answered, Flaw, Inspection, Node
from simulator.plant.trading.partners import PartnerProfile

MOST_LEAVES = 200
"""Facts of one message, and messages, that the tree shows."""
_LEAD = re.compile(rb"[\x00\t\n\r\x1a \xef\xbb\xbf]*(UNA[^A-Za-z0-9]{2}|UNB[^A-Za-z0-9])")
_FACTS = {
    "DTM": ("date", 1, 2), "RFF": ("reference", 1, 2), "NAD": ("party", 2, 1),
    "CPS": ("packing", 1, 1), "GIN": ("identity", 2, 1), "LIN": ("line", 3, 1),
    "PIA": ("item", 2, 1), "QTY": ("quantity", 1, 2), "ERC": ("error", 1, 1),
    "CNT": ("control total", 1, 2), "UCI": ("answers", 1, 1), "UCM": ("message", 1, 1),
    "TDT": ("transport", 5, 1), "MOA": ("amount", 1, 2),
}  # fmt: skip
"""What a tree shows of a message: a word, and where the value stands."""


def recognises(body: bytes) -> bool:
    """Does it begin like an interchange, or have one near its beginning?"""
    return _LEAD.match(body[:4096]) is not None or b"UNB+UNO" in body[:4096]


def inspect(body: bytes, payloads: Path | None = None, partner: str | None = None) -> Inspection:
    """Tree, flaws, answers and documents of every interchange.

    Raises nothing for any bytes, Mistake for a `partner` whose profile is wrong.
    """
    made = Inspection("edifact", "")
    summaries = []
    partners = Partners("edifact", payloads, partner, agreed)
    for count, envelope in enumerate(envelopes(body[:LARGEST_FILE])):
        header = envelope.header
        known = partners.between(header.get(2, 1), header.get(3, 1))
        terms = known or Terms(guess(envelope), guessed=True)
        found = read(body, envelope, terms)
        summaries.append(_summary(found))
        made.tree.append(_tree(found))
        made.flaws.extend(flaw(one, "message", ":") for one in found.report.findings)
        if count == 1:
            what = "several interchanges stand in one file"
            made.flaws.append(Flaw("concatenated", what, "", envelope.start, None, True))
        if found.report.left_out:
            what = f"{found.report.left_out} more findings are not shown"
            made.flaws.append(Flaw("and-more", what))
        made.answers.extend(_answered(said, terms.profile) for said in found.received.answers)
        made.documents.extend(documents(found.received.interchange))
    if not summaries:
        made.readable = False
        made.summary = "no interchange: no UNB can be read"
        made.flaws.append(Flaw("truncated", made.summary, "", 0, 1))
        return made
    made.summary = summed_up(summaries)
    return made


def guess(envelope: Envelope) -> PartnerProfile:
    """A profile by which the envelope is as agreed on: its sender is the partner."""
    header = envelope.header
    first = envelope.messages[0] if envelope.messages else None
    sides = {
        name: {"id": header.get(at, 1)[:35] or "?", "qualifier": header.get(at, 2)[:4]}
        for name, at in (("partner", 2), ("plant", 3))
    }
    charset = envelope.charset if envelope.charset in ("UNOB", "UNOC", "UNOY") else "UNOB"
    return PartnerProfile.model_validate(
        {
            "partner": header.get(2, 1) or "?",
            "standard": "edifact",
            "version": plain(first.version if first is not None else "") or "D96A",
            "identifiers": sides,
            "charset": charset,
            "tolerates": ["unknown-unit"],  # nobody knows which units are agreed on
            "acknowledge": {"interchange": None, "group": "1m"},
        }
    )


def _summary(found: Read) -> str:
    envelope, header = found.envelope, found.envelope.header
    messages = [f"{one.code} {one.version}".strip() for one in envelope.messages]
    sides = header.get(2, 1), header.get(3, 1)
    return summary("EDIFACT", envelope.control, *sides, messages or ["no message"])


def _leaf(label: str, value: str, segment: Segment) -> Node:
    return Node(label, value, segment.offset, segment.line)


def _tree(found: Read) -> Node:
    envelope, header = found.envelope, found.envelope.header
    sides = [
        f"{header.get(at, 1)} ({qualifier(header.get(at, 2))})" if header.get(at, 2)
        else header.get(at, 1)
        for at in (2, 3)
    ]  # fmt: skip
    at = found.received.interchange.at
    root = _leaf("interchange", envelope.control, header)
    root.children = [
        _leaf("sender", sides[0], header),
        _leaf("receiver", sides[1], header),
        _leaf("date", show_instant(at) if at else "", header),
        _leaf("syntax", f"{envelope.charset}:{header.get(1, 2)}", header),
        _leaf("service characters", envelope.marks.una[3:], header),
    ]
    for name, number in (("acknowledgement request", 9), ("test indicator", 11)):
        if header.get(number):
            root.children.append(_leaf(name, header.get(number), header))
    for group in envelope.groups:
        node = _leaf("group", f"{group.header.get(1)} {group.control}", group.header)
        node.children = _messages(group.messages)
        root.children.append(node)
    root.children.extend(_messages([one for one in envelope.messages if one.group is None]))
    return root


def _messages(messages: list[Message]) -> list[Node]:
    shown = [_message(one) for one in messages[:MOST_LEAVES]]
    if len(messages) > MOST_LEAVES:
        shown.append(_leaf("…", f"{len(messages)} messages", messages[MOST_LEAVES].header))
    return shown


def _message(message: Message) -> Node:
    node = _leaf(f"{message.code} {message.version}".strip(), message.control, message.header)
    mapping = reads(message.code)
    if mapping is not None:
        node.children.append(_leaf("document", mapping.document.document, message.header))
    for segment in message.segments:
        if len(node.children) > MOST_LEAVES:
            node.children.append(_leaf("…", f"{len(message.segments)} segments", segment))
            break
        if segment.tag == "BGM":
            node.children.append(_leaf("number", segment.get(2), segment))
        elif segment.tag in _FACTS:
            word, element, component = _FACTS[segment.tag]
            value = segment.get(element, component)
            mark = segment.get(1, 1) if (element, component) != (1, 1) else ""
            if value:
                node.children.append(_leaf(f"{word} {mark}".strip(), value, segment))
    return node


def _answered(said: Answer, profile: PartnerProfile) -> Answered:
    return Answered(said.document, "CONTRL", said.verdict, tuple(said.codes), _raw(said, profile))


def _raw(said: Answer, profile: PartnerProfile) -> str:
    """The CONTRL as it would go over the wire; nothing where it cannot be written."""
    answer = enclosing(said, (said.acknowledges or "1")[:14])
    for charset in (profile.charset, "UNOY"):  # a name in the envelope may need more
        try:
            made = draft(answer, profile.model_copy(update={"charset": charset}))
            return made.bytes().decode(CODECS[made.charset], "replace")
        except Mistake:
            continue
    return ""
