"""What messages share above and below their lines: dates, references, parties, texts, totals.

Texts longer than a component are broken at spaces and joined with spaces. Moments are written to
the minute, or as a day where they are midnight UTC; seconds are lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from simulator.contracts.edifact import values
from simulator.contracts.edifact.mapping import Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Party, Reference, Role, Scheme

Period = tuple[Instant, Instant]

REFERENCES = {
    "bill-of-lading": "BM", "packing-list": "PK", "order": "ON", "release": "RE", "invoice": "IV",
    "lot": "BT", "delivery": "DQ", "pro-number": "CN", "contract": "CT", "account": "ADE",
    "seal": "SN", "warehouse-receipt": "ALO", "shipment": "SRN",
}  # fmt: skip
"""Our kinds of references to data element 1153. Kinds that have no qualifier, and that are none
themselves, are written as ZZZ with the kind beside it (data element 4000)."""
_KINDS = {wire: ours for ours, wire in REFERENCES.items()} | {"WR": "warehouse-receipt"}

ROLES: dict[Role, str] = {
    "buyer": "BY", "seller": "SE", "ship-to": "DP", "ship-from": "SF", "bill-to": "IV",
    "carrier": "CA", "warehouse": "WH", "submitter": "MS", "receiver": "MR",
    "intermediate-consignee": "IC", "final-recipient": "UC",
}  # fmt: skip
"""Our roles to data element 3035. Logistics messages say CN for the ship-to."""
_ROLES: dict[str, Role] = {wire: ours for ours, wire in ROLES.items()} | {
    "OB": "buyer", "SU": "seller", "ST": "ship-to", "CN": "ship-to", "CZ": "ship-from",
    "FR": "submitter", "UD": "final-recipient", "II": "seller",
}  # fmt: skip
_SCHEMES: dict[Scheme, str] = {
    "gln": "9", "ean": "9", "duns": "16", "scac": "182", "buyer": "92", "seller": "91",
    "mutual": "ZZZ",
}  # fmt: skip
_READ_SCHEMES: dict[str, Scheme] = {
    "9": "gln", "16": "duns", "182": "scac", "92": "buyer", "91": "seller", "ZZZ": "mutual",
    "87": "mutual",
}  # fmt: skip
MARKS_OF_GROUPS = frozenset({"RFF", "DOC"})
"""Segments whose DTM says when they were issued, not when the document was."""


# --- texts ----------------------------------------------------------------------------------------


def broken(text: str, width: int, most: int) -> list[str]:
    """A text in at most `most` pieces of at most `width` characters, cut at spaces if there are.

    What does not fit is left away.
    """
    out: list[str] = []
    while text and len(out) < most:
        if len(text) <= width:
            out.append(text)
            break
        cut = text.rfind(" ", 1, width + 1)
        if cut > 0:
            out.append(text[:cut])
            text = text[cut + 1 :]
        else:
            out.append(text[:width])
            text = text[width:]
    return out


def joined(segment: Segment, element: int, first: int = 1, last: int = 99) -> str:
    """The components of an element that say something, with spaces between."""
    if not 0 < element <= len(segment.elements):
        return ""
    return " ".join(one for one in segment.elements[element - 1][first - 1 : last] if one)


def notes(text: str, most: int, subject: str = "AAI") -> list[Segment]:
    """A note as FTX: each line of it one segment or several; at most `most`."""
    out: list[Segment] = []
    for line in text.split("\n"):
        pieces = broken(line, 70, 5 * most)
        out += [seg("FTX", subject, "", "", pieces[at : at + 5]) for at in range(0, len(pieces), 5)]
    return out[:most]


def note(segments: Iterable[Segment]) -> str:
    """All free texts, a line each."""
    said = (joined(one, 4) or joined(one, 3, 4) for one in segments if one.tag == "FTX")
    return "\n".join(one for one in said if one)


# --- dates ----------------------------------------------------------------------------------------


def moment(qualifier: str, instant: Instant) -> Segment:
    """A DTM to the minute; a day alone where it is midnight UTC."""
    return values.dated(qualifier, instant, values.DATE if instant % DAY == 0 else values.MINUTES)


def maybe(qualifier: str, instant: Instant | None) -> list[Segment]:
    """A DTM, or none."""
    return [] if instant is None else [moment(qualifier, instant)]


_GUESSES = {8: values.DATE, 12: values.MINUTES, 14: values.SECONDS}


def period(segment: Segment) -> Period | None:
    """Start and end that a DTM says; the same where it is one moment, None where it is no date.

    That it is none is said by the checks of dates, for every message.
    """
    text = segment.get(1, 2)
    return values.as_period(text, segment.get(1, 3) or _GUESSES.get(len(text), values.DATE))


def dates(segments: Iterable[Segment]) -> dict[str, Period]:
    """Dates by qualifier (2005), the first of each; those of references left out."""
    found: dict[str, Period] = {}
    owner = ""
    for one in segments:
        if one.tag != "DTM":
            owner = one.tag
        elif owner not in MARKS_OF_GROUPS and one.get(1) not in found:
            said = period(one)
            if said is not None:
                found[one.get(1)] = said
    return found


def first(found: dict[str, Period], *qualifiers: str) -> Instant | None:
    """The start of the first of these that is there."""
    return next((found[one][0] for one in qualifiers if one in found), None)


def span(
    found: dict[str, Period], starts: Sequence[str], ends: Sequence[str], both: Sequence[str] = ()
) -> tuple[Instant | None, Instant | None]:
    """Start and end: from two dates, or from one period (formats 718, 719)."""
    for one in both:
        if one in found:
            return found[one]
    start, end = first(found, *starts), next((found[one][1] for one in ends if one in found), None)
    if end is None:
        whole = next((found[one] for one in starts if one in found), None)
        if whole is not None and whole[0] != whole[1]:
            end = whole[1]
    return start, end


# --- the head -------------------------------------------------------------------------------------


def begin(name: str, number: str, function: str = "9", response: str = "") -> Segment:
    """BGM. `name` is data element 1001; text after a colon is 1000."""
    code, _, said = name.partition(":")
    return seg("BGM", [code, "", "", said], number, function, response)


def issued(found: dict[str, Period], how: Reading, *others: str) -> Instant:
    """When the document was made: 137, or another of its dates, or the interchange's own."""
    said = first(found, "137", *others)
    return how.at if said is None else said


