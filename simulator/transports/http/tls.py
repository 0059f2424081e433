"""TLS for endpoints with a port of their own: certificates made on first start, and bad ones.

A plant has a certificate authority of its own in its folder `tls`: clients trust `ca.pem`. Needs
the library `cryptography`, which is imported only where an endpoint speaks TLS.
"""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

from simulator.core.errors import Mistake
from simulator.core.link import Link
from simulator.core.ports import Side
from simulator.core.timer import wall_clock

MODES = ("expired", "not-yet-valid", "wrong-host", "untrusted")
_DAY = 86_400.0


class Tls:
    """The server contexts of one endpoint: the good one, and one for each bad certificate."""

    def __init__(self, side: Side, link: Link, host: str) -> None:
        self._side = side
        self._link = link
        self._host = host
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._shown = ""

    def prepare(self) -> None:
        """Make what is missing on disk. Raises Mistake where the library is not installed."""
        self._made("")

    def context(self) -> ssl.SSLContext:
        """The context for one more connection, as the link's faults have it."""
        mode = ""
        for active in self._link.faults:
            if mode_of(active.fault) in MODES:
                mode = mode_of(active.fault)
                active.seen += 1
                active.touched += 1
        return self._made(mode)

    def changed(self) -> bool:
        """Is another certificate to be shown than when this was last asked?"""
        modes = [mode_of(active.fault) for active in self._link.faults]
        mode = next((one for one in reversed(modes) if one in MODES), "")
        was, self._shown = self._shown, mode
        return was != mode

    def _made(self, mode: str) -> ssl.SSLContext:
        found = self._contexts.get(mode)
        if found is None:
            folder = self._side.folder("tls")
            name = f"{self._link.endpoint}{'.' if mode else ''}{mode}.pem"
            ensure(folder, name, self._host, mode)
            found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            found.load_cert_chain(folder / name)
            found.set_alpn_protocols(["http/1.1"])
            self._contexts[mode] = found
        return found


def mode_of(fault: object) -> str:
    """The bad certificate that a fault asks for, or empty where it is about something else."""
    needs: frozenset[str] = getattr(fault, "needs", frozenset())
    return str(getattr(fault, "mode", "")) if "certificate" in needs else ""


def ensure(folder: Path, name: str, host: str, mode: str) -> None:
    """Have a key and certificate for `host` at `folder/name`, and the authority beside it."""
    try:
        from simulator.transports._certificates import Subject, issue, read
    except ModuleNotFoundError as error:
        what = f"tls: true needs the library {error.name!r}"
        raise Mistake(what, cure="pip install 'stagefloor[as2]'") from None
    now = wall_clock()
    authority_file = folder / ("stranger.pem" if mode == "untrusted" else "ca.pem")
    key_file = authority_file.with_suffix(".key.pem")
    if key_file.is_file() and authority_file.is_file():
        authority = read(key_file.read_bytes() + authority_file.read_bytes())
    else:
        authority = issue(Subject("Stagefloor plant authority", authority=True), now)
        authority.save(key_file, key=True, certificate=False)
        authority.save(authority_file, key=False, certificate=True)
    if (folder / name).is_file():
        return
    subject = Subject("stagefloor", hosts=_hosts(host))
    if mode == "expired":
        subject = Subject("stagefloor", hosts=_hosts(host), begins=-400 * _DAY, ends=-_DAY)
    elif mode == "not-yet-valid":
        subject = Subject("stagefloor", hosts=_hosts(host), begins=30 * _DAY)
    elif mode == "wrong-host":
        subject = Subject("elsewhere.example", hosts=("elsewhere.example",))
    issue(subject, now, by=authority).save(folder / name, key=True, certificate=True)


def _hosts(host: str) -> tuple[str, ...]:
    """The names under which an endpoint is reached: loopback, and the host it listens on."""
    names = ["localhost", "127.0.0.1", "::1"]
    try:
        unspecified = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        unspecified = False
    if not unspecified and host not in names:
        names.append(host)
    return tuple(names)
