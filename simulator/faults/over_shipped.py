"""More is announced than was ordered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten, share_of
from simulator.plant.trading import PackedItem, ShipNotice


class OverShipped(Content):
    """Announces more of an item than was ordered, by `share` of the ordered quantity; the truck
    brings what it brings. A right counterparty says so by an advice, and rejects, or takes it
    under reserve; an item's `over_receipt` in the plant file may come in without a remark, so
    `share` has to be beyond it.
    """

    kind: ClassVar[str] = "over-shipped"
    summary: ClassVar[str] = "more is announced than was ordered"
    documents = (ShipNotice,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"share": 0.2, "first": 1}]})

    share: float = Field(0.1, gt=0, le=10, description="so much more, as a share of the order")

    def rewrite(self, said: ShipNotice, moment: Moment) -> ShipNotice:
        first = next(said.contents(), None)
        if first is None:
            return said
        line = (first.item, first.po, first.po_line)
        same = [one.quantity for one in said.contents() if (one.item, one.po, one.po_line) == line]
        announced = sum(same, Decimal(0))
        ordered = max(first.ordered or announced, announced)
        more = ordered - announced + share_of(ordered, self.share)

        def raised(part: BaseModel) -> Mapping[str, Any]:
            if part is not first or not isinstance(part, PackedItem):
                return {}
            counted = None if part.cumulative is None else part.cumulative + more
            return {"quantity": part.quantity + more, "cumulative": counted}

        return rewritten(said, raised)
