"""Customers: what they order and call off, what they check, and what they say arrived."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from simulator.core.durations import HOUR
from simulator.core.errors import Refusal
from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    ApplicationAdvice,
    Invoice,
    InvoiceLine,
    PurchaseOrderResponse,
    ResponseLine,
)
from tests.systems.trade import Border, notice

GOOD = sscc(77)


def border(**behaviour: Any) -> Border:
    return Border(customer={"partners": ["agrimec"], "default": behaviour})


def said(desk: Border, kind: str) -> list[Any]:
    """What the customer told, whether or not its gateway says it."""
    return [one for one in desk.heard if one.document == kind and one.sender == "partner"]


def reasons(desk: Border) -> list[list[str]]:
    return [[note.reason for note in one.notes] for one in said(desk, "application-advice")]


def ordered(desk: Border, quantity: int = 40, po: str = "K1") -> Any:
    lines = [{"item": "GEAR", "quantity": quantity}]
    return desk.do("customer", "order", customer="AGRIMEC", po=po, lines=lines)


def called(desk: Border, *quantities: int, **more: Any) -> Any:
    lines = [
        {"item": "GEAR", "quantity": quantity, "wanted": f"{n}d"}
        for n, quantity in enumerate(quantities, 1)
    ]
    given = {"customer": "AGRIMEC", "lines": lines, **more}
    return desk.do("customer", "call_off", **given)


def response(desk: Border, po: str, answer: Any, *lines: tuple[str, str, int]) -> Any:
    given = [
        ResponseLine(line=line, item="GEAR", answer=how, quantity=D(quantity))  # type: ignore[arg-type]
        for line, how, quantity in lines
    ]
    return PurchaseOrderResponse(
        partner="AGRIMEC", sender="plant", number=f"A-{po}", at=desk.now, po=po, answer=answer,
        lines=given,
    )  # fmt: skip


def advice(desk: Border, about: str, number: str, *why: str) -> ApplicationAdvice:
    given = {"partner": "AGRIMEC", "sender": "plant", "number": "V1", "at": desk.now}
    notes = [{"reason": one} for one in why]
    return ApplicationAdvice.model_validate(
        given | {"about": about, "about_number": number, "verdict": "rejected", "notes": notes}
    )


def counts(desk: Border) -> tuple[D, D | None, D]:
    (one,) = desk.do("customer", "get_customer", customer="AGRIMEC").counts
    return one.called, one.announced, one.received


# --- orders ---------------------------------------------------------------------------------------


def test_an_order_is_a_sales_order_and_leaves_in_an_envelope() -> None:
    desk = border()
    view = ordered(desk)
    sale = desk.plant.sales_order("K1")
    assert (sale.partner, sale.lines[0].item, sale.lines[0].quantity) == ("AGRIMEC", "GEAR", D(40))
    (sent,) = desk.sent("purchase-order")
    assert (sent.number, sent.sender, sent.lines[0].price) == ("K1", "partner", D(40))
    assert (view.po, view.kind, view.answer) == ("K1", "order", "")
    with pytest.raises(Refusal) as caught:
        ordered(desk)
    assert caught.value.code == "order-exists"


def test_a_missing_answer_is_an_event() -> None:
    desk = border(answer_within="2h")
    ordered(desk)
    ordered(desk, po="K2")
    desk.plant_says(response(desk, "K2", "accepted", ("10", "accepted", 40)))
    desk.run("1d")
    events = [one for one in desk.recorded if one["event"] == "customer.unanswered"]
    assert [one["keys"]["po"] for one in events] == [["K1"]]


def test_an_order_changes_here_and_in_the_plant() -> None:
    desk = border()
    ordered(desk)
    lines = [{"line": "10", "quantity": 30}, {"line": "20", "change": "add", "item": "GEAR",
                                              "quantity": 5}]  # fmt: skip
    desk.do("customer", "change_order", po="K1", lines=lines)
    (change,) = said(desk, "purchase-order-change")
    assert [(one.line, one.change, one.quantity) for one in change.lines] == [
        ("10", "quantity", D(30)), ("20", "add", D(5))
    ]  # fmt: skip
    sale = desk.plant.sales_order("K1")
    assert [(one.line, one.quantity) for one in sale.lines] == [(10, D(30)), (20, D(5))]
    desk.do("wms", "ship", sales_order="K1", lines=[{"line": 10, "quantity": 12}])
    for lines in ([{"line": "10", "quantity": 11}], [{"line": "30", "quantity": 1}], []):
        with pytest.raises(Refusal):
            desk.do("customer", "change_order", po="K1", lines=lines)
    with pytest.raises(Refusal) as caught:
        desk.do("customer", "change_order", po="K1", cancel=True)
    assert caught.value.code == "already-shipped"
    assert len(said(desk, "purchase-order-change")) == 1, "what was refused was never said"


def test_a_cancelled_order_cannot_be_shipped() -> None:
    desk = border()
    ordered(desk)
    desk.do("customer", "change_order", po="K1", cancel=True)
    assert said(desk, "purchase-order-change")[0].cancels
    with pytest.raises(Refusal):
        desk.do("wms", "ship", sales_order="K1")


@pytest.mark.parametrize(
    ("accepts", "answer", "lines", "quantities"),
    [
        (True, "accepted", [("10", "accepted", 40)], [D(40)]),
        (True, "changed", [("10", "accepted", 25), ("10", "backordered", 10)], [D(35)]),
        (True, "rejected", [("10", "rejected", 40)], None),
        (False, "changed", [("10", "accepted", 25)], None),
    ],
)
def test_an_answer_is_followed(
    accepts: bool, answer: str, lines: list[Any], quantities: list[D] | None
) -> None:
    desk = border(accepts_changes=accepts)
    ordered(desk)
    desk.plant_says(response(desk, "K1", answer, *lines))
    sale = desk.plant.sales_order("K1")
    if quantities is None:
        assert sale.status == "cancelled"
    else:
        assert [one.quantity for one in sale.lines] == quantities
    assert len(said(desk, "purchase-order-change")) == (not accepts)
    assert desk.do("customer", "list_orders", customer="AGRIMEC").items[-1].answers == [answer]


def test_an_answer_to_nothing_is_refused() -> None:
    desk = border()
    desk.plant_says(response(desk, "K9", "accepted"))
    assert reasons(desk) == [["unknown-order"]]


def test_what_the_plant_rejects_is_not_wanted_any_more() -> None:
    desk = border()
    ordered(desk)
    called(desk, 10, number="L1")
    desk.plant_says(advice(desk, "purchase-order", "K1", "unknown-item"))
    desk.plant_says(advice(desk, "call-off", "L1", "contradicts-forecast"))
    desk.plant_says(advice(desk, "call-off", "L9", "contradicts-forecast"))
    assert {desk.plant.sales_order(one).status for one in ("K1", "L1")} == {"cancelled"}
    assert counts(desk)[0] == 0, "it is as if it had never been called off"
    assert [one["event"] for one in desk.recorded] == ["customer.not-understood"]


# --- schedules ------------------------------------------------------------------------------------


def test_cumulative_quantities_go_on() -> None:
    desk = border(counts={"GEAR": 100}, transit="1h")
    desk.do("customer", "forecast", customer="AGRIMEC", number="F1",
            lines=[{"item": "GEAR", "quantities": [50, 60]}])  # fmt: skip
    (forecast,) = said(desk, "forecast")
    assert [one.cumulative for one in forecast.lines[0].demands] == [D(150), D(210)]
    assert forecast.lines[0].received == D(100)
    called(desk, 20, 30, number="L1")
    call = said(desk, "call-off")[-1]
    assert [one.cumulative for one in call.lines[0].demands] == [D(120), D(150)]
    assert (call.forecast, call.lines[0].received) == ("F1", D(100))
    desk.do("wms", "ship", sales_order="L1", lines=[{"line": 10, "quantity": 20}], id="S1")
    desk.plant_says(notice(desk, "S1", "L1", 20, cumulative=D(120)))
    desk.run("1h")
    assert counts(desk) == (D(150), D(120), D(120))
    called(desk, 45, number="L2")
    call = said(desk, "call-off")[-1]
    assert [one.cumulative for one in call.lines[0].demands] == [D(165)], "the 30 are void"
    assert (call.lines[0].received, call.lines[0].last_receipt) == (D(120), "S1")
    assert [one.quantity for one in desk.plant.sales_order("L1").lines] == [D(20)]
    assert desk.plant.sales_order("L1").status == "done"
    assert desk.plant.sales_order("L2").status == "open"


def test_a_call_off_may_say_what_is_not_so() -> None:
    desk = border(counts={"GEAR": 100})
    lines = [{"item": "GEAR", "quantity": 10, "received": 70}]
    desk.do("customer", "call_off", customer="AGRIMEC", forecast="F9", lines=lines)
    (call,) = said(desk, "call-off")
    assert (call.forecast, call.lines[0].received) == ("F9", D(70))


@pytest.mark.parametrize(
    ("operation", "wrong"),
    [
        ("order", {"customer": "NOBODY"}),
        ("order", {"lines": [{"item": "NOTHING", "quantity": 1}]}),
        ("order", {"lines": [{"item": "GEAR", "quantity": 1.5}]}),
        ("call_off", {"lines": [{"item": "NOTHING", "quantity": 1}]}),
        ("call_off", {"customer": "BEARCO"}),
        ("forecast", {"lines": [{"item": "NOTHING", "quantities": [1]}]}),
    ],
)
def test_what_cannot_be_wanted(operation: str, wrong: dict[str, Any]) -> None:
    desk = border()
    lines = [{"item": "GEAR", "quantity": 1}]
    with pytest.raises(Refusal):
        desk.do("customer", operation, **{"customer": "AGRIMEC", "lines": lines, **wrong})
    assert desk.interchanges == []
    assert desk.plant.sales_orders() == []


# --- goods ----------------------------------------------------------------------------------------


def test_what_was_announced_and_arrives_is_received() -> None:
    desk = border(transit="5h")
    ordered(desk)
    desk.do("wms", "ship", sales_order="K1", id="S1")
    desk.plant_says(notice(desk, "S1", "K1", 40))
    assert reasons(desk) == [[]]
    assert desk.sent("receiving-advice") == []
    begin = desk.now
    desk.run("7h")
    (receipt,) = desk.sent("receiving-advice")
    (line,) = receipt.lines
    assert receipt.at - begin == 6 * HOUR, "5h on the road, and the profile's hour"
    assert (receipt.asn, line.quantity, line.announced, line.condition) == (
        "S1", D(40), D(40), "good"
    )  # fmt: skip
    (view,) = desk.do("customer", "list_notices", customer="AGRIMEC").items
    assert (view.verdict, view.received) == ("accepted", True)
    (talk,) = desk.do("edi", "list_conversations", asn="S1").items
    assert talk.said[-1].document == "receiving-advice"


@pytest.mark.parametrize(
    ("left", "told", "conditions"),
    [(30, 40, ["short"]), (40, 30, ["over"]), (40, 40, ["good"])],
)
def test_what_came_is_held_against_what_was_announced(
    left: int, told: int, conditions: list[str]
) -> None:
    desk = border(transit="1h")
    ordered(desk)
    desk.do("wms", "ship", sales_order="K1", lines=[{"line": 10, "quantity": left}], id="S1")
    desk.plant_says(notice(desk, "S1", "K1", told))
    desk.run("1h")
    (receipt,) = said(desk, "receiving-advice")
    assert [one.condition for one in receipt.lines] == conditions
    assert [one.quantity for one in receipt.lines] == [D(left)]
    assert counts(desk)[2] == D(left)


def test_goods_without_a_notice_are_received_and_complained_of() -> None:
    desk = border(transit="1h")
    ordered(desk)
    desk.do("wms", "ship", sales_order="K1", id="S1")
    desk.run("1h")
    assert reasons(desk) == [["asn-never"]]
    (receipt,) = said(desk, "receiving-advice")
    assert [(one.condition, one.quantity) for one in receipt.lines] == [("no-asn", D(40))]
    desk.plant_says(notice(desk, "S1", "K1", 40))
    assert reasons(desk)[-1] == ["asn-after-truck"]
    desk.run("9d")
    assert len(said(desk, "receiving-advice")) == 1, "goods are received once"


def test_damaged_goods_are_counted_apart() -> None:
    desk = border(transit="1h", damages=1)
    ordered(desk)
    desk.do("wms", "ship", sales_order="K1", id="S1")
    desk.plant_says(notice(desk, "S1", "K1", 40))
    desk.run("1h")
    (receipt,) = said(desk, "receiving-advice")
    (line,) = receipt.lines
    assert (line.condition, line.quantity, line.accepted, line.cumulative) == (
        "damaged", D(40), D(36), D(36)
    )  # fmt: skip


def test_a_notice_is_received_by_hand_once() -> None:
    desk = border(transit="1d", receives=False)
    ordered(desk)
    desk.do("wms", "ship", sales_order="K1", id="S1")
    desk.plant_says(notice(desk, "S1", "K1", 40))
    lines = [{"item": "GEAR", "quantity": 38, "condition": "short"}]
    view = desk.do("customer", "receive", customer="AGRIMEC", asn="S1", lines=lines)
    assert [(one.quantity, one.announced) for one in view.lines] == [(D(38), D(40))]
    for asn in ("S1", "S9"):
        with pytest.raises(Refusal):
            desk.do("customer", "receive", customer="AGRIMEC", asn=asn)
    desk.run("2d")
    assert len(said(desk, "receiving-advice")) == 1


def test_an_order_of_the_plant_file_is_known() -> None:
    desk = border(transit="1h")
    desk.plant.place_sales_order("AGRIMEC", [("GEAR", D(40))], id="X1")
    desk.do("wms", "ship", sales_order="X1", id="S1")
    desk.plant_says(notice(desk, "S1", "X1", 40))
    desk.run("1h")
    assert reasons(desk) == [[]]
    (order,) = desk.do("customer", "list_orders", customer="AGRIMEC").items
    assert [(one.announced, one.received) for one in order.lines] == [(D(40), D(40))]


# --- notices that cannot be used ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"po": "K9"}, "unknown-order"),
        ({"item": "0GEAR"}, "unknown-item"),
        ({"unit": "kg"}, "unknown-unit"),
        ({"sscc": GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10)}, "sscc-check-digit"),
        ({"quantity": 41}, "over-shipped"),
        ({"cumulative": D(150)}, "cumulative-gap"),
        ({"purpose": "cancel"}, "unknown-shipment"),
    ],
)
def test_a_wrong_notice_is_refused_and_counts_for_nothing(
    wrong: dict[str, Any], reason: str
) -> None:
    desk = border(counts={"GEAR": 100})
    ordered(desk)
    desk.plant_says(notice(desk, "N1", **{"po": "K1", "quantity": 40, **wrong}))
    assert reasons(desk) == [[reason]]
    assert counts(desk) == (D(100), D(100), D(100))
    desk.plant_says(notice(desk, "N1", "K1", 40, cumulative=D(140)))
    assert reasons(desk)[-1] == [], "put right, under the same number"
    assert counts(desk) == (D(100), D(140), D(100))


def test_a_shipment_is_announced_once_and_a_label_used_once() -> None:
    desk = border()
    ordered(desk)
    desk.plant_says(notice(desk, "N1", "K1", 10, sscc=GOOD))
    desk.plant_says(notice(desk, "N2", "K1", 10, shipment="N1"))
    desk.plant_says(notice(desk, "N3", "K1", 10, sscc=GOOD))
    assert reasons(desk) == [[], ["asn-twice"], ["sscc-reused"]]
    verdicts = [one.verdict for one in desk.do("customer", "list_notices").items]
    assert verdicts == ["accepted", "rejected", "rejected"]


def test_a_notice_is_replaced_or_taken_back() -> None:
    desk = border(counts={"GEAR": 100})
    ordered(desk)
    desk.plant_says(notice(desk, "N1", "K1", 10, cumulative=D(110)))
    desk.plant_says(notice(desk, "N1", "K1", 30, cumulative=D(130), purpose="replace"))
    assert counts(desk)[1] == D(130)
    assert desk.do("customer", "list_orders").items[-1].lines[0].announced == D(30)
    desk.plant_says(notice(desk, "N1", "K1", 30, purpose="cancel"))
    assert reasons(desk) == [[], [], []]
    assert counts(desk)[1] == D(100)
    assert desk.do("customer", "list_notices").items[0].cancelled


def test_what_is_lenient_is_remarked_on_and_used() -> None:
    desk = border(lenient=["over-shipped"], transit="1h")
    ordered(desk)
    desk.plant_says(notice(desk, "N1", "K1", 60))
    (one,) = said(desk, "application-advice")
    assert (one.verdict, [note.reason for note in one.notes]) == (
        "accepted-with-errors", ["over-shipped"]
    )  # fmt: skip
    assert desk.do("customer", "list_notices").items[0].verdict == "accepted-with-errors"


def test_a_blanket_order_means_its_call_offs() -> None:
    desk = border()
    called(desk, 10, 20, number="L1", po="BLANKET")
    desk.plant_says(notice(desk, "N1", "BLANKET", 25), notice(desk, "N2", "BLANKET", 6))
    assert reasons(desk) == [[], ["over-shipped"]]
    (call,) = desk.do("customer", "list_orders").items
    assert [one.announced for one in call.lines] == [D(10), D(15)]


# --- invoices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "total", "po", "wrong"),
    [
        ("40", "400", "K1", []),
        ("41", "410", "K1", ["price-differs"]),
        ("40", "399", "K1", ["total-differs"]),
        ("40", "400", "K9", ["unknown-order"]),
    ],
)
def test_invoices_are_checked(price: str, total: str, po: str, wrong: list[str]) -> None:
    desk = border()
    ordered(desk)
    line = InvoiceLine(line="1", item="GEAR", quantity=D(10), price=D(price))
    desk.plant_says(
        Invoice(partner="AGRIMEC", sender="plant", number="R1", at=desk.now, po=po, lines=[line],
                total=D(total))
    )  # fmt: skip
    assert reasons(desk) == [wrong]


# --- a plant is data ------------------------------------------------------------------------------


def test_a_restored_customer_goes_on_as_if_nothing_had_been() -> None:
    def story(desk: Border, *, saved: bool) -> list[Any]:
        ordered(desk)
        called(desk, 10, number="L1")
        desk.do("wms", "ship", sales_order="K1", id="S1")
        desk.plant_says(notice(desk, "S1", "K1", 40))
        if saved:
            desk.restore(desk.saved())
        begun = len(desk.heard)
        desk.run("3d")
        called(desk, 12, number="L2")
        return [(one.document, one.text) for one in desk.heard[begun:]]

    straight = story(border(), saved=False)
    assert story(border(), saved=True) == straight
    assert {name for name, _ in straight} == {"receiving-advice", "call-off"}
