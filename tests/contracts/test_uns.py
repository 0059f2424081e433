"""A unified namespace: topics, values, descriptions, commands; without a broker."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from simulator.contracts.uns import UnsContract, UnsSettings
from simulator.core.errors import Refusal
from simulator.core.message import Reply, Request
from simulator.plant.tags import AlarmChange, TagChange, TagSpace, TagValue
from simulator.testing.suites import ContractSuite
from tests.systems.desk import START, Desk

MILL = "acme/little/milling/CELL/MILL-1"
TAGS: dict[str, Any] = {
    "Coolant/Temperature": {"value": 21.5, "unit": "CEL", "low": 5, "high": 40},
    "Recipe": {"value": "A7", "access": "write"},
    "Odd+name": 1,
}


class TestUns(ContractSuite):
    kind = "uns"
    system = "plc"


class Floor:
    """A desk with one PLC in the tree."""

    def __init__(self, **given: Any) -> None:
        plc = {"machines": ["MILL-1", "MILL-2"], "tags": TAGS}
        self.desk = Desk(kinds=("mes", "plc"), settings={"plc": {"plcs": {"CELL": plc}}})
        self.system: Any = self.desk.systems["plc"]
        self.contract = UnsContract(
            "plc", self.system.operations(), {one.document: one for one in self.system.says},
            UnsSettings.model_validate({"enterprise": "acme", "area": "milling", **given}),
            "/little/plc/uns",
        )  # fmt: skip
        self.system.introduce()
        for _, document in self.desk.emitted:
            if isinstance(document, TagSpace):
                self.contract.render(document)
        self.session = self.contract.session("CELL", 0)

    def said(self, document: Any, **how: Any) -> dict[str, tuple[Any, str]]:
        """Topic to what is said there, and whether it is retained."""
        request = self.contract.render(document)
        assert request is not None
        found = self.session.outgoing(request, **{"stored": False, "oddities": {}, **how})
        return {one.path: (orjson.loads(one.body), one.headers["retain"]) for one in found}

    def ask(self, topic: str, body: Any, **headers: str) -> Reply:
        """What a command does."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        request = Request("PUBLISH", topic, headers=headers, body=raw)
        assert self.session.heard(request) == [request]
        try:
            call = self.contract.decode(request)
            method = getattr(self.system, call.operation)
            return self.contract.encode(call, method(call.input))
        except Refusal as refusal:
            return self.contract.refuse(request, refusal)


def change(*values: TagValue, device: str = "") -> TagChange:
    return TagChange(plc="CELL", device=device, values=list(values), at=START)


def test_each_value_has_its_topic() -> None:
    floor = Floor()
    said = floor.said(
        change(TagValue("MILL-1/Status/StateCurrent", 6, "Good", START), device="MILL-1")
    )
    assert said == {
        f"{MILL}/Status/StateCurrent": (
            {"value": 6, "timestamp": "2026-03-02T06:00:00.000Z", "quality": "Good"}, "1"
        )
    }  # fmt: skip
    odd = floor.said(change(TagValue("Odd+name", 2, "BadSensorFailure", START)))
    assert [*odd] == ["acme/little/milling/CELL/Odd_name"]
    assert odd["acme/little/milling/CELL/Odd_name"][0]["quality"] == "BadSensorFailure"


def test_a_description_is_retained_beside_the_values() -> None:
    floor = Floor(retain=False)
    space = next(one for _, one in floor.desk.emitted if isinstance(one, TagSpace))
    said = floor.said(space)
    meta, kept = said["acme/little/milling/CELL/_meta"]
    assert kept == "1"
    assert meta["tags"]["Coolant/Temperature"] == {
        "type": "Double", "unit": "CEL", "low": 5.0, "high": 40.0
    }  # fmt: skip
    assert meta["tags"]["Recipe"]["access"] == "write"
    assert said["acme/little/milling/CELL/Recipe"][0]["value"] == "A7"
    assert said["acme/little/milling/CELL/Recipe"][1] == "0"


def test_what_changed_together_can_be_one_message() -> None:
    floor = Floor(grouped=True)
    values = [TagValue(f"MILL-1/Status/{name}", 1, "Good", START) for name in ("A", "B")]
    said = floor.said(change(*values, device="MILL-1"))
    assert [*said] == [MILL]
    assert [*said[MILL][0]] == ["Status/A", "Status/B"]
    assert said[MILL][1] == "0"


