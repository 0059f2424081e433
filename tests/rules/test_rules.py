"""The eight rules of docs/design.md: each has a test that fails where the rule is broken."""

import asyncio
import functools
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.core.durations import HOUR, MINUTE, SECOND
from simulator.core.errors import Mistake, UnknownName
from simulator.core.journal import Journal, MemoryStore
from simulator.core.message import Message, Request
from simulator.plant import load_plant
from simulator.stage.actions import action_models
from simulator.stage.site import Site
from simulator.stage.stage import Stage
from simulator.stage.steps import Step

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = ROOT / "payloads"
GEARBOX = PAYLOADS / "plants" / "gearbox.yaml"
START = 1_772_427_600_000_000  # 2026-03-02T05:00Z, an hour before the Monday's first shift ends

STEPS = [
    Step(
        name="orders",
        at="1m",
        every={"mean": "11m", "spread": "exponential"},
        times=30,
        action={
            "do": "mes.create_order",
            "with": {"item": "GB-100", "quantity": 2, "release": True},
        },
    ),
    Step(name="hold", at="30m", action={"hold": "mes.events", "for": "25m",
         "release": {"rate": "2/s", "order": "shuffled", "duplicate": "30%"}}),
    Step(name="slow", at="40m", action={"fault": "latency", "on": "wms.http", "delay": "50ms",
         "for": "20m"}),
]  # fmt: skip


def dry(seed: int = 7, speed: float = 60.0, model=None, **more) -> Stage:
    """The gearbox plant without a network."""
    model = model or load_plant(GEARBOX, PAYLOADS)
    return Stage.build(
        model, payloads=PAYLOADS, seed=seed, start=START, speed=speed, network=False, **more
    )


def history(stage: Stage, after: int = 0) -> list[bytes]:
    return [raw for _, raw in stage.journal.store.scan(after)]


@functools.cache
def gearbox():
    return load_plant(GEARBOX, PAYLOADS)


@pytest.fixture
def model():
    return gearbox()


# --- 1 ---------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(moments=st.lists(st.integers(0, 5 * HOUR), min_size=1, max_size=3))
def test_rule_1_a_plant_is_data(moments):
    """Saved at random instants, restored and gone on: the same bytes as straight through."""
    model = gearbox()
    straight = dry(model=model)
    straight.schedule(STEPS, run="r", origin=START)
    straight.advance(START + 5 * HOUR)

    stage = dry(model=model)
    stage.schedule(STEPS, run="r", origin=START)
    for moment in sorted(moments):
        stage.advance(START + moment)
        saved = stage.save()
        journal = Journal(_Continued(history(stage)))
        stage = dry(seed=99, model=model, journal=journal, saved=saved)
        assert stage.save() == saved
    stage.advance(START + 5 * HOUR)
    assert stage.save() == straight.save()
    assert history(stage) == history(straight)


class _Continued(MemoryStore):
    """A journal that another one began."""

    def __init__(self, entries: list[bytes]) -> None:
        super().__init__()
        self._entries = list(entries)


# --- 2 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [1.0, 60.0, 3600.0])
def test_rule_2_plant_time_and_wall_time_never_mix(model, speed):
    """At any speed an injected delay is the same wall time, and a window the same plant time."""
    stage = dry(model=model, speed=speed)
    stage.act({"fault": "latency", "on": "wms.http", "delay": "50ms", "for": "20m"})
    link = stage.links["wms.http.in"]
    message = Message("wms.http", "in", Request("GET", "/stock"))
    assert link.treat(message, {}, stage.now, 0.0).delay == pytest.approx(0.05)
    stage.advance(START + 20 * MINUTE - 1)
    assert link.faults
    stage.advance(START + 20 * MINUTE)
    assert not link.faults


# --- 3 ---------------------------------------------------------------------------------------


