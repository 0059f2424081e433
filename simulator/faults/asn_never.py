"""A truck comes without a notice."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.faults._edi import Flow, owe
from simulator.plant.trading import Interchange, ShipNotice


class AsnNever(Flow):
    """Loses a ship notice; the truck comes all the same. A right counterparty receives the goods,
    and reports that they came unannounced.
    """

    kind: ClassVar[str] = "asn-never"
    summary: ClassVar[str] = "a truck comes without a notice"
    documents = (ShipNotice,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"every_nth": 4}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document", "drop"})

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        treatment.cut, treatment.cut_side = "drop", "request"
        owe(treatment, *self.owing)
        return interchange
