"""Bytes to segments, losing nothing: every byte stands in exactly one piece.

A file is read as Latin-1, one character a byte, so that offsets are the bytes' own; segments whose
bytes are not ASCII are decoded afterwards. Only plain methods of `str` touch each segment.
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
LARGEST_SEGMENT = 64 * 1024
"""A segment of more characters is `oversize`; binary data do not count."""
WINDOW = 32 * 1024
"""So many characters of a file are cut at first, then twice as many, and so on."""

ELEMENT = "\x1d"
"""Stands between elements in a piece's text, whatever the wire's delimiter."""
BOM = "\xef\xbb\xbf"

_BLANK = " \t\r\n\0"
_DIRT = "\t\r\n\0"
_SPARE = str.maketrans(dict.fromkeys("\x1d\x1e\x1f", "\x1a"))
_BINARY = {"BIN": 1, "BDS": 2}
"""Segments that carry binary data: the element that says how long they are."""
_LOOKED_AT = frozenset({"", "IEA", "ISA", *_BINARY})


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
    terminated: bool = True  # the last segment has its terminator
    line_ends: bool = False  # CR or LF behind terminators
    folded: int | None = None
    nuls: list[int] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)  # not ASCII
    undecodable: list[int] = field(default_factory=list)  # by `decode`
    oversize: list[int] = field(default_factory=list)
    garbage_before: bool = False
    garbage_after: bool = False

    @property
    def delimiters(self) -> Delimiters:
        """Its service characters."""
        return self.header.delimiters


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file: a `segment` with its terminator and the line end behind it, or what
    stands `outside` of any interchange."""

    kind: str
    offset: int
    raw: bytes


def scan(body: bytes) -> list[Scanned]:
    """Cut a file into interchanges and segments, every byte a character of Latin-1.

    None is an empty list. Raises Refusal (413) beyond the limits above.
    """
    if len(body) > MOST_BYTES:
        raise _too_large(f"the file has {len(body)} bytes, the limit is {MOST_BYTES}")
    text = body.decode("latin-1")
    found: list[Scanned] = []
    at, line, counted = 0, 1, 0
    header = find_header(text)
    while header is not None:
        if len(found) >= MOST_INTERCHANGES:
            raise _too_large(f"the file has more than {MOST_INTERCHANGES} interchanges")
        line += text.count("\n", counted, header.start)
        counted = header.start
        one = Scanned(header, at, header.end, line)
        one.garbage_before = bool(text[at : header.start].removeprefix(BOM).strip(_BLANK))
        _Cut(text, one).all()
        found.append(one)
        at = one.end
        header = find_header(text, at)
    if found:
        rest = text[found[-1].end :]
        found[-1].garbage_after = bool(rest.strip(_BLANK + "\x1a"))
    return found


def _too_large(detail: str) -> Refusal:
    return Refusal(detail, "too-large", 413)


