"""824, the application advice.

OTI says what it is about: OTI01 the verdict, OTI02 and OTI03 the document (an 856 is `SI`), OTI08
to OTI10 the group, the set and its kind. Each note is a TED: TED01 a code of element 647, TED02 the
finding by our name, TED07 the value, and its text in NTE*GEN. NTE*LIN says the line, the item and
the label that it is about, a word before each. REF*TN in the OTI loop is the interchange.

Of several OTI loops, the document is about the first of those with the worst verdict; the notes of
all are kept, and what their REF segments say of line and item is said of their notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from simulator.contracts.x12 import mapping as maps
from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    first,
    grouped,
    instant,
    parties,
    reference,
    references,
    text,
)
from simulator.contracts.x12.documents._remarks import LETTERS, read_remarks, remarks
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import COMPONENT, Segment, seg
from simulator.contracts.x12.values import date
from simulator.plant.trading.answers import AdviceNote, ApplicationAdvice
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.rightness import RIGHT

Verdict = Literal["accepted", "accepted-with-errors", "rejected"]
_VERDICTS: dict[Verdict, str] = {
    "accepted": "TA", "accepted-with-errors": "TE", "rejected": "TR",
}  # fmt: skip
"""Element 110. The first letter says of what (group, set, item), the second how it went."""
_READ_VERDICTS: dict[str, Verdict] = {
    "A": "accepted", "C": "accepted-with-errors", "E": "accepted-with-errors",
    "P": "accepted-with-errors", "R": "rejected",
}  # fmt: skip
_WORST: tuple[Verdict, ...] = ("rejected", "accepted-with-errors", "accepted")

_ABOUT = {"ship-notice": "SI", "purchase-order": "PO", "invoice": "IV", "forecast": "RE"}
"""Element 128 in OTI02. Any other kind of document is `TN`, and OTI10 says which."""
_READ_ABOUT = {theirs: ours for ours, theirs in _ABOUT.items()} | {
    "BM": "ship-notice", "MA": "ship-notice", "RV": "receiving-advice",
}  # fmt: skip
_ANY = "TN"
_OWN = frozenset({"PO", "SI", _ANY, LETTERS})

OTHER = "ZZZ"
"""Element 647: mutually defined."""
CODES = {
    "unknown-item": "Q", "unknown-unit": "H", "inconsistent-unit": "H", "over-shipped": "P",
    "short-shipped": "P", "unknown-order": "011", "unknown-shipment": "011",
    "contradicts-forecast": "011", "cumulative-gap": "010", "sscc-reused": "006",
    "asn-twice": "006", "hash-total-wrong": "819", "line-count-wrong": "820",
    "asn-after-truck": "814", "asn-never": "007", "sscc-check-digit": "848",
    "parent-unknown": "848",
}  # fmt: skip
"""A finding to element 647."""
_REASONS = {
    "Q": "unknown-item", "MB": "unknown-order", "H": "unknown-unit", "819": "hash-total-wrong",
    "820": "line-count-wrong", "814": "asn-after-truck",
}  # fmt: skip
"""Element 647 to the finding that it must be, where nothing else says one."""

_MOST = 60  # element 3, TED02
_LINE_NOTE = "LIN"
_WORDS = ("line", "item", "sscc")


def write(advice: ApplicationAdvice, profile: PartnerProfile) -> list[Segment]:
    begin = seg("BGN", "00", advice.number, date(advice.at), wire.clock(advice.at))
    kind = _ABOUT.get(advice.about, _ANY)
    code = advice.set_code or (_set_of(advice.about) if kind == _ANY else "")
    about = seg(
        "OTI", _VERDICTS[advice.verdict], kind, advice.about_number, "", "", "", "",
        advice.group, advice.set_control, code,
    )  # fmt: skip
    out = [begin, *wire.parties(advice.parties), about]
    out += wire.refer("PO", advice.po) + wire.refer("SI", advice.shipment)
    out += wire.refer(_ANY, advice.control)
    out += wire.references(advice.references) + remarks(advice.note)
    for one in advice.notes:
        out += _write_note(one)
    return out


def _set_of(about: str) -> str:
    """The transaction set that carries this kind of document, or nothing."""
    return next((one.code for one in maps.mappings() if one.document.document == about), "")


def _write_note(one: AdviceNote) -> list[Segment]:
    said, *rest = [one.reason] if one.reason else wire.split(one.text, _MOST) or [""]
    texts = wire.split(one.text if one.reason else " ".join(rest), 80)
    code = one.code or CODES.get(one.reason, OTHER)
    out = [seg("TED", code, said, "", "", "", "", one.value)]
    out += [seg("NTE", "GEN", piece) for piece in texts]
    for word in _WORDS:
        value = getattr(one, word)
        if value:
            out.append(seg("NTE", _LINE_NOTE, f"{word} {value}"))
    return out


def read(segments: list[Segment], how: Reading) -> ApplicationAdvice:
    begin = first(segments, "BGN", how)
    first(segments, "OTI", how)
    head, loops, _ = grouped(segments, "OTI")
    verdicts = [_verdict(one) for one in loops]
    verdict = min(verdicts, key=_WORST.index, default=_WORST[0])
    said = loops[verdicts.index(verdict)] if loops else [Segment("OTI")]
    code = text(said[0], 10)
    at = instant(how, begin, 3, 4, 5)
    known = maps.reads(code) if code else None
    kind = known.document.document if known is not None else _READ_ABOUT.get(text(said[0], 2), "")
    return ApplicationAdvice(
        partner=how.partner, sender=how.sender, number=text(begin, 2),
        at=at if at is not None else how.at, parties=parties(head),
        references=references(head) + references(said, _OWN), note=read_remarks(said),
        about=kind, about_number=text(said[0], 3), verdict=verdict,
        notes=[note for one in loops for note in _read_notes(one)],
        control=reference(said, _ANY), group=text(said[0], 8), set_control=text(said[0], 9),
        set_code=code, po=reference(said, "PO"), shipment=reference(said, "SI"),
    )  # fmt: skip


def _verdict(loop: Sequence[Segment]) -> Verdict:
    """By the second letter; where it says nothing, errors mean that it was refused."""
    known = _READ_VERDICTS.get(text(loop[0], 1)[1:2])
    if known is not None:
        return known
    return "rejected" if any(one.tag == "TED" for one in loop) else "accepted"


def _read_notes(loop: Sequence[Segment]) -> list[AdviceNote]:
    head, errors, _ = grouped(loop, "TED")
    line, item = reference(head, "LI"), reference(head, "PM", "BP", "IX")
    return [_read_note(one, line, item) for one in errors]


def _read_note(block: Sequence[Segment], line: str, item: str) -> AdviceNote:
    """A TED and its NTE segments; `line` and `item` are what is said of all of its loop."""
    error = block[0]
    code, said = text(error, 1), text(error, 2)
    named = said in RIGHT
    texts = [said] if said and not named else []
    about: dict[str, str] = {}
    for one in block[1:]:
        if one.tag == "NTE":
            word, _, value = text(one, 2).partition(" ")
            if text(one, 1) == _LINE_NOTE and word in _WORDS and value:
                about.setdefault(word, value)
            elif text(one, 2):
                texts.append(text(one, 2))
    return AdviceNote(
        reason=said if named else _REASONS.get(code, ""), code="" if code == OTHER else code,
        text=" ".join(texts), line=about.get("line", line), item=about.get("item", item),
        sscc=about.get("sscc", ""), value=text(error, 7).replace(COMPONENT, ":"),
    )  # fmt: skip


MAPPINGS = (Mapping("824", "AG", ApplicationAdvice, write, read),)
