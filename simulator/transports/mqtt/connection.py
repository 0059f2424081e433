"""One connection to a broker: paho's client on the plant's event loop.

paho does the protocol; the socket is watched by the loop, and nothing here has a thread but the
connecting itself, which paho does blocking.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulator.core.link import pause
from simulator.core.message import Request
from simulator.core.waits import Bell
from simulator.transports.mqtt.settings import Address

log = logging.getLogger("stagefloor.mqtt")

PROBE = 1.0  # wall seconds between two looks at the keep-alive
ROOM = 16 * 1024 * 1024  # bytes above the limit of a body that are still read, to be refused
GOODBYE = 2.0  # wall seconds that a goodbye may take
WITH_WILL = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")


class Unreachable(Exception):
    """The broker cannot be reached, or wants nothing to do with this client."""


class Lost(Exception):
    """The connection is gone."""


@dataclass(frozen=True)
class Manner:
    """How a client speaks. Times in wall seconds."""

    version: str = "3.1.1"
    keepalive: int = 30
    timeout: float = 10.0
    window: int = 20
    limit: int = 1024 * 1024  # bytes of a message
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Heard:
    """A message that came in."""

    request: Request
    number: int
    qos: int
    answer_to: str = ""  # MQTT 5: where its sender waits for an answer
    correlation: bytes = b""


class _Client(paho.Client):
    """paho's client, which leaves the socket of a failed handshake open."""

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        assert self._ssl_context is not None
        wrapped = self._ssl_context.wrap_socket(
            tcp_sock, server_hostname=self._host, do_handshake_on_connect=False
        )
        try:
            wrapped.settimeout(self.connect_timeout)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


