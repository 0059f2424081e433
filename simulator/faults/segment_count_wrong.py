"""SE01 or UNT miscounts the segments."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.faults._edi import Oddity


class SegmentCountWrong(Oddity):
    """Writes a wrong count of segments into SE01 or UNT 0074. A right counterparty rejects
    that message, and takes its neighbours.
    """

    kind: ClassVar[str] = "segment-count-wrong"
    summary: ClassVar[str] = "SE01 or UNT miscounts the segments"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"by": 1, "match": {"document": "ship-notice"}, "first": 1}]
        }
    )

    by: int = Field(1, description="so many more (or less)")

    @model_validator(mode="after")
    def _off(self) -> SegmentCountWrong:
        if self.by == 0:
            raise ValueError("by 0 the count is right")
        return self
