"""Sparkplug B: payloads, births and numbers, commands; as a host sees them, without a broker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.contracts.sparkplug import SparkplugContract, SparkplugSettings
from simulator.contracts.sparkplug.payload import (
    ARRAYS,
    TYPES,
    Metric,
    Payload,
    historical,
    numbered,
    read,
    split,
    write,
)
from simulator.contracts.sparkplug.session import SparkplugSession
from simulator.core.errors import Refusal
from simulator.core.message import Request
from simulator.core.ports import Call
from simulator.plant.tags import AlarmChange, TagChange, TagSpace, TagValue
from simulator.systems.plc.signals import BOUNDS
from simulator.testing.suites import ContractSuite
from tests.systems.desk import Desk
from tests.transports.mqtt.host import Host

TAGS: dict[str, Any] = {
    "Coolant/Temperature": {"value": 21.5, "unit": "CEL", "low": 5, "high": 40},
    "Recipe": {"value": "A7", "access": "write"},
    "Limits": {"value": [1.5, 2.5], "type": "Double"},
    "Signed": {"value": -5, "type": "SByte", "access": "write"},
}


class TestSparkplug(ContractSuite):
    kind = "sparkplug"
    system = "plc"


class Floor:
    """A desk with one PLC and its edge node's session."""

    def __init__(self, **given: Any) -> None:
        plc = {"machines": ["MILL-1", "MILL-2"], "tags": TAGS, "flood": 2}
        self.desk = Desk(kinds=("mes", "plc"), settings={"plc": {"plcs": {"CELL": plc}}})
        system = self.desk.systems["plc"]
        self.contract = SparkplugContract(
            "plc", type(system).operations(), {one.document: one for one in system.says},
            SparkplugSettings.model_validate(given), "/little/plc/mqtt",
        )  # fmt: skip
        self.host = Host()
        self.said = 0
        self.connect(0)

    def connect(self, number: int) -> SparkplugSession:
        self.session = self.contract.session("CELL", number)
        return self.session

    def introduce(self) -> None:
        self.desk.systems["plc"].introduce()
        self.pass_on()

    def pass_on(self, **how: Any) -> list[Request]:
        """Let what was emitted since leave, and the host hear it."""
        out = []
        for system, document in self.desk.emitted[self.said :]:
            if system == "plc":
                request = self.contract.render(document)
                assert request is not None
                out += self.send(request, **how)
        self.said = len(self.desk.emitted)
        return out

    def send(self, request: Request, *, stored: bool = False, **oddities: Any) -> list[Request]:
        out = self.session.outgoing(request, stored=stored, oddities=oddities)
        for one in out:
            self.host.hear(one.path, one.body)
        return out

    def ask(self, topic: str, *metrics: Metric, **headers: str) -> Any:
        """What a command does; the result of the last metric."""
        body = write(Payload(1, metrics=list(metrics)))
        result: Any = None
        for one in self.session.heard(Request("PUBLISH", topic, headers=headers, body=body)):
            call = self.contract.decode(one)
            result = self.do(call)
        return result

    def do(self, call: Call) -> Any:
        return getattr(self.desk.systems["plc"], call.operation)(call.input)


# --- payloads -----------------------------------------------------------------------------------


def of(kind: str) -> st.SearchStrategy[Any]:
    if kind == "Boolean":
        return st.booleans()
    if kind == "DateTime":
        return st.integers(0, 2**50).map(lambda ms: ms * 1000)
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        return st.integers(low, high)
    if kind in ("Float", "Double"):
        return st.floats(allow_nan=False, width=32)
    if kind == "ByteString":
        return st.binary(max_size=20)
    return st.text(max_size=20).filter(lambda text: "\0" not in text)


