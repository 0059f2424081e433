"""How a DESADV is read: the tree of its CPS, with packages, labels and lines at each.

A CPS without a parent and without a label is the shipment itself; every other one is a handling
unit. One that has several labels is as many units, alike: their lines are shared out evenly where
that comes out even, else the first unit has them. A label at a line is a unit around that line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import get_args

from simulator.contracts.edifact import values
from simulator.contracts.edifact.documents.header import (
    blocks,
    check_totals,
    dates,
    first,
    issued,
    note,
    read_parties,
    read_references,
    referred,
)
from simulator.contracts.edifact.documents.lines import (
    Line,
    check_sscc,
    counted,
    read_amount,
    read_identities,
    read_line,
)
from simulator.contracts.edifact.mapping import Reading
from simulator.contracts.edifact.segments import Segment, seg
from simulator.plant.trading.parts import Reference
from simulator.plant.trading.shipping import HandlingUnit, Package, PackedItem, Purpose, ShipNotice

CODES: dict[Package, str] = {"pallet": "PX", "carton": "CT", "container": "CN", "rack": "RK"}
"""Data element 7065 (UN/ECE recommendation 21) where the partner has no code of its own."""
_PACKAGES: dict[str, Package] = {wire: ours for ours, wire in CODES.items()}
_OTHERS: dict[str, Package] = {
    "201": "pallet", "200": "pallet", "202": "pallet", "203": "pallet", "08": "pallet",
    "09": "pallet", "PF": "pallet", "PAL": "pallet", "PK": "carton", "BX": "carton",
    "CS": "carton", "BE": "carton", "CR": "carton", "PN": "carton", "RCK": "rack",
}  # fmt: skip
_NAMES: dict[str, Package] = {one: one for one in get_args(Package)}
_PURPOSES: dict[str, Purpose] = {"1": "cancel", "3": "cancel", "4": "replace", "5": "replace"}
_LABELS = ("BJ", "AW", "ML")
_WEIGHTS = ("AAD", "AAB", "G", "AAE", "AAC", "BW")
_KILOGRAMS = {"KGM": Decimal(1), "KG": Decimal(1), "TNE": Decimal(1000), "GRM": Decimal("0.001")}
_DEEPEST = 16
_MOST_SHARES = 20_000


@dataclass(slots=True, eq=False)
class Node:
    """A CPS and what stands at it."""

    segment: Segment
    number: str
    within: str  # 7166
    packages: list[list[Segment]]
    labels: list[str]
    items: list[PackedItem]
    units: list[HandlingUnit]  # labels of single lines
    text: str
    parent: Node | None = None
    orphan: bool = False
    inside: list[Node] = field(default_factory=list)


def read(segments: list[Segment], how: Reading) -> ShipNotice:
    """The notice that the segments say."""
    if not any(one.tag == "CPS" for one in segments):
        at = next((n for n, one in enumerate(segments) if one.tag in ("PAC", "LIN")), None)
        if at is not None:
            segments = [*segments[:at], seg("CPS", "1"), *segments[at:]]
    head, packing, _ = blocks(segments, "CPS", ends=("CNT",))
    check_totals(segments, how)
    orders = {one.get(1, 2) for one in head if one.tag == "RFF" and one.get(1) == "ON"}
    order = orders.pop() if len(orders) == 1 else ""
    nodes = [_node(one, how, order) for one in packing]
    _join(nodes, how)
    shipment = _shipment(nodes)
    units: list[HandlingUnit] = []
    items: list[PackedItem] = []
    for node in nodes:
        if node is shipment or (node.parent is None and not node.packages and not node.labels):
            items += node.items
            units += [*node.units, *(unit for one in node.inside for unit in _built(one))]
        elif node.parent is None:
            units += _built(node)
    found = dates(head)
    named = next((one for one in head if one.tag == "BGM"), Segment("BGM"))
    seals = [Reference(kind="seal", value=one.get(1)) for one in head if one.tag == "SEL"]
    carriage = next((one for one in head if one.tag == "TDT"), Segment("TDT"))
    equipment = next((one for one in head if one.tag == "EQD"), Segment("EQD"))
    texts = "\n".join(one.text for one in nodes if one.text)
    return ShipNotice(
        partner=how.partner, sender=how.sender, number=named.get(2), at=issued(found, how),
        parties=read_parties(head), references=read_references(head, "SRN") + seals,
        note=note(head) or texts, shipment=referred(head, "SRN"),
        purpose=_PURPOSES.get(named.get(3), "original"),
        shipped=first(found, "11", "136", "186", "111"),
        expected=first(found, "132", "17", "191", "69"),
        carrier=carriage.get(5) or carriage.get(5, 4),
        trailer=equipment.get(2) or carriage.get(8) or carriage.get(8, 4),
        gross_weight=_weight(head, how), units=units, items=items,
    )  # fmt: skip


def _node(block: list[Segment], how: Reading, order: str) -> Node:
    before, lines, _ = blocks(block[1:], "LIN")
    loose, packages, _ = blocks(before, "PAC")
    items: list[PackedItem] = []
    units: list[HandlingUnit] = []
    for one in lines:
        labels, packed = _read_item(one, how, order)
        if labels:
            units += _alike([HandlingUnit(package="carton", sscc=o) for o in labels], packed, [])
        else:
            items += packed
    labels = [label for one in before for label in _labels(one, how)]
    number, within = block[0].get(1), block[0].get(2)
    return Node(block[0], number, within, packages, labels, items, units, note(loose))


def _join(nodes: list[Node], how: Reading) -> None:
    """Every node to the one that it is in; to the shipment where that is nowhere."""
    known: dict[str, Node] = {}
    for node in nodes:
        known.setdefault(node.number, node)
    for node in nodes:
        node.parent = known.get(node.within) if node.within else None
    for node in nodes:
        if node.within and node.parent is None:
            what = f"CPS {node.number} is in CPS {node.within}, and there is none"
        elif _circles(node):
            what = f"CPS {node.number} is in itself, or more than {_DEEPEST} levels deep"
        else:
            continue
        how.found("parent-unknown", what, node.segment, 2)
        node.parent, node.orphan = None, True
    for node in nodes:
        if node.parent is not None:
            node.parent.inside.append(node)


def _circles(node: Node) -> bool:
    above = node.parent
    for _ in range(_DEEPEST):
        if above is None:
            return False
        if above is node:
            return True
        above = above.parent
    return True


def _shipment(nodes: Iterable[Node]) -> Node | None:
    top = next((one for one in nodes if one.parent is None and not one.orphan), None)
    return top if top is not None and not top.labels else None


def _built(node: Node) -> list[HandlingUnit]:
    """The handling units that a node is: one, or one for each label."""
    inside = [unit for one in node.inside for unit in _built(one)] + node.units
    labelled = [one for one in node.packages if any(o.tag == "GIN" for o in one)]
    chosen = next(iter(labelled or node.packages), [])
    package, packaging = _kind(chosen, bool(inside))
    weight = None
    for one in chosen:
        if one.tag == "MEA" and one.get(2) in _WEIGHTS:
            weight = _kilograms(one)
    made = [
        HandlingUnit(package=package, packaging=packaging, gross_weight=weight, sscc=label)
        for label in node.labels or [""]
    ]
    return _alike(made, node.items, inside)


def _alike(
    made: list[HandlingUnit], items: list[PackedItem], inside: list[HandlingUnit]
) -> list[HandlingUnit]:
    """Units with what they hold: the items in equal shares, else all in the first."""
    count = len(made)
    shares = count > 1 and count * len(items) <= _MOST_SHARES
    even: list[PackedItem] = []
    whole: list[PackedItem] = []
    with localcontext(prec=100):  # no quantity that can be read has more digits
        for one in items:
            fits = shares and one.quantity % count == 0 and not one.serials
            (even if fits else whole).append(one)
        shared = [one.model_copy(update={"quantity": one.quantity / count}) for one in even]
    return [
        one.model_copy(
            update={
                "items": [*shared, *(whole if n == 0 else ())],
                "units": inside if n == 0 else [],
            }
        )
        for n, one in enumerate(made)
    ]


def _kind(package: list[Segment], holds_units: bool) -> tuple[Package, str]:
    """What load carrier a PAC is, and the partner's code of it."""
    said = package[0] if package else Segment("PAC")
    code, named = said.get(3), _NAMES.get(said.get(3, 4).lower())
    if named is not None:
        return named, code
    if code in _PACKAGES:
        return _PACKAGES[code], ""
    return _OTHERS.get(code, "pallet" if holds_units else "carton"), code


