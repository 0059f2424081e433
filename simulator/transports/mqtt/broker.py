"""The embedded broker: amqtt (MQTT 3.1.1) in this process, behind a listener of our own.

amqtt reads whatever length a packet announces, keeps a client whose id another one takes, and
queues without bounds. So each connection is framed here first: a packet is read whole, if it is not
too large, before amqtt sees any of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amqtt.adapters import ReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

from simulator.core.errors import CouldNotStart
from simulator.core.link import pause

log = logging.getLogger("stagefloor.mqtt.broker")

LISTENER = "default"
BEHIND = 16 * 1024 * 1024  # bytes that a client may be behind before it is dropped
QUEUED = 10_000  # messages that may wait in the broker before it stops reading
MOST_CLIENTS = 1000
FIRST_PACKET = 10.0  # wall seconds in which a connection has to say who it is
CONNECT = 0x10  # the first byte of the first packet
LEVEL = 4  # of the protocol: MQTT 3.1.1
_WRONG_LEVEL = b"\x20\x02\x00\x01"  # CONNACK: an unacceptable version of the protocol


class BadPacket(Exception):
    """A connection that does not speak MQTT, or says too much at once."""


class Frames(ReaderAdapter):  # type: ignore[misc]  # amqtt has no types
    """What one client sends, packet by packet."""

    def __init__(self, guest: Guest, reader: asyncio.StreamReader, limit: int) -> None:
        self._guest = guest
        self._reader = reader
        self._limit = limit
        self._packet = b""
        self._at = 0
        self._first = True

    async def read(self, n: int = -1) -> bytes:
        """The next `n` bytes, none of them from another packet than the last that was read."""
        if self._at >= len(self._packet):
            if n > 1 and self._packet:  # a packet begins with one byte: this is one that goes on
                raise self._guest.refused("a packet that ends too early")
            if not await self._next():
                return b""
        end = len(self._packet) if n < 0 else self._at + n
        if end > len(self._packet):
            raise self._guest.refused("a packet that ends too early")
        part = self._packet[self._at : end]
        self._at = end
        return part

    async def _next(self) -> bool:
        """Read one packet whole. False at the end of the connection."""
        try:
            if self._first:
                async with asyncio.timeout(FIRST_PACKET):
                    packet = await self._whole()
                self._guest.introduce(packet)
                self._first = False
            else:
                await self._guest.turn()
                packet = await self._whole()
        except TimeoutError:
            raise self._guest.refused("no CONNECT in time") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        self._packet, self._at = packet, 0
        return True

    async def _whole(self) -> bytes:
        head = bytearray(await self._reader.readexactly(1))
        if self._first and head[0] != CONNECT:
            raise self._guest.refused(f"no MQTT: it begins with 0x{head[0]:02x}")
        length = shift = 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            head.append(byte)
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift > 21:
                raise self._guest.refused("a length of more than four bytes")
        if length > self._limit:
            raise self._guest.refused(f"a packet of {length} bytes; {self._limit} are the most")
        return bytes(head) + await self._reader.readexactly(length)

    def feed_eof(self) -> None:
        """Needless: amqtt only asks for it of what it connected itself."""


class Words(StreamWriterAdapter):  # type: ignore[misc]
    """What one client is told: one that does not read is dropped before it fills the memory."""

    def __init__(self, guest: Guest, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._guest = guest
        self._transport = writer.transport

    def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > BEHIND:
            self._guest.refused(f"it reads too slowly: {BEHIND} bytes behind")
            return
        super().write(data)

    async def drain(self) -> None:
        """Return at once: amqtt would keep a task, and the message, for each that waits here."""


class _Steady(dict[str, Any]):
    """Subscriptions: amqtt walks through them, and waits in between, while others change them."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:
        return list(super().items())


@dataclass(eq=False)
class Guest:
    """One connection."""

    house: EmbeddedBroker
    writer: asyncio.StreamWriter
    peer: str
    name: str = ""
    task: asyncio.Task[Any] | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """Its name for people, whatever it calls itself."""
        name = "".join(one if one.isprintable() else "?" for one in self.name[:100])
        return name or "(nobody)"

    def introduce(self, packet: bytes) -> None:
        """Its CONNECT came: whoever had its name has to go. Raises BadPacket."""
        level, self.name = _introduction(packet)
        if level > LEVEL:
            self.writer.write(_WRONG_LEVEL)  # MQTT-3.1.2-2
            raise self.refused(f"it speaks MQTT {level}: this broker speaks 3.1.1")
        self.house.welcome(self)

    async def turn(self) -> None:
        """Return when the broker can take another packet."""
        while self.house.busy:  # amqtt's queues tell nobody when they shrink
            await pause(0.005)

    def refused(self, why: str) -> BadPacket:
        """End the connection, saying why; the error to be raised."""
        log.warning("%s %s: %s", self.peer, self.shown, why)
        self.writer.transport.abort()
        return BadPacket(why)


