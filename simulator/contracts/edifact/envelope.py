"""An interchange taken apart: service segments, groups, messages, and what its bytes tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.contracts.edifact.marks import LEVEL_A, Marks
from simulator.contracts.edifact.octets import Chunk, Fact
from simulator.contracts.edifact.segments import Segment
from simulator.contracts.edifact.tokens import (
    BOM,
    LARGEST_INTERCHANGE,
    LARGEST_SEGMENT,
    MOST_SEGMENTS,
    Token,
    tokenise,
)


@dataclass(slots=True)
class Group:
    """A functional group, UNG to UNE."""

    header: Segment
    trailer: Segment | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def control(self) -> str:
        """Its reference, UNG 0048."""
        return self.header.get(5)


@dataclass(slots=True)
class Message:
    """A message, UNH to UNT; `segments` are those between."""

    header: Segment
    segments: list[Segment] = field(default_factory=list)
    trailer: Segment | None = None
    group: Group | None = None

    @property
    def control(self) -> str:
        """Its reference, UNH 0062."""
        return self.header.get(1)

    @property
    def code(self) -> str:
        """Its type: DESADV."""
        return self.header.get(2, 1)

    @property
    def version(self) -> str:
        """Its directory: D96A."""
        return f"{self.header.get(2, 2)}{self.header.get(2, 3)}".upper()


@dataclass(slots=True)
class Envelope:
    """An interchange, UNB to UNZ, as it lies in the file from `start` to `end` (bytes)."""

    header: Segment
    marks: Marks
    start: int
    end: int
    charset: str
    trailer: Segment | None = None
    messages: list[Message] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    strays: list[Segment] = field(default_factory=list)  # in no message
    facts: list[Fact] = field(default_factory=list)
    cut: bool = False  # it ends in the middle, or is too large to be read on

    @property
    def control(self) -> str:
        """Its reference, UNB 0020."""
        return self.header.get(5)


def stretches(body: bytes) -> Iterator[list[Token]]:
    """The tokens of each interchange; those before the first stand at its beginning."""
    tokens: list[Token] = []
    opened = False
    for token in tokenise(body):
        if token.opens and opened:
            yield tokens
            tokens = []
        opened = opened or token.opens
        tokens.append(token)
        if len(tokens) > MOST_SEGMENTS:
            rest = Token("oversize", token.end, len(body), token.end, len(body), token.line,
                         token.marks)  # fmt: skip
            yield [*tokens, rest]
            return
    if tokens:
        yield tokens


def open_envelope(body: bytes, tokens: list[Token]) -> Envelope | None:
    """Take one interchange apart; None where there is not so much as a whole UNB."""
    at = next(
        (
            index
            for index, one in enumerate(tokens)
            if one.kind == "segment" and body.startswith(b"UNB", one.first)
        ),
        None,
    )
    if at is None or any(one.kind == "segment" for one in tokens[:at]):
        return None
    token = tokens[at]
    start, end = tokens[0].start, tokens[-1].end
    facts: list[Fact] = []
    chunk = Chunk(body, tokens, facts)
    header = chunk.segment(token, 0)
    if header.tag != "UNB":
        return None  # nothing that could separate its elements
    made = Envelope(header, token.marks, start, end, chunk.declare(header), facts=facts)
    header.elements = chunk.decoded(header.elements)
    _before(body, tokens[:at], made)
    if end - start > LARGEST_INTERCHANGE:
        what = f"the interchange is larger than {LARGEST_INTERCHANGE} bytes"
        facts.append(Fact("oversize", what, start, token.line, as_code="39"))
        made.cut = True
        return made
    chunk.bytes_tell()
    _Fill(made).all(chunk, tokens[at + 1 :])
    return made


def _before(body: bytes, tokens: list[Token], made: Envelope) -> None:
    """What stands before UNB: a byte order mark, junk."""
    token = tokens[0] if tokens else None
    start = made.start
    lead = body[start : start + 64]
    if start == 0 and BOM in lead[: lead.find(b"UN") if b"UN" in lead else 3]:
        made.facts.append(Fact("byte-order-mark", "a UTF-8 byte order mark comes first", 0, 1))
    if token is not None and token.kind == "noise" and token.last > token.first:
        what = f"{token.last - token.first} bytes stand before the interchange"
        made.facts.append(Fact("unknown-segment", what, token.first, token.line, True))


class _Fill:
    """Puts segments into messages and groups, and says what is left open."""

    def __init__(self, made: Envelope) -> None:
        self.made = made
        self.message: Message | None = None
        self.group: Group | None = None

    def all(self, chunk: Chunk, tokens: list[Token]) -> None:
        made = self.made
        lower: Segment | None = None
        level_a = made.charset == "UNOA"
        last = made.header
        for token in tokens:
            if token.kind == "segment":
                last = self.one(chunk.segment(token, 1))
                if level_a and lower is None and _below(last):
                    lower = last
            elif token.kind == "rest":
                found = chunk.segment(token, 1)
                if found.tag == "UNZ" and found.get(2) == made.control:
                    what = "the terminator of UNZ is missing"
                    made.facts.append(Fact("truncated", what, token.last, token.line, True))
                    last = self.one(found)
                else:
                    what = f"the file ends in the middle of the segment {found.tag[:3]!r}"
                    made.facts.append(Fact("truncated", what, token.last, token.line))
                    made.cut = True
            elif token.kind == "oversize":
                what = f"a segment longer than {LARGEST_SEGMENT} bytes, or too many of them"
                made.facts.append(Fact("oversize", what, token.first, token.line, as_code="39"))
                made.cut = True
            elif token.kind == "noise" and token.last > token.first:
                what = f"{token.last - token.first} bytes stand after the interchange"
                made.facts.append(Fact("unknown-segment", what, token.first, token.line, True))
        if lower is not None:
            what = "characters that UNOA does not have, though they do no harm"
            made.facts.append(Fact("charset-mismatch", what, lower.offset, lower.line, True))
        whole = tokens[-1] if tokens else None
        ends = whole is not None and whole.end >= len(chunk.body)
        if made.trailer is None and self.message is not None and not made.cut and ends:
            what = "the file ends in the middle of a message"
            made.facts.append(Fact("truncated", what, made.end, last.line))
        self._lines(chunk)

    def _lines(self, chunk: Chunk) -> None:
        facts, token = self.made.facts, chunk.folded
        if self.made.marks.terminator in "\r\n":
            what = "a line end is the segment terminator"
            facts.append(Fact("newline-terminator", what, self.made.header.offset, 1))
        elif token is not None:
            what = "lines end in the middle of segments"
            facts.append(Fact("folded-lines", what, token.first, token.line))
        elif chunk.lines is not None:
            token = chunk.lines
            what = "line ends stand after segment terminators"
            line = chunk.body.count(b"\n", 0, token.start) + 1
            facts.append(Fact("carriage-returns", what, token.start, line))

    def one(self, segment: Segment) -> Segment:
        """Put one segment where it belongs."""
        made, message, tag = self.made, self.message, segment.tag
        if tag == "UNH":
            self.message = message = Message(segment, group=self.group)
            made.messages.append(message)
            if self.group is not None:
                self.group.messages.append(message)
        elif tag == "UNT" and message is not None:
            segment.index = len(message.segments) + 2
            message.trailer = segment
            self.message = None
        elif tag == "UNG":
            self.message, self.group = None, Group(segment)
            made.groups.append(self.group)
        elif tag == "UNE" and self.group is not None:
            self.group.trailer = segment
            self.message = self.group = None
        elif tag == "UNZ":
            made.trailer = segment
            self.message = self.group = None
        elif message is not None:
            segment.index = len(message.segments) + 2
            message.segments.append(segment)
        else:
            made.strays.append(segment)
        return segment


def _below(segment: Segment) -> bool:
    return any(LEVEL_A.search(one) for parts in segment.elements for one in parts if one.isascii())
