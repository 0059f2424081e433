"""Messages or answers are lost without a trace."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Side, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault


class Drop(Fault):
    """Loses the message before the system sees it, or the answer after the system acted: the
    sender cannot tell which, and a careful one sends again."""

    kind: ClassVar[str] = "drop"
    summary: ClassVar[str] = "messages or answers are lost"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"probability": 0.1}, {"side": "reply", "first": 1}]}
    )

    side: Side = Field(
        "request",
        description="request: the message is lost, nothing happens; "
        "reply: it is acted on and its answer is lost",
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"drop"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.cut, treatment.cut_side = "drop", self.side
        return True
