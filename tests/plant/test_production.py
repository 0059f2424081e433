"""Production orders at the machines of the small plant: what is said, and when."""

from decimal import Decimal

import pytest

from simulator.core.durations import DAY, HOUR, MINUTE, SECOND
from simulator.core.errors import Refusal

START = 1_772_427_600_000_000
D = Decimal


def minutes(instant):
    return (instant - START) / MINUTE


def make(floor, item="PUMP", quantity=4, **more):
    return floor.plant.create_order(item, D(quantity), release=True, **more)


def test_an_order_goes_through_its_routing(floor):
    order = make(floor, quantity=6, id="O1", external="ERP-7")
    floor.run(START + HOUR)
    # Operation 10: setup 10 min, batches of 4 and 2 at 2 min; operation 20: 6 at 1 min.
    said = [
        (one.id, one.operation_no, int(one.yield_quantity), one.final, minutes(one.at))
        for one in floor.told("confirmation")
    ]
    assert said == [
        ("O1-10-1", 10, 4, False, 18), ("O1-10-2", 10, 2, True, 22), ("O1-20-1", 20, 6, True, 28),
    ]  # fmt: skip
    (done,) = floor.told("order-completion")
    assert (done.order, done.good, done.lot, done.external) == ("O1", 6, "LO1", "ERP-7")
    assert [one.status for one in floor.told("order-status")] == [
        "created", "released", "running", "completed",
    ]  # fmt: skip
    assert order.status == "completed"
    assert order.in_production == 6
    floor.check()


def test_components_are_taken_at_their_operation_and_oldest_first(floor):
    floor.plant.adjust("SEAL", D(-95), "R1", "S1")
    make(floor, quantity=5, id="O1")
    floor.run(START + 15 * MINUTE)
    assert {one.item for one in floor.told("material-consumption")} == {"ROTOR"}
    floor.run(START + HOUR)
    taken = [
        (one.item, one.lot, one.quantity, one.operation_no)
        for one in floor.told("material-consumption")
    ]
    assert ("SEAL", "S1", D(5), 20) in taken
    assert ("SEAL", "S2", D(5), 20) in taken
    assert ("BOLT", None, D(22), 20) in taken  # 4 each and 10 % scrap, in whole pieces
    lot = floor.plant.lot("PUMP", "LO1")
    assert {(one.item, one.lot) for one in lot.components} == {
        ("ROTOR", "OLD"), ("SEAL", "S1"), ("SEAL", "S2"), ("BOLT", None),
    }  # fmt: skip


def test_many_small_batches_take_what_one_large_would(floor):
    floor.plant.adjust("STEEL", D("-488.7"), "R1")
    make(floor, "ROTOR", 9)
    floor.run(START + HOUR)
    assert sum(one.quantity for one in floor.told("material-consumption")) == D("11.25")


def test_it_waits_for_missing_components_and_goes_on_when_they_come(floor):
    plant = floor.plant
    plant.adjust("SEAL", D(-196), "R1")
    order = make(floor, quantity=6)
    floor.run(START + HOUR)
    step = order.operations[1]
    assert (step.status, step.missing, step.good) == ("missing_components", ["SEAL"], 2)
    assert plant.machine("B1").status == "idle"
    plant.receive(item="SEAL", quantity=D(3), lot="NEW", reference="P1")
    floor.run(START + 2 * HOUR)
    assert step.good == 3
    plant.receive(item="SEAL", quantity=D(20), lot="NEW", reference="P1")
    floor.run(START + 3 * HOUR)
    assert order.status == "completed"
    floor.check()


def test_a_higher_priority_goes_first_then_the_earlier_due_then_the_older(floor):
    plant = floor.plant
    for machine in ("M1", "M2"):
        plant.report_downtime(machine, 30 * MINUTE)
    make(floor, id="OLD")
    make(floor, id="DUE", due=START + DAY)
    make(floor, id="HIGH", priority=90)
    plant.report_downtime("M2", 3 * DAY)
    floor.run(START + 3 * HOUR)
    done = [one.order for one in floor.told("order-completion")]
    assert done == ["HIGH", "DUE", "OLD"]


