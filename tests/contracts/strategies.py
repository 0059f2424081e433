"""Trading documents for hypothesis: what any EDI standard can carry, and no more.

Texts have no delimiter of any standard and no space at their ends, numbers at most three decimals,
instants whole minutes. What one standard or set cannot carry, its own tests take away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from simulator.core.durations import MINUTE
from simulator.plant.trading import (
    AdviceNote,
    ApplicationAdvice,
    CallOff,
    Demand,
    Forecast,
    HandlingUnit,
    InventoryLine,
    InventoryReport,
    Invoice,
    InvoiceLine,
    OrderLine,
    PackedItem,
    Party,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ReceivedLine,
    ReceivingAdvice,
    Reference,
    ResponseLine,
    ScheduleLine,
    ShipmentStatus,
    ShipNotice,
    TransportEvent,
    WarehouseLine,
    WarehouseReceiptAdvice,
    WarehouseShippingAdvice,
    WarehouseShippingOrder,
    WarehouseTransferAdvice,
)

_FIRST = 946_684_800_000_000 // MINUTE  # 2000-01-01
_LAST = 3_124_137_600_000_000 // MINUTE  # 2069-01-01

instants = st.integers(_FIRST, _LAST).map(lambda minutes: minutes * MINUTE)
quantities = st.integers(1, 9_999_999).map(lambda thousandths: Decimal(thousandths) / 1000)
whole = st.integers(1, 99_999).map(Decimal)
amounts = st.integers(0, 9_999_999).map(lambda cents: Decimal(cents) / 100)
units = st.sampled_from(["pcs", "kg", "l", "m"])
countries = st.sampled_from(["DE", "US", "MX", "AT"])


def numbers(most: int = 12) -> st.SearchStrategy[str]:
    """Identifiers, leading zeros included."""
    return st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=most)


def words(most: int = 30) -> st.SearchStrategy[str]:
    """Plain words with single spaces between them, at most so long."""
    word = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/", min_size=1, max_size=12)
    return st.lists(word, min_size=1, max_size=6).map(lambda some: " ".join(some)[:most].strip())


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Or nothing."""
    return st.just("") | strategy


def few(strategy: st.SearchStrategy[Any], most: int = 3, least: int = 0) -> Any:
    """A short list."""
    return st.lists(strategy, min_size=least, max_size=most)