class _Cut:
    """Cuts one interchange, a window at a time: where it ends is not known before.

    So what follows it in the file costs nothing, however much that is.
    """

    def __init__(self, text: str, one: Scanned) -> None:
        self.text = text
        self.one = one
        self.marks = one.delimiters
        self.at = one.header.end
        self.line = one.line + text.count("\n", one.header.start, one.header.end)
        self.step = 1 if self.marks.segment == "\n" else 0
        used = self.marks.element + self.marks.component + self.marks.segment
        used += self.marks.repetition
        self.spare = {mark: out for mark, out in _SPARE.items() if chr(mark) not in used}

    def all(self) -> None:
        """Up to IEA, the next ISA, or the end of the file."""
        text, size, end = self.text, WINDOW, len(self.text)
        while True:
            stop = min(self.at + size, end)
            bound = next_header(text, self.at, self.marks, stop)
            last = bound < stop or stop == end
            size *= 2
            if not last and text.find(self.marks.segment, self.at, bound) < 0:
                continue  # not one whole segment in it
            closed = self._window(self.at, bound, last)
            if len(self.one.segments) > MOST_SEGMENTS:
                raise _too_large(f"the interchange has more than {MOST_SEGMENTS} segments")
            if closed:
                self.one.end = min(self.at, bound)
                return
            if last and (self.at <= bound or self.at >= end):
                self.one.end = bound
                return

    def _window(self, start: int, bound: int, last: bool) -> bool:
        """Cut what stands there; True where the interchange ends in it.

        Where it is not the `last` window, what has no terminator is left to the next one.
        """
        one, marks, step, width = self.one, self.marks, self.step, len(self.marks.segment)
        region = self.text[start:bound]
        plain = self._uniform(region)
        pieces = plain.split(marks.segment)
        dirty = any(mark in region for mark in _DIRT) or region[:1] == " "
        foreign = not region.isascii()
        tail = pieces.pop().rstrip("\r\n\0\x1a ")
        if last:
            pieces.append(tail)
        at, line = start, self.line
        segments, texts = one.segments, one.texts
        past = start  # up to here it was binary data
        dirty = dirty or marks.segment + " " in region
        plainly = 0 if dirty or foreign else self._plainly(pieces)
        at += sum(map(len, pieces[:plainly])) + width * plainly
        for index in range(plainly, len(pieces)):
            bare = piece = pieces[index]
            begins, begun = at, line
            at += len(piece) + width
            if begins < past:
                continue
            if dirty or not piece:
                line += piece.count("\n") + step
                bare = piece.lstrip(_BLANK)
                if not bare:
                    if "\n" in piece or "\r" in piece:
                        one.line_ends = True
                    continue
                begins += len(piece) - len(bare)
                begun = line - bare.count("\n") - step
                if len(bare) != len(piece) or "\n" in bare or "\r" in bare or "\0" in bare:
                    bare = _cleaned(one, piece, bare)
            if foreign and not bare.isascii():
                one.foreign.append(len(segments))
            elements = bare.split(ELEMENT, MOST_ELEMENTS)
            tag = elements[0]
            if tag in _BINARY:
                past = self._binary(begins, elements)
                line += self.text.count("\n", at, past)
                bare = ELEMENT.join(elements)
            elif tag == "ISA":  # the next one, off width
                self.at, self.line = begins, begun
                return True
            elif len(bare) > LARGEST_SEGMENT:
                one.oversize.append(len(segments))
            segments.append(Segment(tag, tuple(elements[1:]), begins, begun))
            texts.append(bare)
            if tag == "IEA":
                one.terminated = not (last and index == len(pieces) - 1)
                self.at, self.line = at, line
                return True
        one.terminated = not (last and tail.strip(_BLANK) and at > past)
        self.at, self.line = max(min(at, bound), past), line
        return False

    def _plainly(self, pieces: list[str]) -> int:
        """Cut the first segments, as long as there is nothing about them; how many they were."""
        at, line, width = self.at, self.line, len(self.marks.segment)
        segments = self.one.segments
        count = 0
        for piece in pieces:
            elements = piece.split(ELEMENT, MOST_ELEMENTS)
            size = len(piece)
            if elements[0] in _LOOKED_AT or size > LARGEST_SEGMENT:
                break
            segments.append(Segment(elements[0], tuple(elements[1:]), at, line))
            at += size + width
            count += 1
        self.one.texts += pieces[:count]
        return count

    def _uniform(self, region: str) -> str:
        """With the delimiters that stand for all others in memory."""
        marks = self.marks
        if self.spare and any(chr(mark) in region for mark in self.spare):
            region = region.translate(self.spare)
        if marks.element != ELEMENT:
            region = region.replace(marks.element, ELEMENT)
        if marks.component != COMPONENT:
            region = region.replace(marks.component, COMPONENT)
        if marks.repetition and marks.repetition != REPEATED:
            region = region.replace(marks.repetition, REPEATED)
        return region

    def _binary(self, begins: int, elements: list[str]) -> int:
        """Where binary data ends, terminator included; `elements` become those of the segment.

        The data may hold delimiters: its length, in the element before it, says where it ends.
        Where no terminator stands there, the length is wrong, and the data are as they were cut.
        """
        text, place = self.text, _BINARY[elements[0]]
        said = elements[place] if place < len(elements) else ""
        if not (said.isascii() and said.isdigit() and len(said) < 10):
            return begins
        start = begins
        for _ in range(place + 1):
            start = text.find(self.marks.element, start) + 1
            if not start:
                return begins
        ends = start + int(said)
        if not text.startswith(self.marks.segment, ends):
            return begins
        elements[place + 1 :] = [text[start:ends]]
        return ends + len(self.marks.segment)


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


def decode(one: Scanned, charset: str) -> None:
    """Read what is not ASCII as UTF-8, else leave it Latin-1; take note of what cannot be.

    `charset` is the one agreed on (`ascii`, `latin-1`, `utf-8`); empty where none is.
    """
    for index in one.foreign:
        text = one.texts[index]
        if charset == "ascii":
            one.undecodable.append(index)
        if charset != "latin-1":
            try:
                _replace(one, index, text.encode("latin-1").decode("utf-8"))
                continue
            except UnicodeDecodeError:
                if charset == "utf-8":
                    one.undecodable.append(index)
        if charset in ("latin-1", "") and any("\x7f" <= mark <= "\x9f" for mark in text):
            one.undecodable.append(index)


def _replace(one: Scanned, index: int, text: str) -> None:
    segment = one.segments[index]
    elements = text.split(ELEMENT, MOST_ELEMENTS)
    one.texts[index] = text
    one.segments[index] = Segment(
        elements[0], tuple(elements[1:]), segment.offset, segment.line, segment.index
    )


def pieces(body: bytes) -> Iterator[Piece]:
    """Every byte of a file in order: their `raw` one behind the other is the file.

    Raises Refusal (413) beyond the limits above.
    """
    at = 0
    for one in scan(body):
        if one.header.start > at:
            yield Piece("outside", at, body[at : one.header.start])
        cuts = [one.header.start, *(segment.offset for segment in one.segments), one.end]
        for begins, ends in pairwise(cuts):
            yield Piece("segment", begins, body[begins:ends])
        at = one.end
    if at < len(body):
        yield Piece("outside", at, body[at:])
