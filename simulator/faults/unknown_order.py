"""A document refers to an order that does not exist."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import (
    CallOff,
    Forecast,
    Invoice,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ReceivingAdvice,
    ShipNotice,
    TradingDocument,
)


class UnknownOrder(Content):
    """Puts another order number into a document than that of any order there is. A right
    counterparty rejects the document by an advice.
    """

    kind: ClassVar[str] = "unknown-order"
    summary: ClassVar[str] = "there is no such order"
    documents = (
        ShipNotice, PurchaseOrderResponse, PurchaseOrderChange, Invoice, Forecast, CallOff,
        ReceivingAdvice,
    )  # fmt: skip

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return rewritten(said, _elsewhere)


def _elsewhere(part: BaseModel) -> dict[str, str]:
    name = "number" if isinstance(part, PurchaseOrderChange) else "po"
    number = getattr(part, name, "")
    if not number:
        return {}
    # as long as it was, so that nothing but the order is strange about it
    return {name: ("88" if number.startswith("99") else "99") + number[2:]}
