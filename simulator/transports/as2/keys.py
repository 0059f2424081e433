"""Keys and certificates: the partner's own, made at first use, and those of the integration."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.timer import monotonic, wall_clock
from simulator.transports._certificates import Issued, Subject, issue, read
from simulator.transports.as2.identity import Certificate, Identity, read_certificates
from simulator.transports.as2.web import Unavailable, Web

AGAIN = 5.0  # wall seconds before a certificate is asked for once more
LARGEST = 256 * 1024  # bytes of a file of certificates
_DAY = 86_400.0


def own_identity(folder: Path, endpoint: str, name: str, given: str | None) -> Identity:
    """A partner's key and certificate: from the file that was given, else its own, made if needed.

    Raises Mistake for a file that cannot be used, CouldNotStart where none can be made.
    """
    path = folder / f"{endpoint}.pem" if given is None else Path(given).expanduser()
    try:
        if given is None and not path.is_file():
            issue(Subject(name), wall_clock()).save(path, key=True, certificate=True)
        found = read(path.read_bytes())
    except OSError as error:
        if given is None:
            raise CouldNotStart(f"the key {path} cannot be used: {error.strerror}") from None
        what = f"{endpoint}: the key {given} cannot be read: {error.strerror}"
        raise Mistake(what, cure="check the path") from None
    except (ValueError, TypeError) as error:
        what = f"{endpoint}: {path} holds no RSA key with its certificate: {error}"
        raise Mistake(what, cure="one PEM file with both, the key not encrypted") from None
    return _identity(found)


def _identity(found: Issued) -> Identity:
    return Identity(found.key, Certificate.of(found.certificate))


def spoiled(ours: Identity, name: str, mode: str) -> Identity:
    """What a partner signs with under a fault of its certificate."""
    now = wall_clock()
    if mode == "expired":
        subject, key = Subject(name, begins=-400 * _DAY, ends=-_DAY), ours.key
    elif mode == "not-yet-valid":
        subject, key = Subject(name, begins=30 * _DAY), ours.key
    else:
        other = "elsewhere.example" if mode == "wrong-host" else name
        subject, key = Subject(other), None
    return _identity(issue(subject, now, key=key))


def certificate_pem(one: Identity) -> bytes:
    """An identity's certificate, as PEM."""
    return one.certificate.parsed.public_bytes(serialization.Encoding.PEM)


class Theirs:
    """The integration's certificates: from files at once, from URLs at first need.

    The first one is what messages are encrypted for. Without any, whoever signs is believed.
    """

    def __init__(self, endpoint: str, sources: list[str], web: Web) -> None:
        self._endpoint = endpoint
        self._sources = sources
        self._web = web
        self._found: dict[str, list[Certificate]] = {}
        self._asked = -AGAIN
        self._lock = asyncio.Lock()
        for source in sources:
            if not _is_url(source):
                self._found[source] = self._from_file(source)

    @property
    def complete(self) -> bool:
        """Is there nothing that would have to be fetched first?"""
        return len(self._found) == len(self._sources)

    @property
    def trusted(self) -> list[Certificate] | None:
        """What is known so far, in the order of the settings; None where nothing has to be."""
        if not self._sources:
            return None
        return [one for source in self._sources for one in self._found.get(source, [])]

    async def fetched(self) -> list[Certificate] | None:
        """All of them. Raises Unavailable where one cannot be had."""
        async with self._lock:
            for source in self._sources:
                if source not in self._found:
                    self._found[source] = await self._from_url(source)
        return self.trusted

    async def for_encryption(self) -> Certificate | None:
        """The certificate that messages are encrypted for. Raises Unavailable."""
        found = await self.fetched()
        if not found:
            return None
        if not isinstance(found[0].key, rsa.RSAPublicKey):
            raise Unavailable("the integration's certificate has no RSA key")
        return found[0]

    async def asked_again(self) -> bool:
        """Has a certificate behind a URL changed since it was fetched? Not asked too often."""
        if monotonic() - self._asked < AGAIN:
            return False
        self._asked = monotonic()
        before = self._raw()
        async with self._lock:
            for source in filter(_is_url, self._sources):
                try:
                    self._found[source] = await self._from_url(source)
                except Unavailable:
                    continue  # what was known stays
        return self._raw() != before

    def _raw(self) -> list[bytes]:
        return [one.raw for one in self.trusted or []]

    def _from_file(self, source: str) -> list[Certificate]:
        try:
            return _certificates(Path(source).expanduser().read_bytes())
        except OSError as error:
            what = f"{self._endpoint}: the certificate {source} cannot be read: {error.strerror}"
            raise Mistake(what, cure="check the path") from None
        except ValueError as error:
            what = f"{self._endpoint}: {source} holds no certificate: {error}"
            raise Mistake(what, cure="PEM or DER") from None

    async def _from_url(self, source: str) -> list[Certificate]:
        answer = await self._web.get(source, LARGEST)
        if answer.status != 200:
            raise Unavailable(f"{source} answers {answer.status}, not a certificate")
        try:
            return _certificates(answer.body)
        except ValueError as error:
            raise Unavailable(f"{source} holds no certificate: {error}") from None


def _certificates(data: bytes) -> list[Certificate]:
    found = read_certificates(data)
    if not found:
        raise ValueError("there is none in it")
    return found


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))
