"""Who is told: sessions with their Publish requests, and the subscriptions of one server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from asyncua import ua

from simulator.core.timer import monotonic
from simulator.transports.opcua.settings import Limits
from simulator.transports.opcua.subscription import Subscription, Times

PUBLISH_RESPONSE = 829
Codes = ua.StatusCodes


class Line(Protocol):
    """A connection, as far as publishing has to do with it."""

    @property
    def clear(self) -> bool:
        """Does the client read what it is sent?"""

    def respond(self, request: int, handle: int, kind: int, body: bytes, status: int = 0) -> None:
        """Answer a request."""


@dataclass(slots=True)
class Ask:
    """A Publish request that waits for something to tell."""

    line: Line
    request: int
    handle: int
    results: list[int]
    until: float | None  # monotonic seconds, after which nobody waits for it any more


@dataclass(eq=False)
class Client:
    """One session, as far as publishing has to do with it."""

    most_asks: int
    user: str | None = None  # who may take its subscriptions over
    asks: deque[Ask] = field(default_factory=deque)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    farewells: deque[tuple[Subscription, bytes]] = field(default_factory=deque)

    def ask(self, ask: Ask) -> None:
        """A Publish request came; the oldest of too many is answered with an error."""
        self.asks.append(ask)
        for one in self.subscriptions.values():
            one.heard()
        if len(self.asks) > self.most_asks:
            self._fault(self.asks.popleft(), Codes.BadTooManyPublishRequests)
        self.publish()

    def publish(self) -> None:
        """Tell what is due, as long as Publish requests are there."""
        while self.farewells and (ask := self._next()):
            gone, message = self.farewells.popleft()
            body = gone.response(message, more=False, results=ask.results)
            ask.line.respond(ask.request, ask.handle, PUBLISH_RESPONSE, body)
        late = [one for one in self.subscriptions.values() if one.late]
        if len(late) > 1:
            late.sort(key=lambda one: -one.priority)
        for one in late:
            more = True
            while more and (ask := self._next()):
                message, more = one.message()
                body = one.response(message, more=more, results=ask.results)
                ask.line.respond(ask.request, ask.handle, PUBLISH_RESPONSE, body)
                one.late = more

    def unsubscribed(self) -> None:
        """The last subscription is gone: nothing will ever answer what waits."""
        if self.subscriptions or self.farewells:
            return
        while self.asks:
            self._fault(self.asks.popleft(), Codes.BadNoSubscription)

    def lost(self, line: Line) -> None:
        """A connection ended: what was asked over it is forgotten."""
        self.asks = deque(one for one in self.asks if one.line is not line)

    def _next(self) -> Ask | None:
        while self.asks:
            if not self.asks[0].line.clear:
                return None
            ask = self.asks.popleft()
            if ask.until is None or monotonic() <= ask.until:
                return ask
            self._fault(ask, Codes.BadTimeout)
        return None

    def _fault(self, ask: Ask, status: int) -> None:
        ask.line.respond(ask.request, ask.handle, ua.ObjectIds.ServiceFault_Encoding_DefaultBinary,
                         b"", status)  # fmt: skip


class Subscriptions:
    """Every subscription of one server."""

    def __init__(self, limits: Limits, times: Times) -> None:
        self.limits = limits
        self._times = times
        self._all: dict[int, Subscription] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._number = 0
        self.watched = 0  # monitored items of all subscriptions

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(list(self._all.values()))

    def get(self, number: int) -> Subscription | None:
        """A subscription by its id."""
        return self._all.get(number)

    def of(self, client: Client, number: int) -> Subscription | None:
        """A subscription of this client by its id."""
        found = self._all.get(number)
        return found if found is not None and found.client is client else None

    def create(self, client: Client, asked: Any) -> Subscription:
        """A new subscription; what was asked is revised to what the limits allow."""
        self._number += 1
        one = Subscription(self._number, client, self._times)
        one.enabled = bool(asked.PublishingEnabled)
        self.revise(one, asked)
        self._all[one.id] = client.subscriptions[one.id] = one
        self._tasks[one.id] = asyncio.get_running_loop().create_task(self._run(one))
        return one

    def revise(self, one: Subscription, asked: Any) -> None:
        """Take over what a client asks of a subscription, as far as the limits allow."""
        interval = float(asked.RequestedPublishingInterval or 0)
        if not interval >= self.limits.publishing / 1000:
            interval = self.limits.publishing / 1000
        one.interval = min(interval, 3_600_000.0) / 1000
        one.keep_alive = min(max(asked.RequestedMaxKeepAliveCount, 1), 5_000)
        one.lifetime = min(max(asked.RequestedLifetimeCount, 3 * one.keep_alive), 15_000)
        one.most = min(asked.MaxNotificationsPerPublish or 10_000, 10_000)
        one.priority = asked.Priority
        one.heard()
        one.revised.ring()

    def delete(self, number: int) -> None:
        """End a subscription at once."""
        one = self._all.pop(number)
        one.over = True
        self.watched -= len(one.items)
        for item in one.items.values():
            item.end()
        one.items.clear()
        one.ready.clear()
        one.events.clear()
        one.client.subscriptions.pop(number, None)
        task = self._tasks.pop(number)
        if task is not asyncio.current_task():
            task.cancel()

    def lose(self, number: int, status: int) -> None:
        """End a subscription, and say so to whoever asks next."""
        one = self._all[number]
        client = one.client
        message = one.farewell(status)
        self.delete(number)
        client.farewells.append((one, message))
        client.publish()

    def transfer(self, number: int, client: Client) -> list[int]:
        """Give a subscription to another session; what can be sent once more."""
        one = self._all[number]
        before = one.client
        if before is not client:
            message = one.farewell(Codes.GoodSubscriptionTransferred)
            before.subscriptions.pop(number, None)
            before.farewells.append((one, message))
            before.publish()
            one.client = client
            client.subscriptions[number] = one
        one.heard()
        return list(one.kept)

    async def _run(self, one: Subscription) -> None:
        due = monotonic()
        while not one.over:
            now = monotonic()
            due = max(due + one.interval, now)  # cycles that were missed are not made up for
            if await one.revised.until(due):
                due = monotonic()  # another interval: it begins now
            elif not one.cycle(monotonic()):
                self.lose(one.id, Codes.BadTimeout)
                return

    async def stop(self) -> None:
        """End every subscription without a word."""
        tasks = list(self._tasks.values())
        for number in list(self._all):
            self.delete(number)
        await asyncio.gather(*tasks, return_exceptions=True)
