"""An SSCC's check digit is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import HandlingUnit, ShipNotice


class SsccCheckDigit(Content):
    """Announces pallets or cartons under SSCCs whose check digit is wrong; the labels on the truck
    are right. A right counterparty rejects the notice by an advice, where it checks at all: many
    real partners' numbers are wrong.
    """

    kind: ClassVar[str] = "sscc-check-digit"
    summary: ClassVar[str] = "an SSCC's check digit is wrong"
    documents = (ShipNotice,)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 1}, {"all": True, "probability": 0.1}]}
    )

    all: bool = Field(False, description="all SSCCs of a notice, else its first")

    def rewrite(self, said: ShipNotice, moment: Moment) -> ShipNotice:
        first = next((one.sscc for one in said.walk() if one.sscc[-1:].isdigit()), "")

        def wrong(part: BaseModel) -> Mapping[str, Any]:
            if not isinstance(part, HandlingUnit) or not part.sscc[-1:].isdigit():
                return {}
            if not self.all and part.sscc != first:
                return {}
            return {"sscc": part.sscc[:-1] + str((int(part.sscc[-1]) + 1) % 10)}

        return rewritten(said, wrong)
