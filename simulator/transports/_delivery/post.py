"""One attempt to post a message to a receiver's URL, and what came of it."""

from __future__ import annotations

import asyncio
import email.utils
import ssl
from datetime import UTC
from urllib.parse import urlsplit

import httpx

from simulator.core.durations import SECOND
from simulator.core.errors import Mistake
from simulator.core.link import Treatment
from simulator.core.message import Message
from simulator.core.timer import wall_clock
from simulator.transports._delivery.attempt import Attempt
from simulator.transports._delivery.settings import Posting

ANSWER_LIMIT = 1024 * 1024  # bytes of an answer that are read before the connection is given up


class Poster:
    """Persistent connections to one endpoint's receiver (`Client`). Needs a running loop.

    What is said of a message beside its body is each transport's own: `target` and `introduce`.
    """

    def __init__(self, url: str, headers: dict[str, str], settings: Posting) -> None:
        self.url = url
        self._headers = headers
        # loading the CA certificates takes tens of milliseconds: only where TLS is spoken
        plain = url.startswith("http://") and not (settings.proxy or "").startswith("https://")
        verify: ssl.SSLContext | bool = settings.verify_tls
        if plain:
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._timeout = settings.timeout / SECOND
        self._http = httpx.AsyncClient(
            timeout=self._timeout,  # of each step; the attempt as a whole is bounded too
            limits=httpx.Limits(
                max_connections=settings.concurrency,
                max_keepalive_connections=settings.concurrency,
            ),
            verify=verify,
            proxy=settings.proxy,
            trust_env=False,
            headers={"user-agent": "stagefloor"},
        )

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Deliver `body` (the message's, or what a fault left of it) once. Never raises."""
        request = message.request
        headers = {**request.headers, **self._headers, **self.introduce(message)}
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._http.stream(
                    request.method or "POST", self.target(message), headers=headers, content=body
                ) as answer,
            ):
                read = 0
                async for part in answer.aiter_raw():  # to its end: the connection is kept
                    read += len(part)
                    if read > ANSWER_LIMIT:
                        break
        except (httpx.TimeoutException, TimeoutError) as error:
            return Attempt("timeout", error=_said(error, "no answer in time"))
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            return Attempt("request", error=_said(error, "the message cannot be sent"))
        except (httpx.TransportError, OSError) as error:
            return Attempt("connection", error=_said(error, "the connection broke"))
        except (httpx.HTTPError, ValueError) as error:
            return Attempt("request", error=_said(error, "the message cannot be sent"))
        if answer.is_success:
            return Attempt(status=answer.status_code)
        return Attempt(
            str(answer.status_code),
            answer.status_code,
            f"answered {answer.status_code}",
            retry_after(answer.headers.get("retry-after")),
        )

    def target(self, message: Message) -> str:
        """The URL that a message is sent to."""
        return self.url

    def introduce(self, message: Message) -> dict[str, str]:
        """Headers that say which message it is."""
        return {}

    def identify(self, message: Message) -> None:
        """Give the message the identity that all its attempts and duplicates share."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _said(error: Exception, otherwise: str) -> str:
    return str(error) or otherwise


def retry_after(value: str | None) -> float | None:
    """Retry-After (RFC 9110 10.2.3): seconds, or a date. None where it says nothing sensible."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - wall_clock(), 0.0)


def identity(message: Message, name: str) -> str:
    """The message's identity for its receiver: the same for every attempt and every duplicate.

    It is made at the first attempt and kept with the message under `name`. It carries the wall
    time, so that a receiver that remembers identities over several runs does not take a new message
    for an old one.
    """
    made: str = message.extra.setdefault(
        name, f"msg_{int(wall_clock() * 1_000_000):x}_{message.seq}"
    )
    return made


def check_url(endpoint: str, url: str) -> None:
    """Raise Mistake where messages cannot be posted to a URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Mistake(
            f"{endpoint}: {url!r} is no URL to deliver to", cure="like http://erp:8000/mes/events"
        )
