"""Runs over the control plane: on a live plant, with everything put back."""

import asyncio

import pytest

from simulator.control import models

SCENARIO = """\
scenario: A slow warehouse
plant: tiny
lasts: 10m
clock: {speed: 600}
steps:
  - at: 1m
    fault: latency
    on: wms.http
    delay: 1ms
  - at: 2m
    do: mes.create_order
    with: {item: GEAR, quantity: 2, release: true}
expect:
  - name: an order is released
    of: {kind: event, event: operation, operation: create_order}
    exactly: 1
  - name: nobody asks the warehouse
    never: {system: wms}
"""


async def start(running, *, status=202, **body):
    return await running.ask("POST", "/runs", json=body, status=status)


async def test_a_scenario_runs_on_the_live_plant(running):
    run = await start(running, yaml=SCENARIO, speed=600)
    models.Run.model_validate(run)
    assert run["state"] == "running"
    done = await running.ask("GET", f"/runs/{run['id']}?wait=20")
    assert done["state"] == "done", done
    assert done["verdict"]["verdict"] == "kept"
    assert [one["kept"] for one in done["verdict"]["expectations"]] == [True, True]
    # the fault had no end of its own: it went with the run
    assert await running.ask("GET", "/faults") == []
    assert running.stage.run is None
    assert running.stage.clock.speed == 1
    assert [one["id"] for one in await running.ask("GET", "/runs")] == [run["id"]]
    marked = await running.ask("GET", f"/journal?run={run['id']}&event=operation")
    assert len(marked["entries"]) == 1


async def test_a_broken_expectation_is_in_the_verdict(running):
    run = await start(running, yaml=SCENARIO.replace("exactly: 1", "exactly: 2"), speed=6000)
    done = await running.ask("GET", f"/runs/{run['id']}?wait=20")
    assert done["verdict"]["verdict"] == "broken"
    assert done["verdict"]["exit_code"] == 1


async def test_a_run_is_aborted_and_put_back(running):
    run = await start(running, yaml=SCENARIO, speed=60)
    found = await running.ask("GET", "/journal/wait?event=fault.applied&timeout=10")
    assert found["complete"]
    second = await start(running, yaml=SCENARIO, status=409)
    assert second["type"].endswith("run-under-way")
    await running.ask("POST", "/reset", status=409)
    aborted = await running.ask("DELETE", f"/runs/{run['id']}")
    assert aborted["state"] == "aborted"
    assert await running.ask("GET", "/faults") == []
    assert running.stage.run is None
    assert running.stage.clock.speed == 1
    again = await running.ask("DELETE", f"/runs/{run['id']}")
    assert again["state"] == "aborted"
    orders = await running.ask("POST", "/systems/mes/operations/list_orders", json={})
    assert "GEAR" not in str(orders)


async def test_scenarios_are_found_by_their_file(running):
    scenarios = running.site.payloads.parent / "scenarios"
    (scenarios / "slow.yaml").write_text(SCENARIO)
    run = await start(running, scenario="slow", speed=6000)
    assert run["scenario"] == "A slow warehouse"
    await running.ask("GET", f"/runs/{run['id']}?wait=20")
    wrong = await start(running, scenario="slwo.yaml", status=422)
    assert "slow.yaml" in wrong["cure"]
    outside = await start(running, scenario="../payloads/plants/tiny.yaml", status=422)
    assert "leaves the folder" in outside["detail"]


async def test_a_scenario_may_be_sent_as_it_is(running):
    reply = await running.client.post(
        "/control/plants/tiny/runs",
        content=SCENARIO,
        headers={"content-type": "application/yaml"},
    )
    assert reply.status_code == 202
    location = reply.headers["location"]
    assert (await running.client.get(location)).json()["state"] == "running"
    assert (await running.client.delete(location)).json()["state"] == "aborted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("latency", "latncy"), "latency"),
        (("plant: tiny", "plant: other"), "post it to /control/plants/other/runs"),
        (("at: 1m", "at: 1"), "1s, 1m or 1h"),
        (("create_order", "create_ordr"), "create_order"),
    ],
)
async def test_mistakes_in_a_scenario_have_their_line(running, change, words):
    problem = await start(running, yaml=SCENARIO.replace(*change, 1), status=422)
    assert words in str(problem)
    assert any(one["place"].startswith("scenario.yaml:") for one in problem["errors"])
    assert running.stage.run is None


async def test_bodies_of_runs_are_strict(running):
    for body in ({}, {"yaml": SCENARIO, "scenario": "x"}, {"yml": SCENARIO}, {"yaml": 1}):
        await start(running, status=422, **body)
    plain = await running.client.post("/control/plants/tiny/runs", content=b"x")
    assert plain.status_code == 422
    assert "application/yaml" in plain.json()["cure"]


async def test_stopping_the_site_aborts_what_is_under_way(running):
    run = await start(running, yaml=SCENARIO, speed=60)
    await asyncio.sleep(0.1)
    await running.site.stop()
    assert not running.stage.describe_faults()
    started = [e for e in running.stage.journal.entries() if e.get("event") == "run.ended"]
    assert [one["run"] for one in started] == [run["id"]]
