"""HTTPS, as careful clients see it: Python's, and those of OpenSSL and curl where they exist."""

import asyncio
import contextlib
import shutil
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.transports.http import HttpServer, HttpTransport, Settings, listener
from simulator.transports.http.tls import MODES
from tests.transports.conftest import Wire

PATH = "/gearbox/wms/x"
REASONS = {
    "expired": "certificate has expired",
    "not-yet-valid": "certificate is not yet valid",
    "wrong-host": "mismatch",
    "untrusted": "unable to get local issuer certificate",
}


class Desk:
    """Two HTTPS endpoints and one on the shared port, and a careful client."""

    def __init__(self, side: Any) -> None:
        self.side = side
        self.transport = HttpTransport(side)
        self.wires: list[Wire] = []
        settings = {
            "wms.http": Settings(port=0, tls=True, hosts=["stand-in.test"], body_limit=1000),
            "lims.http": Settings(port=0, tls=True),
            "mes.http": Settings(),
        }
        for endpoint, given in settings.items():
            links: dict[Direction, Link] = {"in": side.link(endpoint, "in")}
            self.transport.attach(endpoint, given, side.contract, links)
        self.link = side.links["wms.http.in"]

    @property
    def authority(self) -> Path:
        found: Path = self.side.folder("tls") / "ca.pem"
        return found

    def port(self, endpoint: str = "wms.http") -> int:
        return urlsplit(self.transport.urls()[endpoint]).port or 0

    async def dial(self, endpoint: str = "wms.http", host: str = "localhost") -> Wire:
        """Connect as a client that trusts the plant's authority, and checks the name."""
        context = ssl.create_default_context(cafile=str(self.authority))
        wire = Wire(
            *await asyncio.open_connection(
                "127.0.0.1", self.port(endpoint), ssl=context, server_hostname=host
            )
        )
        self.wires.append(wire)
        return wire

    async def ask(self, endpoint: str = "wms.http", host: str = "localhost") -> int:
        wire = await self.dial(endpoint, host)
        wire.ask("POST", f"/gearbox/{endpoint.partition('.')[0]}/x", b"{}")
        return (await wire.answer()).status

    async def stop(self) -> None:
        await self.transport.stop()
        for wire in self.wires:
            with contextlib.suppress(OSError):
                await wire.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys of one test are kept for the next: making them takes time."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
async def desk(side: Any, keys: Path) -> AsyncIterator[Desk]:
    shutil.copytree(keys, side.folder("tls"), dirs_exist_ok=True)
    desk = Desk(side)
    await desk.transport.start()
    shutil.copytree(side.folder("tls"), keys, dirs_exist_ok=True)
    yield desk
    await desk.stop()


# --- the good certificate ---


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "stand-in.test"])
async def test_a_client_that_trusts_the_authority_is_served(desk: Desk, host: str) -> None:
    assert desk.transport.urls()["wms.http"].startswith("https://127.0.0.1:")
    assert await desk.ask(host=host) == 200


async def test_the_authority_is_given_away_and_stays_from_start_to_start(desk: Desk) -> None:
    pem = desk.authority.read_bytes()
    wire = await desk.dial()
    wire.ask("GET", "/ca.pem")
    assert (await wire.answer()).body == pem
    key = desk.authority.with_suffix(".key.pem")
    assert key.stat().st_mode & 0o077 == 0
    await desk.transport.stop()
    again = HttpTransport(desk.side)
    links: dict[Direction, Link] = {"in": desk.side.link("wms.http", "in")}
    again.attach(
        "wms.http", Settings(port=0, tls=True, hosts=["new.test"]), desk.side.contract, links
    )
    await again.start()
    desk.transport = again
    assert desk.authority.read_bytes() == pem
    assert await desk.ask(host="new.test") == 200
    await again.stop()


async def test_a_client_that_trusts_nobody_refuses(desk: Desk) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection(
            "127.0.0.1", desk.port(), ssl=ssl.create_default_context(), server_hostname="localhost"
        )
    assert len(desk.side.journal) == 0


async def test_mounted_applications_are_served_too(desk: Desk) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["scheme"] == "https"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    server: HttpServer = desk.transport._places._stands["wms.http"].own  # type: ignore[assignment]
    server.mount("/control", app)
    wire = await desk.dial()
    wire.ask("GET", "/control/health")
    assert (await wire.answer()).status == 204
    server.unmount("/control")


# --- bad ones ---


@pytest.mark.parametrize("mode", MODES)
async def test_a_careful_client_refuses_a_bad_certificate_until_it_is_cleared(
    desk: Desk, mode: str
) -> None:
    idle = await desk.dial()
    idle.ask("POST", PATH, b"{}")
    assert (await idle.answer()).status == 200
    active = desk.side.apply(desk.link, "certificate", mode=mode)
    with pytest.raises(ConnectionError):  # it has to connect anew, and look
        await idle.rest()
    for number in (1, 2):
        with pytest.raises(ssl.SSLCertVerificationError) as error:
            await desk.dial()
        assert REASONS[mode] in str(error.value)
        assert active.touched == number
    assert await desk.ask("lims.http") == 200  # the others show their own
    desk.side.clear(desk.link)
    assert await desk.ask() == 200
    assert desk.side.outcomes() == ["performed"] * 3


