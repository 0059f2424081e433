"""Lines of an 830 and an 862: reading them, and the codes that both directions share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulator.contracts.x12.documents._read import (
    check_totals,
    dates,
    described,
    goods,
    grouped,
    instant,
    number_of,
    numbers,
    quantity,
    reference,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import Segment
from simulator.contracts.x12.values import as_clock
from simulator.core.durations import DAY, Instant
from simulator.plant.trading.schedules import Bucket, Commitment, Demand, ScheduleLine

FIRM, PLANNED = "C", "D"
_FIRMS = frozenset({"A", "C", "H", "Q", "V"})
"""Element 680: these bind; any other is planning."""
BUCKETS: dict[Bucket, str] = {
    "discrete": "D", "daily": "C", "weekly": "W", "monthly": "M", "quarterly": "Q",
    "flexible": "F",
}  # fmt: skip
_BUCKET_OF: dict[str, Bucket] = {theirs: ours for ours, theirs in BUCKETS.items()} | {
    "A": "weekly",
}  # fmt: skip
"""Element 681."""
AUTHORISED: dict[Commitment, str] = {"production": "FI", "material": "MT"}
"""Element 672."""
DISCRETE, CUMULATIVE = "01", "02"
_CUMULATIVES = frozenset({"02", "07", "08", "09", "10"})
"""Element 673."""
ENDS_BY = "063"
"""Element 374: no delivery later."""
_COUNT_BEGAN = "051"
_SHIPMENTS = ("SI", "PK", "BM")
_ZERO = Decimal(0)


def day(at: Instant) -> Instant:
    """Midnight before it."""
    return at - at % DAY


def last_until(demands: Sequence[Demand], until: Instant) -> int | None:
    """Which demand is the last that starts until the end of a day."""
    places = [place for place, one in enumerate(demands) if day(one.start) <= until]
    return max(places, key=lambda place: (demands[place].start, place), default=None)


def read_lines(
    segments: Sequence[Segment], blocks: Iterable[list[Segment]], cumulative: bool, how: Reading
) -> list[ScheduleLine]:
    """Each block from its LIN on. `cumulative`: FST01 is not a quantity, but all of them so far."""
    lines = [_read_line(block, cumulative, how) for block in blocks]
    said = [text(one, 1) for one in segments if one.tag == "FST"]
    check_totals(how, segments, len(lines), said)
    return lines


@dataclass(slots=True)
class _Count:
    """What the buyer has received, and what it received last."""

    received: Decimal | None = None
    since: Instant | None = None
    receipt: str = ""
    quantity: Decimal | None = None
    at: Instant | None = None
    known: bool = False  # the last receipt was said


def _read_line(block: list[Segment], cumulative: bool, how: Reading) -> ScheduleLine:
    head, wanted, shipped = _parts(block)
    named = goods(block[0], 2)
    item, supplier_item, _ = numbers(named)
    counted = _counted(shipped, how)
    authorised = [one for one in head if one.tag == "ATH"]
    before = next((number_of(how, one, 3) for one in authorised if text(one, 1) == "PQ"), None)
    so_far = next((one for one in (before, counted.received) if one is not None), _ZERO)
    demands: list[Demand] = []
    for group in wanted:
        for one in _read_demands(group, how):
            if cumulative:
                one = one.model_copy(
                    update={"cumulative": one.quantity, "quantity": one.quantity - so_far}
                )
                so_far = one.cumulative or _ZERO
            demands.append(one)
    since = next((at for one in authorised if (at := instant(how, one, 5)) is not None), None)
    return ScheduleLine(
        line=text(block[0], 1), item=item or next(iter(named.values()), ""),
        supplier_item=supplier_item, description=described(head) or named.get("PD", ""),
        unit=next((unit(how, one, 1) for one in head if one.tag == "UIT"), "pcs"),
        po=named.get("PO", reference(head, "PO")), dock=reference(head, "DK"),
        demands=_with_authority(demands, authorised, how), received=counted.received,
        counted_from=since if counted.since is None else counted.since,
        last_receipt=counted.receipt or reference(head, *_SHIPMENTS),
        last_quantity=counted.quantity, last_at=counted.at,
    )  # fmt: skip


def _parts(
    block: Iterable[Segment],
) -> tuple[list[Segment], list[list[Segment]], list[list[Segment]]]:
    """What stands at the line itself, below each FST, and below each SHP."""
    head: list[Segment] = []
    wanted: list[list[Segment]] = []
    shipped: list[list[Segment]] = []
    into = head
    for one in block:
        if one.tag in ("FST", "SHP"):
            into = []
            (wanted if one.tag == "FST" else shipped).append(into)
        elif one.tag in ("SDP", "ATH", "TD1", "TD3", "TD5"):
            into = head
        into.append(one)
    return head, wanted, shipped


def _read_demands(group: list[Segment], how: Reading) -> Iterator[Demand]:
    """What one FST wants: at its own moment, or at each of those of the day (JIT)."""
    said, when = group[0], dates(how, group)
    start = instant(how, said, 4, 7)
    if not said.has(7):
        start = next((when[one] for one in ("064", "002", "010") if one in when), start)
    whole = Demand(
        quantity=quantity(how, said, 1),
        commitment="firm" if text(said, 2) in _FIRMS else "planned",
        bucket=_BUCKET_OF.get(text(said, 3), "discrete"), start=how.at if start is None else start,
        end=when.get(ENDS_BY, instant(how, said, 5)), reference=text(said, 9),
        cumulative=next((number_of(how, one, 2) for one in group
                         if one.tag == "QTY" and text(one, 1) in _CUMULATIVES), None),
    )  # fmt: skip
    before, times, _ = grouped(group, "JIT")
    if not times:
        yield whole.model_copy(update={"reference": whole.reference or _first_reference(before)})
    for time, *below in times:
        at = as_clock(text(time, 2))
        yield whole.model_copy(
            update={
                "quantity": quantity(how, time, 1),
                "start": day(whole.start) + at if at is not None else whole.start,
                "reference": _first_reference(below) or whole.reference,
            }
        )


def _first_reference(segments: Iterable[Segment]) -> str:
    return next((text(one, 2) for one in segments if one.tag == "REF"), "")


def _with_authority(
    demands: list[Demand], authorised: Iterable[Segment], how: Reading
) -> list[Demand]:
    """Demands with what ATH says of them: how far they bind, and a cumulative quantity."""
    until: dict[str, Instant] = {}
    for one in authorised:
        until_day, so_far = instant(how, one, 2), number_of(how, one, 3)
        if until_day is None:
            continue
        until[text(one, 1)] = max(until_day, until.get(text(one, 1), 0))
        last = last_until(demands, until_day)
        if so_far is not None and last is not None and demands[last].cumulative is None:
            demands[last] = demands[last].model_copy(update={"cumulative": so_far})
    return [_bound(one, until) for one in demands]


def _bound(demand: Demand, until: dict[str, Instant]) -> Demand:
    if demand.commitment == "planned":
        for commitment, code in AUTHORISED.items():
            if code in until and day(demand.start) <= until[code]:
                return demand.model_copy(update={"commitment": commitment})
    return demand


def _counted(shipped: Iterable[list[Segment]], how: Reading) -> _Count:
    found = _Count()
    for one, *below in shipped:
        kind, value, at = text(one, 1), number_of(how, one, 2), instant(how, one, 4, 5)
        if kind in _CUMULATIVES or (not kind and text(one, 3) == _COUNT_BEGAN):
            if found.received is None:
                found.received, found.since = value, at
        elif not found.known:
            found.known = True
            found.quantity, found.at = value, at
            found.receipt = reference(below, *_SHIPMENTS) or _first_reference(below)
    return found
