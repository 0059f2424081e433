"""Certificates of OPC UA: the bridge's own, and whether a server's can be trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

URI = "urn:stagefloor:example:bridge"


class NotTrusted(Exception):
    """A server's certificate is none to talk to; the text says why."""


def own(folder: Path) -> tuple[Path, Path]:
    """The files of the bridge's certificate and key, made at first use."""
    certificate, key = folder / "bridge-opcua.der", folder / "bridge-opcua.pem"
    if not certificate.is_file() or not key.is_file():
        made = rsa.generate_private_key(65537, 2048)
        key.write_bytes(
            made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )  # fmt: skip
        key.chmod(0o600)
        certificate.write_bytes(_issue(made).public_bytes(serialization.Encoding.DER))
    return certificate, key


def _issue(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bridge")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True,
        data_encipherment=True, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(URI)]), critical=False
        )
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def check(certificate: bytes, uri: str) -> None:
    """Hold a server's certificate to its time and to the server's name. Raises NotTrusted."""
    try:
        found = x509.load_der_x509_certificate(certificate)
    except ValueError:
        raise NotTrusted("the certificate cannot be read") from None
    now = datetime.now(UTC)
    if now > found.not_valid_after_utc:
        raise NotTrusted("the certificate has expired")
    if now < found.not_valid_before_utc:
        raise NotTrusted("the certificate is not valid yet")
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise NotTrusted("the certificate names nobody") from None
    if uri not in names.get_values_for_type(x509.UniformResourceIdentifier):
        raise NotTrusted(f"the certificate was not issued to {uri}")
