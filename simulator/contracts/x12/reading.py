"""Bytes to interchanges: what they say, what is wrong, and what is to be answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.contracts._trading import Terms
from simulator.contracts.x12 import mapping as maps
from simulator.contracts.x12.answering import answer, is_bad_envelope
from simulator.contracts.x12.check import check_set
from simulator.contracts.x12.envelope import Envelope, Group, Set, has_mark, open_envelope
from simulator.contracts.x12.findings import MOST_FINDINGS, Found
from simulator.contracts.x12.guide import Guide, find_guide
from simulator.contracts.x12.scan import Scanned, decode, scan
from simulator.contracts.x12.values import as_instant
from simulator.core.durations import Instant
from simulator.core.errors import Mistake, Refusal
from simulator.plant.trading.interchange import Enclosed, Finding, Interchange, Received
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender, TradingDocument

UNREADABLE = "unreadable"


@dataclass(slots=True)
class Read:
    """An interchange as it was read: the result, and how it came about."""

    scanned: Scanned
    envelope: Envelope
    received: Received
    documents: dict[int, TradingDocument] = field(default_factory=dict)  # by id of the Set


def read(body: bytes, terms_of: Callable[[Scanned], Terms]) -> list[Read]:
    """Every interchange of a file, in order, each with the terms that `terms_of` finds for it.

    Raises Refusal: `unreadable` (422) where there is none, `too-large` (413).
    """
    scanned = scan(body)
    if not scanned:
        detail = "there is no X12 interchange in it: no ISA segment with a control number"
        raise Refusal(detail, UNREADABLE, 422)
    many = []
    for number, one in enumerate(scanned):
        terms = terms_of(one)
        found = Found(frozenset(terms.profile.tolerates), lenient=terms.guessed)
        if number == 0:
            if has_mark(body):
                found.add("byte-order-mark", "a UTF-8 byte order mark comes first", offset=0)
            if len(scanned) > 1:
                what = f"{len(scanned)} interchanges in one file"
                found.add("concatenated", what, offset=scanned[1].header.start)
        many.append(_one(body, one, terms, found))
    return many


def _charset(profile: PartnerProfile) -> str:
    return profile.charset if profile.charset in ("latin-1", "utf-8") else "ascii"


def received(body: bytes, terms: Terms) -> Received:
    """The first interchange of a file, with those that follow in `more`. Raises as `read` does."""
    first, *others = (one.received for one in read(body, lambda _: terms))
    return first.model_copy(update={"more": others}) if others else first


def _one(body: bytes, scanned: Scanned, terms: Terms, found: Found) -> Read:
    profile = terms.profile
    decode(scanned, "" if terms.guessed else _charset(profile))
    envelope = open_envelope(scanned, found)
    if scanned.foreign and terms.guessed and not scanned.undecodable:
        found.add("charset-mismatch", "there are characters that are not ASCII", tolerated=True,
                  offset=scanned.segments[scanned.foreign[0]].offset)  # fmt: skip
    sender = _sender(envelope, terms, found)
    at = _date(envelope)
    guides: dict[int, Guide | None] = {}
    documents: dict[int, TradingDocument] = {}
    contents: list[Enclosed] = []
    for group in envelope.groups:
        _check_group(group, terms, found)
        for one in group.sets:
            guide = _guide(one, group, terms, found)
            guides[id(one)] = guide
            _check_kind(one, group, guide, terms, found)
            if not envelope.cut or one.se is not None:
                check_set(one, group, guide, found)
                said = _read_set(one, group, terms, found, sender, at)
                if said is not None:
                    documents[id(one)] = said
                    contents.append(
                        Enclosed(said=said, control=one.control, group=group.control, code=one.code)
                    )
    contents += _read_answers(envelope, terms, found, sender, at)
    if found.dropped and found.findings:
        last = found.findings[-1]
        what = f"{last.what} (and {found.dropped} more findings)"
        found.findings[-1] = last.model_copy(update={"what": what})
    other: Sender = "plant" if sender == "partner" else "partner"
    answers, refused = answer(envelope, found.findings, profile, guides, other, at)
    header = envelope.header
    interchange = Interchange(
        partner=profile.partner, sender=sender, control=header.control, at=at, contents=contents,
        test=header.get(15) == "T", wants_acknowledgement=header.get(14) == "1",
    )  # fmt: skip
    digest = hashlib.sha256(body[header.start : scanned.end]).hexdigest()
    result = Received(
        interchange=interchange, findings=found.findings, answers=answers, refused_sets=refused,
        digest=digest,
    )  # fmt: skip
    return Read(scanned, envelope, result, documents)


def _date(envelope: Envelope) -> Instant:
    """ISA09 and ISA10, else the first group's; the epoch where there is none."""
    header = envelope.header
    for day, clock in (
        (header.get(9), header.get(10)),
        *((one.gs.get(4).strip(), one.gs.get(5).strip()) for one in envelope.groups[:1]),
    ):
        found = as_instant(day, clock)
        if found is None:
            found = as_instant(day)
        if found is not None:
            return found
    return 0


