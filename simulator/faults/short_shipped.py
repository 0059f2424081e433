"""Notice and truck disagree on the quantity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten, share_of
from simulator.plant.trading import PackedItem, ShipNotice


class ShortShipped(Content):
    """The notice announces less than the truck brings and was ordered; with `notice: more`, more
    than the truck brings, so that the delivery is short. A right counterparty counts, and reports
    the difference by a receiving advice, or at once by an advice.
    """

    kind: ClassVar[str] = "short-shipped"
    summary: ClassVar[str] = "notice and truck disagree on the quantity"
    documents = (ShipNotice,)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"share": 0.2, "first": 1}, {"notice": "more"}]}
    )

    share: float = Field(0.1, gt=0, lt=1, description="so much of the item's largest quantity")
    notice: Literal["less", "more"] = Field(
        "less", description="less: the notice says less than the truck has; more: it says more"
    )

    def rewrite(self, said: ShipNotice, moment: Moment) -> ShipNotice:
        largest = max(said.contents(), key=lambda one: one.quantity, default=None)
        if largest is None:
            return said
        off = share_of(largest.quantity, self.share)
        if self.notice == "less":
            off = -off
        if largest.quantity + off <= 0:
            return said

        def moved(part: BaseModel) -> Mapping[str, Any]:
            if part is not largest or not isinstance(part, PackedItem):
                return {}
            counted = None if part.cumulative is None else part.cumulative + off
            return {"quantity": part.quantity + off, "cumulative": counted}

        return rewritten(said, moved)
