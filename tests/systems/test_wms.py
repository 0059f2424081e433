"""The WMS through its operations, on a real plant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.core.errors import Refusal
from tests.systems.desk import Desk

SSCC = "340123450000000995"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def announce(desk: Desk, **more: Any) -> Any:
    line = {"line": 10, "item": "BEARING", "quantity": 100, "lot": "B-2", "handling_unit": SSCC}
    return desk.do("wms", "create_delivery", supplier="BEARCO", asn="ASN-1", lines=[line], **more)


def test_a_delivery_is_announced_and_received(desk: Desk) -> None:
    delivery = announce(desk, id="D1")
    assert (delivery.status, delivery.version) == ("announced", 1)
    for quantity, status in ((40, "partially_received"), (60, "received")):
        receipt = desk.do(
            "wms", "create_receipt", item="BEARING", quantity=quantity, delivery="D1", line=10,
            lot="B-2",
        )  # fmt: skip
        assert receipt.quantity == quantity
        assert desk.do("wms", "get_delivery", delivery="D1").status == status
    lines = desk.do("wms", "list_stock", item="BEARING", lot="B-2").items
    assert sum(line.quantity for line in lines) == Decimal(100)
    said = [one for _, one in desk.emitted if one.document == "goods-receipt"]
    assert [one.keys()["asn"] for one in said] == [["ASN-1"], ["ASN-1"]]


def test_a_delivery_number_is_taken_once(desk: Desk) -> None:
    announce(desk, id="D1")
    with pytest.raises(Refusal) as caught:
        announce(desk, id="D1")
    assert caught.value.status == 409


def test_stock_is_moved_corrected_and_counted(desk: Desk) -> None:
    moved = desk.do(
        "wms", "put_away", item="GEAR", lot="G-0", quantity=20, from_bin="FG-01", to_bin="OUT"
    )
    assert [one.quantity for one in moved] == [Decimal(20)]
    desk.do("wms", "adjust", item="GEAR", quantity=-5, bin="FG-01", lot="G-0", reason="broken")
    count = desk.do("wms", "count", bin="FG-01", item="GEAR", lot="G-0", counted=26)
    assert (count.expected, count.difference) == (Decimal(25), Decimal(1))
    assert desk.plant.total_stock()["GEAR"] == Decimal(46)


def test_goods_are_picked_and_shipped(desk: Desk) -> None:
    pick = desk.do("wms", "pick", item="GEAR", quantity=20, sales_order="SO-1")
    assert (pick.picked, pick.taken[0].lot) == (Decimal(20), "G-0")
    shipment = desk.do("wms", "ship", sales_order="SO-1")
    assert [(one.item, one.quantity) for one in shipment.lines] == [("GEAR", Decimal(20))]
    assert "shipment-confirmation" in [one.document for _, one in desk.emitted]


def test_stock_comes_in_pages_while_it_moves(desk: Desk) -> None:
    first = desk.do("wms", "list_stock", limit=1)
    assert first.next is not None
    desk.do("wms", "adjust", item="GEAR", quantity=3, bin="FG-01", lot="G-9", reason="found")
    rest = desk.do("wms", "list_stock", after=first.next, limit=500)
    names = [one.id for one in (*first.items, *rest.items)]
    assert len(names) == len(set(names))
    assert "G-9" in [one.lot for one in rest.items]
    with pytest.raises(Refusal) as caught:
        desk.do("wms", "list_stock", after="x")
    assert caught.value.status == 410


def test_movements_go_on_after_the_last(desk: Desk) -> None:
    for _ in range(3):
        desk.do("wms", "adjust", item="GEAR", quantity=1, bin="FG-01", lot="G-0", reason="found")
    page = desk.do("wms", "list_movements")
    last = page.items[-1].id
    assert page.next is None
    assert desk.do("wms", "list_movements", after=last).items == []
    desk.do("wms", "adjust", item="GEAR", quantity=1, bin="FG-01", lot="G-0", reason="found")
    assert len(desk.do("wms", "list_movements", after=last).items) == 1
