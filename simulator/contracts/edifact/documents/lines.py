"""Lines of a message: what they are of, how much, and how it is counted.

The buyer's number is in LIN (IN), the seller's (SA) and the GTIN (EN) in PIA. On reading the item
is the buyer's number (IN, BP); where there is none, the number that LIN has, whatever its list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    Period,
    broken,
    dates,
    joined,
    note,
    reference,
    referred,
)
from simulator.contracts.edifact.mapping import Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.core import gs1
from simulator.plant.trading.partners import PartnerProfile

BUYERS, SELLERS, GTINS, LOTS = ("IN", "BP"), ("SA", "VP", "MF", "VN"), ("EN", "SRV", "UP"), ("NB",)
"""Data element 7143."""
_MOST_SERIALS = 1000


@dataclass(slots=True)
class Amount:
    """A quantity and its unit, by its qualifier (6063)."""

    qualifier: str
    value: Decimal
    unit: str
    segment: Segment


@dataclass(slots=True)
class Line:
    """What a block of segments from LIN on says, whatever the message."""

    line: str = ""
    action: str = ""  # 1229
    item: str = ""
    supplier_item: str = ""
    gtin: str = ""
    description: str = ""
    lot: str = ""
    serials: list[str] = field(default_factory=list)
    order: str = ""
    order_line: str = ""
    price: Decimal | None = None
    amounts: list[Amount] = field(default_factory=list)
    dates: dict[str, Period] = field(default_factory=dict)

    def amount(self, *qualifiers: str) -> Amount | None:
        """The first quantity of the first of these kinds that is there."""
        for kind in qualifiers:
            for one in self.amounts:
                if one.qualifier == kind:
                    return one
        return None

    def value(self, *qualifiers: str) -> Decimal | None:
        """Its number alone."""
        found = self.amount(*qualifiers)
        return None if found is None else found.value

    def main(self, *qualifiers: str) -> tuple[Decimal, str]:
        """The line's quantity and unit: one of these kinds, else the first, else none at all."""
        found = self.amount(*qualifiers) or (self.amounts[0] if self.amounts else None)
        return (Decimal(0), "pcs") if found is None else (found.value, found.unit)


# --- writing --------------------------------------------------------------------------------------


def position(line: str, place: int) -> str:
    """LIN 1082: the line's own number where it is at most six digits, else its place."""
    return line if line.isascii() and line.isdecimal() and len(line) <= 6 else str(place)


def own_line(line: str, place: int) -> list[Segment]:
    """The line's own number as a reference, where LIN could not say it."""
    return reference("LI", line) if line and position(line, place) != line else []


def identify(
    place: int,
    line: str,
    item: str,
    supplier_item: str = "",
    gtin: str = "",
    description: str = "",
    action: str = "",
) -> list[Segment]:
    """LIN, PIA and IMD."""
    number = [item, "IN"] if item else [""]
    out = [seg("LIN", position(line, place), action, number)]
    others = [[one, kind] for one, kind in ((supplier_item, "SA"), (gtin, "EN")) if one]
    if others:
        out.append(seg("PIA", "1", *others))
    pieces = broken(description, 35, 20)
    out += [
        seg("IMD", "F", "", ["", "", "", *pieces[at : at + 2]]) for at in range(0, len(pieces), 2)
    ]
    return out


def quantity(qualifier: str, value: Decimal, unit: str, profile: PartnerProfile) -> Segment:
    """A QTY in the partner's unit."""
    return seg("QTY", [qualifier, values.number(value, profile), profile.unit(unit)])


def some(
    qualifier: str, value: Decimal | None, unit: str, profile: PartnerProfile
) -> list[Segment]:
    """A QTY, or none."""
    return [] if value is None else [quantity(qualifier, value, unit, profile)]


def serial_numbers(serials: Sequence[str]) -> list[Segment]:
    """GIN+BN, five serial numbers each."""
    return [seg("GIN", "BN", *serials[at : at + 5]) for at in range(0, len(serials), 5)]


# --- reading --------------------------------------------------------------------------------------


