"""Bodies end too early."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault


class Truncate(Fault):
    """Cuts a body short. An answer announces its full length and the connection closes early; an
    outbound document is delivered as if it were whole."""

    kind: ClassVar[str] = "truncate"
    summary: ClassVar[str] = "bodies end too early"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fraction": 0.5}, {"bytes": 10, "probability": 0.3}]}
    )

    bytes: int | None = Field(None, ge=0, description="keep so many bytes")
    fraction: float | None = Field(None, ge=0, lt=1, description="keep this share of the bytes")

    @model_validator(mode="after")
    def _one(self) -> Truncate:
        if (self.bytes is None) == (self.fraction is None):
            raise ValueError("give either bytes or fraction")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"truncate"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.keep_bytes, treatment.keep_fraction = self.bytes, self.fraction
        return True
