"""ISA is not 106 characters wide."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.faults._edi import Oddity


class InterchangeHeaderWidth(Oddity):
    """Makes one field of ISA too short or too long. A right counterparty refuses the
    interchange with a TA1; one that only splits at separators does not see it.
    """

    kind: ClassVar[str] = "interchange-header-width"
    summary: ClassVar[str] = "ISA is not 106 characters wide"
    model_config = ConfigDict(json_schema_extra={"examples": [{"by": -1, "first": 1}]})

    by: int = Field(-1, ge=-10, le=10, description="so many characters more (or less)")

    @model_validator(mode="after")
    def _moves(self) -> InterchangeHeaderWidth:
        if self.by == 0:
            raise ValueError("by 0 characters is the right width")
        return self
