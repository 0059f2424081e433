"""Sessions outlive connections, and subscriptions sessions; nobody takes what is another's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asyncua import Client, ua

from tests.transports.opcua.hall import Hall
from tests.transports.opcua.test_subscriptions import SETPOINT, Watched, item


@asynccontextmanager
async def channel(hall: Hall) -> AsyncIterator[Client]:
    """A client with a secure channel and no session yet."""
    client = hall.client(timeout=5)
    await client.connect_socket()
    try:
        await client.send_hello()
        await client.open_secure_channel()
        yield client
    finally:
        client.disconnect_socket()


async def subscribed(client: Client) -> Watched:
    watched = Watched(client)
    await watched.begin(interval=50)
    await watched.add(item(SETPOINT, queue=10))
    await watched.until(lambda: watched.values == [21.5])
    return watched


def token(client: Client) -> Any:
    return client.uaclient.protocol.authentication_token


async def test_a_session_goes_on_over_another_connection(hall: Hall) -> None:
    first = hall.client(timeout=5)
    await first.connect()
    await subscribed(first)
    mine = token(first)
    first.uaclient.protocol.transport.abort()
    await hall.show(SETPOINT, 1.0)
    async with channel(hall) as second:
        second.uaclient.protocol.authentication_token = mine
        assert len(hall.server.sessions) == 1
        await second.activate_session()
        told = (await second.uaclient.session.publish([])).Parameters.NotificationMessage
        [change] = told.NotificationData
        assert [one.Value.Value.Value for one in change.MonitoredItems] == [1.0]
    first.disconnect_socket()


async def test_a_session_is_nobody_elses(hall: Hall) -> None:
    async with hall.client() as client, channel(hall) as other:
        other.uaclient.protocol.authentication_token = token(client)
        with pytest.raises(ua.uaerrors.BadSecureChannelIdInvalid):
            await hall.node(other, SETPOINT).read_value()
        other.uaclient.protocol.authentication_token = ua.NodeId(b"guessed", 0)
        with pytest.raises(ua.uaerrors.BadSessionIdInvalid):
            await hall.node(other, SETPOINT).read_value()


async def test_a_session_is_activated_before_it_is_used(hall: Hall) -> None:
    async with channel(hall) as client:
        await client.create_session()
        with pytest.raises(ua.uaerrors.BadSessionNotActivated):
            await hall.node(client, SETPOINT).read_value()


async def transfer(client: Client, *numbers: int, send: bool) -> list[Any]:
    asked = ua.TransferSubscriptionsParameters()
    asked.SubscriptionIds, asked.SendInitialValues = list(numbers), send
    request = ua.TransferSubscriptionsRequest()
    request.Parameters = asked
    data = await client.uaclient._send_request(request)
    response = ua.ua_binary.struct_from_binary(ua.TransferSubscriptionsResponse, data)
    found: list[Any] = response.Parameters.Results
    return found


async def test_a_subscription_is_taken_over_by_another_session(hall: Hall) -> None:
    async with hall.client() as first, hall.client() as second:
        watched = await subscribed(first)
        done = await transfer(second, watched.id, 4711, send=True)
        assert [one.StatusCode.name for one in done] == ["Good", "BadSubscriptionIdInvalid"]
        told = (await second.uaclient.session.publish([])).Parameters
        assert told.SubscriptionId == watched.id
        await watched.until(
            lambda: any(
                getattr(part, "Status", None) is not None
                for one in watched.results
                for part in one.NotificationMessage.NotificationData or ()
            )
        )
        last = watched.results[-1].NotificationMessage.NotificationData[0]
        assert last.Status.name == "GoodSubscriptionTransferred"


async def test_another_users_subscription_is_not_taken_over(build: Any) -> None:
    hall = await build(endpoint={"users": {"anna": "s3cret"}})
    anna = hall.client()
    anna.set_user("anna")
    anna.set_password("s3cret")
    async with anna, hall.client() as anybody:
        watched = await subscribed(anna)
        [done] = await transfer(anybody, watched.id, send=False)
    assert done.StatusCode.name == "BadUserAccessDenied"


async def test_a_silent_session_ends(hall: Hall) -> None:
    async with hall.client() as client:
        await hall.node(client, SETPOINT).read_value()
        [session] = hall.server.sessions.every()
        session.seen -= session.timeout + 1
        hall.server.sessions.sweep()
        with pytest.raises(ua.uaerrors.BadSessionIdInvalid):
            await hall.node(client, SETPOINT).read_value()
        client.disconnect_socket()
