"""Every deliberate breach is named on reading, and answered as the table says."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.contracts.x12 import X12
from simulator.core.errors import Mistake
from simulator.plant.trading import FunctionalAcknowledgement, Interchange, Received
from simulator.plant.trading.rightness import RIGHT
from tests.contracts.trading import interchange
from tests.contracts.x12.interchanges import contract, notice, order, receive, written

PARAMS: dict[str, list[dict[str, Any]]] = {
    "delimiter-in-data": [{"delimiter": one} for one in ("element", "component", "segment")],
    "truncated": [{}, {"fraction": 0.3}, {"fraction": 0.99}, {"bytes": 200}],
    "segment-count-wrong": [{}, {"by": -2}, {"by": 3}],
    "group-count-wrong": [{}, {"by": 4}],
    "set-count-wrong": [{}, {"by": 2}],
    "interchange-header-width": [{}, {"by": 1}, {"by": -4}, {"by": 12}],
    "folded-lines": [{}, {"width": 20}, {"width": 35}],
    "oversize": [{}, {"bytes": 200_000}],
    "concatenated": [{}, {"interchanges": 3}],
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


@pytest.mark.parametrize("charset", ["ascii", "latin-1", "utf-8"])
def test_a_charset_mismatch_in_every_character_set(charset: str) -> None:
    by = contract(charset=charset)
    odd = interchange(notice(), oddities={"charset-mismatch": {}})
    check("charset-mismatch", receive(written(odd, by), by))


OWN = {"element": "|", "component": ":", "segment": "!", "line_end": "\r\n"}


@pytest.mark.parametrize("name", sorted(X12.oddities))
def test_own_delimiters_change_nothing(name: str) -> None:
    by = contract(delimiters=OWN)
    check(name, receive(written(interchange(notice(), oddities={name: {}}), by), by))


def test_an_oddity_of_one_set_leaves_the_others_alone() -> None:
    by = contract(one_per_group=False)
    odd = interchange(order("PO-1"), order("PO-2"), oddities={"segment-count-wrong": {}})
    received = receive(written(odd, by), by)
    assert received.refused_sets == ["0001"]
    (answer,) = received.answers
    assert isinstance(answer, FunctionalAcknowledgement)
    assert answer.verdict == "partially-accepted"
    assert [one.verdict for one in answer.sets] == ["rejected", "accepted"]
    assert (answer.included, answer.received, answer.accepted) == (2, 2, 1)


def test_two_oddities_at_once() -> None:
    odd = interchange(notice(), oddities={"segment-count-wrong": {}, "control-mismatch-set": {}})
    received = receive(written(odd))
    (answer,) = received.answers
    assert answer.codes == ["AK502=4", "AK502=3"]


def test_what_makes_no_sense_is_a_mistake() -> None:
    cannot: list[tuple[Interchange, str]] = [
        (
            interchange(order(), oddities={"parent-unknown": {}}),
            "a 850 has nothing that could be spoilt",
        ),
        (interchange(order(), oddities={"no-such": {}}), "cannot be written with the oddity"),
        (interchange(order(), oddities={"segment-count-wrong": {"by": 0}}), "other than 0"),
        (interchange(order(), oddities={"delimiter-in-data": {"delimiter": "x"}}), "one of"),
        (interchange(order(), oddities={"folded-lines": {"width": 3}}), "width is 20"),
        (interchange(order(), oddities={"concatenated": {"interchanges": 1000}}), "1 to 100"),
        (interchange(order(), oddities={"truncated": {"fraction": 7}}), "0 to 1"),
        (interchange(order(), oddities={"oversize": {"bytes": -1}}), "bytes is a number"),
        (interchange(order(), oddities={"interchange-header-width": {"by": 0}}), "by is -8"),
    ]
    for one, words in cannot:
        with pytest.raises(Mistake, match=words):
            written(one)
