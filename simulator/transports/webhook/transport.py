"""One plant's webhook endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.core.chance import Chance
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Contract, Side, Transport
from simulator.transports._delivery import Outlet
from simulator.transports._delivery.post import check_url
from simulator.transports.webhook.client import Client
from simulator.transports.webhook.settings import Settings


@dataclass
class _Post:
    settings: Settings
    link: Link
    outlet: Outlet | None = None
    url: str = ""


class WebhookTransport(Transport):
    """Delivers the outbound messages of one plant's webhook endpoints."""

    kind: ClassVar[str] = "webhook"
    summary: ClassVar[str] = "HTTP requests to the integration, with retries and signatures"
    directions: ClassVar[tuple[Direction, ...]] = ("out",)
    can: ClassVar[dict[Direction, frozenset[str]]] = {
        "out": frozenset(
            {"delay", "refuse", "reset", "hang", "close", "drop", "duplicate", "reorder",
             "truncate"}
        )
    }  # fmt: skip
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self._posts: dict[str, _Post] = {}

    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        if "${" not in settings.url:
            check_url(endpoint, settings.url)
        self._posts[endpoint] = _Post(settings, links["out"])

    async def start(self) -> None:
        """Begin to deliver. Raises Mistake where a ${NAME} is not known."""
        chance = Chance(0, self.side.plant)
        ready: list[tuple[_Post, str, dict[str, str], Settings]] = []
        for endpoint, post in self._posts.items():
            given, resolve = post.settings, self.side.resolve
            url = resolve(given.url)
            check_url(endpoint, url)
            headers = {name.lower(): resolve(value) for name, value in given.headers.items()}
            if given.secret is not None:
                given = given.model_copy(update={"secret": resolve(given.secret)})
            ready.append((post, url, headers, given))
        for post, url, headers, given in ready:
            if post.outlet is not None:
                continue
            client = Client(url, headers, given)
            stream = chance.stream("webhook", post.link.name)
            post.url = url
            post.outlet = Outlet(self.side, post.link, given, client, stream)
            post.link.watchers.append(post.outlet.changed)
            post.outlet.changed()

    async def stop(self) -> None:
        for post in self._posts.values():
            if post.outlet is not None:
                outlet, post.outlet = post.outlet, None
                post.link.watchers.remove(outlet.changed)
                await outlet.stop()

    def urls(self) -> dict[str, str]:
        """Endpoint name to where it delivers; empty until started."""
        return {name: post.url for name, post in self._posts.items() if post.url}

    async def settled(self, *, retries: bool = True) -> None:
        while True:
            outlets = [post.outlet for post in self._posts.values() if post.outlet]
            busy = [one for one in outlets if (one.busy if retries else one.moving)]
            if not busy:
                return
            for outlet in busy:
                await outlet.settled(retries=retries)
