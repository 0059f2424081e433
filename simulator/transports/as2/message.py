"""AS2 messages (RFC 4130): a payload wrapped for a partner, and a partner's message unwrapped.

Plain and synchronous, and without a socket. The order of the layers is the sender's choice: they
are taken off one by one, whatever they are.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulator.transports.as2 import cms, cmsread, cmsverify, cmswrite, mime
from simulator.transports.as2.cmswrite import CipherName, Digest, KeyTransport
from simulator.transports.as2.failure import As2Failure, NotAs2
from simulator.transports.as2.identity import Certificate, Identity

LAYERS = 6  # of signing, encryption and compression in one message
DIGEST_NAMES = {"sha1": "sha1", "sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}
_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How messages to a partner are made."""

    sign: Digest | None = None
    encrypt: CipherName | None = None
    compress: Literal["before-signing", "after-signing"] | None = None
    key_transport: KeyTransport = "pkcs1"
    transfer_encoding: Literal["binary", "base64"] = "binary"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A message to be posted: its content's headers, its bytes, and what a receipt vouches for."""

    headers: dict[str, str]
    body: bytes
    checked: bytes  # the bytes over which the receiver takes its MIC
    digest: str  # with this digest


@dataclass(slots=True)
class Unwrapped:
    """A partner's message with its layers taken off.

    Where it cannot be taken, `failure` says why, and the rest is as far as it was understood.
    """

    payload: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  # the payload's own
    layers: list[str] = field(default_factory=list)  # outermost first
    checked: bytes | None = None  # the bytes over which the MIC is taken
    digest: str | None = None  # the signature's digest
    by: Certificate | None = None
    failure: As2Failure | None = None

    @property
    def signed(self) -> bool:
        """Did a good signature cover it?"""
        return self.by is not None

    @property
    def encrypted(self) -> bool:
        """Was it encrypted?"""
        return "encrypted" in self.layers


def digest_name(value: str) -> str | None:
    """`sha-256`, `SHA256`, `rsa-sha1` … as hashlib calls it; None where it is not known."""
    plain = value.strip().strip('"').lower().removeprefix("rsa-").replace("-", "").replace("_", "")
    return plain if plain in (*DIGEST_NAMES, "sha224") else None


def mic(content: bytes, digest: str) -> str:
    """A message integrity check: the digest in base64."""
    return base64.b64encode(hashlib.new(digest, content).digest()).decode()


# --- out ---


def wrap(
    payload: bytes,
    headers: Mapping[str, str],
    how: Wrapping,
    name: str,
    ours: Identity | None,
    theirs: Certificate | None,
) -> Wrapped:
    """A payload with its headers as a message. Raises As2Failure where a certificate is missing.

    `name` makes the boundary; the Message-ID will do. `ours` is needed to sign, `theirs` to
    encrypt.
    """
    given = dict(headers)
    if how.transfer_encoding == "base64":
        given["Content-Transfer-Encoding"] = "base64"
        part = mime.entity(given, mime.base64_lines(payload))
    else:
        given["Content-Transfer-Encoding"] = "binary"
        part = mime.entity(given, payload)
    digest: str = how.sign or "sha256"
    plain = how.sign is None and how.encrypt is None and how.compress is None
    checked = part
    if how.compress == "before-signing":
        part = _compressed(part)
        checked = part if how.sign is not None else checked
    if how.sign is not None:
        if ours is None:
            raise As2Failure("authentication-failed", "there is no key to sign with")
        checked = part
        part = sign_part(part, ours, how.sign, name)
    if how.compress == "after-signing":
        part = _compressed(part)
    if how.encrypt is not None:
        if theirs is None:
            raise As2Failure("decryption-failed", "the partner's certificate is not known")
        sealed = cmswrite.encrypt(part, theirs, how.encrypt, how.key_transport)
        smime_type = "authEnveloped-data" if how.encrypt.endswith("gcm") else "enveloped-data"
        return Wrapped(_pkcs7(smime_type), sealed, checked, digest)
    outer = mime.parse_part(part)
    if plain:  # without any layer, what vouches for it is the bare content
        checked = payload
    return Wrapped(_titled(outer.headers), outer.body, checked, digest)


def sign_part(part: bytes, by: Identity, digest: Digest, name: str) -> bytes:
    """A MIME entity and its signature, as multipart/signed."""
    boundary = boundary_of("s", name)
    signature = mime.entity(
        {
            "Content-Type": 'application/pkcs7-signature; name="smime.p7s"',
            "Content-Transfer-Encoding": "base64",
            "Content-Disposition": 'attachment; filename="smime.p7s"',
        },
        mime.base64_lines(cmswrite.sign(part, by, digest)),
    )
    kind = (
        'multipart/signed; protocol="application/pkcs7-signature"; '
        f'micalg="{DIGEST_NAMES[digest]}"; boundary="{boundary}"'
    )
    return mime.entity({"Content-Type": kind}, mime.multipart(boundary, part, signature))


