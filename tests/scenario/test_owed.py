"""What the integration owes for faults, judged on entries written by hand and in whole runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.core.errors import Mistakes
from simulator.plant.trading.rightness import RIGHT
from simulator.scenario.load import parse_scenario
from simulator.scenario.owed import judge_owed
from simulator.scenario.record import Frame, ListRecord
from simulator.scenario.verdict import Outcome
from tests.scenario.entries import MINUTE, SECOND, event, message

HOUR = 60 * MINUTE
PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"
ACK, TA1 = "functional-acknowledgement", "interchange-acknowledgement"
ADVICE = "application-advice"


def out(seq: int, owes: str | list[str], at: float = 0, **more: Any) -> dict[str, Any]:
    """A ship notice of ours with a fault."""
    keys = {"partner": "MILL", "control": "000000012", "group": "7", "asn": "A-1", "po": "P-1"}
    owes = [owes] if isinstance(owes, str) else owes
    given = {"system": "edi", "direction": "out", "document": "ship-notice", "owes": owes,
             "faults": [f"{one}-1" for one in owes], "keys": keys}  # fmt: skip
    return message(seq, at, **{**given, **more})


def came(seq: int, document: str, at: float = 60, **more: Any) -> dict[str, Any]:
    """An answer of the integration's; keys that are not fields stand for themselves."""
    fields = {name: more.pop(name) for name in ("status", "outcome", "endpoint") if name in more}
    given = {"system": "edi", "direction": "in", "document": document, "status": 200}
    return message(seq, at, **{**given, **fields}, keys={"partner": "MILL", **more})


def verdicts(
    *entries: dict[str, Any], contract: str = "x12", within: int | None = None, end: float = 3600
) -> list[Outcome]:
    frame = Frame(0, round(end * SECOND))
    places = {"segment-count-wrong-1": "x.yaml:7:5"}
    return judge_owed(ListRecord(entries), frame, {"edi.http": contract}, within, places)


def verdict(*entries: dict[str, Any], **how: Any) -> Outcome:
    (one,) = verdicts(*entries, **how)
    return one


# --- the right answer ------------------------------------------------------------------------


@pytest.mark.parametrize("contract", ["x12", "edifact"])
@pytest.mark.parametrize("finding", RIGHT)
def test_each_right_answer_in_the_table_is_right(finding: str, contract: str) -> None:
    for one in RIGHT[finding].answers[contract]:  # type: ignore[index]
        if one.document in ("nothing", "again"):
            continue
        number = "12" if one.document == TA1 or contract == "edifact" else "7"
        keys = {"about": "A-1"} if one.document == ADVICE else {"asn": "A-1"}
        if one.document in (ACK, TA1):
            keys = {"acknowledges": number}
        answer = came(2, one.document, **keys, answer=one.verdict or "accepted", code=one.code)
        found = verdict(out(1, finding), answer, contract=contract)
        assert found.kept, (finding, str(one), found)
        assert found.name == f"a right answer to {finding}"


def test_no_answer_breaks_it_and_says_what_would_have_been_right() -> None:
    one = verdict(out(1, "segment-count-wrong"))
    assert not one.kept
    assert one.place == "x.yaml:7:5"
    assert one.reason == (
        "1 of 1 had no right answer to segment-count-wrong (SE01 or UNT 0074 does not count right):"
        " wanted functional-acknowledgement rejected AK502=4"
    )
    first, right = one.evidence
    assert first.startswith("#1 +0s edi.http out ship-notice delivered")
    assert "[segment-count-wrong-1]: none came" in first
    assert right == "  right: functional-acknowledgement rejected AK502=4"


def test_another_answer_is_shown_with_what_is_wrong_about_it() -> None:
    wrong = came(2, ACK, acknowledges="7", answer="accepted")
    one = verdict(out(1, "segment-count-wrong"), wrong)
    assert not one.kept
    assert one.entries == [1, 2]
    assert one.evidence[2].startswith("  came: #2 +1m edi.http in functional-acknowledgement")
    assert one.evidence[3] == "    but its verdict is accepted"
    code = verdict(
        out(1, "segment-count-wrong"),
        came(2, ACK, acknowledges="7", answer="rejected", code="AK502=5"),
    )
    assert code.evidence[3] == "    but its code is AK502=5"
    other = verdict(out(1, "segment-count-wrong"), came(2, ADVICE, about="A-1", answer="rejected"))
    assert other.evidence[3] == "    but it is application-advice, which is not what answers this"


RIGHT_ONE = {"acknowledges": "7", "answer": "rejected", "code": "AK502=4"}


