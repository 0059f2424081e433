"""The warehouse over REST: deliveries, receipts, stock and events."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.systems.desk import Desk, Wire
from tests.systems.trade import Border

SSCC = "340123450000000995"


@pytest.fixture
def wire() -> Wire:
    return Desk().contract("rest", "wms")


def delivery(**more: Any) -> dict[str, Any]:
    line = {"line": 10, "item": "BEARING", "quantity": 5, "lot": "B-9", "handling_unit": SSCC}
    return {"id": "D1", "asn": "ASN-1", "supplier": "BEARCO", "lines": [line], **more}


def test_from_ship_notice_to_stock(wire: Wire) -> None:
    made = wire.post("/inbound-deliveries", delivery())
    assert made.status == 201
    assert made.headers["location"] == "/little/wms/inbound-deliveries/D1"
    assert made.keys["sscc"] == [SSCC]
    assert made.keys["asn"] == ["ASN-1"]
    receipt = {
        "delivery": "D1", "line": 10, "item": "BEARING", "quantity": 5, "lot": "B-9",
        "handling_unit": SSCC, "reference": {"type": "asn", "id": "ASN-1"},
    }  # fmt: skip
    got = wire.post("/receipts", receipt)
    assert got.status == 201
    assert got.keys["sscc"] == [SSCC]
    assert (got.keys["delivery"], got.keys["asn"]) == (["D1"], ["ASN-1"])
    assert wire.get("/inbound-deliveries/D1").json["status"] == "received"
    stock = wire.get(f"/stock?handling_unit={SSCC}")
    assert [line["quantity"] for line in stock.json["items"]] == [5]
    assert stock.keys == {"sscc": [SSCC]}
    again = wire.post("/receipts", receipt)
    assert again.status == 409, "a handling unit comes in once"


def test_finished_goods_come_in_with_their_order(wire: Wire) -> None:
    desk = wire.desk
    made = desk.do("mes", "create_order", item="GEAR", quantity=10, id="1000000", release=True)
    desk.run("3h")
    body = {
        "item": "GEAR", "quantity": 10, "lot": made.lot,
        "reference": {"type": "production-order", "id": "1000000"},
    }  # fmt: skip
    answer = wire.post("/receipts", body)
    assert (answer.status, answer.keys["order"]) == (201, ["1000000"])
    assert wire.get(f"/stock?item=GEAR&lot={made.lot}").json["items"][0]["quantity"] == 10


def test_quantities_are_numbers(wire: Wire) -> None:
    lines = wire.get("/stock").json["items"]
    assert {line["item"]: line["quantity"] for line in lines} == {
        "STEEL": 5000.5, "BEARING": 400, "GEAR": 50,
    }  # fmt: skip
    assert b'"quantity":400,' in wire.get("/stock?item=BEARING").raw, "whole numbers without .0"


def test_bookings_answer_with_what_they_moved(wire: Wire) -> None:
    moved = wire.post(
        "/putaways",
        {"item": "GEAR", "lot": "G-0", "from_bin": "FG-01", "to_bin": "OUT", "quantity": 1.0},
    )
    assert [one["to_bin"] for one in moved.json["movements"]] == ["OUT"]
    assert moved.keys["movement"] == [one["id"] for one in moved.json["movements"]]
    taken = wire.post("/picks", {"item": "GEAR", "quantity": 20, "sales_order": "SO-1"})
    assert (taken.json["picked"], taken.keys["so"]) == (20, ["SO-1"])
    shipped = wire.post("/shipments", {"sales_order": "SO-1"})
    assert shipped.keys["shipment"] == [shipped.json["id"]]
    count = wire.post("/counts", {"bin": "FG-01", "item": "GEAR", "lot": "G-0", "counted": 0})
    assert count.json["counted"] == 0
    cut = {"item": "STEEL", "quantity": -0.5, "bin": "RAW-01", "lot": "S-1", "reason": "cut"}
    assert wire.post("/adjustments", cut).status == 201
    assert wire.get("/stock?item=STEEL").json["items"][0]["quantity"] == 5000


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (delivery(lines=[]), "/lines"),
        (delivery(lines=[{"line": "1", "item": "BEARING", "quantity": 1}]), "/lines/0/line"),
        (delivery(lines=[{"line": 1, "item": " x", "quantity": 1}]), "/lines/0/item"),
        (delivery(expected="tomorrow"), "/expected"),
        (delivery(suplier="x"), "/suplier"),
    ],
)
def test_what_is_wrong_is_pointed_at(wire: Wire, body: dict[str, Any], pointer: str) -> None:
    answer = wire.post("/inbound-deliveries", body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]


def test_events_are_cloudevents(wire: Wire) -> None:
    wire.post("/receipts", {"item": "BEARING", "quantity": 1, "lot": "B-7"})
    requests = [wire.contract.render(one) for system, one in wire.desk.emitted if system == "wms"]
    pushed = [orjson.loads(one.body) for one in requests if one]
    assert {one["type"] for one in pushed} == {
        "wms.goods-receipt",
        "wms.stock-change",
        "wms.discrepancy",  # nobody had announced it
    }
    assert {(one["specversion"], one["source"]) for one in pushed} == {("1.0", "/little/wms")}
    assert all(one["time"].endswith("Z") for one in pushed)
    assert requests[0] is not None
    assert requests[0].headers["content-type"] == "application/cloudevents+json"
    page = wire.get("/events").json
    assert page["items"] == pushed
    assert wire.get(f"/events?after={page['next']}").json["items"] == []
    assert wire.get("/events?after=999").status == 410


def test_trucks_are_seen_and_tell_when_they_come_and_are_empty() -> None:
    wire = Border().contract("rest", "wms")
    desk = wire.desk
    desk.do("supplier", "ship", supplier="BEARCO", against="P100", transit="2h",
            lines=[{"item": "RACE", "quantity": 20}])  # fmt: skip
    (truck,) = wire.get("/trucks?status=on_the_way").json["items"]
    assert (truck["supplier"], truck["arrived"]) == ("BEARCO", None)
    desk.run("2h")
    arrived = wire.get(f"/trucks/{truck['id']}")
    assert (arrived.json["status"], arrived.keys["shipment"]) == ("arrived", [truck["shipment"]])
    (load,) = arrived.json["loads"]
    body = {"item": "RACE", "quantity": 20, "lot": load["lot"], "handling_unit": load["sscc"]}
    assert wire.post("/receipts", body).status == 201
    events = [one for one in wire.get("/events").json["items"] if "truck" in one["type"]]
    assert [one["type"] for one in events] == ["wms.truck-arrival", "wms.truck-unloaded"]
    assert events[0]["data"]["labels"][0]["sscc"] == load["sscc"]
    assert events[1]["data"]["lines"][0]["received"] == 20
    assert events[1]["data"]["complete"] is True
    assert wire.post(f"/trucks/{truck['id']}/close", None).status == 409
    assert wire.get("/trucks/T9").status == 404
