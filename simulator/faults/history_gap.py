"""Values that are shown and not kept: a hole in the history."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer
from simulator.plant.tags import TagChange, TagSpace


class HistoryGap(Fault):
    """While it lasts, servers keep nothing of what they show: reading the history of that time
    finds nothing, then and ever after. A right counterparty that fills its own gaps from history
    notices what is missing, and does not make it up.
    """

    kind: ClassVar[str] = "history-gap"
    summary: ClassVar[str] = "what is shown meanwhile is missing from the history"
    layer: ClassVar[Layer] = "tag"
    directions: ClassVar[tuple[Direction, ...]] = ("out",)
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"history"})

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        return isinstance(message.said, TagChange | TagSpace)

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.extra["history"] = "gap"
        return True