def test_what_had_to_wait_says_so_and_is_not_retained() -> None:
    floor = Floor()
    said = floor.said(change(TagValue("Recipe", "B", "Good", START)), stored=True)
    value, kept = said["acme/little/milling/CELL/Recipe"]
    assert (value["historical"], kept) == (True, "0")


def test_an_alarm_is_one_message() -> None:
    floor = Floor()
    floor.desk.do("plc", "raise_alarm", plc="CELL", alarm="MILL-1/Alarms/Breakdown")
    alarm = next(one for _, one in floor.desk.emitted if isinstance(one, AlarmChange))
    said, _ = floor.said(alarm)[f"{MILL}/Alarms/Breakdown"]
    assert (said["active"], said["acknowledged"], said["severity"]) == (True, False, 800)


def test_a_client_says_that_it_is_there_and_has_the_broker_say_that_it_is_not() -> None:
    session = Floor().session
    (there,), will, (gone,) = session.first(), session.will, session.last()
    assert there.path == will.path == "acme/little/milling/CELL/_status"
    assert (there.body, will.body) == (b'{"online":true}', b'{"online":false}')
    assert {one.headers["retain"] for one in (there, will, gone)} == {"1"}


def test_births_say_how_things_stand_now() -> None:
    floor = Floor()
    floor.said(change(TagValue("Recipe", "B", "Good", START)))
    births = floor.session.births()
    assert [one.keys().get("machine") for one in births] == [None, ["MILL-1"], ["MILL-2"]]
    said = floor.said(births[0])
    assert said["acme/little/milling/CELL/Recipe"][0]["value"] == "B"


def test_it_listens_where_something_can_be_asked() -> None:
    assert set(Floor().session.topics) == {
        "acme/little/milling/CELL/cmd", f"{MILL}/cmd", f"{MILL[:-1]}2/cmd",
        "acme/little/milling/CELL/+/set", f"{MILL}/+/+/set", f"{MILL[:-1]}2/+/+/set",
    }  # fmt: skip


@pytest.mark.parametrize("body", ["C3", {"value": "C3"}])
def test_a_tag_is_set(body: Any) -> None:
    floor = Floor()
    reply = floor.ask("acme/little/milling/CELL/Recipe/set", body)
    assert reply.headers["topic"] == "acme/little/milling/CELL/Recipe/set/reply"
    assert orjson.loads(reply.body)["result"]["value"] == "C3"


def test_an_operation_is_asked_for_and_knows_its_machine() -> None:
    floor = Floor()
    reply = floor.ask(f"{MILL}/cmd", {"operation": "command", "command": "stop"})
    assert orjson.loads(reply.body)["result"]["machine"] == "MILL-1"
    reply = floor.ask("acme/little/milling/CELL/cmd", {"operation": "rebirth"})
    assert reply.status == 200


@pytest.mark.parametrize(
    ("topic", "body", "status", "code"),
    [
        (f"{MILL}/Nothing/set", 1, 404, "not-found"),
        ("acme/little/milling/CELL/Recipe/set", 5, 422, "type-mismatch"),
        ("acme/little/milling/CELL/Recipe/set", b"{broken", 400, "not-json"),
        ("acme/little/milling/CELL/Recipe/set", {"wert": 5}, 400, "malformed"),
        ("acme/little/milling/CELL/Coolant/Temperature/set", 5.0, 403, "not-writable"),
        (f"{MILL}/cmd", [1], 400, "malformed"),
        (f"{MILL}/cmd", {"operation": "explode"}, 404, "not-found"),
        (f"{MILL}/cmd", {"operation": "command", "command": "dance"}, 422, "invalid"),
        (f"{MILL}/cmd", {"operation": "command", "command": "start", "x": 1}, 422, "invalid"),
        ("elsewhere/cmd", {"operation": "rebirth"}, 404, "not-found"),
    ],
)
def test_commands_that_cannot_be_carried_out_are_refused_by_name(
    topic: str, body: Any, status: int, code: str
) -> None:
    reply = Floor().ask(topic, body)
    assert (reply.status, orjson.loads(reply.body)["type"].rpartition(":")[2]) == (status, code)


def test_a_retained_command_is_refused() -> None:
    reply = Floor().ask("acme/little/milling/CELL/Recipe/set", "X", retain="1")
    assert reply.status == 409


@pytest.mark.parametrize(
    "given", [{"site": "{city}"}, {"site": "a/+"}, {"cell": ""}, {"line": "one"}, {"line": "{"}]
)
def test_levels_that_cannot_be_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        UnsSettings.model_validate(given)
