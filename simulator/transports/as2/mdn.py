"""Message disposition notifications (RFC 8098) as AS2 uses them: what a receipt says, both ways."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.transports.as2 import mime
from simulator.transports.as2.cmswrite import Digest
from simulator.transports.as2.failure import As2Failure, NotAs2
from simulator.transports.as2.identity import Certificate, Identity
from simulator.transports.as2.message import (
    DIGEST_NAMES,
    Unwrapped,
    boundary_of,
    digest_name,
    mic,
    sign_part,
    unwrap,
)

PROCESSED = "processed"
DUPLICATE = "processed/warning: duplicate-document"
_NOTIFICATION = "message/disposition-notification"
_REPORT = "multipart/report"
LIMIT = 1024 * 1024  # bytes of a receipt that is unpacked
_LINE = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """The receipt that a sender asks for."""

    wanted: bool = False
    signed: bool = False
    digests: tuple[str, ...] = ()  # as the sender spells them, best first
    post_to: str = ""  # where an asynchronous one goes
    trouble: str = ""  # what it requires that nobody has: `unsupported format` …

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Asked:
        """Read from a message's headers."""
        wanted = bool(headers.get("disposition-notification-to", "").strip())
        options: dict[str, tuple[bool, list[str]]] = {}
        for option in headers.get("disposition-notification-options", "").split(";"):
            name, _, values = option.partition("=")
            importance, *rest = [value.strip().strip('"') for value in values.split(",")]
            if name.strip():
                options[name.strip().lower()] = (importance.lower() == "required", rest)
        must, protocols = options.get("signed-receipt-protocol", (False, []))
        signed = any("pkcs7-signature" in one.lower() for one in protocols)
        trouble = "unsupported format" if must and not signed else ""
        must, digests = options.get("signed-receipt-micalg", (False, []))
        if must and digests and not any(digest_name(one) for one in digests):
            trouble = "unsupported MIC-algorithms"
        post_to = headers.get("receipt-delivery-option", "").strip()
        return cls(wanted, signed, tuple(digests), post_to, trouble)

    def digest(self, signature: str | None) -> tuple[str, str]:
        """(hashlib's name, the spelling to write) of the digest for MIC and signature.

        A signed message's own digest, else the first asked for that is known, else SHA-1 as RFC
        4130 7.4.3 has it for senders that say nothing.
        """
        known = [(found, one) for one in self.digests if (found := digest_name(one))]
        if signature is not None:
            spelled = next((one for found, one in known if found == signature), None)
            return signature, spelled or DIGEST_NAMES.get(signature, signature)
        return known[0] if known else ("sha1", "sha1")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a disposition notification says."""

    original: str  # Message-ID of what it answers
    disposition: str = PROCESSED  # `processed`, `processed/error: …`, `failed/failure: …`
    mic: str = ""  # base64
    algorithm: str = ""  # as it is spelled
    text: str = ""
    recipient: str = ""  # AS2 name of whoever received
    signed: bool = False  # read only: by a signature that holds

    @property
    def positive(self) -> bool:
        """Does it say that the message was taken?"""
        said = self.disposition.lower()
        return said == PROCESSED or said.startswith("processed/warning")

    def vouches_for(self, checked: bytes) -> bool:
        """Does its MIC fit these bytes?"""
        digest = digest_name(self.algorithm)
        if digest is None:
            return False
        try:
            given = base64.b64decode(self.mic, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, base64.b64decode(mic(checked, digest)))


def write(receipt: Receipt, by: Identity | None, digest: Digest) -> tuple[dict[str, str], bytes]:
    """A receipt's Content-Type header and body; signed where `by` is given.

    The same receipt gives the same bytes.
    """
    lines = [
        ("Reporting-UA", "Stagefloor"),
        ("Original-Recipient", f"rfc822; {receipt.recipient}"),
        ("Final-Recipient", f"rfc822; {receipt.recipient}"),
        ("Original-Message-ID", receipt.original),
        ("Disposition", f"automatic-action/MDN-sent-automatically; {receipt.disposition}"),
    ]
    if receipt.mic:
        lines.append(("Received-Content-MIC", f"{receipt.mic}, {receipt.algorithm}"))
    notice = "".join(f"{name}: {_LINE.sub(' ', value)}\r\n" for name, value in lines)
    boundary = boundary_of("r", receipt.original)
    text = mime.canonical(receipt.text.encode()) + b"\r\n"
    body = mime.multipart(
        boundary,
        mime.entity({"Content-Type": "text/plain; charset=utf-8"}, text),
        mime.entity({"Content-Type": _NOTIFICATION}, notice.encode("latin-1", "replace")),
    )
    kind = f'multipart/report; report-type=disposition-notification; boundary="{boundary}"'
    if by is None:
        return {"content-type": kind}, body
    part = mime.entity({"Content-Type": kind}, body)
    whole = mime.parse_part(sign_part(part, by, digest, receipt.original))
    return {"content-type": whole.headers["content-type"]}, whole.body


def receipt_in(opened: Unwrapped, headers: Mapping[str, str], body: bytes) -> Unwrapped | None:
    """The receipt that a message is, None where it is none.

    Also one whose signature does not hold: then with the failure, for nothing it says is proven.
    """
    if opened.failure is None:
        kind, _ = mime.media_type(opened.headers.get("content-type", ""))
        return opened if kind == _REPORT else None
    kind, parameters = mime.media_type(headers.get("content-type", ""))
    if kind != "multipart/signed":
        return None
    try:
        inner = mime.parse_part(mime.split(body, parameters.get("boundary", ""))[0])
    except (mime.BadMime, IndexError):
        return None
    if inner.type != _REPORT:
        return None
    return Unwrapped(inner.body, inner.headers, opened.layers, failure=opened.failure)


def read(
    headers: Mapping[str, str], body: bytes, trusted: Sequence[Certificate] | None, wall: float
) -> Receipt:
    """A receipt from its HTTP headers and body. Raises NotAs2 for bytes that hold none, As2Failure
    for a signature that does not hold."""
    opened = unwrap(headers, body, None, trusted, wall, LIMIT)
    if opened.failure is not None:
        raise opened.failure
    return from_report(opened)


def from_report(opened: Unwrapped) -> Receipt:
    """A receipt from a message that was unwrapped. Raises NotAs2."""
    kind, parameters = mime.media_type(opened.headers.get("content-type", ""))
    if kind != _REPORT:
        raise NotAs2(f"a receipt is multipart/report, this is {kind[:60] or 'nothing'}")
    text = ""
    fields: dict[str, str] | None = None
    try:
        for piece in mime.split(opened.payload, parameters.get("boundary", "")):
            part = mime.parse_part(piece)
            if part.type == _NOTIFICATION and fields is None:
                fields = mime.parse_headers(part.content)
            elif part.type == "text/plain" and not text:
                text = part.content.decode("utf-8", "replace").strip()
    except mime.BadMime as bad:
        raise NotAs2(f"the receipt cannot be read: {bad}") from None
    if fields is None or "disposition" not in fields:
        raise NotAs2("the receipt has no disposition")
    _, _, disposition = fields["disposition"].partition(";")
    value, _, algorithm = fields.get("received-content-mic", "").partition(",")
    return Receipt(
        fields.get("original-message-id", ""),
        disposition.strip(),
        value.strip(),
        algorithm.strip(),
        text,
        fields.get("final-recipient", "").partition(";")[2].strip(),
        opened.signed,
    )


__all__ = ["DUPLICATE", "PROCESSED", "As2Failure", "Asked", "Receipt", "read", "write"]
