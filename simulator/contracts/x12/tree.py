"""What `stagefloor inspect` shows of an interchange: who, when, groups, sets, and what they say."""

from __future__ import annotations

from simulator.contracts.x12.envelope import Group, Set
from simulator.contracts.x12.header import Header
from simulator.contracts.x12.mapping import reads
from simulator.contracts.x12.reading import Read
from simulator.contracts.x12.segments import COMPONENT, Segment
from simulator.contracts.x12.values import as_instant
from simulator.core.durations import show_instant
from simulator.core.inspection import Node
from simulator.plant.trading.answers import InterchangeAcknowledgement

MOST_LEAVES = 200
"""Facts of one set, and sets of one group, that the tree shows."""
_NUMBERS = {
    "BEG": 3, "BCH": 3, "BAK": 3, "BCA": 3, "BSN": 2, "BIG": 2, "BFR": 3, "BSS": 2, "BRA": 1,
    "BGN": 2, "BIA": 3, "W05": 2, "W06": 2, "W17": 3, "W06A": 2, "B10": 1, "B2": 4, "B1": 2,
    "BHT": 3, "BPR": 2, "AK1": 2, "BRC": 2, "BCT": 2, "B3": 2, "BIX": 2,
}  # fmt: skip
"""Where the first segment of a set says the set's number."""
Fact = tuple[str, int, int]
"""A word, and the elements of the value and of what it is (0: none)."""
_FACTS: dict[str, Fact] = {
    "DTM": ("date", 2, 1), "DTP": ("date", 3, 1), "G62": ("date", 2, 1),
    "REF": ("reference", 2, 1), "N9": ("reference", 2, 1), "L11": ("reference", 1, 2),
    "N1": ("party", 2, 1), "NM1": ("party", 3, 1), "MAN": ("label", 2, 1), "PRF": ("order", 1, 0),
    "LIN": ("item", 3, 2), "SN1": ("quantity", 2, 3),
    "QTY": ("quantity", 2, 1), "FST": ("demand", 1, 4),
    "SHP": ("shipped", 2, 1), "TD5": ("carrier", 3, 0), "ACK": ("answer", 1, 0),
    "W04": ("quantity", 1, 2), "W07": ("quantity", 1, 2), "W12": ("quantity", 3, 1),
    "AT7": ("status", 1, 2), "OTI": ("about", 3, 1), "TED": ("error", 2, 1),
    "CTT": ("lines", 1, 0), "TDS": ("total", 1, 0), "AMT": ("amount", 2, 1),
    "CLM": ("claim", 1, 0), "AK2": ("set", 2, 1), "AK3": ("segment", 2, 1),
    "AK4": ("element", 1, 3), "AK5": ("verdict", 1, 2), "AK9": ("verdict", 1, 0),
    "IK3": ("segment", 2, 1), "IK4": ("element", 1, 3), "IK5": ("verdict", 1, 2),
    "RCD": ("received", 2, 3),
}  # fmt: skip
"""What a tree shows of segments that say one thing."""
_LINE: tuple[Fact, ...] = (("line", 1, 0), ("item", 7, 6), ("quantity", 2, 3))
_SHOWN: dict[str, tuple[Fact, ...]] = {
    **{tag: (fact,) for tag, fact in _FACTS.items()},
    "PO1": _LINE,
    "IT1": _LINE,
    "POC": (("line", 1, 2), ("item", 9, 8), ("quantity", 3, 5)),
}
"""What a tree shows of a set."""
_LEVELS = {
    "S": "shipment", "O": "order", "T": "pallet", "P": "carton", "I": "item", "E": "equipment",
    "20": "source", "21": "receiver", "22": "subscriber", "23": "dependent", "19": "provider",
}  # fmt: skip
"""HL03."""


