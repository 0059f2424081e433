"""The MES through its operations, on a real plant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.core.errors import Refusal
from tests.systems.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(desk: Desk, operation: str, **given: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        desk.do("mes", operation, **given)
    return caught.value


def test_an_order_is_made_released_and_finished(desk: Desk) -> None:
    order = desk.do("mes", "create_order", item="GEAR", quantity=10, id="1000000")
    assert (order.status, order.version) == ("created", 1)
    released = desk.do("mes", "release_order", order="1000000", expected_version=1)
    assert released.status == "released"
    assert order.status == "created", "a view is a snapshot"
    desk.run("3h")
    done = desk.do("mes", "get_order", order="1000000")
    assert (done.status, done.good) == ("completed", Decimal(10))
    tree = desk.do("mes", "get_genealogy", order="1000000")
    assert {(one.item, one.lot) for one in tree.consumed} == {("STEEL", "S-1"), ("BEARING", "B-1")}


def test_a_number_is_taken_once(desk: Desk) -> None:
    desk.do("mes", "create_order", item="GEAR", quantity=1, id="A")
    assert refused(desk, "create_order", item="GEAR", quantity=1, id="A").status == 409


def test_another_version_is_refused(desk: Desk) -> None:
    desk.do("mes", "create_order", item="GEAR", quantity=1, id="A")
    for operation in ("release_order", "change_order", "hold_order", "cancel_order"):
        refusal = refused(desk, operation, order="A", expected_version=9)
        assert (refusal.status, refusal.code) == (412, "precondition-failed")


def test_another_unit_is_refused(desk: Desk) -> None:
    assert refused(desk, "create_order", item="GEAR", quantity=1, unit="KGM").status == 422
    assert desk.do("mes", "create_order", item="GEAR", quantity=1, unit="PC").quantity == 1


def test_unknown_things_are_refused(desk: Desk) -> None:
    assert refused(desk, "get_order", order="nope").status == 404
    assert refused(desk, "create_order", item="nope", quantity=1).status in (404, 422)
    assert refused(desk, "get_bom", item="nope").status == 404
    with pytest.raises(ValidationError, match="quantty"):
        desk.do("mes", "create_order", item="GEAR", quantty=1)


@pytest.mark.parametrize("quantity", [0, -1, 0.0001, "5", True, 10**12, float("nan")])
def test_what_is_no_quantity_is_refused(desk: Desk, quantity: object) -> None:
    with pytest.raises(ValidationError):
        desk.do("mes", "create_order", item="GEAR", quantity=quantity)


def test_waiting_orders_are_released(desk: Desk) -> None:
    for name in ("A", "B", "C"):
        desk.do("mes", "create_order", item="GEAR", quantity=1, id=name)
    desk.do("mes", "cancel_order", order="B")
    done = desk.do("mes", "release_waiting_orders")
    assert (done.released, done.refused) == (["A", "C"], [])
    assert desk.do("mes", "release_waiting_orders").released == []


def test_orders_come_in_pages(desk: Desk) -> None:
    names = [f"O{i}" for i in range(7)]
    for name in names:
        desk.do("mes", "create_order", item="GEAR", quantity=1, id=name)
    seen, cursor = [], None
    while True:
        page = desk.do("mes", "list_orders", after=cursor, limit=3)
        seen += [one.id for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == names
    assert refused(desk, "list_orders", after="gone").code == "cursor-expired"


def test_a_page_goes_on_though_its_last_order_went_on(desk: Desk) -> None:
    for name in "ABCD":
        desk.do("mes", "create_order", item="GEAR", quantity=1, id=name)
    first = desk.do("mes", "list_orders", status="created", limit=2)
    desk.do("mes", "release_order", order=first.next)
    rest = desk.do("mes", "list_orders", status="created", after=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == list("ABCD")


def test_a_machine_stands(desk: Desk) -> None:
    view = desk.do("mes", "report_downtime", **{"machine": "MILL-1", "for": "20m"})
    assert view.until == desk.now + 20 * 60 * 1_000_000
    desk.run("1h")
    said = [one.document for _, one in desk.emitted]
    assert said.count("downtime") == 2


def test_a_lot_is_blocked_and_set_free(desk: Desk) -> None:
    held = desk.do("mes", "hold_lot", lot="S-1", reason="cracks")
    assert [(one.item, one.held) for one in held] == [("STEEL", True)]
    assert [one.held for one in desk.do("mes", "release_lot", lot="S-1")] == [False]


def test_the_feed_is_what_was_emitted(desk: Desk) -> None:
    desk.do("mes", "create_order", item="GEAR", quantity=5, release=True)
    desk.run("2h")
    page = desk.do("mes", "list_responses", limit=500)
    assert [one.document for one in page.items] == [d for s, d in desk.emitted if s == "mes"]
    empty = desk.do("mes", "list_responses", after=page.next)
    assert (empty.items, empty.next) == ([], page.next), "the cursor stays good for later"


def test_a_cursor_that_fell_off_the_feed_is_said_so() -> None:
    desk = Desk(settings={"mes": {"feed": 5}})
    for _ in range(6):
        desk.do("mes", "create_order", item="GEAR", quantity=1, release=True)
    page = desk.do("mes", "list_responses", limit=1)
    assert page.kept == 5
    assert int(page.oldest) > 1
    refusal = refused(desk, "list_responses", after="1")
    assert (refusal.status, refusal.code) == (410, "cursor-expired")
    assert refused(desk, "list_responses", after="999").status == 410
    # The entry just before the oldest is gone, but nothing after it is missed.
    before = str(int(page.oldest) - 1)
    assert desk.do("mes", "list_responses", after=before).items[0].cursor == page.oldest


def test_its_state_is_data(desk: Desk) -> None:
    desk.do("mes", "create_order", item="GEAR", quantity=5, release=True)
    desk.run("1h")
    mes = desk.systems["mes"]
    adapter = TypeAdapter(mes.State)
    saved = adapter.dump_json(mes.state)
    before = desk.do("mes", "list_responses", limit=500)
    mes.state = adapter.validate_json(saved)
    assert desk.do("mes", "list_responses", limit=500) == before
    assert adapter.dump_json(mes.state) == saved
