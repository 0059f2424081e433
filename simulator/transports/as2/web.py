"""HTTP as a client: posts of messages and receipts, and certificates that are fetched."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from simulator.transports._delivery.post import retry_after

ANSWER_LIMIT = 1024 * 1024  # bytes of an answer that are read before the connection is given up


class Unavailable(Exception):
    """What was wanted could not be had: why, and which kind of failure it is for retries."""

    def __init__(self, what: str, failure: str = "connection") -> None:
        super().__init__(what)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def good(self) -> bool:
        """Is it a success?"""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the other side wants to be asked again; None if it does not."""
        return retry_after(self.headers.get("retry-after"))


class Web:
    """Persistent connections of one endpoint. Needs a running loop once it is used."""

    def __init__(self, timeout: float, connections: int, *, verify_tls: bool) -> None:
        self._timeout = timeout
        self._connections = connections
        self._verify = verify_tls
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post, and read the answer. Raises Unavailable."""
        return await self._ask("POST", url, ANSWER_LIMIT, headers, body)

    async def get(self, url: str, limit: int) -> Answer:
        """Get at most `limit` bytes. Raises Unavailable."""
        return await self._ask("GET", url, limit, {}, None)

    async def _ask(
        self, method: str, url: str, limit: int, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            client = self._client(url)
            async with (
                asyncio.timeout(self._timeout),
                client.stream(method, url, headers=headers, content=body) as answer,
            ):
                read = bytearray()
                async for part in answer.aiter_bytes():
                    read += part
                    if len(read) > limit:
                        raise Unavailable(f"the answer of {url} is longer than {limit} bytes")
                named = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, named, bytes(read))
        except (httpx.TimeoutException, TimeoutError):
            raise Unavailable(f"no answer from {url} in time", "timeout") from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise Unavailable(f"{url} cannot be asked: {error}", "request") from None
        except (httpx.HTTPError, OSError) as error:
            what = str(error) or "the connection broke"
            raise Unavailable(f"{url}: {what}") from None
        except ValueError as error:
            raise Unavailable(f"{url} cannot be asked: {error}", "request") from None

    def _client(self, url: str) -> httpx.AsyncClient:
        scheme = "https" if url.lower().startswith("https:") else "http"
        found = self._clients.get(scheme)
        if found is None:
            # loading the CA certificates takes tens of milliseconds: only where TLS is spoken
            plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if scheme == "http" else None
            found = self._clients[scheme] = httpx.AsyncClient(
                timeout=self._timeout,
                limits=httpx.Limits(
                    max_connections=self._connections,
                    max_keepalive_connections=self._connections,
                ),
                verify=self._verify if plain is None else plain,
                trust_env=False,
                headers={"user-agent": "stagefloor"},
            )
        return found

    async def close(self) -> None:
        """Close the connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()
