"""What clients should not send: named errors, bounded memory, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.contracts.sparkplug.payload import Metric
from simulator.core.errors import CouldNotStart, Mistake
from simulator.transports.mqtt import broker as embedded
from tests.transports.mqtt.conftest import Floor, Listener
from tests.transports.mqtt.test_sparkplug_live import NCMD, REBIRTH, born, caught_up

needs_mosquitto = pytest.mark.needs_server("mosquitto")


async def undisturbed(listener: Listener) -> None:
    """The edge node still speaks, in order, and never died."""
    await caught_up(listener)
    assert listener.host.end() == []
    assert "NDEATH" not in listener.host.kinds


async def raw(floor: Floor, *parts: bytes) -> bytes:
    """Send bytes to the broker's port; what comes back until the end of the connection."""
    place = urlsplit(floor.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


CONNECT = bytes.fromhex("100c00044d5154540402003c0000")  # MQTT 3.1.1, clean, no name


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ([b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"], "no MQTT: it begins with 0x47"),
        ([b"\x16\x03\x01\x02\x00\x01"], "no MQTT: it begins with 0x16"),
        ([b"\x10\xff\xff\xff\x7f"], "a packet of 268435455 bytes"),
        ([CONNECT, b"\x30\xff\xff\xff\x7f" + b"x" * 100_000], "a packet of 268435455 bytes"),
        ([b"\x10\xff\xff\xff\xff\x01"], "a length of more than four bytes"),
        ([b"\x10\x02\xff\xff"], "a packet that ends too early"),
        ([b"\x10\x0c" + b"\xff" * 12], "too early"),
        ([CONNECT, b"\x82\x05\x00\x01\x00\x09a"], "a packet that ends too early"),
    ],
)
async def test_garbage_ends_its_own_connection_only(
    live: Any, request: Any, caplog: Any, parts: list[bytes], named: str
) -> None:
    floor, listener, _ = await born(live, request)
    with caplog.at_level(logging.WARNING, logger="stagefloor"):
        await raw(floor, *parts)
    assert named in caplog.text
    await undisturbed(listener)


async def test_a_client_of_mqtt_5_is_told_that_this_is_not_spoken(
    live: Any, request: Any, caplog: Any
) -> None:
    floor, listener, _ = await born(live, request)
    connect = bytes.fromhex("101000044d5154540502003c00 0003 610a62")
    assert await raw(floor, connect) == bytes.fromhex("20020001")
    assert "it speaks MQTT 5: this broker speaks 3.1.1" in caplog.text
    await undisturbed(listener)


async def test_a_connection_that_says_nothing_is_not_waited_for(
    live: Any, request: Any, caplog: Any, monkeypatch: Any
) -> None:
    floor, listener, _ = await born(live, request)
    monkeypatch.setattr(embedded, "FIRST_PACKET", 0.05)
    assert await raw(floor) == b""
    assert "no CONNECT in time" in caplog.text
    await undisturbed(listener)


async def test_a_client_that_does_not_read_is_dropped(
    live: Any, request: Any, caplog: Any, monkeypatch: Any
) -> None:
    floor, listener, _ = await born(live, request)
    monkeypatch.setattr(embedded, "BEHIND", 5_000_000)
    place = urlsplit(floor.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1)
    subscribe = b"\x82\x06\x00\x01\x00\x01#\x00"
    writer.write(CONNECT + subscribe)
    await reader.readexactly(4 + 5)
    while "it reads too slowly" not in caplog.text:
        await listener.say("big", b"x" * 500_000)
    writer.close()
    await undisturbed(listener)


async def test_too_many_clients_are_refused(
    live: Any, request: Any, caplog: Any, monkeypatch: Any
) -> None:
    floor, listener, _ = await born(live, request)
    monkeypatch.setattr(embedded, "MOST_CLIENTS", 2)
    assert await raw(floor, CONNECT) == b""
    assert "2 clients are connected" in caplog.text
    await undisturbed(listener)


@pytest.mark.parametrize("broker", ["embedded", pytest.param("mosquitto", marks=needs_mosquitto)])
async def test_who_takes_its_client_id_is_outlived(
    live: Any, request: Any, caplog: Any, broker: str
) -> None:
    floor, listener, _ = await born(live, request, broker)
    place = urlsplit(floor.url)
    thief = aiomqtt.Client(place.hostname or "", place.port or 0, identifier="little-plc.mqtt-CELL")
    with pytest.raises(aiomqtt.MqttError):
        await _until_thrown_out(thief)
    await listener.hears("NBIRTH", 2)
    await caught_up(listener)
    assert listener.host.end() == []
    assert "client little-plc.mqtt-CELL: connected again" in caplog.text


async def _until_thrown_out(client: aiomqtt.Client) -> None:
    async with client:
        async for _ in client.messages:
            pass


@pytest.mark.parametrize(
    ("body", "how", "error", "status"),
    [
        (b"\xff\xff\xff", {}, "malformed", 400),
        (b"", {}, "metrics", 400),
        (b"\x12\x80\x80\x80\x80\x10", {}, "malformed", 400),
        (None, {"retain": True}, "retained-command", 409),
        (b"x" * 1_100_000, {}, None, 413),
    ],
)
async def test_commands_that_are_none_are_named(
    live: Any, request: Any, body: Any, how: dict[str, Any], error: str, status: int
) -> None:
    house_limit = {"body_limit": 2_000_000} if status == 413 else {}
    floor, listener, _ = await born(live, request, **house_limit)
    if status == 413:
        floor.stage.transports["mqtt"]._posts["plc.mqtt"].settings = (  # type: ignore[attr-defined]
            floor.stage.endpoints["plc.mqtt"].settings.model_copy(update={"body_limit": 1_000_000})
        )
    if body is None:
        await listener.ask(NCMD, REBIRTH, **how)
        floor.stage.act({"fault": "outage", "on": "plc.mqtt.out", "mode": "reset", "first": 1})
    else:
        await listener.say(NCMD, body, **how)
    await floor.until(lambda: bool(floor.entries(direction="in", status=status)))
    entry = floor.entries(direction="in", status=status)[0]
    assert entry.get("error") == error
    if body is not None:
        await undisturbed(listener)


async def test_a_command_of_many_metrics_is_refused_whole(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    await listener.ask(NCMD, *[Metric("Recipe", "B", "String")] * 1001)
    await floor.until(lambda: bool(floor.entries(direction="in", error="metrics")))
    await undisturbed(listener)


@needs_mosquitto
async def test_a_broker_that_passes_on_too_much_costs_only_the_connection(
    live: Any, request: Any, caplog: Any
) -> None:
    _, listener, _ = await born(live, request, "mosquitto")
    await listener.say(NCMD, b"x" * 30_000_000)
    await listener.hears("NBIRTH", 2)
    await caught_up(listener)
    assert listener.host.end() == []
    assert "a packet of 30000" in caplog.text


# --- brokers that do not want us ----------------------------------------------------------------


@needs_mosquitto
async def test_a_wrong_password_is_named_and_everything_waits(
    live: Any, mosquitto: Any, caplog: Any
) -> None:
    house = mosquitto("allow_anonymous false")
    await house.start()
    floor: Floor = await live({"broker": house.url, "user": "plant", "password": "wrong"})
    await floor.until(lambda: "Not authorized" in caplog.text)
    assert floor.out.depth >= 3
    assert floor.url == f"mqtt://plant@127.0.0.1:{house.port}"  # nobody sees the password


async def test_a_port_in_use_is_said_in_plain_words(live: Any) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    house = embedded.EmbeddedBroker("127.0.0.1", server.sockets[0].getsockname()[1], 1000)
    with pytest.raises(CouldNotStart, match="cannot listen on port"):
        await house.join()
    server.close()
    await server.wait_closed()


async def test_no_broker_at_all_is_waited_for(live: Any, caplog: Any) -> None:
    floor: Floor = await live({"broker": "mqtt://127.0.0.1:1"}, speed=20.0)
    await floor.until(lambda: floor.out.depth > 5)
    assert caplog.text.count("Connection refused") == 1  # said once, not at each try
    await floor.stage.settled(retries=False)  # a run at the speed max is not held up


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"broker": "http://x"}, "is no broker"),
        ({"broker": "mqtt://x/path"}, "is no broker"),
        ({"broker": "mqtt://x:99999"}, "is no broker"),
        ({"version": "5"}, "speaks MQTT 3.1.1"),
        ({"user": "x"}, "means nothing to the embedded broker"),
        ({"client_id": "{nobody}"}, "there are {plant}"),
        ({"topic": "a/#"}, "for those who listen"),
        ({"broker": "mqtts://x", "key": "k.pem"}, "a key without a certificate"),
        ({"broker": "mqtts://x", "ca": "missing.pem"}, "cannot be read"),
        ({"group": "a/b"}, "group"),
    ],
)
async def test_settings_that_cannot_work_are_refused(
    live: Any, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(Mistake) as caught:
        await live(given)
    assert named in str(caught.value)


# --- TLS ----------------------------------------------------------------------------------------


def certificates(folder: Path) -> dict[str, Path]:
    """A CA, a broker's certificate and a client's, as files."""
    now = dt.datetime.now(dt.UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Works CA")])
    found: dict[str, Path] = {}
    for name in ("ca", "broker", "client"):
        key = ca_key if name == "ca" else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = (
            x509.CertificateBuilder()
            .subject_name(ca_name if name == "ca" else subject)
            .issuer_name(ca_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), True)
        )
        if name == "broker":
            names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
            built = built.add_extension(names, False)
        certificate = built.sign(ca_key, hashes.SHA256())
        found[name] = folder / f"{name}.pem"
        found[name].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        found[f"{name}-key"] = folder / f"{name}-key.pem"
        found[f"{name}-key"].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )  # fmt: skip
        found[f"{name}-key"].chmod(0o644)  # mosquitto gives up its rights
    folder.chmod(0o755)
    return found


@needs_mosquitto
async def test_certificates_on_both_sides(
    live: Any, mosquitto: Any, tmp_path: Path, caplog: Any
) -> None:
    files = certificates(tmp_path)
    house = mosquitto(
        f"cafile {files['ca']}", f"certfile {files['broker']}", f"keyfile {files['broker-key']}",
        "require_certificate true", "user root",
    )  # fmt: skip
    await house.start()
    given = {
        "broker": f"mqtts://localhost:{house.port}", "ca": str(files["ca"]),
        "certificate": str(files["client"]), "key": str(files["client-key"]), "version": "5",
    }  # fmt: skip
    floor: Floor = await live(given, speed=20.0)
    await floor.until(lambda: floor.out.crossed > 5)
    await floor.stage.stop()
    stranger: Floor = await live({**given, "ca": str(files["client"])})
    await stranger.until(lambda: "certificate verify failed" in caplog.text)
    nobody: Floor = await live({k: v for k, v in given.items() if k not in ("certificate", "key")})
    await nobody.until(lambda: nobody.out.depth >= 3)
    assert nobody.out.crossed == 0
