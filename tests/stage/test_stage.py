"""A stage: backlogs, windows, triggers, runs and restarts, through its public face."""

import functools
from pathlib import Path

import httpx
import orjson
import pytest

from simulator.core.clock import MAX
from simulator.core.durations import HOUR, MINUTE, SECOND
from simulator.core.errors import Mistake, Mistakes, Refusal
from simulator.plant import load_plant
from simulator.stage.actions import parse_action
from simulator.stage.site import Site
from simulator.stage.stage import Stage
from simulator.stage.steps import Step

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"
GEARBOX = PAYLOADS / "plants" / "gearbox.yaml"
START = 1_772_427_600_000_000  # Monday 2026-03-02T06:00 in Berlin


@functools.cache
def gearbox():
    return load_plant(GEARBOX, PAYLOADS)


@pytest.fixture
def stage() -> Stage:
    return Stage.build(gearbox(), payloads=PAYLOADS, seed=7, start=START, speed=60.0, network=False)


def order(stage: Stage, name: str) -> None:
    given = {"item": "GB-100", "quantity": 1, "id": name, "release": True}
    stage.act({"do": "mes.create_order", "with": given})


def entries(stage: Stage, **fields) -> list[dict]:
    found = (orjson.loads(raw) for _, raw in stage.journal.store.scan(0))
    return [one for one in found if all(one.get(k) == v for k, v in fields.items())]


# --- what transports remember --------------------------------------------------------------------


def test_what_a_transport_remembers_is_saved_with_the_plant(stage: Stage) -> None:
    stage.gate.memory("wms.http")["seen"] = {"<1@x>": "digest"}
    saved = stage.save()
    stage.gate.memory("wms.http")["seen"]["<2@x>"] = "digest"
    stage.restore(saved)
    assert stage.gate.memory("wms.http") == {"seen": {"<1@x>": "digest"}}
    assert stage.gate.memory("mes.http") == {}


# --- what is said --------------------------------------------------------------------------------


async def test_what_one_partner_says_is_no_other_partners_though_nobody_is_connected():
    site = Site(port=0, payloads=PAYLOADS)
    stage = site.add(GEARBOX, start=START)
    await site.start()
    try:
        stage.act({"do": "supplier.ship", "with": {"supplier": "BEARCO", "against": "4500017001"}})
        said = entries(stage, document="ship-notice")
        assert [(one["endpoint"], one["outcome"]) for one in said] == [
            ("edi.bearco", "not-connected")
        ]
    finally:
        await site.stop()


# --- backlogs ----------------------------------------------------------------------------------


def held(stage: Stage, count: int = 6) -> list[str]:
    """A backlog of order-status messages; the orders in the order in which they were queued."""
    stage.act({"hold": "mes.events"})
    for number in range(count):
        order(stage, f"H{number}")
    link = stage.links["mes.events.out"]
    return [message.keys["order"][0] for _, message in link.queue]


def sent(stage: Stage) -> list[str]:
    done = [e for e in entries(stage, endpoint="mes.events") if e["outcome"] == "planned"]
    done.sort(key=lambda e: (e["done_at"], e["seq"]))
    return [e["keys"]["order"][0] for e in done if e["keys"]["order"][0].startswith("H")]


def test_a_held_link_keeps_what_it_should_send_and_says_how_much(stage):
    waiting = held(stage)
    link = next(one for one in stage.describe_links() if one["name"] == "mes.events.out")
    assert link["state"] == "held"
    assert link["depth"] == len(waiting) >= 6
    assert sent(stage) == []


def test_a_release_at_a_rate_sends_one_message_an_interval_in_order(stage):
    waiting = held(stage)
    stage.act({"release": "mes.events", "rate": "2/s"})  # half a wall second is 30 s of plant time
    assert sent(stage) == waiting[:1]
    stage.advance(START + 30 * SECOND - 1)
    assert sent(stage) == waiting[:1]
    stage.advance(START + 30 * SECOND)
    assert sent(stage) == waiting[:2]
    stage.advance(START + 24 * HOUR)
    assert sent(stage)[: len(waiting)] == waiting
    assert stage.links["mes.events.out"].state == "open"
    assert entries(stage, event="link.drained")


def test_what_comes_while_a_link_drains_goes_behind_the_backlog(stage):
    waiting = held(stage)
    stage.act({"release": "mes.events", "rate": "1/s"})
    order(stage, "H-late")
    stage.advance(START + 2 * HOUR)
    told = sent(stage)
    assert told[: len(waiting)] == waiting
    assert "H-late" in told


def test_a_shuffled_release_loses_nothing_and_declares_its_duplicates(stage):
    waiting = held(stage, 12)
    stage.act({"release": "mes.events", "order": "shuffled", "duplicate": "50%"})
    copies = [e for e in entries(stage, endpoint="mes.events") if e.get("copy")]
    assert copies
    assert sorted(sent(stage)) == sorted(waiting + [c["keys"]["order"][0] for c in copies])
    assert stage.links["mes.events.out"].depth == 0


