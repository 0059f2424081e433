"""The ERP side: production orders as S/4HANA shows them, confirmations as it takes them.

Field names are those of API_PRODUCTION_ORDER_2_SRV and API_PROD_ORDER_CONFIRMATION_2_SRV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

_ODATA = re.compile(r"/Date\((-?\d+)(?:[+-]\d{1,4})?\)/")
_TIME = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


class NotAnOrder(ValueError):
    """A document that cannot be understood; the text says where and why."""


@dataclass(frozen=True)
class ProductionOrder:
    """What of A_ProductionOrder_2 an MES needs to know."""

    id: str
    item: str
    quantity: Decimal
    unit: str | None
    start: datetime | None
    end: datetime | None
    closed: bool
    text: str | None


def orders_in(document: Any) -> list[tuple[ProductionOrder, Mapping[str, Any]]]:
    """Every order in an envelope, with the row that it came from. Raises NotAnOrder."""
    rows = _rows(document)
    if not rows:
        raise NotAnOrder("the document holds no production order")
    return [(_order(row, index), row) for index, row in enumerate(rows)]


def _rows(document: Any) -> list[Any]:
    """One row, a list, `{"message": […]}`, `{"value": […]}` or `{"d": {"results": […]}}`."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for envelope in ("d", "message", "value", "results"):
            if envelope in document and "ManufacturingOrder" not in document:
                return _rows(document[envelope])
        return [document]
    raise NotAnOrder("expected a JSON object or list")


def _order(row: Any, index: int) -> ProductionOrder:
    if not isinstance(row, dict):
        raise NotAnOrder(f"row {index}: expected an object")
    name = str(row.get("ManufacturingOrder") or "").strip()
    where = f"row {index}" + (f", order {name}" if name else "")
    item = str(row.get("Material") or "").strip()
    if not name or not item:
        missing = "ManufacturingOrder" if not name else "Material"
        raise NotAnOrder(f"{where}: {missing} is missing")
    return ProductionOrder(
        id=name,
        item=item,
        quantity=_quantity(row.get("TotalQuantity"), where),
        unit=str(row.get("ProductionUnit") or "").strip() or None,
        start=_moment(row, "Start", where),
        end=_moment(row, "End", where),
        closed=any(row.get(flag) in ("X", True) for flag in _CLOSED),
        text=str(row.get("OrderLongText") or "").strip() or None,
    )


# Technically completed orders are still passed on: sandboxes hold little else.
_CLOSED = ("OrderIsDeleted", "OrderIsClosed", "OrderIsMarkedForDeletion")


def _quantity(value: Any, where: str) -> Decimal:
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation:
        raise NotAnOrder(f"{where}: TotalQuantity {value!r} is not a number") from None
    if not exact.is_finite() or exact <= 0:
        raise NotAnOrder(f"{where}: TotalQuantity {value!r} is not above zero")
    return exact


def _moment(row: Mapping[str, Any], edge: str, where: str) -> datetime | None:
    """The planned date, and the time of day that stands in a field of its own, in UTC."""
    date = row.get(f"MfgOrderPlanned{edge}Date")
    if not date:
        return None
    name = f"MfgOrderPlanned{edge}"
    hit = _ODATA.fullmatch(str(date))
    try:
        if hit:
            moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(hit[1]))
        else:
            moment = datetime.fromisoformat(str(date))
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    except (ValueError, OverflowError):
        raise NotAnOrder(f"{where}: {name}Date {date!r} is no date") from None
    time = str(row.get(f"{name}Time") or "PT0S")
    parts = _TIME.fullmatch(time)
    if parts is None:
        raise NotAnOrder(f"{where}: {name}Time {time!r} is no time of day")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return moment.astimezone(UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def confirmation(row: Mapping[str, Any]) -> dict[str, Any]:
    """A booked confirmation in the shape that the ERP takes."""
    return {
        "OrderID": row["order_id"],
        "Sequence": "0",
        "OrderOperation": row["operation"],
        "ConfirmationGroup": str(row["group_no"]),
        "ConfirmationCount": str(row["count_no"]),
        "ConfirmationYieldQuantity": row["yield"],
        "ConfirmationScrapQuantity": row["scrap"],
        "ConfirmationReworkQuantity": row["rework"],
        "Material": row["item"] or "",
        "Batch": row["lot"] or "",
        "FinalConfirmationType": "X" if row["final"] else "",
        "ConfirmationExternalEntryID": row["confirmation"] or "",
        "ConfirmationEntryDate": row["at"] or "",
    }
