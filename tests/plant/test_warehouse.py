"""The warehouse of the small plant: deliveries, receipts, put-away, picks, shipments, counts."""

from decimal import Decimal

import pytest

from simulator.core.durations import HOUR
from simulator.core.errors import Refusal
from simulator.plant.state import DeliveryLine, InboundDelivery

D = Decimal
SSCC = "340123450000000018"


@pytest.fixture
def plant(floor):
    return floor.plant


@pytest.fixture
def asn(plant):
    lines = [
        DeliveryLine(10, "SEAL", D(40), "S3", SSCC),
        DeliveryLine(20, "STEEL", D("100.5"), "C46"),
    ]
    return plant.announce(InboundDelivery("SEALCO", lines, po="P1", asn="ASN-1"))


def refused(code, call, *args, **named):
    with pytest.raises(Refusal) as caught:
        call(*args, **named)
    assert caught.value.code == code, caught.value
    return caught.value


def quantities(plant, item):
    return {(line.bin, line.lot): line.quantity for line in plant.stock(item)}


def test_a_delivery_is_received_line_by_line(floor, plant, asn):
    first = plant.receive(
        item="SEAL", quantity=D(40), delivery=asn.id, delivery_line=10, handling_unit=SSCC
    )
    assert (first.lot, first.bin, first.delivery_line) == ("S3", "R1", 10)
    assert (asn.status, asn.version) == ("partially_received", 2)
    plant.receive(item="STEEL", quantity=D("60.5"), delivery=asn.id)
    assert asn.status == "partially_received"
    plant.receive(item="STEEL", quantity=D(40), delivery=asn.id)
    assert asn.status == "received"
    assert plant.purchase_order("P1").lines[0].done == 40
    assert floor.told("discrepancy") == []
    (receipt, *_) = floor.told("goods-receipt")
    assert receipt.keys()["sscc"] == [SSCC]
    assert receipt.keys()["asn"] == ["ASN-1"]
    assert receipt.keys()["po"] == ["P1"]
    floor.check()


def test_the_handling_unit_finds_its_delivery(plant, asn):
    receipt = plant.receive(item="SEAL", quantity=D(40), handling_unit=SSCC)
    assert (receipt.delivery, receipt.lot) == (asn.id, "S3")


def test_a_handling_unit_comes_in_once(plant, asn):
    plant.receive(item="SEAL", quantity=D(40), handling_unit=SSCC)
    before = quantities(plant, "SEAL")
    refusal = refused(
        "handling-unit-already-received", plant.receive,
        item="SEAL", quantity=D(40), lot="S3", handling_unit=SSCC,
    )  # fmt: skip
    assert refusal.status == 409
    assert quantities(plant, "SEAL") == before


def test_a_mixed_handling_unit_comes_in_item_by_item(plant):
    lines = [DeliveryLine(10, "SEAL", D(5), "S9", SSCC), DeliveryLine(20, "SEAL", D(5), "S8", SSCC),
             DeliveryLine(30, "BOLT", D(5), None, SSCC)]  # fmt: skip
    delivery = plant.announce(InboundDelivery("SEALCO", lines))
    for line in lines:
        plant.receive(
            item=line.item, quantity=D(5), delivery=delivery.id, delivery_line=line.line,
            handling_unit=SSCC,
        )  # fmt: skip
    assert delivery.status == "received"
    refused(
        "handling-unit-already-received", plant.receive, item="BOLT", quantity=D(5),
        handling_unit=SSCC,
    )  # fmt: skip


def test_a_lenient_warehouse_takes_it_twice(read_plant, small_text, make_floor):
    text = small_text + "warehouse: {accept_duplicate_handling_units: true}\n"
    plant = make_floor(read_plant(text)).open().plant
    for _ in range(2):
        plant.receive(item="SEAL", quantity=D(40), lot="S3", handling_unit=SSCC)
    assert quantities(plant, "SEAL")["R1", "S3"] == 80


@pytest.mark.parametrize(("quantity", "over"), [(44, False), (45, True)])
def test_more_than_announced_beyond_the_tolerance(floor, plant, asn, quantity, over):
    plant.receive(item="SEAL", quantity=D(quantity), delivery=asn.id)
    told = [(one.kind, one.expected, one.actual) for one in floor.told("discrepancy")]
    assert told == ([("over", 40, quantity)] if over else [])


def test_closing_a_delivery_tells_what_is_short(floor, plant, asn):
    plant.receive(item="SEAL", quantity=D(30), delivery=asn.id)
    plant.close_delivery(asn.id)
    told = [(one.kind, one.item, one.expected, one.actual) for one in floor.told("discrepancy")]
    assert told == [("short", "SEAL", 40, 30), ("short", "STEEL", D("100.5"), 0)]
    refused("delivery-not-open", plant.close_delivery, asn.id)


def test_unannounced_and_damaged_goods(floor, plant):
    plant.receive(item="SEAL", quantity=D(3), lot="S4", damaged=True)
    assert [one.kind for one in floor.told("discrepancy")] == ["unannounced", "damaged"]
    (line,) = plant.stock("SEAL", "S4")
    assert line.status == "blocked"
    assert plant.available("SEAL") == 200


