"""Lossless: a file of interchanges as tokens that put together are the file again, byte for byte.

Bounded: a segment longer than LARGEST_SEGMENT ends the reading, whatever comes after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from simulator.contracts.edifact.marks import STANDARD, Marks, from_una, guessed
from simulator.contracts.edifact.segments import REPEATED, Elements

LARGEST_SEGMENT = 16 * 1024
"""Bytes. The directories' longest segments stay below a quarter of it."""
LARGEST_INTERCHANGE = 16 * 1024 * 1024
"""Bytes."""
MOST_SEGMENTS = 200_000
"""Of one interchange."""
MOST_INTERCHANGES = 1_000
"""Of one file."""

BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"[\x00\t\n\r\x1a \xef\xbb\xbf]*")
_START = re.compile(rb"UNA[^A-Za-z0-9\s][^A-Za-z0-9\s]|UNB[^A-Za-z0-9\s]")
_HEAD = 1024

Kind = Literal["una", "segment", "rest", "oversize", "noise"]


@dataclass(slots=True)
class Token:
    """A stretch of the file: `start` to `end`, of which `first` to `last` is the segment itself.

    Before it stand line ends, blanks and the like, after it the terminator. `una` is UNA and its
    characters; `rest` a last segment without terminator; `oversize` everything from where a segment
    is too long to be one; `noise` what is in no interchange. `line` counts from 1.
    """

    kind: Kind
    start: int
    end: int
    first: int
    last: int
    line: int
    marks: Marks
    opens: bool = False  # an interchange begins here: UNA, or UNB without one


def tokenise(body: bytes) -> Iterator[Token]:
    """Split a file into tokens. Takes any bytes; every byte is in exactly one token."""
    marks, size, at, line = STANDARD, len(body), 0, 1
    lines = b"\n" in body
    inside = told = False
    while at < size:
        first = _BLANK.match(body, at).end()  # type: ignore[union-attr]
        if lines:
            line += body.count(b"\n", at, first)
        opens = False
        if (first < size and not inside) or body.startswith((b"UNA", b"UNB"), first):
            start = _START.match(body, first)
            if start is None and not inside:
                start = _START.search(body, first)
                end = start.start() if start else size
                yield Token("noise", at, end, first, end, line, marks)
                if lines:
                    line += body.count(b"\n", first, end)
                at = end
                continue
            if start is not None and start[0].startswith(b"UNA"):
                six = body[first + 3 : first + 9].decode("latin-1")
                marks = from_una(six) or STANDARD
                end = min(first + 9, size)
                yield Token("una", at, end, first, end, line, marks, opens=True)
                if lines:
                    line += body.count(b"\n", first, end)
                at, inside, told = end, True, True
                continue
            if start is not None:
                marks = guessed(body[first : first + _HEAD], marks if told else STANDARD)
                opens, inside, told = not told, True, False
        if first >= size:
            yield Token("noise", at, size, first, size, line, marks)
            return
        end = _end(body, first, marks)
        if end < 0:
            kind: Kind = "oversize" if size - first > LARGEST_SEGMENT else "rest"
            yield Token(kind, at, size, first, size, line, marks, opens)
            return
        yield Token("segment", at, end + 1, first, end, line, marks, opens)
        if lines:
            line += body.count(b"\n", first, end + 1)
        at = end + 1
        if body.startswith(b"UNZ", first):
            inside = told = False


def _end(body: bytes, first: int, marks: Marks) -> int:
    """Where the terminator stands that ends the segment; -1 where there is none in reach."""
    terminator, limit, at = marks.terminator.encode("latin-1"), first + LARGEST_SEGMENT, first
    release = ord(marks.release) if marks.release else -1
    while True:
        found = body.find(terminator, at, limit)
        if found < 0 or release < 0:
            return found
        before = found - 1
        while before >= first and body[before] in b"\r\n":
            before -= 1  # lines may be folded between the two
        run = before
        while run >= first and body[run] == release:
            run -= 1
        if (before - run) % 2 == 0:
            return found
        at = found + 1


_RELEASED = 0xE000
_BACK = {_RELEASED + one: one for one in range(256)}


def parse(text: str, marks: Marks, *, repeats: bool = False) -> tuple[str, Elements]:
    """A segment's text (one character a byte) to its tag and its elements, unescaped.

    `repeats`: syntax version 4, whose elements may repeat.
    """
    released = bool(marks.release) and marks.release in text
    if released:
        text = _protect(text, marks.release)
    if repeats and marks.repetition:
        text = text.replace(marks.repetition, REPEATED)
    parts = text.split(marks.element)
    split = marks.component
    elements = tuple([tuple(one.split(split)) for one in parts[1:]])
    if released:
        elements = tuple([tuple([one.translate(_BACK) for one in part]) for part in elements])
    return parts[0].partition(split)[0].translate(_BACK), elements


def _protect(text: str, release: str) -> str:
    """Each released character as one that separates nothing; the release characters are gone."""
    pieces = text.split(release)
    out = [pieces[0]]
    at = 1
    while at < len(pieces):
        piece = pieces[at]
        if piece:
            out.append(chr(_RELEASED + ord(piece[0])) + piece[1:])
        else:
            out.append(chr(_RELEASED + ord(release)))
            at += 1
            out.append(pieces[at] if at < len(pieces) else "")
        at += 1
    return "".join(out)
