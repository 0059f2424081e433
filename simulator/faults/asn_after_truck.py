"""The ship notice comes after the truck."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import HOUR, Duration
from simulator.core.link import Moment, Treatment
from simulator.faults._edi import Flow, postpone
from simulator.plant.trading import Interchange, ShipNotice


class AsnAfterTruck(Flow):
    """Holds a ship notice back until the goods should have arrived, and a while more. In the
    journal the notice is dropped, and another that `follows` it is sent later. A right counterparty
    receives the goods all the same, and reports that they came unannounced.
    """

    kind: ClassVar[str] = "asn-after-truck"
    summary: ClassVar[str] = "the notice comes after the truck"
    documents = (ShipNotice,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"later": "2h", "first": 1}]})

    later: Duration = Field(
        1 * HOUR, description="how long after the announced arrival, or else the sending "
        "(plant time)"
    )  # fmt: skip

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document", "drop"})

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        expected = [
            one.expected
            for one in interchange.documents()
            if isinstance(one, ShipNotice) and one.expected is not None
        ]
        until = max([moment.now, *expected]) + self.later
        postpone(treatment, interchange, until, self.owing)
        return interchange
