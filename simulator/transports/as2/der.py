"""Just enough DER (X.690) to write CMS structures, and to read safely what others write as BER.

Reading is asn1crypto's; writing byte by byte is an order of magnitude faster than building its
objects, and the structures are few.
"""

from __future__ import annotations

SEQUENCE, SET, OCTETS, INTEGER, OID, NULL = 0x30, 0x31, 0x04, 0x02, 0x06, b"\x05\x00"
_CONSTRUCTED = 0x24  # an octet string in chunks
VALUES = 200_000  # of one structure; content in chunks of a kilobyte has the most
LEVELS = 64
_OPEN = -1
_DEPTH = 8  # chunks inside chunks; writers use one level


def tlv(tag: int, *content: bytes) -> bytes:
    """One value: tag, length, and its content joined."""
    body = b"".join(content)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def oid(dotted: str) -> bytes:
    """An object identifier."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        out += bytes(reversed(groups))
    return tlv(OID, bytes(out))


def integer(value: int) -> bytes:
    """A non-negative integer."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bounded(data: bytes) -> bytes:
    """The same bytes, whose first value is not larger in structure than VALUES and LEVELS allow.

    Raises ValueError. Whoever builds objects of it can do so without running out of memory.
    """
    ends: list[int] = []  # of the values that are open; OPEN where only a mark ends it
    at = seen = 0
    try:
        while True:
            while ends and ends[-1] != _OPEN and at >= ends[-1]:
                ends.pop()
            if seen and not ends:
                return data
            seen += 1
            tag, at = data[at], at + 1
            if tag & 0x1F == 0x1F:
                while data[at] & 0x80:
                    at += 1
                at += 1
            length, at = data[at], at + 1
            if tag == 0 and length == 0 and ends and ends[-1] == _OPEN:
                ends.pop()
                continue
            if length > 0x80:
                count = length & 0x7F
                length, at = int.from_bytes(data[at : at + count], "big"), at + count
                ends.append(at + length)
            else:
                ends.append(at + length if length < 0x80 else _OPEN)
            if not tag & 0x20:
                at = ends.pop()
                if at == _OPEN:
                    raise ValueError("a value has no length")
            if seen > VALUES or len(ends) > LEVELS:
                raise ValueError("its structure is too large")
    except IndexError:
        raise ValueError("it ends too early") from None


def joined(contents: bytes) -> bytes:
    """The chunks of a constructed octet string, joined. Raises ValueError where it is none."""
    out: list[bytes] = []
    end = _walk(contents, 0, len(contents), 0, out, open_ended=False)
    if end != len(contents):
        raise ValueError("bytes are left over after the chunks")
    return b"".join(out)


def _walk(data: bytes, at: int, end: int, depth: int, out: list[bytes], *, open_ended: bool) -> int:
    if depth > _DEPTH:
        raise ValueError("octet strings are nested too deeply")
    while at < end:
        if at + 2 > end:
            raise ValueError("an octet string ends in the middle of a length")
        tag, length = data[at], data[at + 1]
        at += 2
        if tag == 0 and length == 0 and open_ended:
            return at
        if tag not in (OCTETS, _CONSTRUCTED):
            raise ValueError("a chunk is no octet string")
        if length == 0x80:
            if tag != _CONSTRUCTED:
                raise ValueError("a chunk has no length")
            at = _walk(data, at, end, depth + 1, out, open_ended=True)
            continue
        if length > 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + length > end:
            raise ValueError("a chunk is longer than what holds it")
        if tag == OCTETS:
            out.append(data[at : at + length])
        else:
            _walk(data, at, at + length, depth + 1, out, open_ended=False)
        at += length
    if open_ended:
        raise ValueError("an octet string has no end")
    return at