def boundary_of(what: str, name: str) -> str:
    """A boundary that the same name always gives."""
    return f"=_{what}{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}"


def _compressed(part: bytes) -> bytes:
    headers = {
        "Content-Type": 'application/pkcs7-mime; smime-type=compressed-data; name="smime.p7z"',
        "Content-Transfer-Encoding": "binary",
    }
    return mime.entity(headers, cmswrite.compress(part))


def _pkcs7(smime_type: str) -> dict[str, str]:
    return {
        "content-type": f'application/pkcs7-mime; smime-type={smime_type}; name="smime.p7m"',
        "content-transfer-encoding": "binary",
    }


def _titled(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


# --- in ---


def unwrap(
    headers: Mapping[str, str],
    body: bytes,
    ours: Identity | None,
    trusted: Sequence[Certificate] | None,
    wall: float,
    limit: int,
) -> Unwrapped:
    """A message's layers taken off. Never raises but NotAs2, for what has no readable outside.

    `trusted` are the partner's pinned certificates (None takes the signer's own), `wall` the time
    at which they have to hold, `limit` the most bytes that compressed content may unpack to.
    """
    found = Unwrapped()
    named = {
        name: headers[name]
        for name in ("content-type", "content-transfer-encoding", "content-disposition")
        if name in headers
    }
    part = mime.Part(named, body, b"")
    try:
        for _ in range(LAYERS):
            inner = _take_off(part, found, ours, trusted, wall, limit)
            if inner is None:
                break
            part = inner
        else:
            what = f"it has more than {LAYERS} layers"
            raise As2Failure("unexpected-processing-error", what)
        found.payload, found.headers = part.content, part.headers
        if found.checked is None:
            found.checked = part.raw if found.layers else found.payload
    except As2Failure as failure:
        found.failure = failure
    except mime.BadMime as bad:
        if not found.layers:
            raise NotAs2(str(bad)) from None
        found.failure = As2Failure("unexpected-processing-error", str(bad))
    return found


def _take_off(
    part: mime.Part,
    found: Unwrapped,
    ours: Identity | None,
    trusted: Sequence[Certificate] | None,
    wall: float,
    limit: int,
) -> mime.Part | None:
    """The entity inside the outermost layer, or None where there is no layer."""
    if part.type == "multipart/signed":
        found.layers.append("signed")
        return _signed_part(part, found, trusted, wall)
    if part.type not in _PKCS7:
        return None
    blob = part.content
    kind = _kind(blob, part.parameters.get("smime-type", ""))
    if kind in ("enveloped_data", "authenticated_enveloped_data"):
        found.layers.append("encrypted")
        if ours is None:
            raise As2Failure("decryption-failed", "there is no key to decrypt with")
        return mime.parse_part(cmsread.decrypt(blob, ours))
    if kind == "compressed_data":
        found.layers.append("compressed")
        return mime.parse_part(cmsread.decompress(blob, limit))
    if kind == "signed_data":
        found.layers.append("signed")
        good = cmsverify.verify(blob, None, trusted, wall)
        _vouched(found, good)
        return mime.parse_part(good.content)
    raise As2Failure("unexpected-processing-error", f"a layer is {kind}, which AS2 does not have")


def _kind(blob: bytes, smime_type: str) -> str:
    """What a CMS layer is. What calls itself encrypted and cannot be read was not decrypted."""
    try:
        return cms.kind(blob)
    except As2Failure as failure:
        if smime_type.lower() in ("enveloped-data", "authenveloped-data"):
            raise As2Failure("decryption-failed", failure.what) from None
        raise


def _signed_part(
    part: mime.Part, found: Unwrapped, trusted: Sequence[Certificate] | None, wall: float
) -> mime.Part:
    pieces = mime.split(part.body, part.parameters.get("boundary", ""))
    if len(pieces) < 2:
        raise As2Failure("authentication-failed", "a multipart/signed has no signature in it")
    signature = mime.parse_part(pieces[1])
    if signature.type not in _SIGNATURES:
        what = f"the signature is {signature.type}, not application/pkcs7-signature"
        raise As2Failure("authentication-failed", what)
    good = cmsverify.verify(signature.content, pieces[0], trusted, wall)
    _vouched(found, good)
    return mime.parse_part(pieces[0])


def _vouched(found: Unwrapped, good: cmsverify.Signed) -> None:
    if found.by is None:  # of several signatures, the outer one is what the sender checks
        found.by, found.digest, found.checked = good.by, good.digest, good.content