def test_rule_3_chance_has_names(model):
    """A step that is added never changes another step's numbers; another seed changes them."""

    def firings(steps, seed=7):
        stage = dry(seed=seed, model=model)
        stage.schedule(steps, run="r", origin=START)
        stage.advance(START + 5 * HOUR)
        entries = [orjson.loads(raw) for raw in history(stage)]
        return [e["at"] for e in entries if e.get("step") == "orders"]

    noise = Step(name="noise", at="2m", every={"mean": "3m", "spread": "exponential"}, times=50,
                 action={"note": "{{ pick([1, 2, 3]) }} {{ between(1, 9) }}"})  # fmt: skip
    alone = firings(STEPS)
    assert len(alone) > 5
    assert firings([noise, *STEPS]) == alone
    assert firings(STEPS, seed=8) != alone


# --- 4 ---------------------------------------------------------------------------------------


async def test_rule_4_one_thread_of_decisions():
    """Of many who change one version at once exactly one wins, and nothing is counted twice."""
    site = Site(port=0, payloads=PAYLOADS)
    stage = site.add(GEARBOX, start=START)
    await site.start()
    try:
        mes = stage.urls()["mes.http"]["url"]
        wms = stage.urls()["wms.http"]["url"]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            order = {"ID": "RACE", "WorkMasterID": "GB-100", "Quantity": {"Value": 5}}
            created = await client.post(f"{mes}/job-orders", json=order)
            assert created.status_code == 201
            headers = {"If-Match": created.headers["etag"]}
            changes = [
                client.patch(f"{mes}/job-orders/RACE", json={"Priority": n}, headers=headers)
                for n in range(1, 21)
            ]
            statuses = [reply.status_code for reply in await asyncio.gather(*changes)]
            assert sorted(statuses) == [200] + [412] * 19
            before = stage.plant.total_stock()["BRG-6204"]
            one = {"item": "BRG-6204", "quantity": 1, "lot": "B6204-RACE"}
            same = {"Idempotency-Key": "the-same"}
            await asyncio.gather(
                *(client.post(f"{wms}/receipts", json=one) for _ in range(30)),
                *(client.post(f"{wms}/receipts", json=one, headers=same) for _ in range(30)),
            )
            assert stage.plant.total_stock()["BRG-6204"] == before + 31
    finally:
        await site.stop()


# --- 5 ---------------------------------------------------------------------------------------


def test_rule_5_faults_are_atomic_bounded_undone_and_named(model):
    stage = dry(model=model)
    # atomic: one link on which it cannot act, and none has it
    with pytest.raises(Mistake, match="cannot act"):
        stage.act({"fault": "outage", "mode": "refuse", "on": "mes.http"})
    assert not stage.desk.faults
    assert not any(link.faults for link in stage.links.values())
    # unknown names are errors, with what was probably meant
    with pytest.raises(UnknownName, match="did you mean 'latency'"):
        stage.act({"fault": "latancy", "on": "wms.http"})
    with pytest.raises(UnknownName, match="did you mean"):
        stage.act({"fault": "latency", "on": "wms.htp", "delay": "1s"})
    with pytest.raises(Mistake, match="dellay"):
        stage.act({"fault": "latency", "on": "wms.http", "dellay": "1s"})
    # undone with its run, however that ends
    steps = [Step(at="0s", action={"fault": "latency", "on": "wms.http", "delay": "1s"})]
    stage.schedule(steps, run="r", origin=START)
    stage.advance(START + SECOND)
    assert stage.links["wms.http.in"].faults
    stage.end_run("r")
    assert not stage.links["wms.http.in"].faults
    # named in the entry of each message that it touched
    stage.act({"fault": "latency", "on": "wms.http", "delay": "1s", "id": "treacle"})
    stage.gate.arrive("wms.http", Request("GET", "/stock"))
    assert orjson.loads(history(stage)[-1])["faults"] == ["treacle"]


# --- 6 ---------------------------------------------------------------------------------------


