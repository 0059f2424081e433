"""MIME as AS2 needs it: parts that keep their exact bytes, because digests are taken over them.

The standard library's parser normalises what it reads; here nothing is changed. Lines may end with
LF alone, as some senders write them.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_BLANK = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
HEADER_LIMIT = 64 * 1024  # bytes of one part's headers
PART_LIMIT = 100  # parts of one multipart


class BadMime(Exception):
    """Bytes that are no MIME entity; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME entity: headers (names in lower case), its body, and all of it as received."""

    headers: Mapping[str, str]
    body: bytes
    raw: bytes

    @property
    def type(self) -> str:
        """`type/subtype`, in lower case."""
        return media_type(self.headers.get("content-type", "text/plain"))[0]

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of its Content-Type."""
        return media_type(self.headers.get("content-type", "text/plain"))[1]

    @property
    def content(self) -> bytes:
        """The body without its Content-Transfer-Encoding. Raises BadMime."""
        return decoded(self.body, self.headers.get("content-transfer-encoding", ""))


@lru_cache(256)
def media_type(value: str) -> tuple[str, Mapping[str, str]]:
    """A Content-Type's media type and parameters, names in lower case, quotes taken off."""
    kind, _, _ = value.partition(";")
    found = {}
    for name, given in _PARAMETER.findall(value):
        text = given.strip()
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        found[name.lower()] = text
    return kind.strip().lower(), found


def parse_headers(block: bytes) -> dict[str, str]:
    """A block of header lines, unfolded; of a repeated name the last one counts. Raises BadMime."""
    if len(block) > HEADER_LIMIT:
        raise BadMime(f"the headers are longer than {HEADER_LIMIT} bytes")
    found: dict[str, str] = {}
    for line in _FOLD.sub(" ", block.decode("latin-1")).splitlines():
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise BadMime(f"a header line has no colon: {line[:60]!r}")
        found[name.strip().lower()] = value.strip()
    return found


def parse_part(raw: bytes) -> Part:
    """Bytes to headers and body. Raises BadMime."""
    for start in (b"\r\n", b"\n"):
        if raw.startswith(start):  # no headers at all
            return Part({}, raw[len(start) :], raw)
    blank = _BLANK.search(raw, 0, HEADER_LIMIT)
    if blank is None:
        raise BadMime("no empty line ends the headers of a part")
    return Part(parse_headers(raw[: blank.start()]), raw[blank.end() :], raw)


def split(body: bytes, boundary: str) -> list[bytes]:
    """The parts of a multipart body, as exact bytes. Raises BadMime."""
    if not boundary:
        raise BadMime("a multipart has no boundary")
    mark = b"--" + boundary.encode("latin-1")
    parts: list[bytes] = []
    begin: int | None = None  # where the part under way begins
    at = 0
    while True:
        at = body.find(mark, at)
        if at < 0:
            raise BadMime("a multipart has no closing boundary")
        after = at + len(mark)
        if at and body[at - 1] != 0x0A:
            at = after
            continue
        closing = body.startswith(b"--", after)
        newline = body.find(b"\n", after)
        rest = body[after : len(body) if newline < 0 else newline]
        if not closing and rest.strip(b" \t\r"):  # another boundary that only begins like ours
            at = after
            continue
        if begin is not None:
            end = at - 1
            if end > begin and body[end - 1] == 0x0D:
                end -= 1
            parts.append(body[begin : max(end, begin)])
            if len(parts) > PART_LIMIT:
                raise BadMime(f"a multipart has more than {PART_LIMIT} parts")
        if closing:
            return parts
        if newline < 0:
            raise BadMime("a multipart ends in a boundary line")
        begin = at = newline + 1


def decoded(body: bytes, encoding: str) -> bytes:
    """A body without its Content-Transfer-Encoding. Raises BadMime for one that is not known."""
    encoding = encoding.partition(";")[0].strip().lower()
    if encoding in ("", "7bit", "8bit", "binary"):
        return body
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body)
        except binascii.Error as error:
            raise BadMime(f"the base64 of a part cannot be read: {error}") from None
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    raise BadMime(f"the Content-Transfer-Encoding {encoding[:40]!r} is not known")


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 characters that end with CRLF, the last one too."""
    text = binascii.b2a_base64(data, newline=False)
    return b"".join(text[at : at + 76] + b"\r\n" for at in range(0, len(text), 76))


def entity(headers: Mapping[str, str], body: bytes) -> bytes:
    """Headers and body as one MIME entity."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lines.encode("latin-1", "replace") + b"\r\n" + body


def multipart(boundary: str, *parts: bytes) -> bytes:
    """The body of a multipart with these parts."""
    line = b"--" + boundary.encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def canonical(data: bytes) -> bytes:
    """Every line end as CRLF: what signers of text digest."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
