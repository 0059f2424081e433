"""The bytes of one interchange: what they tell, and the segments that are made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.contracts.edifact.marks import CODECS
from simulator.contracts.edifact.segments import Elements, Segment
from simulator.contracts.edifact.tokens import BOM, LARGEST_INTERCHANGE, Token, parse


@dataclass(slots=True)
class Fact:
    """Something that the bytes tell, before any partner's profile is asked."""

    name: str
    what: str
    offset: int
    line: int
    tolerated: bool | None = None
    as_code: str = ""


_NEWLINE = re.compile(rb"[\r\n]")
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x19\x1b-\x1f\x7f]")
_C1 = re.compile(rb"[\x80-\x9f]")
_HIGH = re.compile(rb"[\x80-\xff]")


class Chunk:
    """The bytes of one interchange, and its segments as they are made from them."""

    def __init__(self, body: bytes, tokens: list[Token], facts: list[Fact]) -> None:
        self.body, self.tokens, self.facts = body, tokens, facts
        whole = body if len(body) <= LARGEST_INTERCHANGE else b""
        self.clean = bool(whole) and not (b"\n" in whole or b"\r" in whole or b"\0" in whole)
        self.codec = "latin-1"
        self.high = not body.isascii()
        self.repeats = False
        self.folded: Token | None = None
        self.lines: Token | None = None

    def segment(self, token: Token, index: int) -> Segment:
        """One segment, its line ends and NULs left out."""
        raw = self.body[token.first : token.last]
        if not self.clean:
            raw = self._cleaned(token, raw)
        tag, elements = parse(raw.decode("latin-1"), token.marks, repeats=self.repeats)
        if self.high and index and not raw.isascii():
            elements = self.decoded(elements)
        return Segment(tag, elements, token.first, token.line, index)

    def _cleaned(self, token: Token, raw: bytes) -> bytes:
        if b"\0" in raw:
            self._once(
                "nul-bytes", "NUL bytes stand in the data", token.first + raw.index(b"\0"), token
            )
            raw = raw.replace(b"\0", b"")
        if token.marks.terminator == "\n" and raw.endswith(b"\r"):
            raw = raw[:-1]
        if b"\n" in raw or b"\r" in raw:
            self.folded = self.folded or token
            raw = raw.replace(b"\r", b"").replace(b"\n", b"")
        if self.lines is None and _NEWLINE.search(self.body, token.start, token.first):
            self.lines = token
        return raw

    def _once(self, name: str, what: str, offset: int, token: Token) -> None:
        if all(one.name != name for one in self.facts):
            self.facts.append(Fact(name, what, offset, token.line))

    def declare(self, header: Segment) -> str:
        """Take the character set that UNB names; it is the whole interchange's."""
        named = header.get(1, 1).upper()
        self.codec = CODECS.get(named, "latin-1")
        self.repeats = header.get(1, 2) == "4"
        return named

    def bytes_tell(self) -> None:
        """Are the bytes of the character set that UNB names?"""
        named = next((k for k, v in CODECS.items() if v == self.codec), "")
        start, end = self.tokens[0].start, self.tokens[-1].end
        if self.tokens[-1].kind == "oversize":
            end = self.tokens[-1].first
        raw = self.body[start:end].removeprefix(BOM)
        offset = end - len(raw) if not self.body.startswith(BOM) or start else 3
        marks = self.tokens[-1].marks
        found = _CONTROL.search(raw)
        if found and found[0].decode() not in (marks.component, marks.element, marks.terminator):
            self._mismatch("a control character stands in the data", offset + found.start())
        if self.codec == "ascii" and self.high:
            high = _HIGH.search(raw)
            if high:
                self._mismatch(
                    f"a character outside of {named or 'the set'}", offset + high.start()
                )
                self.codec = "utf-8" if _is_utf8(raw) else "latin-1"
        elif self.codec == "utf-8" and self.high and not _is_utf8(raw):
            high = _HIGH.search(raw)
            self._mismatch("bytes that are no UTF-8", offset + (high.start() if high else 0))
            self.codec = "latin-1"
        elif self.high and _C1.search(raw) and self.codec.startswith(("latin", "iso")):
            wrong = _C1.search(raw)
            self._mismatch("bytes that are no characters of the set that UNB names",
                           offset + (wrong.start() if wrong else 0))  # fmt: skip
            self.codec = "utf-8" if _is_utf8(raw) else "latin-1"
        elif self.high and self.codec != "utf-8" and _HIGH.search(raw) and _is_utf8(raw):
            what = "it says UNOC or the like, and reads as UTF-8"
            self._mismatch(what, offset, tolerated=True)
            self.codec = "utf-8"

    def _mismatch(self, what: str, offset: int, *, tolerated: bool | None = None) -> None:
        line = self.body.count(b"\n", 0, offset) + 1
        self.facts.append(Fact("charset-mismatch", what, offset, line, tolerated))

    def decoded(self, elements: Elements) -> Elements:
        """Elements of one character a byte, in their character set."""
        if not self.high:
            return elements
        codec = self.codec if self.codec != "ascii" else "latin-1"
        return tuple(
            tuple(_decode(one, codec) for one in parts) if not "".join(parts).isascii() else parts
            for parts in elements
        )


def _decode(text: str, codec: str) -> str:
    raw = "".join(one if ord(one) < 256 else "?" for one in text).encode("latin-1")
    return raw.decode(codec, "replace")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
