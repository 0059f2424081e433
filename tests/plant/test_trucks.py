"""Trucks: what is on them comes in once, after they are there, and never more of it."""

import contextlib
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.core.durations import HOUR, MINUTE
from simulator.core.errors import Refusal
from simulator.core.gs1 import sscc
from simulator.plant.state import DeliveryLine, InboundDelivery
from simulator.plant.trading import HandlingUnit, PackedItem


def pallet(number=1, cartons=2, each=10, lot="L1", item="SEAL"):
    """A pallet of cartons; SSCCs follow from `number`."""
    inside = [
        HandlingUnit(
            package="carton",
            sscc=sscc(number * 100 + n),
            items=[PackedItem(item=item, quantity=D(each), lot=lot, po="P1", po_line="10")],
        )
        for n in range(1, cartons + 1)
    ]
    return HandlingUnit(sscc=sscc(number * 100), units=inside)


def refusal(code, act, **given):
    with pytest.raises(Refusal) as caught:
        act(**given)
    assert (caught.value.code, caught.value.status) == (code, 409)


def test_a_truck_arrives_and_its_labels_are_scanned(floor):
    plant = floor.plant
    truck = plant.load_truck("SEALCO", [pallet()], shipment="S-1", carrier="DHL", transit=HOUR)
    assert (truck.status, truck.expected) == ("on_the_way", plant.now + HOUR)
    floor.run(plant.now + 59 * MINUTE)
    assert floor.told("truck-arrival") == []
    floor.run(plant.now + MINUTE)
    (said,) = floor.told("truck-arrival")
    assert (said.shipment, said.dock, truck.status) == ("S-1", "IN", "arrived")
    assert [(one.sscc, one.parent, one.quantity, one.lot, one.po) for one in said.labels] == [
        (sscc(100 + n), sscc(100), D(10), "L1", "P1") for n in (1, 2)
    ]
    assert said.keys()["sscc"] == [sscc(100), sscc(101), sscc(102)]
    assert said.keys()["truck"] == [truck.id]


def test_nothing_is_received_before_it_is_there_and_nothing_twice(floor):
    plant = floor.plant
    truck = plant.load_truck("SEALCO", [pallet()], transit=HOUR)
    first = {"item": "SEAL", "quantity": D(10), "handling_unit": sscc(101)}
    refusal("not-arrived", plant.receive, **first)
    refusal("not-arrived", plant.receive, item="SEAL", quantity=D(1), lot="L1")
    floor.run(plant.now + HOUR)
    refusal("more-than-arrived", plant.receive, **{**first, "quantity": D(11)})
    refusal("more-than-arrived", plant.receive, **{**first, "lot": "L2"})
    assert plant.receive(**first).lot == "L1", "the label says the lot"
    refusal("handling-unit-already-received", plant.receive, **first)
    refusal(
        "more-than-arrived", plant.receive, item="SEAL", quantity=D(11), handling_unit=sscc(100)
    )
    assert plant.purchase_order("P1").lines[0].done == D(10)
    plant.receive(item="SEAL", quantity=D(10), handling_unit=sscc(100))
    assert truck.status == "unloaded"
    (said,) = floor.told("truck-unloaded")
    assert said.complete
    assert [one.received for one in said.lines] == [D(10), D(10)]
    assert plant.purchase_order("P1").lines[0].done == D(20)
    refusal("more-than-arrived", plant.receive, item="SEAL", quantity=D(1), lot="L1")
    floor.check()


def test_an_announced_pallet_that_is_not_on_the_truck_cannot_come_in(floor):
    plant = floor.plant
    plant.load_truck("SEALCO", [pallet()], shipment="S-1", notices=["ASN-1"], transit=HOUR)
    lines = [DeliveryLine(n, "SEAL", D(10), "L1", sscc(100 + n)) for n in (1, 2, 3)]
    plant.announce(InboundDelivery("SEALCO", lines, id="D1", asn="ASN-1", po="P1"))
    missing = {"item": "SEAL", "quantity": D(10), "delivery": "D1", "handling_unit": sscc(103)}
    refusal("not-arrived", plant.receive, **missing)
    floor.run(plant.now + HOUR)
    refusal("more-than-arrived", plant.receive, **missing)
    plant.receive(item="SEAL", quantity=D(10), delivery="D1", handling_unit=sscc(102))
    assert plant.delivery("D1").lines[1].received == D(10)


def test_without_labels_the_delivery_counts(floor):
    plant = floor.plant
    bolts = PackedItem(item="BOLT", quantity=D(50))
    plant.load_truck("STEELCO", items=[bolts], shipment="S-2", transit=HOUR)
    plant.announce(InboundDelivery("STEELCO", [DeliveryLine(1, "BOLT", D(60))], id="D2", asn="S-2"))
    refusal("not-arrived", plant.receive, item="BOLT", quantity=D(50), delivery="D2")
    floor.run(plant.now + HOUR)
    refusal("more-than-arrived", plant.receive, item="BOLT", quantity=D(60), delivery="D2")
    plant.receive(item="BOLT", quantity=D(50), delivery="D2")
    assert plant.trucks("unloaded")


