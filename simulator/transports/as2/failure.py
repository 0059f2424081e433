"""What can be wrong with an AS2 message, by the names that receipts have for it."""

from __future__ import annotations

from typing import Literal

Disposition = Literal[
    "decryption-failed", "authentication-failed", "integrity-check-failed",
    "insufficient-message-security", "decompression-failed", "unexpected-processing-error",
    "unknown-trading-relationship",
]  # fmt: skip
"""The modifiers of `processed/error` (RFC 4130 7.4.3, RFC 5402)."""


class As2Failure(Exception):
    """A message that a right receiver cannot take: the disposition, and a sentence."""

    def __init__(self, disposition: Disposition, what: str) -> None:
        super().__init__(what)
        self.disposition: Disposition = disposition
        self.what = what


class UnknownSigner(As2Failure):
    """Signed with a certificate that is not trusted, or not known yet."""

    def __init__(self, what: str) -> None:
        super().__init__("authentication-failed", what)


class NotAs2(Exception):
    """What came is no AS2 message at all: no receipt can be written, plain HTTP answers."""
