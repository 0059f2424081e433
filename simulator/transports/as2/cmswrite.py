"""CMS (RFC 5652) as we write it: signed, enveloped, authenticated-enveloped, compressed. DER."""

from __future__ import annotations

import hashlib
import os
import zlib
from typing import Literal

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from simulator.transports.as2.der import NULL, OCTETS, SEQUENCE, SET, integer, oid, tlv
from simulator.transports.as2.failure import As2Failure
from simulator.transports.as2.identity import Certificate, Identity

Digest = Literal["sha1", "sha256", "sha384", "sha512"]
CipherName = Literal["3des", "aes128", "aes192", "aes256", "aes128-gcm", "aes192-gcm", "aes256-gcm"]
KeyTransport = Literal["pkcs1", "oaep"]

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - partners still use it
    "sha224": hashes.SHA224(), "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
_DATA = oid("1.2.840.113549.1.7.1")
_SIGNED = oid("1.2.840.113549.1.7.2")
_ENVELOPED = oid("1.2.840.113549.1.7.3")
_AUTHENTICATED = oid("1.2.840.113549.1.9.16.1.23")
_COMPRESSED = oid("1.2.840.113549.1.9.16.1.9")
_ZLIB = tlv(SEQUENCE, oid("1.2.840.113549.1.9.16.3.8"))
_DIGESTS = {
    "sha1": tlv(SEQUENCE, oid("1.3.14.3.2.26"), NULL),
    "sha256": tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), NULL),
    "sha384": tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.2"), NULL),
    "sha512": tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.3"), NULL),
}
_RSA = tlv(SEQUENCE, oid("1.2.840.113549.1.1.1"), NULL)
_SHA256 = _DIGESTS["sha256"]
_MGF1 = tlv(SEQUENCE, oid("1.2.840.113549.1.1.8"), _SHA256)
_OAEP = tlv(
    SEQUENCE,
    oid("1.2.840.113549.1.1.7"),
    tlv(SEQUENCE, tlv(0xA0, _SHA256), tlv(0xA1, _MGF1)),
)
_PADDING: dict[str, tuple[bytes, padding.AsymmetricPadding]] = {
    "pkcs1": (_RSA, padding.PKCS1v15()),
    "oaep": (_OAEP, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)),
}
_CIPHERS = {
    "3des": (24, oid("1.2.840.113549.3.7")),
    "aes128": (16, oid("2.16.840.1.101.3.4.1.2")),
    "aes192": (24, oid("2.16.840.1.101.3.4.1.22")),
    "aes256": (32, oid("2.16.840.1.101.3.4.1.42")),
    "aes128-gcm": (16, oid("2.16.840.1.101.3.4.1.6")),
    "aes192-gcm": (24, oid("2.16.840.1.101.3.4.1.26")),
    "aes256-gcm": (32, oid("2.16.840.1.101.3.4.1.46")),
}
_CONTENT_TYPE = tlv(SEQUENCE, oid("1.2.840.113549.1.9.3"), tlv(SET, _DATA))
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")


def sign(content: bytes, by: Identity, digest: Digest) -> bytes:
    """A detached signature over `content`, with the signer's certificate.

    It carries no signing time: the same content gives the same bytes.
    """
    algorithm = _DIGESTS[digest]
    hashed = tlv(SET, tlv(OCTETS, hashlib.new(digest, content).digest()))
    attributes = _CONTENT_TYPE + tlv(SEQUENCE, _MESSAGE_DIGEST, hashed)
    signature = by.key.sign(tlv(SET, attributes), padding.PKCS1v15(), HASHES[digest])
    frame = by.parts.get(digest)
    if frame is None:  # everything before the attributes is the same in each message
        frame = by.parts[digest] = integer(1) + by.certificate.issuer_and_serial + algorithm
    signer = tlv(SEQUENCE, frame, tlv(0xA0, attributes), _RSA, tlv(OCTETS, signature))
    signed = tlv(
        SEQUENCE,
        integer(1),
        tlv(SET, algorithm),
        tlv(SEQUENCE, _DATA),
        tlv(0xA0, by.certificate.raw),
        tlv(SET, signer),
    )
    return tlv(SEQUENCE, _SIGNED, tlv(0xA0, signed))


def encrypt(
    content: bytes, to: Certificate, cipher: CipherName, transport: KeyTransport = "pkcs1"
) -> bytes:
    """Content that only the owner of a certificate can read. Raises As2Failure.

    AES-CBC and 3DES are EnvelopedData, AES-GCM is AuthEnvelopedData (RFC 5083).
    """
    if not isinstance(to.key, rsa.RSAPublicKey):
        raise As2Failure("decryption-failed", "the partner's certificate has no RSA key")
    size, name = _CIPHERS[cipher]
    key = os.urandom(size)
    algorithm, pad = _PADDING[transport]
    recipient = tlv(
        SEQUENCE, integer(0), to.issuer_and_serial, algorithm, tlv(OCTETS, to.key.encrypt(key, pad))
    )
    if cipher.endswith("-gcm"):
        nonce = os.urandom(12)
        sealed = AESGCM(key).encrypt(nonce, content, None)
        how = tlv(SEQUENCE, name, tlv(SEQUENCE, tlv(OCTETS, nonce), integer(16)))
        inner = tlv(SEQUENCE, _DATA, how, tlv(0x80, sealed[:-16]))
        tag = tlv(OCTETS, sealed[-16:])
        body = tlv(SEQUENCE, integer(0), tlv(SET, recipient), inner, tag)
        return tlv(SEQUENCE, _AUTHENTICATED, tlv(0xA0, body))
    block = TripleDES(key) if cipher == "3des" else algorithms.AES(key)
    width = block.block_size // 8
    vector = os.urandom(width)
    left = width - len(content) % width
    sealing = Cipher(block, modes.CBC(vector)).encryptor()
    sealed = sealing.update(content + bytes([left]) * left) + sealing.finalize()
    inner = tlv(SEQUENCE, _DATA, tlv(SEQUENCE, name, tlv(OCTETS, vector)), tlv(0x80, sealed))
    body = tlv(SEQUENCE, integer(0), tlv(SET, recipient), inner)
    return tlv(SEQUENCE, _ENVELOPED, tlv(0xA0, body))


def compress(content: bytes) -> bytes:
    """CompressedData (RFC 3274)."""
    packed = tlv(0xA0, tlv(OCTETS, zlib.compress(content)))
    body = tlv(SEQUENCE, integer(0), _ZLIB, tlv(SEQUENCE, _DATA, packed))
    return tlv(SEQUENCE, _COMPRESSED, tlv(0xA0, body))
