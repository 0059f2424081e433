"""Every deliberate breach is named on reading, and answered as the table says."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.contracts.edifact import Edifact
from simulator.core.errors import Mistake
from simulator.plant.trading import Received
from tests.contracts.edifact.exchange import (
    answered_rightly,
    contract,
    notice,
    order,
    receive,
    written,
)
from tests.contracts.trading import interchange

PARAMS: dict[str, list[dict[str, Any]]] = {
    "delimiter-in-data": [{"delimiter": one} for one in ("element", "component", "segment")],
    "truncated": [{}, {"fraction": 0.3}, {"fraction": 0.99}, {"bytes": 200}],
    "segment-count-wrong": [{}, {"by": -2}, {"by": 3}],
    "group-count-wrong": [{}, {"by": 4}],
    "folded-lines": [{}, {"width": 20}, {"width": 35}],
    "oversize": [{}, {"bytes": 200_000}],
    "concatenated": [{}, {"interchanges": 3}],
}
CASES = [(name, params) for name in sorted(Edifact.oddities) for params in PARAMS.get(name, [{}])]
OF_SHIP_NOTICES = {"parent-unknown", "line-count-wrong", "hash-total-wrong"}


def check(name: str, received: Received) -> None:
    assert name in [one.name for one in received.findings]
    assert answered_rightly(name, received.answers), received.answers
    refused = any(one.verdict == "rejected" for one in received.answers)
    assert bool(received.refused_sets) == (refused and bool(received.interchange.contents))


@pytest.mark.parametrize(("name", "params"), CASES)
def test_an_oddity_is_named_and_answered_rightly(name: str, params: dict[str, Any]) -> None:
    odd = interchange(notice(), oddities={name: params})
    check(name, receive(written(odd)))


@pytest.mark.parametrize(
    ("name", "params"), [one for one in CASES if one[0] not in OF_SHIP_NOTICES]
)
def test_an_oddity_in_an_order(name: str, params: dict[str, Any]) -> None:
    check(name, receive(written(interchange(order(), oddities={name: params}))))


@pytest.mark.parametrize("charset", ["ascii", "UNOB", "latin-1", "utf-8"])
def test_a_charset_mismatch_in_every_character_set(charset: str) -> None:
    by = contract(charset=charset)
    odd = interchange(notice(parties=[]), oddities={"charset-mismatch": {}})
    check("charset-mismatch", receive(written(odd, by), by))


@pytest.mark.parametrize("name", sorted(Edifact.oddities))
def test_own_service_characters_change_nothing(name: str) -> None:
    marks = {"element": "*", "component": "=", "segment": "~", "release": "\\", "decimal": ","}
    by = contract(delimiters=marks)
    check(name, receive(written(interchange(notice(), oddities={name: {}}), by), by))


@pytest.mark.parametrize("name", sorted(Edifact.oddities))
@pytest.mark.parametrize("version", ["D97A", "D01B"])
def test_nor_do_other_directories(name: str, version: str) -> None:
    by = contract(version=version)
    check(name, receive(written(interchange(notice(), oddities={name: {}}), by), by))


def test_an_honest_interchange_is_whole() -> None:
    received = receive(written(interchange(notice())))
    assert received.findings == []
    assert [one.verdict for one in received.answers] == ["accepted"]
    assert received.refused_sets == []


def test_what_makes_no_sense_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="nothing that could be spoilt as parent-unknown"):
        written(interchange(order(), oddities={"parent-unknown": {}}))
    with pytest.raises(Mistake, match="cannot be written with the oddity"):
        written(interchange(order(), oddities={"interchange-header-width": {}}))
