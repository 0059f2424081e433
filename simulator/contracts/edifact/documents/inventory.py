"""Stock at a partner: INVRPT (D.96A; read up to D.03B).

A line each: LIN, and one QTY whose qualifier says what stock it is, with GIN+BX for the lot and
LOC+14 for the place. A line that is read with several quantities is as many lines. There is no room
for notes and totals.
"""

from __future__ import annotations

from typing import Literal

from simulator.contracts.edifact.documents.header import (
    begin,
    blocks,
    dates,
    issued,
    moment,
    parties,
    read_parties,
    read_references,
    references,
)
from simulator.contracts.edifact.documents.lines import (
    Line,
    identify,
    own_line,
    quantity,
    read_amount,
    read_identities,
    read_line,
)
from simulator.contracts.edifact.mapping import Mapping, Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.schedules import InventoryLine, InventoryReport

Status = Literal["on-hand", "available", "committed", "in-transit", "backordered", "blocked"]
_STATUSES: dict[Status, str] = {
    "on-hand": "145", "available": "60", "committed": "66", "in-transit": "198",
    "backordered": "83", "blocked": "89",
}  # fmt: skip
_READ_STATUSES: dict[str, Status] = {wire: ours for ours, wire in _STATUSES.items()} | {
    "17": "on-hand", "152": "on-hand", "158": "on-hand", "1": "on-hand", "57": "in-transit",
    "170": "committed", "27": "blocked", "96": "blocked", "20": "blocked",
}  # fmt: skip
_PLACES = ("14", "18", "19", "7")


def _write(document: InventoryReport, profile: PartnerProfile) -> list[Segment]:
    out = [
        begin("35", document.number),
        moment("137", document.at),
        *references(document.references, 10),
        *parties(document.parties),
    ]
    for place, one in enumerate(document.lines, 1):
        out += identify(place, one.line, one.item, one.supplier_item) + own_line(one.line, place)
        out.append(quantity(_STATUSES[one.status], one.quantity, one.unit, profile))
        if one.lot:
            out.append(seg("GIN", "BX", one.lot))
        if one.location:
            out.append(seg("LOC", "14", one.location))
    return out


def _read(segments: list[Segment], how: Reading) -> InventoryReport:
    head, blocks_of_lines, _ = blocks(segments, "LIN", ends=("UNS", "CNT"))
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    return InventoryReport(
        partner=how.partner, sender=how.sender, number=named.get(2),
        at=issued(dates(head), how, "366"), parties=read_parties(head),
        references=read_references(head),
        lines=[line for block in blocks_of_lines for line in _read_lines(block, how)],
    )  # fmt: skip


def _read_lines(block: list[Segment], how: Reading) -> list[InventoryLine]:
    direct, groups, _ = blocks(block, "QTY")
    line = read_line(direct, how)
    out: list[InventoryLine] = []
    for group in groups:
        amount = read_amount(group[0], how)
        if amount is None:
            continue
        kept = Line()
        for one in group:
            if one.tag == "GIN":
                read_identities(one, kept)
        out.append(
            InventoryLine(
                line=line.line, item=line.item, supplier_item=line.supplier_item,
                quantity=amount.value, unit=amount.unit,
                status=_READ_STATUSES.get(amount.qualifier, "on-hand"), lot=kept.lot or line.lot,
                location=_location(group) or _location(direct),
            )
        )  # fmt: skip
    return out


def _location(segments: list[Segment]) -> str:
    found = (one for one in segments if one.tag == "LOC" and one.get(1) in _PLACES)
    return next((one.get(2) or one.get(2, 4) for one in found), "")


MAPPINGS = (Mapping("INVRPT", "", InventoryReport, _write, _read),)
