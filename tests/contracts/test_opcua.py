"""Tags as OPC UA nodes, writes and calls as operations; without a server."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from simulator.contracts.opcua import STATUS, OpcuaContract, OpcuaContractSettings
from simulator.core.errors import Mistake, Refusal
from simulator.core.message import Reply, Request
from simulator.plant.tags import AlarmChange, TagChange, TagDefinition, TagSpace, TagValue
from simulator.testing.suites import ContractSuite
from tests.systems.desk import START, Desk

TAGS: dict[str, Any] = {
    "Coolant/Temperature": {"value": 21.5, "unit": "CEL", "low": 5, "high": 40, "history": True},
    "Recipe": {"value": "A7", "access": "write"},
    "Own": {"value": 7, "node": "ns=3;i=1023"},
}


class TestOpcua(ContractSuite):
    kind = "opcua"
    system = "plc"


class Floor:
    """A desk with one PLC, introduced to the contract."""

    def __init__(self, tags: dict[str, Any] | None = None, **settings: Any) -> None:
        plc = {"machines": ["MILL-1"], "tags": tags or TAGS}
        self.desk = Desk(kinds=("mes", "plc"), settings={"plc": {"plcs": {"CELL": plc}}})
        self.system: Any = self.desk.systems["plc"]
        self.contract = OpcuaContract(
            "plc", self.system.operations(), {one.document: one for one in self.system.says},
            OpcuaContractSettings.model_validate(settings), "/little/plc",
        )  # fmt: skip
        self.system.introduce()
        self.nodes: dict[str, dict[str, Any]] = {}
        for _, document in self.desk.emitted:
            if isinstance(document, TagSpace):
                request = self.contract.render(document)
                assert request is not None
                assert request.method == "SPACE"
                self.nodes |= {one["id"]: one for one in orjson.loads(request.body)["nodes"]}

    def ask(self, method: str, path: str, body: Any) -> Reply:
        """What a client's request does."""
        request = Request(method, path, body=orjson.dumps(body))
        try:
            call = self.contract.decode(request)
            result = getattr(self.system, call.operation)(call.input)
            return self.contract.encode(call, result)
        except Refusal as refusal:
            return self.contract.refuse(request, refusal)


def test_a_plc_is_laid_out_in_folders_by_its_paths() -> None:
    nodes = Floor().nodes
    temperature = nodes["s=CELL/Coolant/Temperature"]
    assert temperature["parent"] == "s=CELL/Coolant"
    assert (temperature["data"], temperature["range"], temperature["unit"]) == (
        "Double", [5, 40], "CEL"
    )  # fmt: skip
    assert (temperature["history"], temperature["write"]) == (True, False)
    assert temperature["shows"][:2] == [21.5, "Good"]
    assert nodes["s=CELL"]["parent"] == ""
    assert nodes["i=1023"]["name"] == "Own"
    for node in nodes.values():
        assert not node["parent"] or node["parent"] in nodes
    assert not any("packml" in one for one in nodes.values())


def test_packmls_shape_names_packmls_types() -> None:
    nodes = Floor(layout="packml").nodes
    assert nodes["s=CELL/MILL-1"]["packml"] == "PackMLBaseObjectType"
    assert nodes["s=CELL/MILL-1/Status"]["packml"] == "PackMLStatusObjectType"
    assert nodes["s=CELL/MILL-1/Admin"]["packml"] == "PackMLAdminObjectType"


def test_methods_and_alarms_have_what_a_server_needs_to_know() -> None:
    nodes = Floor().nodes
    stop = nodes["s=CELL/MILL-1/Command/Stop"]
    assert (stop["operation"], stop["given"]) == (
        "command", {"machine": "MILL-1", "command": "stop"}
    )  # fmt: skip
    alarm = nodes["s=CELL/MILL-1/Alarms/Breakdown"]
    assert (alarm["type"], alarm["source"], alarm["plc"]) == ("trip", "s=CELL/MILL-1", "CELL")


def test_changes_are_written_by_node_id() -> None:
    floor = Floor()
    values = [TagValue("Own", 8, "Good", START), TagValue("Recipe", "B", "Uncertain", START)]
    change = TagChange(plc="CELL", values=values, at=START)
    request = floor.contract.render(change)
    assert request is not None
    assert (request.method, orjson.loads(request.body)) == (
        "WRITE", [["i=1023", 8, "Good", START], ["s=CELL/Recipe", "B", "Uncertain", START]]
    )  # fmt: skip


def test_an_alarm_that_changed_is_an_event_of_its_condition() -> None:
    floor = Floor()
    said = AlarmChange(
        plc="CELL", device="MILL-1", path="MILL-1/Alarms/Breakdown", source="MILL-1", event=3,
        severity=800, message="down", active=True, acknowledged=False, confirmed=False,
        retain=True, at=START,
    )  # fmt: skip
    request = floor.contract.render(said)
    assert request is not None
    assert (request.method, request.path) == ("EVENT", "s=CELL/MILL-1/Alarms/Breakdown")
    assert orjson.loads(request.body)["retain"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("WRITE", "s=CELL/Recipe", "B8", "Good"),
        ("WRITE", "s=CELL/Recipe", 8, "BadTypeMismatch"),
        ("WRITE", "i=1023", 9, "BadNotWritable"),
        ("WRITE", "s=CELL/Nowhere", 9, "BadNodeIdUnknown"),
        ("CALL", "command", {"machine": "MILL-1", "command": "stop"}, "Good"),
        ("CALL", "command", {"machine": "MILL-1", "command": "hold"}, "BadInvalidState"),
        ("CALL", "command", {"machine": "MILL-1", "command": "fly"}, "BadInvalidArgument"),
        ("CALL", "command", ["stop"], "BadInvalidArgument"),
        ("CALL", "fly", {}, "BadNodeIdUnknown"),
        ("ALARM", "acknowledge_alarm", {"plc": "CELL", "alarm": "MILL-1/Alarms/Breakdown"},
         "BadConditionBranchAlreadyAcked"),
        ("ALARM", "confirm_alarm", {"plc": "CELL", "alarm": "MILL-1/Alarms/Nothing"},
         "BadNodeIdUnknown"),
        ("READ", "s=CELL/Recipe", None, "BadInvalidArgument"),
    ],
)  # fmt: skip
def test_what_clients_do_becomes_an_operation_or_a_status(
    method: str, path: str, body: Any, status: str
) -> None:
    assert Floor().ask(method, path, body).headers[STATUS] == status


def test_a_disabled_alarm_says_so() -> None:
    floor = Floor()
    one = {"plc": "CELL", "alarm": "MILL-1/Alarms/Breakdown"}
    assert floor.ask("ALARM", "disable_alarm", one).headers[STATUS] == "Good"
    assert floor.ask("ALARM", "raise_alarm", one).headers[STATUS] == "BadConditionDisabled"


def test_a_node_id_that_is_none_is_a_mistake() -> None:
    space = TagSpace(
        plc="CELL", tags=[TagDefinition(path="X", type="Double", node="ns=2;x=1")], at=START
    )
    with pytest.raises(Mistake, match="no node id"):
        Floor().contract.render(space)


def test_two_tags_of_one_node_id_are_a_mistake() -> None:
    one, other = (TagDefinition(path=name, type="Double", node="i=7") for name in "AB")
    with pytest.raises(Mistake, match="A and CELL: B have the node id i=7"):
        Floor().contract.render(TagSpace(plc="CELL", tags=[one, other], at=START))
