"""The control plane over real sockets."""

from __future__ import annotations

import asyncio
import time

import httpx
import orjson
import pytest

from simulator.control import models
from simulator.control.reading import BITE, read
from simulator.core.match import Match


async def test_health_and_readiness_need_no_application(running):
    from simulator.control.front import shared_server

    front = shared_server(running.site)._apps["/control"]
    assert (await running.client.get("/control/health")).json()["status"] == "ok"
    assert (await running.client.get("/control/ready")).json() == {"ready": True}
    assert front._app is None
    running.stage.ready = False
    assert (await running.client.get("/control/ready")).status_code == 503
    await running.client.get("/control/plants")
    assert front._app is not None
    assert (await running.client.get("/control/ready")).status_code == 503
    running.stage.ready = True
    assert (await running.client.get("/control/health")).json()["status"] == "ok"


async def test_plants_endpoints_systems(running):
    plants = (await running.client.get("/control/plants")).json()
    assert [one["name"] for one in plants] == ["tiny", "other"]
    models.Plant.model_validate(plants[0])
    endpoints = await running.ask("GET", "/endpoints")
    for one in endpoints.values():
        models.Endpoint.model_validate(one)
    # each URL of an inbound endpoint answers
    for name in ("mes.http", "wms.http"):
        reply = await running.client.get(endpoints[name]["url"] + "/no/such/place")
        assert reply.status_code == 404
        assert reply.headers["content-type"] == "application/problem+json"
    systems = await running.ask("GET", "/systems")
    assert {one["name"] for one in systems} == {"mes", "wms"}
    models.System.model_validate(systems[0])
    operations = await running.ask("GET", "/systems/mes/operations")
    assert operations["create_order"]["input"]["additionalProperties"] is False


async def test_unknown_names_say_what_was_probably_meant(running):
    for path, cure in (
        ("/control/plants/tny", "did you mean 'tiny'?"),
        ("/control/plants/tiny/systems/mess/operations", "did you mean 'mes'?"),
        ("/control/plants/tiny/links/mes.htp.in", "did you mean 'mes.http.in'?"),
        ("/control/plants/tiny/faults/x", "there are none"),
        ("/control/plants/tiny/runs/x", "there are none"),
        ("/control/nowhere", "/control/docs lists what there is"),
    ):
        reply = await running.client.get(path)
        assert reply.status_code == 404, reply.text
        assert reply.headers["content-type"] == "application/problem+json"
        problem = reply.json()
        assert problem["cure"] == cure
        assert problem["instance"] == path
        assert problem["status"] == 404


async def test_an_operation_does_what_the_same_action_does(running):
    asked = {"item": "GEAR", "quantity": 3}
    one = await running.ask("POST", "/systems/mes/operations/create_order", json=asked)
    other = await running.ask(
        "POST", "/actions", json={"do": "mes.create_order", "with": {**asked}}
    )
    assert one["result"]["item"] == other["result"]["item"] == "GEAR"
    assert one["result"].keys() == other["result"].keys()
    got = await running.ask(
        "POST", "/systems/mes/operations/get_order", json={"order": one["result"]["id"]}
    )
    assert got["result"]["id"] == one["result"]["id"]


async def test_bad_input_is_named_by_pointer(running):
    problem = await running.ask(
        "POST",
        "/systems/mes/operations/create_order",
        json={"item": "GEAR", "quantity": -1, "prio": 3},
        status=422,
    )
    pointers = {one["pointer"] for one in problem["errors"]}
    assert any("quantity" in pointer for pointer in pointers)
    assert any("prio" in pointer for pointer in pointers)
    assert any("priority" in one.get("cure", "") for one in problem["errors"])
    refused = await running.ask(
        "POST", "/systems/mes/operations/get_order", json={"order": "nope"}, status=404
    )
    assert refused["type"] == "urn:stagefloor:problem:not-found"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"faul": "outage", "on": "wms.http"}, "did you mean 'fault'?"),
        ({"fault": "outtage", "on": "wms.http"}, "did you mean 'outage'?"),
        ({"fault": "latency", "on": "wms.htp", "delay": "1s"}, "did you mean 'wms.http'?"),
        ({"fault": "latency", "on": "wms.http", "delay": "1s", "dealy": "1s"}, "unknown key"),
        ({"do": "mes.create_ordr", "with": {}}, "did you mean 'mes.create_order'?"),
        ({"hold": "mes.events", "for": 15}, "15s, 15m or 15h"),
        ({"speed": 0}, "not a speed"),
        ({"note": "a", "purge": "mes"}, "two actions at once"),
        ({}, "no action"),
        ({"fault": "latency", "on": "wms.http", "delay": "1s", "match": {"statu": 1}}, "status"),
        ({"fault": "outage", "on": "wms.http", "until": "1970-01-01T00:00"}, "has passed already"),
    ],
)
async def test_a_wrong_action_is_refused_with_its_cure(running, body, words):
    problem = await running.ask("POST", "/actions", json=body, status=422)
    assert words in str(problem)
    assert await running.ask("GET", "/faults") == []


