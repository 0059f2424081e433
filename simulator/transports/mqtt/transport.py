"""One plant's MQTT endpoints."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.core.errors import CouldNotStart, Mistake
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Side, Transport
from simulator.transports.mqtt.post import Post
from simulator.transports.mqtt.settings import Settings


class MqttTransport(Transport):
    """Clients of a broker: what the plant says by itself, and commands to it."""

    kind: ClassVar[str] = "mqtt"
    summary: ClassVar[str] = "messages through an MQTT broker, embedded or any other"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "in": frozenset({"delay", "reset", "close", "drop", "duplicate"}),
        "out": frozenset(
            {"delay", "refuse", "reset", "close", "drop", "duplicate", "reorder", "truncate",
             "document", "session"}
        ),
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._posts: dict[str, Post] = {}
        self._started: list[Post] = []

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        self._posts[endpoint] = Post(endpoint, self.side, settings, contract, links)

    async def start(self) -> None:
        """Find the brokers, and begin to speak. Raises CouldNotStart, or Mistake."""
        if self._started:
            return
        try:
            for post in self._posts.values():
                self._started.append(post)
                await post.start()
        except (CouldNotStart, Mistake):
            await self.stop()
            raise

    async def stop(self) -> None:
        posts, self._started = self._started, []
        for post in posts:
            await post.stop()

    def urls(self) -> dict[str, str]:
        """Endpoint name to its broker's URL; empty until started."""
        return {
            name: post.address.url for name, post in self._posts.items() if post.address is not None
        }

    async def settled(self, *, retries: bool = True) -> None:
        while True:
            lines = [line for post in self._started for line in post.lines.values()]
            busy = [one for one in lines if (one.busy if retries else one.moving)]
            if not busy:
                return
            for line in busy:
                await line.settled(retries=retries)
