"""What all mappings write with: parties, references, dates, goods, totals.

Dates and times are UTC. Texts longer than their element are split between words where a segment
may stand again; nothing is cut off.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from decimal import Decimal

from simulator.contracts.x12.documents._codes import REFERENCES, ROLES, SCHEMES
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number, time
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Party, Reference, TradingDocument

MTX_FROM = "005"
"""From this version on, orders have MTX where they had MSG."""
HASH_DIGITS = 10
"""Element 347 has at most so many; the leftmost are cut off."""
_GTIN_QUALIFIERS = {12: "UP", 13: "EN", 14: "UK"}


def parties(named: Iterable[Party]) -> list[Segment]:
    """N1, N2, N3, N4 of each."""
    out: list[Segment] = []
    for one in named:
        scheme = ""
        if one.id:
            scheme = SCHEMES[one.scheme]
            if scheme == "1" and len(one.id) == 13:
                scheme = "9"
        name, *more = split(one.name, 60) or [""]
        out.append(seg("N1", ROLES[one.role], name, scheme, one.id))
        if more:
            out.append(seg("N2", *more[:2]))
        if one.street:
            out.append(seg("N3", *split(one.street, 55)[:2]))
        if one.city or one.region or one.postcode or one.country:
            out.append(_located(one))
    return out


def _located(party: Party) -> Segment:
    """N4; N402 has two letters, and N406 room for the names of other regions."""
    short = len(party.region) == 2
    named = ("SP", party.region) if party.region and not short else ()
    region = party.region if short else ""
    return seg("N4", party.city, region, party.postcode, party.country, *named)


def references(named: Iterable[Reference], tag: str = "REF") -> list[Segment]:
    """REF (or N9) of each."""
    return [seg(tag, REFERENCES.get(one.kind, one.kind), one.value) for one in named if one.value]


def refer(qualifier: str, value: str, tag: str = "REF") -> list[Segment]:
    """One REF (or N9), or nothing where there is no value."""
    return [seg(tag, qualifier, value)] if value else []


def dtm(qualifier: str, at: Instant | None) -> list[Segment]:
    """DTM; no time where it is midnight; nothing where there is no date."""
    return [seg("DTM", qualifier, date(at), clock(at))] if at is not None else []


def created(document: TradingDocument) -> list[Segment]:
    """DTM*097: when a document was made, where its first segment says no more than the day."""
    return dtm("097", document.at) if document.at % DAY else []


def day(at: Instant | None) -> str:
    """CCYYMMDD, or nothing."""
    return date(at) if at is not None else ""


def clock(at: Instant | None) -> str:
    """HHMM[SS], or nothing at midnight."""
    return time(at) if at is not None and at % DAY else ""


def amount(value: Decimal | None) -> str:
    """A number, or nothing."""
    return number(value) if value is not None else ""


def goods(*named: tuple[str, str]) -> tuple[str, ...]:
    """Pairs of qualifier (235) and number (234), without those that say nothing."""
    return tuple(one for pair in named if pair[1] for one in pair)


def gtin(value: str) -> tuple[str, str]:
    """A GTIN with the qualifier of its length."""
    return _GTIN_QUALIFIERS.get(len(value), "UK"), value


def described(text: str) -> list[Segment]:
    """PID*F: free text of an item or a document."""
    return [seg("PID", "F", "", "", "", one) for one in split(text, 80)]


def noted(text: str) -> list[Segment]:
    """NTE*GEN: free text."""
    return [seg("NTE", "GEN", one) for one in split(text, 80)]


def messages(text: str, profile: PartnerProfile) -> list[Segment]:
    """N9 with its texts: free text of orders and their answers. MSG became MTX in time."""
    if not text:
        return []
    head = seg("N9", "L1", "NOTE")
    if profile.version >= MTX_FROM:
        return [head, *(seg("MTX", "", one) for one in split(text, 4096))]
    return [head, *(seg("MSG", one) for one in split(text, 264))]


def split(text: str, most: int) -> list[str]:
    """Pieces of at most so many characters, between words; they are joined by a space again."""
    if len(text) <= most:
        return [text] if text else []
    return textwrap.wrap(text, most, break_on_hyphens=False)


def totals(lines: int, quantities: Iterable[Decimal]) -> Segment:
    """CTT: how many lines, and the sum of their quantities."""
    return seg("CTT", str(lines), hash_total(quantities))


def hash_total(quantities: Iterable[Decimal]) -> str:
    """The sum of quantities as element 347: of too many digits, the leftmost are cut off."""
    text = number(sum(quantities, Decimal(0)))
    return text if len(text.replace(".", "")) <= HASH_DIGITS else cut(text)


def cut(text: str) -> str:
    """The last ten digits of a number."""
    while len(text.replace(".", "")) > HASH_DIGITS:
        text = text[1:]
    return text