async def test_rule_6_bounded_and_loud():
    """A full journal refuses, evicts nothing, and shows in the metrics of the stage."""
    site = Site(port=0, payloads=PAYLOADS)
    stage = site.add(GEARBOX, start=START)
    stage.clock.set_speed(0.001)  # so that the plant itself says nothing meanwhile
    await site.start()
    limit = stage.journal.limit = len(stage.journal) + 5
    try:
        await stage.settled()  # PLCs have introduced themselves
        limit = stage.journal.limit = len(stage.journal) + 5
        url = stage.urls()["wms.http"]["url"]
        async with httpx.AsyncClient(trust_env=False) as client:
            statuses = [(await client.get(f"{url}/stock")).status_code for _ in range(8)]
        assert statuses[0] == 200
        assert statuses[-1] == 503
        assert len(stage.journal) == limit
        assert stage.journal.get(1)["seq"] == 1
        assert stage.overflow > 0
    finally:
        await site.stop()


def test_rule_6_a_full_queue_refuses_and_says_so(model):
    stage = dry(model=model)
    link = stage.links["mes.events.out"]
    link.limit = 3
    stage.act({"hold": "mes.events"})
    for number in range(6):
        order = {"item": "GB-100", "quantity": 1, "id": f"Q{number}"}
        stage.act({"do": "mes.create_order", "with": {**order, "release": True}})
    assert link.depth == 3
    assert stage.overflow > 0
    refused = [e for e in map(orjson.loads, history(stage)) if e.get("outcome") == "refused"]
    assert refused
    assert "limit" in refused[0]["error"]


# --- 7 ---------------------------------------------------------------------------------------


def test_rule_7_the_hot_path_is_raw():
    """Serving a plant's endpoints imports no FastAPI, and an entry of the journal is bytes."""
    program = f"""
import asyncio, sys
from pathlib import Path
from simulator.stage.site import Site

async def main():
    site = Site(port=0, payloads=Path({str(PAYLOADS)!r}))
    stage = site.add(Path({str(GEARBOX)!r}))
    await site.start()
    url = stage.urls()["mes.http"]["url"].split("//")[1]
    host, _, path = url.partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"GET /{{path}}/job-orders HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
    line = await reader.readline()
    assert b"200" in line, line
    writer.close()
    assert all(type(raw) is bytes for _, raw in stage.journal.store.scan(0))
    assert len(stage.journal)
    await site.stop()

asyncio.run(main())
found = [name for name in ("fastapi", "starlette") if name in sys.modules]
assert not found, found
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- 8 ---------------------------------------------------------------------------------------

EXAMPLES = {
    "do": {"do": "mes.create_order", "with": {"item": "GB-100", "quantity": 1, "id": "R8"}},
    "fault": {"fault": "latency", "on": "wms.http", "delay": "1ms", "id": "f"},
    "clear": {"clear": "all"},
    "hold": {"hold": "mes.events"},
    "release": {"release": "mes.events"},
    "purge": {"purge": "mes.events"},
    "speed": {"speed": 10},
    "pause": {"pause": True},
    "resume": {"resume": True},
    "step": {"step": "1s"},
    "ask": {"ask": {"get": "http://127.0.0.1:9/"}},
    "note": {"note": "hello"},
}


@pytest.mark.parametrize("key", sorted(action_models()))
def test_rule_8_a_scenario_and_the_control_plane_do_the_same(model, key):
    """Each action leaves the same events behind, whether a step does it or the control plane."""

    def told(stage):
        entries = [orjson.loads(raw) for raw in history(stage)]
        drop = ("seq", "run", "source", "wall")
        return [
            {k: v for k, v in e.items() if k not in drop}
            for e in entries
            if e.get("event") not in ("step.done", "run.ended")
        ]

    by_hand = dry(model=model)
    by_hand.advance(START)
    by_hand.act(EXAMPLES[key])
    by_step = dry(model=model)
    by_step.schedule([Step(at="0s", action=EXAMPLES[key])], run="r", origin=START)
    by_step.advance(START)
    assert not by_step.failures
    assert told(by_step) == told(by_hand)