def _labels(segment: Segment, how: Reading) -> list[str]:
    """The labels of a GIN: SSCCs (BJ, AW), checked, or other label numbers (ML)."""
    if segment.tag != "GIN" or segment.get(1) not in _LABELS:
        return []
    out: list[str] = []
    for element in range(2, len(segment.elements) + 1):
        low, high = segment.get(element), segment.get(element, 2)
        if low:
            out += counted(low, high) if high and segment.get(1) == "ML" else [low]
    return out if segment.get(1) == "ML" else [check_sscc(one, segment, how) for one in out]


# --- lines ----------------------------------------------------------------------------------------


def _read_item(
    block: list[Segment], how: Reading, order: str
) -> tuple[list[str], list[PackedItem]]:
    """What a line packs: one item, or one for each lot that has its own quantity; and the labels
    that stand at the line itself."""
    direct, marks, _ = blocks(block, "PCI")
    late = [one for mark in marks for one in mark if one.tag in ("RFF", "IMD", "PIA", "FTX")]
    line = read_line([*direct, *late], how, shipped=True)
    labels = [label for mark in marks for one in mark for label in _labels(one, how)]
    lots: list[tuple[Line, Decimal | None]] = []
    for mark in marks:
        lot = Line(dates=dates(one for one in mark if one.tag == "DTM"))
        amount = None
        for one in mark:
            if one.tag == "GIN":
                read_identities(one, lot)
            elif one.tag == "QTY" and amount is None:
                amount = read_amount(one, how)
        if lot.lot or lot.serials or lot.dates:
            lots.append((lot, None if amount is None else amount.value))
    if len(lots) > 1 and all(amount is not None for _, amount in lots):
        return labels, [_packed(line, lot, amount, order) for lot, amount in lots]
    whole = Line(
        lot=next((lot.lot for lot, _ in lots if lot.lot), ""),
        serials=[one for lot, _ in lots for one in lot.serials],
        dates={key: value for lot, _ in reversed(lots) for key, value in lot.dates.items()},
    )
    return labels, [_packed(line, whole, None, order)]