def _sender(envelope: Envelope, terms: Terms, found: Found) -> Sender:
    """Who speaks, by ISA06; and whether both sides are those of the profile."""
    header, ids = envelope.header, terms.profile.identifiers
    mine: Sender = "partner" if header.get(6) == ids.partner.id != ids.plant.id else "plant"
    if terms.guessed or not header.whole:
        return mine
    here, there = (ids.partner, ids.plant) if mine == "partner" else (ids.plant, ids.partner)
    for at, agreed, side in ((6, here, "sender"), (8, there, "receiver")):
        given = (header.get(at - 1), header.get(at))
        if given != (agreed.qualifier.strip(), agreed.id):
            what = f"the {side} {' '.join(given)!r} is not {agreed.qualifier} {agreed.id}"
            found.add("unknown-partner", what, envelope.isa, at, code=f"TA105={at:03d}")
    return mine


def _check_group(group: Group, terms: Terms, found: Found) -> None:
    if terms.guessed:
        return
    agreed = terms.profile.version
    if group.version[: len(agreed)] != agreed:
        what = f"GS08 is {group.version!r}, agreed on is {agreed}"
        found.add("unsupported-version", what, group.gs, 8, group=group.control)


def _guide(one: Set, group: Group, terms: Terms, found: Found) -> Guide | None:
    own = terms.guides
    try:
        return find_guide(one.code, group.version, own)
    except Mistake as mistake:
        what = f"its guide cannot be read: {mistake}"
        found.add("unsupported-set", what, one.st, 1, set_control=one.control, group=group.control)
        return None


def _check_kind(one: Set, group: Group, guide: Guide | None, terms: Terms, found: Found) -> None:
    """Is this a set that is agreed on, and does it stand in the right group?"""
    known = maps.reads(one.code)
    control, number = one.control, group.control
    said: str | None = None
    if known is None and guide is None:
        if terms.guessed:
            return
        said = f"the transaction set {one.code!r} is not agreed on"
    expected = known.group if known is not None else guide.group if guide is not None else ""
    if said is None and expected and group.code != expected:
        said = f"a {one.code} stands in a group {group.code[:8]!r}, it belongs in {expected}"
    if said is not None:
        found.add("unsupported-set", said, one.st, 1, set_control=control, group=number)
    if not one.control:
        found.add("missing-element", "ST02 is missing", one.st, 2, group=number)


def _read_set(
    one: Set, group: Group, terms: Terms, found: Found, sender: Sender, at: Instant
) -> TradingDocument | None:
    known = maps.reads(one.code)
    if known is None or not known.group:
        return None
    gs = group.gs
    moment = as_instant(gs.get(4).strip(), gs.get(5).strip())
    how = maps.Reading(
        terms.profile, terms.profile.partner, sender, one.code, group.version,
        moment if moment is not None else at, one.control, group.control,
    )  # fmt: skip
    return _document(known, one, how, found)


def _document(
    known: maps.Mapping, one: Set, how: maps.Reading, found: Found
) -> TradingDocument | None:
    try:
        said = known.read(one.segments, how)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        # A mapping reads whatever comes; one that does not is no reason to fall over here.
        what = f"it cannot be read as {known.document.document}: {str(error).splitlines()[:1]}"
        found.add("missing-segment", what, one.st, set_control=how.control, group=how.group)
        return None
    said_before = set(map(_about, found.findings))
    for finding in how.findings:
        if finding.level != "content" and _about(finding) in said_before:
            continue  # by its guide
        if len(found.findings) < MOST_FINDINGS:
            found.findings.append(finding)
        else:
            found.dropped += 1
    return said


def _about(one: Finding) -> tuple[object, ...]:
    """What a finding is about: the same for a guide and for a document that finds it too."""
    place = one.segment if one.name != "missing-segment" else None
    return one.name, one.group, one.set_control, one.tag, place, one.element, one.component


def _read_answers(
    envelope: Envelope, terms: Terms, found: Found, sender: Sender, at: Instant
) -> list[Enclosed]:
    """TA1s, which stand in no group."""
    known = maps.reads("TA1")
    out = []
    for segment in envelope.answers if known is not None else ():
        assert known is not None
        how = maps.Reading(
            terms.profile, terms.profile.partner, sender, "TA1", envelope.header.get(12), at
        )
        said = _document(known, Set(segment, segments=[segment]), how, found)
        if said is not None:
            out.append(Enclosed(said=said, code="TA1"))
    return out


def is_rejected(one: Received) -> bool:
    """Is the whole interchange refused for its envelope?"""
    return is_bad_envelope(one.findings)
