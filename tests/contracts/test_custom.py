"""A user's own contract: what its file may say, and the one that is shaped like SAP's orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from simulator.contracts.custom.convert import CONVERSIONS
from simulator.core.errors import Mistake
from simulator.core.message import Request
from simulator.core.ports import Contract, System
from simulator.core.registry import registry
from tests.systems.desk import Answer, Desk, Wire

SAP = {"file": "contracts/sap-production-order.yaml"}


@pytest.fixture
def wire() -> Wire:
    return Desk().contract("custom", "mes", **SAP)


def entity(answer: Answer) -> dict[str, Any]:
    assert answer.status < 300, answer.json
    found: dict[str, Any] = answer.json["d"]
    return found


# --- shaped like SAP ----------------------------------------------------------------------------


def test_an_order_is_created_released_and_read(wire: Wire) -> None:
    made = wire.post(
        "/A_ProductionOrder_2",
        {
            "ManufacturingOrder": "1000000", "Material": "GEAR", "TotalQuantity": "12.000",
            "ProductionUnit": "PC", "MfgOrderPlannedEndDate": "/Date(1772600000000)/",
        },
    )  # fmt: skip
    assert (made.status, made.headers["dataserviceversion"]) == (201, "2.0")
    assert made.headers["location"] == "/little/mes/A_ProductionOrder_2('1000000')"
    assert made.keys["order"] == ["1000000"]
    order = entity(made)
    assert (order["TotalQuantity"], order["OrderIsCreated"]) == ("12", "X")
    assert order["MfgOrderPlannedEndDate"] == "/Date(1772600000000)/"
    released = wire.send("POST", "/ReleaseOrder?ManufacturingOrder='1000000'")
    assert (released.operation, entity(released)["OrderIsReleased"]) == ("release_order", "X")
    for path in ("/A_ProductionOrder_2('1000000')", "/A_ProductionOrder_2(%271000000%27)"):
        assert entity(wire.get(path))["ManufacturingOrder"] == "1000000"


def test_errors_have_its_shape(wire: Wire) -> None:
    missing = wire.get("/A_ProductionOrder_2('1')")
    assert missing.status == 404
    assert missing.json["error"]["code"] == "SF/404"
    assert missing.json["error"]["message"]["lang"] == "en"
    wrong = wire.post("/A_ProductionOrder_2", {"Material": "GEAR", "TotalQuantity": "many"})
    assert wrong.status == 400
    details = wrong.json["error"]["innererror"]["errordetails"]
    assert [one["propertyref"] for one in details] == ["/TotalQuantity"]
    method = wire.send("DELETE", "/A_ProductionOrder_2")
    assert (method.status, method.headers["allow"]) == (405, "GET, HEAD, POST")
    key = wire.send("POST", "/ReleaseOrder?ManufacturingOrder=1000000")
    assert "single quotes" in key.json["error"]["message"]["value"]


def test_versions_guard_changes(wire: Wire) -> None:
    body = {"ManufacturingOrder": "7", "Material": "GEAR", "TotalQuantity": "1"}
    tag = wire.post("/A_ProductionOrder_2", body).headers["etag"]
    change = ("PATCH", "/A_ProductionOrder_2('7')", {"TotalQuantity": "3"})
    assert wire.send(*change, {"if-match": tag}).status == 204
    assert wire.send(*change, {"if-match": tag}).status == 412


def test_lists_lead_to_their_next_page(wire: Wire) -> None:
    for _ in range(3):
        wire.post("/A_ProductionOrder_2", {"Material": "GEAR", "TotalQuantity": 1})
    path, seen = "/A_ProductionOrder_2?$top=2", []
    while path:
        page = entity(wire.get(path))
        seen += [one["ManufacturingOrder"] for one in page["results"]]
        path = page.get("__next", "").removeprefix("/little/mes")
    assert len(seen) == len(set(seen)) == 3


def test_confirmations_are_pushed_in_its_shape(wire: Wire, samples: Path) -> None:
    body = {"Material": "GEAR", "TotalQuantity": "5", "OrderIsReleased": "X"}
    wire.post("/A_ProductionOrder_2", body)
    wire.desk.run("2h")
    requests = [wire.contract.render(one) for system, one in wire.desk.emitted if system == "mes"]
    bodies = [orjson.loads(one.body) for one in requests if one]
    confirmation = next(one for one in bodies if "ConfirmationYieldQuantity" in one)
    assert confirmation["ConfirmationYieldQuantity"] == "5"
    real = orjson.loads((samples / "sap/production-order-confirmation.json").read_bytes())
    known = str(real)
    names = ("OrderID", "Sequence", "ConfirmationGroup", "ConfirmationYieldQuantity")
    for name in names:
        assert name in confirmation
        assert name in known


def test_a_real_order_document_is_taken(wire: Wire, samples: Path) -> None:
    """Sixty fields with blanks, flags and RFC 3339 dates, as a service sends them."""
    rows = orjson.loads((samples / "sap/production-order-01-general.json").read_bytes())["message"]
    for row in rows:
        made = wire.post("/A_ProductionOrder_2", row)
        order = entity(made)
        assert made.keys["order"] == [row["ManufacturingOrder"]]
        for name in ("ManufacturingOrder", "Material", "TotalQuantity", "OrderIsReleased"):
            assert order[name] == row[name], name
        # 2017-06-06T09:00:00+09:00 is midnight UTC
        assert order["MfgOrderPlannedStartDate"] == "/Date(1496707200000)/"
        shown = set(order) - {"__metadata"}
        ours = {name for name in shown if name not in row}
        assert ours <= {
            "Batch", "MfgOrderActualEndDate", "MfgOrderConfirmedScrapQty",
            "MfgOrderConfirmedReworkQty",
        }  # fmt: skip


# --- the file ----------------------------------------------------------------------------------

GOOD = """\
contract: little
system: mes
routes:
  - post: /orders
    operation: create_order
    status: 201
    take:
      item: $.Material
      quantity: {$from: $.Head.Amount | number, $default: 7}
      priority: {$from: $.Urgency?, $map: {high: 90, low: 10}, $default: 50}
      release: true
    give:
      Number: $.id
      Price: $$5
      State: {$from: $.status, $map: {released: GO}, $default: WAIT}
      Steps: {$each: $.operations, $show: {No: $.no | integer-text, Of: $.work_centre}}
      Note: {$text: "{$.item} at {$base}", $when: $.lot}
      Reference: $.external?