def unit_of(segment: Segment, component: int, how: Reading) -> str:
    """The plant's unit for data element 6411; the partner's own code where it is not agreed on."""
    code = segment.get(1, component)
    if not code:
        return "pcs"
    known = how.profile.plant_unit(code)
    if known is None:
        what = f"the unit {code} is not one of {how.profile.partner}'s"
        how.found("unknown-unit", what, segment, 1, component)
    return known or code


def read_amount(segment: Segment, how: Reading) -> Amount | None:
    """A QTY; None where it is no number."""
    value = values.as_number(segment.get(1, 2))
    if value is None:
        return None
    return Amount(segment.get(1), value, unit_of(segment, 3, how), segment)


def read_line(block: Iterable[Segment], how: Reading, *, shipped: bool = False) -> Line:
    """What is said from LIN on.

    RFF+LI is the line's own number, as text. Where goods and invoices refer to orders (`shipped`)
    it is the line of the order.
    """
    segments = list(block)
    line = Line(dates=dates(segments))
    numbers: list[tuple[str, str]] = []  # kind, number
    prices: dict[str, Decimal] = {}
    described: list[str] = []
    for one in segments:
        match one.tag:
            case "LIN":
                line.line, line.action = one.get(1), one.get(2)
                numbers.append((one.get(3, 2), one.get(3)))
            case "PIA":
                numbers += [(one.get(n, 2), one.get(n)) for n in range(2, len(one.elements) + 1)]
            case "IMD":
                described.append(joined(one, 3, 4, 5) or joined(one, 3, 1, 1))
            case "QTY":
                amount = read_amount(one, how)
                if amount is not None:
                    line.amounts.append(amount)
            case "GIN":
                read_identities(one, line)
            case "PRI":
                price, basis = values.as_number(one.get(1, 2)), values.as_number(one.get(1, 5))
                if price is not None:
                    prices.setdefault(one.get(1), price / basis if basis else price)
            case "RFF" if one.get(1) in ("ON", "CO", "VN") and not line.order_line:
                if one.get(1) == "ON" or not line.order:
                    line.order = one.get(1, 2)
                    line.order_line = one.get(1, 3) or one.get(1, 4)
    _name(line, [one for one in numbers if one[1]])
    own = referred(segments, "LI")
    if shipped:
        line.order_line = line.order_line or own
    else:
        line.line = own or line.line
    line.lot = line.lot or referred(segments, "BT")
    line.description = " ".join(one for one in described if one) or note(segments)
    best = [*(prices.get(one) for one in ("AAA", "INV", "CAL", "NTP", "AAB")), *prices.values()]
    line.price = next((one for one in best if one is not None), None)
    return line


def _name(line: Line, numbers: list[tuple[str, str]]) -> None:
    for kind, value in numbers:
        if kind in BUYERS:
            line.item = line.item or value
        elif kind in SELLERS:
            line.supplier_item = line.supplier_item or value
        elif kind in GTINS:
            line.gtin = line.gtin or value
        elif kind in LOTS:
            line.lot = line.lot or value
        elif kind == "SN":
            line.serials.append(value)
    if not line.item and numbers:
        line.item = numbers[0][1]


def read_identities(segment: Segment, line: Line) -> None:
    """GIN at a line: serial numbers (BN), single or from–to, and a lot (BX)."""
    for element in range(2, len(segment.elements) + 1):
        low, high = segment.get(element), segment.get(element, 2)
        if segment.get(1) == "BX":
            line.lot = line.lot or low
        elif segment.get(1) == "BN" and low:
            line.serials += counted(low, high) if high else [low]


def counted(low: str, high: str) -> list[str]:
    """The numbers of a range; its two ends where they cannot be counted."""
    if low.isdecimal() and high.isdecimal() and low.isascii() and high.isascii():
        ends = int(low), int(high)
        if len(low) == len(high) and 0 <= ends[1] - ends[0] < _MOST_SERIALS:
            return [f"{one:0{len(low)}d}" for one in range(ends[0], ends[1] + 1)]
    return [low, high]


def check_sscc(text: str, segment: Segment, how: Reading) -> str:
    """An SSCC without its application identifier; says so where its check digit is wrong."""
    sscc = text[2:] if len(text) == 20 and text.startswith("00") else text
    if not gs1.is_sscc(sscc):
        how.found("sscc-check-digit", f"{text} is no SSCC: its check digit is wrong", segment, 2)
    return sscc
