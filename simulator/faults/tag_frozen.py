"""Sensors that freeze."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment
from simulator.faults._tags import TagFault
from simulator.plant.tags import TagValue


class TagFrozen(TagFault):
    """Shows the same value for ever, fresh and Good: a sensor froze, or a driver hangs. A right
    counterparty notices that a running machine does not move, and counts nothing in the meantime.
    """

    kind: ClassVar[str] = "tag-frozen"
    summary: ClassVar[str] = "tags show the same value for ever, with quality Good"
    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": "TURN-1/Admin/*"}]})

    def alter(self, one: TagValue, moment: Moment) -> TagValue:
        kept = moment.memory.setdefault(one.path, [one.value])
        return one if kept[0] == one.value else one._replace(value=kept[0])
