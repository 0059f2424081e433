"""What every contract of this package holds to, whatever it looks like.

A contract is found by its kind; one that needs settings, or another system than the first it fits,
says so in EXAMPLES.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from simulator.core.errors import Mistake
from simulator.core.message import Request
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.core.routes import RoutedContract
from simulator.testing.suites import ContractSuite
from tests.systems.desk import Answer, Desk, Wire

EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "custom": ("mes", {"file": "contracts/sap-production-order.yaml"}),
}
KINDS = [
    kind
    for kind in registry("contracts", Contract).kinds()
    if issubclass(registry("contracts", Contract).get(kind), RoutedContract)
]


def open_wire(kind: str) -> Wire:
    """An endpoint under this contract, of a plant on which something has happened."""
    desk = Desk()
    if kind in EXAMPLES:
        system, given_settings = EXAMPLES[kind]
        wire = desk.contract(kind, system, **given_settings)
    else:
        wire = next(filter(None, (_fitting(desk, kind, system) for system in desk.systems)))
    desk.do("mes", "create_order", item="GEAR", quantity=10, id="1000000", release=True)
    desk.do(
        "wms", "create_delivery", id="D1", supplier="BEARCO",
        lines=[{"line": 10, "item": "BEARING", "quantity": 5}],
    )  # fmt: skip
    desk.do("wms", "create_receipt", item="BEARING", quantity=9, delivery="D1", line=10, lot="B-3")
    desk.run("4h")
    desk.do("wms", "pick", item="GEAR", quantity=20, sales_order="SO-1")
    desk.do("wms", "ship", sales_order="SO-1")
    desk.do("mes", "report_downtime", **{"machine": "MILL-1", "for": "5m"})
    desk.do("mes", "hold_lot", lot="S-1")
    desk.run("1h")
    return wire


def _fitting(desk: Desk, kind: str, system: str) -> Wire | None:
    try:
        return desk.contract(kind, system)
    except (Mistake, KeyError):
        return None


@pytest.fixture(scope="module", params=KINDS)
def wire(request: pytest.FixtureRequest) -> Wire:
    return open_wire(request.param)


@pytest.fixture
def document(wire: Wire) -> dict[str, Any]:
    found = wire.contract.openapi()
    assert found is not None
    return found


class TestSuite(ContractSuite):
    """The public suite, for the contracts of this package."""

    @pytest.fixture(autouse=True)
    def _wire(self, wire: Wire) -> None:
        self.wire = wire

    def contract(self) -> Contract:
        type(self).kind = self.wire.contract.kind
        return self.wire.contract


# --- the document and the truth ------------------------------------------------------------------


def check_answer(document: dict[str, Any], path: str, method: str, answer: Answer) -> None:
    """An answer is one that the document describes: its status, its headers and its body."""
    described = document["paths"][path][method.lower()]["responses"]
    assert str(answer.status) in described, f"{method} {path} answered {answer.status}"
    response = described[str(answer.status)]
    if "content" not in response:
        assert answer.raw == b""
        return
    (media, content), *_ = response["content"].items()
    assert answer.headers["content-type"] == media
    check_schema(document, content["schema"], answer.json)
    for name in response.get("headers", {}):
        assert name.lower() in answer.headers


def check_schema(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(value)


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    orjson.dumps(document)
    names = [
        one["operationId"] for methods in document["paths"].values() for one in methods.values()
    ]
    assert len(names) == len(set(names))
    assert all(one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations())


def test_whatever_the_document_allows_is_answered_as_it_says(
    wire: Wire, document: dict[str, Any]
) -> None:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        described = found.ok()

        @settings(
            max_examples=30, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=described.as_strategy())
        def drive(case: schemathesis.Case) -> None:
            body = json.dumps(case.body).encode() if isinstance(case.body, dict) else None
            headers = {k.lower(): str(v) for k, v in dict(case.headers or {}).items()}
            path = case.formatted_path + query_of(case.query)
            answer = wire.send(case.method, path, body, headers)
            assert answer.status != 500
            assert answer.status != 405
            check_answer(document, case.path, case.method, answer)

        drive()


def query_of(query: Any) -> str:
    return "?" + urlencode(dict(query)) if query else ""


def test_what_is_pushed_is_as_the_document_says(wire: Wire, document: dict[str, Any]) -> None:
    said = [one for system, one in wire.desk.emitted if system == wire.system]
    rendered = {one.document for one in said if wire.contract.render(one) is not None}
    assert rendered
    assert rendered <= set(document["webhooks"])
    for one in said:
        request = wire.contract.render(one)
        if request is None:
            continue
        content = document["webhooks"][one.document]["post"]["requestBody"]["content"]
        assert request.headers["content-type"] in content
        schema = content[request.headers["content-type"]]["schema"]
        check_schema(document, schema, orjson.loads(request.body))
        again = wire.contract.render(one)
        assert again is not None
        assert again.body == request.body, "the same thing said twice is the same bytes"


# --- errors -------------------------------------------------------------------------------------


def posts(wire: Wire) -> list[tuple[str, dict[str, Any]]]:
    document = wire.contract.openapi() or {}
    return [
        (path, methods["post"])
        for path, methods in document["paths"].items()
        if "requestBody" in methods.get("post", {}) and "{" not in path
    ]


def test_a_wrong_method_is_told_which_are_right(wire: Wire, document: dict[str, Any]) -> None:
    for path in document["paths"]:
        answer = wire.send("DELETE", path.replace("{", "").replace("}", ""))
        assert answer.status == 405
        allowed = answer.headers["allow"].split(", ")
        assert set(allowed) >= {method.upper() for method in document["paths"][path]}


def test_head_is_answered_where_get_is(wire: Wire, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        if "get" in methods and "{" not in path:
            assert wire.send("HEAD", path).status == 200


def test_bodies_that_are_not_what_they_should_be(wire: Wire) -> None:
    for path, _ in posts(wire):
        assert wire.send("POST", path, b"{no json").status == 400
        assert wire.send("POST", path, b"").status in (400, 422)
        xml = {"content-type": "text/xml"}
        assert wire.send("POST", path, b"<a/>", xml).status == 415
        for odd in (b"[]", b"null", b'"text"', b"{}"):
            assert wire.send("POST", path, odd).status in (400, 422)


def test_an_unknown_query_parameter_is_refused(wire: Wire, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        if "get" in methods and "{" not in path:
            assert wire.get(f"{path}?no_such_parameter=1").status == 400


def test_an_empty_place_is_not_found(wire: Wire) -> None:
    for path in ("", "/", "/nothing/here", "//", "/%00", "/../etc/passwd"):
        assert wire.get(path).status == 404


def test_peek_says_what_decode_does(wire: Wire, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method in methods:
            said = wire.contract.peek(Request(method.upper(), path, "", {}, b""))
            assert said is None or said in wire.contract.operations
    assert wire.contract.peek(Request("GET", "/nothing/here", "", {}, b"")) is None


def test_the_idempotency_key_is_read_where_something_changes(wire: Wire) -> None:
    document = wire.contract.openapi() or {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            names = {one["name"] for one in described.get("parameters", [])}
            assert ("Idempotency-Key" in names) == (method != "get"), path
