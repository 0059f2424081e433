"""Make RSA keys with certificates: good ones, and bad ones for faults."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

KEY_BITS = 2048
_YEARS_10 = 3650 * 86_400.0


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for. `begins` and `ends` are wall seconds from now."""

    name: str
    hosts: tuple[str, ...] = ()
    authority: bool = False
    begins: float = -86_400.0
    ends: float = _YEARS_10
    serial: int | None = None  # a fresh one by default


@dataclass(frozen=True, slots=True)
class Issued:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        """The key as unencrypted PKCS #8."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def save(self, path: Path, *, key: bool, certificate: bool) -> None:
        """Write key, certificate or both, whole or not at all; a key only its owner may read."""
        data = (self.key_pem if key else b"") + (self.certificate_pem if certificate else b"")
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(fresh, how, 0o600 if key else 0o644), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def issue(
    subject: Subject,
    wall: float,
    *,
    by: Issued | None = None,
    key: rsa.RSAPrivateKey | None = None,
) -> Issued:
    """A certificate for a subject, with a fresh key unless one is given; self-signed without `by`.

    `wall` is now, in seconds since 1970.
    """
    key = key or rsa.generate_private_key(65537, KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.name[:64] or "-")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(key.public_key())
        .serial_number(subject.serial or x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(int(wall + subject.begins), UTC))
        .not_valid_after(datetime.fromtimestamp(int(wall + subject.ends), UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.BasicConstraints(
                ca=subject.authority, path_length=0 if subject.authority else None
            ),
            critical=True,
        )
        .add_extension(_usage(authority=subject.authority), critical=True)
    )
    issuer = (by.key if by else key).public_key()
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
    )
    if subject.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in subject.hosts])
        builder = builder.add_extension(names, critical=False)
    return Issued(key, builder.sign((by.key if by else key), hashes.SHA256()))


def read(data: bytes, *, own: bool = False) -> Issued:
    """A key and its certificate from one PEM text. Raises ValueError.

    The numbers of a key that is our `own` are not checked again, which takes a tenth of a second.
    """
    key = serialization.load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=own)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the private key is not RSA")
    return Issued(key, x509.load_pem_x509_certificate(data))


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=not authority,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
