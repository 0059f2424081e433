"""A document that was written as a message reads back as itself, but for what has no room there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Forecast,
    HandlingUnit,
    InventoryReport,
    Invoice,
    PackedItem,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ReceivingAdvice,
    ShipNotice,
)
from tests.contracts import strategies as some
from tests.contracts.edifact.messages import again

quick = settings(max_examples=40, deadline=None)


def _place(line: str, place: int) -> str:
    """LIN 1082 is a number of at most six digits; any other line is counted."""
    return line if line.isdecimal() and len(line) <= 6 else str(place)


def _placed(lines: list[Any]) -> list[Any]:
    return [o.model_copy(update={"line": _place(o.line, n)}) for n, o in enumerate(lines, 1)]


@quick
@given(some.purchase_orders)
def test_orders(document: PurchaseOrder) -> None:
    assert again(document) == (document, [])


@quick
@given(some.purchase_order_changes)
def test_changes(document: PurchaseOrderChange) -> None:
    assert again(document) == (document, [])


@quick
@given(some.purchase_order_responses)
def test_responses(document: PurchaseOrderResponse) -> None:
    of_change = document.of_change or bool(document.change_number)
    expected = document.model_copy(update={"of_change": of_change})
    assert again(document) == (expected, [])


def _with_units(lines: list[Any]) -> list[Any]:
    """A unit stands at quantities alone."""
    out = []
    for one in lines:
        counted = one.demands or one.received is not None or one.last_quantity is not None
        out.append(one if counted else one.model_copy(update={"unit": "pcs"}))
    return out


@quick
@given(some.forecasts)
def test_forecasts(document: Forecast) -> None:
    expected = document.model_copy(update={"lines": _with_units(document.lines)})
    assert again(document) == (expected, [])


@quick
@given(some.call_offs)
def test_call_offs(document: CallOff) -> None:
    expected = document.model_copy(update={"lines": _with_units(document.lines)})
    assert again(document) == (expected, [])


def _packed(notice: ShipNotice) -> ShipNotice:
    """Its lines are those of the notice, counted over all levels."""
    places = iter(range(1, 1000))

    def items(given: list[PackedItem]) -> list[PackedItem]:
        return [o.model_copy(update={"line": _place(o.line, next(places))}) for o in given]

    def unit(one: HandlingUnit) -> HandlingUnit:
        own = items(one.items)
        return one.model_copy(update={"items": own, "units": [unit(o) for o in one.units]})

    loose = items(notice.items)
    return notice.model_copy(update={"items": loose, "units": [unit(one) for one in notice.units]})


@quick
@given(some.ship_notices)
def test_ship_notices(document: ShipNotice) -> None:
    assert again(document) == (_packed(document), [])


@quick
@given(some.receiving_advices)
def test_receiving_advices(document: ReceivingAdvice) -> None:
    expected = document.model_copy(update={"note": "", "lines": _placed(document.lines)})
    assert again(document) == (expected, [])


@quick
@given(some.application_advices)
def test_application_advices(document: ApplicationAdvice) -> None:
    expected = document.model_copy(update={"group": ""})
    assert again(document) == (expected, [])


@quick
@given(some.invoices)
def test_invoices(document: Invoice) -> None:
    expected = document.model_copy(update={"lines": _placed(document.lines)})
    assert again(document) == (expected, [])


@quick
@given(some.inventory_reports)
def test_inventory_reports(document: InventoryReport) -> None:
    assert again(document) == (document.model_copy(update={"note": ""}), [])
