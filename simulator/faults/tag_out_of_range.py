"""Values that cannot be."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._tags import TagFault, in_kind, is_number
from simulator.plant.tags import TagValue


class TagOutOfRange(TagFault):
    """Says numbers far beyond what the tag can show, with quality Good: a broken wire, a wrong
    scaling. A right counterparty holds them to the tag's range.
    """

    kind: ClassVar[str] = "tag-out-of-range"
    summary: ClassVar[str] = "numbers are far beyond the range of their tag"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tags": "*/Process/Temperature", "to": 32767}]}
    )

    to: float = Field(32767, allow_inf_nan=False, description="what is shown instead")

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        if not is_number(one.value):
            return one
        return one._replace(value=in_kind(self.to, one.value))