def test_newest_first(stage):
    waiting = held(stage)
    stage.act({"release": "mes.events", "order": "newest_first", "rate": "100/s"})
    stage.advance(START + HOUR)
    order_of = {e["seq"]: e for e in entries(stage, endpoint="mes.events")}
    done = sorted(order_of.values(), key=lambda e: e.get("done_at", 0))
    first = [e["keys"]["order"][0] for e in done if e["keys"].get("order", [""])[0] == waiting[-1]]
    assert first


def test_a_purge_is_journalled_message_by_message(stage):
    waiting = held(stage)
    stage.act({"purge": "mes.events"})
    assert stage.links["mes.events.out"].depth == 0
    assert len(entries(stage, outcome="purged")) == len(waiting)


def test_only_what_sends_can_be_held(stage):
    with pytest.raises(Mistake, match="sends nothing"):
        stage.act({"hold": "wms.http"})


# --- runs --------------------------------------------------------------------------------------


def test_a_run_leaves_nothing_behind(stage):
    steps = [
        Step(at="0s", action={"fault": "latency", "on": "wms", "delay": "1s", "for": "9h"}),
        Step(at="0s", action={"hold": "mes.events", "for": "9h"}),
        Step(at="0s", every="1m", action={"note": "tick"}),
        Step(when={"event": "note"}, after="1m", times=3, action={"note": "tock"}),
    ]
    stage.schedule(steps, run="r", origin=START)
    stage.advance(START + 5 * MINUTE)
    assert stage.desk.faults
    stage.end_run("r")
    assert not stage.desk.faults
    assert stage.links["mes.events.out"].state == "open"
    assert not stage.timeline.triggers
    assert not [e for e in stage.agenda.events() if e.kind == "stage.fire"]


def test_a_trigger_fires_for_each_entry_that_matches_and_after_its_delay(stage):
    step = Step(
        when={"system": "mes", "document": "order-status", "order": "T1"},
        after="5m",
        times=1,
        action={"note": "{{ entry.order }} was heard of"},
    )
    stage.schedule([step], run="r", origin=START)
    order(stage, "T0")
    order(stage, "T1")
    stage.advance(START + 5 * MINUTE - 1)
    assert not entries(stage, event="note")
    stage.advance(START + HOUR)
    assert [e["note"] for e in entries(stage, event="note")] == ["T1 was heard of"]


def test_a_trigger_fires_once_for_a_message_however_often_it_is_tried(stage):
    step = Step(when={"document": "probe"}, action={"note": "heard"})
    stage.schedule([step], run="r", origin=START)
    entry = {"kind": "message", "document": "probe", "at": START, "outcome": "queued"}
    seq = stage.journal.append(entry)
    for told in ({"attempts": 1}, {"outcome": "retrying"}, {"outcome": "delivered"}):
        stage.journal.complete(seq, told)
        stage.advance(START + MINUTE)
        assert len(entries(stage, event="note")) == (told.get("outcome") == "delivered")


def test_steps_that_trigger_each_other_for_ever_are_named_and_not_run_for_ever(stage, monkeypatch):
    monkeypatch.setattr("simulator.stage.stage.SAME_INSTANT", 2_000)
    stage.schedule([Step(when={"event": "note"}, action={"note": "again"})], run="r", origin=START)
    stage.act({"note": "go"})
    with pytest.raises(Mistake, match="trigger each other"):
        stage.advance(START + SECOND)


def test_a_step_that_fails_is_told_and_the_others_go_on(stage):
    steps = [
        Step(name="bad", at="1m", action={"do": "mes.release_order", "with": {"order": "NONE"}}),
        Step(name="good", at="2m", action={"note": "still here"}),
    ]
    stage.schedule(steps, run="r", origin=START)
    stage.advance(START + HOUR)
    assert entries(stage, event="step.failed", step="bad")
    assert entries(stage, event="note")


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"do": "mes.relase_order"}, "did you mean 'mes.release_order'"),
        ({"do": "mse.release_order"}, "unknown system"),
        ({"do": "mes.create_order", "with": {"item": "GB-100"}}, "quantity"),
        ({"fault": "outage", "on": "wms.http", "for": 20}, "needs a unit"),
        ({"fault": "outage", "on": "wms.http", "mode": "sulk"}, "sulk"),
        ({"hold": "mes.event"}, "did you mean 'mes.events'"),
        ({"release": "mes.events", "rate": "fast"}, "not a rate"),
        ({"release": "mes.events", "duplicate": "110%"}, "between 0% and 100%"),
        ({"speed": 0}, "not a speed"),
        ({"clear": "everything"}, "unknown fault"),
        ({"do": "mes.list_orders", "note": "x"}, "two actions"),
        ({"nothing": 1}, "no action"),
        ({"ask": {"fetch": "http://x"}}, "unknown method"),
        ({"note": "{{ nobody }}"}, "nobody"),
    ],
)
def test_actions_that_cannot_be_meant(stage, given, what):
    with pytest.raises((Mistake, Mistakes), match=what):
        stage.act(given)


