"""Tags whose quality is not Good."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._tags import TagFault
from simulator.plant.statuscodes import NotGood
from simulator.plant.tags import TagValue


class TagQuality(TagFault):
    """Says another quality of tags than Good. A right counterparty does not use such a value: it
    counts nothing by it, and shows that it is not known.
    """

    kind: ClassVar[str] = "tag-quality"
    summary: ClassVar[str] = "tags are Bad or Uncertain"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tags": "*/Process/*", "status": "BadSensorFailure"}]}
    )

    status: NotGood = Field(
        "BadSensorFailure",
        description="an OPC UA status code: BadCommunicationError, UncertainLastUsableValue",
    )
    null: bool = Field(False, description="the value is gone, too")

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        return one._replace(status=self.status, value=None if self.null else one.value)
