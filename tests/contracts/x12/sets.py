"""Transaction sets as text, for tests of documents and guides; ST and SE left out."""

from __future__ import annotations

from typing import Any

from simulator.contracts.x12.check import check_set, uniform
from simulator.contracts.x12.envelope import Group, Set
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import find_guide
from simulator.contracts.x12.mapping import Reading, reads, writes
from simulator.contracts.x12.segments import COMPONENT, Segment, seg
from simulator.plant.trading import Finding, PartnerProfile, TradingDocument

AT = 1_760_000_000_000_000


def profile(version: str = "004010", **more: Any) -> PartnerProfile:
    """A partner who speaks X12."""
    return PartnerProfile.model_validate(
        {
            "partner": "BEARCO", "standard": "x12", "version": version,
            "identifiers": {"partner": {"id": "BEARCO"}, "plant": {"id": "GEARBOX"}},
        }
        | more
    )  # fmt: skip


def segments(text: str) -> list[Segment]:
    """The segments of a set, one a line, `*` between elements and `>` between components."""
    lines = [line.strip().removesuffix("~") for line in text.splitlines() if line.strip()]
    parts = [line.replace(">", COMPONENT).split("*") for line in lines]
    return [Segment(tag, tuple(given), index=place) for place, (tag, *given) in enumerate(parts, 2)]


def written(document: TradingDocument, partner: PartnerProfile) -> tuple[str, list[Segment]]:
    """The set that a document is written as, and its segments."""
    mapping = writes(document)
    assert mapping is not None
    return mapping.code, mapping.write(document, partner)


def read(
    code: str, given: list[Segment], partner: PartnerProfile, sender: str = "partner"
) -> tuple[Any, list[str]]:
    """The document that these segments say, and the names of what was found wrong in them."""
    mapping = reads(code)
    assert mapping is not None
    how = Reading(partner, "BEARCO", sender, code, partner.version, AT)  # type: ignore[arg-type]
    document = mapping.read(given, how)
    return document, [one.name for one in how.findings]


def again(document: TradingDocument, partner: PartnerProfile) -> tuple[Any, list[str]]:
    """Written and read back; what was found by its guide and in its content, by name."""
    code, given = written(document, partner)
    back, found = read(code, given, partner, document.sender)
    return back, [one.name for one in checked(code, given, partner.version)] + found


def said(code: str, text: str, partner: PartnerProfile | None = None) -> tuple[Any, list[str]]:
    """The document that a set says as a partner writes it, and the names of what was found."""
    return read(code, segments(text), partner or profile())


def checked(code: str, given: list[Segment], version: str = "004010") -> list[Finding]:
    """What a set's guide finds in it, what is read past included."""
    guide = find_guide(code, version)
    assert guide is not None
    assert guide.exact
    placed = [Segment(one.tag, one.elements, index=n) for n, one in enumerate(given, 2)]
    whole = Set(
        seg("ST", code, "0001"), Segment("SE", index=len(placed) + 2), placed,
        [uniform(one) for one in placed],
    )  # fmt: skip
    found = Found()
    check_set(whole, Group(seg("GS", guide.group)), guide, found)
    return found.findings


def refused(
    code: str, text: str, version: str = "004010"
) -> list[tuple[str, str, int | None, str]]:
    """What a set is refused for: name, tag, element, and what a 997 says of it."""
    return [
        (one.name, one.tag, one.element, "".join(one.codes))
        for one in checked(code, segments(text), version)
        if not one.tolerated
    ]