class Connection:
    """One connection, from its opening to its end. Not used twice."""

    def __init__(
        self,
        address: Address,
        name: str,
        manner: Manner,
        *,
        will: Request | None,
        published: Callable[[int], None],
        heard: Callable[[Heard], None],
        changed: Callable[[], None],
    ) -> None:
        self._address = address
        self._manner = manner
        self._published = published
        self._heard = heard
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[str] = self._loop.create_future()
        self._subscribed: dict[int | None, asyncio.Future[list[Any]]] = {}
        self._ended = Bell()
        self._care: asyncio.Task[None] | None = None
        self._socket: Any = None
        self.asked = False  # was a CONNECT sent?
        self.up = False
        self.why = ""  # it ended
        five = manner.version == "5"
        self._client = _Client(
            CallbackAPIVersion.VERSION2, name, clean_session=None if five else True,
            protocol=paho.MQTTv5 if five else paho.MQTTv311, reconnect_on_failure=False,
            manual_ack=True,
        )  # fmt: skip
        client = self._client
        client.connect_timeout = manner.timeout
        client.max_inflight_messages_set(manner.window)
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if manner.tls is not None:
            client.tls_set_context(manner.tls)
        if will is not None:
            client.will_set(will.path, will.body, int(will.headers["qos"]), _retains(will))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = lambda client, data, mid, code, properties: self._published(mid)
        client.on_subscribe = self._on_subscribe

    # --- opening ------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect and be accepted. Raises Unreachable."""
        trying = self._loop.run_in_executor(None, self._connect)
        try:
            await asyncio.shield(trying)
        except asyncio.CancelledError:
            trying.add_done_callback(self._give_up)
            raise
        except (OSError, ValueError) as error:
            raise Unreachable(f"{self._address.url}: {_said(error)}") from None
        self.asked = True
        self._watch()
        try:
            async with asyncio.timeout(self._manner.timeout):
                refused = await self._answer
        except TimeoutError:
            self.abort()
            raise Unreachable(f"{self._address.url}: no answer to CONNECT") from None
        except asyncio.CancelledError:
            self.abort()
            raise
        if refused:
            self.abort()
            raise Unreachable(f"{self._address.url}: {refused}")
        self.up = True
        self._care = self._loop.create_task(self._keep_alive(), name="mqtt keep-alive")

    def _connect(self) -> None:
        """In a thread of its own: paho connects, and shakes hands, blocking."""
        properties = None
        if self._manner.version == "5":
            properties = _properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = self._manner.limit + ROOM
        self._client.connect(
            self._address.host, self._address.port, self._manner.keepalive,
            clean_start=self._manner.version == "5" or paho.MQTT_CLEAN_START_FIRST_ONLY,
            properties=properties,
        )  # fmt: skip

    def _give_up(self, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is None:
            found = self._client.socket()
            if found is not None:
                found.close()

    def _watch(self) -> None:
        self._socket = self._client.socket()
        if self._socket is None:
            raise Unreachable(f"{self._address.url}: the connection broke at once")
        self._client.on_socket_register_write = self._on_more_to_write
        self._client.on_socket_unregister_write = self._on_all_written
        self._client.on_socket_close = self._on_close
        self._loop.add_reader(self._socket, self._read)

    def _on_more_to_write(self, client: Any, data: Any, sock: Any) -> None:
        self._loop.add_writer(sock, self._write)

    def _on_all_written(self, client: Any, data: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _on_close(self, client: Any, data: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)

    def _on_connect(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if not self._answer.done():
            self._answer.set_result(str(code) if code.is_failure else "")

    # --- what comes ---------------------------------------------------------------------------

    def _read(self) -> None:
        client = self._client
        while True:
            try:
                client.loop_read()
            except Exception as error:  # noqa: BLE001 - whatever a broker sends ends here
                self._end(_said(error))
                return
            # what paho has begun to read; only MQTT 5 brokers keep to a limit
            announced = client._in_packet["remaining_length"]
            if announced > self._manner.limit + ROOM:
                log.error("%s: a packet of %d bytes is refused", self._address.url, announced)
                self.abort(why=f"a packet of {announced} bytes")
                return
            # TLS may hold bytes back that the socket no longer shows
            pending = getattr(client.socket(), "pending", None)
            if pending is None or not pending():
                return

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 - likewise
            self._end(_said(error))

    def _on_message(self, client: Any, data: Any, message: paho.MQTTMessage) -> None:
        headers = {"qos": str(message.qos), "retain": "1" if message.retain else "0"}
        request = Request(
            "PUBLISH", message.topic, headers=headers, body=bytes(message.payload),
            peer=self._address.url,
        )  # fmt: skip
        given = message.properties
        self._heard(
            Heard(
                request, message.mid, message.qos,
                str(getattr(given, "ResponseTopic", "")), getattr(given, "CorrelationData", b""),
            )
        )  # fmt: skip

    def _on_subscribe(self, client: Any, data: Any, mid: int, codes: Any, properties: Any) -> None:
        waiting = self._subscribed.pop(mid, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(list(codes))

    def _on_disconnect(
        self, client: Any, data: Any, flags: Any, code: Any, properties: Any
    ) -> None:
        # paho has no better word than "Unspecified error" for a connection that ends without one
        self._end("the connection broke" if code == "Unspecified error" else str(code))

    async def _keep_alive(self) -> None:
        while self.up:
            self._client.loop_misc()
            await pause(PROBE, self._ended)

    def _end(self, why: str) -> None:
        """The connection is over, whoever ended it."""
        if not self._answer.done():
            self._answer.set_result(why)
        client = self._client
        client.on_socket_register_write = client.on_socket_unregister_write = None
        client.on_socket_close = None
        if self._socket is not None:
            found, self._socket = self._socket, None
            if found.fileno() >= 0:
                self._loop.remove_reader(found)
                self._loop.remove_writer(found)
            found.close()
        for waiting in self._subscribed.values():
            if not waiting.done():
                waiting.set_exception(Lost(why))
        self._subscribed.clear()
        if self.up:
            self.up, self.why = False, why
            self._ended.ring()
            self._changed()

    # --- what is done -------------------------------------------------------------------------

    async def subscribe(self, topics: Mapping[str, int]) -> None:
        """Listen to topics. Raises Unreachable where the broker does not let it, or Lost."""
        if not topics:
            return
        _, number = self._client.subscribe([*topics.items()])
        waiting = self._subscribed[number] = self._loop.create_future()
        try:
            async with asyncio.timeout(self._manner.timeout):
                codes = await waiting
        except TimeoutError:
            raise Unreachable(f"{self._address.url}: no answer to SUBSCRIBE") from None
        refused = [topic for topic, code in zip(topics, codes, strict=False) if code.is_failure]
        if refused:
            raise Unreachable(f"{self._address.url}: may not listen to {', '.join(refused)}")

    def publish(self, request: Request, qos: int, properties: Properties | None = None) -> int:
        """Send a message; its number, which `published` tells once it is through. Raises Lost.

        That is once it is written (0), acknowledged (1) or completed (2). Raises ValueError for
        what cannot be sent at all.
        """
        if not self.up:
            raise Lost(self.why)
        info = self._client.publish(request.path, request.body, qos, _retains(request), properties)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise Lost(paho.error_string(info.rc))
        return info.mid

    def answer(self, heard: Heard, body: bytes, topic: str) -> None:
        """Send the answer to a message that came in."""
        properties = None
        if heard.correlation and self._manner.version == "5":
            properties = _properties(PacketTypes.PUBLISH)
            properties.CorrelationData = heard.correlation
        with contextlib.suppress(Lost):
            self.publish(Request("PUBLISH", topic, body=body), min(heard.qos, 1), properties)

    def acknowledge(self, heard: Heard) -> None:
        """Tell the broker that a message was taken."""
        if heard.qos and self.up:
            self._client.ack(heard.number, heard.qos)

    def abort(self, *, reset: bool = False, why: str = "cut") -> None:
        """End it without a word: the broker says the will. `reset`: with RST."""
        if reset and self._socket is not None:
            linger = struct.pack("ii", 1, 0)
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._end(why)

    async def close(self, *, with_will: bool = False) -> None:
        """Say goodbye and end it. `with_will`: MQTT 5 brokers are to say the will all the same."""
        if self.up:
            five = self._manner.version == "5"
            self._client.disconnect(WITH_WILL if five and with_will else None)
            if self.up:
                await pause(GOODBYE, self._ended)
            self.abort(why="closed")
        if self._care is not None:
            await self._care
            self._care = None


def _properties(kind: int) -> Any:
    return Properties(kind)  # type: ignore[no-untyped-call]


def _retains(request: Request) -> bool:
    return request.headers.get("retain") == "1"


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
