"""What all mappings read with. Nothing raises: what is wrong is said by `how.found`.

Texts lose the spaces at their ends: X12 fills with them, and means nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.contracts.x12.documents._codes import (
    BUYER_NUMBERS,
    GTINS,
    PLACES,
    REFERENCE_OF,
    ROLE_OF,
    SCHEME_OF,
    SELLER_NUMBERS,
    ZONES,
)
from simulator.contracts.x12.documents._write import cut
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import COMPONENT, Segment
from simulator.contracts.x12.values import as_instant, as_number, number
from simulator.core.durations import HOUR, Instant, to_datetime
from simulator.plant.trading.parts import Party, Reference

NONE: frozenset[str] = frozenset()
_POUND = Decimal("0.45359237")
_GRAM = Decimal("0.001")


def text(segment: Segment, element: int) -> str:
    """An element without the spaces at its ends."""
    elements = segment.elements
    return elements[element - 1].strip() if element <= len(elements) else ""


def first(segments: Iterable[Segment], tag: str, how: Reading) -> Segment:
    """The first segment with this tag; an empty one, and a finding, where there is none."""
    for one in segments:
        if one.tag == tag:
            return one
    how.found("missing-segment", f"{how.code} has no {tag}", Segment(tag))
    return Segment(tag)


def grouped(
    segments: Sequence[Segment], trigger: str, summary: frozenset[str] = NONE
) -> tuple[list[Segment], list[list[Segment]], list[Segment]]:
    """Split at each trigger: what stands before, the loops, and the summary after them."""
    before: list[Segment] = []
    loops: list[list[Segment]] = []
    after: list[Segment] = []
    into = before
    for one in segments:
        if one.tag == trigger:
            into = [one]
            loops.append(into)
        else:
            if one.tag in summary and into is not before:
                into = after
            into.append(one)
    return before, loops, after


def number_of(how: Reading, segment: Segment, element: int) -> Decimal | None:
    """A number; None where there is none, with a finding where it is not a number."""
    said = text(segment, element)
    if not said:
        return None
    value = as_number(said)
    if value is None:
        how.found("invalid-character", f"not a number: {said[:40]!r}", segment, element)
    return value


def quantity(how: Reading, segment: Segment, element: int) -> Decimal:
    """A number; 0 where there is none."""
    value = number_of(how, segment, element)
    return Decimal(0) if value is None else value


def unit(how: Reading, segment: Segment, element: int) -> str:
    """The plant's unit; the partner's code itself, and a finding, where it is not known."""
    said = text(segment, element)
    if COMPONENT in said:
        said = said.split(COMPONENT, 1)[0]
    if not said:
        return "pcs"
    known = how.profile.plant_unit(said)
    if known is None:
        how.found("unknown-unit", f"unit {said!r} is not agreed on", segment, element)
        return said
    return known


def instant(
    how: Reading, segment: Segment, day: int, clock: int = 0, zone: int = 0
) -> Instant | None:
    """A date and time, as UTC where the segment names a time zone; None where there is none."""
    date = text(segment, day)
    if not date:
        return None
    at = as_instant(date)
    if at is None:
        how.found("invalid-date", f"no such date: {date[:40]!r}", segment, day)
        return None
    time = text(segment, clock) if clock else ""
    if time:
        timed = as_instant(date, time)
        if timed is None:
            how.found("invalid-time", f"no such time: {time[:40]!r}", segment, clock)
        else:
            at = timed - _ahead(timed, text(segment, zone)) if zone else timed
    return max(at, 0)


def _ahead(at: Instant, code: str) -> int:
    if not code:
        return 0
    if code in ZONES:
        return ZONES[code] * HOUR
    place = _place(code)
    if place is None:
        return 0
    local = to_datetime(at).replace(tzinfo=place)
    offset = local.utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) * 1_000_000


@cache
def _place(code: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(PLACES[code]) if code in PLACES else None
    except ZoneInfoNotFoundError:
        return None


def dates(how: Reading, segments: Iterable[Segment]) -> dict[str, Instant]:
    """The dates of DTM segments by their qualifier, the first of each."""
    found: dict[str, Instant] = {}
    for one in segments:
        if one.tag == "DTM":
            at = dated(how, one)
            if at is not None:
                found.setdefault(text(one, 1), at)
    return found


def dated(how: Reading, segment: Segment) -> Instant | None:
    """The date of one DTM, whichever of its two forms it has."""
    if segment.has(2) or text(segment, 5) not in ("D8", "DT"):
        return instant(how, segment, 2, 3, 4)
    said = text(segment, 6)
    at = as_instant(said[:8], said[8:])
    if at is None:
        how.found("invalid-date", f"no such date: {said[:40]!r}", segment, 6)
    return at


def parties(segments: Iterable[Segment]) -> list[Party]:
    """N1 with its N2, N3 and N4. Who has no role that we know is passed over."""
    found: list[Party] = []
    named: list[Segment] = []
    for one in segments:
        if one.tag == "N1":
            _party(named, found)
            named = [one]
        elif named and one.tag in ("N2", "N3", "N4"):
            named.append(one)
    _party(named, found)
    return found


def _party(named: list[Segment], found: list[Party]) -> None:
    role = ROLE_OF.get(text(named[0], 1)) if named else None
    if role is None:
        return
    head = named[0]
    names = [text(head, 2)]
    street: list[str] = []
    id, scheme = text(head, 4), SCHEME_OF.get(text(head, 3), "")
    city = region = postcode = country = ""
    for one in named[1:]:
        if one.tag in ("N2", "N3"):
            (names if one.tag == "N2" else street).extend((text(one, 1), text(one, 2)))
        else:
            city, region, postcode, country = (text(one, place) for place in (1, 2, 3, 4))
            if not id and text(one, 5) == "SN":  # a store's number
                id, scheme = text(one, 6), "buyer"
            elif not region and text(one, 5) == "SP":  # one that is no code of two letters
                region = text(one, 6)
    found.append(
        Party(
            role=role,
            id=id,
            scheme=scheme if id else "",
            name=" ".join(one for one in names if one),
            street=" ".join(one for one in street if one),
            city=city,
            region=region,
            postcode=postcode,
            country=country,
        )
    )


def references(
    segments: Iterable[Segment], but: frozenset[str] = NONE, tag: str = "REF"
) -> list[Reference]:
    """REF (or N9) segments, but for some qualifiers that the document says elsewhere."""
    found: list[Reference] = []
    for one in segments:
        if one.tag == tag:
            qualifier, value = text(one, 1), text(one, 2)
            if value and qualifier not in but:
                kind = REFERENCE_OF.get(qualifier, qualifier)
                found.append(Reference(kind=kind, value=value))
    return found


def reference(segments: Iterable[Segment], *qualifiers: str, tag: str = "REF") -> str:
    """The first REF (or N9) of one of these qualifiers, or nothing."""
    for one in segments:
        if one.tag == tag and text(one, 1) in qualifiers:
            return text(one, 2)
    return ""


def goods(segment: Segment, start: int) -> dict[str, str]:
    """Pairs of qualifier (235) and number (234) from element `start` on, the first of each."""
    elements = segment.elements
    found: dict[str, str] = {}
    for place in range(start - 1, len(elements) - 1, 2):
        value = elements[place + 1].strip()
        if value:
            found.setdefault(elements[place].strip(), value)
    return found


def numbers(named: dict[str, str]) -> tuple[str, str, str]:
    """The buyer's, the seller's and the global number of an item.

    Where a partner does not say the buyer's, whatever it says is what was agreed on.
    """
    mine = next((named[one] for one in BUYER_NUMBERS if one in named), "")
    theirs = next((named[one] for one in SELLER_NUMBERS if one in named), "")
    world = next((named[one] for one in GTINS if one in named), "")
    return mine or theirs or world, theirs, world


def described(segments: Iterable[Segment]) -> str:
    """Free text: PID05, MSG01, MTX02, NTE02, joined by spaces."""
    said = []
    for one in segments:
        if one.tag == "PID":
            said.append(text(one, 5))
        elif one.tag == "MSG":
            said.append(text(one, 1))
        elif one.tag in ("NTE", "MTX"):
            said.append(text(one, 2))
    return " ".join(one for one in said if one)


def weight(how: Reading, segment: Segment, element: int, unit_at: int) -> Decimal | None:
    """A weight in kg; pounds are converted, to the gram."""
    value = number_of(how, segment, element)
    if value is not None and text(segment, unit_at) in ("LB", "L"):
        with localcontext(prec=100):  # whatever is said
            value = (value * _POUND).quantize(_GRAM)
    return value


def sscc(how: Reading, segment: Segment, element: int) -> str:
    """A serial shipping container code without its application identifier, check digit checked."""
    said = text(segment, element)
    said = said.removeprefix("(00)")
    if len(said) == 20 and said.startswith("00"):
        said = said[2:]
    if said and not right_sscc(said):
        how.found(
            "sscc-check-digit", f"{said[:40]!r} is not an SSCC with its check digit", segment,
            element,
        )  # fmt: skip
    return said


def right_sscc(code: str) -> bool:
    """18 digits, of which the last checks the others."""
    if len(code) != 18 or not code.isascii() or not code.isdigit():
        return False
    return (3 * sum(map(int, code[::2])) + sum(map(int, code[1::2]))) % 10 == 0


def check_totals(
    how: Reading, segments: Iterable[Segment], lines: int, quantities: Sequence[str]
) -> None:
    """Hold CTT01 to the number of lines, and CTT02 to the sum of quantities as they were said."""
    for one in segments:
        if one.tag == "CTT":
            counted = as_number(text(one, 1))
            if counted is not None and counted != lines:
                how.found("line-count-wrong", f"CTT01 is {counted}, there are {lines}", one, 1)
            check_hash(how, one, 2, quantities)


def check_hash(how: Reading, segment: Segment, element: int, quantities: Sequence[str]) -> None:
    """Hold a hash total to a sum.

    X12 sums digits without regard to decimal points and cuts to ten; nearly all partners sum
    numbers. Either is right.
    """
    said = as_number(text(segment, element))
    if said is None:
        return
    known = [value for one in quantities if (value := as_number(one)) is not None]
    plain = sum(known, Decimal(0))
    if said == plain:
        return
    digits = Decimal(sum(int(one.replace(".", "").lstrip("+-") or 0) for one in quantities
                         if as_number(one) is not None))  # fmt: skip
    if said not in (digits, as_number(cut(number(plain))), as_number(cut(number(digits)))):
        shown = f"{segment.tag}{element:02d} is {number(said)}, the sum is {number(plain)}"
        how.found("hash-total-wrong", shown, segment, element)
