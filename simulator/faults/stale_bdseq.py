"""Births that belong to another connection, as far as their number says."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simulator.core.message import Message
from simulator.faults._session import Oddity, introduces


class StaleBdseq(Oddity):
    """Writes the number (`bdSeq`) of an earlier connection into the birth of a node, so that the
    death that the broker says later does not fit it. A right host takes such a death for one of
    another session, and notices at the next birth.
    """

    kind: ClassVar[str] = "stale-bdseq"
    summary: ClassVar[str] = "a birth carries the bdSeq of another connection"
    model_config = ConfigDict(json_schema_extra={"examples": [{"first": 1}, {"by": 3}]})

    by: int = Field(1, ge=1, le=255, description="how many connections ago")

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        space = introduces(message)
        return space is not None and not space.device

    def given(self) -> dict[str, Any]:
        return {"by": self.by}
