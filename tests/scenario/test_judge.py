"""What each form of expectation means, on entries written by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario.expect import Count, Each, Expectation, Never
from simulator.scenario.judge import judge
from simulator.scenario.record import Frame, ListRecord, merged, named_windows
from simulator.scenario.verdict import Outcome
from tests.scenario.entries import MINUTE, SECOND, event, message

FORMS: dict[str, type[Expectation]] = {"each": Each, "of": Count, "never": Never}
ASN = {"system": "edi", "direction": "out", "document": "ship-notice"}
RECEIPT = {"system": "wms", "direction": "in", "operation": "create_receipt"}


def verdict(claim: dict[str, Any], *entries: dict[str, Any], end: float = 3600) -> Outcome:
    form = next(FORMS[key] for key in claim if key in FORMS)
    one = form.model_validate(claim)
    return judge(one, ListRecord(entries), Frame(0, round(end * SECOND)))


def asn(seq: int, at: float, sscc: str | list[str], **more: Any) -> dict[str, Any]:
    return message(seq, at, **ASN, keys={"sscc": sscc}, **more)


def receipt(seq: int, at: float, sscc: str, **more: Any) -> dict[str, Any]:
    return message(seq, at, **{**RECEIPT, "status": 201, **more}, keys={"sscc": sscc})


EVERY_ASN = {"each": ASN, "leads_to": RECEIPT, "same": ["sscc"], "exactly": 1, "within": "30m"}


# --- each … leads_to … ---------------------------------------------------------------------------


def test_each_is_kept_where_every_subject_has_its_one_effect() -> None:
    one = verdict(
        EVERY_ASN, asn(1, 0, "A"), asn(2, 5, "B"), receipt(3, 60, "B"), receipt(4, 9, "A")
    )
    assert one.kept
    assert one.numbers == {"claims": 2, "broken": 0}


def test_a_subject_without_its_effect_breaks_it() -> None:
    one = verdict(EVERY_ASN, asn(1, 0, "A"), asn(2, 5, "B"), receipt(3, 60, "B"))
    assert not one.kept
    assert one.reason.startswith("1 of 2 did not lead to exactly 1")
    assert one.entries == [1]


def test_a_doubled_effect_breaks_it_and_both_are_shown() -> None:
    one = verdict(EVERY_ASN, asn(1, 0, "A"), receipt(2, 60, "A"), receipt(3, 61, "A"))
    assert not one.kept
    assert one.entries == [1, 2, 3]
    assert [line for line in one.evidence if "came:" in line] == [
        "  came: #2 +1m wms.http in create_receipt 201 answered sscc=A",
        "  came: #3 +1m1s wms.http in create_receipt 201 answered sscc=A",
    ]


def test_what_was_said_of_a_subject_instead_is_shown() -> None:
    notice = message(1, 0, **ASN, keys={"asn": "A-1", "sscc": "X"})
    listing = message(2, 1, system="wms", direction="in", operation="list_stock", status=200)
    refusal = message(
        3, 2, system="edi", direction="in", document="application-advice", status=200,
        keys={"about": "A-1", "reason": "sscc-reused"},
    )  # fmt: skip
    one = verdict({**EVERY_ASN, "same": ["asn"]}, notice, listing, refusal)
    assert not one.kept
    assert one.entries == [1, 3], "what has nothing to do with it is left out"
    assert "application-advice" in one.evidence[1]
    assert "reason=sscc-reused" in one.evidence[1]


def test_what_a_subject_calls_one_way_its_effect_may_call_another() -> None:
    def answer(seq: int, to: str) -> dict[str, Any]:
        return message(seq, seq, document="ack", keys={"acknowledges": to, "partner": "B"})

    claim = {
        "each": ASN, "leads_to": {"document": "ack"}, "exactly": 1,
        "same": [{"group": "acknowledges"}, "partner"],
    }  # fmt: skip
    notices = [message(n, n, **ASN, keys={"group": str(n), "partner": "B"}) for n in (1, 2)]
    assert verdict(claim, *notices, answer(3, "1"), answer(4, "2")).kept
    one = verdict(claim, *notices, answer(3, "1"), answer(4, "1"))
    assert not one.kept
    assert "with the same group as acknowledges, partner" in one.name
    assert one.entries[:3] == [1, 3, 4]


def test_a_double_that_comes_after_within_is_a_double_all_the_same() -> None:
    late = verdict(EVERY_ASN, asn(1, 0, "A"), receipt(2, 60, "A"), receipt(3, 2400, "A"))
    assert not late.kept


def test_at_most_counts_only_within_the_window() -> None:
    claim = {**EVERY_ASN, "at_most": 1}
    del claim["exactly"]
    assert verdict(claim, asn(1, 0, "A"), receipt(2, 60, "A"), receipt(3, 2400, "A")).kept
    assert not verdict(claim, asn(1, 0, "A"), receipt(2, 60, "A"), receipt(3, 61, "A")).kept
    assert verdict(claim, asn(1, 0, "A")).kept


def test_an_effect_too_late_says_by_how_much() -> None:
    one = verdict(EVERY_ASN, asn(1, 0, "A"), receipt(2, 1980, "A"))
    assert not one.kept
    assert one.evidence[0].endswith("0 in time, 1 too late (by 3m)")


def test_within_counts_from_the_delivery_unless_told() -> None:
    held = asn(1, 0, "A", done_at=15 * MINUTE)
    assert verdict(EVERY_ASN, held, receipt(2, 40 * 60, "A")).kept
    assert not verdict({**EVERY_ASN, "since": "sent"}, held, receipt(2, 40 * 60, "A")).kept


def test_an_effect_before_its_subject_does_not_count() -> None:
    one = verdict(EVERY_ASN, receipt(1, 0, "A"), asn(2, 5, "A"))
    assert not one.kept
    assert "    but it came before" in one.evidence


def test_each_value_of_the_first_key_is_a_claim_of_its_own() -> None:
    both = asn(1, 0, ["A", "B"])
    assert verdict(EVERY_ASN, both, receipt(2, 9, "A"), receipt(3, 9, "B")).kept
    assert not verdict(EVERY_ASN, both, receipt(2, 9, "A")).kept
    assert not verdict(EVERY_ASN, both, receipt(2, 9, "A"), receipt(3, 9, "A")).kept


def test_copies_that_a_fault_made_are_no_subjects() -> None:
    again = asn(3, 20, "A", copy=1)
    assert verdict(EVERY_ASN, asn(1, 0, "A"), receipt(2, 9, "A"), again).kept
    assert not verdict(EVERY_ASN, again).kept, "only copies: nothing was shown"


def test_the_same_business_sent_twice_is_one_claim() -> None:
    assert verdict(EVERY_ASN, asn(1, 0, "A"), receipt(2, 9, "A"), asn(3, 20, "A")).kept


def test_refused_attempts_are_no_effects_unless_the_match_says_so() -> None:
    entries = [asn(1, 0, "A"), receipt(2, 5, "A", status=503), receipt(3, 60, "A")]
    assert verdict(EVERY_ASN, *entries).kept
    claim = {**EVERY_ASN, "leads_to": {**RECEIPT, "status": {"exists": True}}}
    assert not verdict(claim, *entries).kept


def test_what_a_fault_lost_is_no_subject_and_a_failed_delivery_is_one() -> None:
    lost = asn(1, 0, "A", outcome="dropped")
    failed = asn(1, 0, "A", outcome="failed")
    assert verdict({**EVERY_ASN, "optional": True}, lost).kept
    assert not verdict({**EVERY_ASN, "optional": True}, failed).kept


def test_nothing_to_judge_is_broken_unless_optional() -> None:
    one = verdict(EVERY_ASN, receipt(1, 0, "A"))
    assert not one.kept
    assert "nothing matched" in one.reason
    assert verdict({**EVERY_ASN, "optional": True}).kept


def test_a_subject_without_the_key_is_broken_and_says_so() -> None:
    one = verdict(EVERY_ASN, message(1, 0, **ASN))
    assert not one.kept
    assert "it carries no sscc" in one.evidence[0]


def test_a_claim_whose_time_is_not_up_is_left_open_unless_all_are() -> None:
    settled, fresh = asn(1, 0, "A"), asn(3, 3500, "B")
    one = verdict(EVERY_ASN, settled, receipt(2, 9, "A"), fresh)
    assert one.kept
    assert one.numbers["open"] == 1
    assert one.reason == "it led to exactly 1; 1 still had time at the end"
    assert not verdict(EVERY_ASN, fresh).kept
    doubled = [receipt(4, 3501, "B"), receipt(5, 3502, "B")]
    assert not verdict(EVERY_ASN, settled, receipt(2, 9, "A"), fresh, *doubled).kept


def test_without_a_key_any_effect_in_time_will_do() -> None:
    claim = {"each": ASN, "leads_to": RECEIPT, "within": "1m"}
    assert verdict(claim, asn(1, 0, "A"), receipt(2, 59, "Z")).kept
    assert not verdict(claim, asn(1, 0, "A"), receipt(2, 61, "Z")).kept


def test_during_limits_the_subjects_and_not_their_effects() -> None:
    window = {**EVERY_ASN, "during": {"from": "0s", "to": "1m"}}
    assert verdict(window, asn(1, 0, "A"), asn(2, 120, "B"), receipt(3, 600, "A")).kept


@given(
    st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 50)), min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 100)), max_size=20),
    st.integers(1, 60),
)
def test_each_agrees_with_counting_by_hand(
    asns: list[tuple[str, int]], receipts: list[tuple[str, int]], within: int
) -> None:
    timed = sorted([(at, 0, key) for key, at in asns] + [(at, 1, key) for key, at in receipts])
    entries = [
        (receipt if kind else asn)(seq, at, key) for seq, (at, kind, key) in enumerate(timed, 1)
    ]
    claim = {**EVERY_ASN, "within": f"{within}s"}
    first: dict[str, tuple[int, int]] = {}
    for seq, (at, kind, key) in enumerate(timed, 1):
        if kind == 0:
            first.setdefault(key, (seq, at))
    kept = True
    for key, (begin, at) in first.items():
        after = [
            when
            for seq, (when, kind, other) in enumerate(timed, 1)
            if kind and other == key and seq > begin
        ]
        kept = kept and len(after) == 1 and after[0] <= at + within
    assert verdict(claim, *entries).kept is kept


# --- of ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({"exactly": 3}, True), ({"count": 3}, True), ({"exactly": 2}, False),
        ({"exactly": 4}, False), ({"at_least": 3}, True), ({"at_least": 4}, False),
        ({"at_most": 3}, True), ({"at_most": 2}, False), ({"at_least": 1, "at_most": 5}, True),
        ({"at_most": 0}, False),
    ],
)  # fmt: skip
def test_of_counts(bounds: dict[str, int], kept: bool) -> None:
    entries = [receipt(seq, seq, str(seq)) for seq in (1, 2, 3)]
    assert verdict({"of": RECEIPT, **bounds}, *entries).kept is kept


def outage(seq: int, begin: float, end: float, speed: float = 60) -> list[dict[str, Any]]:
    common = {"fault": "outage-1", "fault_kind": "outage"}
    return [
        event(seq, begin, "fault.applied", **common, wall=1000 + begin / speed),
        event(seq + 90, end, "fault.cleared", **common, wall=1000 + end / speed),
    ]


def attempts(times: list[float], speed: float = 60) -> list[dict[str, Any]]:
    return [
        message(10 + index, at, system="wms", wall=1000 + at / speed)
        for index, at in enumerate(times)
    ]


def test_a_rate_is_wall_time() -> None:
    # 20 plant minutes at speed 60 are 20 s of wall time: 40 attempts are 2/s
    begin, end = outage(1, 600, 1800)
    claim = {"of": {"system": "wms"}, "during": "outage", "at_most": "2/s"}
    forty = attempts([600 + 30 * n for n in range(40)])
    assert verdict(claim, begin, *forty, end).kept
    more = attempts([600 + 29 * n for n in range(41)])
    one = verdict(claim, begin, *more, end)
    assert not one.kept
    assert one.reason == "41 messages in 20 s of wall time (2.05/s), wanted at most 2/s"
    assert verdict({**claim, "at_most": "120/m"}, begin, *forty, end).kept


def test_messages_outside_the_window_do_not_count() -> None:
    begin, end = outage(1, 600, 1800)
    claim = {"of": {"system": "wms"}, "during": "outage", "exactly": 1}
    assert verdict(claim, begin, *attempts([10, 700, 1800, 2000]), end).kept


def test_burst_is_the_densest_unit_of_wall_time() -> None:
    begin, end = outage(1, 600, 1800)
    claim = {"of": {"system": "wms"}, "during": "outage", "at_most": "2/s", "burst": 3}
    spread = attempts([600, 661, 722, 783])
    assert verdict(claim, begin, *spread, end).kept
    dense = attempts([600, 601, 602, 603])
    one = verdict(claim, begin, *dense, end)
    assert not one.kept
    assert one.numbers["burst"] == 4


def test_a_window_that_never_opened_is_broken() -> None:
    one = verdict({"of": {"system": "wms"}, "during": "outage", "at_most": 2})
    assert not one.kept
    assert one.reason == "the window never opened: 'outage' was never in force"


def test_a_rate_without_wall_time_is_broken_not_guessed() -> None:
    one = verdict({"of": {"system": "wms"}, "at_most": "2/s"}, message(1))
    assert not one.kept
    assert "carry none" in one.reason


def test_too_many_shows_the_doubled_ones() -> None:
    entries = [receipt(1, 1, "A"), receipt(2, 2, "B"), receipt(3, 3, "A")]
    one = verdict({"of": RECEIPT, "exactly": 2}, *entries)
    assert one.evidence == [
        "2 messages came more than once with the same keys:",
        "#1 +1s wms.http in create_receipt 201 answered sscc=A",
        "#3 +3s wms.http in create_receipt 201 answered sscc=A",
    ]


# --- never ---------------------------------------------------------------------------------------


def test_never_is_broken_by_one() -> None:
    claim = {"never": {"system": "wms", "status": "5xx"}}
    assert verdict(claim, receipt(1, 1, "A")).kept
    one = verdict(claim, receipt(1, 1, "A"), receipt(2, 2, "A", status=500))
    assert not one.kept
    assert one.entries == [2]


def test_never_after_and_before() -> None:
    entry = receipt(1, 60, "A")
    assert verdict({"never": RECEIPT, "after": "2m"}, entry).kept
    assert verdict({"never": RECEIPT, "before": "1m"}, entry).kept
    assert not verdict({"never": RECEIPT, "after": "1m", "before": "2m"}, entry).kept


def test_events_are_matched_where_the_match_names_one() -> None:
    failed = event(1, 5, "step.failed", step="x", system="wms")
    assert verdict({"never": {"system": "wms"}}, failed).kept
    assert not verdict({"never": {"event": "step.failed"}}, failed).kept


# --- windows -------------------------------------------------------------------------------------


def test_windows_by_kind_id_step_and_hold() -> None:
    frame = Frame(0, 100 * SECOND)
    entries = [
        event(1, 5, "fault.applied", fault="f-1", fault_kind="latency"),
        event(2, 5, "step.done", step="slow", detail={"fault": {"id": "f-1"}}),
        event(3, 9, "fault.applied", fault="f-2", fault_kind="latency"),
        event(4, 20, "fault.cleared", fault="f-1", fault_kind="latency"),
        event(5, 30, "fault.cleared", fault="f-2", fault_kind="latency"),
        event(6, 40, "link.held", links=["edi.as2.out"]),
        event(7, 40, "step.done", step="jam", detail={"held": ["edi.as2.out"]}),
    ]
    record = ListRecord(entries)

    def seconds(name: str) -> list[tuple[float, float]]:
        return [(a / SECOND, b / SECOND) for a, b in named_windows(name, record, frame)]

    assert seconds("latency") == [(5, 30)]
    assert seconds("f-2") == [(9, 30)]
    assert seconds("slow") == [(5, 20)]
    assert seconds("hold") == [(40, 100)]
    assert seconds("jam") == [(40, 100)]
    assert seconds("outage") == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted).map(tuple)))
def test_merged_intervals_cover_the_same_and_never_touch(given: list[tuple[int, int]]) -> None:
    out = merged(given)
    assert all(a[1] < b[0] for a, b in pairwise(out))
    covered = {t for begin, end in given for t in range(begin, end)}
    assert {t for begin, end in out for t in range(begin, end)} == covered


# --- near misses ---------------------------------------------------------------------------------


def test_near_misses_read_like_this() -> None:
    claim = {**EVERY_ASN, "name": "every ASN is received once"}
    one = verdict(
        claim,
        asn(1, 0, "003400000000000011", done_at=2 * SECOND),
        asn(2, 30, "003400000000000028"),
        asn(3, 60, "003400000000000035"),
        receipt(4, 65, "003400000000000035"),
        receipt(5, 70, "003400000000000011", status=422),
        receipt(6, 80, "003400000000000029"),
        message(7, 90, system="wms", direction="in", operation="list_stock", status=200),
    )
    assert one.reason == (
        "2 of 3 did not lead to exactly 1 "
        "{system: 'wms', direction: 'in', operation: 'create_receipt'}"
    )
    assert (
        "\n".join(one.evidence)
        == """\
#1 +0s edi.http out ship-notice delivered sscc=003400000000000011: none came
  nearly: #5 +1m10s wms.http in create_receipt 422 answered sscc=003400000000000011
    but it was not accepted (422)
#2 +30s edi.http out ship-notice delivered sscc=003400000000000028: none came
  nearly: #6 +1m20s wms.http in create_receipt 201 answered sscc=003400000000000029
    but sscc is '003400000000000029', wanted '003400000000000028'"""
    )


def test_a_near_miss_of_a_count_says_in_what_it_differs() -> None:
    one = verdict(
        {"of": {**RECEIPT, "status": 201}, "at_least": 1},
        receipt(1, 5, "A", status=503, faults=["outage-1"]),
    )
    assert one.evidence == [
        "nearly: #1 +5s wms.http in create_receipt 503 answered sscc=A [outage-1]",
        "  but status is 503, wanted 201",
    ]


def test_nothing_near_is_said_too() -> None:
    one = verdict({"of": RECEIPT, "at_least": 1}, message(1, system="mes", operation="get_bom"))
    assert one.evidence == [
        "no message came near {system: 'wms', direction: 'in', operation: 'create_receipt'}"
    ]
