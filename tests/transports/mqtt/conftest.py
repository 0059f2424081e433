"""A live plant with one PLC behind a broker, a listener, and brokers that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import orjson
import pytest

from simulator.contracts.sparkplug.payload import Metric, Payload, write
from simulator.plant import load_plant
from simulator.stage.stage import Stage
from tests.transports.mqtt.host import Host

HERE = Path(__file__).parent
START = 1_772_427_600_000_000
ENDPOINT = "plc.mqtt"
STATE = "spBv1.0/STATE/SCADA"
SYSTEMS = """
systems:
  mes: {{}}
  plc:
    settings:
      plcs:
        CELL:
          machines: [MILL-1, MILL-2]
          scan: {scan}
          tags:
            Recipe: {{value: A7, access: write}}
            Level: {{signal: {{ramp: {{from: 0, to: 100, over: 1h}}}}}}
    endpoints:
      mqtt: {endpoint}
"""


def plant_file(
    folder: Path, endpoint: dict[str, Any], scan: str = "1s", beside: dict[str, Any] | None = None
) -> Path:
    """The plant of the systems' tests, with one PLC and one MQTT endpoint, or another beside it."""
    little = (HERE.parents[1] / "systems" / "plant.yaml").read_text()
    file = folder / "little.yaml"
    written = orjson.dumps(endpoint).decode()  # JSON is YAML
    text = little + SYSTEMS.format(endpoint=written, scan=scan)
    if beside is not None:
        text += f"      beside: {orjson.dumps(beside).decode()}\n"
    file.write_text(text)
    return file


class Listener:
    """A subscriber that keeps everything it hears, and a Sparkplug host behind it.

    As a primary host (`primary`) it says so at each connection, and has the broker say when it is
    gone.
    """

    def __init__(self, url: str, *, primary: bool = False) -> None:
        self._primary = primary
        self._connections = 0
        place = urlsplit(url)
        self.address = (place.hostname or "", place.port or 0)
        self.host = Host()
        self.got: list[tuple[str, bytes, bool]] = []
        self.client: Any = None
        self._changed = asyncio.Condition()
        self._connected = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                self._connections += 1
                gone = aiomqtt.Will(STATE, self._state(online=False), 1, retain=True)
                will = gone if self._primary else None
                async with aiomqtt.Client(*self.address, will=will) as self.client:
                    await self.client.subscribe([("#", 0)])
                    self._connected.set()
                    if self._primary:
                        await self.client.publish(STATE, self._state(online=True), 1, retain=True)
                    async for message in self.client.messages:
                        await self._hear(message)
            self._connected.clear()
            if self.client is not None and self.client._disconnected.done():
                self.client._disconnected.exception()  # else the loop complains that nobody asked
            await asyncio.sleep(0.01)

    def _state(self, *, online: bool) -> bytes:
        return orjson.dumps({"online": online, "timestamp": self._connections})

    async def _hear(self, message: aiomqtt.Message) -> None:
        topic, body = str(message.topic), bytes(message.payload)  # type: ignore[arg-type]
        async with self._changed:
            self.got.append((topic, body, bool(message.retain)))
            if topic.startswith("spBv1.0/") and topic.split("/")[2] in (
                "NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH"
            ):  # fmt: skip
                self.host.hear(topic, body, retain=bool(message.retain))
            self._changed.notify_all()

    async def connected(self) -> None:
        async with asyncio.timeout(20):
            await self._connected.wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once it holds."""
        try:
            async with asyncio.timeout(20), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"not seen; the last: {self.host.kinds[-9:]}") from None

    async def hears(self, kind: str, count: int = 1) -> None:
        """Return once so many messages of a kind (`DDATA MILL-1`) were heard."""
        await self.until(lambda: self.host.kinds.count(kind) >= count)

    async def say(self, topic: str, body: Any, **how: Any) -> None:
        await self.client.publish(topic, body, **how)

    async def ask(self, topic: str, *metrics: Metric, **how: Any) -> None:
        await self.say(topic, write(Payload(1, metrics=list(metrics))), **how)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Floor:
    """A live plant."""

    def __init__(self, stage: Stage, live: Any) -> None:
        self.stage = stage
        self._live = live

    @property
    def url(self) -> str:
        return str(self.stage.urls()[ENDPOINT]["url"])

    @property
    def out(self) -> Any:
        return self.stage.links[f"{ENDPOINT}.out"]

    async def listen(self, **how: Any) -> Listener:
        listener = Listener(self.url, **how)
        self._live.append(listener.stop)
        await listener.connected()
        return listener

    def do(self, name: str, **given: Any) -> Any:
        return self.stage.act({"do": f"plc.{name}", "with": given})

    def entries(self, **match: Any) -> list[dict[str, Any]]:
        found = self.stage.journal.entries()
        return [one for one in found if all(one.get(k) == v for k, v in match.items())]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)


Start = Callable[..., Awaitable[Floor]]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Start]:
    """Start plants with one MQTT endpoint, which has these settings."""
    stops: list[Any] = []

    async def start(
        endpoint: dict[str, Any] | None = None, *, speed: float = 1.0, scan: str = "1s",
        saved: bytes | None = None, journal: Any = None, beside: dict[str, Any] | None = None,
    ) -> Floor:  # fmt: skip
        given = {
            "transport": "mqtt", "contract": "sparkplug", "port": 0,
            "backoff": {"first": "10ms", "max": "50ms"}, **(endpoint or {}),
        }  # fmt: skip
        if "broker" in given:
            given.pop("port")
        model = load_plant(plant_file(tmp_path, given, scan, beside), tmp_path)
        stage = Stage.build(
            model, payloads=tmp_path, seed=7, start=START, speed=speed, saved=saved, journal=journal
        )
        stops.append(stage.stop)
        await stage.start()
        return Floor(stage, stops)

    yield start
    for stop in reversed(stops):
        await stop()


class Mosquitto:
    """A broker of its own process, on one port, that can be killed and started again."""

    def __init__(self, folder: Path, *lines: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            "\n".join(
                [
                    f"listener {self.port} 127.0.0.1", "allow_anonymous true",
                    "max_queued_messages 0", *lines, "",
                ]
            )
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: ASYNC220
            [_program(), "-c", str(self._file)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _program() -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return shutil.which("mosquitto", path=path) or ""


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    if not _program():
        pytest.skip("mosquitto is missing: .ci/install-servers")
    made: list[Mosquitto] = []

    def make(*lines: str) -> Mosquitto:
        made.append(Mosquitto(tmp_path, *lines))
        return made[-1]

    yield make
    for one in made:
        one.kill()
