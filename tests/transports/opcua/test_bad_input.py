"""What no client should send: it is told what is wrong, memory is bounded, others go on."""

import asyncio
import gc
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from asyncua import Client, ua
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transports.opcua.hall import Hall
from tests.transports.opcua.test_subscriptions import SETPOINT, Watched, item

HELLO = (
    struct.pack("<IIIII", 0, 65535, 65535, 0, 0)
    + struct.pack("<i", 16) + b"opc.tcp://x:4840"
)  # fmt: skip


def frame(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body) + 8) + body


@asynccontextmanager
async def wire(hall: Hall) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(hall.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    yield reader, writer
    writer.close()


async def told(hall: Hall, sent: bytes) -> tuple[bytes, str]:
    """What the server says to some bytes before it closes: kind of message, and status."""
    async with wire(hall) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(10):
            said = await reader.read()
    while said[:3] == b"ACK":
        said = said[struct.unpack_from("<I", said, 4)[0] :]
    status = struct.unpack_from("<I", said, 8)[0] if len(said) >= 12 else 0
    return said[:3], ua.StatusCode(status).name


async def works(client: Client, hall: Hall) -> bool:
    return bool(await hall.node(client, SETPOINT).read_value() == 21.5)


GARBAGE = [
    (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", "BadTcpMessageTypeInvalid"),
    (b"\x00" * 64, "BadTcpMessageTypeInvalid"),
    (b"HELF" + struct.pack("<I", 2**31), "BadTcpMessageTooLarge"),
    (b"HELF" + struct.pack("<I", 8), "BadTcpMessageTooLarge"),
    (frame(b"HELF", HELLO) * 2, "BadTcpMessageTypeInvalid"),
    (frame(b"HELF", HELLO[:5]), "BadSecurityChecksFailed"),
    (frame(b"MSGF", b"\x00" * 40), "BadTcpMessageTypeInvalid"),
    (frame(b"HELF", HELLO) + frame(b"MSGF", b"\x00" * 40), "BadTcpSecureChannelUnknown"),
    (frame(b"HELF", HELLO) + frame(b"OPNF", b"\xff" * 40), "BadSecurityChecksFailed"),
    (frame(b"HELF", struct.pack("<IIIII", 0, 10, 10, 0, 0) + HELLO[20:]),
     "BadConnectionRejected"),
]  # fmt: skip


async def test_garbage_is_answered_with_what_is_wrong(hall: Hall) -> None:
    async with hall.client() as client:
        for sent, status in GARBAGE:
            assert await told(hall, sent) == (b"ERR", status), sent
            assert await works(client, hall)
    assert await gone(hall)


async def gone(hall: Hall) -> bool:
    async with asyncio.timeout(5):
        while hall.server.channels:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return True


class Raw:
    """A client whose requests are whatever bytes a test likes."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def send(self, kind: str, body: bytes) -> None:
        """A request with this body; raises what the server answers."""
        protocol = self.client.uaclient.protocol
        header = ua.RequestHeader()
        header.AuthenticationToken = protocol.authentication_token
        header.RequestHandle = 1
        number = getattr(ua.ObjectIds, f"{kind}Request_Encoding_DefaultBinary")
        raw = struct.pack("<BBH", 1, 0, number) + struct_to_binary(header) + body
        protocol._request_id += 1
        message = protocol._connection.message_to_binary(raw, request_id=protocol._request_id)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        protocol._callbackmap[protocol._request_id] = answer
        protocol.transport.write(message)
        data = await asyncio.wait_for(answer, 10)
        protocol.check_answer(data, "")


HUGE = struct.pack("<i", 2**31 - 1)


REQUESTS = [
    ("Read", struct.pack("<dI", 0, 0) + HUGE, "BadTooManyOperations"),
    ("Read", struct.pack("<dI", 0, 0) + struct.pack("<i", 9999), "BadDecodingError"),
    ("Read", struct.pack("<dI", 0, 77) + HUGE, "BadTimestampsToReturnInvalid"),
    ("Read", b"", "BadDecodingError"),
    ("Write", HUGE, "BadTooManyOperations"),
    ("Write", struct.pack("<i", 1) + b"\x07", "BadDecodingError"),
    ("Browse", b"\x00\x00" + b"\x00" * 12 + b"\xff" * 4 + HUGE, "BadTooManyOperations"),
    ("Call", HUGE, "BadTooManyOperations"),
    ("TranslateBrowsePathsToNodeIds", HUGE, "BadTooManyOperations"),
    ("Publish", HUGE, "BadDecodingError"),
    ("CreateSubscription", b"\x01", "BadDecodingError"),
    ("CreateMonitoredItems", struct.pack("<II", 999, 0), "BadSubscriptionIdInvalid"),
    ("HistoryRead", b"\x00\x00\x00", "BadDecodingError"),
    ("AddNodes", HUGE, "BadUserAccessDenied"),
    ("QueryFirst", b"", "BadServiceUnsupported"),
]


async def test_a_request_that_cannot_be_is_refused_and_the_session_goes_on(hall: Hall) -> None:
    async with hall.client() as client:
        for kind, body, status in REQUESTS:
            with pytest.raises(ua.UaStatusCodeError) as refused:
                await Raw(client).send(kind, body)
            assert ua.StatusCode(refused.value.code).name == status, kind
            assert await works(client, hall)


async def test_whatever_bytes_a_request_has_the_session_goes_on(hall: Hall) -> None:
    services = ["Read", "Write", "Browse", "BrowseNext", "Call", "CreateSubscription",
                "CreateMonitoredItems", "ModifyMonitoredItems", "HistoryRead",
                "SetTriggering", "TransferSubscriptions", "RegisterNodes"]  # fmt: skip
    bodies: list[tuple[str, bytes]] = []

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(services), st.binary(max_size=80))
    def collect(kind: str, body: bytes) -> None:
        bodies.append((kind, body))

    collect()
    async with hall.client() as client:
        raw = Raw(client)
        for kind, body in bodies:
            try:
                await raw.send(kind, body)
            except ua.UaStatusCodeError as error:
                assert error.code != ua.StatusCodes.BadInternalError, (kind, body)  # noqa: PT017
        assert await works(client, hall)


async def test_a_value_nested_a_thousand_times_is_refused(hall: Hall) -> None:
    nested = b"\x18" * 5000 + b"\x00"  # variants in variants
    node = struct.pack("<BHi", 3, 2, 21) + b"CELL/Coolant/Setpoint"
    body = struct.pack("<i", 1) + node + struct.pack("<Ii", 13, -1) + b"\x01" + nested
    async with hall.client() as client:
        with pytest.raises(ua.uaerrors.BadDecodingError):
            await Raw(client).send("Write", body)
        assert await works(client, hall)


async def test_chunks_without_an_end_are_bounded(build: Any) -> None:
    hall = await build(endpoint={"limits": {"message": 100_000}})
    async with hall.client(timeout=1) as client:
        protocol = client.uaclient.protocol
        chunk = protocol._connection.message_to_binary(b"\x00" * 8_000, request_id=9)
        chunk = chunk[:3] + b"C" + chunk[4:]
        lost = asyncio.get_running_loop().create_future()
        protocol.connection_lost = lambda exc: lost.done() or lost.set_result(None)
        for number in range(40):
            sequence = struct.pack("<I", protocol._connection._sequence_number + number)
            protocol.transport.write(chunk[:16] + sequence + chunk[20:])
        await asyncio.wait_for(lost, 10)
    async with hall.client() as client:
        assert await works(client, hall)


async def test_a_hundred_thousand_monitored_items_are_too_many(build: Any) -> None:
    hall = await build(endpoint={"limits": {"items": 3_000, "queued": 10_000}})
    async with hall.client() as client, hall.client() as other:
        watched = Watched(client)
        await watched.begin(interval=1)
        made = await watched.add(*[item(SETPOINT, n, queue=10**6) for n in range(4_000)])
        codes = [one.StatusCode.name for one in made]
        assert (codes.count("Good"), codes.count("BadTooManyMonitoredItems")) == (3_000, 1_000)
        queues = [one.RevisedQueueSize for one in made if one.StatusCode.is_good()]
        assert queues[0] == 1_000
        assert queues[-1] == 3
        assert await works(other, hall)


async def test_a_client_that_never_publishes_costs_no_more_than_its_queues(hall: Hall) -> None:
    async with hall.client() as client, hall.client() as other:
        request = ua.CreateSubscriptionRequest()
        request.Parameters.RequestedPublishingInterval = 0.001
        request.Parameters.RequestedLifetimeCount = 15_000
        request.Parameters.RequestedMaxKeepAliveCount = 5_000
        request.Parameters.PublishingEnabled = True
        await client.uaclient._send_request(request)
        [subscription] = hall.server.subscriptions
        asked = ua.CreateMonitoredItemsParameters()
        asked.SubscriptionId = subscription.id
        asked.ItemsToCreate = [item(SETPOINT, queue=5)]
        [made] = await client.uaclient.create_monitored_items(asked)
        assert made.RevisedQueueSize == 5
        for number in range(50):
            await hall.show(SETPOINT, float(number))
        [watched] = subscription.items.values()
        assert len(watched.queue) == 5
        assert subscription.interval == 0.01
        assert await hall.node(other, SETPOINT).read_value() == 49.0


async def test_publish_requests_beyond_the_limit_push_out_the_oldest(build: Any) -> None:
    hall = await build(endpoint={"limits": {"publishes": 2}})
    async with hall.client() as client:
        request = ua.CreateSubscriptionRequest()
        request.Parameters.RequestedPublishingInterval = 60_000
        await client.uaclient._send_request(request)
        asks = [asyncio.create_task(client.uaclient.session.publish([])) for _ in range(3)]
        with pytest.raises(ua.uaerrors.BadTooManyPublishRequests):
            await asyncio.wait_for(asks[0], 5)
        for ask in asks:
            ask.cancel()
        await asyncio.gather(*asks, return_exceptions=True)


async def test_connections_and_sessions_are_bounded(build: Any) -> None:
    hall = await build(endpoint={"limits": {"connections": 3, "sessions": 2}})
    async with hall.client() as one, hall.client():
        with pytest.raises(ua.uaerrors.BadTooManySessions):
            await hall.client(timeout=2).connect()
        async with wire(hall), wire(hall) as (reader, _):
            async with asyncio.timeout(5):
                assert (await reader.read())[:3] == b"ERR"
        assert await works(one, hall)


async def test_what_is_over_is_let_go_of(hall: Hall) -> None:
    for _ in range(3):
        async with hall.client() as client:
            watched = Watched(client)
            await watched.begin()
            await watched.add(item(SETPOINT))
    assert await gone(hall)
    gc.collect()
    assert (len(hall.server.sessions), len(hall.server.subscriptions)) == (0, 0)
    assert hall.server.subscriptions.watched == 0
    assert hall.server.space.named["s=CELL/Coolant/Setpoint"].watchers == []


async def test_messages_that_nobody_acknowledges_are_bounded(hall: Hall) -> None:
    async with hall.client() as client:
        request = ua.CreateSubscriptionRequest()
        request.Parameters.RequestedPublishingInterval = 10
        request.Parameters.PublishingEnabled = True
        await client.uaclient._send_request(request)
        [subscription] = hall.server.subscriptions
        asked = ua.CreateMonitoredItemsParameters()
        asked.SubscriptionId = subscription.id
        asked.ItemsToCreate = [item(SETPOINT, queue=1)]
        await client.uaclient.create_monitored_items(asked)
        for number in range(80):
            await hall.show(SETPOINT, float(number))
            told = (await client.uaclient.session.publish([])).Parameters
        assert len(told.AvailableSequenceNumbers) == len(subscription.kept) == 64
        last = told.AvailableSequenceNumbers[-1]
        acknowledged = ua.SubscriptionAcknowledgement()
        acknowledged.SubscriptionId, acknowledged.SequenceNumber = subscription.id, last
        await hall.show(SETPOINT, -1.0)
        told = (await client.uaclient.session.publish([acknowledged, acknowledged])).Parameters
        assert [one.name for one in told.Results] == ["Good", "BadSequenceNumberUnknown"]
        assert last not in told.AvailableSequenceNumbers
