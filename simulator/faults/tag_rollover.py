"""Counters that roll over, or begin anew."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._tags import TagFault, is_number
from simulator.plant.tags import TagValue


class TagRollover(TagFault):
    """Shows counters as a small register would: beyond its greatest value they begin at 0; or as
    after a reset, from 0 on. A right counterparty counts on, and never backwards.
    """

    kind: ClassVar[str] = "tag-rollover"
    summary: ClassVar[str] = "counters roll over, or begin anew"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"tags": "*/Admin/Prod*Count", "most": 255}, {"reset": True}]
        }
    )

    most: int = Field(65_535, ge=1, description="the greatest value of the register")
    reset: bool = Field(False, description="from 0 on, as after a reset")

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        if not is_number(one.value):
            return one
        value = int(one.value)
        if self.reset:
            value -= moment.memory.setdefault(one.path, value)
        value %= self.most + 1
        return one if value == one.value else one._replace(value=type(one.value)(value))
