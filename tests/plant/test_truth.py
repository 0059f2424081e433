"""The plant as one truth: conservation, saving in the middle, and chance that does not leak."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.core.durations import DAY, HOUR, MINUTE
from simulator.core.errors import Refusal
from simulator.plant.state import DeliveryLine, InboundDelivery

SPAN = 2 * DAY
CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


def busy(make_floor, gearbox, seed=7):
    floor = make_floor(gearbox, seed).open()
    for order in floor.plant.orders("created"):
        floor.plant.release_order(order.id)
    for n in range(12):
        item = ("GB-100", "GEAR-Z41", "GB-300")[n % 3]
        floor.plant.create_order(item, Decimal(8), release=True, priority=40 + n)
    return floor


@pytest.fixture(scope="module")
def straight(make_floor, gearbox):
    floor = busy(make_floor, gearbox)
    begin = floor.plant.now
    floor.run(begin + SPAN)
    return begin, floor.bytes(), floor.saved(), floor.events


@settings(CALM, max_examples=8)
@given(moments=st.lists(st.integers(0, SPAN), min_size=1, max_size=4))
def test_saved_and_restored_it_goes_on_the_same(make_floor, gearbox, straight, moments):
    begin, said, saved, _ = straight
    floor = busy(make_floor, gearbox)
    for moment in sorted(moments):
        floor.run(begin + moment)
        before = floor.saved()
        floor = floor.again()
        assert floor.saved() == before
    floor.run(begin + SPAN)
    assert floor.bytes() == said
    assert floor.saved() == saved


def test_two_futures_of_one_plant(make_floor, gearbox):
    floor = busy(make_floor, gearbox)
    begin = floor.plant.now
    floor.run(begin + 3 * HOUR)
    left, right = floor.again(), floor.again()
    left.plant.report_downtime("ASM-1", 2 * HOUR)
    left.run(begin + 6 * HOUR)
    right.run(begin + 6 * HOUR)
    assert left.bytes() != right.bytes()
    floor.run(begin + 6 * HOUR)
    assert floor.saved() == right.saved()


def test_a_day_of_the_sample_plant_is_few_events(straight):
    assert straight[3] < 20_000


OPERATIONS = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 5 * HOUR)),
    st.tuples(st.just("order"), st.sampled_from(["PUMP", "ROTOR", "MOTOR"]), st.integers(1, 20),
              st.booleans()),
    st.tuples(st.sampled_from(["release_order", "hold_order", "resume_order", "cancel_order"]),
              st.integers(0, 8)),
    st.tuples(st.just("change"), st.integers(0, 8), st.integers(1, 30)),
    st.tuples(st.just("receive"), st.sampled_from(["SEAL", "BOLT", "STEEL"]), st.integers(1, 60),
              st.booleans()),
    st.tuples(st.just("receive_made"), st.integers(0, 8), st.integers(1, 5)),
    st.tuples(st.just("pick"), st.sampled_from(["PUMP", "SEAL", "BOLT"]), st.integers(1, 12),
              st.booleans()),
    st.tuples(st.just("ship"), st.booleans()),
    st.tuples(st.just("adjust"), st.sampled_from(["SEAL", "BOLT", "STEEL", "ROTOR"]),
              st.integers(-80, 80), st.sampled_from(["R1", "W1", "OUT"])),
    st.tuples(st.just("count"), st.sampled_from(["SEAL", "BOLT"]), st.integers(0, 200)),
    st.tuples(st.just("put_away"), st.sampled_from(["SEAL", "ROTOR", "PUMP"]),
              st.sampled_from(["R1", "W1", "F1", "OUT", "IN"])),
    st.tuples(st.sampled_from(["hold", "free"]), st.sampled_from(["S1", "S2", "OLD", "C45"])),
    st.tuples(st.just("down"), st.sampled_from(["M1", "M2", "B1"]), st.integers(1, 3 * HOUR)),
)  # fmt: skip


def act(floor, what, *args):
    plant = floor.plant
    orders = plant.orders()
    if what == "run":
        floor.run(plant.now + args[0])
    elif what == "order":
        plant.create_order(args[0], Decimal(args[1]), release=args[2])
    elif what in ("release_order", "hold_order", "resume_order", "cancel_order"):
        if orders:
            getattr(plant, what)(orders[args[0] % len(orders)].id)
    elif what == "change":
        if orders:
            order = orders[args[0] % len(orders)].id
            plant.change_order(order, quantity=Decimal(args[1]), priority=args[1])
    elif what == "receive":
        reference = "P1" if args[2] else None
        plant.receive(item=args[0], quantity=Decimal(args[1]), lot="NEW", reference=reference)
    elif what == "receive_made":
        if orders:
            order = orders[args[0] % len(orders)]
            plant.receive(item=order.item, quantity=Decimal(args[1]), reference=order.id)
    elif what == "pick":
        order = "A1" if args[2] else None
        plant.pick(item=args[0], quantity=Decimal(args[1]), sales_order=order)
    elif what == "ship":
        plant.ship("A1", [(20, Decimal(1))] if args[0] else None)
    elif what == "adjust":
        plant.adjust(args[0], Decimal(args[1]), args[2], "S1" if args[1] > 0 else None)
    elif what == "count":
        plant.count("R1", args[0], "S1" if args[0] == "SEAL" else None, Decimal(args[1]))
    elif what == "put_away":
        plant.put_away(item=args[0], to_bin=args[1])
    elif what == "hold":
        plant.hold_quality(args[0], "test")
    elif what == "free":
        plant.release_quality(args[0])
    else:
        assert what == "down"
        plant.report_downtime(args[0], args[1])


@settings(CALM, max_examples=50)
@given(
    steps=st.lists(st.tuples(OPERATIONS, st.booleans()), max_size=40),
    negative=st.booleans(),
    troubled=st.booleans(),
)
def test_nothing_is_made_of_nothing(read_plant, small_text, make_floor, steps, negative, troubled):
    """Whatever is asked, stock = initial + received + produced + adjusted - consumed - shipped.

    And a twin that is saved and restored between the steps stays the same plant.
    """
    text = small_text
    if negative:
        text += "warehouse: {allow_negative: true}\n"
    if troubled:
        text = text.replace(
            "cycle: 2m", "cycle: {exponential: {mean: 2m}}, scrap: 10%, rework: 20%"
        )
        text = text.replace("[{id: B1}]", "[{id: B1}], breakdowns: {up: 20m, repair: 15m}")
    model = read_plant(text)
    floor, twin = make_floor(model).open(), make_floor(model).open()
    for step, again in steps:
        if again:
            twin = twin.again()
        for one in (floor, twin):
            with contextlib.suppress(Refusal):
                act(one, *step)
        floor.check()
        assert twin.saved() == floor.saved()
    for one in (floor, twin.again()):
        one.run(one.plant.now + 3 * HOUR)
        twin = one
    assert twin.saved() == floor.saved()
    assert twin.bytes() == floor.bytes()
    floor.check()
    for order in floor.plant.orders("completed"):
        first, last = order.operations[0], order.operations[-1]
        assert order.good == last.good
        assert first.good + first.scrap == order.quantity
        assert order.good + order.scrap == order.quantity
        sent = [one for one in floor.told("confirmation") if one.order == order.id]
        for step in order.operations:
            mine = [one for one in sent if one.operation_no == step.no]
            assert sum(one.yield_quantity for one in mine) == step.good
            assert [one.final for one in mine] == [False] * (len(mine) - 1) + [True] * bool(mine)


def test_the_order_of_arrival_outlives_sorted_keys(floor):
    """Twelve of each, so that as text the tenth sorts before the second."""
    plant = floor.plant
    for n in range(12):
        plant.create_order("PUMP", Decimal(1), id=f"O{n}")
        plant.receive(item="SEAL", quantity=Decimal(1), lot=f"N{n}", id=f"R{n}")
        plant.adjust("BOLT", Decimal(1), "R1", f"N{n}")
    again = floor.again().plant
    assert [one.id for one in again.orders()] == [f"O{n}" for n in range(12)]
    assert [one.id for one in again.receipts()] == [f"R{n}" for n in range(12)]
    assert again.stock() == plant.stock()
    assert [one.id for one in again.stock()] == sorted(one.id for one in again.stock())
    assert [one.item for one in again.lots("N3")] == ["SEAL", "BOLT"]


def test_what_is_derived_is_rebuilt(floor):
    """Restored, it still knows who waits for components, what is picked, and which trucks come."""
    plant = floor.plant
    lines = [DeliveryLine(10, "SEAL", Decimal(8), "S3", "340123450000000018")]
    plant.announce(InboundDelivery("SEALCO", lines, po="P1"))
    plant.pick(item="SEAL", quantity=Decimal(3), sales_order="A1")
    plant.adjust("SEAL", Decimal(-100), "R1")
    plant.adjust("SEAL", Decimal(-97), "R1")
    order = plant.create_order("PUMP", Decimal(4), release=True).id
    floor.run(plant.now + HOUR)
    plant = (floor := floor.again()).plant
    assert plant.order(order).operations[1].missing == ["SEAL"]
    receipt = plant.receive(item="SEAL", quantity=Decimal(8), handling_unit=lines[0].handling_unit)
    assert receipt.lot == "S3"
    floor.run(plant.now + HOUR)
    assert plant.order(order).status == "completed"
    assert [one.quantity for one in plant.ship("A1").lines] == [3]
    floor.check()


def test_another_order_never_changes_an_orders_numbers(read_plant, small_text, make_floor):
    text = small_text.replace("cycle: 2m", "cycle: {exponential: {mean: 2m}}, scrap: 30%")

    def yields(others: int) -> list[Decimal]:
        floor = make_floor(read_plant(text)).open()
        for n in range(others):
            floor.plant.create_order("PUMP", Decimal(9), id=f"X{n}", release=True, priority=1)
        floor.plant.create_order("PUMP", Decimal(30), id="MINE", release=True, priority=99)
        floor.run(floor.plant.now + 10 * DAY)
        sent = [one for one in floor.told("confirmation") if one.order == "MINE"]
        return [(one.operation_no, one.yield_quantity, one.scrap) for one in sent]

    assert yields(0) == yields(4)
    assert yields(0)


def test_finished_orders_leave_no_streams_behind(floor):
    order = floor.plant.create_order("PUMP", Decimal(3), release=True)
    floor.run(floor.plant.now + 2 * HOUR)
    assert order.status == "completed"
    assert not [names for names, _ in floor.plant.chance.save() if order.id in names]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_decides(make_floor, gearbox, seed):
    one, two, other = (busy(make_floor, gearbox, s) for s in (seed, seed, seed + 10))
    for floor in (one, two, other):
        floor.run(floor.plant.now + 8 * HOUR + 30 * MINUTE)
    assert one.bytes() == two.bytes()
    assert one.bytes() != other.bytes()