def _none(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def sscc_of(digits: int) -> str:
    """An SSCC with its check digit."""
    text = f"{digits:017d}"
    total = sum(int(one) * (3 if place % 2 == 0 else 1) for place, one in enumerate(text))
    return text + str(-total % 10)


ssccs = st.integers(0, 10**17 - 1).map(sscc_of)

parties = st.builds(
    Party,
    role=st.sampled_from(["buyer", "seller", "ship-to", "ship-from", "bill-to"]),
    id=numbers(13),
    scheme=st.sampled_from(["gln", "duns", "mutual", "buyer", "seller"]),
    name=maybe(words(35)),
    street=maybe(words(35)),
    city=maybe(words(17).filter(lambda one: len(one) > 1)),
    region=maybe(st.sampled_from(["GA", "BY", "ON"])),
    postcode=maybe(st.integers(100, 999_999).map(lambda one: f"{one:06d}")),
    country=maybe(countries),
)
references = st.builds(
    Reference,
    kind=st.sampled_from(["bill-of-lading", "packing-list", "contract", "account", "seal"]),
    value=numbers(),
)


def _common(number: st.SearchStrategy[str] | None = None) -> dict[str, Any]:
    return {
        "partner": st.just("BEARCO"),
        "sender": st.sampled_from(["partner", "plant"]),
        "number": number if number is not None else numbers(),
        "at": instants,
        "parties": st.lists(parties, max_size=3, unique_by=lambda one: one.role),
        "references": st.lists(references, max_size=2, unique_by=lambda one: one.kind),
        "note": maybe(words(60)),
    }


def _goods(**more: Any) -> dict[str, Any]:
    return {
        "line": numbers(6), "item": numbers(), "supplier_item": maybe(numbers()), "unit": units,
    } | more  # fmt: skip


_gtins = maybe(st.integers(0, 10**13 - 1).map(lambda one: f"{one:014d}"))
_currencies = maybe(st.sampled_from(["EUR", "USD"]))

order_lines = st.builds(
    OrderLine,
    **_goods(
        gtin=_gtins, description=maybe(words(35)), quantity=quantities, price=_none(amounts),
        due=_none(instants),
    ),
)  # fmt: skip
changed_lines = st.builds(
    OrderLine,
    **_goods(
        gtin=_gtins, description=maybe(words(35)), quantity=quantities, price=_none(amounts),
        due=_none(instants),
        change=st.sampled_from(
            ["unchanged", "add", "delete", "quantity", "price", "date", "replace"]
        ),
    ),
)  # fmt: skip
purchase_orders = st.builds(
    PurchaseOrder,
    **_common(),
    kind=st.sampled_from(["stand-alone", "blanket", "release", "rush", "sample"]),
    release=maybe(numbers(8)),
    currency=_currencies,
    due=_none(instants),
    lines=few(order_lines, least=1),
)
purchase_order_changes = st.builds(
    PurchaseOrderChange,
    **_common(),
    change_number=maybe(numbers(8)),
    cancels=st.booleans(),
    currency=_currencies,
    lines=few(changed_lines),
)
response_lines = st.builds(
    ResponseLine,
    **_goods(
        answer=st.sampled_from(["accepted", "changed", "backordered", "rejected", "deleted"]),
        quantity=quantities, price=_none(amounts), due=_none(instants),
    ),
)  # fmt: skip
purchase_order_responses = st.builds(
    PurchaseOrderResponse,
    **_common(),
    po=numbers(),
    answer=st.sampled_from(["accepted", "changed", "rejected"]),
    of_change=st.booleans(),
    change_number=maybe(numbers(8)),
    currency=_currencies,
    lines=few(response_lines),
)
invoice_lines = st.builds(
    InvoiceLine,
    **_goods(
        description=maybe(words(35)), quantity=quantities, price=amounts, po=maybe(numbers()),
        po_line=maybe(numbers(6)),
    ),
)  # fmt: skip
invoices = st.builds(
    Invoice,
    **_common(),
    po=maybe(numbers()),
    shipment=maybe(numbers()),
    asn=maybe(numbers()),
    currency=_currencies,
    due=_none(instants),
    lines=few(invoice_lines, least=1),
    tax=amounts,
    total=amounts,
)

demands = st.builds(
    Demand,
    quantity=quantities,
    commitment=st.sampled_from(["firm", "production", "material", "planned"]),
    bucket=st.sampled_from(["discrete", "daily", "weekly", "monthly"]),
    start=instants,
    end=_none(instants),
    cumulative=_none(quantities),
    reference=maybe(numbers()),
)
schedule_lines = st.builds(
    ScheduleLine,
    **_goods(
        description=maybe(words(35)), po=maybe(numbers()), dock=maybe(numbers(6)),
        demands=few(demands), received=_none(quantities), counted_from=_none(instants),
        last_receipt=maybe(numbers()), last_quantity=_none(quantities), last_at=_none(instants),
    ),
)  # fmt: skip
forecasts = st.builds(
    Forecast,
    **_common(),
    po=maybe(numbers()),
    replaces=maybe(numbers()),
    start=_none(instants),
    end=_none(instants),
    lines=few(schedule_lines, least=1),
)
call_offs = st.builds(
    CallOff,
    **_common(),
    po=maybe(numbers()),
    forecast=maybe(numbers()),
    start=_none(instants),
    end=_none(instants),
    lines=few(schedule_lines, least=1),
)
inventory_lines = st.builds(
    InventoryLine,
    **_goods(
        quantity=quantities,
        status=st.sampled_from(
            ["on-hand", "available", "committed", "in-transit", "backordered", "blocked"]
        ),
        lot=maybe(numbers()), location=maybe(numbers(8)),
    ),
)  # fmt: skip
inventory_reports = st.builds(InventoryReport, **_common(), lines=few(inventory_lines, least=1))

packed_items = st.builds(
    PackedItem,
    **_goods(
        gtin=_gtins, description=maybe(words(35)), quantity=quantities, po=maybe(numbers()),
        po_line=maybe(numbers(6)), ordered=_none(quantities), cumulative=_none(quantities),
        lot=maybe(numbers()), serials=few(numbers(), 2), produced=_none(instants),
        expires=_none(instants),
    ),
)  # fmt: skip
cartons = st.builds(
    HandlingUnit,
    package=st.just("carton"),
    sscc=ssccs,
    packaging=maybe(numbers(7)),
    gross_weight=_none(quantities),
    items=few(packed_items, 2, least=1),
)
pallets = st.builds(
    HandlingUnit,
    package=st.sampled_from(["pallet", "container", "rack"]),
    sscc=ssccs,
    packaging=maybe(numbers(7)),
    gross_weight=_none(quantities),
    items=few(packed_items, 1),
    units=few(cartons, 2),
).filter(lambda one: bool(one.items or one.units))
ship_notices = st.builds(
    ShipNotice,
    **_common(),
    shipment=maybe(numbers()),
    purpose=st.sampled_from(["original", "replace", "cancel"]),
    shipped=_none(instants),
    expected=_none(instants),
    carrier=maybe(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4)),
    trailer=maybe(numbers(10)),
    gross_weight=_none(quantities),
    units=few(pallets | cartons),
    items=few(packed_items, 2),
)
received_lines = st.builds(
    ReceivedLine,
    **_goods(
        quantity=quantities, accepted=_none(quantities), announced=_none(quantities),
        condition=st.sampled_from(
            ["good", "damaged", "over", "short", "wrong-item", "rejected", "no-asn"]
        ),
        po=maybe(numbers()), po_line=maybe(numbers(6)), lot=maybe(numbers()), sscc=maybe(ssccs),
        cumulative=_none(quantities),
    ),
)  # fmt: skip
receiving_advices = st.builds(
    ReceivingAdvice,
    **_common(),
    asn=maybe(numbers()),
    shipment=maybe(numbers()),
    received=_none(instants),
    lines=few(received_lines, least=1),
)
transport_events = st.builds(
    TransportEvent,
    status=st.sampled_from(["AF", "X1", "D1", "X3"]),
    reason=maybe(st.sampled_from(["NS", "AG"])),
    appointment=st.booleans(),
    at=_none(instants),
    city=maybe(words(15).filter(lambda one: len(one) > 1)),
    region=maybe(st.sampled_from(["GA", "BY"])),
    country=maybe(countries),
    equipment=maybe(numbers(10)),
)
shipment_statuses = st.builds(
    ShipmentStatus,
    **_common(),
    shipment=maybe(numbers()),
    carrier=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4),
    events=few(transport_events, least=1),
    gross_weight=_none(quantities),
    packages=_none(st.integers(1, 9999)),
)
advice_notes = st.builds(
    AdviceNote,
    reason=st.sampled_from(
        ["unknown-order", "unknown-item", "cumulative-gap", "sscc-reused", "over-shipped"]
    ),
    text=maybe(words(60)),
    line=maybe(numbers(6)),
    item=maybe(numbers()),
    sscc=maybe(ssccs),
    value=maybe(numbers()),
)
application_advices = st.builds(
    ApplicationAdvice,
    **_common(),
    about=st.sampled_from(["ship-notice", "purchase-order", "invoice"]),
    about_number=numbers(),
    verdict=st.sampled_from(["accepted", "accepted-with-errors", "rejected"]),
    notes=few(advice_notes),
    control=maybe(st.integers(1, 999_999_999).map(lambda one: f"{one:09d}")),
    group=maybe(st.integers(1, 999_999_999).map(str)),
    set_control=maybe(st.integers(1, 9999).map(lambda one: f"{one:04d}")),
    set_code=st.just(""),
    po=maybe(numbers()),
    shipment=maybe(numbers()),
)

warehouse_lines = st.builds(
    WarehouseLine,
    **_goods(
        description=maybe(words(35)), quantity=quantities, ordered=_none(quantities),
        damaged=_none(quantities), lot=maybe(numbers()), sscc=maybe(ssccs),
    ),
)  # fmt: skip


def _warehouse(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        **_common(),
        order=maybe(numbers()),
        po=maybe(numbers()),
        shipment=maybe(numbers()),
        carrier=maybe(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4)),
        planned=_none(instants),
        lines=few(warehouse_lines, least=1),
    )


warehouse_shipping_orders = _warehouse(WarehouseShippingOrder)
warehouse_transfer_advices = _warehouse(WarehouseTransferAdvice)
warehouse_receipt_advices = _warehouse(WarehouseReceiptAdvice)
warehouse_shipping_advices = _warehouse(WarehouseShippingAdvice)