def interchange(header: Header, line: int = 1) -> Node:
    """What ISA says."""
    isa = Segment("ISA", header.elements, header.start, line)
    at = as_instant(header.get(9), header.get(10))
    root = _leaf("interchange", header.control, isa)
    root.children = [
        _leaf("sender", _side(header, 6), isa),
        _leaf("receiver", _side(header, 8), isa),
        _leaf("date", show_instant(at) if at is not None else "", isa),
        _leaf("version", header.get(12), isa),
        _leaf("delimiters", _delimiters(header), isa),
        _leaf("usage", {"P": "production", "T": "test"}.get(header.get(15), header.get(15)), isa),
    ]
    if header.get(14) == "1":
        root.children.append(_leaf("acknowledgement", "asked for", isa))
    return root


def grow(one: Read) -> Node:
    """Everything that an interchange holds."""
    envelope = one.envelope
    root = interchange(envelope.header, one.scanned.line)
    for segment in envelope.answers:
        words = f"{segment.get(1)} {segment.get(4)} {segment.get(5)}"
        node = _leaf("TA1", words.strip(), segment)
        node.children.append(_leaf("document", InterchangeAcknowledgement.document, segment))
        root.children.append(node)
    for group in envelope.groups[:MOST_LEAVES]:
        root.children.append(_group(group))
    if len(envelope.groups) > MOST_LEAVES:
        hidden = envelope.groups[MOST_LEAVES]
        root.children.append(_leaf("…", f"{len(envelope.groups)} groups", hidden.gs))
    return root


def _side(header: Header, at: int) -> str:
    return f"{header.get(at)} ({header.get(at - 1)})" if header.get(at - 1) else header.get(at)


def _delimiters(header: Header) -> str:
    marks = header.delimiters
    used = (marks.element, marks.component, marks.segment, *marks.repetition)
    return " ".join(one if one.isprintable() else one.encode("unicode_escape").decode()
                    for one in used)  # fmt: skip


def _leaf(label: str, value: str, segment: Segment) -> Node:
    return Node(label, value, segment.offset, segment.line)


def _group(group: Group) -> Node:
    node = _leaf(f"group {group.code}", group.control, group.gs)
    sides = f"{group.gs.get(2).strip()} to {group.gs.get(3).strip()}"
    node.children = [_leaf("application", sides, group.gs)]
    node.children += [_set(one, group.version) for one in group.sets[:MOST_LEAVES]]
    if len(group.sets) > MOST_LEAVES:
        hidden = group.sets[MOST_LEAVES]
        node.children.append(_leaf("…", f"{len(group.sets)} sets", hidden.st))
    return node


def _set(one: Set, version: str) -> Node:
    root = _leaf(f"{one.code} {version}".strip(), one.control, one.st)
    mapping = reads(one.code)
    if mapping is not None:
        root.children.append(_leaf("document", mapping.document.document, one.st))
    if one.segments:
        first = one.segments[0]
        number = first.get(_NUMBERS.get(first.tag, 0))
        if number:
            root.children.append(_leaf("number", number, first))
    levels: dict[str, Node] = {}
    here, shown = root, 0
    for segment in one.segments:
        if segment.tag == "HL":
            here = _leaf(_LEVELS.get(segment.get(3), f"level {segment.get(3)}".strip()),
                         segment.get(1), segment)  # fmt: skip
            levels.get(segment.get(2), root).children.append(here)
            levels[segment.get(1)] = here
        elif not _facts(here, segment):
            continue
        shown += 1
        if shown >= MOST_LEAVES:
            root.children.append(_leaf("…", f"{len(one.segments)} segments", segment))
            break
    return root


def _facts(node: Node, segment: Segment) -> bool:
    """Add what a segment says, if it says anything."""
    before = len(node.children)
    for word, element, mark in _SHOWN.get(segment.tag, ()):
        value = segment.get(element).replace(COMPONENT, ":")
        if value:
            node.children.append(_leaf(f"{word} {segment.get(mark)}".strip(), value, segment))
    return len(node.children) > before
