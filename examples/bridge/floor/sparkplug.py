"""MQTT with Sparkplug B: listens to edge nodes and their devices, as a host application does.

A node says in its birth how everything stands, and then only what changes. Who has not heard the
birth, or misses a number, asks for another one. What a node stored while the broker was away comes
after its birth, marked as historical: it is taken first, so that each unit finds its order.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiomqtt

from examples.bridge.floor.counting import Counting
from examples.bridge.floor.readings import COUNTERS, ORDER, SINCE_RESET, TAGS, Reading
from simulator.contracts.sparkplug.payload import Metric, Payload, read, write
from simulator.core.errors import Refusal

log = logging.getLogger("bridge")

ROOT = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
BAD = 0
TOGETHER = 0.05  # seconds in which what comes is taken over together
PATIENCE = 0.5  # seconds that a birth's counters wait for what was stored before it
NUMBERS = 256


@dataclass
class _Node:
    """An edge node, as far as it was heard."""

    seq: int
    names: dict[tuple[str, int], str] = field(default_factory=dict)  # (device, alias) -> metric
    types: dict[str, dict[str | int, str]] = field(default_factory=dict)  # by device
    ranges: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    good: dict[tuple[str, str], bool] = field(default_factory=dict)  # a quality lasts
    asked: bool = False  # for a rebirth


class SparkplugLine:
    """A line of machines behind an MQTT broker."""

    wire = "mqtt"
    breaks: tuple[type[Exception], ...] = (OSError, TimeoutError, aiomqtt.MqttError)

    def __init__(self, url: str, counting: Counting) -> None:
        self._url = urlsplit(url)
        self._counting = counting
        self._nodes: dict[str, _Node] = {}
        self._heard: list[Reading] = []
        self._waiting: list[tuple[float, Reading]] = []  # until when, by the loop's clock

    async def listen(self, connected: asyncio.Event) -> None:
        """Listen until the connection breaks, or forever. `connected` is set once it does."""
        self._nodes.clear()
        self._heard.clear()
        self._waiting.clear()
        where = self._url
        async with aiomqtt.Client(
            where.hostname or "", where.port or 1883, username=where.username,
            password=where.password, timeout=5,
        ) as client:  # fmt: skip
            await client.subscribe(f"{ROOT}/#")
            connected.set()
            async with asyncio.TaskGroup() as group:
                books = group.create_task(self._books())
                async for message in client.messages:
                    await self._hear(client, str(message.topic), bytes(message.payload or b""))
                books.cancel()

    async def _books(self) -> None:
        """Take over what was heard, and what has waited long enough."""
        while True:
            await asyncio.sleep(TOGETHER)
            now = asyncio.get_running_loop().time()
            self._heard += (one for until, one in self._waiting if until <= now)
            self._waiting = [each for each in self._waiting if each[0] > now]
            self._book()

    def _book(self) -> None:
        if self._heard:
            heard, self._heard = self._heard, []
            self._counting.take(heard, complete=not self._waiting)

    async def _hear(self, client: aiomqtt.Client, topic: str, body: bytes) -> None:
        parts = topic.split("/")
        if len(parts) not in (4, 5) or parts[2] not in ("NBIRTH", "DBIRTH", "NDATA", "DDATA"):
            return
        _, group, kind, name, device = (*parts, "")[:5]
        node = self._nodes.get(name)
        try:
            said = read(body, node.types.get(device) if node is not None else None)
        except Refusal as error:
            log.warning("%s: %s", topic, error)
            return
        if kind == "NBIRTH":
            node = self._nodes[name] = _Node(seq=0)
        elif node is None or not self._follows(node, said):
            node = self._nodes.setdefault(name, _Node(seq=-1))
            if not node.asked:
                node.asked = True
                log.info("%s: its birth was missed; it is asked for another one", name)
                asked = Payload(metrics=[Metric(REBIRTH, True, "Boolean")])
                await client.publish(f"{ROOT}/{group}/NCMD/{name}", write(asked), qos=1)
            return
        if kind.endswith("BIRTH"):
            self._born(node, name, device, said)
        else:
            self._said(node, name, device, said)

    @staticmethod
    def _follows(node: _Node, said: Payload) -> bool:
        """Is it the message after the last one?"""
        if node.seq < 0 or said.seq != (node.seq + 1) % NUMBERS:
            return False
        node.seq = said.seq
        return True

    def _born(self, node: _Node, name: str, device: str, said: Payload) -> None:
        for metric in said.metrics:
            if metric.alias is not None:
                node.names[device, metric.alias] = metric.name
                node.types.setdefault(device, {})[metric.alias] = metric.type
            low, high = metric.properties.get("engLow"), metric.properties.get("engHigh")
            if low is not None and high is not None:
                node.ranges[device, metric.name] = (low, high)
            node.good[device, metric.name] = metric.quality != BAD
        found = self._readings(node, name, device, said)
        self._book()
        self._counting.resume({one.machine: one.at for one in found if one.tag == SINCE_RESET})
        self._heard += (one for one in found if one.tag not in (*COUNTERS, ORDER))
        late = [one for one in found if one.tag in (*COUNTERS, ORDER)]
        if "backfill" in self._counting.flaws:
            self._heard += late
            self._book()
        else:
            until = asyncio.get_running_loop().time() + PATIENCE
            self._waiting += ((until, one) for one in late)

    def _said(self, node: _Node, name: str, device: str, said: Payload) -> None:
        for metric in said.metrics:
            if not metric.name and metric.alias is not None:
                metric.name = node.names.get((device, metric.alias), "")
            if metric.quality is not None:
                node.good[device, metric.name] = metric.quality != BAD
        found = self._readings(node, name, device, said)
        if any(one.live and one.tag in COUNTERS for one in found):  # nothing older is to come
            self._heard += (one for _, one in self._waiting if one.machine == device)
            self._waiting = [each for each in self._waiting if each[1].machine != device]
        self._heard += found

    def _readings(self, node: _Node, name: str, device: str, said: Payload) -> list[Reading]:
        found = []
        for one in said.metrics:
            at = one.at if one.at is not None else said.at
            if device and one.name in TAGS and at is not None:
                low, high = node.ranges.get((device, one.name), (None, None))
                good = node.good.get((device, one.name), True)
                found.append(
                    Reading(
                        name, device, one.name, one.value, "Good" if good else "Bad", at * 1000,
                        not one.historical, low, high,
                    )
                )  # fmt: skip
        return found
