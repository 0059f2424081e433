"""A unified namespace over real brokers: what is retained, commands, quality of service, a foreign
client; and what store-and-forward promises: nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import orjson
import pytest

from tests.transports.mqtt.conftest import Floor, Listener

LINE = "stagefloor/little/CELL"
UNS = {"contract": "uns"}
needs_mosquitto = pytest.mark.needs_server("mosquitto")


def said(listener: Listener, topic: str) -> list[Any]:
    return [orjson.loads(body) for name, body, _ in listener.got if name == topic and body]


async def test_values_and_descriptions_are_there_for_who_comes_later(live: Any) -> None:
    floor: Floor = await live(UNS, speed=20.0)
    await floor.until(lambda: floor.out.crossed > 5)
    listener = await floor.listen()
    state = f"{LINE}/MILL-1/Status/StateCurrentName"
    await listener.until(lambda: bool(said(listener, state)))
    topics = {topic: kept for topic, _, kept in listener.got}
    assert topics[state] is topics[f"{LINE}/_meta"] is topics[f"{LINE}/_status"] is True
    assert said(listener, f"{LINE}/_status") == [{"online": True}]
    await floor.stage.stop()


async def test_it_shares_a_broker_with_sparkplug(live: Any, caplog: Any) -> None:
    beside = {"transport": "mqtt", "contract": "sparkplug", "port": 0}
    floor: Floor = await live(UNS, speed=20.0, beside=beside)
    listener = await floor.listen()
    await listener.hears("DDATA MILL-1")
    state = f"{LINE}/MILL-1/Status/StateCurrentName"
    await listener.until(lambda: bool(said(listener, state)))
    assert not caplog.records  # nobody took another's client id


async def test_a_client_that_is_cut_is_not_there_until_it_is_again(live: Any) -> None:
    floor: Floor = await live(UNS, speed=20.0)
    listener = await floor.listen()
    status = f"{LINE}/_status"
    await listener.until(lambda: said(listener, status) == [{"online": True}])
    await floor.until(lambda: len(floor.entries(outcome="delivered", document="tag-space")) == 3)
    floor.stage.act({"fault": "outage", "on": "plc.mqtt.out", "mode": "close", "first": 1})
    expected = [{"online": True}, {"online": False}, {"online": True}]
    await listener.until(lambda: said(listener, status) == expected)
    await floor.until(lambda: len(floor.entries(outcome="delivered", document="tag-space")) == 6)


async def test_commands_are_carried_out_and_answered(live: Any) -> None:
    floor: Floor = await live(UNS, speed=20.0)
    listener = await floor.listen()
    recipe = f"{LINE}/Recipe"
    await listener.until(lambda: bool(said(listener, recipe)))
    await listener.say(f"{recipe}/set", b'"B2"', qos=1)
    await listener.until(lambda: said(listener, recipe)[-1]["value"] == "B2")
    await listener.say(f"{recipe}/set", b"5", qos=1)
    await listener.until(lambda: len(said(listener, f"{recipe}/set/reply")) == 2)
    done, refused = said(listener, f"{recipe}/set/reply")
    assert (done["status"], refused["status"]) == (200, 422)
    assert refused["type"] == "urn:stagefloor:problem:type-mismatch"
    stop = orjson.dumps({"operation": "command", "command": "stop"})
    await listener.say(f"{LINE}/MILL-1/cmd", stop, qos=2)
    state = f"{LINE}/MILL-1/Status/StateCurrentName"
    await listener.until(lambda: said(listener, state)[-1]["value"] == "Stopped")


@needs_mosquitto
@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_foreign_client_is_understood(live: Any, mosquitto: Any, version: str) -> None:
    house = mosquitto()
    await house.start()
    floor: Floor = await live({**UNS, "broker": house.url, "version": version}, speed=20.0)
    await floor.until(lambda: floor.out.crossed > 5)
    place = ["-h", "127.0.0.1", "-p", str(house.port), "-V", "mqttv5"]
    got = await _run("mosquitto_sub", *place, "-t", f"{LINE}/_meta", "-C", "1")
    assert orjson.loads(got)["tags"]["Recipe"]["access"] == "write"
    topic = f"{LINE}/Recipe/set"
    asked = await asyncio.create_subprocess_exec(
        "mosquitto_rr", *place, "-t", topic, "-e", "my/answers", "-m", '"C3"', "-q", "1",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    listener = await floor.listen()
    where = "my/answers" if version == "5" else f"{topic}/reply"  # 3.1.1 knows no answer topics
    await listener.until(lambda: bool(said(listener, where)))
    assert said(listener, where)[0]["result"]["value"] == "C3"
    if version == "5":
        async with asyncio.timeout(10):
            answered, _ = await asked.communicate()
        assert orjson.loads(answered)["status"] == 200
    else:
        asked.kill()
        await asked.communicate()


async def _run(*command: str) -> bytes:
    if shutil.which(command[0]) is None:
        pytest.skip("mosquitto's clients are missing: .ci/install-servers")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(10):
        out, _ = await process.communicate()
    return out


@needs_mosquitto
@pytest.mark.parametrize("qos", [1, 2])
async def test_nothing_acknowledged_is_lost_when_the_broker_is_killed(
    live: Any, mosquitto: Any, qos: int
) -> None:
    """The broker keeps what it acknowledged (persistence), and is killed twice in the middle."""
    house = mosquitto("persistence true", "autosave_on_changes true", "autosave_interval 1")
    await house.start()
    floor: Floor = await live({**UNS, "broker": house.url, "qos": qos, "retain": False}, speed=20.0)
    listener = await floor.listen()
    level = f"{LINE}/Level"
    for _ in range(2):
        before = len(said(listener, level))
        await listener.until(lambda before=before: len(said(listener, level)) > before + 5)  # type: ignore[misc]
        house.kill()
        depth = floor.out.depth
        await floor.until(lambda depth=depth: floor.out.depth > depth + 30)  # type: ignore[misc]
        await house.start()
        await listener.connected()
    await floor.until(lambda: floor.out.depth < 5)
    floor.stage.act({"pause": True})
    await floor.stage.settled()
    assert floor.out.depth == 0
    entries = floor.entries(direction="out")
    assert {one["outcome"] for one in entries} == {"delivered"}


@needs_mosquitto
async def test_every_value_arrives_once_the_broker_is_back(live: Any, mosquitto: Any) -> None:
    house = mosquitto()
    await house.start()
    floor: Floor = await live({**UNS, "broker": house.url, "qos": 1}, speed=100.0)
    listener = await floor.listen()
    level = f"{LINE}/Level"
    await listener.until(lambda: len(said(listener, level)) > 5)
    floor.stage.act({"fault": "broker-away", "on": "plc.mqtt.out", "id": "it"})
    await floor.until(lambda: floor.out.depth > 60)
    floor.stage.act({"clear": "it"})
    await floor.until(lambda: floor.out.depth < 5)
    floor.stage.act({"pause": True})
    await floor.stage.settled()
    shown = floor.stage.act({"do": "plc.read", "with": {"plc": "CELL", "tag": "Level"}})
    last = shown["result"]["value"]
    await listener.until(lambda: any(one["value"] == last for one in said(listener, level)))
    times = sorted({one["timestamp"] for one in said(listener, level)})
    seconds = [int(at[17:19]) + 60 * int(at[14:16]) for at in times]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))  # each scan, none missing
    late = [one for one in said(listener, level) if one.get("historical")]
    assert [one["timestamp"] for one in late] == sorted(one["timestamp"] for one in late)
    assert len(late) > 10