async def test_a_careless_client_is_named(desk: Desk) -> None:
    active = desk.side.apply(desk.link, "certificate", mode="expired")
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    wire = Wire(*await asyncio.open_connection("127.0.0.1", desk.port(), ssl=careless))
    desk.wires.append(wire)
    wire.ask("POST", PATH, b"{}")
    assert (await wire.answer()).status == 200
    assert (await desk.side.entry(outcome="performed"))["faults"] == [active.id]


@pytest.mark.parametrize("mode", [None, *MODES])
@pytest.mark.parametrize("tool", ["openssl", "curl"])
async def test_other_clients_judge_alike(desk: Desk, tool: str, mode: str | None) -> None:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"no {tool} here")
    if mode is not None:
        desk.side.apply(desk.link, "certificate", mode=mode)
    port, authority = desk.port(), str(desk.authority)
    given = {
        "openssl": ["s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost",
                    "-CAfile", authority, "-verify_return_error", "-verify_hostname", "localhost"],
        "curl": ["-sS", "--noproxy", "*", "--cacert", authority, "-d", "{}",
                 f"https://localhost:{port}{PATH}"],
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        program, *given[tool], stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode == 0) == (mode is None), said


def cannot(transport: HttpTransport, endpoint: str, mode: str) -> str | None:
    fault = registry("faults", Fault).get("certificate").model_validate({"mode": mode})
    return transport.cannot(endpoint, "in", fault)


async def test_a_fault_that_could_do_nothing_is_refused(desk: Desk) -> None:
    assert cannot(desk.transport, "wms.http", "expired") is None
    assert "tls: true" in (cannot(desk.transport, "mes.http", "expired") or "")
    assert "not signed" in (cannot(desk.transport, "wms.http", "unknown-signer") or "")


# --- other faults, and bad clients ---


async def test_faults_of_connections_work_within_tls(desk: Desk) -> None:
    desk.side.apply(desk.link, "outage", mode="reset")
    wire = await desk.dial()
    wire.ask("POST", PATH, b"{}")
    with pytest.raises(ConnectionResetError):
        await wire.rest()
    desk.side.clear(desk.link)
    desk.side.apply(desk.link, "outage", mode="refuse")
    with pytest.raises(ConnectionRefusedError):
        await desk.dial()
    desk.side.clear(desk.link)
    desk.side.apply(desk.link, "slow-body", pace=1)
    wire = await desk.dial()
    wire.ask("POST", PATH, b"{}")
    await wire.reader.readuntil(b"\r\n\r\n{")
    desk.side.clear(desk.link)
    assert await wire.reader.readexactly(1) == b"}"


async def test_whoever_hangs_holds_nobody_else_up(desk: Desk) -> None:
    desk.side.apply(desk.link, "outage", mode="hang", first=1)
    hanging = await desk.dial()
    hanging.ask("POST", PATH, b"{}")
    await desk.side.entry(outcome="hung")
    assert await desk.ask() == 200
    assert await desk.ask("lims.http") == 200
    desk.side.clear(desk.link)
    assert await hanging.rest() == b""


async def test_a_body_too_large_is_answered(desk: Desk) -> None:
    wire = await desk.dial()
    wire.ask("POST", PATH, bytes(2000))
    assert (await wire.answer()).status == 413


@pytest.mark.parametrize(
    "garbage",
    [b"POST /gearbox/wms/x HTTP/1.1\r\nhost: x\r\n\r\n", bytes(300), b"\x16\x03\x01\xff\xff" * 50],
    ids=["plain HTTP", "zeros", "half a handshake"],
)
async def test_garbage_disturbs_nobody(desk: Desk, garbage: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port())
    writer.write(garbage)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert await desk.ask() == 200
    assert desk.side.outcomes() == ["performed"]


async def test_a_client_that_never_shakes_hands_is_dropped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, one = await asyncio.open_connection("127.0.0.1", desk.port())
    assert await desk.ask() == 200  # it keeps nobody waiting
    monkeypatch.setattr(listener, "HANDSHAKE", 0.05)
    dropped, two = await asyncio.open_connection("127.0.0.1", desk.port())
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(dropped.read(), 5) == b""
    await desk.transport.stop()  # does not wait for the other one
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(silent.read(), 5) == b""
    for writer in (one, two):
        writer.close()


async def test_handshakes_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKES", 1)
    _, first = await asyncio.open_connection("127.0.0.1", desk.port())
    own = desk.transport._places._stands["wms.http"].own
    await desk.side.until(lambda: bool(own._listener._arriving))  # type: ignore[union-attr]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await desk.dial()
    first.close()
    await desk.side.until(lambda: not own._listener._arriving)  # type: ignore[union-attr]
    assert await desk.ask() == 200


# --- settings ---


def test_tls_needs_a_port_of_its_own() -> None:
    with pytest.raises(ValueError, match="port of its own"):
        Settings(tls=True)
    with pytest.raises(ValueError, match="tls: true"):
        Settings(port=0, hosts=["x"])
    with pytest.raises(ValueError, match="hosts"):
        Settings(port=0, tls=True, hosts=["no host"])


async def test_a_key_that_cannot_be_read_is_said_so(side: Any) -> None:
    (side.folder("tls") / "ca.key.pem").write_text("nonsense")
    (side.folder("tls") / "ca.pem").write_text("nonsense")
    with pytest.raises(CouldNotStart, match=r"wms\.http cannot make its certificates in"):
        await Desk(side).transport.start()


async def test_without_the_library_the_cure_is_named(
    side: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "simulator.transports._certificates", None)
    with pytest.raises(Mistake) as error:
        await Desk(side).transport.start()
    assert "pip install" in error.value.cure
