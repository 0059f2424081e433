"""The interchange ends in the middle."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.faults._edi import Oddity


class Truncated(Oddity):
    """Ends the file too early, as an aborted transfer does. A right counterparty refuses the
    interchange: its end is missing. It never processes the part that came.
    """

    kind: ClassVar[str] = "truncated"
    summary: ClassVar[str] = "the interchange ends in the middle"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"fraction": 0.5, "first": 1},
                {"bytes": 90, "match": {"document": "ship-notice"}},
            ]
        }
    )

    bytes: int | None = Field(None, ge=1, description="keep so many bytes")
    fraction: float | None = Field(
        None, gt=0, lt=1, description="keep this share of the bytes; 0.7 unless told"
    )

    @model_validator(mode="after")
    def _one(self) -> Truncated:
        if self.bytes is not None and self.fraction is not None:
            raise ValueError("give either bytes or fraction")
        return self

    def given(self) -> dict[str, Any]:
        return super().given() or {"fraction": 0.7}