def test_changing_the_priority_changes_the_place_in_the_queue(floor):
    plant = floor.plant
    plant.report_downtime("M1", 30 * MINUTE)
    plant.report_downtime("M2", 3 * DAY)
    for name in ("A", "B"):
        make(floor, id=name)
    plant.change_order("B", priority=80)
    floor.run(START + 3 * HOUR)
    assert [one.order for one in floor.told("order-completion")] == ["B", "A"]


def test_the_same_again_needs_no_setup(floor):
    floor.plant.report_downtime("M2", 3 * DAY)
    make(floor, id="A")
    make(floor, id="B")
    floor.run(START + HOUR)
    last = [minutes(one.at) for one in floor.told("confirmation") if one.operation_no == 10]
    assert last == [18, 26]


SHIFTS = """
calendar:
  shifts:
    early: {days: [mon, tue, wed, thu, fri], from: "06:00", to: "14:00",
            breaks: [{from: "06:15", to: "06:45"}]}
"""


def test_work_pauses_in_breaks_and_at_the_end_of_the_shift(read_plant, small_text, make_floor):
    model = read_plant(
        small_text.replace("plant: small", "plant: small\nzone: Europe/Berlin") + SHIFTS
    )
    floor = make_floor(model).open()
    make(floor, quantity=4)
    floor.run(START + 20 * MINUTE)
    assert floor.plant.machine("M1").status == "off"
    floor.run(START + 50 * MINUTE)
    (said,) = floor.told("confirmation")
    assert minutes(said.at) == 48  # 18 minutes of work and a break of 30
    floor.run(START + 7 * HOUR + 40 * MINUTE)
    late = make(floor, quantity=60)
    floor.run(START + 8 * HOUR)
    floor.run(START + 23 * HOUR)
    assert late.status == "running"
    floor.run(START + 2 * DAY)
    assert late.status == "completed"
    during = [one.at for one in floor.told("confirmation")]
    calendar = floor.plant.calendar("MILL")
    assert all(calendar.is_working(at - 1) for at in during)


def test_nothing_begins_outside_the_shift(read_plant, small_text, make_floor):
    model = read_plant(
        small_text.replace("plant: small", "plant: small\nzone: Europe/Berlin") + SHIFTS
    )
    floor = make_floor(model, start=START - HOUR).open()
    order = make(floor)
    floor.run(START - 1)
    assert order.status == "released"
    floor.run(START)
    assert order.status == "running"


def test_a_breakdown_interrupts_and_the_work_goes_on_after_the_repair(
    read_plant, small_text, make_floor
):
    text = small_text.replace(
        "MILL: {machines: [{id: M1}, {id: M2}]}",
        "MILL: {machines: [{id: M1}], breakdowns: {up: 14m, repair: 1h}}",
    )
    floor = make_floor(read_plant(text)).open()
    make(floor, quantity=4)
    floor.run(START + 30 * MINUTE)
    machine = floor.plant.machine("M1")
    assert machine.status == "down"
    floor.run(START + 2 * HOUR)
    first, second = floor.told("downtime")
    assert (minutes(first.started), first.ended) == (14, None)
    assert (minutes(second.started), minutes(second.ended)) == (14, 74)
    assert minutes(floor.told("confirmation")[0].at) == 78  # 18 minutes of work, an hour of repair
    assert (machine.breakdowns, machine.down, machine.busy) == (1, HOUR, 18 * MINUTE)


def test_a_machine_that_stands_still_does_not_break(read_plant, small_text, make_floor):
    text = small_text.replace("[{id: B1}]", "[{id: B1}], breakdowns: {up: 1m, repair: 1h}")
    floor = make_floor(read_plant(text)).open()
    floor.run(START + DAY)
    assert floor.told("downtime") == []


