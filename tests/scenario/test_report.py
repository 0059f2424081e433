"""Reports: JUnit XML that every CI reads, JSON, plain text, exit codes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.durations import MINUTE
from simulator.plant import Plant
from simulator.plant.progress import Made
from simulator.scenario.ask import Answer, differences, judge_answer
from simulator.scenario.expect import Ask
from simulator.scenario.report import json_report, junit, text, worst
from simulator.scenario.schema import scenario_schema
from simulator.scenario.verdict import Exit, FailedStep, Outcome, Verdict


def verdict(**more: object) -> Verdict:
    one = Verdict(
        scenario="WMS outage <at> the peak",
        file="scenarios/x.yaml",
        plant="gearbox",
        seed=7,
        speed=60.0,
        began=0,
        ended=60 * MINUTE,
        wall=61.5,
        started="2026-11-23T11:00:00.000Z",
        outcomes=[
            Outcome("every ASN once", "each", True, "all 40 led to exactly 1"),
            Outcome(
                "backs off", "of", False, "41 messages, wanted at most 2/s",
                ["#1 +10m wms.http in create_receipt 503 \x00\x1b[31m"], [1], place="x.yaml:30:5",
            ),
        ],
    )  # fmt: skip
    for name, value in more.items():
        setattr(one, name, value)
    return one


def test_junit_has_a_case_for_each_expectation_and_failed_step() -> None:
    failed = [FailedStep("ship", "not-found: there is no order '4711'", 3, "x.yaml:9:5")]
    root = ET.fromstring(junit([verdict(failed_steps=failed)]))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    (suite,) = root.findall("testsuite")
    assert suite.get("name") == "WMS outage <at> the peak"
    assert suite.get("time") == "61.500"
    assert suite.get("timestamp") == "2026-11-23T11:00:00"
    kept, broken, step = suite.findall("testcase")
    assert list(kept) == []
    failure = broken.find("failure")
    assert failure is not None
    assert failure.get("message") == "41 messages, wanted at most 2/s"
    assert (failure.text or "").startswith("x.yaml:30:5: 41 messages")
    error = step.find("error")
    assert error is not None
    assert (error.text or "").endswith("(3 times)")


def test_junit_follows_the_common_schema() -> None:
    """What the schemas of Jenkins, GitLab and Surefire agree on: names, numbers, order."""
    root = ET.fromstring(junit([verdict(), verdict(outcomes=[], overload=["too late"])]))
    for suite in root:
        assert next(child.tag for child in suite) == "properties"
        assert {"name", "tests", "failures", "errors", "time", "timestamp"} <= set(suite.keys())
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests", ""))
        assert sum(case.find("failure") is not None for case in cases) == int(
            suite.get("failures", "")
        )
        assert sum(case.find("error") is not None for case in cases) == int(suite.get("errors", ""))
        for case in cases:
            assert {"name", "classname", "time"} == set(case.keys())
            assert len(case) <= 1


@given(st.text())
def test_junit_is_well_formed_whatever_a_message_says(words: str) -> None:
    outcome = Outcome(words or "x", "each", False, words, [words], place=words)
    root = ET.fromstring(junit([verdict(scenario=words, outcomes=[outcome])]))
    assert root.get("failures") == "1"


def test_json_report() -> None:
    report = orjson.loads(json_report([verdict()]))
    assert (report["verdict"], report["exit_code"]) == ("broken", 1)
    (one,) = report["scenarios"]
    assert one["plant_time"] == "1h"
    assert one["expectations"][1]["place"] == "x.yaml:30:5"


def test_text_reads_like_this() -> None:
    one = verdict()
    one.outcomes[1].evidence = ["#1 +10m wms.http in create_receipt 503"]
    assert (
        text(one)
        == """\
WMS outage <at> the peak  (scenarios/x.yaml)
  kept    every ASN once
          all 40 led to exactly 1
  BROKEN  backs off
          41 messages, wanted at most 2/s
          at x.yaml:30:5
          | #1 +10m wms.http in create_receipt 503
  BROKEN: 1 of 2 expectations kept; 0 messages, 1h of plant time in 61.5 s, \
