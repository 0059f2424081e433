"""How 943 and 945 begin: W06, and what is said of the whole shipment."""

from __future__ import annotations

from simulator.contracts.x12.documents import _goods as stock
from simulator.contracts.x12.documents import _write as wire
from simulator.contracts.x12.documents._read import (
    described,
    instant,
    parties,
    reference,
    references,
    text,
)
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.values import date
from simulator.core.durations import DAY
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.warehouse import WarehouseShippingAdvice, WarehouseTransferAdvice

_OWN = frozenset({stock.NUMBER})
_UNNAMED = "UNSPECIFIED"
"""W2703: a carrier that nobody named; one of W2702 and W2703 must be there."""


def begin(
    document: WarehouseTransferAdvice | WarehouseShippingAdvice, profile: PartnerProfile, *,
    numbered: bool, planned: str,
) -> list[Segment]:  # fmt: skip
    """From W06 to W27. `numbered`: W0605 is the document's own number."""
    own = stock.short_number(document.number) if numbered else ""
    first = seg(
        "W06", stock.FULL, document.order, date(document.at), document.shipment, own, document.po
    )
    out = [first, *stock.named(document.parties, profile)]
    out += stock.own_number(document.number, _number(first)) + wire.references(
        document.references, "N9"
    )
    out += stock.planned(planned, document.planned)
    if document.at % DAY:
        out += stock.processed(document.at)
    out += wire.noted(document.note)
    carrier = document.carrier
    return [*out, seg("W27", stock.TRUCK, carrier, "" if carrier else _UNNAMED)]


def _number(first: Segment) -> str:
    """The number of a document by its W06: the warehouse's, the shipment's, the order's."""
    return text(first, 5) or text(first, 4) or text(first, 2)


def said(first: Segment, head: list[Segment], how: Reading, *planned: str) -> dict[str, object]:
    """What W06 and the segments after it say."""
    found = stock.read_dates(how, head)
    return {
        "partner": how.partner, "sender": how.sender,
        "at": stock.read_processed(found, instant(how, first, 3), how),
        "number": reference(head, stock.NUMBER, tag="N9") or _number(first),
        "parties": parties(head), "references": references(head, _OWN, "N9"),
        "note": described(head), "order": text(first, 2), "po": text(first, 6),
        "shipment": text(first, 4), "carrier": stock.carrier(head, "W27", 2),
        "planned": stock.read_planned(found, *planned),
    }  # fmt: skip
