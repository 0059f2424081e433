"""What every transport keeps to, whoever wrote it: found by kind, driven over its own wire.

A transport of a new kind is held to the first half by itself; the second half needs a driver in
DRIVERS, which is how a partner on its wire speaks.
"""

import asyncio
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.core.message import Message, Request
from simulator.core.ports import Capability, Fault, Nothing, Strict, Transport
from simulator.core.registry import registry

KINDS = registry("transports", Transport).kinds()
FAULTS = registry("faults", Fault).kinds()
CAPABILITIES = set(typing.get_args(Capability))


def samples(kind: str) -> list[Fault]:
    model = registry("faults", Fault).get(kind)
    given = model.model_json_schema()["examples"]
    return [model.model_validate(one) for one in given]


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_is_and_can(kind: str) -> None:
    one = registry("transports", Transport).get(kind)
    assert one.kind == kind
    assert one.summary
    assert set(one.directions) == set(one.can) != set()
    for can in one.can.values():
        assert can <= CAPABILITIES


@pytest.mark.parametrize("kind", KINDS)
def test_its_settings_are_strict_and_described(kind: str) -> None:
    settings = registry("transports", Transport).get(kind).Settings
    assert issubclass(settings, Strict)
    schema = settings.model_json_schema()
    assert schema["additionalProperties"] is False
    for name, field in settings.model_fields.items():
        assert field.description or settings is Nothing, f"{kind}: {name} has no description"


@pytest.mark.parametrize("kind", KINDS)
async def test_it_starts_and_stops_with_nothing_to_do(side: Any, kind: str) -> None:
    transport = registry("transports", Transport).get(kind)(side)
    await transport.stop()
    await transport.start()
    await transport.settled()
    assert transport.urls() == {}
    await transport.stop()
    await transport.stop()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_either_works_here_or_is_refused_for_a_known_lack(
    kind: str, fault: str
) -> None:
    one = registry("transports", Transport).get(kind)
    for sample in samples(fault):
        for direction in set(sample.directions) & set(one.directions):
            lacking = sample.needs - one.can[direction]
            assert lacking <= CAPABILITIES


# --- over the wire ---


@dataclass
class Driver:
    """How a test speaks with an endpoint of one kind."""

    direction: str
    settings: Callable[[Any], dict[str, Any]]  # the partner -> the endpoint's settings
    converse: Callable[[Any, Any, Any, Any], Awaitable[int]]
    """(side, url, partner, dial): one message; returns how many times it was acted on."""


async def _ask(side: Any, url: str, partner: Any, dial: Any) -> int:
    before = len(side.performed)
    wire = await dial(url)
    wire.ask("POST", "/gearbox/wms/contract/x", b'{"some": "body"}')
    await wire.rest() if side.links["wms.contract.in"].faults else await wire.answer()
    await wire.close()
    return len(side.performed) - before


async def _post(side: Any, url: str, partner: Any, dial: Any) -> int:
    before = len(side.performed)
    wire = await dial(url)
    wire.ask(
        "POST", "/gearbox/wms/contract", b"an order", content_type="text/plain",
        as2_from="IT", as2_to="US", message_id=f"<{len(side.journal)}@it>",
    )  # fmt: skip
    await wire.rest() if side.links["wms.contract.in"].faults else await wire.answer()
    await wire.close()
    return len(side.performed) - before


async def _say(side: Any, url: str, partner: Any, dial: Any) -> int:
    before = len(partner.got)
    side.say(side.links["wms.contract.out"], b'{"some": "body"}')
    await side.transport.settled()
    return len(partner.got) - before


async def _upload(side: Any, url: str, partner: Any, dial: Any) -> int:
    import asyncssh

    before = len(side.performed)
    place = urlsplit(url)
    connection = await asyncssh.connect(
        place.hostname or "", place.port or 0, username="contract", password="open",
        known_hosts=None, config=None, client_keys=None,
    )  # fmt: skip
    try:
        sftp = await connection.start_sftp_client()
        file = await sftp.open("in/order.edi", "wb")
        await file.write(b"{}")
        await file.close()
    except (asyncssh.Error, OSError):
        pass  # asyncssh does not tell a reset from an end in good order
    finally:
        connection.abort()
    await connection.wait_closed()
    return len(side.performed) - before


async def _mail(side: Any, url: str, partner: Any, dial: Any) -> int:
    before = len(side.performed)
    wire = await dial(url)
    wire.ask("POST", "/gearbox/wms/contract", b"an order", content_type="text/plain")
    await wire.rest() if side.links["wms.contract.in"].faults else await wire.answer()
    await wire.close()
    return len(side.performed) - before


