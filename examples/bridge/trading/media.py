"""What kind of interchange some bytes are."""

TYPES = {b"ISA": "application/edi-x12"}


def media_type(body: bytes) -> str:
    """X12 or EDIFACT, by its first bytes."""
    return TYPES.get(body.lstrip(b"\xef\xbb\xbf \r\n")[:3], "application/edifact")
