"""One connection: frames from the socket, a secure channel, and answers.

What is no OPC UA is answered with an error that says so, and the connection is closed: nothing is
buffered beyond what the limits allow, and a client that does not read is not written to for ever.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from asyncua import ua
from asyncua.common.connection import TransportLimits
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import header_from_binary, struct_from_binary

from simulator.transports.opcua.fault import Hangup, ServiceFault, Unanswered
from simulator.transports.opcua.private import new_channel
from simulator.transports.opcua.wire import (
    Malformed,
    Reader,
    RequestHead,
    binary,
    response_head,
    text,
    u32,
)

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer

log = logging.getLogger("stagefloor.opcua")

CHUNK = 65_535  # bytes of one chunk, either way
LEAST_CHUNK = 8_192  # part 6, 7.1.2.3
UNREAD = 8 * 1024 * 1024  # bytes that may wait for a client to read them
PAUSED = 16  # requests that wait before the socket is read no further
PATIENCE = 20.0  # wall seconds from a connection to its session
_KINDS = (b"HEL", b"OPN", b"MSG", b"CLO")
_HEAD = struct.Struct("<3scI")
_SERVICE_FAULT = ua.ObjectIds.ServiceFault_Encoding_DefaultBinary
_NO_LINGER = struct.pack("ii", 1, 0)
Codes = ua.StatusCodes


class Channel(asyncio.Protocol):
    """A client's connection."""

    def __init__(self, server: OpcuaServer) -> None:
        self.server = server
        self.identity = server.identity  # a fault may show this connection another certificate
        self.peer = ""
        self.local: tuple[str, int] = ("", 0)
        self.transport: asyncio.Transport | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self._limits = TransportLimits(
            max_recv_buffer=CHUNK, max_send_buffer=CHUNK,
            max_chunk_count=-(-server.settings.limits.message // LEAST_CHUNK),
            max_message_size=server.settings.limits.message,
        )  # fmt: skip
        self._secure = new_channel(self.identity.factories, self._limits)
        self._limits = self._secure._limits
        self._buffer = bytearray()
        self._frames: deque[bytes] = deque()
        self._greeted = False
        self._working: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    # --- the socket ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        peer = transport.get_extra_info("peername") or ("", 0)
        self.peer = f"{peer[0]}:{peer[1]}"
        self.local = (transport.get_extra_info("sockname") or ("", 0))[:2]
        if len(self.server.channels) >= self.server.settings.limits.connections:
            self._error(Codes.BadTcpNotEnoughResources, "too many connections")
            transport.close()
            return
        self.server.channels.add(self)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(PATIENCE, self._impatient)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.channels.discard(self)
        if self._patience is not None:
            self._patience.cancel()
        if self._working is not None:
            self._working.cancel()
        for task in self.tasks:
            task.cancel()
        self._frames.clear()
        self.server.sessions.lost(self)

    def _impatient(self) -> None:
        if not self.server.sessions.over(self):
            log.info("%s: no session within %.0f s", self.peer, PATIENCE)
            self.hang_up(Codes.BadTimeout, "no session was opened in time")

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 8:
            kind, chunk, size = _HEAD.unpack_from(buffer)
            if kind not in _KINDS or chunk not in (b"F", b"C", b"A"):
                what = f"no message of OPC UA begins with {bytes(buffer[:4])!r}"
                self.hang_up(Codes.BadTcpMessageTypeInvalid, what)
                return
            if not 8 < size <= CHUNK:
                what = f"a chunk of {size} bytes; {CHUNK} at the most"
                self.hang_up(Codes.BadTcpMessageTooLarge, what)
                return
            if len(buffer) < size:
                return
            self._frames.append(bytes(buffer[:size]))
            del buffer[:size]
        if self._frames and (self._working is None or self._working.done()):
            self._working = asyncio.get_running_loop().create_task(self._work())
        if len(self._frames) > PAUSED and self.transport is not None:
            self.transport.pause_reading()

    async def _work(self) -> None:
        """Serve what has come, one after another."""
        while self._frames:
            frame = self._frames.popleft()
            if len(self._frames) == PAUSED // 2 and self.transport is not None:
                self.transport.resume_reading()
            try:
                await self._serve(frame)
            except Unanswered:
                continue
            except Hangup as hangup:
                self.hang_up(hangup.status, str(hangup))
                return
            except ServiceFault as fault:
                self.hang_up(fault.status, str(fault))
                return
            except ua.uaerrors.UaStatusCodeError as error:
                self.hang_up(error.code, str(error))
                return
            except Exception as error:  # noqa: BLE001 - a client's bytes must not end the server
                log.info("%s: %s: %s", self.peer, type(error).__name__, error)
                self.hang_up(Codes.BadSecurityChecksFailed, "the message cannot be read")
                return

    def hang_up(self, status: int, reason: str) -> None:
        """Say what is wrong, and close the connection."""
        self._error(status, reason)
        self._frames.clear()
        self._buffer.clear()
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        """End the connection at once, with a TCP reset."""
        if self.transport is not None:
            sock = self.transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.transport.abort()

    def close(self) -> None:
        """End the connection in good order."""
        if self.transport is not None:
            self.transport.close()

    def _error(self, status: int, reason: str) -> None:
        if self.transport is not None and not self.transport.is_closing():
            body = u32(status) + text(reason)
            self.transport.write(b"ERRF" + u32(8 + len(body)) + body)

    # --- messages -----------------------------------------------------------------------------

    async def _serve(self, frame: bytes) -> None:
        header = header_from_binary(Buffer(frame))
        body = Buffer(frame, len(frame) - header.body_size)
        if frame[:3] == b"HEL":
            self._hello(body)
            return
        if not self._greeted:
            raise Hangup(Codes.BadTcpMessageTypeInvalid, "a connection begins with Hello")
        if frame[:3] == b"OPN":
            await self.server.welcome(self)
        elif not self._secure.is_open():
            raise Hangup(Codes.BadTcpSecureChannelUnknown, "no secure channel was opened")
        message = self._secure.receive_from_header_and_body(header, body)
        if frame[:3] == b"CLO":
            self.close()
            return
        if message is None:
            return  # a part of one
        sequence = message.SequenceHeader()
        if frame[:3] == b"OPN":
            self._open(message.SecurityHeader(), sequence, message.body())
            return
        await self._answer(bytes(message.body()), sequence.RequestId)

    def _hello(self, body: Buffer) -> None:
        if self._greeted:
            raise Hangup(Codes.BadTcpMessageTypeInvalid, "Hello is said once")
        hello = struct_from_binary(ua.Hello, body)
        if min(hello.ReceiveBufferSize, hello.SendBufferSize) < LEAST_CHUNK:
            what = f"buffers have {LEAST_CHUNK} bytes at the least"
            raise Hangup(Codes.BadConnectionRejected, what)
        self._greeted = True
        answer = binary(self._limits.create_acknowledge_and_set_limits(hello))
        self._write(b"ACKF" + u32(8 + len(answer)) + answer)

    def reopen(self) -> None:
        """Take over another identity before the secure channel is open."""
        self._secure.set_policy_factories(self.identity.factories)

    def _open(
        self, security: ua.AsymmetricAlgorithmHeader, sequence: ua.SequenceHeader, body: Buffer
    ) -> None:
        request = struct_from_binary(ua.OpenSecureChannelRequest, body)
        asked = request.Parameters
        if not self._secure.is_open():
            sender = security.SenderCertificate
            try:
                self._secure.select_policy(security.SecurityPolicyURI, sender, asked.SecurityMode)
            except ua.UaError as error:
                raise Hangup(Codes.BadSecurityPolicyRejected, str(error)) from None
            if sender:
                self.server.trust.check(sender)
        asked.RequestedLifetime = min(max(asked.RequestedLifetime, 10_000), 3_600_000)
        response = ua.OpenSecureChannelResponse()
        response.ResponseHeader.RequestHandle = request.RequestHeader.RequestHandle
        response.Parameters = self._secure.open(asked, self.server)
        self._write(
            self._secure.message_to_binary(
                binary(response), message_type=ua.MessageType.SecureOpen,
                request_id=sequence.RequestId,
            )
        )  # fmt: skip

    async def _answer(self, body: bytes, request: int) -> None:
        reader = Reader(body)
        handle = [0]

        async def do() -> tuple[int, bytes] | None:
            kind = reader.node()
            head = RequestHead(reader)
            handle[0] = head.number
            number = kind.Identifier if kind.NamespaceIndex == 0 else 0
            return await self.server.serve(self, number, head, reader, request)

        await self.answer(request, handle, do())

    async def answer(
        self, request: int, handle: list[int], work: Coroutine[Any, Any, tuple[int, bytes] | None]
    ) -> None:
        """Answer a request with what comes of it; not at all where that is None."""
        try:
            done = await work
        except ServiceFault as fault:
            self.respond(request, handle[0], _SERVICE_FAULT, b"", fault.status)
        except (Malformed, RecursionError) as error:
            log.info("%s: a request cannot be read: %s", self.peer, error)
            self.respond(request, handle[0], _SERVICE_FAULT, b"", Codes.BadDecodingError)
        except Hangup as hangup:
            self.hang_up(hangup.status, str(hangup))
        except Unanswered:
            return
        except Exception:
            log.exception("%s: a request failed in the stand-in itself", self.peer)
            self.respond(request, handle[0], _SERVICE_FAULT, b"", Codes.BadInternalError)
        else:
            if done is not None:
                self.respond(request, handle[0], *done)

    def respond(self, request: int, handle: int, kind: int, body: bytes, status: int = 0) -> None:
        """Answer a request."""
        if self.transport is None or self.transport.is_closing():
            return
        data = response_head(kind, handle, status, self.server.ticks()) + body
        most = self._limits.max_message_size
        if most and len(data) > most:
            too_large = Codes.BadResponseTooLarge
            data = response_head(_SERVICE_FAULT, handle, too_large, self.server.ticks())
        self._write(self._secure.message_to_binary(data, request_id=request))
        if self.transport.get_write_buffer_size() > UNREAD:
            log.warning("%s reads nothing of what it asked for: closed", self.peer)
            self.reset()

    @property
    def clear(self) -> bool:
        """Does the client read what it is sent?"""
        return self.transport is not None and self.transport.get_write_buffer_size() < CHUNK * 16

    @property
    def policy(self) -> object:
        """The security policy of the channel, with its certificates."""
        return self._secure.security_policy

    async def end(self) -> None:
        """End the connection at once, and everything that goes on for it."""
        tasks = [*self.tasks, *([self._working] if self._working is not None else [])]
        if self.transport is not None:
            self.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with a request while the next ones are served; ends with the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)
