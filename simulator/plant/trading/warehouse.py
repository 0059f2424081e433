"""A warehouse run by somebody else: 940 943 out to it, 944 945 back."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from simulator.core.durations import Instant
from simulator.plant.trading.parts import Part, TradingDocument, distinct


class WarehouseLine(Part):
    """So much of an item, as ordered, sent, received or shipped."""

    line: str = ""
    item: str
    supplier_item: str = ""
    description: str = ""
    quantity: Decimal
    ordered: Decimal | None = None
    damaged: Decimal | None = None
    unit: str = "pcs"
    lot: str = ""
    sscc: str = ""


class _Warehouse(TradingDocument):
    order: str = ""  # the depositor's order
    po: str = ""
    shipment: str = ""
    carrier: str = ""
    planned: Instant | None = None  # to ship, or to arrive
    lines: list[WarehouseLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            so=self.order, po=self.po, shipment=self.shipment or self.number, partner=self.partner,
            item=[one.item for one in self.lines], sscc=[one.sscc for one in self.lines],
            lot=[one.lot for one in self.lines],
        )  # fmt: skip


class WarehouseShippingOrder(_Warehouse):
    """Ship this from stock: 940."""

    document: ClassVar[str] = "warehouse-shipping-order"


class WarehouseTransferAdvice(_Warehouse):
    """This is on its way to you: 943."""

    document: ClassVar[str] = "warehouse-transfer-advice"


class WarehouseReceiptAdvice(_Warehouse):
    """This came in: 944."""

    document: ClassVar[str] = "warehouse-receipt-advice"


class WarehouseShippingAdvice(_Warehouse):
    """This left: 945."""

    document: ClassVar[str] = "warehouse-shipping-advice"
