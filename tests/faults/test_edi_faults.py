"""What the faults of trading documents do to an interchange, before any contract writes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.core.gs1 import is_sscc
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.faults._edi import EdiFault, Oddity
from simulator.plant.trading import ApplicationAdvice, ShipNotice
from simulator.plant.trading.rightness import RIGHT
from tests.faults.interchanges import (
    EVERYTHING,
    HOUR,
    NOW,
    Wire,
    accepted,
    advice,
    interchange,
    notice,
    order,
    response,
    said,
    schedule,
    sent,
)

ALL = registry("faults", Fault)
MODELS = {kind: ALL.get(kind) for kind in ALL.kinds()}
EDI = [kind for kind, model in MODELS.items() if issubclass(model, EdiFault)]
ODDITIES = [kind for kind in EDI if issubclass(MODELS[kind], Oddity)]


# --- all of them -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EDI)
def test_the_honest_interchange_stays_what_it_was(kind: str) -> None:
    for document in EVERYTHING:
        honest = interchange(document)
        before = honest.text
        Wire(kind).treat(honest)
        assert honest.text == before == interchange(document).text


@pytest.mark.parametrize("kind", EDI)
def test_what_it_puts_in_its_place_can_be_saved_and_says_something_else(kind: str) -> None:
    touched = 0
    for document in EVERYTHING:
        honest = interchange(document)
        assert honest.text
        treatment = Wire(kind).treat(honest)
        touched += bool(treatment.faults)
        altered = [treatment.document] if treatment.document else []
        for one in [*altered, *(further.document for further in treatment.also)]:
            again = type(one).model_validate_json(one.text)
            assert again == one
        for one in altered:
            assert one.text != honest.text
    if kind != "sscc-reused":  # it needs two
        assert touched


@pytest.mark.parametrize("kind", EDI)
def test_other_messages_are_not_even_counted(kind: str) -> None:
    wire = Wire(kind, first=1)
    assert wire.treat(None).untouched
    assert wire.actives[0].seen == 0


@pytest.mark.parametrize("kind", list(MODELS))
def test_what_it_owes_has_a_right_answer(kind: str) -> None:
    assert set(MODELS[kind].owing) <= set(RIGHT)
    treatment = None
    if kind in EDI:
        for document in EVERYTHING:
            treatment = Wire(kind).treat(interchange(document))
            owed = {*treatment.owes, *(o for one in treatment.also for o in one.owes)}
            assert owed <= set(MODELS[kind].owing)


def test_every_finding_that_a_partner_can_cause_has_its_fault() -> None:
    owing = {name for model in MODELS.values() for name in model.owing}
    of_readers = {  # found in what comes in, and made by none of our faults
        "unknown-partner", "unsupported-version", "unsupported-set", "too-many-segments",
        "too-many-elements", "element-too-short", "invalid-character", "invalid-time",
    }  # fmt: skip
    assert set(RIGHT) - of_readers <= owing


# --- bytes and envelopes ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ODDITIES)
def test_an_oddity_is_asked_of_the_contract(kind: str) -> None:
    wire = Wire(kind)
    treatment = wire.treat(interchange(notice()))
    assert sent(treatment).oddities.keys() == {kind}
    assert treatment.owes == [kind]
    assert wire.actives[0].fault.writes == {kind}
    assert "document" in wire.actives[0].fault.needs


@pytest.mark.parametrize(
    ("kind", "given", "params"),
    [
        ("folded-lines", {}, {"width": 80}),
        ("segment-count-wrong", {"by": -2}, {"by": -2}),
        ("truncated", {}, {"fraction": 0.7}),
        ("truncated", {"bytes": 90}, {"bytes": 90}),
        ("delimiter-in-data", {"delimiter": "segment"}, {"delimiter": "segment"}),
        ("interchange-header-width", {}, {"by": -1}),
        ("nul-bytes", {}, {}),
    ],
)
def test_parameters_reach_the_contract(
    kind: str, given: dict[str, Any], params: dict[str, Any]
) -> None:
    assert sent(Wire(kind, **given).treat(interchange(notice()))).oddities == {kind: params}


def test_faults_add_up() -> None:
    wire = Wire("segment-count-wrong")
    wire.put("byte-order-mark")
    wire.put("unknown-order")
    treatment = wire.treat(interchange(notice()))
    assert set(sent(treatment).oddities) == {"segment-count-wrong", "byte-order-mark"}
    assert said(treatment).keys()["po"] == ["9900001"]
    assert treatment.owes == ["segment-count-wrong", "byte-order-mark", "unknown-order"]


def test_answers_are_left_alone_unless_asked_for() -> None:
    wire = Wire("segment-count-wrong", first=1)
    assert wire.treat(interchange(accepted())).untouched
    assert wire.treat(interchange(advice())).untouched
    assert wire.treat(interchange(order())).owes == ["segment-count-wrong"]
    asked = Wire("segment-count-wrong", match={"document": "functional-acknowledgement"})
    treatment = asked.treat(interchange(accepted()))
    assert sent(treatment).oddities
    assert treatment.owes == []  # nobody acknowledges an acknowledgement


# --- content ---------------------------------------------------------------------------------


def test_sscc_check_digit() -> None:
    one = said(Wire("sscc-check-digit").treat(interchange(notice())))
    assert [is_sscc(unit.sscc) for unit in one.walk()] == [False, True, True]
    every = said(Wire("sscc-check-digit", all=True).treat(interchange(notice())))
    assert not any(is_sscc(unit.sscc) for unit in every.walk())


def test_sscc_reused_takes_one_of_the_notice_before() -> None:
    wire = Wire("sscc-reused", first=1)
    assert wire.treat(interchange(notice("A-1", 1), control="1")).untouched
    assert wire.treat(interchange(notice("A-1", 1), control="1")).untouched  # its next attempt
    treatment = wire.treat(interchange(notice("A-2", 100), control="2"))
    used = next(notice("A-1", 1).walk()).sscc
    assert next(said(treatment).walk()).sscc == used
    assert treatment.owes == ["sscc-reused"]
    assert wire.treat(interchange(notice("A-3", 200), control="3")).untouched


def test_units() -> None:
    strange = said(Wire("unknown-unit").treat(interchange(notice())))
    assert {one.unit for one in strange.contents()} == {"xx"}
    other = said(Wire("inconsistent-unit").treat(interchange(notice())))
    assert {one.unit for one in other.contents()} == {"kg"}


def test_cumulative_gap() -> None:
    one = said(Wire("cumulative-gap", by=7).treat(interchange(notice())))
    assert {item.cumulative for item in one.contents()} == {Decimal(1007)}
    call_off = said(Wire("cumulative-gap").treat(interchange(schedule())))
    assert call_off.lines[0].received == 0


def quantities(one: ShipNotice) -> list[int]:
    return [int(item.quantity) for item in one.contents()]


def test_quantities() -> None:
    over = said(Wire("over-shipped").treat(interchange(notice())))
    assert quantities(over) == [24, 20]
    assert next(over.contents()).cumulative == 1004
    short = said(Wire("short-shipped", share=0.25).treat(interchange(notice())))
    assert quantities(short) == [15, 20]
    more = said(Wire("short-shipped", notice="more").treat(interchange(notice())))
    assert quantities(more) == [22, 20]


def test_split_lot_keeps_the_sum() -> None:
    one = said(Wire("split-lot", lots=3).treat(interchange(notice())))
    assert quantities(one) == [8, 6, 6, 8, 6, 6]
    assert one.keys()["lot"] == ["L-1", "L-1-B", "L-1-C"]


def test_unknown_numbers() -> None:
    assert said(Wire("unknown-order").treat(interchange(response()))).po == "9900001"
    one = said(Wire("unknown-item").treat(interchange(notice())))
    assert one.keys()["item"] == ["NO-SUCH-ITEM"]


def test_leading_zeros() -> None:
    item = Wire("lost-leading-zeros").treat(interchange(notice()))
    assert said(item).keys()["item"] == ["12-S"]
    assert item.owes == ["unknown-item"]
    line = Wire("lost-leading-zeros", of="line").treat(interchange(notice()))
    assert {one.po_line for one in said(line).contents()} == {"10"}
    assert line.owes == []
    assert Wire("lost-leading-zeros", of="lot").treat(interchange(notice())).untouched


def test_contradicts_forecast() -> None:
    one = said(Wire("contradicts-forecast").treat(interchange(schedule())))
    found = [(int(d.quantity), int(d.cumulative)) for d in one.lines[0].demands]
    assert found == [(30, 130), (30, 160)]


# --- flow ------------------------------------------------------------------------------------


def test_duplicate_interchange_is_the_same_again() -> None:
    honest = interchange(notice())
    treatment = Wire("duplicate-interchange").treat(honest)
    assert treatment.document is None
    assert treatment.owes == []  # the first is honest
    (again,) = treatment.also
    assert again.document == honest
    assert (again.owes, again.by) == (["duplicate-interchange"], "duplicate-interchange-1")


def test_asn_twice_has_other_numbers_and_the_same_goods() -> None:
    (again,) = Wire("asn-twice", later="1h").treat(interchange(notice())).also
    assert again.at == NOW + HOUR
    keys, before = again.document.keys(), interchange(notice()).keys()
    for same in ("shipment", "sscc", "po", "item"):
        assert keys[same] == before[same]
    for other in ("control", "group", "asn"):
        assert not set(keys[other]) & set(before[other])


def test_what_a_fault_made_it_leaves_alone() -> None:
    wire = Wire("asn-twice")
    assert wire.treat(interchange(notice()), made_by=["asn-twice-1"]).untouched
    assert wire.treat(interchange(notice()), made_by=["asn-twice-2"]).also


def test_unknown_shipment_leaves_the_real_one_alone() -> None:
    wire = Wire("unknown-shipment", purpose="replace")
    (other,) = wire.treat(interchange(notice())).also
    keys, before = other.document.keys(), interchange(notice()).keys()
    for name in ("asn", "shipment", "sscc", "control"):
        assert not set(keys[name]) & set(before[name])
    assert all(is_sscc(one) for one in keys["sscc"])
    assert next(other.document.documents()).purpose == "replace"


@pytest.mark.parametrize(
    ("kind", "document", "at"),
    [
        ("asn-after-truck", notice(), NOW + 6 * HOUR),
        ("response-after-ship-notice", response(), NOW + 49 * HOUR),
    ],
)
def test_what_is_late_is_dropped_and_sent_later(kind: str, document: Any, at: int) -> None:
    treatment = Wire(kind).treat(interchange(document))
    assert (treatment.cut, treatment.owes) == ("drop", [])
    (later,) = treatment.also
    assert (later.document, later.at, later.owes) == (interchange(document), at, [kind])


def test_what_never_comes() -> None:
    treatment = Wire("asn-never").treat(interchange(notice()))
    assert (treatment.cut, treatment.owes) == ("drop", ["asn-never"])
    wire = Wire("no-acknowledgement")
    assert wire.treat(interchange(accepted())).cut == "drop"
    assert wire.treat(interchange(notice())).untouched


def test_partial_acknowledgement() -> None:
    one = said(Wire("partial-acknowledgement").treat(interchange(accepted(3))))
    assert (one.verdict, one.accepted) == ("partially-accepted", 2)
    assert [note.verdict for note in one.sets] == ["accepted", "accepted", "rejected"]


def test_accepted_and_then_rejected() -> None:
    treatment = Wire("acknowledged-then-rejected", later="2m").treat(interchange(accepted()))
    assert treatment.document is None
    (later,) = treatment.also
    assert later.at == NOW + HOUR // 30
    one = next(later.document.documents())
    assert isinstance(one, ApplicationAdvice)
    assert (one.verdict, one.group, one.set_control) == ("rejected", "7", "0001")


# --- transports ------------------------------------------------------------------------------


def test_a_receipt_that_is_cut_off_is_owed_like_one_that_never_comes() -> None:
    treatment = Wire("receipt", mode="cut").treat(interchange(notice()))
    assert (treatment.cut, treatment.cut_side) == ("reset", "reply")
    assert treatment.extra == {"receipt": {"mode": "never"}}
    assert treatment.owes == ["receipt-missing"]


@pytest.mark.parametrize(
    ("kind", "given", "extra", "owes"),
    [
        ("receipt", {"mode": "never"}, {"mode": "never"}, ["receipt-missing"]),
        ("receipt", {"mode": "twice"}, {"mode": "twice"}, []),
        ("receipt", {"mode": "late"}, {"mode": "late", "delay": 30.0}, []),
        ("receipt", {"mode": "error"}, {"mode": "error", "error": "decryption-failed"},
         ["receipt-negative"]),
        ("file", {"mode": "partial"}, {"mode": "partial", "delay": 5.0}, ["file-not-whole"]),
        ("certificate", {"mode": "expired"}, {"mode": "expired"}, []),
    ],
)  # fmt: skip
def test_faults_of_one_transport(
    kind: str, given: dict[str, Any], extra: dict[str, Any], owes: list[str]
) -> None:
    treatment = Wire(kind, **given).treat(interchange(notice()))
    assert treatment.extra == {kind: extra}
    assert treatment.owes == owes
