"""One line comes in several lots."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, changed, rewritten
from simulator.plant.trading import HandlingUnit, PackedItem, ShipNotice


class SplitLot(Content):
    """Announces one packed item as several, each with a lot number of its own, under the same line.
    That is no mistake: a right counterparty accepts, and keeps the lots apart.
    """

    kind: ClassVar[str] = "split-lot"
    summary: ClassVar[str] = "one line comes in several lots"
    documents = (ShipNotice,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"lots": 3, "first": 1}]})

    lots: int = Field(2, ge=2, le=26, description="how many lots a line comes in")

    def rewrite(self, said: ShipNotice, moment: Moment) -> ShipNotice:
        return rewritten(said, self._split)

    def _split(self, part: BaseModel) -> Mapping[str, Any]:
        if isinstance(part, HandlingUnit | ShipNotice):
            return {"items": [one for item in part.items for one in self._lots(item)]}
        return {}

    def _lots(self, item: PackedItem) -> list[PackedItem]:
        if item.quantity < self.lots or item.serials:  # too few to be parted; one lot a serial
            return [item]
        each = item.quantity // self.lots
        lot = item.lot or "LOT"
        return [
            changed(
                item,
                quantity=item.quantity - each * (self.lots - 1) if n == 0 else Decimal(each),
                lot=lot if n == 0 else f"{lot}-{chr(ord('A') + n)}",
            )
            for n in range(self.lots)
        ]