def test_reported_downtime_is_lengthened_not_doubled(floor):
    plant = floor.plant
    plant.report_downtime("M1", HOUR)
    plant.report_downtime("M1", 30 * MINUTE)
    plant.report_downtime("M1", 2 * HOUR)
    floor.run(START + DAY)
    assert [(one.started, one.ended) for one in floor.told("downtime")] == [
        (START, None), (START, START + 2 * HOUR),
    ]  # fmt: skip
    assert plant.machine("M1").status == "idle"
    with pytest.raises(Refusal, match="no machine"):
        plant.report_downtime("M9", HOUR)


def test_scrap_and_rework(read_plant, small_text, make_floor):
    text = small_text.replace("cycle: 2m", "cycle: 2m, scrap: 20%, rework: 30%")
    floor = make_floor(read_plant(text)).open()
    order = make(floor, quantity=90)
    floor.run(START + DAY)
    first = order.operations[0]
    assert order.status == "completed"
    assert first.scrap > 8
    assert first.rework > 15
    assert first.good + first.scrap == 90
    assert order.good == first.good
    sent = [one for one in floor.told("confirmation") if one.operation_no == 10]
    assert sum(one.rework for one in sent) == first.rework
    assert order.in_production == order.good
    assert floor.plant.totals()["PUMP"].scrapped == order.scrap
    rotors = sum(one.quantity for one in floor.told("material-consumption") if one.item == "ROTOR")
    assert rotors == 90  # rework takes no second rotor
    floor.check()


def test_all_scrap_ends_the_order(read_plant, small_text, make_floor):
    text = small_text.replace("cycle: 2m", "cycle: 2m, scrap: 99.9999%")
    floor = make_floor(read_plant(text)).open()
    order = make(floor, quantity=2)
    floor.run(START + DAY)
    assert (order.status, order.good, order.scrap) == ("completed", 0, 2)


def test_what_receives_itself_is_on_the_shelf(floor):
    make(floor, "ROTOR", 7, id="R1")
    floor.run(START + HOUR)
    lines = floor.plant.stock("ROTOR", "LR1")
    assert [(line.bin, line.quantity) for line in lines] == [("W1", 7)]
    (receipt,) = floor.told("goods-receipt")
    assert (receipt.reference, receipt.item) == ("R1", "ROTOR")


def test_finished_goods_wait_for_their_receipt(floor):
    plant = floor.plant
    order = make(floor, quantity=4, id="O1")
    floor.run(START + HOUR)
    assert plant.stock("PUMP") == []
    assert plant.total_stock()["PUMP"] == 4
    plant.receive(item="PUMP", quantity=D(3), reference="O1", handling_unit="340123450000000018")
    assert [(one.bin, one.quantity, one.lot) for one in plant.stock("PUMP")] == [("F1", 3, "LO1")]
    with pytest.raises(Refusal) as caught:
        plant.receive(item="PUMP", quantity=D(2), reference="O1")
    assert caught.value.code == "more-than-produced"
    with pytest.raises(Refusal) as caught:
        plant.receive(item="PUMP", quantity=D(1), reference="O1", lot="OTHER")
    assert caught.value.code == "wrong-lot"
    assert order.in_production == 1
    assert plant.total_stock()["PUMP"] == 4


def test_serials(floor):
    plant = floor.plant
    make(floor, "MOTOR", 3, id="O1")
    floor.run(START + HOUR)
    told = [one.serials for one in floor.told("confirmation")]
    assert told == [["O1-0001", "O1-0002"], ["O1-0003"]]
    plant.receive(item="MOTOR", quantity=D(2), reference="O1")
    assert [line.serial for line in plant.stock("MOTOR")] == ["O1-0001", "O1-0002"]
    assert plant.lot("MOTOR", "LO1").serials == ["O1-0001", "O1-0002", "O1-0003"]


