"""Orders and the answers to them: 850 855 860 865, ORDERS ORDRSP ORDCHG; invoices: 810, INVOIC."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from simulator.core.durations import Instant
from simulator.plant.trading.parts import Part, TradingDocument, distinct

OrderKind = Literal["stand-alone", "blanket", "release", "rush", "sample", "dropship", "return"]
Change = Literal["unchanged", "add", "delete", "quantity", "price", "date", "replace"]
LineAnswer = Literal["accepted", "changed", "backordered", "rejected", "deleted"]


class OrderLine(Part):
    """A line of an order. `line` is text: partners care about its zeros."""

    line: str
    item: str  # the buyer's number
    supplier_item: str = ""
    gtin: str = ""
    description: str = ""
    quantity: Decimal
    unit: str = "pcs"
    price: Decimal | None = None
    due: Instant | None = None
    change: Change = "unchanged"  # of an order change: what became of this line


class PurchaseOrder(TradingDocument):
    """An order for goods: 850, ORDERS. `number` is the purchase order's."""

    document: ClassVar[str] = "purchase-order"
    kind: OrderKind = "stand-alone"
    release: str = ""  # of a blanket order
    currency: str = ""
    due: Instant | None = None
    lines: list[OrderLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(po=self.number, partner=self.partner, item=[one.item for one in self.lines])


class PurchaseOrderChange(TradingDocument):
    """The buyer changes an order: 860, ORDCHG. `number` is the purchase order's."""

    document: ClassVar[str] = "purchase-order-change"
    change_number: str = ""
    cancels: bool = False  # the whole order
    currency: str = ""
    lines: list[OrderLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(po=self.number, partner=self.partner, item=[one.item for one in self.lines])


class ResponseLine(Part):
    """What the seller answers to one line; a split line stands several times."""

    line: str
    item: str
    supplier_item: str = ""
    answer: LineAnswer = "accepted"
    quantity: Decimal
    unit: str = "pcs"
    price: Decimal | None = None
    due: Instant | None = None  # when it will be shipped or delivered


class PurchaseOrderResponse(TradingDocument):
    """The seller's answer to an order or a change: 855, 865, ORDRSP."""

    document: ClassVar[str] = "purchase-order-response"
    po: str
    answer: Literal["accepted", "changed", "rejected"] = "accepted"
    of_change: bool = False  # 865: it answers an 860
    change_number: str = ""
    currency: str = ""
    lines: list[ResponseLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            po=self.po, partner=self.partner, item=[one.item for one in self.lines],
            answer=self.answer,
        )  # fmt: skip


class InvoiceLine(Part):
    """A line of an invoice."""

    line: str
    item: str
    supplier_item: str = ""
    description: str = ""
    quantity: Decimal
    unit: str = "pcs"
    price: Decimal
    po: str = ""
    po_line: str = ""


class Invoice(TradingDocument):
    """A request for money: 810, INVOIC. `number` is the invoice's. Totals include taxes."""

    document: ClassVar[str] = "invoice"
    po: str = ""
    shipment: str = ""
    asn: str = ""
    currency: str = ""
    due: Instant | None = None
    lines: list[InvoiceLine] = Field(default_factory=list)
    tax: Decimal = Decimal(0)
    total: Decimal

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            invoice=self.number, partner=self.partner, shipment=self.shipment, asn=self.asn,
            po=[self.po, *(one.po for one in self.lines)], item=[one.item for one in self.lines],
        )  # fmt: skip
