"""Values whose time stands still."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import Duration
from simulator.core.link import Moment
from simulator.faults._tags import TagFault
from simulator.plant.tags import TagValue


class TagStale(TagFault):
    """Says values with the source time at which the fault began, or a fixed while ago: what is
    shown is old, though it came just now. A right counterparty looks at the source time.
    """

    kind: ClassVar[str] = "tag-stale"
    summary: ClassVar[str] = "values carry an old source time"
    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": "*"}, {"by": "10m"}]})

    by: Duration | None = Field(
        None, description="how old (plant time); else the moment at which the fault began"
    )

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        at = moment.since if self.by is None else max(one.at - self.by, 0)
        return one if at == one.at else one._replace(at=at)