@pytest.mark.parametrize(
    "change",
    [
        {"acknowledges": "8"},
        {"acknowledges": "12"},  # the interchange's: a 997 names the group
        {"partner": "OTHER"},
        {"status": 500},
        {"outcome": "dropped"},
    ],
)
def test_what_does_not_answer_this_message_is_no_answer(change: dict[str, Any]) -> None:
    given = {"partner": "MILL", **RIGHT_ONE, **change}
    partner = given.pop("partner")
    entry = came(2, ACK, **given)
    entry["keys"]["partner"] = [partner]
    one = verdict(out(1, "segment-count-wrong"), entry)
    assert not one.kept
    assert one.entries == [1]


def test_an_answer_from_before_is_none() -> None:
    assert not verdict(came(1, ACK, **RIGHT_ONE), out(2, "segment-count-wrong")).kept


def test_leading_zeros_of_control_numbers_do_not_count() -> None:
    entry = came(2, ACK, **{**RIGHT_ONE, "acknowledges": "0007"})
    assert verdict(out(1, "segment-count-wrong"), entry).kept


def test_edifact_answers_with_the_interchanges_number() -> None:
    entry = came(2, ACK, acknowledges="12", answer="rejected", code="0085=29")
    assert verdict(out(1, "segment-count-wrong"), entry, contract="edifact").kept
    assert not verdict(out(1, "segment-count-wrong"), entry, contract="x12").kept


def test_a_contract_of_somebody_else_may_answer_either_way() -> None:
    for number, code in (("7", "AK502=4"), ("12", "0085=29")):
        entry = came(2, ACK, acknowledges=number, answer="rejected", code=code)
        assert verdict(out(1, "segment-count-wrong"), entry, contract="custom").kept


def test_answers_of_several_kinds_in_one_interchange() -> None:
    entry = came(2, "interchange", acknowledges="7", answer=["rejected"], code="AK502=4")
    assert verdict(out(1, "segment-count-wrong"), entry).kept


def test_advices_are_joined_by_document_numbers() -> None:
    right = {"answer": "rejected"}
    for keys in ({"about": "A-1"}, {"asn": "A-1"}, {"po": "P-1"}):
        assert verdict(out(1, "unknown-item"), came(2, ADVICE, **keys, **right)).kept
    other = came(2, ADVICE, asn="A-2", po="P-1", **right)
    assert not verdict(out(1, "unknown-item"), other).kept


def test_the_numbers_that_were_really_sent_count_too() -> None:
    entry = came(2, ADVICE, about="P-9", answer="rejected")
    assert not verdict(out(1, "unknown-order"), entry).kept
    sent = out(1, "unknown-order", sent_keys={"po": ["P-9"]})
    assert verdict(sent, entry).kept


# --- several findings, several messages --------------------------------------------------------


def test_who_cannot_open_the_envelope_does_not_judge_the_letter() -> None:
    entry = came(2, TA1, acknowledges="12", answer="rejected", code="TA105=023")
    both = verdicts(out(1, ["truncated", "segment-count-wrong"]), entry)
    assert [one.kept for one in both] == [True, True]
    other = came(2, ACK, **RIGHT_ONE)
    both = verdicts(out(1, ["truncated", "segment-count-wrong"]), other)
    assert [one.kept for one in both] == [False, True]


def test_every_message_needs_its_own_answer() -> None:
    keys = {"partner": "MILL", "control": "13", "group": "8"}
    second = out(2, "segment-count-wrong", keys={k: [v] for k, v in keys.items()})
    one = verdict(out(1, "segment-count-wrong"), second, came(3, ACK, **RIGHT_ONE))
    assert one.reason.startswith("1 of 2 had no right answer")
    assert one.entries == [2]


# --- delivered, or not -------------------------------------------------------------------------


def test_what_was_not_delivered_owes_nothing_and_shows_nothing() -> None:
    one = verdict(out(1, "segment-count-wrong", outcome="failed"))
    assert not one.kept
    assert one.reason == "no message with it was delivered, so nothing was shown"
    both = [out(1, "segment-count-wrong", outcome="dropped"), out(2, "segment-count-wrong")]
    assert verdict(*both, came(3, ACK, **RIGHT_ONE)).kept


def test_a_notice_that_never_came_owes_all_the_same() -> None:
    lost = out(1, "asn-never", outcome="dropped")
    assert verdict(lost, came(2, "receiving-advice", po="P-1")).kept
    assert not verdict(lost).kept


