"""Deliberate breaches: each writes an interchange that a right reader finds wrong by this name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulator.contracts.x12 import breaches
from simulator.contracts.x12.breaches import FOREIGN, NUL, Params, Spoiling
from simulator.contracts.x12.writing import Written, encode, prepare
from simulator.core.errors import Mistake
from simulator.plant.trading.interchange import Interchange
from simulator.plant.trading.partners import PartnerProfile

FAR = 500_000_000  # between the control numbers of interchanges in one file
_FOREIGN = {"latin-1": b"\x81", "utf-8": b"\xff"}

ON_WRITTEN: dict[str, Callable[[Spoiling], None]] = {
    "unknown-segment": breaches.unknown_segment,
    "missing-segment": breaches.missing_segment,
    "missing-element": breaches.missing_element,
    "element-too-long": breaches.element_too_long,
    "invalid-code": breaches.invalid_code,
    "invalid-date": breaches.invalid_date,
    "parent-unknown": breaches.parent_unknown,
    "line-count-wrong": breaches.line_count,
    "hash-total-wrong": breaches.hash_total,
    "delimiter-in-data": breaches.delimiter_in_data,
    "nul-bytes": breaches.strange(NUL),
    "charset-mismatch": breaches.strange(FOREIGN),
    "newline-terminator": breaches.newline,
    "interchange-header-width": breaches.header_width,
    "missing-interchange-trailer": breaches.no_interchange_trailer,
    "control-mismatch-interchange": breaches.interchange_control,
    "group-count-wrong": breaches.group_count,
    "control-mismatch-group": breaches.group_control,
    "set-count-wrong": breaches.set_count,
    "missing-group-trailer": breaches.no_group_trailer,
    "control-mismatch-set": breaches.set_control,
    "segment-count-wrong": breaches.segment_count,
    "missing-set-trailer": breaches.no_set_trailer,
    "oversize": breaches.oversize,
}
"""Oddities that are written by changing what is written, in this order."""


def _carriage_returns(raw: bytes, written: Written, params: Params) -> bytes:
    end = written.delimiters.segment.encode("latin-1")
    if end in b"\r\n":
        what = f"{written.profile.partner}: its segments end with line ends already"
        raise Mistake(what, cure="take another partner, or another delimiter in the profile")
    return raw if written.line_end else raw.replace(end, end + b"\r\n")


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


ON_BYTES: dict[str, Callable[[bytes, Written, Params], bytes]] = {
    "carriage-returns": _carriage_returns,
    "folded-lines": _folded,
    "byte-order-mark": _mark,
    "truncated": _truncated,
}
"""Oddities that are written by changing the bytes, in this order."""
MANY = "concatenated"
ODDITIES = frozenset({*ON_WRITTEN, *ON_BYTES, MANY})
"""Every breach that can be written."""


def write(interchange: Interchange, profile: PartnerProfile, guides: Path | None = None) -> bytes:
    """An interchange to bytes, with the breaches that it asks for.

    Raises Mistake: an unknown breach, one that cannot be in these documents, parameters that
    cannot be, documents with no set.
    """
    asked = interchange.oddities
    for name in asked:
        if name not in ODDITIES:
            known = ", ".join(sorted(ODDITIES))
            raise Mistake(f"X12 cannot be written with the oddity {name!r}", cure=f"one of {known}")
    times = int(asked[MANY].get("interchanges", 2)) if MANY in asked else 1
    if not 1 <= times <= 100:
        raise Mistake(f"concatenated: interchanges is 1 to 100, got {times}")
    return b"".join(_copy(interchange, profile, guides, copy) for copy in range(times))


def _copy(
    interchange: Interchange, profile: PartnerProfile, guides: Path | None, copy: int
) -> bytes:
    """One of the interchanges of a file, under a number of its own."""
    asked = interchange.oddities
    written = prepare(interchange, profile)
    if copy:
        number = (int(written.control) + FAR + copy) % 1_000_000_000
        written.header[12] = f"{number:09d}"
    for name, spoil in ON_WRITTEN.items():
        if name in asked:
            spoil(Spoiling(name, written, asked[name], guides))
    raw = _bytes(written)
    for name, change in ON_BYTES.items():
        if name in asked and not (copy and name == "byte-order-mark"):
            raw = change(raw, written, asked[name])
    return raw


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
