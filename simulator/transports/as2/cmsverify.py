"""Signatures of CMS (RFC 5652): who signed, whether that holds, and over which bytes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import core
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from simulator.transports.as2 import mime
from simulator.transports.as2.cms import as_set, held, named, octets
from simulator.transports.as2.cmswrite import HASHES
from simulator.transports.as2.failure import As2Failure, UnknownSigner
from simulator.transports.as2.identity import Certificate, read_certificates

SIGNERS = 8  # signatures of one message that are looked at
CHAIN = 4  # certificates from a signer's to a trusted authority's


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature says: by whom, over which bytes, with which digest."""

    by: Certificate
    content: bytes
    digest: str


@named("authentication-failed", "the signature cannot be read")
def verify(
    blob: bytes, detached: bytes | None, trusted: Sequence[Certificate] | None, wall: float
) -> Signed:
    """Check a SignedData. Raises `authentication-failed` or `integrity-check-failed`.

    `detached` are the signed bytes, None for a signature that holds its content. `trusted` are the
    pinned certificates, and authorities whose certificates are as good; None takes whatever the
    message carries. `wall` is the time at which they have to hold (seconds since 1970).
    """
    signed = held(blob, "signed_data")
    content = detached
    if content is None:
        inside = signed["encap_content_info"]["content"]
        if isinstance(inside, core.Void):
            raise As2Failure("integrity-check-failed", "the signature covers nothing")
        content = octets(inside)
    why = As2Failure("authentication-failed", "nobody signed it")
    for number, signer in enumerate(signed["signer_infos"]):
        if number >= SIGNERS:
            break
        try:
            return _check(signer, content, _signer(signer, signed, trusted, wall), wall)
        except As2Failure as failure:
            why = failure
    raise why


def _signer(
    signer: Any, signed: Any, trusted: Sequence[Certificate] | None, wall: float
) -> Certificate:
    """The certificate of whoever claims to have signed."""
    who = signer["sid"]
    for one in trusted or ():
        if _names(who, one):
            return one
    carried = _inside(signed)
    for one in carried:
        if _names(who, one) and (trusted is None or _issued(one, trusted, carried, wall)):
            return one
    if trusted is None:
        raise As2Failure("authentication-failed", "it carries no certificate of its signer")
    raise UnknownSigner("it is signed by a certificate that is not trusted")


def _names(who: Any, one: Certificate) -> bool:
    """Does a signer's identifier mean this certificate?"""
    if who.name == "issuer_and_serial_number":
        serial = int(who.chosen["serial_number"].native)
        return serial == one.serial and bool(who.chosen["issuer"].dump() == one.issuer)
    return bool(one.subject_key) and octets(who.chosen) == one.subject_key


def _issued(
    one: Certificate, trusted: Sequence[Certificate], carried: list[Certificate], wall: float
) -> bool:
    """Does a chain of certificates that hold, CHAIN at the most, lead to a trusted authority?"""
    for _ in range(CHAIN):
        above = next((by for by in trusted if by.authority and by.issued(one)), None)
        if above is not None:
            return not above.out_of_date(wall)
        step = next((by for by in carried if by.authority and by.issued(one)), None)
        if step is None or step.out_of_date(wall):
            return False
        one = step
    return False


def _inside(signed: Any) -> list[Certificate]:
    found = signed["certificates"]
    if isinstance(found, core.Void):
        return []
    return [
        read_certificates(one.chosen.dump())[0]
        for one in list(found)[:16]
        if one.name == "certificate"
    ]


def _check(signer: Any, content: bytes, by: Certificate, wall: float) -> Signed:
    late = by.out_of_date(wall)
    if late:
        raise As2Failure("authentication-failed", f"the signer's certificate {late}")
    digest = str(signer["digest_algorithm"]["algorithm"].native)
    if digest not in HASHES:
        raise As2Failure("authentication-failed", f"the digest {digest} is not supported")
    attributes = signer["signed_attrs"]
    signature = octets(signer["signature"])
    if isinstance(attributes, core.Void):
        for form in _forms(content):
            if _signature_holds(signer, by, signature, form, digest):
                return Signed(by, form, digest)
        raise As2Failure("integrity-check-failed", "the signature does not fit the content")
    claimed = None
    for one in attributes:
        if one["type"].dotted == "1.2.840.113549.1.9.4":
            claimed = octets(one["values"][0])
    if claimed is None:
        raise As2Failure("authentication-failed", "the signature names no digest")
    if not _signature_holds(signer, by, signature, as_set(attributes), digest):
        raise As2Failure("authentication-failed", "the signature is not the signer's")
    for form in _forms(content):
        if hmac.compare_digest(hashlib.new(digest, form).digest(), claimed):
            return Signed(by, form, digest)
    raise As2Failure("integrity-check-failed", "the content is not what was signed")


def _forms(content: bytes) -> Iterator[bytes]:
    """As it came, and as signers of text digest it: every line end CRLF."""
    yield content
    yield mime.canonical(content)


def _signature_holds(
    signer: Any, by: Certificate, signature: bytes, over: bytes, digest: str
) -> bool:
    algorithm = signer["signature_algorithm"]
    try:
        if isinstance(by.key, ec.EllipticCurvePublicKey):
            by.key.verify(signature, over, ec.ECDSA(HASHES[digest]))
        elif algorithm.signature_algo == "rsassa_pss":
            given = algorithm["parameters"]
            hashed = HASHES[given["hash_algorithm"]["algorithm"].native]
            salt = int(given["salt_length"].native)
            by.key.verify(signature, over, padding.PSS(padding.MGF1(hashed), salt), hashed)
        else:
            assert isinstance(by.key, rsa.RSAPublicKey)
            by.key.verify(signature, over, padding.PKCS1v15(), HASHES[digest])
    except InvalidSignature:
        return False
    return True
