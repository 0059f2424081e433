"""An edge node over a real broker: sessions, deaths, what waits; on amqtt and on mosquitto."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from simulator.contracts.sparkplug.payload import Metric
from tests.transports.mqtt.conftest import STATE, Floor, Listener

NCMD = "spBv1.0/little/NCMD/CELL"
REBIRTH = Metric("Node Control/Rebirth", True, "Boolean")
BIRTHS = ["NBIRTH", "DBIRTH MILL-1", "DBIRTH MILL-2"]
BROKERS = ["embedded", pytest.param("mosquitto", marks=pytest.mark.needs_server("mosquitto"))]
MQTT = [("3.1.1", "embedded"), ("3.1.1", "mosquitto"), ("5", "mosquitto")]


async def born(live: Any, request: Any, broker: str = "embedded", **endpoint: Any) -> Any:
    """A plant whose births a listener has heard, and its broker where that is one of its own."""
    house = None
    if broker == "mosquitto":
        house = request.getfixturevalue("mosquitto")()
        await house.start()
        endpoint["broker"] = house.url
    floor = await live({"host": "SCADA", **endpoint}, speed=20.0)
    listener = await floor.listen(primary=True)
    await listener.hears("DDATA MILL-1", 2)
    return floor, listener, house


async def caught_up(listener: Listener) -> None:
    """Return once everything that was sent so far is heard: births that are asked for come last."""
    births = listener.host.kinds.count("NBIRTH")
    await listener.ask(NCMD, REBIRTH)
    await listener.hears("NBIRTH", births + 1)


@pytest.mark.parametrize(("version", "broker"), MQTT)
async def test_a_session_from_birth_to_death(
    live: Any, request: Any, version: str, broker: str
) -> None:
    floor, listener, _ = await born(live, request, broker, version=version)
    host = listener.host
    assert host.kinds[:3] == BIRTHS
    assert host.values["CELL/Recipe"] == "A7"
    await listener.ask(NCMD, REBIRTH)
    await listener.hears("NBIRTH", 2)
    await listener.ask(NCMD, Metric("Recipe", "B2", "String"))
    await listener.until(lambda: host.values["CELL/Recipe"] == "B2")
    await floor.stage.stop()
    await listener.hears("NDEATH")
    assert host.end() == []
    (asked,) = floor.entries(operation="rebirth", direction="in")
    assert (asked["outcome"], asked["status"]) == ("answered", 200)
    births = floor.entries(document="tag-space")
    assert {one["outcome"] for one in births} == {"delivered"}
    assert len(births) == 6


async def test_the_primary_host_decides_when_anything_is_said(live: Any) -> None:
    floor: Floor = await live({"host": "SCADA"}, speed=20.0)
    listener = await floor.listen()
    await floor.until(lambda: floor.out.depth > 5)
    assert listener.host.kinds == []
    await listener.say(STATE, '{"online": true, "timestamp": 5}', qos=1, retain=True)
    await listener.hears("DDATA MILL-1", 3)
    assert listener.host.history  # what waited
    await listener.say(STATE, '{"online": false, "timestamp": 4}', qos=1)  # old: of no account
    await listener.hears("DDATA MILL-1", 6)
    assert "NDEATH" not in listener.host.kinds
    await listener.say(STATE, '{"online": false, "timestamp": 6}', qos=1, retain=True)
    await listener.hears("NDEATH")
    said = len(listener.host.kinds)
    depth = floor.out.depth
    await floor.until(lambda: floor.out.depth > depth + 5)
    assert len(listener.host.kinds) == said
    await listener.say(STATE, '{"online": true, "timestamp": 7}', qos=1, retain=True)
    await listener.hears("NBIRTH", 2)
    await floor.until(lambda: floor.out.depth < 3)
    assert listener.host.end() == []
    assert listener.host.nodes["CELL"].bd_seq == 1


@pytest.mark.parametrize("broker", BROKERS)
async def test_a_cut_connection_is_a_death_and_then_a_new_session(
    live: Any, request: Any, broker: str
) -> None:
    floor, listener, _ = await born(live, request, broker)
    host = listener.host
    before = host.nodes["CELL"].bd_seq
    floor.stage.act({"fault": "outage", "on": "plc.mqtt.out", "mode": "reset", "first": 1})
    await listener.hears("NDEATH")
    births = host.kinds.count("NBIRTH")
    await listener.hears("NBIRTH", births + 1)
    await listener.hears("DDATA MILL-2", host.kinds.count("DDATA MILL-2") + 2)
    assert host.end() == []
    assert host.nodes["CELL"].bd_seq == before + 1
    (lost,) = floor.entries(outcome="dead-letter")
    assert lost["error"] == "connection reset (by a fault)"


async def test_a_plc_that_is_switched_off_dies_and_is_born_anew(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    births = listener.host.kinds.count("NBIRTH")
    floor.do("restart", plc="CELL")
    await listener.hears("NBIRTH", births + 1)
    await listener.hears("DDATA MILL-2", listener.host.kinds.count("DDATA MILL-2") + 1)
    kinds = listener.host.kinds
    assert kinds[kinds.index("NDEATH") :][:4] == ["NDEATH", *BIRTHS]
    assert listener.host.end() == []


async def test_an_outage_of_the_broker_is_stored_and_flushed_in_order(
    live: Any, request: Any
) -> None:
    floor, listener, _ = await born(live, request)
    host = listener.host
    floor.stage.act({"fault": "outage", "on": "plc.mqtt.out", "mode": "refuse", "id": "away"})
    await floor.until(lambda: floor.out.depth > 30)
    assert floor.out.oldest is not None
    assert floor.out.oldest < floor.stage.now
    host.history.clear()
    floor.stage.act({"clear": "away"})
    await listener.connected()
    await floor.until(lambda: floor.out.depth < 3)
    await listener.hears("NBIRTH", 2)
    await caught_up(listener)
    stored = floor.entries(document="tag-sample", outcome="delivered")
    assert len(stored) > 30
    assert all(one["faults"] == ["away"] for one in stored)
    levels = [(one.at, one.value) for place, one in host.history if place == "CELL/Level"]
    assert len(levels) > 5
    assert levels == sorted(levels)
    births = floor.entries(document="tag-space", outcome="delivered")
    assert len(births) == 9  # at the start, with the new connection, and when asked for
    assert [one.get("copy", 0) for one in births] == [0, 0, 0, 1, 1, 1, 0, 0, 0]


@pytest.mark.needs_server("mosquitto")
@pytest.mark.parametrize("qos", [0, 1])
async def test_a_broker_that_is_killed_and_comes_back(live: Any, request: Any, qos: int) -> None:
    floor, listener, house = await born(live, request, "mosquitto")
    host = listener.host
    born_as = host.nodes["CELL"].bd_seq
    house.kill()
    await floor.until(lambda: floor.out.depth > 20)  # found out, and storing
    host.nodes["CELL"].alive = False  # a host that lost its broker knows nothing any more
    host.kinds.clear()
    host.history.clear()
    first = next(iter(floor.out.under_way.values())).queued
    await house.start()
    await listener.connected()
    await listener.hears("NBIRTH")
    await floor.until(lambda: floor.out.depth < 3)
    await listener.hears("DDATA MILL-1", 3)
    assert host.end() == []
    assert host.nodes["CELL"].bd_seq == born_as + 1
    delivered = floor.entries(document="tag-change")
    assert all(one["outcome"] == "delivered" for one in delivered)
    assert first > 0


async def test_what_is_stored_outlives_the_plant(live: Any, request: Any) -> None:
    floor, _, _ = await born(live, request)
    floor.stage.act({"fault": "outage", "on": "plc.mqtt.out", "mode": "refuse", "id": "away"})
    await floor.until(lambda: floor.out.depth > 10)
    await floor.stage.stop()
    depth = floor.out.depth
    saved = floor.stage.save()
    assert depth > 10
    again: Floor = await live(
        {"host": "SCADA"}, speed=20.0, saved=saved, journal=floor.stage.journal
    )  # fmt: skip
    again.stage.act({"clear": "away"})
    heard = await again.listen(primary=True)
    await heard.hears("NBIRTH")
    await again.until(lambda: again.out.depth < 3)
    await caught_up(heard)
    assert heard.host.nodes["CELL"].bd_seq == 1
    assert len(heard.host.history) > 10
    assert heard.host.end() == []


async def test_a_held_link_keeps_what_it_should_send(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    floor.stage.act({"hold": "plc.mqtt.out"})
    await floor.until(lambda: len(floor.out.queue) > 5)
    said = len(listener.host.kinds)
    await asyncio.sleep(0)
    assert not floor.out.under_way
    floor.stage.act({"release": "plc.mqtt.out"})
    await listener.until(lambda: len(listener.host.kinds) > said + 5)
    assert listener.host.end() == []