def _packed(line: Line, lot: Line, amount: Decimal | None, order: str) -> PackedItem:
    despatched, unit = line.main("12", "46", "1", "113", "131")
    cumulative, before = line.value("3", "74", "70"), line.value("79")
    if cumulative is None and before is not None:
        cumulative = before + despatched
    found = line.dates | lot.dates
    return PackedItem(
        line=line.line, item=line.item, supplier_item=line.supplier_item, gtin=line.gtin,
        description=line.description, quantity=despatched if amount is None else amount, unit=unit,
        po=line.order or order, po_line=line.order_line, ordered=line.value("21"),
        cumulative=cumulative, lot=lot.lot or line.lot, serials=[*line.serials, *lot.serials],
        produced=first(found, "94"), expires=first(found, "36", "361", "360"),
    )  # fmt: skip


# --- weights --------------------------------------------------------------------------------------


def _kilograms(segment: Segment) -> Decimal | None:
    value, factor = values.as_number(segment.get(3, 2)), _KILOGRAMS.get(segment.get(3) or "KGM")
    return None if value is None or factor is None else value * factor


def _weight(head: list[Segment], how: Reading) -> Decimal | None:
    """The shipment's gross weight in kg; weights in other units are said to be unknown."""
    for one in head:
        if one.tag == "MEA" and one.get(2) in _WEIGHTS:
            if one.get(3) and one.get(3) not in _KILOGRAMS:
                how.found("unknown-unit", f"{one.get(3)} is no weight we know", one, 3, 1)
            return _kilograms(one)
    return None