def test_hold_keeps_the_work_in_hand(floor):
    plant = floor.plant
    order = make(floor, quantity=4, id="O1")
    floor.run(START + 14 * MINUTE)
    plant.hold_order("O1", "drawing changed")
    assert plant.machine("M1").order is None
    floor.run(START + HOUR)
    assert order.operations[0].good == plant.machine("M1").good == 2
    plant.resume_order("O1")
    floor.run(START + 3 * HOUR)
    made, rest = floor.told("confirmation")[:2]
    assert (made.yield_quantity, minutes(made.at), made.final) == (2, 14, False)
    assert (rest.yield_quantity, minutes(rest.at)) == (2, 64)  # 14 done before, 4 left
    assert plant.machine("M1").ideal == 8 * MINUTE
    assert [one.status for one in floor.told("order-status")] == [
        "created", "released", "running", "held", "running", "completed",
    ]  # fmt: skip


def test_cancel_frees_the_machine(floor):
    plant = floor.plant
    make(floor, id="O1", quantity=40)
    floor.run(START + 20 * MINUTE)
    plant.cancel_order("O1")
    floor.run(START + DAY)
    assert plant.order("O1").status == "cancelled"
    assert all(one.status == "idle" for one in plant.machines())
    assert [minutes(one.at) for one in floor.told("confirmation")] == [18, 20]
    floor.check()


def test_an_order_begins_no_sooner_than_its_start(floor):
    order = make(floor, start=START + HOUR)
    floor.run(START + HOUR - SECOND)
    assert order.status == "released"
    floor.run(START + HOUR)
    assert order.status == "running"


def test_held_over_its_start_it_begins_when_resumed(floor):
    order = make(floor, id="O1", start=START + HOUR)
    floor.plant.hold_order("O1")
    floor.run(START + 2 * HOUR)
    assert order.status == "held"
    floor.plant.resume_order("O1")
    floor.run(START + 2 * HOUR)
    assert order.status == "running"


def test_the_quantity_can_change_until_all_is_begun(floor):
    plant = floor.plant
    order = make(floor, id="O1", quantity=12)
    floor.run(START + 19 * MINUTE)  # 4 done, 4 in work
    plant.change_order("O1", quantity=D(9))
    with pytest.raises(Refusal) as caught:
        plant.change_order("O1", quantity=D(7))
    assert caught.value.code == "order-begun"
    floor.run(START + 3 * HOUR)
    assert (order.status, order.good) == ("completed", 9)
    with pytest.raises(Refusal) as caught:
        plant.change_order("O1", priority=3)
    assert caught.value.code == "order-closed"


def test_versions(floor):
    plant = floor.plant
    order = plant.create_order("PUMP", D(3), id="O1")
    assert order.version == 1
    plant.change_order("O1", priority=60, expected_version=1)
    assert order.version == 2
    with pytest.raises(Refusal) as caught:
        plant.release_order("O1", expected_version=1)
    assert (caught.value.status, order.status) == (412, "created")


@pytest.mark.parametrize(
    ("ask", "code", "status"),
    [
        (lambda p: p.create_order("NONE", D(1)), "invalid", 422),
        (lambda p: p.create_order("SEAL", D(1)), "invalid", 422),
        (lambda p: p.create_order("PUMP", D("1.5")), "invalid", 422),
        (lambda p: p.create_order("PUMP", D(0)), "invalid", 422),
        (lambda p: p.create_order("PUMP", D("NaN")), "invalid", 422),
        (lambda p: p.create_order("PUMP", D(1), id="O1"), "order-exists", 409),
        (lambda p: p.release_order("O1"), "order-not-created", 409),
        (lambda p: p.resume_order("O1"), "order-not-held", 409),
        (lambda p: p.release_order("O9"), "not-found", 404),
        (lambda p: p.routing("SEAL"), "not-found", 404),
        (lambda p: p.bom("SEAL"), "not-found", 404),
        (lambda p: p.report_downtime("M1", 0), "invalid", 422),
    ],
    ids=range(12),
)
def test_what_is_refused(floor, ask, code, status):
    make(floor, id="O1")
    before = floor.saved()
    with pytest.raises(Refusal) as caught:
        ask(floor.plant)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert floor.saved() == before