def test_a_cancelled_delivery(plant, asn):
    plant.cancel_delivery(asn.id, expected_version=1)
    refused("delivery-not-open", plant.receive, item="SEAL", quantity=D(1), delivery=asn.id)
    assert plant.receive(item="SEAL", quantity=D(1), lot="S3", handling_unit=SSCC).delivery is None
    assert plant.deliveries("cancelled") == [asn]


@pytest.mark.parametrize(
    "lines",
    [[], [DeliveryLine(10, "NONE", D(1))], [DeliveryLine(10, "SEAL", D(0))],
     [DeliveryLine(10, "SEAL", D("0.5"))],
     [DeliveryLine(10, "SEAL", D(1)), DeliveryLine(10, "BOLT", D(1))]],
    ids=["none", "unknown item", "nothing", "part of a piece", "line twice"],
)  # fmt: skip
def test_announcements_that_are_wrong(floor, plant, lines):
    before = floor.saved()
    refused("invalid", plant.announce, InboundDelivery("SEALCO", lines))
    refused("invalid", plant.announce, InboundDelivery("NOBODY", lines))
    assert floor.saved() == before


def test_receipts_that_are_wrong(floor, plant, asn):
    before = floor.saved()
    for wrong in (
        {"item": "NONE", "quantity": D(1)},
        {"item": "SEAL", "quantity": D(-1), "lot": "X"},
        {"item": "SEAL", "quantity": D(1)},  # no lot
        {"item": "SEAL", "quantity": D(1), "lot": "X", "bin": "R9"},
        {"item": "BOLT", "quantity": D(1), "delivery": asn.id},
        {"item": "SEAL", "quantity": D(1), "delivery": asn.id, "delivery_line": 20},
        {"item": "PUMP", "quantity": D(1), "reference": "Q", "reference_type": "production-order"},
        {"item": "SEAL", "quantity": D(1), "lot": "X", "reference": "Q",
         "reference_type": "purchase-order"},
    ):  # fmt: skip
        refused("invalid", plant.receive, **wrong)
    refused("not-found", plant.receive, item="SEAL", quantity=D(1), delivery="18-none")
    assert floor.saved() == before
    plant.receive(item="SEAL", quantity=D(1), lot="X", id="MINE")
    refused("receipt-exists", plant.receive, item="SEAL", quantity=D(1), lot="X", id="MINE")


def test_put_away(plant, asn):
    plant.receive(item="SEAL", quantity=D(40), handling_unit=SSCC, bin="IN")
    moved = plant.put_away(handling_unit=SSCC, to_bin="W1")
    assert [(one.kind, one.from_bin, one.to_bin, one.quantity) for one in moved] == [
        ("put-away", "IN", "W1", 40)
    ]
    plant.put_away(item="SEAL", lot="S1", quantity=D(30), from_bin="R1", to_bin="W1")
    assert quantities(plant, "SEAL") == {
        ("R1", "S1"): 70, ("R1", "S2"): 100, ("W1", "S3"): 40, ("W1", "S1"): 30,
    }  # fmt: skip
    refused("not-enough-stock", plant.put_away, item="SEAL", quantity=D(900), to_bin="W1")
    refused("invalid", plant.put_away, to_bin="W1")
    refused("invalid", plant.put_away, item="SEAL", to_bin="W9")


def test_a_pick_takes_the_oldest_first(plant):
    pick = plant.pick(item="SEAL", quantity=D(120))
    assert [(one.lot, one.quantity) for one in pick.taken] == [("S1", 100), ("S2", 20)]
    assert quantities(plant, "SEAL") == {("R1", "S2"): 80, ("OUT", "S1"): 100, ("OUT", "S2"): 20}
    assert plant.available("SEAL") == 80


def test_a_short_pick(floor, plant):
    pick = plant.pick(item="SEAL", quantity=D(500), lot="S2")
    assert (pick.quantity, pick.picked) == (500, 100)
    (told,) = floor.told("discrepancy")
    assert (told.kind, told.expected, told.actual) == ("short", 500, 100)


def test_ship_what_is_picked(floor, plant):
    plant.pick(item="SEAL", quantity=D(3), sales_order="A1")
    shipment = plant.ship("A1")
    assert [(one.line, one.item, one.quantity, one.lot) for one in shipment.lines] == [
        (20, "SEAL", 3, "S1")
    ]
    order = plant.sales_order("A1")
    assert (order.status, order.lines[1].done) == ("partially_done", 3)
    (told,) = floor.told("shipment-confirmation")
    assert (told.so, told.customer) == ("A1", "ACME")
    assert plant.totals()["SEAL"].shipped == 3
    plant.ship("A1", [(20, D(2))])
    refused("nothing-to-ship", plant.ship, "A1")
    refused("more-than-ordered", plant.ship, "A1", [(20, D(1))])
    refused("not-enough-stock", plant.ship, "A1", [(10, D(1))])
    refused("invalid", plant.ship, "A1", [(99, D(1))])
    refused("more-than-ordered", plant.pick, item="SEAL", quantity=D(1), sales_order="A1")
    floor.check()


