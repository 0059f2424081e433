"""997 and TA1: could it be read? Neither is ever acknowledged."""

from __future__ import annotations

from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, composite, seg
from simulator.contracts.x12.values import as_instant
from simulator.core.durations import Instant, to_datetime
from simulator.plant.trading.answers import (
    ElementNote,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
    SegmentNote,
    SetNote,
    Verdict,
)
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.rightness import RIGHT

VERDICTS: dict[Verdict, str] = {
    "accepted": "A", "accepted-with-errors": "E", "partially-accepted": "P", "rejected": "R",
}  # fmt: skip
_SAID: dict[str, Verdict] = {code: verdict for verdict, code in VERDICTS.items()}
_SAID |= {"M": "rejected", "W": "rejected", "X": "rejected"}
MOST_CODES = 5  # AK502 to AK506, AK905 to AK909
NO_ERROR = "000"


def _names() -> dict[str, str]:
    """Code to finding; of several findings with one code, that of the lowest level."""
    found: dict[str, str] = {}
    for right in sorted(RIGHT.values(), key=lambda one: one.level == "bytes"):
        for answer in right.answers["x12"]:
            if answer.code and answer.code == right.answers["x12"][0].code:
                found.setdefault(answer.code, right.name)
    for right in RIGHT.values():
        for answer in right.answers["x12"]:
            if answer.code:
                found.setdefault(answer.code, right.name)
    return found


_NAMES = _names()
_NAMES |= {"AK403=2": "missing-element", "AK304=7": "unknown-segment", "AK403=10": "invalid-code"}


def reasons(codes: list[str]) -> list[str]:
    """Our names for codes like `AK502=4`, as far as there are any."""
    return list(dict.fromkeys(_NAMES[one] for one in codes if one in _NAMES))


# --- 997 -----------------------------------------------------------------------------------------


def _write(document: FunctionalAcknowledgement, profile: PartnerProfile) -> list[Segment]:
    out = [seg("AK1", document.group, document.acknowledges)]
    for one in document.sets:
        out.append(seg("AK2", one.code, one.control))
        for note in one.segments:
            codes = note.codes or [""]
            # AK304 holds one code: one that is more stands in an AK3 of its own.
            for place, code in enumerate(codes):
                out.append(seg("AK3", note.tag[:3], str(note.position), note.loop, code))
                if place == 0:
                    out.extend(_elements(note))
        out.append(seg("AK5", VERDICTS[one.verdict], *one.codes[:MOST_CODES]))
    out.append(
        seg(
            "AK9", VERDICTS[document.verdict], str(document.included), str(document.received),
            str(document.accepted), *document.group_codes[:MOST_CODES],
        )
    )  # fmt: skip
    return out


def _elements(note: SegmentNote) -> list[Segment]:
    out: list[Segment] = []
    for element in note.elements:
        place = composite(str(element.position), str(element.component or ""))
        out.extend(
            seg("AK4", place, element.reference, code, element.value[:99])
            for code in element.codes or [""]
        )
    return out


def _read(segments: list[Segment], how: Reading) -> FunctionalAcknowledgement:
    first = next((one for one in segments if one.tag == "AK1"), Segment("AK1"))
    last = next((one for one in segments if one.tag == "AK9"), None)
    sets = _sets(segments)
    group_codes = [one for one in last.elements[4:9] if one] if last is not None else []
    codes: list[str] = [f"AK905={one}" for one in group_codes]
    for note in sets:
        codes += [f"AK502={one}" for one in note.codes]
        for bad in note.segments:
            codes += [f"AK304={one}" for one in bad.codes if one != "8"]
            codes += [f"AK403={one}" for element in bad.elements for one in element.codes]
    codes = list(dict.fromkeys(codes))
    return FunctionalAcknowledgement(
        partner=how.partner, sender=how.sender, number=first.get(2), at=how.at,
        acknowledges=first.get(2), group=first.get(1),
        verdict=_verdict(last, how), sets=sets, group_codes=group_codes,
        included=_count(last, 2), received=_count(last, 3), accepted=_count(last, 4),
        codes=codes, reasons=reasons(codes),
    )  # fmt: skip


def _sets(segments: list[Segment]) -> list[SetNote]:
    sets: list[SetNote] = []
    code, control = "", ""
    notes: list[SegmentNote] = []
    for one in segments:
        if one.tag == "AK2":
            code, control, notes = one.get(1), one.get(2), []
        elif one.tag == "AK3":
            notes = _note(notes, one)
        elif one.tag == "AK4" and notes:
            notes[-1].elements.append(_element(one))
        elif one.tag == "AK5":
            codes = [said for said in one.elements[1:6] if said]
            verdict = _SAID.get(one.get(1), "rejected")
            sets.append(
                SetNote(code=code, control=control, verdict=verdict, codes=codes, segments=notes)
            )
            notes = []
    return sets


def _note(notes: list[SegmentNote], one: Segment) -> list[SegmentNote]:
    """One more segment, or one more code for the last."""
    place = _number(one.get(2))
    codes = [one.get(4)] if one.get(4) else []
    if notes and (notes[-1].tag, notes[-1].position) == (one.get(1), place):
        notes[-1].codes.extend(codes)
        return notes
    return [*notes, SegmentNote(tag=one.get(1), position=place, loop=one.get(3), codes=codes)]


def _element(one: Segment) -> ElementNote:
    place = one.components(1)
    component = _number(place[1]) if len(place) > 1 else None
    return ElementNote(
        position=_number(place[0]), component=component or None, reference=one.get(2),
        codes=[one.get(3)] if one.get(3) else [], value=one.get(4),
    )  # fmt: skip


def _verdict(last: Segment | None, how: Reading) -> Verdict:
    if last is None or last.get(1) not in _SAID:
        how.found("missing-segment", "AK9 does not say what became of the group", last)
        return "rejected"
    return _SAID[last.get(1)]


def _count(last: Segment | None, element: int) -> int:
    return _number(last.get(element)) if last is not None else 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# --- TA1 -----------------------------------------------------------------------------------------


def _write_interchange(
    document: InterchangeAcknowledgement, profile: PartnerProfile
) -> list[Segment]:
    said = next((one[6:] for one in document.codes if one.startswith("TA105=")), NO_ERROR)
    day, clock = _moment(document.sent if document.sent is not None else document.at)
    control = document.acknowledges.rjust(9, "0")[-9:]
    return [seg("TA1", control, day, clock, VERDICTS[document.verdict], said)]


def _moment(at: Instant) -> tuple[str, str]:
    moment = to_datetime(at)
    return moment.strftime("%y%m%d"), moment.strftime("%H%M")


def _read_interchange(segments: list[Segment], how: Reading) -> InterchangeAcknowledgement:
    one = next((one for one in segments if one.tag == "TA1"), Segment("TA1"))
    verdict = _SAID.get(one.get(4))
    if verdict is None:
        how.found("missing-element", "TA104 does not say what became of the interchange", one, 4)
    codes = [f"TA105={one.get(5)}"] if one.get(5) not in ("", NO_ERROR) else []
    return InterchangeAcknowledgement(
        partner=how.partner, sender=how.sender, number=one.get(1), at=how.at,
        acknowledges=one.get(1), sent=as_instant(one.get(2), one.get(3)),
        verdict=verdict or "rejected", codes=codes, reasons=reasons(codes),
    )  # fmt: skip


MAPPINGS = (
    Mapping("997", "FA", FunctionalAcknowledgement, _write, _read),
    Mapping("TA1", "", InterchangeAcknowledgement, _write_interchange, _read_interchange),
)
