"""One shipment is announced under two numbers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import Duration
from simulator.core.link import Further, Moment, Treatment
from simulator.faults._edi import Flow, changed, renumbered
from simulator.plant.trading import Interchange, ShipNotice


class AsnTwice(Flow):
    """Announces a shipment once more, under another notice number (BSN02, BGM 1004) and in another
    interchange. A right counterparty rejects the second notice by an advice, and receives the
    goods once.
    """

    kind: ClassVar[str] = "asn-twice"
    summary: ClassVar[str] = "a shipment is announced under two numbers"
    documents = (ShipNotice,)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 1}, {"later": "1h", "first": 1}]}
    )

    later: Duration = Field(0, description="how long after the first (plant time)")

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        contents = [
            changed(
                one,
                said=changed(
                    one.said,
                    number=f"{one.said.number[:28]}-2",
                    shipment=one.said.shipment or one.said.number,
                ),
            )
            for one in interchange.contents
            if isinstance(one.said, ShipNotice)
        ]
        again = renumbered(interchange, 0, contents=contents)
        treatment.also.append(Further(again, list(self.owing), moment.now + self.later))
        return interchange
