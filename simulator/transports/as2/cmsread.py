"""Layers of CMS (RFC 5652) taken off: decrypted, decompressed. `cryptography` does the sums."""

from __future__ import annotations

import hmac
import zlib
from typing import Any

from asn1crypto import algos, core
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from simulator.transports.as2.cms import as_set, held, kind, named, octets
from simulator.transports.as2.cmswrite import HASHES
from simulator.transports.as2.failure import As2Failure
from simulator.transports.as2.identity import Identity

_GCM = "2.16.840.1.101.3.4.1."
_GCM_SIZES = {"6": 16, "26": 24, "46": 32}
RECIPIENTS = 64  # of one message that are looked at


@named("decryption-failed", "the encrypted content cannot be read")
def decrypt(blob: bytes, ours: Identity) -> bytes:
    """What an EnvelopedData or AuthEnvelopedData holds. Raises As2Failure `decryption-failed`."""
    if kind(blob) == "authenticated_enveloped_data":
        sealed = held(blob, "authenticated_enveloped_data")
        inner = sealed["auth_encrypted_content_info"]
        key = _content_key(sealed["recipient_infos"], ours)
        attributes = sealed["auth_attrs"]
        known = None if isinstance(attributes, core.Void) else as_set(attributes)
        return _open_gcm(inner, key, octets(sealed["mac"]), known)
    enveloped = held(blob, "enveloped_data")
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
            us = hmac.compare_digest(octets(who), ours.certificate.subject_key)
        if us:
            pad = _padding(one["key_encryption_algorithm"])
            return ours.key.decrypt(octets(one["encrypted_key"]), pad)
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
    opening = Cipher(cipher, modes.CBC(octets(algorithm["parameters"]))).decryptor()
    plain = opening.update(octets(inner["encrypted_content"])) + opening.finalize()
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
            sealed = octets(inner["encrypted_content"])
            return AESGCM(key).decrypt(octets(nonce), sealed + tag, known)
        mode = modes.GCM(octets(nonce), tag, min_tag_length=len(tag))
        opening = Cipher(algorithms.AES(key), mode).decryptor()
        opening.authenticate_additional_data(known or b"")
        return opening.update(octets(inner["encrypted_content"])) + opening.finalize()
    except InvalidTag:
        what = "the content was changed, or the key does not open it"
        raise As2Failure("decryption-failed", what) from None


# --- compression ---


@named("decompression-failed", "the compressed content cannot be read")
def decompress(blob: bytes, limit: int) -> bytes:
    """What a CompressedData holds, at most `limit` bytes. Raises `decompression-failed`."""
    inner = held(blob, "compressed_data")["encap_content_info"]["content"]
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(octets(inner), limit + 1)
    if len(plain) > limit:
        raise As2Failure("decompression-failed", f"it unpacks to more than {limit} bytes")
    if not unpacking.eof:
        raise As2Failure("decompression-failed", "the compressed content ends too early")
    return plain
