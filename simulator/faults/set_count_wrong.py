"""GE01 miscounts the transaction sets."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from simulator.faults._edi import Oddity


class SetCountWrong(Oddity):
    """Writes a wrong count into GE01. A right counterparty rejects the group in its 997."""

    kind: ClassVar[str] = "set-count-wrong"
    summary: ClassVar[str] = "GE01 miscounts the transaction sets"

    by: int = Field(1, description="so many more (or less)")

    @model_validator(mode="after")
    def _off(self) -> SetCountWrong:
        if self.by == 0:
            raise ValueError("by 0 the count is right")
        return self
