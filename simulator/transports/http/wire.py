"""One request in flight, and the ways its connection can end.

`Wire` is the one place that answers a request to a system endpoint, in one write, or ends its
connection as faults want it: reset, closed without an answer, cut in the middle of a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from simulator.core.message import Reply, Request

if TYPE_CHECKING:
    from simulator.transports.http.protocol import PlantProtocol

_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_UNSAFE = str.maketrans("", "", "\r\n\0")
_KINDS: dict[str, bytes] = {}  # content types as header lines; there are few


def _line(name: str, value: str) -> bytes:
    if name == "content-type" and value in _KINDS:
        return _KINDS[value]
    line = f"{name}: {value}".translate(_UNSAFE).encode("latin-1", "replace") + b"\r\n"
    if name == "content-type" and len(_KINDS) < 100:
        _KINDS[value] = line
    return line


class Door(Protocol):
    """What stands behind a path prefix."""

    body_limit: int

    def serve(self, wire: Wire, request: Request) -> Coroutine[Any, Any, None] | None:
        """Answer at once, or return what has still to be waited for."""

    def too_large(self, wire: Wire, request: Request) -> None:
        """Answer a request whose body is beyond the limit; it was not read."""


class Wire:
    """One request in flight on a connection. It looks like a uvicorn cycle to its protocol."""

    __slots__ = (
        "arrived", "body", "complete", "disconnected", "door", "expects", "keep_alive",
        "message_event", "over", "protocol", "queued", "request", "response_complete",
    )  # fmt: skip
    request: Request

    def __init__(self, protocol: PlantProtocol, door: Door) -> None:
        self.protocol = protocol
        self.door = door
        self.arrived = 0.0  # monotonic seconds at which its last byte was there
        self.over = False  # its body is beyond the limit
        self.body: bytes | bytearray = b""
        self.complete = False  # the request has been read to its end
        self.queued = False  # behind another one on the same connection
        self.expects = False  # waits for `100 Continue`
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False
        self.message_event = asyncio.Event()  # set once the client is gone

    async def gone(self) -> None:
        """Return once the client has closed the connection, or the server stops."""
        await self.message_event.wait()

    def send(self, reply: Reply, *, keep: int | None = None) -> None:
        """Write the reply; with `keep`, only so many bytes of its body, and close.

        Does nothing where the client is gone.
        """
        if self.response_complete or self.disconnected:
            self._finish()
            return
        parts, body = self._parts(reply, keep)
        parts.append(body)
        self.protocol.transport.write(b"".join(parts))
        self.end()

    def begin(self, reply: Reply, *, keep: int | None = None) -> bytes:
        """Write the head of a reply. Its body is to follow, by `more` and then `end`."""
        parts, body = self._parts(reply, keep)
        self.protocol.transport.write(b"".join(parts))
        return body

    def more(self, part: bytes | memoryview) -> None:
        """Write the next part of a reply's body; nothing where the client is gone."""
        if not self.disconnected:
            self.protocol.transport.write(part)

    def end(self) -> None:
        """The reply is written."""
        self._finish()
        if not self.keep_alive:
            self.protocol.transport.close()

    def _parts(self, reply: Reply, keep: int | None) -> tuple[list[bytes], bytes]:
        """A reply's head in parts, and its body as far as it goes over the wire."""
        body, status = reply.body, reply.status
        parts = [_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        parts.append(self.protocol.plants.date)
        for name, value in reply.headers.items():
            if name != "content-length":
                parts.append(_line(name, value))
        if status >= 200 and status != 204:
            parts.append(b"content-length: %d\r\n" % len(body))
        if keep is not None:
            self.keep_alive = False
            body = body[:keep]
        elif not self.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        without = self.request.method == "HEAD" or status == 304
        return parts, b"" if without else body

    def send_early(self, reply: Reply) -> None:
        """Answer before the body was read, close, and let go of what of it still comes.

        Closing at once would reset the connection and could take the answer with it.
        """
        reply.headers["connection"] = "close"
        self.keep_alive = True
        self.protocol.discard()
        self.send(reply)
        if self.protocol.transport.can_write_eof() and not self.disconnected:
            self.protocol.transport.write_eof()

    def close(self) -> None:
        """Close the connection in good order, with no answer."""
        self._finish()
        self.protocol.transport.close()

    def reset(self) -> None:
        """Reset the connection (RST)."""
        self._finish()
        self.protocol.reset()

    def _finish(self) -> None:
        if not self.response_complete:
            self.response_complete = True
            self.protocol.on_response_complete()
