"""Answers that the gateway gives by itself, as a right counterparty with this profile does."""

from __future__ import annotations

from simulator.core.durations import Instant, Span
from simulator.plant.trading import (
    ANSWERS,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    PartnerProfile,
    SetNote,
    Verdict,
)
from simulator.systems.edi.ledger import Exchanged

Acknowledgement = FunctionalAcknowledgement | InterchangeAcknowledgement
DUPLICATE = "duplicate-interchange"


def awaited(profile: PartnerProfile, interchange: Interchange) -> list[str]:
    """Which documents have to answer an interchange that a partner sends.

    A 997 answers every X12 group, a TA1 only where ISA14 asks for it; CONTRL where UNB 0031 does.
    """
    if all(isinstance(one, ANSWERS) for one in interchange.documents()):
        return []
    asked = interchange.wants_acknowledgement
    if profile.standard == "edifact":
        return [FunctionalAcknowledgement.document] if asked else []
    wanted = [FunctionalAcknowledgement.document]
    return [*wanted, InterchangeAcknowledgement.document] if asked else wanted


def delay(profile: PartnerProfile, answer: Acknowledgement) -> Span | None:
    """When a partner gives an answer, from the arrival on (plant time); None is never.

    A refused envelope is said so by all who acknowledge anything at all.
    """
    times = profile.acknowledge
    if isinstance(answer, FunctionalAcknowledgement):
        return times.group
    if answer.verdict == "rejected" and times.interchange is None:
        return times.group
    return times.interchange


def duplicate(profile: PartnerProfile, interchange: Interchange, now: Instant) -> Acknowledgement:
    """The answer to a control number that was used before: TA1 025, else 997 or CONTRL."""
    given = {
        "partner": profile.partner, "sender": "partner", "number": interchange.control, "at": now,
        "verdict": "rejected", "reasons": [DUPLICATE],
    }  # fmt: skip
    if profile.standard == "x12" and (
        interchange.wants_acknowledgement or profile.acknowledge.interchange is not None
    ):
        return InterchangeAcknowledgement.model_validate(
            {**given, "acknowledges": interchange.control, "sent": interchange.at}
            | {"codes": ["TA105=025"]}
        )
    first = interchange.contents[0] if interchange.contents else None
    if profile.standard == "edifact":
        return FunctionalAcknowledgement.model_validate(
            {**given, "acknowledges": interchange.control, "group_codes": ["26"]}
            | {"codes": ["0085=26"]}
        )
    notes = [
        SetNote(code=one.code, control=one.control, verdict="rejected", codes=["23"])
        for one in interchange.contents
        if first is not None and one.group == first.group
    ]
    return FunctionalAcknowledgement.model_validate(
        {**given, "acknowledges": first.group if first else interchange.control}
        | {"group": GROUPS.get(first.code if first else "", ""), "sets": notes}
        | {"included": len(notes), "received": len(notes), "group_codes": ["19"]}
        | {"codes": ["AK502=23", "AK905=19"]}
    )


def by_hand(
    one: Exchanged, verdict: Verdict, codes: list[str], now: Instant
) -> FunctionalAcknowledgement:
    """A 997 or CONTRL that says what somebody wants it to say of a received interchange."""
    first = one.said[0] if one.said else None
    group = first.group if first else ""
    mine = [said for said in one.said if said.group == group]
    of_sets = [code.partition("=")[2] for code in codes if code.startswith(("AK502", "0085"))]
    refused = verdict == "rejected"
    return FunctionalAcknowledgement(
        partner=one.partner, sender="partner", number=one.control, at=now,
        acknowledges=group or one.control, group=GROUPS.get(first.code if first else "", ""),
        verdict=verdict, codes=codes, included=len(mine), received=len(mine),
        accepted=0 if refused else len(mine),
        group_codes=[code.partition("=")[2] for code in codes if code.startswith("AK905")],
        sets=[
            SetNote(
                code=said.code, control=said.set_control, codes=of_sets,
                verdict="accepted" if verdict == "partially-accepted" else verdict,
            )
            for said in mine
        ],
    )  # fmt: skip


GROUPS = {
    "850": "PO", "855": "PR", "856": "SH", "860": "PC", "865": "CA", "810": "IN", "830": "PS",
    "862": "SS", "861": "RC", "824": "AG", "846": "IB", "940": "OW", "943": "AR", "944": "RE",
    "945": "SW", "214": "QM", "997": "FA",
}  # fmt: skip
"""The functional identifier (GS01) of each set that is spoken here."""
