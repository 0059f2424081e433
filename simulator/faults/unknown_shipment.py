"""A notice is cancelled or replaced that never was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.durations import Duration
from simulator.core.gs1 import check_digit
from simulator.core.link import Further, Moment, Treatment
from simulator.faults._edi import Flow, changed, renumbered, rewritten
from simulator.plant.trading import HandlingUnit, Interchange, ShipNotice


class UnknownShipment(Flow):
    """After a ship notice comes another that cancels or replaces a third, which nobody sent. A
    right counterparty rejects it by an advice, and leaves the real shipment alone.
    """

    kind: ClassVar[str] = "unknown-shipment"
    summary: ClassVar[str] = "a notice that never was is cancelled or replaced"
    documents = (ShipNotice,)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purpose": "cancel"}, {"purpose": "replace"}]}
    )

    purpose: Literal["cancel", "replace"] = Field("cancel", description="what it wants")
    later: Duration = Field(0, description="how long after the real notice (plant time)")

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        contents = [
            changed(one, said=rewritten(one.said, self._never))
            for one in interchange.contents
            if isinstance(one.said, ShipNotice)
        ]
        other = renumbered(interchange, 1, contents=contents)
        treatment.also.append(Further(other, list(self.owing), moment.now + self.later))
        return interchange

    def _never(self, part: BaseModel) -> Mapping[str, Any]:
        if isinstance(part, ShipNotice):
            number = f"{part.number[:28]}-9"
            return {"number": number, "shipment": number, "purpose": self.purpose}
        if isinstance(part, HandlingUnit) and len(part.sscc) == 18 and part.sscc.isdigit():
            body = str((int(part.sscc[0]) + 5) % 10) + part.sscc[1:17]  # another extension digit
            return {"sscc": body + str(check_digit(body))}
        return {}
