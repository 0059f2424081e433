"""The gateway: envelopes out, interchanges in, who answers what and when, what is remembered."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from simulator.core.durations import MINUTE, SECOND
from simulator.core.errors import Refusal
from simulator.plant.trading import (
    Enclosed,
    Finding,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    PurchaseOrder,
    Received,
    load_partner,
)
from tests.systems.desk import PAYLOADS
from tests.systems.trade import Border, order


def ship(desk: Border, supplier: str = "BEARCO", **more: Any) -> Interchange:
    """A supplier ships, and its notice leaves."""
    desk.do("supplier", "ship", supplier=supplier, **more)
    return [one for one in desk.interchanges if one.said_as == "ship-notice"][-1]


# --- out ------------------------------------------------------------------------------------------


def test_a_notice_leaves_in_its_partners_envelope() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    assert (one.partner, one.sender, one.control) == ("BEARCO", "partner", "000000001")
    assert (one.wants_acknowledgement, one.test) == (True, False)
    (enclosed,) = one.contents
    assert (enclosed.group, enclosed.control) == ("1", "0001")
    other = desk.do("edi", "send", partner="BEARCO", document="inventory-report")
    assert (other.control, other.documents[0].group) == ("000000002", "2")
    edifact = desk.do("edi", "send", partner="DICHTRING", document="inventory-report")
    assert (edifact.control, edifact.documents[0].group) == ("000000001", "")
    assert edifact.documents[0].set_control == "1"


def test_numbers_begin_where_the_occasion_says() -> None:
    desk = Border()
    desk.occasion = 5_000
    one = ship(desk, against="P100")
    assert one.control == "000005001"
    desk.systems["edi"].state.counters["BEARCO"].interchange = 999_999_999  # type: ignore[attr-defined]
    assert desk.do("edi", "send", partner="BEARCO", document="inventory-report").control == (
        "000000001"
    )


def test_a_partner_may_gather_what_it_says_at_one_moment() -> None:
    profile = {
        "partner": "BEARCO", "standard": "x12", "version": "004010", "one_per_group": False,
        "identifiers": {"partner": {"id": "B"}, "plant": {"id": "G"}},
    }  # fmt: skip
    desk = Border(edi={"partners": [profile]}, supplier={"default": {"answer": "1m"}})
    desk.plant_says(*[order(desk, f"Q{n}", ("BEARING", n)) for n in (1, 2)])
    desk.do("supplier", "report_inventory", supplier="BEARCO")
    assert desk.interchanges == []
    desk.run("1m")
    assert [len(one.contents) for one in desk.interchanges] == [1, 3]
    gathered = [
        (one.said.document, one.group, one.control) for one in desk.interchanges[1].contents
    ]
    assert gathered == [
        ("functional-acknowledgement", "2", "0001"), ("purchase-order-response", "3", "0002"),
        ("purchase-order-response", "3", "0003"),
    ], "what is alike stands in one group"  # fmt: skip


def test_nothing_goes_nowhere_in_silence() -> None:
    desk = Border(endpoints=0)
    ship(desk, against="P100")
    (event,) = [one for one in desk.recorded if one["event"] == "edi.no-endpoint"]
    assert event["keys"]["control"] == ["000000001"]


def test_an_interchange_is_sent_again_byte_for_byte() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    view = desk.do("edi", "replay", partner="BEARCO", control="1")
    assert (view.control, view.sent) == ("000000001", 2)
    again = desk.interchanges[-1]
    assert again == one
    assert again.text == one.text
    with pytest.raises(Refusal):
        desk.do("edi", "replay", partner="BEARCO", control="77")


def test_any_document_can_be_sent_and_a_wrong_one_is_refused() -> None:
    desk = Border()
    lines = [{"line": "1", "item": "BEARING", "quantity": "5", "unit": "pcs"}]
    desk.do("edi", "send", partner="BEARCO", document="purchase-order-response",
            content={"po": "P100", "number": "X1", "lines": lines})  # fmt: skip
    (said,) = desk.sent("purchase-order-response")
    assert (said.number, said.sender, said.lines[0].quantity) == ("X1", "partner", D(5))
    for wrong in (
        {"document": "no-such-thing"},
        {"document": "ship-notice", "content": {"nonsense": 1}},
        {"document": "goods-receipt"},
        {"document": "ship-notice", "partner": "NOBODY"},
    ):
        with pytest.raises(Refusal):
            desk.do("edi", "send", **{"partner": "BEARCO", **wrong})


# --- acknowledgements of what was sent ------------------------------------------------------------


def test_what_is_acknowledged_is_settled() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    (talk,) = desk.do("edi", "list_conversations", po="P100").items
    assert talk.state == "open"
    desk.acknowledge(one)
    (talk,) = desk.do("edi", "list_conversations", shipment=talk.shipment[0]).items
    assert talk.state == "settled"
    assert [said.acknowledged for said in talk.said if said.document == "ship-notice"] == [
        "accepted"
    ]
    desk.run("2d")
    assert desk.do("edi", "list_overdue").items == []


def test_what_is_not_acknowledged_is_overdue() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    desk.run("3h")
    assert desk.do("edi", "list_overdue").items == []
    desk.run("1h")
    (late,) = desk.do("edi", "list_overdue", partner="BEARCO").items
    assert late.awaits == ["functional-acknowledgement", "interchange-acknowledgement"]
    told = [x for _, x in desk.emitted if x.document == "overdue-acknowledgement"]
    assert [x.awaited for x in told] == late.awaits
    assert told[0].keys()["control"] == [one.control]
    events = [x for x in desk.recorded if x["event"] == "edi.overdue"]
    assert len(events) == 2
    assert desk.do("edi", "list_conversations", state="overdue").items[0].po == ["P100"]
    desk.acknowledge(one)
    assert desk.do("edi", "list_overdue").items == []
    assert desk.do("edi", "list_conversations", state="settled").items


def test_an_answer_is_neither_acknowledged_nor_overdue() -> None:
    desk = Border()
    desk.plant_says(order(desk, "Q1", ("NOTHING", 5)))
    desk.run("1h")
    said = [one.document for x in desk.interchanges for one in x.documents()]
    assert said == ["functional-acknowledgement", "application-advice"]
    assert [one.wants_acknowledgement for one in desk.interchanges] == [False, False]
    before = len(desk.interchanges)
    answer = FunctionalAcknowledgement(
        partner="BEARCO", sender="plant", number="1", at=desk.now, acknowledges="2",
        verdict="accepted",
    )  # fmt: skip
    desk.plant_says(answer)  # a contract that answers it all the same
    desk.run("9h")
    assert len(desk.interchanges) == before
    assert desk.do("edi", "list_overdue").items == []


def test_a_refused_envelope_waits_for_nothing_more() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    desk.plant_says(
        InterchangeAcknowledgement(
            partner="BEARCO", sender="plant", number="1", at=desk.now, verdict="rejected",
            acknowledges=one.control, codes=["TA105=001"],
        ), answers=[],
    )  # fmt: skip
    view = desk.do("edi", "get_interchange", partner="BEARCO", control=one.control)
    assert (view.awaits, view.answers) == ([], ["interchange-acknowledgement rejected"])
    assert view.documents[0].acknowledged == "rejected"
    assert view.interchange["control"] == one.control
    assert desk.do("edi", "list_conversations", state="rejected").items


def test_an_answer_to_nothing_is_said() -> None:
    desk = Border()
    answer = FunctionalAcknowledgement(
        partner="BEARCO", sender="plant", number="1", at=desk.now, acknowledges="99",
        verdict="accepted",
    )  # fmt: skip
    desk.plant_says(answer, answers=[])
    assert [one["event"] for one in desk.recorded] == ["edi.unknown-acknowledgement"]


def test_a_group_is_not_taken_for_an_interchange() -> None:
    """Group and interchange numbers run apart; a 997 names the group."""
    desk = Border()
    first = ship(desk, against="P100")
    counters = desk.systems["edi"].state.counters["BEARCO"]  # type: ignore[attr-defined]
    counters.group = 41
    second = desk.do("edi", "send", partner="BEARCO", document="inventory-report")
    assert (second.control, second.documents[0].group) == ("000000002", "42")
    desk.plant_says(
        FunctionalAcknowledgement(
            partner="BEARCO", sender="plant", number="1", at=desk.now, acknowledges="2",
            verdict="accepted",
        ), answers=[],
    )  # fmt: skip
    assert [one["event"] for one in desk.recorded] == ["edi.unknown-acknowledgement"]
    assert desk.do("edi", "get_interchange", partner="BEARCO", control=first.control).awaits


# --- in -------------------------------------------------------------------------------------------


def test_answers_come_when_the_profile_says() -> None:
    desk = Border()
    begin = desk.now
    receipt = InterchangeAcknowledgement(
        partner="BEARCO", sender="partner", number="1", at=begin, acknowledges="000000001",
        verdict="accepted",
    )  # fmt: skip
    group = FunctionalAcknowledgement(
        partner="BEARCO", sender="partner", number="1", at=begin, acknowledges="1",
        verdict="accepted",
    )  # fmt: skip
    result = desk.plant_says(order(desk, "Q1", ("BEARING", 5)), answers=[receipt, group])
    assert result["documents"] == ["purchase-order"]
    assert [one["document"] for one in result["answers"]] == [receipt.document, group.document]
    assert desk.interchanges == []
    desk.run("5m")
    assert [(one.said_as, one.at - begin) for one in desk.interchanges] == [
        ("interchange-acknowledgement", 20 * SECOND),
        ("functional-acknowledgement", MINUTE),
    ]
    assert next(desk.interchanges[0].documents()).at == begin + 20 * SECOND


def test_a_control_number_is_used_once() -> None:
    desk = Border()
    one = order(desk, "Q1", ("BEARING", 5))
    desk.plant_says(one, control="000000007", digest="a")
    desk.run("10m")
    before = len(desk.interchanges)
    told = len(desk.heard)
    other = order(desk, "Q2", ("BEARING", 5))
    again = desk.plant_says(other, control="000000007", digest="b")
    assert (again["duplicate"], again["answers"][0]["codes"]) == (True, ["TA105=025"])
    assert again["findings"][0]["name"] == "duplicate-interchange"
    assert "another" in again["findings"][0]["what"]
    desk.run("1m")
    assert len(desk.interchanges) == before + 1
    assert "Q2" not in desk.plant.state.purchase_orders
    assert [x for x in desk.heard[told:] if x.sender == "plant"] == []
    assert desk.do("edi", "get_interchange", partner="BEARCO", control="7", way="in").sent == 2


@pytest.mark.parametrize(
    ("policy", "answered", "booked"), [("refuse", 2, 1), ("ignore", 1, 1), ("process", 2, 2)]
)
@pytest.mark.parametrize(("partner", "codes"), [
    ("SCHRAUBEN", ["AK502=23", "AK905=19"]), ("DICHTRING", ["0085=26"]),
])  # fmt: skip
def test_duplicates_are_the_partners_policy(
    policy: str, answered: int, booked: int, partner: str, codes: list[str]
) -> None:
    profile = load_partner(partner.lower(), PAYLOADS).model_copy(update={"duplicates": policy})
    desk = Border(edi={"partners": [profile]})
    one = order(desk, "Q1", ("BEARING", 5), partner=partner)
    results = [desk.plant_says(one, control="3") for _ in range(2)]
    assert [x["duplicate"] for x in results] == [False, True]
    desk.run("5m")
    answers = desk.sent("functional-acknowledgement")
    assert len(answers) == answered
    assert len([x for x in desk.heard if isinstance(x, PurchaseOrder)]) == booked
    if policy == "refuse":
        assert (answers[-1].verdict, answers[-1].codes) == ("rejected", codes)


def test_a_broken_envelope_uses_no_number_and_books_nothing() -> None:
    desk = Border()
    broken = Finding(name="truncated", level="bytes", what="it ends in the middle")
    refusal = InterchangeAcknowledgement(
        partner="BEARCO", sender="partner", number="1", at=desk.now, acknowledges="1",
        verdict="rejected", codes=["TA105=023"], reasons=["truncated"],
    )  # fmt: skip
    one = order(desk, "Q1", ("BEARING", 5))
    desk.plant_says(one, control="1", findings=[broken], refused=["0001"], answers=[refusal])
    assert "Q1" not in desk.plant.state.purchase_orders
    whole = desk.plant_says(one, control="1")
    assert not whole["duplicate"]
    assert "Q1" in desk.plant.state.purchase_orders
    desk.run("2m")
    verdicts = [(x.document, x.verdict) for i in desk.interchanges for x in i.documents()]
    assert verdicts == [
        ("interchange-acknowledgement", "rejected"), ("functional-acknowledgement", "accepted")
    ]  # fmt: skip


def test_refused_sets_are_not_used_and_the_others_are() -> None:
    desk = Border()
    both = [order(desk, name, ("BEARING", 5)) for name in ("Q1", "Q2")]
    desk.plant_says(*both, refused=["0001"])
    assert [name in desk.plant.state.purchase_orders for name in ("Q1", "Q2")] == [False, True]
    (talk,) = desk.do("edi", "list_conversations", po="Q1").items
    assert (talk.state, talk.said[0].used) == ("rejected", False)


def test_what_follows_in_one_file_is_taken_too() -> None:
    desk = Border()

    def one(number: int) -> Received:
        said = order(desk, f"Q{number}", ("BEARING", 5))
        return Received(
            interchange=Interchange(
                partner="BEARCO", sender="plant", control=str(number), at=desk.now,
                contents=[Enclosed(said=said, control="1", group="1", code="850")],
            )
        )  # fmt: skip

    received = one(1).model_copy(update={"more": [one(2), one(1)]})
    result = desk.systems["edi"].receive(received)  # type: ignore[attr-defined]
    assert [x["duplicate"] for x in result["more"]] == [False, True]
    assert {"Q1", "Q2"} <= set(desk.plant.state.purchase_orders)


def test_a_partner_without_a_profile_is_refused() -> None:
    desk = Border()
    with pytest.raises(Refusal) as caught:
        desk.plant_says(order(desk, "Q1", ("BOLT", 5), partner="OELHANDEL"))
    assert caught.value.code == "unknown-partner"


def test_our_own_bytes_come_back_and_nothing_happens() -> None:
    desk = Border()
    one = ship(desk, against="P100")
    before = len(desk.heard)
    desk.systems["edi"].receive(Received(interchange=one))  # type: ignore[attr-defined]
    assert len(desk.heard) == before


# --- by hand --------------------------------------------------------------------------------------


def test_a_document_is_refused_after_it_was_acknowledged() -> None:
    desk = Border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 5)), control="000000031")
    desk.run("2m")
    desk.do("edi", "reject", partner="BEARCO", number="Q1", reason="unknown-order", text="no")
    desk.do("edi", "send_advice", partner="BEARCO", about="purchase-order", number="Q1")
    for advice in desk.sent("application-advice"):
        assert (advice.about_number, advice.verdict) == ("Q1", "rejected")
        assert (advice.control, advice.group, advice.set_code) == ("000000031", "31", "850")
    with pytest.raises(Refusal):
        desk.do("edi", "reject", partner="BEARCO", number="Q9")


def test_an_interchange_is_acknowledged_by_hand() -> None:
    desk = Border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 5)), answers=[])
    view = desk.do(
        "edi", "acknowledge", partner="BEARCO", control="1", verdict="rejected",
        codes=["AK502=4"],
    )  # fmt: skip
    assert view.documents[0].document == "functional-acknowledgement"
    (answer,) = desk.sent("functional-acknowledgement")
    assert (answer.acknowledges, answer.group, answer.sets[0].codes) == ("1", "PO", ["4"])
    with pytest.raises(Refusal):
        desk.do("edi", "acknowledge", partner="BEARCO", control="9")


# --- what is remembered ---------------------------------------------------------------------------


def test_a_conversation_holds_order_answer_notice_and_acknowledgements_together() -> None:
    desk = Border(supplier={"default": {"answer": "2m"}, "partners": ["bearco"]})
    desk.plant_says(order(desk, "Q1", ("BEARING", 120)))
    desk.plant_says(order(desk, "Q2", ("RACE", 5)))
    desk.run("5m")
    notice = ship(desk, against="Q1")
    for one in list(desk.interchanges):
        if one.said_as != "functional-acknowledgement":
            desk.acknowledge(one)
    label = next(notice.documents()).units[0].sscc  # type: ignore[attr-defined]
    for given in (
        {"po": "Q1"}, {"sscc": label},
        {"asn": next(notice.documents()).number, "partner": "BEARCO"},
    ):  # fmt: skip
        (talk,) = desk.do("edi", "list_conversations", **given).items
        assert talk.po == ["Q1"]
        assert [(one.way, one.document) for one in talk.said] == [
            ("in", "purchase-order"), ("out", "functional-acknowledgement"),
            ("out", "purchase-order-response"), ("out", "ship-notice"),
            ("in", "functional-acknowledgement"), ("in", "interchange-acknowledgement"),
            ("in", "functional-acknowledgement"), ("in", "interchange-acknowledgement"),
        ]  # fmt: skip
        assert talk.state == "settled"
    by_number = desk.do("edi", "list_conversations", control=notice.control.lstrip("0")).items
    assert talk.id in [one.id for one in by_number], "each side counts its own numbers"
    assert len(desk.do("edi", "list_conversations", limit=1).items) == 1
    assert desk.do("edi", "list_conversations", po="NONE").items == []


def test_the_ledger_is_bounded_and_says_so() -> None:
    desk = Border(
        edi={
            "partners": ["bearco"], "interchanges": 10, "conversations": 10, "replays": 2,
            "control_numbers": 10,
        }
    )  # fmt: skip
    for n in range(30):
        desk.plant_says(order(desk, f"Q{n}", ("BEARING", 1)))
    desk.run("1h")
    page = desk.do("edi", "list_conversations")
    assert (len(page.items), page.kept, page.forgotten > 0) == (10, 10, True)
    state = desk.systems["edi"].state
    assert (len(state.exchanged), len(state.texts), len(state.used["BEARCO"])) == (10, 2, 10)
    assert state.forgotten["texts"] == 30 + 30 - 2
    last = desk.interchanges[-1].control
    desk.do("edi", "replay", partner="BEARCO", control=last)
    with pytest.raises(Refusal):
        desk.do("edi", "replay", partner="BEARCO", control="1")


def test_two_profiles_of_one_partner_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two profiles speak for BEARCO"):
        Border(edi={"partners": ["bearco", "bearco"]})
