"""846, stock as the sender has it.

A line each: LIN, REF*LT for the lot and REF*LU for the place, and one QTY whose qualifier says what
stock it is. A line that is read with several quantities is as many lines. Notes stand in REF*L1.
"""

from __future__ import annotations

from typing import Literal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    check_totals,
    first,
    goods,
    grouped,
    instant,
    numbers,
    parties,
    quantity,
    reference,
    references,
    text,
    unit,
)
from simulator.contracts.x12.documents._remarks import LETTERS, read_remarks, remarks
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date, number
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import InventoryLine, InventoryReport

Status = Literal["on-hand", "available", "committed", "in-transit", "backordered", "blocked"]
STATUSES: dict[Status, str] = {
    "on-hand": "17", "available": "33", "committed": "66", "in-transit": "IQ",
    "backordered": "BQ", "blocked": "QH",
}  # fmt: skip
"""Element 673, QTY01."""
STATUS_OF: dict[str, Status] = {theirs: ours for ours, theirs in STATUSES.items()} | {
    "20": "blocked", "29": "available",
}  # fmt: skip
_REPORT = "SI"  # element 755: the seller's inventory


def write(report: InventoryReport, profile: PartnerProfile) -> list[Segment]:
    clock = wire.clock(report.at)
    out = [seg("BIA", "00", _REPORT, report.number, date(report.at), clock)]
    out += wire.references(report.references) + remarks(report.note)
    out += wire.parties(report.parties)
    for one in report.lines:
        ids = wire.goods(("BP", one.item), ("VP", one.supplier_item))
        out.append(seg("LIN", one.line, *ids))
        out += wire.refer("LT", one.lot) + wire.refer("LU", one.location)
        measure = profile.unit(one.unit)
        out.append(seg("QTY", STATUSES[one.status], number(one.quantity), measure))
    return [*out, wire.totals(len(report.lines), (one.quantity for one in report.lines))]


def read(segments: list[Segment], how: Reading) -> InventoryReport:
    begin = first(segments, "BIA", how)
    head, blocks, after = grouped(segments, "LIN", frozenset({"CTT"}))
    amounts = [text(one, 2) for block in blocks for one in block if one.tag == "QTY"]
    check_totals(how, after, len(blocks), amounts)
    at = instant(how, begin, 4, 5)
    return InventoryReport(
        partner=how.partner, sender=how.sender, number=text(begin, 3),
        at=at if at is not None else how.at, parties=parties(head),
        references=references(head, frozenset({LETTERS})), note=read_remarks(head),
        lines=[line for block in blocks for line in _read_lines(block, how)],
    )  # fmt: skip


def _read_lines(block: list[Segment], how: Reading) -> list[InventoryLine]:
    direct, groups, _ = grouped(block, "QTY")
    ids = goods(direct[0], 2)
    item, supplier_item, _ = numbers(ids)
    out: list[InventoryLine] = []
    for group in groups:
        own = _location(group)
        out.append(
            InventoryLine(
                line=text(direct[0], 1), item=item or next(iter(ids.values()), ""),
                supplier_item=supplier_item, quantity=quantity(how, group[0], 2),
                unit=unit(how, group[0], 3), status=STATUS_OF.get(text(group[0], 1), "on-hand"),
                lot=reference(group, "LT") or reference(direct, "LT") or ids.get("LT", ""),
                location=own or _location(direct),
            )
        )  # fmt: skip
    return out


def _location(segments: list[Segment]) -> str:
    """REF*LU; else the warehouse that is named with the line."""
    said = reference(segments, "LU", "WS")
    named = [one for one in segments if one.tag == "N1" and text(one, 1) in ("WH", "ST", "SF")]
    return said or next((text(one, 4) or text(one, 2) for one in named), "")


MAPPINGS = (Mapping("846", "IB", InventoryReport, write, read),)