class EmbeddedBroker:
    """One broker on one port of this process. It runs while somebody uses it."""

    def __init__(self, host: str, port: int, limit: int) -> None:
        self._host = host
        self._asked = port
        self._limit = limit
        self._users = 0
        self._broker: Any = None
        self._server: asyncio.Server | None = None
        self._guests: set[Guest] = set()
        self._named: dict[str, Guest] = {}
        self._away: set[object] = set()  # who wants it to be away
        self._lock = asyncio.Lock()
        self._changing: set[asyncio.Task[None]] = set()
        self.port = port

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._host

    # --- life ---------------------------------------------------------------------------------

    async def join(self) -> None:
        """Use it; the first user starts it. Raises CouldNotStart."""
        async with self._lock:
            if not self._users:
                logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # what matters is said here
                logging.getLogger("transitions").setLevel(logging.CRITICAL)
                self._broker = Broker(
                    BrokerConfig(
                        listeners={LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)},
                        plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
                    )
                )
                self._broker._subscriptions = _Steady()
                await self._broker.start()
                try:
                    await self._listen(self._asked)
                except OSError as error:
                    broker, self._broker = self._broker, None
                    await broker.shutdown()
                    what = f"the MQTT broker cannot listen on port {self._asked}: {error.strerror}"
                    raise CouldNotStart(what) from None
            self._users += 1

    async def leave(self) -> None:
        """Use it no more; the last one to leave stops it."""
        async with self._lock:
            self._users -= 1
            if self._users:
                return
            await self._shut()
            broker, self._broker = self._broker, None
            await broker.shutdown()
            self._away.clear()

    def be_away(self, asked: object, away: bool) -> None:
        """Be away, or back, as far as this one is concerned; what is retained is kept."""
        before = bool(self._away)
        (self._away.add if away else self._away.discard)(asked)
        if before != bool(self._away) and self._broker is not None:
            task = asyncio.get_running_loop().create_task(self._follow(), name="mqtt broker")
            self._changing.add(task)
            task.add_done_callback(self._changing.discard)

    async def _follow(self) -> None:
        async with self._lock:
            if self._broker is None:
                return
            if self._away and self._server is not None:
                await self._shut()
            elif not self._away and self._server is None:
                try:
                    await self._listen(self.port)
                except OSError as error:
                    log.error("the broker stays away: port %d: %s", self.port, error)

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._connected, self._host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        """Close the port and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        guests = list(self._guests)
        for guest in guests:
            guest.writer.transport.abort()
        tasks = [guest.task for guest in guests if guest.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=2)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- connections --------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Does too much wait in it?"""
        waiting: int = self._broker._broadcast_queue.qsize() if self._broker is not None else 0
        return waiting + len(self._broker._tasks_queue if self._broker else ()) > QUEUED

    def welcome(self, guest: Guest) -> None:
        """A client says its name: one that had it before is dropped (MQTT-3.1.4-2)."""
        if not guest.name:
            return  # amqtt makes one up
        before = self._named.get(guest.name)
        if before is not None and not before.writer.transport.is_closing():
            before.refused(f"{guest.peer} has taken this client id over")
        self._named[guest.name] = guest

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = ":".join(str(part) for part in (writer.get_extra_info("peername") or ("?",))[:2])
        guest = Guest(self, writer, peer, task=asyncio.current_task())
        if len(self._guests) >= MOST_CLIENTS:
            guest.refused(f"{MOST_CLIENTS} clients are connected")
            return
        self._guests.add(guest)
        try:
            await self._broker.external_connected(
                Frames(guest, reader, self._limit), Words(guest, writer), LISTENER
            )
        except (BadPacket, ConnectionError):
            pass  # said already, or gone
        except Exception as error:  # noqa: BLE001 - amqtt raises what it likes at broken packets
            log.warning("%s %s: a broken packet: %r", peer, guest.shown, error)
        finally:
            self._guests.discard(guest)
            if self._named.get(guest.name) is guest:
                del self._named[guest.name]
            writer.transport.abort()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


def _introduction(packet: bytes) -> tuple[int, str]:
    """The protocol's level and the client id in a CONNECT (MQTT 3.1.1, 3.1.2); it may be empty.

    From MQTT 5 on there is something else before the client id.
    """
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 1
    at += 2 + int.from_bytes(packet[at : at + 2])  # the protocol's name
    level = int.from_bytes(packet[at : at + 1])
    if level > LEVEL:
        return level, ""
    at += 4  # level, flags, keep-alive
    length = int.from_bytes(packet[at : at + 2])
    return level, packet[at + 2 : at + 2 + length].decode(errors="replace")
