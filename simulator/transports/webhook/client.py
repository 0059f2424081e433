"""One attempt to deliver a message by HTTP, and what came of it."""

from __future__ import annotations

import asyncio
import email.utils
import ssl
from datetime import UTC

import httpx

from simulator.core.durations import SECOND
from simulator.core.link import Treatment
from simulator.core.message import Message
from simulator.core.timer import wall_clock
from simulator.transports._delivery import Attempt
from simulator.transports.webhook import signing
from simulator.transports.webhook.settings import Settings

ANSWER_LIMIT = 1024 * 1024  # bytes of an answer that are read before the connection is given up


class Client:
    """Persistent connections to one endpoint's receiver. Needs a running loop."""

    def __init__(self, url: str, headers: dict[str, str], settings: Settings) -> None:
        self.url = url
        self._headers = headers
        self._secret = settings.secret
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
        url = self.url
        if request.path not in ("", "/"):
            url = url.rstrip("/") + "/" + request.path.lstrip("/")
        if request.query:
            url += ("&" if "?" in url else "?") + request.query
        headers = {
            **request.headers,
            **self._headers,
            **signing.headers(message, request.body, self._secret),
        }
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._http.stream(
                    request.method or "POST", url, headers=headers, content=body
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
            _asked(answer.headers.get("retry-after")),
        )

    def identify(self, message: Message) -> None:
        """Make the message's webhook-id."""
        signing.identity(message)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _said(error: Exception, otherwise: str) -> str:
    return str(error) or otherwise


def _asked(value: str | None) -> float | None:
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
