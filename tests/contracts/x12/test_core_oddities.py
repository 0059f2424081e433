"""Every deliberate breach is named on reading, and answered as the table says."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.contracts.x12 import X12
from simulator.core.errors import Mistake, Refusal
from simulator.plant.trading import FunctionalAcknowledgement, Interchange, Received
from simulator.plant.trading.rightness import RIGHT
from tests.contracts.x12.interchanges import contract, interchange, notice, order, receive, written

PARAMS: dict[str, list[dict[str, Any]]] = {
    "delimiter-in-data": [{"delimiter": one} for one in ("element", "component", "segment")],
    "truncated": [{}, {"fraction": 0.3}, {"fraction": 0.99}, {"bytes": 200}],
    "segment-count-wrong": [{}, {"by": -2}, {"by": 3}],
    "group-count-wrong": [{}, {"by": 4}],
    "set-count-wrong": [{}, {"by": 2}],
    "interchange-header-width": [{}, {"by": 1}, {"by": -4}, {"by": 12}],
    "folded-lines": [{}, {"width": 20}, {"width": 35}],
    "oversize": [{}, {"bytes": 200_000}],
    "concatenated": [{}, {"times": 3}],
}
CASES = [(name, params) for name in sorted(X12.oddities) for params in PARAMS.get(name, [{}])]
OF_SHIP_NOTICES = {"parent-unknown"}
VERSIONS = ["004010", "005010"]


def check(name: str, received: Received) -> None:
    """It is found by its own name, and an answer is right, where it is ours to give."""
    assert name in [one.name for one in received.findings]
    answers = {
        (one.document, one.verdict, code)
        for one in received.answers
        for code in ["", *one.codes]
    }  # fmt: skip
    right = {(one.document, one.verdict, one.code) for one in RIGHT[name].answers["x12"]}
    if RIGHT[name].level == "content":  # whoever uses it answers: it can be read
        right.add(("functional-acknowledgement", "accepted", ""))
    assert answers & right, (answers, right)
    refused = any(verdict == "rejected" for _, verdict, _ in answers)
    assert refused or not received.refused_sets
    assert received.refused_sets or not (refused and received.interchange.contents)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "params"), CASES)
def test_an_oddity_is_named_and_answered_rightly(
    name: str, params: dict[str, Any], version: str
) -> None:
    by = contract(version=version)
    check(name, receive(written(interchange(notice(), oddities={name: params}), by), by))


@pytest.mark.parametrize(
    ("name", "params"), [one for one in CASES if one[0] not in OF_SHIP_NOTICES]
)
def test_an_oddity_in_an_order(name: str, params: dict[str, Any]) -> None:
    check(name, receive(written(interchange(order(), oddities={name: params}))))