NUMBERS = st.none() | st.integers(0, 2**40)
PROPERTIES = st.sampled_from([{}, {"engUnit": "CEL", "on": True, "of": 7}])
METRICS = st.one_of(
    st.builds(
        Metric, st.sampled_from(["", "Größe", "a/b"]), st.none() | of(kind), st.just(kind), NUMBERS,
        st.just(False), NUMBERS, st.booleans(), st.sampled_from([None, 0, 192, 500]), PROPERTIES,
    )
    for kind in sorted(TYPES)
)  # fmt: skip
LISTS = st.one_of(
    st.builds(
        Metric, st.just("list"), st.lists(of(kind), max_size=20), st.just(kind), array=st.just(True)
    )
    for kind in sorted(ARRAYS)
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(METRICS | LISTS, max_size=4), st.none() | st.integers(0, 255))
def test_a_payload_is_read_as_it_was_written(metrics: list[Metric], seq: int | None) -> None:
    payload = Payload(12345, seq, metrics)
    assert read(write(payload)) == payload


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(METRICS, max_size=3), st.integers(0, 255), METRICS)
def test_numbers_are_written_behind_what_is_there(
    metrics: list[Metric], seq: int, more: Metric
) -> None:
    body = write(Payload(1, metrics=metrics))
    assert read(numbered(body, seq, more)) == Payload(1, seq, [*metrics, more])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(METRICS, min_size=1, max_size=3))
def test_what_was_said_late_is_marked_and_otherwise_the_same(metrics: list[Metric]) -> None:
    late = read(historical(write(Payload(1, metrics=metrics))))
    assert all(one.historical for one in late.metrics)
    assert [one.value for one in late.metrics] == [one.value for one in metrics]


@given(st.binary(max_size=200))
def test_broken_bytes_are_refused_by_name(body: bytes) -> None:
    codes = []
    for reads in (read, lambda body: split(body, 10)):
        try:
            reads(body)
        except Refusal as refusal:
            codes.append(refusal.code)
    assert set(codes) <= {"malformed", "type-mismatch"}


# --- births -------------------------------------------------------------------------------------


@pytest.mark.parametrize("aliases", [False, True])
def test_births_come_first_and_say_everything(aliases: bool) -> None:
    floor = Floor(aliases=aliases)
    floor.introduce()
    assert floor.host.kinds[:3] == ["NBIRTH", "DBIRTH MILL-1", "DBIRTH MILL-2"]
    floor.desk.run("20s")
    floor.pass_on()
    assert floor.host.end() == []
    shown = floor.host.values
    assert shown["CELL/Coolant/Temperature"] == 21.5
    assert shown["CELL/Limits"] == [1.5, 2.5]
    assert shown["CELL/Signed"] == -5
    assert shown["CELL/MILL-1/Status/StateCurrentName"] == "Idle"
    assert shown["CELL/MILL-1/Alarms/Breakdown/Active"] is False
    kinds = set(floor.host.kinds)
    assert {"DDATA MILL-1", "DDATA MILL-2"} <= kinds <= {
        "NBIRTH", "DBIRTH MILL-1", "DBIRTH MILL-2", "NDATA", "DDATA MILL-1", "DDATA MILL-2"
    }  # fmt: skip


def test_a_birth_describes_its_metrics() -> None:
    floor = Floor()
    floor.desk.systems["plc"].introduce()
    (birth,) = floor.contract.session("CELL", 0).outgoing(
        _rendered(floor, TagSpace), stored=False, oddities={}
    )
    found = {one.name: one for one in read(birth.body).metrics}
    assert found["Coolant/Temperature"].properties == {
        "engUnit": "CEL", "engLow": 5.0, "engHigh": 40.0
    }  # fmt: skip
    assert found["Signed"].type == "SByte"
    assert (birth.headers["qos"], birth.headers["retain"]) == ("0", "0")
    assert birth.path == "spBv1.0/little/NBIRTH/CELL"


def _rendered(floor: Floor, kind: type[Any]) -> Request:
    document = next(one for _, one in floor.desk.emitted if type(one) is kind)
    request = floor.contract.render(document)
    assert request is not None
    return request


def test_the_will_is_a_death_with_the_number_of_the_birth() -> None:
    floor = Floor()
    will = floor.connect(256 + 7).will
    assert (will.path, will.headers["qos"], will.headers["retain"]) == (
        "spBv1.0/little/NDEATH/CELL", "1", "0"
    )  # fmt: skip
    payload = read(will.body)
    assert payload.seq is None
    assert [(one.name, one.value, one.type) for one in payload.metrics] == [("bdSeq", 7, "Int64")]
    floor.introduce()
    assert floor.host.nodes["CELL"].bd_seq == 7
    assert floor.session.last() == [will]


