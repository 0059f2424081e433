"""What every fault keeps to, and what each kind does to a message, without any wire."""

import math
import typing
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from simulator.core.chance import Chance
from simulator.core.link import ActiveFault, Link, Treatment
from simulator.core.message import Message, Request
from simulator.core.ports import Capability, Fault, Transport
from simulator.core.registry import registry

KINDS = registry("faults", Fault).kinds()


class Bench:
    """One fault on a link, and messages for it."""

    def __init__(self, kind: str, seed: int = 7, **given: Any) -> None:
        fault = registry("faults", Fault).get(kind).model_validate(given)
        stream = Chance(seed, "gearbox").stream("fault", kind)
        self.link = Link("wms.http", "in")
        self.active = ActiveFault("one", fault, self.link.name, 0, None, 0.0, stream)
        self.link.faults.append(self.active)

    def treat(self, wall: float = 0.0, **fields: Any) -> Treatment:
        message = Message("wms.http", "in", Request("POST", "/x", body=b"{}"))
        return self.link.treat(message, fields, 0, wall)


SAMPLES = [
    pytest.param(kind, given, id=f"{kind}-{number}")
    for kind in KINDS
    for number, given in enumerate(
        registry("faults", Fault).get(kind).model_json_schema().get("examples", [])
    )
]


# --- every kind ---


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_described(kind: str) -> None:
    model = registry("faults", Fault).get(kind)
    schema = model.model_json_schema()
    assert model.kind == kind
    assert model.summary
    assert schema["examples"], "give an example in model_config"
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{kind}.{name} has no description"


@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_it_comes_through_json_unchanged(kind: str, given: dict[str, Any]) -> None:
    model = registry("faults", Fault).get(kind)
    fault = model.model_validate(given)
    saved = orjson.loads(orjson.dumps(fault.model_dump(mode="json", exclude_unset=True)))
    assert model.model_validate(saved) == fault


@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_it_treats_alike_with_the_same_seed(kind: str, given: dict[str, Any]) -> None:
    runs = []
    for _ in range(2):
        bench = Bench(kind, **{**given, "probability": 0.5})
        runs.append([bench.treat(wall=n / 10) for n in range(50)])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_its_memory_can_be_saved_in_the_middle(kind: str, given: dict[str, Any]) -> None:
    straight, halved = Bench(kind, **given), Bench(kind, **given)
    for n in range(20):
        straight.treat(wall=n / 10)
        halved.treat(wall=n / 10)
    halved.active.memory = orjson.loads(orjson.dumps(halved.active.memory))
    for n in range(20, 40):
        assert straight.treat(wall=n / 10) == halved.treat(wall=n / 10)


@pytest.mark.parametrize(("kind", "given"), SAMPLES)
def test_what_it_does_is_what_it_needs(kind: str, given: dict[str, Any]) -> None:
    bench = Bench(kind, **given)
    needs = bench.active.fault.needs
    assert needs
    assert needs <= set(typing.get_args(Capability))
    for n in range(50):
        treatment = bench.treat(wall=n / 100)
        did = set()
        did |= {"delay"} if treatment.delay or treatment.reply_delay else set()
        did |= {treatment.cut} if treatment.cut else set()
        did |= {"answer"} if treatment.answer else set()
        did |= {"duplicate"} if treatment.copies else set()
        did |= {"reorder"} if treatment.behind else set()
        kept = (treatment.keep_bytes, treatment.keep_fraction)
        did |= {"truncate"} if kept != (None, None) else set()
        assert did <= needs
        if not treatment.faults:
            assert did == set()


@pytest.mark.parametrize("kind", KINDS)
def test_its_parameters_hide_none_that_every_fault_has(kind: str) -> None:
    model = registry("faults", Fault).get(kind)
    mine = model.__mro__[: -len(Fault.__mro__)]
    own = {name for one in mine for name in vars(one).get("__annotations__", ())}
    assert not own & set(Fault.model_fields)


