"""Values that jump for one sample."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._tags import TagFault, in_kind, is_number
from simulator.plant.tags import TagValue


class TagSpike(TagFault):
    """Adds to numbers, or multiplies them, in one sample of many. A right counterparty does not
    take a spike for a trend.
    """

    kind: ClassVar[str] = "tag-spike"
    summary: ClassVar[str] = "numbers jump for one sample"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tags": "*/Process/*", "factor": 5, "probability": 0.05}]}
    )

    factor: float = Field(10, allow_inf_nan=False, description="what the number is multiplied by")
    by: float = Field(0, allow_inf_nan=False, description="what is added then")

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        if not is_number(one.value):
            return one
        return one._replace(value=in_kind(one.value * self.factor + self.by, one.value))