"""


def load(tmp_path: Path, text: str, system: str = "mes") -> Contract:
    (tmp_path / "payloads").mkdir(exist_ok=True)
    (tmp_path / "payloads/own.yaml").write_text(text)
    custom = registry("contracts", Contract).get("custom")
    found = registry("systems", System).get(system)
    documents = {one.document: one for one in found.says}
    settings = custom.Settings.model_validate({"file": "own.yaml"})
    return custom(system, found.operations(), documents, settings, "/p/s", tmp_path / "payloads")


def test_the_language(tmp_path: Path) -> None:
    desk = Desk()
    wire = Wire(desk, "mes", load(tmp_path, GOOD))
    answer = wire.post("/orders", {"Material": "GEAR", "Head": {"Amount": "3"}, "Urgency": "high"})
    number = answer.json["Number"]
    assert answer.json == {
        "Number": number, "Price": "$5", "State": "GO",
        "Steps": [{"No": "10", "Of": "MILL"}, {"No": "20", "Of": "MILL"}],
        "Note": "GEAR at /p/s",
    }  # fmt: skip
    order = desk.plant.order(number)
    assert (order.quantity, order.priority, order.status) == (3, 90, "released")
    assert wire.post("/orders", {"Material": "GEAR"}).status == 201, "the default"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/Material"),
        ({"Material": "GEAR", "Colour": 1}, "/Colour"),
        ({"Material": "GEAR", "Head": {"Amnt": 1}}, "/Head/Amnt"),
        ({"Material": "GEAR", "Head": {"Amount": "x"}}, "/Head/Amount"),
        ({"Material": "GEAR", "Head": {"Amount": -1}}, "/Head/Amount"),
        ({"Material": "", "Head": {"Amount": 1}}, "/Material"),
    ],
)
def test_what_is_wrong_is_pointed_at(tmp_path: Path, body: dict[str, Any], pointer: str) -> None:
    answer = Wire(Desk(), "mes", load(tmp_path, GOOD)).post("/orders", body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("operation: create_order", "operation: create_ordr", 5, "did you mean 'create_order'"),
        ("    take:", "    taek:", 7, "did you mean 'take'"),
        ("contract: little", "contract: little\nroute: x", 2, "did you mean 'routes'"),
        ("item: $.Material", "itm: $.Material", 8, "did you mean 'item'"),
        ("      item: $.Material\n", "", 5, "needs 'item'"),
        ("| number", "| numbr", 9, "did you mean 'number'"),
        ("$.Material", "$body.Material", 8, "nothing is called $body"),
        ("$.Material", "$.Mat erial", 8, "not a path"),
        ("release: true", "release: perhaps", 11, "release: "),
        ("Number: $.id", "Number: $.idd", 13, "did you mean 'id'"),
        ("$.work_centre", "$.work_center", 16, "did you mean 'work_centre'"),
        ("$each: $.operations", "$each: $.status", 16, "is not a list"),
        ("$map: {released: GO}, $default: WAIT", "$map: {released: GO}", 15, "needs a $default"),
        ("$map: {released: GO}", "$mpa: {released: GO}", 15, "did you mean '$map'"),
        ("{$base}", "{$bas}", 17, "did you mean '$base'"),
        ("post: /orders", "post: orders", 4, "starts with a slash"),
        ("post: /orders", "post: /orders\n    get: /orders", 4, "exactly one of"),
        ("status: 201", "status: 404", 6, "less than or equal"),
        ("system: mes", "system: wms", 2, "is for 'wms'"),
        ("    give:", "    keys: {oder: $.id}\n    give:", 12, "did you mean 'order'"),
        ("    give:", "    headers: {x: {$shape: odd}}\n    give:", 12, "unknown shape 'odd'"),
    ],
)
def test_mistakes_are_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(Mistake) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"payloads/own.yaml:{line}:")


def test_pushes_are_checked_too(tmp_path: Path) -> None:
    say = "say:\n  confirmaton: {body: {A: $.id}}\n"
    with pytest.raises(Mistake, match="did you mean 'confirmation'"):
        load(tmp_path, GOOD + say)
    with pytest.raises(Mistake, match="there is no 'idd'"):
        load(tmp_path, GOOD + say.replace("confirmaton", "confirmation").replace("$.id", "$.idd"))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    route = "  - get: /orders/{id}\n    operation: get_ordr\n"
    text = GOOD.replace("$.Material", "$.Mat erial").replace("routes:\n", f"routes:\n{route}")
    with pytest.raises(Mistake) as caught:
        load(tmp_path, text)
    assert str(caught.value).count("payloads/own.yaml:") == 2


def test_shapes_may_not_go_round(tmp_path: Path) -> None:
    text = GOOD.replace("Number: $.id", "Number: {$shape: a}")
    with pytest.raises(Mistake, match="contains itself"):
        load(tmp_path, text + "shapes:\n  a: {b: {$shape: a}}\n")


def test_a_file_outside_payloads_is_refused(tmp_path: Path) -> None:
    custom = registry("contracts", Contract).get("custom")
    settings = custom.Settings.model_validate({"file": "../secret.yaml"})
    with pytest.raises(Mistake, match="leaves the folder"):
        custom("mes", {}, {}, settings, "", tmp_path)


# --- conversions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wire", "value"),
    [
        ("decimal-text", "500", 500), ("flag", "X", True), ("flag", "", False),
        ("sap-date", "/Date(1465171200000)/", 1_465_171_200_000_000),
        ("iso-duration", "PT20H32M29S", ((20 * 60 + 32) * 60 + 29) * 1_000_000),
        ("iso-duration", "PT00H00M00S", 0), ("date", "2017-01-30", 1_485_734_400_000_000),
        ("moment", "2026-03-02T06:00:00.000Z", 1_772_431_200_000_000),
        ("quoted", "'O''Neill'", "O'Neill"), ("integer-text", "20", 20), ("etag", 'W/"3"', 3),
        ("number", 2.5, 2.5), ("boolean", True, True), ("text", "a", "a"), ("integer", 4, 4),
    ],
)  # fmt: skip
def test_conversions_go_both_ways(name: str, wire: object, value: object) -> None:
    one = CONVERSIONS[name]
    read = one.read(wire)
    assert read == value
    assert one.write(read) == wire


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("number", "1,5"), ("number", "NaN"), ("number", True), ("number", {}), ("flag", "Y"),
        ("sap-date", "/Date(x)/"), ("sap-date", 5), ("iso-duration", "P"), ("iso-duration", "20h"),
        ("date", "30.01.2017"), ("moment", "2026-03-02T06:00:00"), ("quoted", "1"),
        ("integer", 1.5), ("boolean", "yes"), ("text", []),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(name: str, wire: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CONVERSIONS[name].read(wire)


def test_decoding_needs_no_plant(tmp_path: Path) -> None:
    contract = load(tmp_path, GOOD)
    body = b'{"Material": "GEAR"}'
    call = contract.decode(Request("POST", "/orders", "", {"idempotency-key": "k"}, body))
    assert (call.operation, call.idempotency) == ("create_order", "k")
