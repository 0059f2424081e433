"""What the sets of a warehouse that somebody else runs share: 940, 943, 944, 945.

Dates are G62, references N9, notes NTE*GEN. A line's own number is N9*LI, its lot N9*LT where its
segment has no room for it, its label N9*LV or, in LX loops, MAN. Who sends a document about stock
that it neither owns nor keeps must name the warehouse (N1*WH).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    check_hash,
    goods,
    instant,
    number_of,
    numbers,
    quantity,
    reference,
    sscc,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, time
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Party
from simulator.plant.trading.warehouse import WarehouseLine

FULL = "F"
"""Element 514: a document says all there is."""
TRUCK = "M"
"""Element 91."""
NUMBER = "TN"
"""Element 128: the document's own number, where its first segment has no place for it."""
TO_SHIP, TO_ARRIVE = "10", "17"
"""Element 432: when something is to be shipped, and when it is to arrive."""
_PROCESSED = "09"  # element 432
_CLOCKS = {_PROCESSED: "W", TO_SHIP: "U", TO_ARRIVE: "E"}
"""Element 176, which time it is, by element 432, which date."""
_PLANNED = ("02", "67", "68", "70", "69", "11", "35", "38", "37", "54", "53")
"""Element 432: when goods leave or arrive, where nothing says it plainer."""
_SHORT_LOT = 12  # element 451
_SHORT_NUMBER = 12  # elements 394 and 531


def short_number(number: str) -> str:
    """A number as W0605 and W1703 have room for it: the end of one that is longer."""
    return number[-_SHORT_NUMBER:]


def own_number(number: str, said: str) -> list[Segment]:
    """N9 with the document's number, where the set does not say it by `said`."""
    return wire.refer(NUMBER, number, "N9") if number != said else []


def planned(kind: str, at: Instant | None) -> list[Segment]:
    """G62 for a date of element 432; nothing where there is no date."""
    if at is None:
        return []
    clock = (_CLOCKS[kind], time(at)) if at % DAY else ()
    return [seg("G62", kind, date(at), *clock)]


def processed(at: Instant) -> list[Segment]:
    """When the document was made."""
    return planned(_PROCESSED, at)


def read_dates(how: Reading, segments: Iterable[Segment]) -> dict[str, Instant]:
    """The dates of G62 segments by element 432, the first of each."""
    found: dict[str, Instant] = {}
    for one in segments:
        if one.tag == "G62":
            at = instant(how, one, 2, 4, 5)
            if at is not None:
                found.setdefault(text(one, 1), at)
    return found


def read_planned(found: dict[str, Instant], *kinds: str) -> Instant | None:
    """The first date of these kinds, or of those that come near to them."""
    return next((found[one] for one in (*kinds, *_PLANNED) if one in found), None)


def read_processed(found: dict[str, Instant], day: Instant | None, how: Reading) -> Instant:
    """When the document was made: as it says; else `day`, else when its group was."""
    at = found.get(_PROCESSED, day)
    return at if at is not None else how.at


def named(parties: list[Party], profile: PartnerProfile) -> list[Segment]:
    """N1 loops, of which there must be one: where nobody is named, the partner's warehouse."""
    warehouse = Party(role="warehouse", id=profile.identifiers.partner.id, scheme="mutual")
    return wire.parties(parties or [warehouse])


def carrier(segments: Iterable[Segment], tag: str, element: int) -> str:
    """The carrier's SCAC in the first segment with this tag, or nothing."""
    return next((text(one, element) for one in segments if one.tag == tag), "")


# --- lines and totals ----------------------------------------------------------------------------


def pairs(one: WarehouseLine) -> tuple[str, str, str, str]:
    """Both numbers of an item with their qualifiers (235, 234)."""
    other = ("VP", one.supplier_item) if one.supplier_item else ("", "")
    return ("BP", one.item, *other)


def short_lot(lot: str) -> str:
    """A lot where element 451 has room for it."""
    return lot if len(lot) <= _SHORT_LOT else ""