def test_a_whole_sales_order(floor, plant):
    plant.create_order("PUMP", D(10), id="O1", release=True)
    floor.run(plant.now + 2 * HOUR)
    plant.receive(item="PUMP", quantity=D(10), reference="O1")
    plant.ship("A1")
    assert plant.sales_order("A1").status == "done"
    refused("order-not-open", plant.ship, "A1")
    floor.check()


def test_adjustments(floor, plant):
    plant.adjust("SEAL", D(5), "R1", "S1", reason="found")
    plant.adjust("SEAL", D(-110), "R1")
    assert quantities(plant, "SEAL") == {("R1", "S2"): 95}
    refused("negative-stock", plant.adjust, "SEAL", D(-96), "R1")
    refused("invalid", plant.adjust, "SEAL", D(0), "R1")
    refused("invalid", plant.adjust, "SEAL", D(1), "R1")  # which lot?
    floor.check()


def test_negative_stock_where_it_is_allowed(read_plant, small_text, make_floor):
    model = read_plant(small_text + "warehouse: {allow_negative: true}\n")
    floor = make_floor(model).open()
    plant = floor.plant
    plant.adjust("SEAL", D(-250), "R1")
    assert plant.total_stock()["SEAL"] == -50
    order = plant.create_order("PUMP", D(5), release=True)
    floor.run(plant.now + HOUR)
    assert order.status == "completed"
    assert plant.total_stock()["SEAL"] == -60
    assert plant.pick(item="SEAL", quantity=D(5), sales_order="A1").picked == 5
    plant.receive(item="SEAL", quantity=D(20), lot="S9", reference="P1")
    assert [one.quantity for one in plant.pick(item="SEAL", quantity=D(20)).taken] == [20]
    floor.check()


def test_counts(floor, plant):
    same = plant.count("R1", "SEAL", "S1", D(100))
    assert same.difference == 0
    less = plant.count("R1", "SEAL", "S1", D(97))
    assert (less.expected, less.difference) == (100, -3)
    plant.count("W1", "SEAL", "S7", D(2))
    assert quantities(plant, "SEAL") == {("R1", "S1"): 97, ("R1", "S2"): 100, ("W1", "S7"): 2}
    assert [one.kind for one in floor.told("discrepancy")] == ["count", "count"]
    floor.check()


def test_a_lot_on_hold_is_neither_picked_nor_consumed(floor, plant):
    plant.hold_quality("S1", "porous")
    assert plant.pick(item="SEAL", quantity=D(10)).taken[0].lot == "S2"
    plant.receive(item="SEAL", quantity=D(5), lot="S1", reference="P1")
    assert {line.status for line in plant.stock("SEAL", "S1")} == {"quality"}
    refused("lot-held", plant.hold_quality, "S1", "again")
    plant.release_quality("S1")
    assert {line.status for line in plant.stock("SEAL", "S1")} == {"available"}
    refused("lot-not-held", plant.release_quality, "S1")
    refused("not-found", plant.hold_quality, "S99", "x")
    assert [(one.held, one.reason) for one in floor.told("quality-hold")] == [
        (True, "porous"), (False, "porous"),
    ]  # fmt: skip


def test_purchase_and_sales_orders_can_be_placed(plant):
    order = plant.place_purchase_order("SEALCO", [("SEAL", D(10))], external="ERP-1")
    assert order in plant.purchase_orders("open")
    sale = plant.place_sales_order("ACME", [("SEAL", D(10), plant.now + HOUR)])
    assert sale.lines[0].due == plant.now + HOUR
    refused("not-found", plant.place_sales_order, "NOBODY", [("SEAL", D(1))])
    refused("invalid", plant.place_sales_order, "ACME", [("NONE", D(1))])
    refused(
        "purchase-order-exists", plant.place_purchase_order, "SEALCO", [("SEAL", D(1))], id="P1"
    )


def test_every_documents_keys_are_known(gearbox, make_floor):
    from simulator.core.match import KEYS
    from simulator.plant.documents import DOCUMENTS
    from simulator.plant.trading import PackedItem

    floor = make_floor(gearbox).open()
    plant = floor.plant
    for order in plant.orders("created"):
        plant.release_order(order.id)
    plant.report_downtime("ASM-1", HOUR)
    plant.receive(item="SEAL-20", quantity=D(3), lot="X", damaged=True)
    plant.hold_quality("X", "test")
    plant.ship("5000004101")
    truck = plant.load_truck("BEARCO", items=[PackedItem(item="BRG-6204", quantity=D(9), lot="T")])
    floor.run(plant.now + 24 * HOUR)
    plant.close_truck(truck.id)
    assert {type(one) for one in floor.said} == set(DOCUMENTS)
    for one in floor.said:
        assert set(one.keys()) <= set(KEYS)
        assert type(one).model_validate_json(one.model_dump_json()) == one
    floor.check()
