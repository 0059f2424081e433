"""Deliberate breaches: each writes an interchange that a right reader finds wrong by this name.

Three steps, as an interchange is made: its segments, its envelope, its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.contracts.x12.definitions import Element
from simulator.contracts.x12.guide import Guide, find_guide
from simulator.contracts.x12.segments import Segment, seg
from simulator.contracts.x12.writing import Written, WrittenSet, encode, prepare
from simulator.core.errors import Mistake
from simulator.plant.trading.interchange import Interchange
from simulator.plant.trading.partners import PartnerProfile

Params = Mapping[str, Any]
OVERSIZE = 1_000_000  # bytes, where nobody says
MOST_OVERSIZE = 256 * 1024 * 1024
FAR = 500_000_000  # between the control numbers of interchanges in one file
HOLE = "\x00hole\x00"  # is replaced once delimiters are written

# --- the segments of the first set ---------------------------------------------------------------


def _guide(one: WrittenSet, written: Written) -> Guide | None:
    return find_guide(one.code, written.version)


def _first(written: Written) -> WrittenSet | None:
    return next((one for group in written.groups for one in group.sets if one.segments), None)


def _find(
    written: Written, wanted: Callable[[Element, str, int, int], bool]
) -> tuple[WrittenSet, int, int, Element] | None:
    """The first element that is defined and wanted: the set, the segment's place, the element's."""
    one = _first(written)
    guide = _guide(one, written) if one is not None else None
    if one is None or guide is None:
        return None
    for place, segment in enumerate(one.segments):
        definition = guide.definitions.get(segment.tag)
        for number, element in enumerate(definition.elements if definition else (), 1):
            value = segment.get(number)
            if not element.parts and wanted(element, value, number, len(segment.elements)):
                return one, place, number, element
    return None


def _put(found: tuple[WrittenSet, int, int, Element], value: str) -> None:
    one, place, number, _ = found
    one.segments[place] = one.segments[place].put(number, value)


def _text(element: Element, value: str, number: int, count: int) -> bool:
    """Free text that is said, with more elements behind it."""
    return element.type == "AN" and len(value) > 1 and number < count


def _any_text(element: Element, value: str, number: int, count: int) -> bool:
    return element.type == "AN" and bool(value)


def _unknown_segment(written: Written, params: Params) -> None:
    one = _first(written)
    if one is not None:
        one.segments.insert(1, seg("ZZZ", "1"))


def _missing_segment(written: Written, params: Params) -> None:
    one = _first(written)
    if one is not None:
        del one.segments[0]


def _missing_element(written: Written, params: Params) -> None:
    found = _find(
        written, lambda one, value, at, count: one.mandatory and bool(value) and at < count
    )
    if found is not None:
        _put(found, "")


def _element_too_long(written: Written, params: Params) -> None:
    found = _find(written, _any_text)
    if found is not None:
        one, place, number, element = found
        value = one.segments[place].get(number)
        _put(found, (value * (element.most // len(value) + 1))[: element.most] + "X")


def _oversize(written: Written, params: Params) -> None:
    size = params.get("bytes", OVERSIZE)
    if not isinstance(size, int) or not 0 < size <= MOST_OVERSIZE:
        raise Mistake(f"oversize: bytes is a number up to {MOST_OVERSIZE}, got {size!r}")
    found = _find(written, _any_text)
    if found is not None:
        missing = size - len(written.text())
        one, place, number, element = found
        value = one.segments[place].get(number)
        _put(found, value + "X" * max(missing, element.most))


def _invalid_code(written: Written, params: Params) -> None:
    found = _find(written, lambda one, value, at, count: bool(one.codes) and bool(value))
    if found is not None:
        element = found[3]
        for one in ("Z", "Q", "9", "8"):
            value = one * max(element.least, 1)
            if value not in element.codes:
                _put(found, value)
                return


def _invalid_date(written: Written, params: Params) -> None:
    found = _find(written, lambda one, value, at, count: one.type == "DT" and bool(value))
    if found is not None:
        _put(found, "20261345" if found[3].most >= 8 else "261345")


def _delimiter_in_data(written: Written, params: Params) -> None:
    which = params.get("delimiter", "element")
    marks = written.delimiters
    known = {"element": marks.element, "component": marks.component, "segment": marks.segment}
    if which not in known:
        what = f"delimiter-in-data: delimiter is one of {', '.join(known)}; got {which!r}"
        raise Mistake(what)
    found = _find(written, _text) or _find(written, _any_text)
    if found is None:
        return
    one, place, number, element = found
    value = one.segments[place].get(number)[: max(2, element.most - len(HOLE))]
    _put(found, value[:1] + HOLE + value[1:])
    written.raw.append((HOLE, known[which]))


def _parent_unknown(written: Written, params: Params) -> None:
    for segment, put in _tagged(written, "HL"):
        if segment.get(2):
            put(segment.put(2, "999"))
            return


def _line_count(written: Written, params: Params) -> None:
    for segment, put in _tagged(written, "CTT"):
        put(segment.put(1, _more(segment.get(1), params)))
        return


def _hash_total(written: Written, params: Params) -> None:
    for segment, put in _tagged(written, "CTT"):
        put(segment.put(2, _more(segment.get(2), params)))
        return


def _tagged(written: Written, tag: str) -> list[tuple[Segment, Callable[[Segment], None]]]:
    found: list[tuple[Segment, Callable[[Segment], None]]] = []
    for group in written.groups:
        for one in group.sets:
            for place, segment in enumerate(one.segments):
                if segment.tag == tag:
                    found.append((segment, _putter(one, place)))
    return found


def _putter(one: WrittenSet, place: int) -> Callable[[Segment], None]:
    def put(segment: Segment) -> None:
        one.segments[place] = segment

    return put


def _by(params: Params) -> int:
    by = params.get("by", 1)
    if isinstance(by, bool) or not isinstance(by, int) or not by:
        raise Mistake(f"`by` is a whole number other than 0, got {by!r}")
    return by


def _more(said: str, params: Params) -> str:
    whole, point, rest = said.partition(".")
    number = int(whole) if whole.isdigit() else 0
    by = _by(params)
    return f"{number + by if number + by >= 0 else number + abs(by)}{point}{rest}"


# --- the envelope --------------------------------------------------------------------------------


def _other(control: str) -> str:
    """Another control number, as long as it was."""
    if control.isdigit():
        return str((int(control) + 1) % 10 ** len(control)).rjust(len(control), "0")
    return ("X" if control[:1] != "X" else "Y") + control[1:]


def _header_width(written: Written, params: Params) -> None:
    by = params.get("by", -1)
    if isinstance(by, bool) or not isinstance(by, int) or not -8 <= by <= 20 or by == 0:
        raise Mistake(f"interchange-header-width: by is -8 to 20 and not 0, got {by!r}")
    sender = written.header[5]
    written.header[5] = sender + " " * by if by > 0 else _shorter(sender, -by)


def _shorter(text: str, by: int) -> str:
    return text[: max(1, len(text) - by)]


def _no_interchange_trailer(written: Written, params: Params) -> None:
    written.trailer = False


def _control_interchange(written: Written, params: Params) -> None:
    written.closing = _other(written.control)


def _group_count(written: Written, params: Params) -> None:
    written.counted = _by(params)


def _control_group(written: Written, params: Params) -> None:
    for group in written.groups[:1]:
        group.closing = _other(group.control)


def _set_count(written: Written, params: Params) -> None:
    for group in written.groups[:1]:
        group.counted = _by(params)


def _no_group_trailer(written: Written, params: Params) -> None:
    for group in written.groups[:1]:
        group.trailer = False


def _control_set(written: Written, params: Params) -> None:
    one = _first(written)
    if one is not None:
        one.closing = _other(one.control)


def _segment_count(written: Written, params: Params) -> None:
    one = _first(written)
    if one is not None:
        one.counted = _by(params)


def _no_set_trailer(written: Written, params: Params) -> None:
    one = _first(written)
    if one is not None:
        one.trailer = False


def _newline(written: Written, params: Params) -> None:
    written.delimiters = replace(written.delimiters, segment="\n")
    written.header[15] = written.delimiters.component


def _strange(mark: str) -> Callable[[Written, Params], None]:
    """A character in the first free text, whatever the character set."""

    def put(written: Written, params: Params) -> None:
        found = _find(written, _any_text)
        one = _first(written)
        if found is not None:
            one, place, number, _ = found
        elif one is not None:
            place, number = 0, max(1, len(one.segments[0].elements))
        else:
            return
        value = one.segments[place].get(number)
        one.segments[place] = one.segments[place].put(number, value[:1] + mark + value[2:])

    return put


NUL = "\ue000"  # written as a NUL byte
FOREIGN = "\ue001"  # written as a byte that the character set does not have
_FOREIGN = {"latin-1": b"\x81", "utf-8": b"\xff"}

_BEFORE: dict[str, Callable[[Written, Params], None]] = {
    "unknown-segment": _unknown_segment,
    "missing-segment": _missing_segment,
    "missing-element": _missing_element,
    "element-too-long": _element_too_long,
    "oversize": _oversize,
    "invalid-code": _invalid_code,
    "invalid-date": _invalid_date,
    "parent-unknown": _parent_unknown,
    "line-count-wrong": _line_count,
    "hash-total-wrong": _hash_total,
    "delimiter-in-data": _delimiter_in_data,
    "nul-bytes": _strange(NUL),
    "charset-mismatch": _strange(FOREIGN),
    "newline-terminator": _newline,
    "interchange-header-width": _header_width,
    "missing-interchange-trailer": _no_interchange_trailer,
    "control-mismatch-interchange": _control_interchange,
    "group-count-wrong": _group_count,
    "control-mismatch-group": _control_group,
    "set-count-wrong": _set_count,
    "missing-group-trailer": _no_group_trailer,
    "control-mismatch-set": _control_set,
    "segment-count-wrong": _segment_count,
    "missing-set-trailer": _no_set_trailer,
}

# --- the bytes -----------------------------------------------------------------------------------


def _carriage_returns(raw: bytes, written: Written, params: Params) -> bytes:
    end = written.delimiters.segment.encode("latin-1")
    if end in b"\r\n" or written.profile.delimiters.line_end:
        return raw
    return raw.replace(end, end + b"\r\n")


def _folded(raw: bytes, written: Written, params: Params) -> bytes:
    width = params.get("width", 80)
    if isinstance(width, bool) or not isinstance(width, int) or not 20 <= width <= 10_000:
        raise Mistake(f"folded-lines: width is 20 to 10000, got {width!r}")
    raw = raw.replace(b"\r", b"").replace(b"\n", b"")
    return b"\n".join(raw[at : at + width] for at in range(0, len(raw), width))


def _mark(raw: bytes, written: Written, params: Params) -> bytes:
    return b"\xef\xbb\xbf" + raw


def _truncated(raw: bytes, written: Written, params: Params) -> bytes:
    if "bytes" in params:
        return raw[: max(0, int(params["bytes"]))]
    fraction = float(params.get("fraction", 0.5))
    if not 0 <= fraction <= 1:
        raise Mistake(f"truncated: fraction is 0 to 1, got {fraction}")
    return raw[: int(len(raw) * fraction)]


_AFTER: dict[str, Callable[[bytes, Written, Params], bytes]] = {
    "carriage-returns": _carriage_returns,
    "folded-lines": _folded,
    "byte-order-mark": _mark,
    "truncated": _truncated,
}
_MORE = "concatenated"

ODDITIES = frozenset({*_BEFORE, *_AFTER, _MORE})
"""Every breach that can be written."""


def write(interchange: Interchange, profile: PartnerProfile, guides: Path | None = None) -> bytes:
    """An interchange to bytes, with the breaches that it asks for.

    Raises Mistake: an unknown breach, parameters that cannot be, documents with no set.
    """
    asked = interchange.oddities
    for name in asked:
        if name not in ODDITIES:
            raise Mistake(
                f"X12 cannot write {name!r}", cure=f"one of {', '.join(sorted(ODDITIES))}"
            )
    times = int(asked.get(_MORE, {}).get("times", 2)) if _MORE in asked else 1
    if not 1 <= times <= 100:
        raise Mistake(f"concatenated: times is 1 to 100, got {times}")
    out = b""
    for copy in range(times):
        written = prepare(interchange, profile)
        if copy:
            number = (int(written.control) + FAR + copy) % 1_000_000_000
            written.header[12] = f"{number:09d}"
        for name, change in _BEFORE.items():
            if name in asked:
                change(written, asked[name])
        raw = _bytes(written)
        for name, mend in _AFTER.items():
            if name in asked and (name != "byte-order-mark" or not copy):
                raw = mend(raw, written, asked[name])
        out += raw
    return out


def _bytes(written: Written) -> bytes:
    text = written.text()
    if NUL not in text and FOREIGN not in text:
        return written.encoded()
    charset = written.profile.charset
    foreign = _FOREIGN.get(charset, b"\xe9")
    return b"\0".join(
        foreign.join(encode(part, charset) for part in piece.split(FOREIGN))
        for piece in text.split(NUL)
    )
