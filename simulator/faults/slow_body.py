"""An answer whose body drips."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer


class SlowBody(Fault):
    """Acts on a message at once and begins to answer, but the body of the answer comes a few bytes
    at a time. What is left comes at once when the fault is cleared. A careful sender's timeout is
    about the whole answer, and not about the time between two bytes.
    """

    kind: ClassVar[str] = "slow-body"
    summary: ClassVar[str] = "the body of an answer comes a few bytes at a time"
    layer: ClassVar[Layer] = "connection"
    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pace": 100}, {"pace": 10, "first": 1}]}
    )

    pace: int = Field(100, ge=1, description="so many bytes a second (wall time)")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"pace"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.pace = min(self.pace, treatment.pace or self.pace)
        return True