def test_micro_stops_and_pace(read_plant, small_text, make_floor):
    text = small_text.replace(
        "[{id: B1}]", "[{id: B1, pace: 2}], micro_stops: {every: 2m, last: 10s}"
    )
    floor = make_floor(read_plant(text)).open()
    make(floor, "MOTOR", 4)
    floor.run(START + HOUR)
    machine = floor.plant.machine("B1")
    assert machine.micro_stops == 2  # the third would come as the work ends
    assert machine.busy == 6 * MINUTE + 20 * SECOND


# --- while a batch is in work ---------------------------------------------------------------------


def test_units_leave_a_machine_one_by_one(floor):
    plant = floor.plant
    make(floor, quantity=3, id="O1")
    floor.run(START + 5 * MINUTE)
    found = plant.progress("M1")
    assert (found.order, found.operation_no, found.phase, found.done) == ("O1", 10, "setup", 0)
    assert plant.next_unit("M1") is None
    floor.run(START + 10 * MINUTE)
    seen = []
    while plant.progress("M1") is not None and (due := plant.next_unit("M1")) is not None:
        floor.run(due - 1)
        before = plant.progress("M1").done
        if len(seen) == 2:  # the last one is confirmed at the same instant
            break
        floor.run(due)
        seen.append((minutes(due), int(before), int(plant.progress("M1").done)))
    assert seen == [(12, 0, 1), (14, 1, 2)]
    assert before == 2
    floor.run(START + 16 * MINUTE)
    assert plant.progress("M1") is None
    assert plant.machine("M1").good == 3
    assert plant.machine("M1").ideal == 6 * MINUTE


def test_what_fails_is_known_before_it_is_confirmed(gearbox, make_floor):
    floor = make_floor(gearbox).open()
    plant = floor.plant
    counted = {}
    for _ in range(2_000):
        units = [plant.next_unit(one.id) for one in plant.machines()]
        due = min([at for at in units if at is not None], default=plant.now + 10 * MINUTE)
        for one in plant.machines():
            found = plant.progress(one.id)
            done = found if found is not None and found.phase == "run" else None
            good = one.good + (done.good if done else 0)
            bad = one.scrap + one.rework + (done.scrap + done.rework if done else 0)
            was = counted.get(one.id, (0, 0))
            assert (good, bad) >= was
            assert good + bad >= sum(was)
            counted[one.id] = (good, bad)
        floor.run(due)
    assert sum(bad for _, bad in counted.values()) > 0
    floor.check()


def test_a_held_machine_does_nothing_until_it_is_released(floor):
    plant = floor.plant
    order = make(floor, quantity=4, id="O1")
    floor.run(START + 13 * MINUTE)
    plant.hold_machine("M1", "jam")
    assert plant.progress("M1").done == 1
    floor.run(START + HOUR)
    assert plant.machine("M1").status == "held"
    assert plant.next_unit("M1") is None
    assert plant.progress("M1").done == 1
    assert order.operations[0].good == 0
    plant.release_machine("M1")
    floor.run(START + HOUR + 5 * MINUTE)
    assert order.operations[0].good == 4
    changes = [
        (one.previous, one.status, one.phase, minutes(one.at))
        for one in floor.told("machine-change")
        if one.machine == "M1"
    ]
    assert changes == [
        ("idle", "running", "setup", 0), ("running", "running", "run", 10),
        ("running", "held", "run", 13), ("held", "running", "run", 60),
        ("running", "idle", "", 65),
    ]  # fmt: skip
    floor.check()


def test_a_held_machine_is_given_no_work(floor):
    plant = floor.plant
    plant.hold_machine("M1")
    plant.hold_machine("M2")
    order = make(floor, quantity=2)
    floor.run(START + HOUR)
    assert order.operations[0].status == "queued"
    plant.release_machine("M2")
    floor.run(START + HOUR + 14 * MINUTE)
    assert order.operations[0].machine == "M2"
    assert order.operations[0].good == 2
