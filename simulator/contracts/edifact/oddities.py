"""Deliberate breaches: each is read back as the finding of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.contracts.edifact.guide import Element, Rule, find_guide, service
from simulator.contracts.edifact.segments import Segment, seg
from simulator.contracts.edifact.tokens import BOM, LARGEST_SEGMENT
from simulator.contracts.edifact.writing import RAW, Draft, Sheet, Wrap
from simulator.core.errors import Mistake

Params = dict[str, Any]


def write(draft: Draft, oddities: dict[str, Params], guides: Path | None = None) -> bytes:
    """The draft as bytes, with every oddity in it. Raises Mistake where one cannot be written."""
    for name, params in oddities.items():
        change = ON_DRAFT.get(name)
        if change is not None:
            change(_Game(draft, params or {}, guides))
        elif name not in ON_BYTES:
            raise Mistake(f"EDIFACT cannot be written with the oddity {name!r}")
    out = draft.bytes()
    for name, spoil in ON_BYTES.items():  # in their own order: what is cut is whole before
        if name in oddities:
            out = spoil(out, oddities[name] or {})
    return out


class _Game:
    """A draft that is to be spoilt."""

    def __init__(self, draft: Draft, params: Params, guides: Path | None) -> None:
        self.draft, self.params, self.guides = draft, params, guides

    @property
    def sheet(self) -> Sheet:
        """The first message that has a body."""
        found = next((one for one in self.draft.sheets if one.body), None)
        if found is None:
            raise Mistake("an interchange without messages cannot be spoilt like this")
        return found

    @property
    def group(self) -> Wrap:
        """A group around the messages."""
        if not self.draft.sheets:
            raise Mistake("an interchange without messages cannot be spoilt like this")
        return self.draft.grouped()

    @property
    def by(self) -> int:
        return int(self.params.get("by", 1)) or 1

    def places(self) -> Iterator[tuple[int, Segment, Element, int]]:
        """Every element of the first message that says something: index, segment, rule, number."""
        sheet = self.sheet
        guide = find_guide(sheet.code, sheet.version, self.guides)
        rules = guide.rules if guide is not None else service().rules
        for index, segment in enumerate(sheet.body):
            rule: Rule = rules.get(segment.tag, ())
            for number, element in enumerate(rule, 1):
                if segment.has(number):
                    yield index, segment, element, number

    def put(self, index: int, element: int, component: int, value: str) -> None:
        """Set one component of the first message."""
        self.sheet.body[index] = self.sheet.body[index].put(element, component, value)

    def cannot(self, name: str) -> Mistake:
        what = f"a {self.sheet.code} has nothing that could be spoilt as {name}"
        return Mistake(what, cure="select other documents with `match`")

    def spike(self, what: str, raw: bytes) -> None:
        """Put raw bytes into the first text of the first message: before its last character."""
        self.draft.raw[RAW[what]] = raw
        for index, segment in enumerate(self.sheet.body):
            for element in range(len(segment.elements), 0, -1):
                parts = segment.elements[element - 1]
                value = parts[0]
                if len(parts) == 1 and len(value) > 1:
                    self.put(index, element, 1, value[:-1] + RAW[what] + value[-1])
                    return
        raise self.cannot(what)


def _other(control: str) -> str:
    """A reference that differs, and is as long."""
    last = control[-1:] or "0"
    return control[:-1] + (str((int(last) + 1) % 10) if last in "0123456789" else "9")


def _delimiter(game: _Game) -> None:
    which = str(game.params.get("delimiter", "element"))
    marks = game.draft.marks
    named = {"element": marks.element, "component": marks.component, "segment": marks.terminator}
    if which not in named:
        raise Mistake(f"no delimiter {which!r}", cure="element, component or segment")
    raw = named[which].encode("latin-1")
    if which == "segment":
        game.spike("delimiter", raw)
        return
    game.draft.raw[RAW["delimiter"]] = raw
    for index, segment, rule, number in game.places():
        parts = segment.elements[number - 1]
        value = parts[-1]
        if len(value) < 2:
            continue
        if which == "component":
            if rule.composite:
                continue
            needed = 1
        else:
            if number != len(segment.elements):
                continue
            needed = _width(game, segment) - number + 1
        game.put(index, number, len(parts), value[:1] + RAW["delimiter"] * needed + value[1:])
        return
    for index, segment, rule, number in game.places():  # a composite then, filled beyond its end
        parts = segment.elements[number - 1]
        if which == "component" and len(parts[-1]) > 1:
            spikes = RAW["delimiter"] * (len(rule.components) - len(parts) + 1)
            game.put(index, number, len(parts), parts[-1][:1] + spikes + parts[-1][1:])
            return
    raise game.cannot("delimiter-in-data")


def _width(game: _Game, segment: Segment) -> int:
    guide = find_guide(game.sheet.code, game.sheet.version, game.guides)
    return len((guide.rules if guide is not None else service().rules)[segment.tag])


def _missing_element(game: _Game) -> None:
    for index, segment, rule, number in game.places():
        for at, part in enumerate(rule.components, 1):
            if part.mandatory and segment.get(number, at) and (rule.mandatory or rule.composite):
                game.put(index, number, at, "")
                if game.sheet.body[index].has(number) or rule.mandatory:
                    return
                game.sheet.body[index] = segment
    raise game.cannot("missing-element")


def _too_long(game: _Game) -> None:
    for least in (10, 1):
        for index, segment, rule, number in game.places():
            for at, part in enumerate(rule.components, 1):
                value = segment.get(number, at)
                if value and part.form == "an" and part.most >= least and part.codes is None:
                    game.put(index, number, at, value + "X" * (part.most + 1 - len(value)))
                    return
    raise game.cannot("element-too-long")


def _invalid_code(game: _Game) -> None:
    for index, segment, rule, number in game.places():
        for at, part in enumerate(rule.components, 1):
            if part.codes is not None and segment.get(number, at):
                wrong = "Z" * max(part.least, min(2, part.most))
                if wrong not in part.codes:
                    game.put(index, number, at, wrong)
                    return
    for index, segment in enumerate(game.sheet.body):
        if segment.tag == "DTM" and segment.get(1, 3):
            game.put(index, 1, 3, "999")
            return
    raise game.cannot("invalid-code")


def _invalid_date(game: _Game) -> None:
    for index, segment in enumerate(game.sheet.body):
        value, form = segment.get(1, 2), segment.get(1, 3)
        if segment.tag == "DTM" and form in ("102", "203", "204", "718"):
            game.put(index, 1, 2, value[:4] + "13" + value[6:])
            return
    draft = game.draft  # the interchange's own then
    draft.header = draft.header.put(4, 1, draft.header.get(4, 1)[:2] + "1399")


def _counted(game: _Game, which: str, name: str) -> None:
    for index, segment in enumerate(game.sheet.body):
        value = segment.get(1, 2)
        if segment.tag == "CNT" and segment.get(1, 1) == which and value.isdecimal():
            game.put(index, 1, 2, str(max(int(value) + game.by, 0)))
            return
    raise game.cannot(name)


def _parent(game: _Game) -> None:
    packed = [at for at, one in enumerate(game.sheet.body) if one.tag == "CPS"]
    if not packed:
        raise game.cannot("parent-unknown")
    game.put(packed[-1], 2, 1, "999")


def _oversize(game: _Game) -> None:
    size = max(int(game.params.get("bytes", 0)), LARGEST_SEGMENT + 1)
    game.draft.raw[RAW["bulk"]] = b"X" * size
    game.sheet.body.insert(1, seg("FTX", "AAI", "", "", RAW["bulk"]))


def _charset(game: _Game) -> None:
    # 97 hex is no character in ISO 8859, FC hex none in ASCII, and no UTF-8 before a letter
    game.spike("charset", b"\xfc" if game.draft.charset in ("UNOA", "UNOB", "UNOY") else b"\x97")


def _set(**changes: Any) -> Callable[[_Game], None]:
    def change(game: _Game) -> None:
        for name, value in changes.items():
            setattr(game.draft, name, value)

    return change


def _mismatch(game: _Game) -> None:
    game.draft.closes_with = _other(game.draft.control)


def _set_mismatch(game: _Game) -> None:
    game.sheet.closes_with = _other(game.sheet.control)


def _group_count(game: _Game) -> None:
    game.draft.counts_by = game.by


def _segment_count(game: _Game) -> None:
    game.sheet.counts_by = game.by


def _open_set(game: _Game) -> None:
    game.sheet.closed = False


def _group_mismatch(game: _Game) -> None:
    group = game.group
    group.closes_with = _other(group.control)


def _set_count(game: _Game) -> None:
    game.group.counts_by = game.by


def _open_group(game: _Game) -> None:
    game.group.closed = False


def _newline(game: _Game) -> None:
    game.draft.marks = replace(game.draft.marks, terminator="\n")
    game.draft.una, game.draft.line_end = True, ""


ON_DRAFT: dict[str, Callable[[_Game], None]] = {
    "carriage-returns": _set(line_end="\r\n"),
    "newline-terminator": _newline,
    "folded-lines": _set(line_end=""),
    "nul-bytes": lambda game: game.spike("nul", b"\0"),
    "charset-mismatch": _charset,
    "oversize": _oversize,
    "missing-interchange-trailer": _set(closed=False),
    "control-mismatch-interchange": _mismatch,
    "group-count-wrong": _group_count,
    "control-mismatch-group": _group_mismatch,
    "set-count-wrong": _set_count,
    "missing-group-trailer": _open_group,
    "control-mismatch-set": _set_mismatch,
    "segment-count-wrong": _segment_count,
    "missing-set-trailer": _open_set,
    "delimiter-in-data": _delimiter,
    "unknown-segment": lambda game: game.sheet.body.insert(1, seg("ZZX", "1")),
    "missing-segment": lambda game: game.sheet.body.__delitem__(0),
    "missing-element": _missing_element,
    "element-too-long": _too_long,
    "invalid-code": _invalid_code,
    "invalid-date": _invalid_date,
    "parent-unknown": _parent,
    "line-count-wrong": lambda game: _counted(game, "2", "line-count-wrong"),
    "hash-total-wrong": lambda game: _counted(game, "1", "hash-total-wrong"),
}
"""Oddities that are written by changing what is written."""


def _folded(body: bytes, params: Params) -> bytes:
    width = max(int(params.get("width", 80)), 10)
    return b"\n".join(body[at : at + width] for at in range(0, len(body), width))


def _truncated(body: bytes, params: Params) -> bytes:
    if "bytes" in params:
        return body[: max(int(params["bytes"]), 0)]
    at = int(len(body) * float(params.get("fraction", 0.5)))
    whole = body.find(b"UNH")  # what is shorter is no interchange at all
    at = min(max(at, whole + 2), len(body) - 2)
    return body[:at] if body[at - 1 : at].isalnum() else body[: at - 1]


def _concatenated(body: bytes, params: Params) -> bytes:
    return body * max(int(params.get("interchanges", 2)), 2)


ON_BYTES: dict[str, Callable[[bytes, Params], bytes]] = {
    "folded-lines": _folded,
    "concatenated": _concatenated,
    "truncated": _truncated,
    "byte-order-mark": lambda body, params: BOM + body,
}
"""Oddities that are written by changing the bytes, in this order."""
ODDITIES = frozenset(ON_DRAFT) | frozenset(ON_BYTES)
