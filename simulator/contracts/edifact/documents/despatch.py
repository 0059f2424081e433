"""Despatch advice: DESADV (D.96A; read up to D.03B). How it is written; `unpacking` reads it.

    BGM+351 DTM+137 DTM+11 DTM+132 MEA+AAX+AAD RFF NAD TDT+20 EQD+TE
    CPS+1 (the shipment) FTX PAC LIN…                    what is packed in nothing
    CPS+2+1 PAC MEA+PD+AAB PCI+33E GIN+BJ (the SSCC)     a pallet
    CPS+3+2 PAC PCI+33E GIN+BJ LIN…                      a carton on it
    CNT+1 (the total of all QTY+12) CNT+2 (lines)

A line: QTY+12 despatched, QTY+21 ordered, QTY+3 cumulative with this shipment, GIN+BN serial
numbers, RFF+ON with the order and its line, and the lot as PCI+10 DTM+36 DTM+94 GIN+BX: that is
where D.96A lets a lot have dates of its own. Which load carrier a PAC is stands beside its code
(7064), because partners have codes of their own for those (7065).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    begin,
    maybe,
    moment,
    notes,
    parties,
    reference,
    references,
    totals,
)
from simulator.contracts.edifact.documents.lines import (
    identify,
    quantity,
    serial_numbers,
    some,
)
from simulator.contracts.edifact.documents.unpacking import CODES, read
from simulator.contracts.edifact.mapping import Mapping
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.shipping import HandlingUnit, PackedItem, ShipNotice

_PURPOSES = {"original": "9", "replace": "5", "cancel": "1"}


def write(document: ShipNotice, profile: PartnerProfile) -> list[Segment]:
    """The notice as segments, UNH and UNT left out."""
    out = [
        begin("351", document.number, _PURPOSES[document.purpose]),
        moment("137", document.at),
        *maybe("11", document.shipped),
        *maybe("132", document.expected),
        *_weight(["AAX", "AAD"], document.gross_weight, profile),
        *reference("SRN", document.shipment),
        *references(document.references, 10 - bool(document.shipment)),
        *parties(document.parties, "CN"),
    ]
    if document.carrier:
        out.append(seg("TDT", "20", "", "30", "31", [document.carrier, "172", "182"]))
    if document.trailer:
        out.append(seg("EQD", "TE", document.trailer))
    out += [seg("CPS", "1"), *notes(document.note, 5)]
    if document.units:
        out.append(seg("PAC", str(len(document.units))))
    place = 0
    for item in document.items:
        place += 1
        out += _item(item, place, profile)
    for number, (unit, parent) in enumerate(_numbered(document.units, "1"), 2):
        out += _unit(unit, number, parent, profile)
        for item in unit.items:
            place += 1
            out += _item(item, place, profile)
    return out + totals(place, (one.quantity for one in document.contents()), profile)


def _numbered(units: list[HandlingUnit], within: str) -> Iterator[tuple[HandlingUnit, str]]:
    """Every unit, outermost first, with the CPS number of the one that it is in; from 2 on."""
    waiting = [(one, within) for one in reversed(units)]
    number = 1
    while waiting:
        unit, parent = waiting.pop()
        number += 1
        yield unit, parent
        waiting += [(one, str(number)) for one in reversed(unit.units)]


def _unit(unit: HandlingUnit, number: int, parent: str, profile: PartnerProfile) -> list[Segment]:
    code = [unit.packaging, "", "92", unit.package] if unit.packaging else [CODES[unit.package]]
    out = [
        seg("CPS", str(number), parent),
        seg("PAC", "1", "", code),
        *_weight(["PD", "AAB"], unit.gross_weight, profile),
    ]
    if unit.sscc:
        out += [seg("PCI", "33E"), seg("GIN", "BJ", unit.sscc)]
    return out


def _weight(kind: list[str], weight: Decimal | None, profile: PartnerProfile) -> list[Segment]:
    if weight is None:
        return []
    return [seg("MEA", *kind, ["KGM", values.number(weight, profile)])]


def _item(item: PackedItem, place: int, profile: PartnerProfile) -> list[Segment]:
    dates = [*maybe("36", item.expires), *maybe("94", item.produced)]
    return [
        *identify(place, item.line, item.item, item.supplier_item, item.gtin, item.description),
        quantity("12", item.quantity, item.unit, profile),
        *some("21", item.ordered, item.unit, profile),
        *some("3", item.cumulative, item.unit, profile),
        *serial_numbers(item.serials),
        *([] if item.lot else dates),
        *reference("ON", item.po, item.po_line),
        *([seg("PCI", "10"), *dates, seg("GIN", "BX", item.lot)] if item.lot else []),
    ]


MAPPINGS = (Mapping("DESADV", "", ShipNotice, write, read),)