async def _show(side: Any, url: str, partner: Any, dial: Any) -> int:
    import orjson
    from asyncua import Client

    told = len(side.journal)
    node = {
        "id": "s=X", "parent": "", "name": "X", "kind": "variable", "data": "Int32",
        "array": False, "write": False, "history": False, "description": "", "unit": "",
    }  # fmt: skip
    space = Request("SPACE", "X", body=orjson.dumps({"nodes": [node]}))
    values = orjson.dumps([["s=X", told + 1, "Good", 0]])
    message = Message("wms.contract", "out", Request("WRITE", "X", body=values))
    message.seq = side.journal.append({"kind": "message"})
    [place] = side.transport._places.values()
    place.server.showing.apply(space)
    side.links["wms.contract.out"].put(message, 0)
    await side.transport.settled()
    async with Client(url) as client:
        shown = await client.get_node("ns=2;s=X").read_data_value(raise_on_bad_status=False)
    return int(shown.Value is not None and shown.Value.Value == told + 1)


async def _publish(side: Any, url: str, partner: Any, dial: Any) -> int:
    """Say something, and hear what the broker passes on."""
    import aiomqtt

    link = side.links["wms.contract.out"]
    place = urlsplit(url)
    async with aiomqtt.Client(place.hostname or "", place.port or 0) as listener:
        await listener.subscribe("#")
        side.say(link, b'{"some": "body"}')
        await side.transport.settled()
        await listener.publish("the/end")
        heard = [str(message.topic) async for message in until_the_end(listener)]
    return len(heard)


async def until_the_end(listener: Any) -> Any:
    """What a subscriber hears before its own last message."""
    async for message in listener.messages:
        if str(message.topic) == "the/end":
            return
        yield message


DRIVERS = {
    "as2": Driver(
        "in", lambda partner: {"port": 0, "name": "US", "peer": "IT", "require": []}, _post
    ),
    "http": Driver("in", lambda partner: {"port": 0}, _ask),
    "mailbox": Driver("in", lambda partner: {"port": 0}, _mail),
    "opcua": Driver("out", lambda partner: {"port": 0, "retry": {"attempts": 1}}, _show),
    "mqtt": Driver("out", lambda partner: {"port": 0, "backoff": {"first": "10ms"}}, _publish),
    "sftp": Driver("in", lambda partner: {"password": "open"}, _upload),
    "webhook": Driver(
        "out",
        lambda partner: {"url": partner.url, "retry": {"attempts": 1}},
        _say,
    ),
}


def test_every_transport_has_a_driver() -> None:
    assert set(KINDS) == set(DRIVERS), "add how to speak with it to DRIVERS"


@pytest.fixture(params=KINDS)
async def live(request: pytest.FixtureRequest, side: Any, partner: Any) -> Any:
    driver = DRIVERS[request.param]
    model = registry("transports", Transport).get(request.param)
    transport = side.transport = model(side)
    settings = model.Settings.model_validate(driver.settings(partner))
    links: dict[Any, Any] = {
        driver.direction: side.link("wms.contract", driver.direction)  # type: ignore[arg-type]
    }
    transport.attach("wms.contract", settings, side.contract, links)
    yield transport, driver, links[driver.direction]
    await transport.stop()


async def test_a_message_crosses_and_is_recorded(
    live: Any, side: Any, partner: Any, dial: Any
) -> None:
    transport, driver, _ = live
    await transport.start()
    url = transport.urls()["wms.contract"]
    assert await driver.converse(side, url, partner, dial) == 1
    assert len(side.journal) == 1
    assert side.outcomes()[0] in ("performed", "delivered")


async def test_it_can_be_stopped_and_started_again(
    live: Any, side: Any, partner: Any, dial: Any
) -> None:
    transport, driver, link = live
    for _ in range(2):
        await transport.start()
        url = transport.urls()["wms.contract"]
        assert await driver.converse(side, url, partner, dial) == 1
        await transport.stop()
    assert link.watchers == []


@pytest.mark.parametrize("mode", ["reset", "close"])
async def test_a_cut_message_is_not_acted_on_and_is_named(
    live: Any, side: Any, partner: Any, dial: Any, mode: str
) -> None:
    transport, driver, link = live
    await transport.start()
    active = side.apply(link, "outage", mode=mode)
    url = transport.urls()["wms.contract"]
    try:
        assert await driver.converse(side, url, partner, dial) == 0
    except ConnectionError:
        assert mode == "reset"
    entry = side.journal.get(1)
    assert entry["faults"] == [active.id]
    assert entry["outcome"] not in ("performed", "delivered")
    side.clear(link)
    assert await driver.converse(side, url, partner, dial) == 1


async def test_stopping_in_the_middle_leaves_no_task_behind(
    live: Any, side: Any, partner: Any, dial: Any
) -> None:
    transport, driver, link = live
    before = asyncio.all_tasks()
    await transport.start()
    active = side.apply(link, "latency", delay="1h")
    url = transport.urls()["wms.contract"]
    talk = asyncio.ensure_future(driver.converse(side, url, partner, dial))
    await side.until(lambda: active.touched == 1)
    talk.cancel()
    await asyncio.gather(talk, return_exceptions=True)
    await transport.stop()
    left = {task.get_name() for task in asyncio.all_tasks() - before if not task.done()}
    assert left <= {"waits"}
