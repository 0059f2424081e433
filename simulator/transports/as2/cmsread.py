"""CMS (RFC 5652) as others write it, BER included: decrypt, verify, decompress.

asn1crypto reads the structures, `cryptography` does the sums. Whatever the bytes are, the outcome
is a value or an As2Failure.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asn1crypto import algos, cms, core
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from simulator.transports.as2 import mime
from simulator.transports.as2.cmswrite import HASHES
from simulator.transports.as2.der import joined
from simulator.transports.as2.failure import As2Failure, Disposition, UnknownSigner
from simulator.transports.as2.identity import Certificate, Identity, read_certificates

P = ParamSpec("P")
T = TypeVar("T")
_GCM = "2.16.840.1.101.3.4.1."
_GCM_SIZES = {"6": 16, "26": 24, "46": 32}
SIGNERS = 8  # signatures of one message that are looked at
RECIPIENTS = 64
CHAIN = 4  # certificates from a signer's to a trusted authority's


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature says: by whom, over which bytes, with which digest."""

    by: Certificate
    content: bytes
    digest: str


def _named(disposition: Disposition, what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function fail with an As2Failure only: asn1crypto finds what is wrong lazily, and says
    it with errors of many kinds."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except As2Failure:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                said = str(error).partition("\n")[0][:120]
                raise As2Failure(disposition, f"{what}: {said}") from None

        return wrapped

    return wrap


@_named("unexpected-processing-error", "the CMS structure cannot be read")
def kind(blob: bytes) -> str:
    """`enveloped_data`, `signed_data`, `compressed_data`, `authenticated_enveloped_data` …"""
    return str(cms.ContentInfo.load(blob)["content_type"].native)


def _octets(value: Any) -> bytes:
    """An octet string's bytes, whether in one piece or in chunks."""
    found: bytes = value.contents if value.method == 0 else joined(value.contents)
    return found


def _content(blob: bytes, name: str) -> Any:
    info = cms.ContentInfo.load(blob)
    if info["content_type"].native != name:
        raise ValueError(f"it is {info['content_type'].native}, not {name}")
    return info["content"]


# --- encryption ---


@_named("decryption-failed", "the encrypted content cannot be read")
def decrypt(blob: bytes, ours: Identity) -> bytes:
    """What an EnvelopedData or AuthEnvelopedData holds. Raises As2Failure `decryption-failed`."""
    info = cms.ContentInfo.load(blob)
    if info["content_type"].native == "authenticated_enveloped_data":
        sealed = info["content"]
        inner = sealed["auth_encrypted_content_info"]
        key = _content_key(sealed["recipient_infos"], ours)
        attributes = sealed["auth_attrs"]
        known = None if isinstance(attributes, core.Void) else _as_set(attributes)
        return _open_gcm(inner, key, _octets(sealed["mac"]), known)
    enveloped = _content(blob, "enveloped_data")
    inner = enveloped["encrypted_content_info"]
    return _open_cbc(inner, _content_key(enveloped["recipient_infos"], ours))


def _content_key(recipients: Any, ours: Identity) -> bytes:
    seen = []
    for number, recipient in enumerate(recipients):
        if number >= RECIPIENTS:
            break
        if recipient.name != "ktri":
            continue
        one = recipient.chosen
        who = one["rid"].chosen
        if one["rid"].name == "issuer_and_serial_number":
            serial = int(who["serial_number"].native)
            seen.append(f"serial {serial:x}")
            us = serial == ours.certificate.serial
            us = us and who["issuer"].dump() == ours.certificate.issuer
        else:
            us = hmac.compare_digest(_octets(who), ours.certificate.subject_key)
        if us:
            pad = _padding(one["key_encryption_algorithm"])
            return ours.key.decrypt(_octets(one["encrypted_key"]), pad)
    other = f" but for {seen[0]}" if seen else ""
    raise As2Failure("decryption-failed", f"it is not encrypted for our certificate{other}")


def _padding(algorithm: Any) -> padding.AsymmetricPadding:
    name = algorithm["algorithm"].native
    if name in ("rsaes_pkcs1v15", "rsa"):
        return padding.PKCS1v15()
    if name != "rsaes_oaep":
        raise As2Failure("decryption-failed", f"the key transport {name} is not supported")
    given = algos.RSAESOAEPParams.load(algorithm["parameters"].dump())
    digest = HASHES[given["hash_algorithm"]["algorithm"].native]
    mask = HASHES[given["mask_gen_algorithm"]["parameters"]["algorithm"].native]
    return padding.OAEP(padding.MGF1(mask), digest, None)


def _open_cbc(inner: Any, key: bytes) -> bytes:
    algorithm = inner["content_encryption_algorithm"]
    name = algorithm["algorithm"].native
    if name in ("aes128_cbc", "aes192_cbc", "aes256_cbc"):
        if len(key) * 8 != int(name[3:6]):
            raise As2Failure("decryption-failed", "the content key has another length")
        cipher: Any = algorithms.AES(key)
    elif name == "tripledes_3key":
        cipher = TripleDES(key)
    else:
        raise As2Failure("decryption-failed", f"the cipher {name} is not supported")
    opening = Cipher(cipher, modes.CBC(_octets(algorithm["parameters"]))).decryptor()
    plain = opening.update(_octets(inner["encrypted_content"])) + opening.finalize()
    left = plain[-1] if plain else 0
    if not 1 <= left <= cipher.block_size // 8 or plain[-left:] != bytes([left]) * left:
        raise As2Failure("decryption-failed", "the key does not open the content")
    return bytes(plain[:-left])


def _open_gcm(inner: Any, key: bytes, tag: bytes, known: bytes | None) -> bytes:
    algorithm = inner["content_encryption_algorithm"]
    dotted = algorithm["algorithm"].dotted
    size = _GCM_SIZES.get(dotted.removeprefix(_GCM)) if dotted.startswith(_GCM) else None
    if size is None or len(key) != size:
        raise As2Failure("decryption-failed", f"the cipher {dotted} is not supported")
    given = core.SequenceOf.load(algorithm["parameters"].dump(), spec=core.Any)
    nonce = core.OctetString.load(given[0].dump())
    if not 12 <= len(tag) <= 16:
        raise As2Failure("decryption-failed", "the authentication tag has a wrong length")
    try:
        if len(tag) == 16:
            sealed = _octets(inner["encrypted_content"])
            return AESGCM(key).decrypt(_octets(nonce), sealed + tag, known)
        mode = modes.GCM(_octets(nonce), tag, min_tag_length=len(tag))
        opening = Cipher(algorithms.AES(key), mode).decryptor()
        opening.authenticate_additional_data(known or b"")
        return opening.update(_octets(inner["encrypted_content"])) + opening.finalize()
    except InvalidTag:
        what = "the content was changed, or the key does not open it"
        raise As2Failure("decryption-failed", what) from None


# --- compression ---


@_named("decompression-failed", "the compressed content cannot be read")
def decompress(blob: bytes, limit: int) -> bytes:
    """What a CompressedData holds, at most `limit` bytes. Raises `decompression-failed`."""
    inner = _content(blob, "compressed_data")["encap_content_info"]["content"]
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(_octets(inner), limit + 1)
    if len(plain) > limit:
        raise As2Failure("decompression-failed", f"it unpacks to more than {limit} bytes")
    if not unpacking.eof:
        raise As2Failure("decompression-failed", "the compressed content ends too early")
    return plain


# --- signatures ---


@_named("authentication-failed", "the signature cannot be read")
def verify(
    blob: bytes, detached: bytes | None, trusted: Sequence[Certificate] | None, wall: float
) -> Signed:
    """Check a SignedData. Raises `authentication-failed` or `integrity-check-failed`.

    `detached` are the signed bytes, None for a signature that holds its content. `trusted` are the
    pinned certificates, and authorities whose certificates are as good; None takes whatever the
    message carries. `wall` is the time at which they have to hold (seconds since 1970).
    """
    signed = _content(blob, "signed_data")
    content = detached
    if content is None:
        inside = signed["encap_content_info"]["content"]
        if isinstance(inside, core.Void):
            raise As2Failure("integrity-check-failed", "the signature covers nothing")
        content = _octets(inside)
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
    return bool(one.subject_key) and _octets(who.chosen) == one.subject_key


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
    signature = _octets(signer["signature"])
    if isinstance(attributes, core.Void):
        for form in _forms(content):
            if _signature_holds(signer, by, signature, form, digest):
                return Signed(by, form, digest)
        raise As2Failure("integrity-check-failed", "the signature does not fit the content")
    claimed = None
    for one in attributes:
        if one["type"].dotted == "1.2.840.113549.1.9.4":
            claimed = _octets(one["values"][0])
    if claimed is None:
        raise As2Failure("authentication-failed", "the signature names no digest")
    if not _signature_holds(signer, by, signature, _as_set(attributes), digest):
        raise As2Failure("authentication-failed", "the signature is not the signer's")
    for form in _forms(content):
        if hmac.compare_digest(hashlib.new(digest, form).digest(), claimed):
            return Signed(by, form, digest)
    raise As2Failure("integrity-check-failed", "the content is not what was signed")


def _forms(content: bytes) -> Iterator[bytes]:
    """As it came, and as signers of text digest it: every line end CRLF."""
    yield content
    yield mime.canonical(content)


def _as_set(attributes: Any) -> bytes:
    """Attributes as they are digested: a SET, in DER even where they were sent as BER."""
    whole: bytes = attributes.dump()
    if whole[1] == 0x80:
        whole = attributes.dump(force=True)
    return b"\x31" + whole[1:]


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
