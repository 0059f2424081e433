"""Suppliers: what they answer, what they ship, and what of it is really on the truck."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from simulator.core.durations import DAY, HOUR, MINUTE
from simulator.core.errors import Refusal
from simulator.core.gs1 import is_sscc
from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Demand,
    Forecast,
    OrderLine,
    PurchaseOrderChange,
    ReceivingAdvice,
    ScheduleLine,
)
from tests.systems.trade import Border, order


def border(**behaviour: Any) -> Border:
    given = {"partners": ["bearco", "dichtring"], "default": behaviour}
    return Border(supplier=given)


def heard(desk: Border, kind: str) -> list[Any]:
    return [one for one in desk.heard if one.document == kind and one.sender == "partner"]


def trucks(desk: Border) -> list[Any]:
    return [one for _, one in desk.emitted if one.document == "truck-arrival"]


# --- orders ---------------------------------------------------------------------------------------


def test_an_order_is_taken_answered_shipped_and_received() -> None:
    desk = border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 250), ("RACE", 40)))
    assert desk.plant.purchase_order("Q1").lines[0].quantity == D(250)
    assert heard(desk, "purchase-order-response") == []
    desk.run("20m")
    (said,) = heard(desk, "purchase-order-response")
    assert (said.po, said.answer) == ("Q1", "accepted")
    assert {one.due for one in said.lines} == {desk.now + 2 * DAY}
    desk.run("3d")
    (notice,) = heard(desk, "ship-notice")
    (truck,) = trucks(desk)
    assert truck.at == said.lines[0].due, "it comes when it was promised"
    assert truck.shipment == notice.shipment
    labels = [(one.sscc, one.item, one.quantity, one.lot) for one in truck.labels]
    assert labels == [
        (unit.sscc, one.item, one.quantity, one.lot) for unit in notice.walk() for one in unit.items
    ]
    assert all(is_sscc(unit.sscc) for unit in notice.walk())
    for sscc, item, quantity, _ in labels:
        desk.do("wms", "create_receipt", item=item, quantity=quantity, handling_unit=sscc)
    assert desk.plant.purchase_order("Q1").status == "done"
    assert [one.document for _, one in desk.emitted].count("truck-unloaded") == 1


@pytest.mark.parametrize(
    ("chance", "answer", "lines"),
    [
        ("rejects", "rejected", ["rejected"]),
        ("backorders", "changed", ["backordered"]),
        ("splits", "changed", ["accepted", "changed"]),
        ("changes", "changed", ["changed"]),
    ],
)
def test_orders_are_answered_by_chance(chance: str, answer: str, lines: list[str]) -> None:
    desk = border(**{chance: 1})
    desk.plant_says(order(desk, "Q1", ("BEARING", 101)))
    desk.run("20m")
    (said,) = heard(desk, "purchase-order-response")
    assert (said.answer, [one.answer for one in said.lines]) == (answer, lines)
    assert sum(one.quantity for one in said.lines) == D(101)
    desk.run("6d")
    shipped = sum(
        one.quantity for notice in heard(desk, "ship-notice") for one in notice.contents()
    )
    assert shipped == (0 if answer == "rejected" else D(101))
    assert len(trucks(desk)) == {"rejected": 0, "changed": len(lines)}[answer]


def test_an_order_is_answered_by_hand_and_only_then() -> None:
    desk = border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 100)))
    lines = [{"line": "1", "quantity": 60}, {"line": "1", "answer": "backordered", "quantity": 40}]
    view = desk.do("supplier", "acknowledge", po="Q1", lines=lines)
    assert (view.answer, [one.quantity for one in view.lines]) == ("changed", [D(60), D(40)])
    desk.run("1h")
    assert len(heard(desk, "purchase-order-response")) == 1, "its own answer was taken back"
    desk.do("supplier", "change", po="Q1", lines=[{"line": "1", "answer": "changed"}])
    assert len(heard(desk, "purchase-order-response")) == 2
    with pytest.raises(Refusal):
        desk.do("supplier", "acknowledge", po="NONE")
    with pytest.raises(Refusal):
        desk.do("supplier", "acknowledge", po="Q1", lines=[{"line": "9"}])


@pytest.mark.parametrize(
    ("lines", "more", "reason"),
    [
        ([("NOTHING", 5)], {}, "unknown-item"),
        ([("SEAL", 5)], {}, "unknown-item"),
        ([("BEARING", 5)], {"number": "P200"}, "unknown-order"),
    ],
)
def test_what_cannot_be_delivered_is_refused(
    lines: list[Any], more: dict[str, str], reason: str
) -> None:
    desk = border()
    desk.plant_says(order(desk, more.get("number", "Q1"), *lines))
    (advice,) = heard(desk, "application-advice")
    assert (advice.verdict, [one.reason for one in advice.notes]) == ("rejected", [reason])
    assert "Q1" not in desk.plant.state.purchase_orders
    desk.run("10d")
    assert heard(desk, "purchase-order-response") == []
    (sent,) = desk.sent("application-advice")
    assert (sent.about, sent.control, sent.set_code) == ("purchase-order", "000000001", "850")
    acknowledged = next(one for one in desk.interchanges if one.said_as.startswith("functional"))
    advised = next(one for one in desk.interchanges if one.said_as == "application-advice")
    assert advised.at - acknowledged.at == 4 * MINUTE, "997 after 1m, 824 after 5m"


def test_units_are_the_plants() -> None:
    desk = border()
    for number, unit in (("Q1", "kg"), ("Q2", "pcs")):
        line = OrderLine(line="1", item="BEARING", quantity=D(5), unit=unit)
        desk.plant_says(order(desk, number).model_copy(update={"lines": [line]}))
    reasons = [[one.reason for one in advice.notes] for advice in heard(desk, "application-advice")]
    assert reasons == [["unknown-unit"], []]


def change(desk: Border, number: str, *lines: tuple[str, str, str, int], **more: Any) -> Any:
    return PurchaseOrderChange(
        partner="BEARCO", sender="plant", number=number, at=desk.now, change_number="1", **more,
        lines=[
            OrderLine(line=line, item=item, quantity=D(quantity), change=what)
            for what, line, item, quantity in lines
        ],
    )  # type: ignore[arg-type]  # fmt: skip


def test_an_order_changes() -> None:
    desk = border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 100), ("RACE", 40)))
    desk.run("1h")
    desk.do("supplier", "ship", supplier="BEARCO", against="Q1",
            lines=[{"item": "BEARING", "quantity": 30}])  # fmt: skip
    desk.plant_says(
        change(desk, "Q1", ("quantity", "1", "BEARING", 20), ("delete", "2", "RACE", 0),
               ("add", "3", "RACE", 7))
    )  # fmt: skip
    desk.run("20m")
    said = heard(desk, "purchase-order-response")[-1]
    assert said.of_change
    assert [one.answer for one in said.lines] == ["rejected", "deleted", "accepted"]
    lines = desk.plant.purchase_order("Q1").lines
    assert [(one.line, one.item, one.quantity) for one in lines] == [
        (1, "BEARING", D(100)), (3, "RACE", D(7))
    ]  # fmt: skip
    desk.run("4d")
    shipped = {
        item: sum(
            one.quantity
            for notice in heard(desk, "ship-notice")
            for one in notice.contents()
            if one.item == item
        )
        for item in ("BEARING", "RACE")
    }
    assert shipped == {"BEARING": D(100), "RACE": D(7)}


def test_a_cancelled_order_is_never_shipped_and_an_unknown_one_refused() -> None:
    desk = border()
    desk.plant_says(order(desk, "Q1", ("BEARING", 100)))
    desk.run("1h")
    desk.plant_says(change(desk, "Q1", cancels=True), change(desk, "Q9", cancels=True))
    desk.run("9d")
    assert heard(desk, "ship-notice") == []
    assert desk.plant.purchase_order("Q1").status == "cancelled"
    verdicts = [(one.about_number, one.verdict) for one in heard(desk, "application-advice")]
    assert verdicts == [("Q1", "accepted"), ("Q1", "accepted"), ("Q9", "rejected")]


# --- goods ----------------------------------------------------------------------------------------


def test_what_is_announced_and_what_is_loaded_may_differ() -> None:
    desk = border()
    view = desk.do(
        "supplier", "ship", supplier="BEARCO", against="P100", transit="2h",
        packing={"per_carton": 100, "cartons_per_pallet": 3},
        short=[{"item": "BEARING", "quantity": 150}], over=[{"item": "RACE", "quantity": 5}],
    )  # fmt: skip
    (notice,) = heard(desk, "ship-notice")
    announced = {"BEARING": D(500), "RACE": D(300)}
    assert {
        item: sum(one.quantity for one in notice.contents() if one.item == item)
        for item in announced
    } == announced
    assert [len(unit.units) for unit in notice.units] == [3, 3, 2]
    desk.run("2h")
    (truck,) = trucks(desk)
    came = {
        item: sum(one.quantity for one in truck.labels if one.item == item) for item in announced
    }
    assert came == {"BEARING": D(350), "RACE": D(305)}
    cartons = [unit for unit in notice.walk() if unit.items]
    missing = next(unit for unit in cartons if unit.sscc not in {x.sscc for x in truck.labels})
    desk.do(
        "wms", "create_delivery", id="D1", supplier="BEARCO", asn=notice.number, po="P100",
        lines=[
            {"line": n, "item": unit.items[0].item, "quantity": float(unit.items[0].quantity),
             "lot": unit.items[0].lot, "handling_unit": unit.sscc}
            for n, unit in enumerate(cartons, 1)
        ],
    )  # fmt: skip
    with pytest.raises(Refusal) as caught:
        desk.do("wms", "create_receipt", item="BEARING", quantity=100, handling_unit=missing.sscc)
    assert caught.value.code == "more-than-arrived"
    desk.do("wms", "create_receipt", item="BEARING", quantity=100, handling_unit=cartons[0].sscc)
    truck_view = desk.do("wms", "get_truck", truck=view.truck)
    assert truck_view.status == "arrived"
    assert desk.do("wms", "close_truck", truck=view.truck).status == "closed"


@pytest.mark.parametrize(
    ("asn", "told", "arrived"),
    [
        ("before", [0], 3 * HOUR),
        ("with", [0], 2 * HOUR),
        ("after", [3 * HOUR], 2 * HOUR),
        ("never", [], 2 * HOUR),
        ("twice", [0, HOUR], 2 * HOUR),
    ],
)
def test_notices_come_before_with_or_after_the_truck(
    asn: str, told: list[int], arrived: int
) -> None:
    desk = border()
    begin = desk.now
    desk.do(
        "supplier", "ship", supplier="BEARCO", against="P100", asn=asn, asn_delay="1h",
        transit="2h",
    )  # fmt: skip
    desk.run("1d")
    notices = heard(desk, "ship-notice")
    assert [one.at - begin for one in notices] == told
    assert [one.at - begin for one in trucks(desk)] == [arrived]
    assert len({one.number for one in notices}) == len(notices)
    assert len({one.shipment for one in notices}) <= 1
    assert desk.do("supplier", "list_shipments").items[0].told == [one.number for one in notices]


def test_labels_and_numbers_are_never_used_twice_and_quantities_add_up() -> None:
    desk = border()
    for _ in range(3):
        lines = [{"item": "BEARING", "quantity": 150, "po": "P100", "po_line": "10"}]
        desk.do("supplier", "ship", supplier="BEARCO", lines=lines, lots=2)
        desk.do("supplier", "ship", supplier="OELHANDEL", against="P200",
                lines=[{"item": "BOLT", "quantity": 300}])  # fmt: skip
    notices = heard(desk, "ship-notice")
    labels = [unit.sscc for notice in notices for unit in notice.walk()]
    assert len(labels) == len(set(labels))
    assert len({one.number for one in notices}) == 6
    mine = [one for one in notices if one.partner == "BEARCO"]
    counted = [max(one.cumulative for one in notice.contents()) for notice in mine]
    assert counted == [D(150), D(300), D(450)]
    lots = [one.lot for notice in mine for one in notice.contents()]
    assert len(set(lots)) == 6
    assert all(label[1:8] == "4012346" for label in (unit.sscc for unit in mine[0].walk()))
    loose = next(one for one in notices if one.partner == "OELHANDEL")
    assert {one.lot for one in loose.contents()} == {""}, "bolts are not tracked"


def test_a_supplier_without_edi_just_has_trucks() -> None:
    desk = border()
    desk.do("supplier", "ship", supplier="OELHANDEL")
    desk.run("1d")
    assert desk.interchanges == []
    assert len(trucks(desk)) == 1


def test_a_notice_is_taken_back_or_replaced() -> None:
    desk = border()
    ship = {"supplier": "BEARCO", "against": "P100", "transit": "5h"}
    short = [{"item": "BEARING", "quantity": 100}]
    first = desk.do("supplier", "ship", **ship, short=short)
    desk.do("supplier", "replace_ship_notice", shipment=first.id)
    (original, replacing) = heard(desk, "ship-notice")
    assert (replacing.purpose, replacing.number) == ("replace", original.number)
    total = sum(one.quantity for one in replacing.contents())
    assert total == sum(one.quantity for one in original.contents()) - 100
    desk.do("supplier", "cancel_ship_notice", shipment=first.id, truck=True)
    cancelled = heard(desk, "ship-notice")[-1]
    assert (cancelled.purpose, cancelled.shipment) == ("cancel", first.id)
    desk.run("1d")
    assert trucks(desk) == []
    again = desk.do("supplier", "ship", **ship)
    assert sum(one.quantity for one in again.lines) == D(800), "all of it is open again"
    with pytest.raises(Refusal):
        desk.do("supplier", "cancel_ship_notice", shipment=first.id)
    with pytest.raises(Refusal):
        desk.do("supplier", "replace_ship_notice", shipment="NONE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"supplier": "NOBODY"},
        {"supplier": "DICHTRING"},  # nothing is ordered of it
        {"supplier": "BEARCO", "against": "NONE"},
        {"supplier": "BEARCO", "against": "P200"},
        {"supplier": "BEARCO", "lines": [{"item": "NOTHING", "quantity": 1}]},
        {"supplier": "BEARCO", "lines": [{"item": "BEARING", "quantity": 1.5}]},
        {"supplier": "BEARCO", "packing": {"per_carton": 0.01}},
        {"supplier": "BEARCO", "over": [{"item": "NOTHING", "quantity": 1}]},
    ],
)
def test_what_cannot_be_shipped(wrong: dict[str, Any]) -> None:
    desk = border()
    with pytest.raises(Refusal):
        desk.do("supplier", "ship", **wrong)
    assert desk.plant.trucks() == []
    assert desk.do("supplier", "list_shipments").items == []


def test_invoices_follow_shipments() -> None:
    desk = border(invoice="1d", tax="19%")
    view = desk.do("supplier", "ship", supplier="BEARCO", against="P100")
    desk.run("2d")
    (invoice,) = heard(desk, "invoice")
    assert (invoice.shipment, invoice.po) == (view.id, "P100")
    assert invoice.total == invoice.tax + D("2125.00")  # 500 x 3.50 + 300 x 1.25
    assert invoice.tax == D("403.75")
    with pytest.raises(Refusal) as caught:
        desk.do("supplier", "invoice", shipment=view.id)
    assert caught.value.code == "invoice-exists"


def test_stock_is_reported() -> None:
    desk = border()
    desk.do("supplier", "report_inventory", supplier="BEARCO",
            lines=[{"item": "BEARING", "quantity": 7}])  # fmt: skip
    desk.do("supplier", "report_inventory", supplier="BEARCO")
    one, other = heard(desk, "inventory-report")
    assert [line.quantity for line in one.lines] == [D(7)]
    assert [line.item for line in other.lines] == ["BEARING", "RACE"]


# --- schedules ------------------------------------------------------------------------------------


def schedule(desk: Border, kind: Any, number: str, *quantities: int, **more: Any) -> Any:
    received = more.pop("received", None)
    demands = [
        Demand(quantity=D(quantity), start=desk.now + n * DAY)
        for n, quantity in enumerate(quantities, 1)
    ]
    line = ScheduleLine(item=more.pop("item", "BEARING"), demands=demands, received=received)
    return kind(partner="BEARCO", sender="plant", number=number, at=desk.now, lines=[line], **more)


def reasons(desk: Border) -> list[list[str]]:
    return [[note.reason for note in one.notes] for one in heard(desk, "application-advice")]


def test_call_offs_are_shipped_when_they_are_wanted() -> None:
    desk = border()
    desk.plant_says(schedule(desk, Forecast, "F1", 1000))
    desk.plant_says(schedule(desk, CallOff, "C1", 200, 300, forecast="F1", po="P100"))
    begin = desk.now
    assert reasons(desk) == [[], []]
    desk.run("5d")
    assert [one.at - begin for one in trucks(desk)] == [DAY, 2 * DAY]
    amounts = [
        sum(one.quantity for one in notice.contents()) for notice in heard(desk, "ship-notice")
    ]
    assert amounts == [D(200), D(300)]
    view = desk.do("supplier", "get_supplier", supplier="BEARCO")
    assert [(one.item, one.foreseen, one.cumulative) for one in view.counts] == [
        ("BEARING", D(1000), D(500))
    ]
    assert all(one.shipped == one.quantity for one in view.called)
    desk.plant_says(schedule(desk, CallOff, "C2", 100, forecast="F1", received=D(600)))
    assert reasons(desk)[-1] == ["cumulative-gap"]
    assert heard(desk, "application-advice")[-1].verdict == "accepted-with-errors"


def test_a_call_off_beyond_the_forecast_is_refused() -> None:
    desk = border()
    desk.plant_says(schedule(desk, CallOff, "C0", 5))  # before there is any forecast
    desk.plant_says(schedule(desk, Forecast, "F1", 100))
    desk.plant_says(schedule(desk, CallOff, "C1", 80, 30, forecast="F1"))
    desk.plant_says(schedule(desk, CallOff, "C2", 10, forecast="F0"))
    desk.plant_says(schedule(desk, CallOff, "C3", 10, item="RACE"))
    desk.plant_says(schedule(desk, Forecast, "F2", 100, item="SEAL"))
    refused = ["contradicts-forecast"]
    assert reasons(desk) == [[], [], refused, refused, refused, ["unknown-item"]]


def test_what_the_plant_says_of_a_shipment_is_kept() -> None:
    desk = border()
    view = desk.do("supplier", "ship", supplier="BEARCO", against="P100")
    said = {"partner": "BEARCO", "sender": "plant", "number": "1", "at": desk.now}
    desk.plant_says(
        ApplicationAdvice(**said, about="ship-notice", about_number=view.notices[0],
                          verdict="rejected", notes=[{"reason": "sscc-reused"}])
    )  # type: ignore[arg-type,list-item]  # fmt: skip
    desk.plant_says(ReceivingAdvice(**said, asn=view.notices[0]))  # type: ignore[arg-type]
    desk.plant_says(ReceivingAdvice(**said, asn="NONE"))  # type: ignore[arg-type]
    (now,) = desk.do("supplier", "list_shipments", supplier="BEARCO").items
    assert now.answers == ["rejected: sscc-reused", "received"]
    assert [one["event"] for one in desk.recorded] == ["supplier.unknown-shipment"]
    (talk,) = desk.do("edi", "list_conversations", asn=view.notices[0]).items
    notice = next(one for one in talk.said if one.document == "ship-notice")
    assert (notice.advice, notice.reasons) == ("rejected", ["sscc-reused"])
