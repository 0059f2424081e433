"""AS2: the bridge's own station, signed and encrypted both ways, and receipts that prove it.

The key is made on first start and lies beside the database; partners fetch its certificate from
`/as2/certificate.pem`, and the bridge fetches theirs from `<their url>/certificate.pem`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from examples.bridge.peers import Answer, Pace, Peer, Unavailable
from examples.bridge.trading.media import media_type
from simulator.transports.as2 import mdn
from simulator.transports.as2.failure import As2Failure, NotAs2
from simulator.transports.as2.identity import Certificate, Identity, read_certificates
from simulator.transports.as2.message import Unwrapped, Wrapping, mic, unwrap, wrap

LIMIT = 64 * 1024 * 1024  # bytes that compressed content may unpack to
WRAPPING = Wrapping(sign="sha256", encrypt="aes256")


def own_identity(folder: Path, name: str) -> Identity:
    """The key and certificate of the bridge; made where there are none yet."""
    file = folder / "as2.pem"
    if not file.is_file():
        file.write_bytes(_made(name))
        file.chmod(0o600)
    pem = file.read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Identity(key, read_certificates(pem[pem.index(b"-----BEGIN CERTIFICATE") :])[0])


def _made(name: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


class Station:
    """Messages that partners post."""

    def __init__(self, name: str, identity: Identity) -> None:
        self.name = name
        self.identity = identity

    @property
    def certificate(self) -> bytes:
        """Ours, for partners: PEM."""
        return self.identity.certificate.parsed.public_bytes(serialization.Encoding.PEM)

    def open(
        self, headers: dict[str, str], body: bytes, trusted: list[Certificate]
    ) -> tuple[Unwrapped, dict[str, str], bytes]:
        """A message and the receipt for it. Raises NotAs2."""
        opened = unwrap(headers, body, self.identity, trusted, time.time(), LIMIT)
        asked = mdn.Asked.of(headers)
        digest, spelled = asked.digest(opened.digest)
        failure = opened.failure
        said = mdn.PROCESSED if failure is None else f"processed/error: {failure.disposition}"
        receipt = mdn.Receipt(
            headers.get("message-id", ""), said,
            mic(opened.checked, digest) if opened.checked is not None else "", spelled,
            "Taken." if failure is None else str(failure), self.name,
        )  # fmt: skip
        by = self.identity if asked.signed else None
        answer, raw = mdn.write(receipt, by, "sha256")
        return opened, answer, raw


class As2(Peer):
    """A partner's AS2 station: what is posted counts once its receipt proves it."""

    def __init__(
        self,
        name: str,
        url: str,
        client: httpx.AsyncClient,
        pace: Pace,
        station: Station,
        *,
        credulous: bool = False,
    ) -> None:
        super().__init__(name, url, client, pace)
        self._station = station
        self._credulous = credulous
        self._theirs: list[Certificate] = []

    def knock(self) -> None:
        super().knock()
        self._theirs = []

    async def trusted(self) -> list[Certificate]:
        """The partner's certificates. Raises Unavailable."""
        if not self._theirs:
            try:
                response = await self._client.get(f"{self.url}/certificate.pem")
                response.raise_for_status()
                self._theirs = read_certificates(response.content)
            except (httpx.HTTPError, ValueError) as error:
                raise Unavailable(f"{self.name}: no certificate: {error}") from None
        return self._theirs

    async def post(self, path: str, body: str, idempotency_key: str | None) -> Answer:
        raw = body.encode("latin-1")
        theirs = await self.trusted()
        message_id = f"<{path}@{self._station.name}>"  # the same at every attempt
        wrapped = wrap(
            raw, {"Content-Type": media_type(raw)}, WRAPPING, message_id,
            self._station.identity, theirs[0],
        )  # fmt: skip
        headers = {
            **{name.lower(): value for name, value in wrapped.headers.items()},
            "accept": "*/*",
            "as2-version": "1.2",
            "as2-from": self._station.name,
            "as2-to": self.name.partition(":")[2],
            "message-id": message_id,
            "subject": path,
            "disposition-notification-to": f"edi@{self._station.name}",
            "disposition-notification-options": "signed-receipt-protocol=optional,"
            " pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        }
        answer = await self.request(
            "POST", "", content=wrapped.body, content_type=headers["content-type"], headers=headers
        )
        if not answer.ok or self._credulous:
            return answer
        try:
            receipt = mdn.read(answer.body["headers"], answer.body["raw"], theirs, time.time())
        except (As2Failure, NotAs2) as error:
            self._theirs = []  # it may have new keys
            raise self._failed(f"sent no receipt that holds: {error}") from None
        right = receipt.positive and receipt.signed and receipt.original == message_id
        if not right or not receipt.vouches_for(wrapped.checked):
            self._theirs = []
            raise self._failed(f"sent a receipt that proves nothing: {receipt.disposition}")
        return Answer(200, None)

    def _read(self, response: httpx.Response) -> Answer:
        if response.status_code >= 300:
            return super()._read(response)
        self._succeeded()
        return Answer(
            response.status_code, {"headers": dict(response.headers), "raw": response.content}
        )