def _transports() -> list[type[Transport]]:
    found = registry("transports", Transport)
    return [found.get(kind) for kind in found.kinds()]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_works_somewhere(kind: str) -> None:
    """The matrix of kinds and transports has no empty row."""
    model = registry("faults", Fault).get(kind)
    for given in model.model_json_schema()["examples"]:
        needs = model.model_validate(given).needs
        if not needs <= {c for t in _transports() for can in t.can.values() for c in can}:
            pytest.skip(f"no transport is installed that can {', '.join(sorted(needs))}")
        assert any(needs <= can for t in _transports() for can in t.can.values())


# --- selection ---


def test_probability_means_what_it_says() -> None:
    never = Bench("drop", probability=0)
    assert not any(never.treat().faults for _ in range(1000))
    some = Bench("drop", probability=0.3)
    assert sum(bool(some.treat().faults) for _ in range(2000)) == pytest.approx(600, abs=70)


def test_first_skip_and_every_nth_count_the_selected() -> None:
    bench = Bench("drop", first=2, skip=1, match={"operation": "receive"})
    operations = ("receive", "other", "receive", "receive", "receive")
    hits = [bool(bench.treat(operation=operation).faults) for operation in operations]
    assert hits == [False, False, True, True, False]
    third = Bench("drop", every_nth=3)
    assert [bool(third.treat().faults) for _ in range(6)] == [False, False, True] * 2


# --- outage ---


def test_outage_modes() -> None:
    for mode in ("refuse", "reset", "hang", "close"):
        bench = Bench("outage", mode=mode)
        assert bench.treat().cut == mode
        assert bench.link.refusing is (mode == "refuse")
    assert _answer(Bench("outage", status=599).treat()).status == 599
    text = _answer(Bench("outage", mode="maintenance", body="<p>later</p>").treat())
    assert text.headers["content-type"].startswith("text/html")
    plain = _answer(Bench("outage", body={"error": "E1"}, retry_after="1500ms").treat())
    assert (plain.body, plain.headers["retry-after"]) == (b'{"error":"E1"}', "2")


def _answer(treatment: Treatment) -> Any:
    assert treatment.answer is not None
    return treatment.answer


# --- latency ---


def delays(count: int = 4000, **given: Any) -> list[float]:
    bench = Bench("latency", **given)
    return sorted(bench.treat().delay for _ in range(count))


def test_latency_fixed_and_jittered() -> None:
    assert delays(3, delay="50ms") == [0.05] * 3
    jittered = delays(delay="50ms", jitter="10ms")
    assert 0.04 <= jittered[0] < 0.041
    assert 0.059 < jittered[-1] <= 0.06


