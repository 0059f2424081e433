"""How the lines of a DELFOR and a DELJIT are read: what is wanted, and where the buyer's count is.

A line's quantities are groups of QTY SCC DTM RFF. From D.96B on a DELFOR has SCC before all the
quantities that it schedules; both are read. A schedule of cumulative quantities alone is read as
the differences between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from simulator.contracts.edifact.documents.header import (
    Period,
    blocks,
    dates,
    first,
    referred,
    span,
)
from simulator.contracts.edifact.documents.lines import Amount, read_amount, read_line
from simulator.contracts.edifact.mapping import Reading
from simulator.contracts.edifact.segments import Segment
from simulator.core.durations import Instant
from simulator.plant.trading.schedules import Bucket, Commitment, Demand, ScheduleLine

COMMITMENTS: dict[Commitment, str] = {
    "firm": "1", "production": "2", "material": "3", "planned": "4",
}  # fmt: skip
BUCKETS: dict[Bucket, str] = {
    "discrete": "D", "daily": "Y", "weekly": "W", "monthly": "M", "quarterly": "Q",
    "flexible": "F",
}  # fmt: skip
_READ_COMMITMENTS: dict[str, Commitment] = {
    "1": "firm", "10": "firm", "15": "firm", "22": "firm", "2": "production", "3": "material",
    "4": "planned", "12": "planned", "26": "planned",
}  # fmt: skip
_READ_BUCKETS: dict[str, Bucket] = {wire: ours for ours, wire in BUCKETS.items()}
_DEMANDS = ("1", "113", "187", "21", "131")
_CUMULATIVE = ("3", "78", "74")
_LAST = ("48", "12", "194")
_SHIPMENTS = ("AAU", "AAK", "DQ", "SRN", "SI")
_NOT_DEMANDS = (*_SHIPMENTS, "ON", "LI", "BO", "CT")
_STARTS = ("2", "64", "10", "71", "158", "157", "67", "17", "76", "37", "11", "194")
_ENDS = ("63", "74", "159", "36", "206", "38")


def read_lines(segments: list[Segment], how: Reading) -> tuple[list[Segment], list[ScheduleLine]]:
    """The head with what stands between the lines, and the lines.

    A line ends at its last segment: what comes before the next NAD, SEQ or UNS. A dock that is said
    there (LOC+11) is that of the lines beneath it.
    """
    head: list[Segment] = []
    lines: list[ScheduleLine] = []
    block: list[Segment] = []
    dock = ""

    def close() -> None:
        if block:
            lines.append(_read_line(block, how, dock))
            block.clear()

    ended = False
    for one in segments:
        if one.tag == "LIN":
            close()
            block.append(one)
        elif one.tag in ("UNS", "SEQ", "CNT") or (one.tag == "NAD" and not _later(lines, block)):
            close()
            dock = ""
            ended = ended or one.tag == "CNT" or (one.tag == "UNS" and one.get(1) == "S")
            head.append(one)
        elif block and not ended:
            block.append(one)
        else:
            if one.tag == "LOC" and one.get(1) in ("11", "7"):
                dock = one.get(2) or one.get(2, 4)
            head.append(one)
    close()
    return head, lines


def _later(lines: list[ScheduleLine], block: list[Segment]) -> bool:
    """Is a NAD here one of its line's (D.96A SG24, before the line's quantities)?"""
    return bool(block) and not any(one.tag == "QTY" for one in block)


def _read_line(block: list[Segment], how: Reading, dock: str) -> ScheduleLine:
    direct, groups = _quantity_groups(block)
    line = read_line([one for one in direct if one.tag != "FTX"], how)
    demands: list[Demand] = []
    received = last = None
    unit = "pcs"
    found = dict(dates(direct))
    for group in groups:
        amount = read_amount(group[0], how)
        if amount is None:
            continue
        unit = amount.unit if not demands and received is None and last is None else unit
        when = dates(group)
        if amount.qualifier == "70":
            received = amount.value
        elif amount.qualifier in _LAST and last is None:
            last = amount.value
        elif amount.qualifier in _CUMULATIVE:
            _accumulate(demands, amount, group, when, received, how)
        elif amount.qualifier in _DEMANDS:
            demands.append(_read_demand(amount.value, group, when, how))
        if amount.qualifier not in (*_DEMANDS, *_CUMULATIVE):
            found |= {key: value for key, value in when.items() if key not in found}
    loose = [one for one in direct if one.tag == "LOC" and one.get(1) in ("11", "7")]
    places = [one.get(2) or one.get(2, 4) for one in loose]
    return ScheduleLine(
        line=line.line, item=line.item, supplier_item=line.supplier_item,
        description=line.description, unit=unit, po=line.order,
        dock=next(iter(places), dock), demands=demands, received=received,
        counted_from=first(found, "51"), last_receipt=referred(_not_of_demands(block), *_SHIPMENTS),
        last_quantity=last, last_at=first(found, "50", "11", "35", "310"),
    )  # fmt: skip


def _quantity_groups(block: list[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    """What a line says before its quantities, and a group from each QTY on, with its SCC.

    Where an SCC does not follow a QTY it schedules all those after it, up to the next one.
    """
    direct, groups, _ = blocks(block, "QTY")
    if all(before.tag == "QTY" for before, one in pairwise(block) if one.tag == "SCC"):
        return direct, groups
    scheduled = [one for one in direct if one.tag == "SCC"][-1:]
    out: list[list[Segment]] = []
    for group in groups:
        out.append([*(one for one in group if one.tag != "SCC"), *scheduled])
        scheduled = [one for one in group if one.tag == "SCC"][-1:] or scheduled
    return [one for one in direct if one.tag != "SCC"], out


def _not_of_demands(block: Iterable[Segment]) -> list[Segment]:
    out: list[Segment] = []
    inside = False
    for one in block:
        if one.tag == "QTY":
            inside = one.get(1) in (*_DEMANDS, *_CUMULATIVE)
        if not inside:
            out.append(one)
    return out


def _read_demand(
    value: Decimal, group: list[Segment], when: dict[str, Period], how: Reading
) -> Demand:
    start, end = _between(when)
    scheduled = next((one for one in group if one.tag == "SCC"), Segment("SCC"))
    marks = (one.get(1, 2) for one in group if one.tag == "RFF" and one.get(1) not in _NOT_DEMANDS)
    return Demand(
        quantity=value,
        commitment=_READ_COMMITMENTS.get(scheduled.get(1), "firm"),
        bucket=_READ_BUCKETS.get(scheduled.get(3), "discrete"),
        start=how.at if start is None else start,
        end=end,
        reference=next(marks, ""),
    )


def _between(when: dict[str, Period]) -> tuple[Instant | None, Instant | None]:
    return span(when, _STARTS, _ENDS)


def _accumulate(
    demands: list[Demand],
    amount: Amount,
    group: list[Segment],
    when: dict[str, Period],
    received: Decimal | None,
    how: Reading,
) -> None:
    """A cumulative quantity: of the demand before it, or a demand of its own."""
    start, end = _between(when)
    before = demands[-1] if demands else None
    if before is not None and before.cumulative is None:
        ends = {before.start, before.end}
        if (start is None and end is None) or start in ends or end in ends:
            demands[-1] = before.model_copy(update={"cumulative": amount.value})
            return
    so_far = (before.cumulative if before is not None else received) or Decimal(0)
    made = _read_demand(amount.value - so_far, group, when, how)
    demands.append(made.model_copy(update={"cumulative": amount.value}))
