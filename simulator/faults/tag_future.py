"""Values from the future."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import HOUR, Duration
from simulator.core.link import Moment
from simulator.faults._tags import TagFault
from simulator.plant.tags import TagValue


class TagFuture(TagFault):
    """Says values with a source time that is still to come: a clock is wrong. A right counterparty
    does not let them hide what comes later.
    """

    kind: ClassVar[str] = "tag-future"
    summary: ClassVar[str] = "values carry a source time that is still to come"
    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "1h"}]})

    by: Duration = Field(HOUR, description="how far ahead (plant time)")

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        return one._replace(at=one.at + self.by)