def reference(qualifier: str, value: str, line: str = "") -> list[Segment]:
    """An RFF, or none where there is nothing to refer to.

    `line` is a line there: 1156 where it has room for it (six characters), else 4000.
    """
    if not value and not line:
        return []
    there = [line] if len(line) <= 6 else ["", line]
    return [seg("RFF", [qualifier, value, *there])]


def references(given: Iterable[Reference], most: int) -> list[Segment]:
    """The document's references, as many as the message carries."""
    out = []
    for one in given:
        wire = REFERENCES.get(one.kind, one.kind)
        if len(wire) <= 3 and wire.isalnum() and wire.isupper():
            out.append(seg("RFF", [wire, one.value]))
        else:
            out.append(seg("RFF", ["ZZZ", one.value, "", one.kind]))
    return out[: max(most, 0)]


def read_references(segments: Iterable[Segment], *own: str) -> list[Reference]:
    """All references but those that are fields of the document (`own`: qualifiers)."""
    found = []
    for one in segments:
        wire, value = one.get(1, 1), one.get(1, 2)
        if one.tag == "RFF" and value and wire not in own:
            kind = one.get(1, 4) if wire == "ZZZ" and one.get(1, 4) else _KINDS.get(wire, wire)
            found.append(Reference(kind=kind, value=value))
    return found


def referred(segments: Iterable[Segment], *qualifiers: str) -> str:
    """What the first of these qualifiers refers to, in the order of the qualifiers."""
    found: dict[str, str] = {}
    for one in segments:
        if one.tag == "RFF" and one.get(1, 2):
            found.setdefault(one.get(1, 1), one.get(1, 2))
    return next((found[one] for one in qualifiers if one in found), "")