def test_checking_an_action_does_nothing(stage):
    before = stage.save()
    assert not stage.check_action({"fault": "latency", "on": "wms", "delay": "1s"})
    assert stage.check_action({"fault": "latency", "on": "wmss", "delay": "1s"})
    assert stage.save() == before


def test_a_refusal_of_a_system_reaches_who_asked(stage):
    with pytest.raises(Refusal, match="NONE"):
        stage.act({"do": "mes.release_order", "with": {"order": "NONE"}})


def test_an_unknown_action_key_says_what_was_probably_meant():
    with pytest.raises(Mistake, match="did you mean 'duplicate'"):
        parse_action({"release": "mes.events", "duplicates": "10%"})


# --- restarts and tenants ----------------------------------------------------------------------


async def test_a_restart_loses_nothing(tmp_path):
    async def once(work):
        site = Site(port=0, payloads=PAYLOADS, data=tmp_path)
        stage = site.add(GEARBOX, seed=7, start=START, speed=1)
        await site.start()
        try:
            async with httpx.AsyncClient(
                base_url=stage.urls()["mes.http"]["url"], trust_env=False
            ) as client:
                return await work(stage, client)
        finally:
            await site.stop()

    async def before(stage, client):
        stage.act({"hold": "mes.events"})
        stage.act({"fault": "latency", "on": "wms.http", "delay": "1ms", "id": "slow"})
        body = {"ID": "KEEP", "WorkMasterID": "GB-100", "Quantity": {"Value": 3}}
        headers = {"Idempotency-Key": "k"}
        assert (await client.post("/job-orders", json=body, headers=headers)).status_code == 201
        return len(stage.journal)

    async def after(stage, client):
        kept = await client.get("/job-orders/KEEP")
        assert kept.json()["Quantity"]["Value"] == 3
        body = {"ID": "KEEP", "WorkMasterID": "GB-100", "Quantity": {"Value": 3}}
        again = await client.post("/job-orders", json=body, headers={"Idempotency-Key": "k"})
        assert again.headers["idempotency-replayed"] == "true"
        assert stage.links["mes.events.out"].state == "held"
        assert [one["id"] for one in stage.describe_faults()] == ["slow"]
        return len(stage.journal)

    assert await once(before) < await once(after)


async def test_one_tenants_trouble_never_reaches_another(tmp_path):
    (tmp_path / "plants").mkdir()
    text = GEARBOX.read_text().partition("  # Trading partners")[0]
    text = text.replace("      sap:", "      #sap:")
    for name in ("one", "two"):
        target = tmp_path / "plants" / f"{name}.yaml"
        target.write_text(text.replace("plant: gearbox", f"plant: {name}"))
    site = Site(port=0, payloads=tmp_path)
    one = site.add(tmp_path / "plants" / "one.yaml", seed=1, start=START)
    two = site.add(tmp_path / "plants" / "two.yaml", seed=1, start=START)
    await site.start()
    try:
        one.act({"fault": "outage", "on": "mes.http", "mode": "status", "status": 503})
        one.act({"speed": 100})
        async with httpx.AsyncClient(trust_env=False) as client:
            body = {"ID": "X", "WorkMasterID": "GB-100", "Quantity": {"Value": 1}}
            bad = await client.post(one.urls()["mes.http"]["url"] + "/job-orders", json=body)
            good = await client.post(two.urls()["mes.http"]["url"] + "/job-orders", json=body)
        assert (bad.status_code, good.status_code) == (503, 201)
        assert two.clock.speed == 1
        assert not [e for e in entries(two) if e.get("plant") != "two"]
        with pytest.raises(Refusal):
            one.plant.order("X")
    finally:
        await site.stop()


def test_two_plants_of_one_name_are_refused():
    site = Site(payloads=PAYLOADS)
    site.add(GEARBOX, network=False)
    with pytest.raises(Mistake, match="two plants are called 'gearbox'"):
        site.add(GEARBOX, network=False)


async def test_at_speed_max_a_dead_partner_does_not_stop_plant_time():
    site = Site(port=0, payloads=PAYLOADS, variables={"ERP_URL": "http://127.0.0.1:9"})
    stage = site.add(GEARBOX, start=START, speed=MAX)
    await site.start()
    try:
        await stage.run_until(START + 2 * HOUR)
        assert stage.now >= START + 2 * HOUR
        assert stage.links["mes.events.out"].depth > 0
    finally:
        await site.stop()
