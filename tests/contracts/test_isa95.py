"""ISA-95 over HTTP: job orders in, job responses out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from simulator.core.message import Request
from tests.systems.desk import Desk, Wire


@pytest.fixture
def wire() -> Wire:
    return Desk().contract("isa95", "mes")


def order(**more: Any) -> dict[str, Any]:
    return {"WorkMasterID": "GEAR", "Quantity": {"Value": 10}, **more}


def test_a_job_order_is_stored_and_started(wire: Wire) -> None:
    made = wire.post("/job-orders", order(ID="A/1", Command="StoreAndStart", Priority=70))
    assert made.status == 201
    assert made.headers["location"] == "/little/mes/job-orders/A%2F1"
    assert made.json["DispatchStatus"] == "Released"
    assert made.keys == {"order": ["A/1"], "item": ["GEAR"], "lot": [made.json["MaterialLotID"]]}
    found = wire.get("/job-orders/A%2F1")
    assert found.json == made.json
    assert found.headers["etag"] == made.headers["etag"] == f'"{made.json["Version"]}"'


def test_times_are_shown_in_utc(wire: Wire) -> None:
    body = order(StartTime="2026-03-02T07:00:00+01:00", EndTime="2026-03-02t06:00:00.5z")
    made = wire.post("/job-orders", body).json
    assert made["StartTime"] == "2026-03-02T06:00:00.000Z"
    assert made["EndTime"] == "2026-03-02T06:00:00.500Z"


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        (order(StartTime="2026-03-02T07:00:00"), "/StartTime", "has no offset"),
        (order(StartTime="2026-02-30T07:00:00Z"), "/StartTime", "out of range"),
        (order(StartTime=5.5), "/StartTime", "a moment is text"),
        (order(EndTime="9999-01-01T00:00:00Z"), "/EndTime", "between the years"),
        (order(Quantity={"Value": 0}), "/Quantity/Value", "above 0"),
        (order(Quantity={"Value": "10"}), "/Quantity/Value", "a number"),
        (order(Quantity={"Value": 1.2345}), "/Quantity/Value", "three decimals"),
        (order(Quantity={"Value": 1, "UnitOfMeasure": "kg"}), "/Quantity/UnitOfMeasure", "pcs"),
        (order(Quantity={"Val/ue": 1}), "/Quantity/Val~1ue", "no such field"),
        (order(Colour="red"), "/Colour", "no such field"),
        (order(Command="Go"), "/Command", "StoreAndStart"),
        ({"Quantity": {"Value": 1}}, "/WorkMasterID", "missing"),
    ],
)
def test_what_is_wrong_is_pointed_at(
    wire: Wire, body: dict[str, Any], pointer: str, said: str
) -> None:
    answer = wire.post("/job-orders", body)
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["instance"] == "/little/mes/job-orders"
    found = {one["pointer"]: one["detail"] for one in answer.json["errors"]}
    assert said in found[pointer]
    assert wire.get("/job-orders").json["JobOrders"] == [], "nothing was made"


def test_versions_guard_changes(wire: Wire) -> None:
    tag = wire.post("/job-orders", order(ID="A")).headers["etag"]
    changed = wire.send("PATCH", "/job-orders/A", {"Quantity": {"Value": 12}}, {"if-match": tag})
    assert changed.status == 200
    assert changed.json["Quantity"] == {"Value": 12}
    for odd in (tag, '"77"', 'W/"2"', '"x"', "2", '"1", "2"'):
        late = wire.send("PATCH", "/job-orders/A", {"Priority": 1}, {"if-match": odd})
        assert late.status == 412, odd
    anyone = wire.send("PATCH", "/job-orders/A", {"Priority": 1}, {"if-match": "*"})
    assert anyone.json["Priority"] == 1


def test_commands_choose_the_operation(wire: Wire) -> None:
    wire.post("/job-orders", order(ID="A"))
    steps = {
        "Start": ("release_order", "Released"), "Pause": ("hold_order", "Held"),
        "Resume": ("resume_order", "Released"), "Cancel": ("cancel_order", "Cancelled"),
    }  # fmt: skip
    for command, (operation, status) in steps.items():
        answer = wire.post("/job-orders/A/commands", {"Command": command})
        assert (answer.operation, answer.json["DispatchStatus"]) == (operation, status)
        assert answer.keys["order"] == ["A"]
    assert wire.post("/job-orders/A/commands", {"Command": "Start"}).status == 409
    assert wire.contract.peek(Request("POST", "/job-orders/A/commands")) is None


def test_lists_are_filtered_and_paged(wire: Wire) -> None:
    for name in "ABCDE":
        wire.post("/job-orders", order(ID=name))
    wire.post("/job-orders/B/commands", {"Command": "Cancel"})
    waiting = wire.get("/job-orders?status=Waiting&limit=3").json
    assert [one["ID"] for one in waiting["JobOrders"]] == ["A", "C", "D"]
    rest = wire.get(f"/job-orders?status=Waiting&limit=3&after={waiting['Next']}").json
    assert ([one["ID"] for one in rest["JobOrders"]], rest["Next"]) == (["E"], None)
    for query in ("status=Waitin", "limit=0", "limit=501", "limit=x"):
        answer = wire.get(f"/job-orders?{query}")
        assert answer.status == 422
        assert answer.json["errors"][0]["pointer"] == "query/" + query.partition("=")[0]
    assert wire.get("/job-orders?limit=1&limit=2").status == 400


def test_what_is_polled_is_what_is_pushed(wire: Wire) -> None:
    wire.post("/job-orders", order(ID="A", Command="StoreAndStart", ExternalReference="E-1"))
    wire.desk.run("3h")
    requests = [wire.contract.render(one) for system, one in wire.desk.emitted if system == "mes"]
    pushed = [orjson.loads(one.body) for one in requests if one]
    polled, after = [], ""
    while True:
        page = wire.get(f"/job-responses?limit=4{after}").json
        if not page["JobResponses"]:
            break
        polled += page["JobResponses"]
        after = f"&after={page['Next']}"
    assert polled == pushed
    responses = [one["DataArea"] for one in pushed if one["Noun"] == "JobResponse"]
    last = responses[-1]
    assert (last["JobState"], last["Yield"], last["ExternalReference"]) == ("Completed", 10, "E-1")
    assert sum(one["Yield"] for one in responses if one.get("OperationNo") == 20) == 10
    assert len({one["ApplicationArea"]["BODID"] for one in pushed}) == len(pushed)
    actual = next(one["DataArea"] for one in pushed if one["Noun"] == "MaterialActual")
    assert actual["MaterialLotID"] in ("S-1", "B-1")


def test_the_idempotency_key_reaches_the_stage(wire: Wire) -> None:
    body = orjson.dumps(order())
    headers = {"content-type": "application/json; charset=utf-8", "idempotency-key": "k1"}
    assert (
        wire.contract.decode(Request("POST", "/job-orders", "", headers, body)).idempotency == "k1"
    )
    read = Request("GET", "/job-orders", "", headers, b"")
    assert wire.contract.decode(read).idempotency is None