def parties(given: Iterable[Party], ship_to: str = "DP") -> list[Segment]:
    """A NAD for each party; `ship_to` is the message's own word for that role."""
    out = []
    for one in given:
        wire = ship_to if one.role == "ship-to" else ROLES[one.role]
        out.append(
            seg(
                "NAD", wire, identified(one), "", broken(one.name, 35, 5),
                broken(one.street, 35, 4), one.city, one.region, one.postcode, one.country,
            )
        )  # fmt: skip
    return out


def identified(party: Party) -> list[str]:
    """C082 of a party: its id, and by whose list."""
    return [party.id, "", _SCHEMES.get(party.scheme, "")] if party.id else [""]


def read_parties(segments: Iterable[Segment]) -> list[Party]:
    """The parties that say who they are; the same one twice counts once."""
    found: list[Party] = []
    for one in segments:
        role = _ROLES.get(one.get(1)) if one.tag == "NAD" else None
        if role is None or len(one.elements) < 2:
            continue
        name, street = joined(one, 4), joined(one, 5)
        if not name and one.has(3):  # unstructured: the first line is a name
            name, street = one.get(3), joined(one, 3, 2)
        party = Party(
            role=role, id=one.get(2), scheme=_READ_SCHEMES.get(one.get(2, 3), ""), name=name,
            street=street, city=one.get(6), region=one.get(7), postcode=one.get(8),
            country=one.get(9),
        )  # fmt: skip
        known = any((o.role, o.id, o.scheme) == (role, party.id, party.scheme) for o in found)
        if party.id and known and not party.name:
            continue
        found.append(party)
    return found


def currency(segments: Iterable[Segment]) -> str:
    """The first currency that is named."""
    return next((one.get(1, 2) for one in segments if one.tag == "CUX" and one.get(1, 2)), "")


# --- blocks and totals ----------------------------------------------------------------------------


def blocks(
    segments: Iterable[Segment], *starts: str, ends: tuple[str, ...] = ()
) -> tuple[list[Segment], list[list[Segment]], list[Segment]]:
    """What comes before the first segment with a tag of `starts`, a block from each of those to the
    next, and what comes from the first segment of `ends` after them."""
    head: list[Segment] = []
    found: list[list[Segment]] = []
    rest: list[Segment] = []
    for one in segments:
        if rest or (found and one.tag in ends):
            rest.append(one)
        elif one.tag in starts:
            found.append([one])
        else:
            (found[-1] if found else head).append(one)
    return head, found, rest


def totals(lines: int, quantities: Iterable[Decimal], profile: PartnerProfile) -> list[Segment]:
    """CNT: the total of the lines' quantities (1), and how many lines there are (2)."""
    total = sum(quantities, Decimal(0))
    return [seg("CNT", ["1", values.number(total, profile)]), seg("CNT", ["2", str(lines)])]


def check_totals(segments: Sequence[Segment], how: Reading) -> None:
    """Do the control totals count right?

    What 6069 = 1 adds up is agreed between partners: all quantities of the lines, the first of
    each, or those of one kind. Any of them will do.
    """
    lines = 0
    sums: dict[str, Decimal] = {}
    fresh = False
    for one in segments:
        if one.tag == "LIN":
            lines, fresh = lines + 1, True
        elif one.tag == "QTY" and lines:
            value = values.as_number(one.get(1, 2)) or Decimal(0)
            for kind in ("all", f"={one.get(1)}", *(("first",) if fresh else ())):
                sums[kind] = sums.get(kind, Decimal(0)) + value
            fresh = False
    for one in segments:
        said = values.as_number(one.get(1, 2)) if one.tag == "CNT" else None
        if said is None:
            continue
        if one.get(1) == "2" and said != lines:
            what = f"CNT says {said} lines, and there are {lines}"
            how.found("line-count-wrong", what, one, 1, 2)
        elif one.get(1) == "1" and said not in (sums or {"all": Decimal(0)}).values():
            added = sums.get("first", Decimal(0))
            what = f"CNT says that the quantities add up to {said}, and it is {added}"
            how.found("hash-total-wrong", what, one, 1, 2)
