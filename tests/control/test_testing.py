"""The public kit: the fixtures in a foreign project, and a running plant's plain calls."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import pytest

from simulator.core.errors import Mistake, Refusal
from simulator.testing import Broken, RunningSite

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import httpx
import pytest


@pytest.mark.stagefloor(plant="tiny", seed=3, paused=True, targets={"erp": "http://127.0.0.1:9"})
class TestTiny:
    def test_a_plant_is_there(self, plant):
        order = plant.do("mes.create_order", item="GEAR", quantity=2, release=True)
        plant.step("4h")
        assert plant.do("mes.get_order", order=order["id"])["status"] == "completed"
        assert httpx.get(plant.url("wms.http") + "/stock", trust_env=False).status_code == 200
        plant.expect({"of": {"document": "confirmation"}, "at_least": 1})

    def test_each_test_has_a_plant_of_its_own(self, plant):
        assert plant.journal(operation="create_order") == []

    async def test_it_may_be_asynchronous(self, plant):
        async with httpx.AsyncClient(trust_env=False) as client:
            with plant.fault("error-rate", "wms.http", status=503):
                assert (await client.get(plant.url("wms.http") + "/stock")).status_code == 503
            assert (await client.get(plant.url("wms.http") + "/stock")).status_code == 200


def test_without_a_marker_it_says_what_is_missing(stagefloor_site):
    assert httpx.get(stagefloor_site.url + "/control/ready", trust_env=False).status_code == 200


@pytest.mark.xfail(strict=True, raises=pytest.UsageError)
@pytest.mark.stagefloor(plnat="tiny")
def test_a_typo_in_the_marker_is_an_error(plant):
    pass
"""


def test_the_fixtures_work_in_a_foreign_project(payloads):
    project = payloads.parent
    (project / "test_mine.py").write_text(textwrap.dedent(TESTS))
    options = ["-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--strict-markers", "-o", "asyncio_mode=auto"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


@pytest.fixture
def site(payloads):
    with RunningSite(payloads, variables={"ERP_URL": "http://127.0.0.1:9"}) as running:
        yield running


def test_plants_are_added_while_it_runs(site):
    tiny, other = site.add("tiny"), site.add("other", seed=4, paused=True)
    assert {tiny.name, other.name} == {"tiny", "other"}
    assert site.plant("other") is other
    assert tiny.url("mes.http").startswith(site.url)
    assert httpx.get(tiny.url("mes.http") + "/job-orders", trust_env=False).status_code == 200
    listed = httpx.get(f"{site.url}/control/plants", trust_env=False).json()
    assert [one["name"] for one in listed] == ["tiny", "other"]
    assert httpx.get(tiny.control_url, trust_env=False).json()["name"] == "tiny"
    with pytest.raises(Mistake):
        site.add("tiny")


def test_mistakes_and_refusals_come_through(site):
    plant = site.add("tiny")
    with pytest.raises(Mistake, match="create_ordr"):
        plant.do("mes.create_ordr")
    with pytest.raises(Refusal, match="nope"):
        plant.do("mes.get_order", order="nope")
    with pytest.raises(Mistake, match="sytem"):
        plant.journal(sytem="mes")


def test_a_broken_claim_shows_its_evidence(site):
    plant = site.add("tiny", paused=True)
    plant.act({"note": "hello"})
    with pytest.raises(Broken, match="wanted at least 2") as caught:
        plant.expect({"of": {"kind": "event", "event": "note"}, "at_least": 2, "name": "notes"})
    assert caught.value.outcome.name == "notes"
    with pytest.raises(TimeoutError, match="1 of 2 entries"):
        plant.wait(2, event="note", timeout=0.05)
    assert plant.wait(event="note")[0]["note"] == "hello"


def test_a_plant_is_saved_and_restored(site):
    plant = site.add("tiny", paused=True)
    saved = plant.save()
    plant.do("mes.create_order", item="GEAR", quantity=1, id="4711")
    plant.restore(saved)
    with pytest.raises(Refusal):
        plant.do("mes.get_order", order="4711")


def test_a_fault_is_gone_after_its_with_even_where_it_failed(site):
    plant = site.add("tiny", paused=True)

    def fail():
        with plant.fault("drop", "wms.http", for_="1m") as fault:
            assert fault["kind"] == "drop"
            plant.step("2m")  # its own end comes first: leaving must not mind
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert plant.stage.describe_faults() == []


def test_a_site_that_cannot_start_leaves_nothing_behind(payloads):
    import threading

    before = threading.active_count()
    with RunningSite(payloads) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(Exception, match="in use"), RunningSite(payloads, port=port):
            pass
    assert threading.active_count() == before
