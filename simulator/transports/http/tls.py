"""TLS for endpoints with a port of their own: certificates made by the plant, and bad ones.

A plant has a certificate authority of its own, made on first start and kept in its folder `tls`:
clients trust `ca.pem`, which every such endpoint gives away at `/ca.pem` too. The certificates
themselves are issued anew at each start, so none runs out. Needs the library `cryptography`, which
is imported only where an endpoint speaks TLS.
"""

from __future__ import annotations

import ipaddress
import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Reply, Request
from simulator.core.ports import Fault, Side
from simulator.core.timer import wall_clock
from simulator.transports.http.wire import Wire

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from simulator.transports._certificates import Issued

log = logging.getLogger("stagefloor.http")

AUTHORITY = "/ca.pem"
MODES = ("expired", "not-yet-valid", "wrong-host", "untrusted")
_DAY = 86_400.0
_ELSEWHERE = "elsewhere.example"


class Tls:
    """The server contexts of one endpoint: the good one, and one for each bad certificate."""

    def __init__(self, side: Side, link: Link, hosts: list[str]) -> None:
        self._side = side
        self._link = link
        self._hosts = _hosts(side.address[0], hosts)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._shown = ""
        self._authority: Issued | None = None
        self._key: RSAPrivateKey | None = None  # the endpoint's own
        self.authority = b""  # its certificate as PEM, once prepared

    def prepare(self) -> None:
        """Make what is missing on disk. Raises Mistake or CouldNotStart, saying why."""
        if self._contexts:
            return
        folder = self._side.folder("tls")
        try:
            from simulator.transports._certificates import read

            self._authority = _authority(folder)
            self.authority = self._authority.certificate_pem
            if (path := self._path("")).is_file():
                self._key = read(path.read_bytes(), own=True).key
            self._contexts[""] = self._made("")
        except ModuleNotFoundError as error:
            what = f"{self._link.endpoint}: tls: true needs the library {error.name!r}"
            raise Mistake(what, cure="pip install 'stagefloor[as2]'") from None
        except (OSError, ValueError) as error:
            raise CouldNotStart(
                f"{self._link.endpoint} cannot make its certificates in {folder}: {error}"
            ) from None

    def context(self) -> ssl.SSLContext:
        """The context for one more connection, as the link's faults have it."""
        mode = ""
        for active in self._link.faults:
            wanted = mode_of(active.fault)
            if wanted in MODES:
                mode = wanted
                active.seen += 1  # a handshake: it is over before there is any message
                active.touched += 1
        if mode not in self._contexts:
            try:
                self._contexts[mode] = self._made(mode)
            except OSError as error:
                log.error("%s cannot show its certificate: %s", self._link.endpoint, error)
                raise
        return self._contexts[mode]

    def changed(self) -> bool:
        """Is another certificate to be shown than when this was last asked?"""
        modes = [mode_of(active.fault) for active in self._link.faults]
        mode = next((one for one in reversed(modes) if one in MODES), "")
        was, self._shown = self._shown, mode
        return was != mode

    def _made(self, mode: str) -> ssl.SSLContext:
        """A context that shows a fresh certificate. Raises OSError where it cannot be written."""
        from simulator.transports._certificates import Subject, issue

        assert self._authority is not None
        now, by = wall_clock(), self._authority
        subject = Subject("stagefloor", hosts=self._hosts)
        if mode == "expired":
            subject = Subject("stagefloor", hosts=self._hosts, begins=-400 * _DAY, ends=-_DAY)
        elif mode == "not-yet-valid":
            subject = Subject("stagefloor", hosts=self._hosts, begins=30 * _DAY)
        elif mode == "wrong-host":
            subject = Subject(_ELSEWHERE, hosts=(_ELSEWHERE,))
        elif mode == "untrusted":  # whoever signs with the endpoint's own key is no authority
            stranger = Subject("An authority that nobody knows", authority=True)
            by = issue(stranger, now, key=self._key)
        shown = issue(subject, now, by=by, key=self._key)
        self._key = shown.key
        path = self._path(mode)
        shown.save(path, key=True, certificate=True)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        made.set_alpn_protocols(["http/1.1"])
        return made

    def _path(self, mode: str) -> Path:
        """Where the key and the certificate of one context are kept."""
        name = f"{self._link.endpoint}.{mode}" if mode else self._link.endpoint
        return self._side.folder("tls") / f"{name}.pem"


class Authority:
    """The door at which clients fetch the certificate that they are to trust."""

    body_limit = 0

    def __init__(self, tls: Tls) -> None:
        self._tls = tls

    def serve(self, wire: Wire, request: Request) -> None:
        wire.send(self._reply())

    def too_large(self, wire: Wire, request: Request) -> None:
        wire.send_early(self._reply())

    def _reply(self) -> Reply:
        return Reply(200, {"content-type": "application/x-pem-file"}, self._tls.authority)


def mode_of(fault: Fault) -> str:
    """The bad certificate that a fault asks for, or empty where it is about something else."""
    return str(getattr(fault, "mode", "")) if "certificate" in fault.needs else ""


def _authority(folder: Path) -> Issued:
    """The plant's authority, which stays the same from start to start."""
    from simulator.transports._certificates import Subject, issue, read

    key, certificate = folder / "ca.key.pem", folder / "ca.pem"
    if key.is_file() and certificate.is_file():
        return read(key.read_bytes() + certificate.read_bytes(), own=True)
    made = issue(Subject("Stagefloor plant authority", authority=True), wall_clock())
    made.save(key, key=True, certificate=False)
    made.save(certificate, key=False, certificate=True)
    return made


def _hosts(listening: str, given: list[str]) -> tuple[str, ...]:
    """The names under which an endpoint is reached: loopback, where it listens, and those given."""
    names = ["localhost", "127.0.0.1", "::1"]
    try:
        somewhere = not ipaddress.ip_address(listening).is_unspecified
    except ValueError:
        somewhere = bool(listening)
    return tuple(dict.fromkeys([*names, *([listening] if somewhere else []), *given]))