def test_a_fault_that_touched_nothing_shows_nothing() -> None:
    applied = event(1, 0, "fault.applied", fault="segment-count-wrong-1",
                    fault_kind="segment-count-wrong")  # fmt: skip
    one = verdict(applied)
    assert not one.kept
    assert "touched no message" in one.reason
    assert one.place == "x.yaml:7:5"
    assert verdict(applied, out(2, "segment-count-wrong"), came(3, ACK, **RIGHT_ONE)).kept
    other = event(1, 0, "fault.applied", fault="outage-1", fault_kind="outage")
    assert verdicts(other) == []
    assert verdicts(message(1)) == []


# --- time --------------------------------------------------------------------------------------


def test_within() -> None:
    late = came(2, ACK, at=7200, **RIGHT_ONE)
    assert verdict(out(1, "segment-count-wrong"), late, end=9999).kept
    one = verdict(out(1, "segment-count-wrong"), late, within=HOUR, end=9999)
    assert not one.kept
    assert one.evidence[3] == "    but it came 1h too late"
    waiting = verdict(out(1, "segment-count-wrong", at=3000), within=HOUR)
    assert not waiting.kept
    assert "undecided" in waiting.evidence[0]
    answered = [out(1, "segment-count-wrong"), came(2, ACK, **RIGHT_ONE)]
    assert verdict(*answered, out(3, "segment-count-wrong", at=3000), within=HOUR).kept


# --- again, and nothing --------------------------------------------------------------------------


def received(seq: int, at: float = 0, control: str = "5", **more: Any) -> dict[str, Any]:
    keys = {"partner": "MILL", "control": control, "po": "P-1"}
    given = {"system": "edi", "direction": "in", "document": "purchase-order", "status": 200}
    return message(seq, at, **{**given, **more}, keys={**keys, **more.pop("keys", {})})


def test_again_is_the_same_control_number_once_more() -> None:
    first = received(1, owes=["receipt-missing"])
    assert verdict(first, received(2, 60)).kept
    assert verdict(first, received(2, 60, control="005")).kept
    assert not verdict(first).kept
    one = verdict(first, received(2, 60, control="6"))
    assert "another control number" in one.evidence[3]
    assert one.evidence[1] == "  right: the same once more, under its control number"


def test_a_file_that_was_refused_is_known_by_its_name() -> None:
    fields = {"system": "edi", "direction": "in", "path": "/in/a.edi"}
    refused = message(1, 0, **fields, owes=["file-refused"], outcome="refused")
    assert verdict(refused, received(2, 60, path="/in/a.edi")).kept
    assert not verdict(refused, received(2, 60, path="/in/b.edi")).kept


def test_a_message_that_could_not_be_read_is_known_by_its_message_id() -> None:
    fields = {"system": "edi", "direction": "in", "path": "/"}
    keys = {"message_id": "<1@x>"}
    refused = message(1, 0, **fields, keys=keys, owes=["receipt-missing"], outcome="refused")
    assert verdict(refused, message(2, 60, **fields, keys=keys)).kept
    assert not verdict(refused, message(2, 60, **fields, keys={"message_id": "<2@x>"})).kept


def test_an_acknowledgement_is_never_acknowledged() -> None:
    ours = out(1, "partial-acknowledgement", document=ACK)
    assert verdict(ours).kept
    assert verdict(ours, came(2, ACK, acknowledges="6", answer="accepted")).kept
    one = verdict(ours, came(2, ACK, acknowledges="7", answer="accepted"))
    assert not one.kept
    assert one.evidence[1] == "  right: no answer"
    assert one.evidence[3] == "    but an acknowledgement is never acknowledged"


# --- in a scenario -----------------------------------------------------------------------------


def scenario(owed: str, lasts: str = "lasts: 1h") -> Any:
    text = f"scenario: x\nplant: gearbox\n{lasts}\n{owed}\n"
    return parse_scenario(text.encode(), "x.yaml", PAYLOADS)


def test_a_scenario_says_how_long_and_whether() -> None:
    assert scenario("").header.owed is True
    assert scenario("owed: false").header.owed is False
    assert scenario("owed: {within: 20m}").header.patience == 20 * MINUTE
    assert scenario("owed: {within: 20m}", "").lasts() == 20 * MINUTE


@pytest.mark.parametrize(
    ("owed", "says"),
    [
        ("owed: {within: 2h}", "`within` is 2h, the whole scenario lasts 1h"),
        ("owed: {until: 2h}", "Extra inputs are not permitted"),
        ("owed: {within: 20}", "a duration needs a unit"),
        ("owed: perhaps", "true, false or"),
    ],
)
def test_mistakes_in_it_are_named(owed: str, says: str) -> None:
    with pytest.raises(Mistakes) as caught:
        scenario(owed)
    (mistake,) = caught.value.mistakes
    assert says in str(mistake)
    assert str(mistake).startswith("x.yaml:4:")