def said_of(one: WarehouseLine, *, lot: bool = True, label: bool = True) -> list[Segment]:
    """G69 and N9 of a line. `lot` and `label` say whether N9 is where these stand."""
    out = [seg("G69", piece) for piece in wire.split(one.description, 45)]
    out += wire.refer("LI", one.line, "N9")
    out += wire.refer("LT", one.lot if lot else "", "N9")
    return out + wire.refer("LV", "00" + one.sscc if label and one.sscc else "", "N9")


def labelled(one: WarehouseLine, place: int) -> list[Segment]:
    """LX of a line, and MAN with its label."""
    out = [seg("LX", str(place))]
    return [*out, seg("MAN", "GM", "00" + one.sscc)] if one.sscc else out


def item(segment: Segment, upc: int, *starts: int) -> tuple[str, str]:
    """The item's number and the supplier's: pairs from each of `starts` on, else the UPC code."""
    found: dict[str, str] = {}
    for start in starts:
        pair = goods(Segment("", segment.elements[start - 1 : start + 1]), 1)
        found = pair | found
    mine, theirs, _ = numbers(found)
    return mine or next(iter(found.values()), "") or text(segment, upc), theirs


def description(block: Iterable[Segment]) -> str:
    """The texts of G69."""
    said = [text(one, 1) for one in block if one.tag == "G69"]
    return " ".join(one for one in said if one)


def line_number(block: Sequence[Segment], place: int) -> str:
    """N9*LI; else the line's place."""
    return reference(block, "LI", tag="N9") or str(place)


def label(how: Reading, block: Iterable[Segment]) -> str:
    """The first label that MAN or N9*LV says."""
    for one in block:
        if (one.tag == "MAN" and one.has(2)) or (one.tag == "N9" and text(one, 1) == "LV"):
            return sscc(how, one, 2)
    return ""


def by_label(line: WarehouseLine, block: Iterable[Segment], how: Reading) -> list[WarehouseLine]:
    """As many lines as there are labels with a quantity each (N903); else the line itself.

    What was ordered beyond that is said of the last, what is damaged of the first.
    """
    labels = [one for one in block if one.tag == "N9" and text(one, 1) == "LV"]
    amounts = [number_of(how, one, 3) for one in labels] if len(labels) > 1 else []
    known = [one for one in amounts if one is not None]
    if not known or len(known) < len(labels) or sum(known, Decimal(0)) != line.quantity:
        return [line]
    ordered = [None if line.ordered is None else one for one in known]
    if line.ordered is not None:
        ordered[-1] = known[-1] + line.ordered - line.quantity
    found: list[WarehouseLine] = []
    for one, amount, wanted in zip(labels, known, ordered, strict=True):
        same = bool(line.sscc) and text(one, 2).endswith(line.sscc)  # it is checked already
        here = {
            "sscc": line.sscc if same else sscc(how, one, 2), "quantity": amount,
            "ordered": wanted, "damaged": None if found else line.damaged,
        }  # fmt: skip
        found.append(line.model_copy(update=here))
    return found


def line_of(
    how: Reading, said: Segment, amount: int, measure: int, ids: tuple[str, str],
    block: Sequence[Segment], place: int, *, lot: int = 0,
) -> WarehouseLine:  # fmt: skip
    """A line: `said` is its segment, `amount`, `measure` and `lot` are elements of it."""
    own_lot = text(said, lot) if lot else ""
    return WarehouseLine(
        line=line_number(block, place), item=ids[0], supplier_item=ids[1],
        description=description(block), quantity=quantity(how, said, amount),
        unit=unit(how, said, measure), lot=own_lot or reference(block, "LT", tag="N9"),
        sscc=label(how, block),
    )  # fmt: skip


def total(tag: str, lines: Iterable[WarehouseLine]) -> Segment:
    """The sum of the lines' quantities in the first element of a segment."""
    return seg(tag, wire.hash_total(one.quantity for one in lines))


def check_total(
    how: Reading, summary: Sequence[Segment], total: str, segments: Sequence[Segment], line: str,
    element: int,
) -> None:  # fmt: skip
    """Hold the total's first element to the sum of the lines' quantities."""
    amounts = [text(one, element) for one in segments if one.tag == line]
    for one in summary:
        if one.tag == total:
            check_hash(how, one, 1, amounts)
