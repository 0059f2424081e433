"""What the faults of tags do to what a PLC says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.core.durations import HOUR, MINUTE
from simulator.core.link import Treatment
from simulator.core.message import Message, Request
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.faults._tags import TagFault
from simulator.plant.tags import TagChange, TagSample, TagValue
from tests.faults.interchanges import NOW, Wire

FAULTS = registry("faults", Fault)
TAGS = [kind for kind in FAULTS.kinds() if issubclass(FAULTS.get(kind), TagFault)]


def change(value: Any) -> TagChange:
    """A change of one counter, and of a name."""
    said = [TagValue("M1/Admin/Count", value, at=NOW), TagValue("M1/Job/Order", "4711", at=NOW)]
    return TagChange(plc="P1", values=said, at=NOW)


def treat(wire: Wire, said: TagChange) -> Treatment:
    message = Message("plc.opcua", "out", Request(), None, said.said_as, said.keys(), said=said)
    return wire.link.treat(message, {}, NOW, 0.0)


def shown(kind: str, *values: Any, **given: Any) -> list[TagValue]:
    """What is shown of the counter."""
    wire = Wire(kind, tags="*/Count", **given)
    found = []
    for value in values:
        said = change(value)
        document = treat(wire, said).document or said
        assert isinstance(document, TagChange)
        assert document.values[1] == said.values[1]
        found.append(document.values[0])
    return found


def test_there_is_one_for_each_recipe() -> None:
    assert TAGS == [
        "tag-frozen", "tag-future", "tag-out-of-range", "tag-quality", "tag-rollover", "tag-spike",
        "tag-stale",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", TAGS)
def test_other_tags_and_what_was_said_stay_as_they_are(kind: str) -> None:
    wire = Wire(kind, tags="M2/*")
    said = change(7)
    before = said.model_copy()
    treatment = treat(wire, said)
    assert treatment.document is None
    assert treatment.faults == []
    assert said == before


@pytest.mark.parametrize("kind", TAGS)
def test_what_is_altered_keeps_its_kind_and_names_the_fault(kind: str) -> None:
    wire = Wire(kind)
    for value in (1, 70_000):
        sample = TagSample.model_validate(change(value).model_dump())
        treatment = treat(wire, sample)
    assert treatment.faults == [f"{kind}-1"]
    assert type(treatment.document) is TagSample
    assert sample.values[0].value == 70_000


def test_quality() -> None:
    (one,) = shown("tag-quality", 7)
    assert (one.value, one.status) == (7, "BadSensorFailure")
    (one,) = shown("tag-quality", 7, status="UncertainLastUsableValue", null=True)
    assert (one.value, one.status) == (None, "UncertainLastUsableValue")


def test_a_frozen_tag_is_fresh_and_good() -> None:
    assert [(one.value, one.status) for one in shown("tag-frozen", 7, 8, 9)] == [(7, "Good")] * 3


def test_source_times() -> None:
    (one,) = shown("tag-stale", 7, by="10m")
    assert one.at == NOW - 10 * MINUTE
    (one,) = shown("tag-future", 7)
    assert one.at == NOW + HOUR


def test_numbers_that_cannot_be() -> None:
    assert [one.value for one in shown("tag-out-of-range", 7, 8.5)] == [32767, 32767.0]
    assert [one.value for one in shown("tag-spike", 7, 8.5, factor=2, by=1)] == [15, 18.0]
    assert [one.value for one in shown("tag-out-of-range", 7, to=-1e300)] == [-(2**63)]
    assert [one.value for one in shown("tag-spike", 7, factor=1e300)] == [2**63 - 1]


def test_counters_roll_over_or_begin_anew() -> None:
    assert [one.value for one in shown("tag-rollover", 254, 256, 300, most=255)] == [254, 0, 44]
    assert [one.value for one in shown("tag-rollover", 500, 501, 510, reset=True)] == [0, 1, 10]


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        ("tag-quality", {"status": "BadSensorFialure"}, "BadSensorFailure"),
        ("tag-quality", {"status": "Good"}, "Bad or Uncertain"),
        ("service-fault", {"status": "BadTimeoutt"}, "BadTimeout"),
        ("service-fault", {"services": ["Raed"]}, "Read"),
    ],
)
def test_names_that_opc_ua_does_not_know_are_refused(
    kind: str, given: dict[str, Any], meant: str
) -> None:
    with pytest.raises(ValidationError, match=meant):
        FAULTS.get(kind).model_validate(given)