from 1970-01-01T00:00:00.000Z; seed 7"""
    )


def test_exit_codes() -> None:
    kept = verdict(outcomes=[Outcome("a", "of", True, "")])
    broken = verdict()
    step = verdict(outcomes=[], failed_steps=[FailedStep("s", "no")])
    overloaded = verdict(overload=["late"])
    assert [one.exit_code for one in (kept, broken, step, overloaded)] == [0, 1, 1, 4]
    assert worst([kept, broken]) == Exit.BROKEN
    assert worst([kept, overloaded, broken]) == Exit.OVERLOADED
    assert worst([]) == Exit.KEPT


# --- ask -----------------------------------------------------------------------------------------


class Fabricated(Plant):
    """A plant of which only figures are asked."""

    def __init__(self) -> None:
        """It has nothing else."""

    def total_stock(self, in_production: bool = True) -> dict[str, Decimal]:
        return {"A": Decimal(5), "B": Decimal("2.5"), "C": Decimal(0)}

    def made(self) -> Made:
        return Made({"M1": Decimal(7), "M2": Decimal(0)}, {"M1": Decimal(1), "M2": Decimal(0)})


def asked(claim: dict[str, object], body: object, status: int = 200) -> Outcome:
    one = Ask.model_validate({"ask": {"get": "http://erp/stock"}, **claim})
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return judge_answer(one, Answer(status, raw), Fabricated())


@pytest.mark.parametrize(
    "body",
    [
        {"A": 5, "B": 2.5}, {"A": "5.0", "B": "2.50", "C": 0}, {"items": {"A": 5, "B": 2.5}},
        [{"item": i, "quantity": q} for i, q in (("A", 2), ("A", 3), ("B", 2.5))],
        {"items": [{"item": "A", "quantity": 5}, {"item": "B", "quantity": 2.5}], "next": None},
    ],
)  # fmt: skip
def test_stock_agrees_however_it_is_listed(body: object) -> None:
    assert asked({"equals": "plant.stock"}, body).kept


def test_stock_differences_are_told_by_item() -> None:
    one = asked({"equals": "plant.stock"}, {"A": 7, "X": 1})
    assert one.reason == "3 items differ from the plant's stock"
    assert one.evidence == [
        "A: the integration has 7, the plant 5 (+2)",
        "B: the integration has 0, the plant 2.5 (-2.5)",
        "X: the integration has 1, the plant 0 (+1)",
    ]
    for answer in ("hello", {"A": "many"}, [{"item": "A"}]):
        assert "no stock list" in asked({"equals": "plant.stock"}, answer).reason


def test_production_and_scrap_are_compared_by_machine() -> None:
    rows = {"machines": [{"machine": "M1", "good": 7, "defective": 0}]}
    made = asked({"field": "machines", "equals": "plant.production"}, rows)
    assert made.kept
    assert made.numbers == {"status": 200, "integration": 7, "plant": 7}
    scrap = asked({"field": "machines", "equals": "plant.scrap"}, rows)
    assert scrap.reason == "1 machine differs from the plant's scrap"
    assert scrap.evidence == ["M1: the integration has 0, the plant 1 (-1)"]


def test_status_contains_field_and_literals() -> None:
    assert asked({}, {}).kept
    assert not asked({}, {}, 404).kept
    assert asked({"status": 404}, {}, 404).kept
    assert asked({"status": [200, "4xx"]}, {}, 404).kept
    assert asked({"contains": "open"}, b"still open").kept
    assert not asked({"contains": "shut"}, b"still open").kept
    assert asked({"field": "orders.0.id", "equals": "7"}, {"orders": [{"id": "7"}]}).kept
    missing = asked({"field": "orders.1.id", "equals": "7"}, {"orders": [{"id": "7"}]})
    assert missing.reason == "the answer to GET http://erp/stock has no 'orders.1.id' (no '1')"
    assert not asked({"equals": {"a": 1}}, b"<html>").kept
    assert asked({"equals": None}, b"null").kept


def test_differences_are_told_by_path() -> None:
    assert differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ["a.1.b is 2, wanted 3"]
    assert differences({"a": 1}, {"b": 1}) == ["a is 1, wanted it absent", "b is absent, wanted 1"]
    assert differences(1, True) == ["it is 1, wanted True"]
    assert differences([1], [1, 2]) == ["it has 1 entries, wanted 2"]


# --- the schema ----------------------------------------------------------------------------------


def test_the_schema_is_one_and_tells_good_from_bad() -> None:
    schema = scenario_schema()
    jsonschema_rs.meta.validate(schema)
    editor = jsonschema_rs.validator_for(schema)
    good = {
        "scenario": "x",
        "plant": "gearbox",
        "clock": {"start": "2026-03-02T06:00", "speed": 60},
        "steps": [
            {"at": "1m", "every": "45s", "times": 3, "fault": "outage", "on": "wms.http"},
            {"at": "1m", "do": "mes.release_order", "with": {"order": "{{ n }}"}},
            {"at": "1m", "hold": "edi.outbound", "for": "15m", "release": {"rate": "5/s"}},
            {"when": {"system": "wms", "status": 201}, "after": "5s", "note": "x"},
        ],
        "expect": [
            {"each": {"system": "edi"}, "leads_to": {"system": "wms"}, "same": ["sscc"]},
            {"of": {"system": "wms"}, "during": "outage", "at_most": "2/s"},
            {"never": {"body.x": {"gt": 3}}, "during": {"from": "0s", "to": "5m"}},
            {"at": "60m", "ask": {"get": "x"}, "equals": "plant.stock"},
        ],
    }
    assert [str(one) for one in editor.iter_errors(good)] == []
    for bad in (
        {"sed": 7},
        {"steps": [{"at": "1m", "do": "mes.relese_order"}]},
        {"steps": [{"at": "1m", "fault": "outage", "on": "wms", "mod": "refuse"}]},
        {"steps": [{"at": 5, "note": "x"}]},
        {"expect": [{"never": {"systm": "wms"}}]},
        {"expect": [{"of": {"system": "wms"}, "at_mst": 3}]},
    ):
        assert not editor.is_valid({**good, **bad}), bad


def _defaults(schema: Any) -> Iterator[dict[str, Any]]:
    """The schemas of what has a default, wherever they stand."""
    if isinstance(schema, dict):
        if "default" in schema:
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from _defaults(one)


def test_defaults_are_what_a_user_could_write() -> None:
    schema = scenario_schema()
    found = {json.dumps(one): one for one in _defaults(schema)}.values()
    assert "10s" in [one["default"] for one in found]  # and not in microseconds
    for one in found:
        given = {"$defs": schema["$defs"], **one}
        assert jsonschema_rs.is_valid(given, one["default"]), one
