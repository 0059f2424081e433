"""The server's own key and certificate, and how it can be reached with them.

It is made on first start and lasts; a fault shows another certificate for the same key.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.crypto import security_policies as known
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.timer import wall_clock
from simulator.transports._certificates import Issued, read
from simulator.transports.opcua.settings import Settings

_NONE = known.SecurityPolicyNone
_POLICIES: dict[str, Any] = {
    "None": _NONE,
    "Basic256Sha256": known.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": known.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": known.SecurityPolicyAes256Sha256RsaPss,
}
_LEVELS = {"None": 0, "Aes128_Sha256_RsaOaep": 1, "Basic256Sha256": 2, "Aes256_Sha256_RsaPss": 3}
_MODES = {"sign": ua.MessageSecurityMode.Sign, "encrypt": ua.MessageSecurityMode.SignAndEncrypt}
_PROFILE = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"
TEN_YEARS = timedelta(days=3650)


@dataclass(frozen=True)
class Identity:
    """What a server shows of itself on a connection."""

    uri: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    settings: Settings

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def factories(self) -> list[Any]:
        """The security policies that a connection may choose from."""
        return [
            known.SecurityPolicyFactory(policy, mode, self.certificate, self.key)
            for _, policy, mode in self._offers()
        ]

    @property
    def open(self) -> bool:
        """May sessions do without security?"""
        return "None" in self.settings.policies

    def _offers(self) -> list[tuple[str, Any, Any]]:
        found: list[tuple[str, Any, Any]] = []
        for name in self.settings.policies:
            if name == "None":
                found.append((name, _NONE, ua.MessageSecurityMode.None_))
            else:
                found += [(name, _POLICIES[name], _MODES[mode]) for mode in self.settings.modes]
        return found

    def endpoints(self, url: str, name: str, product: str) -> list[ua.EndpointDescription]:
        """Every way to reach the server at a URL."""
        application = ua.ApplicationDescription()
        application.ApplicationUri, application.ProductUri = self.uri, product
        application.ApplicationName = ua.LocalizedText(name)
        application.ApplicationType = ua.ApplicationType.Server
        application.DiscoveryUrls = [url]
        return [self._endpoint(url, application, *offer) for offer in self._offers()]

    def _endpoint(
        self, url: str, application: ua.ApplicationDescription, name: str, policy: Any, mode: Any
    ) -> ua.EndpointDescription:
        made = ua.EndpointDescription()
        made.EndpointUrl, made.Server = url, application
        made.ServerCertificate = self.der
        made.SecurityMode, made.SecurityPolicyUri = mode, policy.URI
        made.TransportProfileUri = _PROFILE
        made.SecurityLevel = _LEVELS[name] * 10 + int(mode)
        made.UserIdentityTokens = list(self._tokens(policy, mode))
        return made

    def _tokens(self, policy: Any, mode: Any) -> list[ua.UserTokenPolicy]:
        found = []
        # where the channel does not encrypt, a secret of the user is encrypted by itself
        first = next((_POLICIES[one] for one in self.settings.policies if one != "None"), _NONE)
        own = first if policy is _NONE else policy
        if self.settings.anonymous:
            found.append(_token("anonymous", ua.UserTokenType.Anonymous, None))
        if self.settings.users:
            encrypted = mode == ua.MessageSecurityMode.SignAndEncrypt
            uri = None if encrypted else own.URI
            found.append(_token("user", ua.UserTokenType.UserName, uri))
        if self.settings.user_certificates and own is not _NONE:
            found.append(_token("certificate", ua.UserTokenType.Certificate, own.URI))
        return found


def _token(name: str, kind: Any, uri: str | None) -> ua.UserTokenPolicy:
    made = ua.UserTokenPolicy()
    made.PolicyId, made.TokenType = name, kind
    made.SecurityPolicyUri = uri
    return made


def own_identity(folder: Path, endpoint: str, uri: str, settings: Settings) -> Identity:
    """The server's identity: from the file that was given, else its own, made if needed.

    Raises Mistake for a file that cannot be used, CouldNotStart where none can be made.
    """
    given = settings.certificate
    path = folder / "own.pem" if given is None else Path(given).expanduser()
    try:
        if given is None and not path.is_file():
            issue(uri, None, TEN_YEARS).save(path, key=True, certificate=True)
        found = read(path.read_bytes(), own=given is None)
        der = found.certificate.public_bytes(serialization.Encoding.DER)
        (folder / "own.der").write_bytes(der)  # for clients' trust lists
    except OSError as error:
        if given is None:
            what = f"{endpoint}: the certificate {path} cannot be used: {error.strerror}"
            raise CouldNotStart(what) from None
        what = f"{endpoint}: the certificate {given} cannot be read: {error.strerror}"
        raise Mistake(what, cure="check the path") from None
    except (ValueError, TypeError) as error:
        what = f"{endpoint}: {path} holds no RSA key with its certificate: {error}"
        raise Mistake(what, cure="one PEM file with both, the key not encrypted") from None
    return Identity(uri, found.key, found.certificate, settings)


def spoiled(ours: Identity, mode: str) -> Identity:
    """What a server shows under a fault of its certificate."""
    day = timedelta(days=1)
    if mode == "expired":
        bad = issue(ours.uri, ours.key, -day)
    elif mode == "not-yet-valid":
        bad = issue(ours.uri, ours.key, TEN_YEARS, 30 * day)
    elif mode == "wrong-host":
        bad = issue("urn:elsewhere.example", ours.key, TEN_YEARS, hosts=["elsewhere.example"])
    else:  # nobody's trust list has it
        bad = issue(ours.uri, ours.key, TEN_YEARS)
    return Identity(ours.uri, ours.key, bad.certificate, ours.settings)


def issue(
    uri: str,
    key: rsa.RSAPrivateKey | None,
    ends: timedelta,
    begins: timedelta = timedelta(days=-400),
    hosts: list[str] | None = None,
) -> Issued:
    """An application instance certificate (part 6, 6.2.2), signed by itself."""
    key = key or rsa.generate_private_key(65537, 2048)
    now = datetime.fromtimestamp(int(wall_clock()), UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, uri.rpartition("stagefloor:")[2][:64] or "-"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stagefloor"),
        ]
    )
    shown: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri)]
    for host in hosts or [socket.gethostname(), "localhost", "127.0.0.1"]:
        try:
            shown.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            shown.append(x509.DNSName(host))
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True,
        data_encipherment=True, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    purposes = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    public = key.public_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(x509.SubjectAlternativeName(shown), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Issued(key, made)