async def test_bodies_are_strict_and_bounded(running):
    url = "/control/plants/tiny/clock"
    unknown = await running.client.patch(url, json={"sped": 3})
    assert unknown.status_code == 422
    assert "sped" in unknown.text
    broken = await running.client.patch(
        url, content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code == 400
    assert "not JSON" in broken.json()["detail"]
    unsaid = await running.client.patch(
        url, content=b'{"speed": 3}', headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert unsaid.status_code == 415
    assert "application/json" in unsaid.json()["cure"]
    plain = await running.client.patch(url, content=b'{"speed": 3}')
    assert plain.status_code == 415
    without = await running.client.post("/control/plants/tiny/actions")
    assert (without.status_code, without.json()["detail"]) == (422, "a body is missing")
    large = await running.client.post("/control/plants/tiny/actions", content=b"x" * 1_100_000)
    assert large.status_code == 413

    async def drip():
        for _ in range(20):
            yield b" " * 100_000

    try:
        headers = {"content-type": "application/json"}
        dripped = await running.client.post(
            "/control/plants/tiny/actions", content=drip(), headers=headers
        )
        assert dripped.status_code == 413
    except httpx.WriteError:
        pass  # it was cut off before it could read the answer
    wrong = await running.client.put(url)
    assert wrong.status_code == 405
    assert running.stage.clock.speed == 1


async def test_web_pages_of_strangers_are_refused(running):
    url = "/control/plants/tiny/links/mes.events/hold"
    foreign = await running.client.post(url, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    rebound = await running.client.get("/control/plants", headers={"host": "evil.example"})
    assert rebound.status_code == 403
    same = await running.client.get(
        "/control/plants", headers={"origin": str(running.client.base_url).rstrip("/")}
    )
    assert same.status_code == 200
    assert running.stage.links["mes.events.out"].state == "open"


async def test_a_fault_has_an_end_acts_and_is_cleared(running):
    fault = await running.ask(
        "POST", "/faults", json={"fault": "latency", "on": "wms.http", "delay": "150ms"},
        status=201,
    )  # fmt: skip
    models.Fault.model_validate(fault)
    assert fault["until"] is not None
    span = running.stage.faults if hasattr(running.stage, "faults") else None
    assert span is None or span
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    began = time.monotonic()
    assert (await running.client.get(f"{url}/stock")).status_code == 200
    assert time.monotonic() - began >= 0.15
    assert (await running.ask("GET", f"/faults/{fault['id']}"))["touched"] == 1
    links = {one["name"]: one for one in await running.ask("GET", "/links")}
    assert links["wms.http.in"]["faults"] == [fault["id"]]
    entries = await running.ask("GET", f"/journal?fault={fault['id']}&kind=message")
    assert len(entries["entries"]) == 1
    gone = await running.ask("DELETE", f"/faults/{fault['id']}")
    assert gone == {"cleared": [fault["id"]]}
    assert await running.ask("GET", "/faults") == []
    await running.ask("DELETE", f"/faults/{fault['id']}", status=404)
    assert await running.ask("DELETE", "/faults") == {"cleared": []}


async def test_a_fault_by_hand_lasts_an_hour_of_plant_time(running):
    await running.ask("PATCH", "/clock", json={"paused": True})
    body = {"fault": "error-rate", "on": "wms.http", "status": 503}
    await running.ask("POST", "/faults", json=body, status=201)
    await running.ask("POST", "/clock/step", json={"for": "59m"})
    assert len(await running.ask("GET", "/faults")) == 1
    await running.ask("POST", "/clock/step", json={"for": "1m"})
    assert await running.ask("GET", "/faults") == []


async def test_connections_are_refused_while_an_outage_lasts(running):
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    body = {"fault": "outage", "on": "wms.http", "mode": "refuse", "for": "10m", "id": "down"}
    await running.ask("POST", "/faults", json=body, status=201)
    again = await running.ask("POST", "/faults", json=body, status=422)
    assert "already in force" in again["detail"]
    async with httpx.AsyncClient(trust_env=False) as fresh:
        with pytest.raises(httpx.ConnectError):
            await fresh.get(f"{url}/stock")
        await running.ask("DELETE", "/faults")
        assert (await fresh.get(f"{url}/stock")).status_code == 200


async def test_every_fault_kind_is_listed_with_its_schema(running):
    kinds = await running.ask("GET", "/faults/kinds")
    assert {"outage", "latency", "drop"} <= kinds.keys()
    for one in kinds.values():
        models.FaultKind.model_validate(one)
        assert one["schema"]["additionalProperties"] is False


async def test_hold_release_purge(running):
    held = await running.ask("POST", "/links/mes.events/hold")
    assert [one["state"] for one in held] == ["held"]
    asked = {"item": "GEAR", "quantity": 1, "release": True}
    await running.ask("POST", "/systems/mes/operations/create_order", json=asked)
    link = await running.ask("GET", "/links/mes.events.out")
    models.Link.model_validate(link)
    assert link["depth"] >= 1
    assert link["oldest"] is not None
    before = link["depth"]
    purged = await running.ask("POST", "/links/mes.outbound/purge")
    assert purged[0]["depth"] == 0
    gone = await running.ask("GET", "/journal?outcome=purged")
    assert len(gone["entries"]) == before
    wrong = await running.ask(
        "POST", "/links/mes.events/release", json={"rate": "fast"}, status=422
    )
    assert "5/s" in str(wrong)
    free = await running.ask("POST", "/links/mes.events/release", json={"rate": "5/s"})
    assert free[0]["state"] == "open"
    await running.ask("POST", "/links/nope/hold", status=404)
    timed = await running.ask(
        "POST", "/links/mes.events/hold", json={"for": "5m", "release": {"order": "shuffled"}}
    )
    assert timed[0]["state"] == "held"


async def test_the_clock_is_paused_stepped_and_sped_up(running):
    clock = await running.ask("PATCH", "/clock", json={"paused": True})
    models.Clock.model_validate(clock)
    await asyncio.sleep(0.05)
    assert (await running.ask("GET", "/clock"))["instant"] == clock["instant"]
    stepped = await running.ask("POST", "/clock/step", json={"for": "1h"})
    assert stepped["instant"] - clock["instant"] == 3600 * 1_000_000
    await running.ask("POST", "/clock/step", json={"for": "-1h"}, status=422)
    fast = await running.ask("PATCH", "/clock", json={"paused": False, "speed": 3600})
    assert fast["speed"] == 3600
    await asyncio.sleep(0.1)
    assert (await running.ask("GET", "/clock"))["instant"] - fast["instant"] > 300 * 1_000_000
    await running.ask("PATCH", "/clock", json={"speed": -1}, status=422)
    # one plant's clock is not the other's
    assert running.site.stages["other"].clock.speed == 1


async def test_stepping_does_what_is_due_on_the_way(running):
    await running.ask("PATCH", "/clock", json={"paused": True})
    asked = {"item": "GEAR", "quantity": 5, "release": True}
    order = await running.ask("POST", "/systems/mes/operations/create_order", json=asked)
    await running.ask("POST", "/clock/step", json={"for": "8h"})
    got = await running.ask(
        "POST", "/systems/mes/operations/get_order", json={"order": order["result"]["id"]}
    )
    assert got["result"]["status"] == "completed"


async def test_journal_queries_page_and_sort(running):
    for index in range(25):
        await running.ask("POST", "/actions", json={"note": f"n{index}"})
    first = await running.ask("GET", "/journal?event=note&limit=10")
    models.Entries.model_validate(first)
    assert [one["note"] for one in first["entries"]] == [f"n{i}" for i in range(10)]
    second = await running.ask("GET", f"/journal?event=note&limit=10&after={first['next']}")
    assert second["entries"][0]["note"] == "n10"
    last = await running.ask("GET", "/journal?event=note&limit=10&sort=newest")
    assert [one["note"] for one in last["entries"]] == [f"n{i}" for i in range(24, 14, -1)]
    older = await running.ask(
        "GET", f"/journal?event=note&limit=20&sort=newest&before={last['next']}"
    )
    assert older["entries"][0]["note"] == "n14"
    assert older["next"] is None
    one = await running.ask("GET", f"/journal/{first['entries'][0]['seq']}")
    assert one["note"] == "n0"
    await running.ask("GET", "/journal/999999", status=404)
    unknown = await running.ask("GET", "/journal?sytem=wms", status=422)
    assert unknown["cure"] == "did you mean 'system'?"
    await running.ask("GET", "/journal?limit=1001", status=422)
    # `order` and `count` are business keys as well
    assert (await running.ask("GET", "/journal?order=4711"))["entries"] == []


async def test_wait_until_enough_entries_match(running):
    async def later():
        for index in range(3):
            await asyncio.sleep(0.05)
            await running.ask("POST", "/actions", json={"note": f"n{index}"})

    noting = asyncio.create_task(later())
    found = await running.ask("GET", "/journal/wait?event=note&count=3&timeout=5")
    models.Waited.model_validate(found)
    assert found["complete"]
    assert [one["note"] for one in found["entries"]] == ["n0", "n1", "n2"]
    await noting
    began = time.monotonic()
    short = await running.ask("GET", "/journal/wait?event=note&count=4&timeout=0.2")
    assert not short["complete"]
    assert len(short["entries"]) == 3
    assert 0.15 < time.monotonic() - began < 2


async def test_wait_sees_what_an_entry_becomes(running):
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    waiting = asyncio.create_task(
        running.ask("GET", "/journal/wait?system=wms&status=2xx&timeout=5")
    )
    await asyncio.sleep(0.1)
    await running.client.get(f"{url}/stock")
    assert (await waiting)["entries"][0]["operation"] == "list_stock"


async def test_the_stream_follows_and_resumes(running):
    await running.ask("POST", "/actions", json={"note": "before"})
    events = []

    async def follow(headers, most):
        path = "/control/plants/tiny/journal/stream?event=note"
        async with running.client.stream("GET", path, headers=headers) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            async for line in reply.aiter_lines():
                if line.startswith("data: "):
                    events.append(orjson.loads(line[6:]))
                    if len(events) == most:
                        return

    following = asyncio.create_task(follow({}, 2))
    await asyncio.sleep(0.2)
    await running.ask("POST", "/actions", json={"note": "one"})
    await running.ask("POST", "/actions", json={"note": "two"})
    await asyncio.wait_for(following, 5)
    assert [one["note"] for one in events] == ["one", "two"]
    last = str(events[0]["seq"])
    events.clear()
    await asyncio.wait_for(follow({"last-event-id": last}, 1), 5)
    assert events[0]["note"] == "two"


async def test_verify_judges_with_near_misses(running):
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    await running.client.get(f"{url}/stock")
    claim = {"of": {"system": "wms", "operation": "list_stock", "status": 200}, "exactly": 1}
    outcome = await running.ask("POST", "/verify", json={"expectation": claim})
    models.Outcome.model_validate(outcome)
    assert outcome["kept"]
    claim["of"]["status"] = 500
    broken = await running.ask("POST", "/verify", json={"expectation": claim})
    assert not broken["kept"]
    assert "status" in " ".join(broken["evidence"])
    wrong = await running.ask("POST", "/verify", json={"expectation": {"off": {}}}, status=422)
    assert "of" in wrong["cure"]


async def test_verify_waits(running):
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    claim = {"of": {"system": "wms", "operation": "list_stock"}, "at_least": 1}
    body = {"expectation": claim, "wait": "5s"}
    verifying = asyncio.create_task(running.ask("POST", "/verify", json=body))
    await asyncio.sleep(0.2)
    assert not verifying.done()
    await running.client.get(f"{url}/stock")
    assert (await verifying)["kept"]


async def test_snapshots_bring_everything_back(running):
    await running.ask("PATCH", "/clock", json={"paused": True})
    saved = await running.client.get("/control/plants/tiny/snapshot")
    assert saved.status_code == 200
    asked = {"item": "STEEL", "quantity": 7, "bin": "A-01", "lot": "S-1", "reason": "test"}
    await running.ask("POST", "/systems/wms/operations/adjust", json=asked)
    await running.ask("POST", "/faults", json={"fault": "drop", "on": "wms.http"}, status=201)
    stock = running.stage.plant.total_stock()
    headers = {"content-type": "application/json"}
    put = await running.client.put(
        "/control/plants/tiny/snapshot", content=saved.content, headers=headers
    )
    assert put.status_code == 200, put.text
    assert running.stage.plant.total_stock()["STEEL"] == stock["STEEL"] - 7
    assert await running.ask("GET", "/faults") == []
    again = await running.client.get("/control/plants/tiny/snapshot")
    assert orjson.loads(again.content)["plant"] == orjson.loads(saved.content)["plant"]


async def test_a_snapshot_that_does_not_fit_changes_nothing(running):
    await running.ask("PATCH", "/clock", json={"paused": True})
    before = (await running.client.get("/control/plants/tiny/snapshot")).content
    other = (await running.client.get("/control/plants/other/snapshot")).content
    broken = orjson.loads(before)
    del broken["links"]
    for content in (b"{}", b"nonsense", b"[]", other, orjson.dumps(broken)):
        reply = await running.client.put("/control/plants/tiny/snapshot", content=content)
        assert reply.status_code == 422, reply.text
    after = (await running.client.get("/control/plants/tiny/snapshot")).content
    assert after == before


async def test_reset_starts_anew(running):
    asked = {"item": "STEEL", "quantity": 7, "bin": "A-01", "lot": "S-1", "reason": "test"}
    await running.ask("POST", "/systems/wms/operations/adjust", json=asked)
    await running.ask("POST", "/links/mes.events/hold")
    clock = await running.ask("POST", "/reset")
    assert clock["instant"] < 1_000_000
    assert running.stage.plant.total_stock()["STEEL"] == 1000
    assert running.stage.links["mes.events.out"].state == "open"
    later = await running.ask("POST", "/reset", json={"start": "2026-03-02T06:00", "seed": 9})
    assert later["now"].startswith("2026-03-02T06:00")
    assert running.stage.seed == 9
    assert len((await running.ask("GET", "/journal?event=plant.reset"))["entries"]) == 2


async def test_metrics(running):
    url = (await running.ask("GET", "/endpoints"))["wms.http"]["url"]
    await running.client.get(f"{url}/stock")
    await running.ask("POST", "/faults", json={"fault": "drop", "on": "wms.http"}, status=201)
    await running.ask("POST", "/links/mes.events/hold")
    reply = await running.client.get("/metrics")
    text = reply.text
    assert reply.headers["content-type"].startswith("text/plain")
    assert 'stagefloor_link_messages_total{link="wms.http.in",plant="tiny"} 1.0' in text
    assert 'stagefloor_faults_active{kind="drop",plant="tiny"} 1.0' in text
    assert 'stagefloor_link_open{link="mes.events.out",plant="tiny"} 0.0' in text
    assert 'stagefloor_journal_refused_total{plant="other"} 0.0' in text
    assert 'route="/control/plants/{plant}/endpoints"' in text
    for name in ("lateness_p99_seconds", "link_depth", "link_oldest_seconds", "journal_entries"):
        assert f"stagefloor_{name}" in text


async def test_openapi_and_docs_need_no_network(running):
    document = (await running.client.get("/control/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "/control/plants/{plant}/verify" in document["paths"]
    assert "Problem" in document["components"]["schemas"]
    page = (await running.client.get("/control/docs")).text
    assert "/control/plants/{plant}/faults" in page
    assert "src=" not in page
    assert "http://" not in page.replace("http://127.0.0.1", "")


async def test_a_long_query_lets_the_plant_go_on(running):
    journal = running.stage.journal
    for _ in range(60_000):
        journal.append({"kind": "event", "event": "filler", "at": 0})
    turns = 0

    async def beat():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    found = read(journal, Match({"event": "nothing"}))
    beating = asyncio.create_task(beat())
    assert await found == []
    beating.cancel()
    assert turns >= 60_000 // BITE - 2
    asked = await running.ask("GET", "/journal?event=nothing")
    assert asked["entries"] == []
    assert asked["size"] >= 60_000
