"""The hash total is wrong."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class HashTotalWrong(Oddity):
    """Writes a wrong sum of quantities into CTT02 or CNT. A right counterparty says so, by an
    advice or in its acknowledgement.
    """

    kind: ClassVar[str] = "hash-total-wrong"
    summary: ClassVar[str] = "the hash total is wrong"
    layer: ClassVar[Layer] = "content"

    by: int = Field(1, description="so many more (or less)")

    @model_validator(mode="after")
    def _off(self) -> HashTotalWrong:
        if self.by == 0:
            raise ValueError("by 0 the count is right")
        return self
