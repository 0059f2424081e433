"""Bytes to segments, losing nothing: every byte stands in exactly one piece.

A file is read as Latin-1, one character a byte, so that offsets are the bytes' own; elements whose
bytes are not ASCII are decoded one by one. Only plain methods of `str` touch each segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from simulator.contracts.x12.header import Delimiters, Header, find_header, next_header
from simulator.contracts.x12.segments import COMPONENT, REPEATED, Segment
from simulator.core.errors import Refusal

MOST_BYTES = 32 * 1024 * 1024
"""A file may have so many bytes; a larger one is refused unread (`too-large`, 413)."""
MOST_SEGMENTS = 300_000
"""So many segments in one interchange."""
MOST_ELEMENTS = 400
"""So many elements in one segment; what follows counts as one."""
MOST_INTERCHANGES = 5_000
"""So many interchanges in one file."""

ELEMENT = "\x1d"
"""Stands between elements in a piece's text, whatever the wire's delimiter."""
BOM = "\xef\xbb\xbf"

_BLANK = " \t\r\n\0"
_SPARE = str.maketrans(dict.fromkeys("\x1d\x1e\x1f", "\x1a"))


@dataclass(slots=True)
class Scanned:
    """One interchange, cut into segments; `segments` begin behind ISA.

    `texts` are the segments with their delimiters made uniform. What is odd about the bytes is
    said by index of segment; -1 is ISA.
    """

    header: Header
    start: int  # of everything that belongs to it: blanks and garbage before ISA too
    end: int
    line: int  # of ISA
    segments: list[Segment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)  # where each segment's bytes begin
    terminated: bool = True  # the last segment has its terminator
    line_ends: bool = False  # CR or LF behind terminators
    folded: int | None = None
    nuls: list[int] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)  # not ASCII
    undecodable: list[int] = field(default_factory=list)
    garbage_before: bool = False
    garbage_after: bool = False

    @property
    def delimiters(self) -> Delimiters:
        """Its service characters."""
        return self.header.delimiters


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file: a `segment` with its terminator and the line end before it, or what
    stands `outside` of any interchange."""

    kind: str
    offset: int
    raw: bytes


def scan(body: bytes, charset: str = "") -> list[Scanned]:
    """Cut a file into interchanges and segments.

    `charset` is the one agreed on (`ascii`, `latin-1`, `utf-8`); empty: UTF-8 where it is that,
    else Latin-1. None is an empty list. Raises Refusal (413) beyond the limits above.
    """
    if len(body) > MOST_BYTES:
        raise Refusal(
            f"the file has {len(body)} bytes, the limit is {MOST_BYTES}", "too-large", 413
        )
    text = body.decode("latin-1")
    found: list[Scanned] = []
    at, line, counted = 0, 1, 0
    header = find_header(text)
    while header is not None:
        if len(found) >= MOST_INTERCHANGES:
            detail = f"the file has more than {MOST_INTERCHANGES} interchanges"
            raise Refusal(detail, "too-large", 413)
        line += text.count("\n", counted, header.start)
        counted = header.start
        one = Scanned(header, at, header.end, line)
        one.garbage_before = bool(text[at : header.start].removeprefix(BOM).strip(_BLANK))
        _cut(text, one, charset)
        found.append(one)
        at = one.end
        header = find_header(text, at)
    if found:
        rest = text[found[-1].end :]
        found[-1].garbage_after = bool(rest.strip(_BLANK + "\x1a"))
    return found


def _cut(text: str, one: Scanned, charset: str) -> None:
    header, marks = one.header, one.header.delimiters
    bound = next_header(text, header.end, marks)
    region = text[header.end : bound]
    if any(spare in region and spare not in _used(marks) for spare in "\x1d\x1e\x1f"):
        region = _spared(region, marks)
    plain = region
    if marks.element != ELEMENT:
        plain = plain.replace(marks.element, ELEMENT)
    if marks.component != COMPONENT:
        plain = plain.replace(marks.component, COMPONENT)
    if marks.repetition and marks.repetition != REPEATED:
        plain = plain.replace(marks.repetition, REPEATED)
    pieces = plain.split(marks.segment, MOST_SEGMENTS)
    if len(pieces) > MOST_SEGMENTS:
        detail = f"the interchange has more than {MOST_SEGMENTS} segments"
        raise Refusal(detail, "too-large", 413)
    dirty = "\n" in region or "\r" in region or "\0" in region
    foreign = not region.isascii()
    line = one.line + text.count("\n", header.start, header.end)
    at, last = header.end, len(pieces) - 1
    segments, texts, cuts = one.segments, one.texts, one.cuts
    step = 1 if marks.segment == "\n" else 0
    for index, piece in enumerate(pieces):
        begins, begun = at, line
        at += len(piece) + 1
        if dirty or step or piece[:1] == " ":
            line += piece.count("\n") + step
            bare = piece.lstrip(_BLANK)
            if not bare:
                if "\n" in piece or "\r" in piece:
                    one.line_ends = True
                continue
            begins_at = begins + len(piece) - len(bare)
            begun = line - bare.count("\n") - step
            if len(bare) != len(piece) or "\n" in bare or "\r" in bare or "\0" in piece:
                bare = _cleaned(one, piece, bare)
        elif not piece:
            continue
        else:
            bare, begins_at = piece, begins
        if foreign and not bare.isascii():
            bare = _decoded(one, bare, charset)
        if index == last:
            one.terminated = False
        elif bare[:3] == "ISA" and bare[3:4] == ELEMENT:  # the next one, off width
            at = begins_at
            break
        elements = bare.split(ELEMENT, MOST_ELEMENTS)
        segments.append(Segment(elements[0], tuple(elements[1:]), begins_at, begun))
        texts.append(bare)
        cuts.append(begins)
        if elements[0] == "IEA":
            break
    one.end = min(at, bound)


def _used(marks: Delimiters) -> str:
    return marks.element + marks.component + marks.segment + marks.repetition


def _spared(region: str, marks: Delimiters) -> str:
    """Without the characters that stand for delimiters in memory, where they are data."""
    table = {mark: out for mark, out in _SPARE.items() if chr(mark) not in _used(marks)}
    return region.translate(table)


def _cleaned(one: Scanned, piece: str, bare: str) -> str:
    """Without line ends and NULs, which are taken note of."""
    if "\0" in piece:
        one.nuls.append(len(one.segments))
        bare = bare.replace("\0", "")
    if len(bare) != len(piece) and piece[:1] in "\r\n":
        one.line_ends = True
    if "\n" in bare or "\r" in bare:
        if one.folded is None:
            one.folded = len(one.segments)
        bare = bare.replace("\r", "").replace("\n", "")
    return bare


def _decoded(one: Scanned, text: str, charset: str) -> str:
    index = len(one.segments)
    one.foreign.append(index)
    if charset == "ascii":
        one.undecodable.append(index)
    elif charset == "latin-1":
        if any("\x7f" <= mark <= "\x9f" for mark in text):
            one.undecodable.append(index)
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        if charset != "ascii":
            one.undecodable.append(index)
        return text


def pieces(body: bytes) -> Iterator[Piece]:
    """Every byte of a file in order: their `raw` one behind the other is the file.

    Raises Refusal (413) beyond the limits above.
    """
    at = 0
    for one in scan(body):
        if one.header.start > at:
            yield Piece("outside", at, body[at : one.header.start])
        cuts = [one.header.start, *one.cuts, one.end]
        for begins, ends in pairwise(cuts):
            yield Piece("segment", begins, body[begins:ends])
        at = one.end
    if at < len(body):
        yield Piece("outside", at, body[at:])
