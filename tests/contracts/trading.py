"""What the tests of trading partners' contracts do alike: interchanges, and what comes of bytes."""

from __future__ import annotations

from typing import Any

from simulator.core.message import Request
from simulator.core.ports import Contract
from simulator.plant.trading import (
    Enclosed,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    Received,
    Standard,
    TradingDocument,
)
from simulator.plant.trading.rightness import RIGHT

AT = 1_772_431_200_000_000  # 2026-03-02T06:00Z
Answer = FunctionalAcknowledgement | InterchangeAcknowledgement


def interchange(*said: TradingDocument, **changes: Any) -> Interchange:
    """These documents in an interchange from whom the first is."""
    given: dict[str, Any] = {
        "partner": said[0].partner, "sender": said[0].sender, "control": "000000012", "at": AT,
        "contents": [Enclosed(said=one) for one in said],
    }  # fmt: skip
    return Interchange(**given | changes)


def written(one: Interchange, by: Contract) -> bytes:
    """As it goes over the wire."""
    request = by.render(one)
    assert request is not None
    return request.body


def receive(body: bytes, by: Contract) -> Received:
    """What a gateway gets. Raises Refusal."""
    found = by.decode(Request(body=body)).input
    assert isinstance(found, Received)
    return found


def names(received: Received) -> list[str]:
    """What was found and is not tolerated, in order, each name once."""
    return list(dict.fromkeys(one.name for one in received.findings if not one.tolerated))


def verdicts(received: Received) -> list[str]:
    """Those of the answers."""
    return [one.verdict for one in received.answers]


def codes(received: Received) -> set[str]:
    """All of the answers."""
    return {code for one in received.answers for code in one.codes}


def answered_rightly(standard: Standard, name: str, answers: list[Answer]) -> bool:
    """Is one of these answers a right one for a finding of this name? In part is rejected too."""
    given = {
        (one.document, one.verdict.replace("partially-accepted", "rejected"), code)
        for one in answers
        for code in ("", *one.codes)
    }
    right = {(one.document, one.verdict, one.code) for one in RIGHT[name].answers[standard]}
    return bool(given & right)