def test_latency_distributions_have_the_shape_they_say() -> None:
    uniform = delays(uniform={"min": "10ms", "max": "30ms"})
    assert 0.01 <= uniform[0] < uniform[-1] < 0.03
    normal = delays(normal={"mean": "100ms", "deviation": "10ms"})
    assert sum(normal) / len(normal) == pytest.approx(0.1, rel=0.01)
    assert delays(normal={"mean": "1ms", "deviation": "10ms"})[0] == 0
    tail = delays(lognormal={"median": "80ms", "p99": "2s"})
    assert tail[len(tail) // 2] == pytest.approx(0.08, rel=0.15)
    assert tail[int(len(tail) * 0.99)] == pytest.approx(2, rel=0.3)
    sigma = delays(lognormal={"median": "80ms", "sigma": 0.0})
    assert sigma[0] == pytest.approx(0.08)
    exponential = delays(exponential={"mean": "100ms"})
    assert sum(exponential) / len(exponential) == pytest.approx(0.1, rel=0.1)
    assert delays(exponential={"mean": "100ms"}, max="150ms")[-1] == 0.15


def test_latency_grows_along_its_ramp() -> None:
    bench = Bench("latency", delay="100ms", ramp="10s")
    assert [bench.treat(wall=wall).delay for wall in (0, 2.5, 10, 60)] == [0, 0.025, 0.1, 0.1]


def test_latency_of_the_reply_and_of_several_faults_adds_up() -> None:
    bench = Bench("latency", delay="100ms", side="reply")
    other = Bench("latency", delay="30ms").active
    other.id = "two"
    bench.link.faults.append(other)
    treatment = bench.treat()
    assert (treatment.delay, treatment.reply_delay) == (0.03, 0.1)
    assert bench.link.owed(treatment, "reply") == 0.1
    bench.link.faults.remove(bench.active)
    assert bench.link.owed(treatment, "reply") == 0
    assert bench.link.owed(treatment, "request") == 0.03


# --- error rate and throttle ---


def test_error_rate_takes_one_of_its_statuses() -> None:
    assert _answer(Bench("error-rate").treat()).status == 500
    bench = Bench("error-rate", statuses=[500, 503])
    assert {_answer(bench.treat()).status for _ in range(50)} == {500, 503}
    assert _answer(Bench("error-rate", body="no").treat()).body == b"no"


def test_throttle_lets_its_rate_through() -> None:
    bench = Bench("throttle", limit="5/s")
    answers = [bench.treat(wall=0).answer for _ in range(7)]
    assert [bool(answer) for answer in answers] == [False] * 5 + [True] * 2
    assert _answer(bench.treat(wall=0)).status == 429
    assert _answer(bench.treat(wall=0)).headers["retry-after"] == "1"
    assert bench.treat(wall=0.2).answer is None
    assert bench.treat(wall=0.3).answer is not None
    through = sum(bench.treat(wall=1 + n / 100).answer is None for n in range(1000))
    assert through == pytest.approx(55, abs=2)


def test_throttle_by_quota_says_when_the_window_ends() -> None:
    bench = Bench("throttle", quota={"limit": 2, "per": "1m"})
    assert [bench.treat(wall=10).answer is None for _ in range(3)] == [True, True, False]
    assert _answer(bench.treat(wall=40)).headers["retry-after"] == str(math.ceil(30))
    assert bench.treat(wall=70).answer is None


# --- mistakes ---


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("outage", {"mode": "refuse", "status": 500}, "means nothing in mode 'refuse'"),
        ("outage", {"mode": "gone"}, "Input should be"),
        ("latency", {}, "exactly one of"),
        ("latency", {"delay": "1s", "exponential": {"mean": "1s"}}, "exactly one of"),
        ("latency", {"delay": 50}, "a duration needs a unit"),
        ("latency", {"uniform": {"min": "2s", "max": "1s"}}, "min is above max"),
        ("latency", {"lognormal": {"median": "1s"}}, "either sigma or p99"),
        ("latency", {"lognormal": {"median": "1s", "p99": "1ms"}}, "below the median"),
        ("error-rate", {"status": 500, "statuses": [501]}, "either status or statuses"),
        ("error-rate", {"status": 42}, "greater than or equal to 100"),
        ("throttle", {}, "either limit or quota"),
        ("throttle", {"limit": "fast"}, "not a rate: 'fast'"),
        ("throttle", {"limit": 5}, "not a rate: 5"),
        ("throttle", {"quota": {"limit": 1, "per": "1h"}, "burst": 2}, "burst goes with limit"),
        ("drop", {"side": "both"}, "Input should be"),
        ("duplicate", {"copies": 0}, "greater than or equal to 1"),
        ("reorder", {"by": 0}, "greater than or equal to 1"),
        ("truncate", {}, "either bytes or fraction"),
        ("truncate", {"fraction": 1.0}, "less than 1"),
        ("drop", {"chance": 1}, "Extra inputs"),
    ],
)
def test_mistakes_are_named(kind: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        registry("faults", Fault).get(kind).model_validate(given)
