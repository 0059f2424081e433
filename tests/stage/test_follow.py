"""What faults make of outbound documents on a stage: rewritten, followed by others, journalled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from simulator.core.document import Document
from simulator.core.durations import HOUR
from simulator.core.message import Message, Request
from simulator.plant import load_plant
from simulator.plant.trading import Interchange
from simulator.stage.stage import Stage
from tests.faults.interchanges import Wire, interchange, notice

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"
START = 1_772_427_600_000_000
ENDPOINT = "mes.events"


class Plain:
    """A contract that writes interchanges as JSON, and any oddity as its name."""

    kind = "plain"
    oddities = frozenset({"segment-count-wrong"})

    def render(self, document: Document) -> Request | None:
        if not isinstance(document, Interchange):
            return None
        body = orjson.dumps({"control": document.control, "odd": list(document.oddities)})
        return Request("", "file", body=body)


@pytest.fixture
def stage() -> Stage:
    model = load_plant(PAYLOADS / "plants" / "gearbox.yaml", PAYLOADS)
    stage = Stage.build(model, payloads=PAYLOADS, seed=7, start=START, speed=60.0, network=False)
    stage.endpoints[ENDPOINT].contract = Plain()  # type: ignore[assignment]
    return stage


def send(stage: Stage, said: Interchange) -> Message:
    """A message that its transport has just taken off the link."""
    request = stage.endpoints[ENDPOINT].contract.render(said)
    assert request is not None
    message = Message(ENDPOINT, "out", request, None, said.said_as, said.keys(), said=said)
    stage.outbound.enter(message, transport="webhook", outcome="queued")
    return message


def attempt(stage: Stage, message: Message, outcome: str = "delivered") -> dict[str, Any]:
    link = stage.links[f"{ENDPOINT}.out"]
    treatment = stage.gate.treat(link, message)
    message.attempts += 1
    if treatment.cut == "drop":
        outcome = "dropped"
    final = outcome != "retrying"
    stage.gate.attempted(message, outcome, faults=treatment.faults, final=final)
    return stage.journal.get(message.seq)


def disturb(stage: Stage, kind: str, **given: Any) -> None:
    stage.links[f"{ENDPOINT}.out"].faults += Wire(kind, **given).actives


def followers(stage: Stage) -> list[dict[str, Any]]:
    found = (orjson.loads(raw) for _, raw in stage.journal.store.scan(0))
    return [one for one in found if "follows" in one]


def test_the_journal_has_what_was_sent_and_what_is_owed(stage: Stage) -> None:
    disturb(stage, "segment-count-wrong")
    disturb(stage, "unknown-order")
    entry = attempt(stage, send(stage, interchange(notice())))
    assert entry["owes"] == ["segment-count-wrong", "unknown-order"]
    assert orjson.loads(entry["body"])["odd"] == ["segment-count-wrong"]
    assert entry["keys"]["po"] == ["4500001"]
    assert entry["sent_keys"]["po"] == ["9900001"]


def test_an_attempt_without_faults_is_honest_again_and_owes_nothing(stage: Stage) -> None:
    disturb(stage, "segment-count-wrong")
    message = send(stage, interchange(notice()))
    assert attempt(stage, message, "retrying")["owes"] == ["segment-count-wrong"]
    stage.links[f"{ENDPOINT}.out"].faults.clear()
    entry = attempt(stage, message)
    assert entry["owes"] == []
    assert orjson.loads(entry["body"])["odd"] == []


def test_what_follows_is_a_message_of_its_own(stage: Stage) -> None:
    disturb(stage, "asn-twice", later="1h")
    first = attempt(stage, send(stage, interchange(notice())))
    assert "owes" not in first or first["owes"] == []
    stage.advance(START + HOUR - 1)
    assert followers(stage) == []
    stage.advance(START + 2 * HOUR)
    (entry,) = followers(stage)
    assert entry["follows"] == first["seq"]
    assert entry["faults"] == ["asn-twice-1"]
    assert entry["keys"]["asn"] == ["A-1-2"]


def test_nothing_follows_an_attempt_that_failed(stage: Stage) -> None:
    disturb(stage, "duplicate-interchange", first=1)
    message = send(stage, interchange(notice()))
    attempt(stage, message, "retrying")
    attempt(stage, message)
    stage.advance(START + 2 * HOUR)
    assert followers(stage) == []


def test_what_is_late_outlives_a_restart(stage: Stage) -> None:
    disturb(stage, "asn-after-truck")
    first = attempt(stage, send(stage, interchange(notice())))
    assert first["outcome"] == "dropped"
    stage.links[f"{ENDPOINT}.out"].faults.clear()
    model = load_plant(PAYLOADS / "plants" / "gearbox.yaml", PAYLOADS)
    again = Stage.build(
        model, payloads=PAYLOADS, speed=60.0, network=False, journal=stage.journal,
        saved=stage.save(),
    )  # fmt: skip
    again.endpoints[ENDPOINT].contract = Plain()  # type: ignore[assignment]
    again.advance(START + 2 * HOUR)
    (entry,) = followers(again)
    assert orjson.loads(entry["body"])["control"] == "000000012"
    assert entry["keys"] == interchange(notice()).keys()


def test_what_follows_owes_for_itself(stage: Stage) -> None:
    disturb(stage, "duplicate-interchange")
    attempt(stage, send(stage, interchange(notice())))
    stage.act({"hold": ENDPOINT})
    stage.advance(START + 2 * HOUR)
    queued = [message for _, message in stage.links[f"{ENDPOINT}.out"].queue]
    (message,) = (one for one in queued if "made_by" in one.extra)
    assert attempt(stage, message)["owes"] == ["duplicate-interchange"]
    stage.advance(START + 4 * HOUR)
    assert len(followers(stage)) == 1  # the fault left alone what it made
