"""Which certificates of clients are trusted: files in folders, as administrators know them.

`trusted/` holds certificates of clients or of the authorities that issue them, `trusted/users/`
those of users, `rejected/` what was shown and refused: moving a file from there to `trusted/` is
how a client is let in. The folders are read at each connection, so that it works at once.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import ua
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization

from simulator.core.timer import wall_clock
from simulator.transports.opcua.fault import Hangup, ServiceFault

log = logging.getLogger("stagefloor.opcua")
Codes = ua.StatusCodes
REJECTED = 100  # files at the most
_LARGEST = 64 * 1024


class Trust:
    """The trust list of one server. `any` trusts whoever comes, as long as its time is right."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._any = kind == "any"
        for name in ("trusted/users", "rejected"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def check(self, der: bytes) -> None:
        """Is the certificate of a connection trusted? Raises Hangup."""
        try:
            shown = x509.load_der_x509_certificate(der)
        except ValueError:
            raise Hangup(Codes.BadCertificateInvalid, "the certificate cannot be read") from None
        now = datetime.fromtimestamp(wall_clock(), UTC)
        if not shown.not_valid_before_utc <= now <= shown.not_valid_after_utc:
            self._reject(shown)
            raise Hangup(Codes.BadCertificateTimeInvalid, "the certificate is out of its time")
        if not self._any and not _among(shown, self._folder / "trusted"):
            self._reject(shown)
            what = "the certificate is not trusted: it lies in the server's folder rejected/"
            raise Hangup(Codes.BadSecurityChecksFailed, what)

    def check_application(self, der: bytes, description: ua.ApplicationDescription) -> None:
        """Is a certificate that of the application that shows it? Raises ServiceFault."""
        if self._any:
            return
        shown = x509.load_der_x509_certificate(der)
        try:
            names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        except x509.ExtensionNotFound:
            uris = []
        if description.ApplicationUri not in uris:
            raise ServiceFault(Codes.BadCertificateUriInvalid)

    def user(self, der: bytes) -> str:
        """Who shows a certificate as a user. Raises ServiceFault."""
        try:
            shown = x509.load_der_x509_certificate(der)
        except ValueError:
            raise ServiceFault(Codes.BadIdentityTokenInvalid) from None
        if not _among(shown, self._folder / "trusted" / "users"):
            self._reject(shown)
            raise ServiceFault(Codes.BadIdentityTokenRejected)
        return shown.subject.rfc4514_string()

    def _reject(self, shown: x509.Certificate) -> None:
        """Write a certificate down, so that somebody can decide to trust it."""
        folder = self._folder / "rejected"
        path = folder / f"{shown.fingerprint(hashes.SHA256()).hex()}.der"
        try:
            if not path.exists():
                if sum(1 for _ in folder.iterdir()) >= REJECTED:
                    log.warning("%s is full: delete what is not needed", folder)
                    return
                path.write_bytes(shown.public_bytes(serialization.Encoding.DER))
            log.warning("a client's certificate was refused: %s", path)
        except OSError as error:
            log.warning("%s cannot be written: %s", path, error.strerror)


def _among(shown: x509.Certificate, folder: Path) -> bool:
    """Is a certificate, or who issued it, in a folder?"""
    for one in _certificates(folder):
        if one == shown:
            return True
        try:
            shown.verify_directly_issued_by(one)
        except (ValueError, TypeError, InvalidSignature):
            continue  # this one did not issue it
        if _authority(one):
            return True
    return False


def _authority(one: x509.Certificate) -> bool:
    try:
        return bool(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _certificates(folder: Path) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() not in (".der", ".pem", ".crt", ".cer") or not path.is_file():
            continue
        try:
            raw = path.read_bytes()[:_LARGEST]
            found += _read(raw)
        except (OSError, ValueError) as error:
            log.warning("%s is no certificate: %s", path, error)
    return found


def _read(raw: bytes) -> list[Any]:
    if raw.lstrip().startswith(b"-----BEGIN"):
        return list(x509.load_pem_x509_certificates(raw))
    return [x509.load_der_x509_certificate(raw)]
