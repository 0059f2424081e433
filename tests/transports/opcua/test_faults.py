"""Faults of OPC UA, over a real socket: what a client sees, and what the journal says."""

import asyncio
from typing import Any

import pytest
from asyncua import ua

from tests.transports.opcua.hall import Hall, Heard
from tests.transports.opcua.test_subscriptions import Watched, item

SETPOINT = "Coolant/Setpoint"


async def test_a_service_fails_by_name_and_no_other(hall: Hall) -> None:
    async with hall.client() as client:
        node = hall.node(client, SETPOINT)
        given = {"services": ["Read"], "status": "BadResourceUnavailable", "first": 1}
        hall.fault("service-fault", id="no-reads", **given)
        assert len(await hall.node(client, "Coolant").get_children()) == 3
        with pytest.raises(ua.uaerrors.BadResourceUnavailable):
            await node.read_value()
        assert await node.read_value() == 21.5
    [entry] = hall.entries(operation="Read")
    assert (entry["outcome"], entry["faults"]) == ("answered", ["no-reads"])


async def test_what_no_fault_touches_is_not_in_the_journal(hall: Hall) -> None:
    async with hall.client() as client:
        hall.fault("service-fault", services=["Browse"])
        await hall.node(client, SETPOINT).read_value()
    assert hall.entries(endpoint="plc.opcua", direction="in") == []


async def test_a_session_is_closed_and_a_new_one_works(hall: Hall) -> None:
    async with hall.client() as client:
        hall.fault("session-closed", first=1, services=["Read"])
        for _ in range(2):
            with pytest.raises(ua.uaerrors.BadSessionIdInvalid):
                await hall.node(client, SETPOINT).read_value()
        client.disconnect_socket()
    async with hall.client() as client:
        assert await hall.node(client, SETPOINT).read_value() == 21.5


async def test_subscriptions_are_lost_with_a_word(hall: Hall) -> None:
    async with hall.client() as client:
        heard = Heard()
        subscription = await client.create_subscription(20, heard)
        await subscription.subscribe_data_change(hall.node(client, SETPOINT))
        await heard.until(lambda: heard.values)
        hall.fault("subscriptions-lost", first=1)
        await hall.show(SETPOINT, 1.0)
        await heard.until(lambda: heard.statuses)
        assert heard.statuses[0].Status.name == "BadTimeout"
        assert len(hall.server.subscriptions) == 0
        assert await hall.node(client, SETPOINT).read_value() == 1.0


async def test_limits_are_lower_than_the_server_says(hall: Hall) -> None:
    async with hall.client() as client:
        hall.fault("limits-lowered", operations=2)
        node = hall.node(client, SETPOINT)
        assert await client.read_values([node] * 2) == [21.5] * 2
        with pytest.raises(ua.uaerrors.BadTooManyOperations):
            await client.read_values([node] * 3)
        assert len(await hall.node(client, "Coolant").get_children()) == 3  # in two portions
        browses = hall.entries(operation="BrowseNext")
        assert len(browses) == 1
        hall.clear()
        assert await client.read_values([node] * 3) == [21.5] * 3


async def test_a_restart_ends_everything_but_what_is_shown(hall: Hall) -> None:
    async with hall.client() as client:
        await hall.node(client, SETPOINT).write_value(44.0)
        await hall.settled()
        began = client.get_node(ua.ObjectIds.Server_ServerStatus_StartTime)
        first = await began.read_value()
        hall.fault("server-restart", first=1, services=["Read"])
        with pytest.raises((ConnectionError, TimeoutError)):
            await began.read_value()
        client.disconnect_socket()
    assert (len(hall.server.sessions), len(hall.server.subscriptions)) == (0, 0)
    async with hall.client() as client:
        again = await client.get_node(ua.ObjectIds.Server_ServerStatus_StartTime).read_value()
        assert again > first
        assert await hall.node(client, SETPOINT).read_value() == 44.0


async def chaos(hall: Hall, reads: int) -> list[str]:
    hall.fault("opc-chaos", services=["Read"], closed=0, lost=0, failing=0.4)
    seen = []
    async with hall.client() as client:
        for _ in range(reads):
            try:
                await hall.node(client, SETPOINT).read_value()
                seen.append("Good")
            except ua.UaStatusCodeError as error:
                seen.append(ua.StatusCode(error.code).name)
        hall.clear()
    return seen


async def test_chaos_is_repeated_by_its_seed(build: Any) -> None:
    first, second = await build(), await build()
    seen = await chaos(first, 30)
    assert seen == await chaos(second, 30)
    assert 3 < sum(one != "Good" for one in seen) < 27
    assert len(set(seen)) > 3


async def test_a_slow_method_keeps_nobody_else_waiting(hall: Hall) -> None:
    async with hall.client() as client:
        hall.fault("latency", on="plc.opcua.in", delay="1h", match={"operation": "command"})
        stop = asyncio.create_task(hall.node(client, "TURN-1/Command").call_method("2:Stop"))
        await hall.entry(operation="command")
        assert await hall.node(client, SETPOINT).read_value() == 21.5
        assert not stop.done()
        hall.clear()
        await stop
    [entry] = hall.entries(operation="command")
    assert (entry["outcome"], entry["status"]) == ("answered", 200)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"status": 503}, "BadOutOfService"),
        ({"status": 500}, "BadInternalError"),
        ({"status": 409}, "BadInvalidState"),
    ],
)
async def test_a_failing_method_has_a_status(
    hall: Hall, given: dict[str, Any], status: str
) -> None:
    async with hall.client() as client:
        hall.fault("error-rate", on="plc.opcua.in", match={"operation": "command"}, **given)
        with pytest.raises(ua.UaStatusCodeError) as failed:
            await hall.node(client, "TURN-1/Command").call_method("2:Stop")
    assert ua.StatusCode(failed.value.code).name == status
    [entry] = hall.entries(operation="command")
    assert (entry["outcome"], entry["status"]) == ("answered", given["status"])


async def test_data_vanishes_while_the_session_lives(hall: Hall) -> None:
    async with hall.client() as client:
        watched = Watched(client)
        await watched.begin(keep_alive=1)
        await watched.add(item(SETPOINT, queue=10))
        await watched.until(lambda: watched.values == [21.5])
        hall.fault("drop", on="plc.opcua.out")
        await hall.show(SETPOINT, 1.0)
        told = len(watched.results)
        await watched.until(lambda: len(watched.results) > told + 1)
        hall.clear()
        await hall.show(SETPOINT, 2.0)
        await watched.until(lambda: watched.values == [21.5, 2.0])


@pytest.mark.parametrize("mode", ["refuse", "reset", "hang"])
async def test_a_server_that_is_down(hall: Hall, mode: str) -> None:
    hall.fault("outage", on="plc.opcua.in", mode=mode)
    with pytest.raises((ConnectionError, TimeoutError, OSError)):
        async with hall.client(timeout=1) as client:
            await hall.node(client, SETPOINT).read_value()
    hall.clear()
    async with hall.client() as client:
        assert await hall.node(client, SETPOINT).read_value() == 21.5


async def test_tag_faults_are_seen_and_put_right(hall: Hall) -> None:
    async with hall.client() as client:
        node = hall.node(client, SETPOINT)
        hall.fault("tag-quality", on="plc.opcua.out", tags="Coolant/*", status="BadSensorFailure")
        await hall.settled()
        shown = await node.read_data_value(raise_on_bad_status=False)
        assert shown.StatusCode.name == "BadSensorFailure"
        hall.clear()
        await hall.settled()
        assert await node.read_value() == 21.5
