"""Messages arrive more than once."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault


class Duplicate(Fault):
    """Processes (inbound) or delivers (outbound) the message again, as an impatient network or
    an at-least-once queue does. The caller gets the answer to the first."""

    kind: ClassVar[str] = "duplicate"
    summary: ClassVar[str] = "messages arrive more than once"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"copies": 1, "probability": 0.1}, {"copies": 3}]}
    )

    copies: int = Field(1, ge=1, le=100, description="how many times more than once")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"duplicate"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.copies += self.copies
        return True
