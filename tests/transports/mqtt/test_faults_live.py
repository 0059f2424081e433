"""Every rule of Sparkplug that is broken on request: a host finds exactly that breach."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transports.mqtt.conftest import STATE, Listener
from tests.transports.mqtt.test_sparkplug_live import NCMD, REBIRTH, born, caught_up

OUT = "plc.mqtt.out"


async def breach(live: Any, request: Any, fault: dict[str, Any], *, births: bool) -> Listener:
    """What a host hears while a fault is in force, and once it is not any more."""
    floor, listener, _ = await born(live, request)
    floor.stage.act({"on": OUT, "id": "it", **fault})
    if births:
        floor.do("rebirth", plc="CELL")
    await floor.until(lambda: floor.stage.describe_faults()[0]["touched"] > 0)
    await listener.hears("DDATA MILL-1", listener.host.kinds.count("DDATA MILL-1") + 8)
    return listener


@pytest.mark.parametrize(
    ("fault", "births"),
    [
        ({"fault": "sequence-gap", "first": 1}, False),
        ({"fault": "sequence-gap", "by": 255, "first": 1}, False),
        ({"fault": "missing-birth", "first": 1}, True),
        ({"fault": "missing-birth", "of": "node"}, True),
        ({"fault": "data-before-birth", "first": 1}, True),
        ({"fault": "stale-bdseq"}, True),
        ({"fault": "duplicate", "first": 1}, False),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
async def test_a_host_finds_exactly_the_breach(
    live: Any, request: Any, fault: dict[str, Any], births: bool
) -> None:
    listener = await breach(live, request, fault, births=births)
    found = set(listener.host.end())
    if fault.get("of") == "node":  # without a birth, numbers do not begin anew either
        found.discard("sequence-gap")
        assert found <= {"missing-birth"}
        assert listener.host.kinds.count("NBIRTH") == 1
    else:
        assert found == {fault["fault"]}


async def test_a_lost_message_is_a_gap(live: Any, request: Any) -> None:
    listener = await breach(live, request, {"fault": "drop", "first": 1}, births=False)
    assert set(listener.host.end()) == {"sequence-gap"}


async def test_a_message_that_cannot_be_written_does_not_end_the_line(
    live: Any, request: Any, monkeypatch: Any, caplog: Any
) -> None:
    floor, listener, _ = await born(live, request)
    contract: Any = floor.stage.endpoints["plc.mqtt"].contract
    render = contract.render

    def fails_once(document: Any) -> Any:
        if any(one.at > document.at for one in getattr(document, "values", ())):
            monkeypatch.setattr(contract, "render", render)
            raise ValueError("it cannot be written")
        return render(document)

    monkeypatch.setattr(contract, "render", fails_once)
    floor.stage.act({"fault": "tag-future", "on": OUT, "id": "it"})
    await floor.until(lambda: bool(floor.entries(outcome="failed")))
    await listener.hears("DDATA MILL-1", listener.host.kinds.count("DDATA MILL-1") + 8)
    assert "failed in the stand-in itself" in caplog.text


async def test_a_ghost_is_found_by_who_comes_later_and_is_gone_with_the_fault(
    live: Any, request: Any
) -> None:
    floor, listener, _ = await born(live, request)
    ghost = {"fault": "retained-ghost", "on": OUT, "first": 1, "id": "it"}
    floor.stage.act({**ghost, "match": {"document": "tag-space"}})
    floor.do("rebirth", plc="CELL")
    await caught_up(listener)
    assert listener.host.end() == []  # whoever listens sees nothing of it
    late = await floor.listen()
    await late.until(lambda: "retained-ghost" in late.host.breaches)
    assert late.host.breaches == ["retained-ghost"]
    floor.stage.act({"clear": "it"})
    topic = "spBv1.0/little/NBIRTH/CELL"
    await late.until(lambda: (topic, b"", False) in late.got)
    later = await floor.listen()
    await later.until(lambda: any(topic == STATE for topic, _, _ in later.got))
    assert not any(kept for topic, _, kept in later.got if topic != STATE)


async def test_a_host_that_is_taken_for_lost(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    host = listener.host
    floor.stage.act({"fault": "lost-primary-host", "on": OUT, "id": "it"})
    await listener.hears("NDEATH")
    said = len(host.kinds)
    await floor.until(lambda: floor.out.depth > 20)
    assert len(host.kinds) == said
    floor.stage.act({"clear": "it"})
    await listener.hears("NBIRTH", 2)
    await floor.until(lambda: floor.out.depth < 3)
    await caught_up(listener)
    assert host.history
    assert host.end() == []


async def test_a_broker_that_is_away_names_what_it_held_up(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    floor.stage.act({"fault": "broker-away", "on": OUT, "id": "it"})
    await floor.until(lambda: floor.out.depth > 10)
    floor.stage.act({"clear": "it"})
    await listener.hears("NBIRTH", 2)
    await floor.until(lambda: floor.out.depth < 3)
    await caught_up(listener)
    held = [one for one in floor.entries(outcome="delivered") if one.get("faults") == ["it"]]
    assert len(held) > 10


@pytest.mark.parametrize("kind", ["latency", "truncate", "reorder"])
async def test_faults_of_any_wire_work_on_this_one(live: Any, request: Any, kind: str) -> None:
    floor, listener, _ = await born(live, request)
    given = {"latency": {"delay": "50ms"}, "truncate": {"fraction": 0.5}, "reorder": {"by": 2}}[
        kind
    ]
    if kind == "truncate":
        listener.host.hear = lambda *args, **how: None  # type: ignore[method-assign]
    floor.stage.act({"fault": kind, "on": OUT, "id": "it", "first": 1, **given})
    await floor.until(lambda: bool(floor.entries(outcome="delivered", faults=["it"])))
    if kind != "truncate":
        await caught_up(listener)
        assert listener.host.end() == []  # numbered as they leave, whatever held them up


async def test_commands_meet_faults_too(live: Any, request: Any) -> None:
    floor, listener, _ = await born(live, request)
    floor.stage.act({"fault": "drop", "on": "plc.mqtt.in", "first": 1})
    births = listener.host.kinds.count("NBIRTH")
    await listener.ask(NCMD, REBIRTH)
    await floor.until(lambda: bool(floor.entries(direction="in", outcome="dropped")))
    floor.stage.act({"fault": "duplicate", "on": "plc.mqtt.in", "first": 1})
    await listener.ask(NCMD, REBIRTH)
    await listener.hears("NBIRTH", births + 2)
    assert len(floor.entries(direction="in", outcome="answered")) == 2
