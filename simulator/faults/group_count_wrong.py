"""The trailer miscounts groups or messages."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from simulator.faults._edi import Oddity


class GroupCountWrong(Oddity):
    """Writes a wrong count into IEA01 or UNZ 0036. A right counterparty refuses the
    interchange: something may be missing.
    """

    kind: ClassVar[str] = "group-count-wrong"
    summary: ClassVar[str] = "the trailer miscounts groups or messages"

    by: int = Field(1, description="so many more (or less)")

    @model_validator(mode="after")
    def _off(self) -> GroupCountWrong:
        if self.by == 0:
            raise ValueError("by 0 the count is right")
        return self
