"""CONTRL, the syntax and service report: a functional or an interchange acknowledgement.

0083 says what was done with a level: 4 rejected with all that is in it, 7 taken, unless something
below it is rejected, 8 the interchange was received. An interchange that is rejected is not taken
apart: one UCI, no UCM. In UCD the segment's tag counts as its first element (0098).
"""

from __future__ import annotations

from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.answers import (
    ElementNote,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
    SegmentNote,
    SetNote,
    Verdict,
)
from simulator.plant.trading.partners import Identifier, PartnerProfile
from simulator.plant.trading.parts import Sender
from simulator.plant.trading.rightness import RIGHT

REJECTED, TAKEN, RECEIVED = "4", "7", "8"
REFERENCE = 14
"""Characters of a reference; what was longer in what is answered is cut off."""


def _side(one: Identifier) -> list[str]:
    return [one.id, "ZZZ" if one.qualifier == "ZZ" else one.qualifier]


def _uci(
    acknowledges: str, sender: Sender, action: str, code: str, profile: PartnerProfile
) -> Segment:
    """UCI names the interchange that is answered: it came from the other side."""
    partner, plant = _side(profile.identifiers.partner), _side(profile.identifiers.plant)
    its = (plant, partner) if sender == "partner" else (partner, plant)
    return seg("UCI", acknowledges[:REFERENCE], *its, action, code)


def _bare(codes: list[str]) -> str:
    """The first code, without its element's number."""
    return codes[0].rpartition("=")[2] if codes else ""


def write_interchange(said: InterchangeAcknowledgement, profile: PartnerProfile) -> list[Segment]:
    """0083 = 8, or 4 for an envelope that could not be read."""
    action = REJECTED if said.verdict == "rejected" else RECEIVED
    return [_uci(said.acknowledges, said.sender, action, _bare(said.codes), profile)]


def write_functional(said: FunctionalAcknowledgement, profile: PartnerProfile) -> list[Segment]:
    """One UCM for each message, and in it what is wrong with which segment."""
    if said.verdict == "rejected" and not said.sets:
        code = _bare(said.group_codes or said.codes)
        return [_uci(said.acknowledges, said.sender, REJECTED, code, profile)]
    out = [_uci(said.acknowledges, said.sender, TAKEN, "", profile)]
    version = "".join(one for one in profile.version if one.isalnum())
    for one in said.sets:
        action = REJECTED if one.verdict == "rejected" else TAKEN
        kind = [one.code[:6], version[:1], version[1:], "UN"]
        out.append(seg("UCM", one.control[:REFERENCE], kind, action, _bare(one.codes)))
        for note in one.segments:
            out.append(seg("UCS", str(note.position), _bare(note.codes)))
            out.extend(
                seg("UCD", _bare(element.codes) or "12",
                    [str(element.position + 1), str(element.component or "")])
                for element in note.elements
            )  # fmt: skip
    return out


def read(
    segments: list[Segment], how: Reading
) -> FunctionalAcknowledgement | InterchangeAcknowledgement:
    """UCI 8 is an interchange acknowledgement, everything else a functional one."""
    uci = next((one for one in segments if one.tag == "UCI"), Segment("UCI"))
    codes = _codes(segments)
    if uci.get(4) == RECEIVED:
        return InterchangeAcknowledgement(
            partner=how.partner, sender=how.sender, number=uci.get(1), at=how.at,
            acknowledges=uci.get(1), verdict="accepted", codes=codes,
        )  # fmt: skip
    sets = _sets(segments)
    refused = sum(one.verdict == "rejected" for one in sets)
    groups = sum(one.tag == "UCF" and one.get(4) == REJECTED for one in segments)
    verdict: Verdict = "accepted"
    if uci.get(4) == REJECTED or (refused == len(sets) and refused + groups):
        verdict = "rejected"
    elif refused or groups:
        verdict = "partially-accepted"
    return FunctionalAcknowledgement(
        partner=how.partner, sender=how.sender, number=uci.get(1), at=how.at,
        acknowledges=uci.get(1), verdict=verdict, sets=sets, included=len(sets),
        received=len(sets), accepted=len(sets) - refused,
        group_codes=[uci.get(5)] if uci.get(5) else [], codes=codes, reasons=_reasons(segments),
    )  # fmt: skip


def _names() -> dict[tuple[str, str], str]:
    """Our names for codes, by the segment that says them and the code."""
    said_by: dict[str, str] = {
        "interchange": "UCI", "bytes": "UCI", "set": "UCM", "group": "UCM", "segment": "UCS",
        "element": "UCD",
    }  # fmt: skip
    found = {
        ("UCF", answer.code): right.name
        for right in RIGHT.values() if right.level == "group"
        for answer in right.answers["edifact"] if answer.code
    }  # fmt: skip
    levels = list(said_by)
    for right in sorted(
        (one for one in RIGHT.values() if one.level in said_by),
        key=lambda one: levels.index(one.level),
    ):
        for answer in right.answers["edifact"]:
            if answer.code:
                found.setdefault((said_by[right.level], answer.code), right.name)
    return found


_NAMES = _names()
_WHERE = {"UCI": 5, "UCF": 5, "UCM": 4, "UCS": 2, "UCD": 1}
"""Where 0085 stands."""


def _reasons(segments: list[Segment]) -> list[str]:
    """Our names for what is said, as far as there are any."""
    codes = ((one.tag, f"0085={one.get(_WHERE[one.tag])}") for one in segments if one.tag in _WHERE)
    return list(dict.fromkeys(_NAMES[one] for one in codes if one in _NAMES))


def _codes(segments: list[Segment]) -> list[str]:
    """Every 0085 there is, once."""
    found = (one.get(_WHERE[one.tag]) for one in segments if one.tag in _WHERE)
    return [f"0085={one}" for one in dict.fromkeys(found) if one]


def _sets(segments: list[Segment]) -> list[SetNote]:
    sets: list[SetNote] = []
    for one in segments:
        if one.tag == "UCM":
            verdict: Verdict = "rejected" if one.get(3) == REJECTED else "accepted"
            codes = [one.get(4)] if one.get(4) else []
            sets.append(
                SetNote(code=one.get(2, 1), control=one.get(1), verdict=verdict, codes=codes)
            )
        elif one.tag == "UCS" and sets:
            codes = [one.get(2)] if one.get(2) else []
            sets[-1].segments.append(SegmentNote(tag="", position=_whole(one.get(1)), codes=codes))
        elif one.tag == "UCD" and sets and sets[-1].segments:
            sets[-1].segments[-1].elements.append(
                ElementNote(
                    position=max(_whole(one.get(2, 1)) - 1, 0),
                    component=_whole(one.get(2, 2)) or None,
                    codes=[one.get(1)] if one.get(1) else [],
                )
            )
    return sets


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


MAPPINGS = (
    Mapping("CONTRL", "", FunctionalAcknowledgement, write_functional, read),
    Mapping("CONTRL", "", InterchangeAcknowledgement, write_interchange, read),
)
