"""Application advice: APERAK (D.96A; read up to D.03B).

RFF+ACW is the document that it answers, our name for its kind beside it (4000); RFF+AGO the message
(UNH 0062) and its type, RFF+TN the interchange. Each note is an ERC with its text in FTX+AAO, the
finding's name first, and what it is about in RFF and FTX+ACB. The group's number has no place.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.contracts.edifact.documents.header import (
    begin,
    blocks,
    broken,
    dates,
    issued,
    joined,
    moment,
    note,
    notes,
    parties,
    read_parties,
    read_references,
    reference,
    references,
    referred,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.answers import AdviceNote, ApplicationAdvice
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.rightness import RIGHT

_VERDICTS = {
    "accepted": ("312", "29", "AP"),
    "accepted-with-errors": ("313", "34", "CA"),
    "rejected": ("313", "27", "RE"),
}
_READ_FUNCTIONS = {
    "29": "accepted", "44": "accepted", "34": "accepted-with-errors",
    "45": "accepted-with-errors", "27": "rejected", "48": "rejected",
}  # fmt: skip
_READ_RESPONSES = {
    "AP": "accepted", "AD": "accepted", "CA": "accepted-with-errors",
    "AC": "accepted-with-errors", "RE": "rejected",
}  # fmt: skip
_ABOUT = {
    "AAK": "ship-notice", "IV": "invoice", "ALO": "receiving-advice", "AAN": "forecast",
    "POR": "purchase-order-response", "ON": "purchase-order",
}  # fmt: skip
"""What a document is by the qualifier that refers to it, where nothing else says it."""
_OWN = ("ACW", "AGO", "TN", "ON", "SRN")
_ABOUT_UNITS = ("item", "value")


def _write(document: ApplicationAdvice, profile: PartnerProfile) -> list[Segment]:
    name, function, response = _VERDICTS[document.verdict]
    out = [
        begin(name, document.number, function, response),
        moment("137", document.at),
        *notes(document.note, 9),
        seg("RFF", ["ACW", document.about_number, "", document.about]),
    ]
    if document.set_control:
        out.append(seg("RFF", ["AGO", document.set_control, "", document.set_code]))
    out += [
        *reference("TN", document.control),
        *reference("ON", document.po),
        *reference("SRN", document.shipment),
        *references(document.references, 4),
        *parties(document.parties),
    ]
    for one in document.notes:
        out += _write_note(one)
    return out


def _write_note(one: AdviceNote) -> list[Segment]:
    out = [seg("ERC", one.code or "ZZZ")]
    if one.reason or one.text:
        out.append(seg("FTX", "AAO", "", "", [one.reason, *broken(one.text, 70, 4)]))
    about = [f"{word} {said}" for word in _ABOUT_UNITS if (said := getattr(one, word))]
    if one.sscc:
        out += reference("ACC", one.sscc, one.line)
    elif one.line or about:
        out.append(seg("RFF", ["LI", one.line]))
    if about:
        out.append(seg("FTX", "ACB", "", "", about))
    return out


def _read(segments: list[Segment], how: Reading) -> ApplicationAdvice:
    head, errors, _ = blocks(segments, "ERC")
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    kinds = {one.get(1): one.get(1, 4) for one in head if one.tag == "RFF" and one.get(1, 4)}
    about_number = referred(head, "ACW")
    about = kinds.get("ACW", "")
    if not about:
        found = next((one for one in _ABOUT if referred(head, one)), "")
        about = _ABOUT.get(found, "")
        about_number = about_number or referred(head, found)
    verdict = _READ_RESPONSES.get(named.get(4)) or _READ_FUNCTIONS.get(named.get(3))
    if verdict is None:
        verdict = "rejected" if errors else "accepted"
    return ApplicationAdvice.model_validate({
        "partner": how.partner, "sender": how.sender, "number": named.get(2),
        "at": issued(dates(head), how), "parties": read_parties(head),
        "references": read_references(head, *_OWN), "note": note(head),
        "about": about, "about_number": about_number, "verdict": verdict,
        "notes": [_read_note(one) for one in errors], "control": referred(head, "TN"),
        "set_control": referred(head, "AGO"), "set_code": kinds.get("AGO", ""),
        "po": referred(head, "ON"), "shipment": referred(head, "SRN"),
    })  # fmt: skip


def _read_note(block: list[Segment]) -> AdviceNote:
    code = block[0].get(1)
    reason, texts = "", []
    about: dict[str, str] = {}
    for one in block:
        if one.tag != "FTX":
            continue
        if one.get(1) == "ACB":
            about |= _units(one)
        elif one.get(4).lower() in RIGHT:  # character set A has no small letters
            reason = reason or one.get(4).lower()
            texts.append(joined(one, 4, 2))
        else:
            texts.append(joined(one, 4))
    label = next((one for one in block if one.tag == "RFF" and one.get(1) == "ACC"), None)
    label_line = "" if label is None else label.get(1, 3) or label.get(1, 4)
    return AdviceNote(
        reason=reason, code="" if code == "ZZZ" else code,
        text="\n".join(one for one in texts if one), line=label_line or referred(block, "LI"),
        item=about.get("item", ""), value=about.get("value", ""),
        sscc="" if label is None else label.get(1, 2),
    )  # fmt: skip


def _units(segment: Segment) -> dict[str, str]:
    """What FTX+ACB says of the item and the value, a word before each."""
    said: Iterable[str] = segment.elements[3] if len(segment.elements) > 3 else ()
    pairs = (one.partition(" ") for one in said)
    return {word: rest for word, _, rest in pairs if word in _ABOUT_UNITS and rest}


MAPPINGS = (Mapping("APERAK", "", ApplicationAdvice, _write, _read),)