def test_a_truck_can_be_closed_or_turn_back(floor):
    plant = floor.plant
    gone = plant.load_truck("SEALCO", [pallet(1)], transit=HOUR)
    plant.cancel_truck(gone.id)
    late = plant.load_truck("SEALCO", [pallet(1)], transit=HOUR)  # the same pallets, once more
    floor.run(plant.now + 2 * HOUR)
    assert (gone.status, late.status) == ("cancelled", "arrived")
    assert len(floor.told("truck-arrival")) == 1
    plant.receive(item="SEAL", quantity=D(10), handling_unit=sscc(101))
    plant.close_truck(late.id)
    (said,) = floor.told("truck-unloaded")
    assert (said.complete, [one.received for one in said.lines]) == (False, [D(10), D(0)])
    refusal(
        "more-than-arrived", plant.receive, item="SEAL", quantity=D(10), handling_unit=sscc(102)
    )
    refusal("truck-not-there", plant.close_truck, id=late.id)
    refusal("truck-not-on-the-way", plant.cancel_truck, id=late.id)


def test_what_cannot_be_loaded(floor):
    plant = floor.plant
    plant.load_truck("SEALCO", [pallet(1)], id="T1")
    refusal("handling-unit-exists", plant.load_truck, supplier="SEALCO", units=[pallet(1)])
    refusal("truck-exists", plant.load_truck, supplier="SEALCO", units=[pallet(2)], id="T1")
    for wrong in (
        {"supplier": "NOBODY", "units": [pallet(3)]},
        {"supplier": "SEALCO"},
        {"supplier": "SEALCO", "units": [pallet(3, item="NOTHING")]},
    ):
        with pytest.raises(Refusal) as caught:
            plant.load_truck(**wrong)
        assert caught.value.status == 422
    assert len(plant.trucks()) == 1


def test_purchase_orders_change(floor):
    plant = floor.plant
    lines = [("SEAL", D(50)), ("BOLT", D(5), plant.now)]
    order = plant.place_purchase_order("SEALCO", lines, id="P9", numbers=[1, 20])
    assert [one.line for one in order.lines] == [1, 20]
    plant.receive(item="SEAL", quantity=D(30), lot="X", reference="P9")
    refusal("already-received", plant.change_purchase_order, id="P9", quantities={1: D(29)})
    refusal("already-received", plant.cancel_purchase_order, id="P9")
    plant.change_purchase_order(
        "P9", quantities={1: D(30)}, due={1: plant.now + HOUR}, added={30: ("BOLT", D(7))},
        deleted=[20],
    )  # fmt: skip
    assert [(one.line, one.quantity) for one in order.lines] == [(1, D(30)), (30, D(7))]
    assert order.status == "partially_done"
    plant.change_purchase_order("P9", deleted=[30])
    assert order.status == "done"
    with pytest.raises(Refusal):
        plant.change_purchase_order("P9", quantities={99: D(1)})


STEPS = st.one_of(
    st.tuples(st.just("load"), st.integers(1, 9), st.integers(1, 3), st.integers(0, 3)),
    st.tuples(st.just("run"), st.integers(0, 3 * HOUR)),
    st.tuples(st.just("label"), st.integers(100, 999), st.integers(1, 40)),
    st.tuples(st.just("lot"), st.sampled_from(["L1", "L2"]), st.integers(1, 40)),
    st.tuples(st.just("order"), st.integers(1, 40)),
    st.tuples(st.sampled_from(["close_truck", "cancel_truck"]), st.integers(1, 6)),
)


def do(floor, what, *args):
    plant = floor.plant
    if what == "load":
        lot = "L1" if args[0] % 2 else "L2"
        plant.load_truck("SEALCO", [pallet(args[0], args[1], lot=lot)], transit=args[2] * HOUR)
    elif what == "run":
        floor.run(plant.now + args[0])
    elif what == "label":
        plant.receive(item="SEAL", quantity=D(args[1]), handling_unit=sscc(args[0]), lot=None)
    elif what == "lot":
        plant.receive(item="SEAL", quantity=D(args[1]), lot=args[0])
    elif what == "order":
        plant.receive(item="SEAL", quantity=D(args[0]), lot="L1", reference="P1")
    else:
        getattr(plant, what)(f"T{args[0]:06d}")


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(STEPS, st.booleans()), max_size=40))
def test_never_more_comes_in_than_was_on_the_truck(make_floor, small, steps):
    """And a twin that is saved and restored on the way stays the same plant."""
    floor, twin = make_floor(small).open(), make_floor(small).open()
    for step, again in steps:
        if again:
            twin = twin.again()
        for one in (floor, twin):
            with contextlib.suppress(Refusal):
                do(one, *step)
        assert twin.saved() == floor.saved()
    floor.check()
    seen = set()
    received = D(0)
    for truck in floor.plant.trucks():
        for load in truck.loads:
            assert D(0) <= load.received <= load.quantity
            assert not load.received or truck.status in ("arrived", "unloaded", "closed")
            received += load.received
        if truck.status != "cancelled":
            labels = truck.labels()
            assert seen.isdisjoint(labels)
            seen.update(labels)
        assert (truck.status == "unloaded") <= all(not one.left for one in truck.loads)
    booked = sum(one.quantity for one in floor.plant.receipts() if one.handling_unit in seen)
    assert booked <= received
