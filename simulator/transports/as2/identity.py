"""Who signs and who is written to: our key with its certificate, and the partner's, pinned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from simulator.transports.as2 import der

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, with the bytes by which CMS names it."""

    parsed: x509.Certificate
    raw: bytes
    issuer: bytes  # DER
    serial: int
    subject_key: bytes  # its subject key identifier, or empty
    key: PublicKey

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Certificate:
        """Raises ValueError for a key that is neither RSA nor elliptic."""
        key = certificate.public_key()
        if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
            raise ValueError(f"a certificate with a {type(key).__name__} is of no use here")
        try:
            named = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            subject_key = named.value.digest
        except (x509.ExtensionNotFound, ValueError):
            subject_key = b""
        return cls(
            certificate,
            certificate.public_bytes(serialization.Encoding.DER),
            certificate.issuer.public_bytes(),
            certificate.serial_number,
            subject_key,
            key,
        )

    @property
    def name(self) -> str:
        """How it calls its owner."""
        return self.parsed.subject.rfc4514_string()

    def out_of_date(self, wall: float) -> str:
        """Why it does not hold at this wall time (seconds since 1970), or empty."""
        now = datetime.fromtimestamp(wall, UTC)
        if now > self.parsed.not_valid_after_utc:
            return f"expired on {self.parsed.not_valid_after_utc:%Y-%m-%d}"
        if now < self.parsed.not_valid_before_utc:
            return f"is not valid before {self.parsed.not_valid_before_utc:%Y-%m-%d}"
        return ""

    @property
    def authority(self) -> bool:
        """May it issue certificates?"""
        try:
            found = self.parsed.extensions.get_extension_for_class(x509.BasicConstraints)
        except (x509.ExtensionNotFound, ValueError):
            return False
        return found.value.ca

    def issued(self, other: Certificate) -> bool:
        """Did its key sign another certificate?"""
        try:
            other.parsed.verify_directly_issued_by(self.parsed)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    @property
    def issuer_and_serial(self) -> bytes:
        """IssuerAndSerialNumber, DER."""
        return der.tlv(der.SEQUENCE, self.issuer, der.integer(self.serial))


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: Certificate
    parts: dict[str, bytes] = field(default_factory=dict)  # written once, used in each message


def read_certificates(data: bytes) -> list[Certificate]:
    """The certificates of a PEM file, or the one of a DER file. Raises ValueError."""
    if b"-----BEGIN" in data:
        return [Certificate.of(one) for one in x509.load_pem_x509_certificates(data)]
    return [Certificate.of(x509.load_der_x509_certificate(data))]
