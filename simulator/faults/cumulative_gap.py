"""The cumulative quantities of partner and plant disagree."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import (
    CallOff,
    Forecast,
    PackedItem,
    ScheduleLine,
    ShipNotice,
    TradingDocument,
)


class CumulativeGap(Content):
    """A ship notice says that more was shipped in all than ever came; a forecast or call-off, that
    less was received than was sent: a shipment in between was lost, or never told. A right
    counterparty reports the gap by an advice and does not quietly correct its own count.
    """

    kind: ClassVar[str] = "cumulative-gap"
    summary: ClassVar[str] = "the cumulative quantity leaves a gap"
    documents = (ShipNotice, Forecast, CallOff)
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"by": 7, "match": {"document": "call-off"}}, {"by": 100, "first": 1}]
        }
    )

    by: int = Field(100, ge=1, description="how wide the gap is, in the line's unit")

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return rewritten(said, self._off)

    def _off(self, part: BaseModel) -> Mapping[str, Any]:
        if isinstance(part, PackedItem):
            counted = part.quantity if part.cumulative is None else part.cumulative
            return {"cumulative": counted + self.by}
        if isinstance(part, ScheduleLine) and part.received is not None:
            return {"received": max(part.received - self.by, Decimal(0))}
        return {}
