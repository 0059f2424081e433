"""214, the carrier's shipment status.

B10 names the carrier, its pro number and the shipment. An event is an AT7 with its place (MS1) and
equipment (MS2), ten of them in an LX loop; an appointment stands in AT703 and AT704. Without a
reason an event is as planned (`NS`, `NA`). When the document was made, the group says. From 005 on,
references, notes, weights and parties stand in the LX loop, before or after the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._codes import REFERENCE_OF, REFERENCES
from simulator.contracts.x12.documents._read import (
    first,
    grouped,
    instant,
    number_of,
    parties,
    text,
    weight,
)
from simulator.contracts.x12.mapping import Mapping, Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.core.durations import Instant
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Reference
from simulator.plant.trading.shipping import ShipmentStatus, TransportEvent

NORMAL, NORMAL_APPOINTMENT = "NS", "NA"
"""Elements 1651 and 1653: nothing went wrong."""
_LX_FROM = "005"
_EVENTS = 10  # AT7 loops in an LX loop
_REMARK = 30  # element 61; K1 has two
_UTC = "UT"


def write(status: ShipmentStatus, profile: PartnerProfile) -> list[Segment]:
    begin = seg("B10", status.number, status.shipment, status.carrier)
    said = [_reference(one) for one in status.references] + _remarks(status.note)
    named, carried = wire.parties(status.parties), _carried(status)
    events = [status.events[at : at + _EVENTS] for at in range(0, len(status.events), _EVENTS)]
    late = profile.version >= _LX_FROM
    out = [begin] if late else [begin, *said, *named]
    for place, some in enumerate(events or [[]], 1):
        out.append(seg("LX", str(place)))
        if late and place == 1:
            out += [*said, *carried]
        for one in some:
            out += _event(one, status.carrier)
        if place == 1:
            out += named if late else carried
    return out


def _reference(one: Reference) -> Segment:
    return seg("L11", one.value, REFERENCES.get(one.kind, one.kind))


def _remarks(note: str) -> list[Segment]:
    pieces = wire.split(note, _REMARK)
    return [seg("K1", *pieces[at : at + 2]) for at in range(0, len(pieces), 2)]


def _carried(status: ShipmentStatus) -> list[Segment]:
    packages = "" if status.packages is None else str(status.packages)
    if status.gross_weight is not None:
        return [seg("AT8", "G", "K", wire.amount(status.gross_weight), packages)]
    return [seg("AT8", "", "", "", packages)] if packages else []


def _event(one: TransportEvent, carrier: str) -> list[Segment]:
    what = (one.status, one.reason or (NORMAL_APPOINTMENT if one.appointment else NORMAL))
    clock = wire.clock(one.at)
    when = (wire.day(one.at), clock, _UTC if clock else "")
    out = [seg("AT7", *(("", "", *what) if one.appointment else (*what, "", "")), *when)]
    if one.city or one.region or one.country:
        out.append(seg("MS1", one.city, one.region, one.country))
    if one.equipment:
        out.append(seg("MS2", carrier, one.equipment))
    return out


def read(segments: list[Segment], how: Reading) -> ShipmentStatus:
    begin = first(segments, "B10", how)
    _, blocks, _ = grouped(segments, "AT7")
    shipment = text(begin, 2) or next(
        (text(one, 1) for one in segments if one.tag == "L11" and text(one, 2) == "SI"), ""
    )
    heaviest, packages = _read_carried(segments, how)
    return ShipmentStatus(
        partner=how.partner, sender=how.sender, number=text(begin, 1), at=how.at,
        parties=parties(segments), references=_references(segments), note=_note(segments),
        shipment=shipment, carrier=text(begin, 3),
        events=[_read_event(one, how) for one in blocks], gross_weight=heaviest,
        packages=packages,
    )  # fmt: skip


def _read_event(block: Sequence[Segment], how: Reading) -> TransportEvent:
    said = block[0]
    appointment = not said.has(1) and said.has(3)
    place = next((one for one in block if one.tag == "MS1"), Segment("MS1"))
    equipment = next((one for one in block if one.tag == "MS2"), Segment("MS2"))
    at: Instant | None = instant(how, said, 5, 6, 7)
    return TransportEvent(
        status=text(said, 3 if appointment else 1), reason=text(said, 4 if appointment else 2),
        appointment=appointment, at=at, city=text(place, 1), region=text(place, 2),
        country=text(place, 3), equipment=text(equipment, 2),
    )  # fmt: skip


def _references(segments: Iterable[Segment]) -> list[Reference]:
    found = [(text(one, 2), text(one, 1)) for one in segments if one.tag == "L11"]
    return [
        Reference(kind=REFERENCE_OF.get(kind, kind), value=value)
        for kind, value in dict.fromkeys(found)
        if kind and value
    ]


def _note(segments: Iterable[Segment]) -> str:
    said = [text(one, place) for one in segments if one.tag == "K1" for place in (1, 2)]
    return " ".join(one for one in said if one)


def _read_carried(segments: Iterable[Segment], how: Reading) -> tuple[Decimal | None, int | None]:
    """The gross weight in kg, and how many packages: of the first AT8 that says a gross weight."""
    said = [one for one in segments if one.tag == "AT8"]
    if not said:
        return None, None
    chosen = next((one for one in said if text(one, 1) == "G"), said[0])
    packages = number_of(how, chosen, 4)
    return weight(how, chosen, 3, 2), None if packages is None else int(packages)


MAPPINGS = (Mapping("214", "QM", ShipmentStatus, write, read),)