def test_numbers_go_from_255_to_0_and_from_0_at_a_birth() -> None:
    floor = Floor()
    floor.introduce()
    change = TagChange(plc="CELL", values=[TagValue("Recipe", "B", "Good", 1)], at=1)
    request = floor.contract.render(change)
    assert request is not None
    numbers = [read(floor.send(request)[0].body).seq for _ in range(600)]
    assert numbers == [(3 + count) % 256 for count in range(600)]


def test_births_of_a_new_connection_say_how_things_stand_now() -> None:
    floor = Floor()
    floor.introduce()
    floor.desk.do("plc", "write", plc="CELL", tag="Recipe", value="B2")
    floor.desk.run("5s")
    before = dict(floor.host.values)
    floor.pass_on()  # said to nobody new
    will = floor.session.will
    floor.host.hear(will.path, will.body)
    floor.connect(1)
    for document in floor.session.births():
        request = floor.contract.render(document)
        assert request is not None
        floor.send(request)
    assert floor.host.values["CELL/Recipe"] == "B2" != before["CELL/Recipe"]
    assert floor.host.end() == []


def test_what_had_to_wait_is_history() -> None:
    floor = Floor()
    floor.introduce()
    floor.desk.run("3s")
    floor.pass_on(stored=True)
    assert floor.host.history
    assert {one.historical for _, one in floor.host.history} == {True}
    assert floor.host.end() == []


# --- quality and alarms -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [one for one in BOUNDS if one != "DateTime"])
def test_numbers_that_cannot_be_are_as_near_as_they_can_be(kind: str) -> None:
    low, high = BOUNDS[kind]
    metrics = [Metric("Low", low - 1, kind), Metric("High", high + 1, kind)]
    assert [one.value for one in read(write(Payload(1, metrics=metrics))).metrics] == [low, high]


def test_quality_is_said_when_it_is_not_good_and_when_it_is_again() -> None:
    floor = Floor()
    floor.introduce()
    said = []
    for status, value in (("Good", 1.0), ("BadSensorFailure", None), ("Good", 2.0), ("Good", 3.0)):
        change = TagChange(
            plc="CELL", values=[TagValue("Coolant/Temperature", value, status, 5)], at=5
        )
        request = floor.contract.render(change)
        assert request is not None
        (metric,) = read(request.body).metrics
        said.append((metric.value, metric.quality))
    assert said == [(1.0, None), (None, 0), (2.0, 192), (3.0, None)]


def test_an_alarm_is_seen_as_metrics() -> None:
    floor = Floor()
    floor.introduce()
    floor.desk.do("plc", "raise_alarm", plc="CELL", alarm="MILL-1/Alarms/Breakdown")
    assert any(type(one) is AlarmChange for _, one in floor.desk.emitted)
    floor.pass_on()
    shown = floor.host.values
    assert shown["CELL/MILL-1/Alarms/Breakdown/Active"] is True
    assert shown["CELL/MILL-1/Alarms/Breakdown/Acknowledged"] is False
    assert floor.host.end() == []


# --- commands -----------------------------------------------------------------------------------

NCMD = "spBv1.0/little/NCMD/CELL"
DCMD = "spBv1.0/little/DCMD/CELL/MILL-1"


def test_a_rebirth_says_everything_again_under_the_same_number() -> None:
    floor = Floor()
    floor.introduce()
    floor.ask(NCMD, Metric("Node Control/Rebirth", True, "Boolean"))
    floor.pass_on()
    births = ["NBIRTH", "DBIRTH MILL-1", "DBIRTH MILL-2"]
    assert floor.host.kinds == births * 2
    assert floor.host.end() == []


def test_commands_write_tags_by_name_and_by_alias() -> None:
    floor = Floor(aliases=True)
    floor.introduce()
    floor.ask(NCMD, Metric("Recipe", "B", "String"), Metric("Signed", -3, "SByte"))
    alias = next(k for k, v in floor.host.nodes["CELL"].names.items() if v == "Recipe")
    floor.pass_on()
    assert (floor.host.values["CELL/Recipe"], floor.host.values["CELL/Signed"]) == ("B", -3)
    floor.ask(NCMD, Metric("", "C", "String", alias=alias))
    floor.ask(DCMD, Metric("Command/MachSpeed", 70, "Double"))
    floor.pass_on()
    assert floor.host.values["CELL/Recipe"] == "C"
    assert floor.host.values["CELL/MILL-1/Command/MachSpeed"] == 70


