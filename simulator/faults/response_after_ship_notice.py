"""The answer to an order comes after the goods were announced."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import HOUR, Duration
from simulator.core.link import Moment, Treatment
from simulator.faults._edi import Flow, postpone
from simulator.plant.trading import Interchange, PurchaseOrderResponse


class ResponseAfterShipNotice(Flow):
    """Holds the answer to an order (855, ORDRSP) back until the goods should be on their way, so
    that the ship notice overtakes it. In the journal the answer is dropped, and another that
    `follows` it is sent later. A right counterparty accepts both, whatever comes first.
    """

    kind: ClassVar[str] = "response-after-ship-notice"
    summary: ClassVar[str] = "the order's answer comes after the ship notice"
    documents = (PurchaseOrderResponse,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"later": "1h", "first": 1}]})

    later: Duration = Field(
        1 * HOUR, description="how long after the latest date it promises, or else the sending "
        "(plant time)"
    )  # fmt: skip

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document", "drop"})

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        promised = [
            line.due
            for one in interchange.documents()
            if isinstance(one, PurchaseOrderResponse)
            for line in one.lines
            if line.due is not None
        ]
        postpone(treatment, interchange, max([moment.now, *promised]) + self.later, self.owing)
        return interchange
