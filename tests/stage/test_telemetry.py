"""Telemetry on a stage: counted on its link, and in the journal only where something befalls it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from simulator.core.document import Document
from simulator.core.message import Request
from simulator.plant import load_plant
from simulator.plant.tags import TagChange, TagSample, TagValue
from simulator.stage.stage import Stage
from tests.faults.interchanges import Wire

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"
START = 1_772_427_600_000_000
ENDPOINT = "mes.events"


class Plain:
    """A contract that writes tags as JSON."""

    kind = "plain"
    oddities: frozenset[str] = frozenset()

    def render(self, document: Document) -> Request | None:
        return Request("", "tags", body=document.text.encode())


@pytest.fixture
def stage() -> Stage:
    model = load_plant(PAYLOADS / "plants" / "gearbox.yaml", PAYLOADS)
    stage = Stage.build(model, payloads=PAYLOADS, seed=7, start=START, network=False)
    endpoint = stage.endpoints[ENDPOINT]
    endpoint.contract = Plain()  # type: ignore[assignment]
    endpoint.says = frozenset({"tag-change", "tag-sample"})
    return stage


def said(stage: Stage, kind: type[TagChange]) -> list[dict[str, object]]:
    stage.outbound.emit("mes", kind(plc="P1", values=[TagValue("A/B", 1.5, at=START)], at=START))
    found = [orjson.loads(raw) for _, raw in stage.journal.store.scan(0)]
    return [one for one in found if one.get("document") == kind.document]


def test_a_sample_is_counted_and_not_journalled(stage: Stage) -> None:
    link = stage.links[f"{ENDPOINT}.out"]
    crossed = link.crossed
    assert said(stage, TagSample) == []
    assert link.crossed == crossed + 1


def test_a_change_is_journalled_with_its_tags(stage: Stage) -> None:
    (entry,) = said(stage, TagChange)
    assert entry["keys"] == {"plc": ["P1"], "tag": ["A/B"]}
    assert entry["outcome"] == "planned"


def test_a_sample_that_a_fault_touches_is_evidence(stage: Stage) -> None:
    link = stage.links[f"{ENDPOINT}.out"]
    stage.act({"hold": ENDPOINT})
    assert said(stage, TagSample) == []
    message = link.queue[0][1]
    link.faults += Wire("drop").actives
    treatment = stage.gate.treat(link, message)
    stage.gate.attempted(message, "dropped", faults=treatment.faults)
    entry = stage.journal.get(message.seq)
    assert (entry["document"], entry["outcome"]) == ("tag-sample", "dropped")
    assert entry["faults"] == ["drop-1"]


def test_a_sample_that_cannot_be_delivered_is_evidence(stage: Stage) -> None:
    stage.act({"hold": ENDPOINT})
    said(stage, TagSample)
    message = stage.links[f"{ENDPOINT}.out"].queue[0][1]
    stage.gate.attempted(message, "dead-letter", error="the broker is away")
    assert stage.journal.get(message.seq)["outcome"] == "dead-letter"