def test_a_command_without_a_data_type_is_read_by_the_birth() -> None:
    floor = Floor()
    floor.introduce()
    body = write(Payload(metrics=[Metric("Signed", -3, "SByte")]))
    floor.contract.decode(Request("PUBLISH", NCMD, body=body))
    shorter = bytes([body[0], body[1] - 2]) + body[2:]
    typeless = shorter.replace(b"\x20\x01", b"")  # field 4, SByte
    assert read(typeless).metrics[0].type == ""
    call = floor.contract.decode(Request("PUBLISH", NCMD, body=typeless))
    assert call.input is not None
    assert call.input.model_dump()["value"] == -3


@pytest.mark.parametrize(
    ("topic", "metric", "code"),
    [
        (NCMD, Metric("Nothing", 1, "Int32"), "not-found"),
        (NCMD, Metric("", 1, "Int32", alias=999), "not-found"),
        (NCMD, Metric("Recipe", 5, "Int32"), "type-mismatch"),
        (NCMD, Metric("Recipe", None, "String"), "type-mismatch"),
        (NCMD, Metric("Signed", 400, "Int32"), "out-of-range"),
        (NCMD, Metric("Coolant/Temperature", 4.0, "Double"), "not-writable"),
        (NCMD, Metric("Node Control/Rebirth", False, "Boolean"), "type-mismatch"),
        (DCMD, Metric("Node Control/Rebirth", True, "Boolean"), "not-found"),
        ("spBv1.0/little/NDATA/CELL", Metric("Recipe", "B", "String"), "unsupported"),
        ("spBv1.0/other/NCMD/CELL", Metric("Recipe", "B", "String"), "not-found"),
    ],
)  # fmt: skip
def test_commands_that_cannot_be_carried_out_are_refused_by_name(
    topic: str, metric: Metric, code: str
) -> None:
    floor = Floor()
    floor.introduce()
    with pytest.raises(Refusal) as caught:
        floor.ask(topic, metric)
    assert caught.value.code == code


def test_retained_broken_and_overlong_commands_are_refused_by_name() -> None:
    floor = Floor()
    floor.introduce()
    rebirth = Metric("Node Control/Rebirth", True, "Boolean")
    with pytest.raises(Refusal, match="out of date"):
        floor.ask(NCMD, rebirth, retain="1")
    with pytest.raises(Refusal, match="1001 metrics"):
        floor.ask(NCMD, *[rebirth] * 1001)
    (broken,) = floor.session.heard(Request("PUBLISH", NCMD, body=b"\xff\xff"))
    with pytest.raises(Refusal) as caught:
        floor.contract.decode(broken)
    assert caught.value.code == "malformed"
    assert floor.contract.refuse(broken, caught.value).status == 400


# --- the primary host ---------------------------------------------------------------------------


def state(online: Any, at: Any) -> Request:
    body = f'{{"online": {online}, "timestamp": {at}}}'.encode()
    return Request("PUBLISH", "spBv1.0/STATE/SCADA", body=body)


def test_nothing_is_said_before_the_primary_host_is_there() -> None:
    floor = Floor(host="SCADA")
    session = floor.session
    assert "spBv1.0/STATE/SCADA" in session.topics
    assert not session.ready
    for said, ready in (
        (state("true", 100), True), (state("false", 99), True), (state("false", 100), False),
        (state("true", 90), False), (state("true", 120), True), (state("1", 130), True),
        (state("false", "null"), True), (Request("PUBLISH", "spBv1.0/STATE/SCADA"), True),
    ):  # fmt: skip
        assert session.heard(said) == []
        assert session.ready is ready
    again = floor.connect(1)
    assert not again.ready  # each connection waits anew,
    again.heard(state("true", 119))
    assert not again.ready  # and what is older than what any of them heard does not count
    again.heard(state("true", 120))
    assert again.ready


# --- breaches on request ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oddity", "given"), [("sequence-gap", {"by": 3}), ("stale-bdseq", {"by": 1})]
)
def test_each_breach_is_found_by_a_host(oddity: str, given: dict[str, int]) -> None:
    floor = Floor()
    floor.introduce()
    floor.desk.do("plc", "rebirth", plc="CELL")
    if oddity == "sequence-gap":
        floor.pass_on()
        floor.desk.run("2s")
    floor.pass_on(**{oddity: given})
    assert set(floor.host.end()) == {oddity}
