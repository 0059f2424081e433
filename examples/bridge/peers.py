"""A peer across HTTP, and when to leave it alone.

Every call to a peer goes through `Peer.request`. One failure earns a short pause, two in a row open
the circuit: from then on single probes, never closer together than `Pace.floor`, until one gets
through. Pauses grow exponentially with full jitter, and a Retry-After is honoured.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

log = logging.getLogger("bridge")

# Answers that say "not now": a credential may be renewed, a limit refilled, a server mended.
NOT_NOW = frozenset({401, 403, 408, 425, 429})


@dataclass(frozen=True)
class Pace:
    """How patiently a failing peer is tried again, in seconds."""

    base: float = 0.5  # the first pause is up to twice this; each further failure doubles it
    cap: float = 4.0
    floor: float = 1.2  # between probes of a peer that is down
    longest_retry_after: float = 300.0

    def pause(self, failures: int) -> float:
        return random.uniform(0, min(self.cap, self.base * 2.0 ** min(failures, 16)))


class Unavailable(Exception):
    """The peer could not, or would not, take the request now; sending it again later is right."""

    def __init__(self, text: str, *, this_one: bool = False) -> None:
        super().__init__(text)
        self.this_one = this_one  # the fault may lie in this message: let others go first


@dataclass(frozen=True)
class Answer:
    """What a peer that is up said: JSON and a status that retrying would not change."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < 300


class Taker(Protocol):
    """Whoever takes messages out of the outbox."""

    name: str
    failures: int

    async def post(self, path: str, body: str, idempotency_key: str | None) -> Answer:
        """Deliver one message of the outbox. Raises Unavailable."""


class Peer:
    """One system that the bridge talks to."""

    def __init__(
        self, name: str, url: str, client: httpx.AsyncClient, pace: Pace, at_once: int = 2
    ) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self.failures = 0
        self.recovered: list[Callable[[], None]] = []
        self._client = client
        self._pace = pace
        self._slots = asyncio.Semaphore(at_once)
        self._knocked = asyncio.Event()
        self._probe = asyncio.Lock()
        self._closed_until = 0.0

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: str | bytes | None = None,
        content_type: str = "application/json",
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the peer, once its circuit allows. Raises Unavailable."""
        headers = {"accept": "application/json", **(headers or {})}
        if content is not None:
            headers["content-type"] = content_type
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        request = self._client.build_request(
            method, self.url + path, params=params, content=content, headers=headers
        )
        async with self._slots:
            if not self.failures:
                return await self._send(request)
            async with self._probe:
                # Another call's failure may prolong the pause meanwhile, a knock end it.
                while (left := self._closed_until - time.monotonic()) > 0:
                    self._knocked.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._knocked.wait(), left)
                return await self._send(request)

    def knock(self) -> None:
        """Forget its failures: somebody knows that it is worth trying now."""
        self.failures, self._closed_until = 0, 0.0
        self._knocked.set()

    async def post(self, path: str, body: str, idempotency_key: str | None) -> Answer:
        """Deliver one message of the outbox. Raises Unavailable."""
        return await self.request("POST", path, content=body, idempotency_key=idempotency_key)

    async def _send(self, request: httpx.Request) -> Answer:
        try:
            response = await self._client.send(request)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._failed(f"{type(error).__name__}: {error}") from None
        status = response.status_code
        if status in NOT_NOW or status >= 500 or 300 <= status < 400:
            raise self._failed(f"answered {status}", _retry_after(response), this_one=status == 500)
        return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        """What an answer says that is neither a server's error nor `not now`."""
        status = response.status_code
        try:
            body = response.json() if response.content else None
        except ValueError:
            if status < 300:  # a maintenance page, or bytes that broke on the way
                raise self._failed(f"answered {status}, and not in JSON") from None
            body = response.text[:500]
        self._succeeded()
        return Answer(status, body)

    def _failed(
        self, text: str, retry_after: float = 0.0, *, this_one: bool = False
    ) -> Unavailable:
        self.failures += 1
        pause = self._pace.pause(self.failures)
        if self.failures > 1:
            pause += self._pace.floor
        pause = max(pause, min(retry_after, self._pace.longest_retry_after))
        self._closed_until = max(self._closed_until, time.monotonic() + pause)
        log.info("%s %s (failure %d): pausing %.1f s", self.name, text, self.failures, pause)
        return Unavailable(f"{self.name} {text}", this_one=this_one)

    def _succeeded(self) -> None:
        if not self.failures:
            return
        log.info("%s is back after %d failures", self.name, self.failures)
        self.failures = 0
        self._closed_until = 0.0
        for tell in self.recovered:
            tell()


def _retry_after(response: httpx.Response) -> float:
    """Seconds, from a Retry-After of either kind; 0 where there is none."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
