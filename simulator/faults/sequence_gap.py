"""Numbers of messages that are left out."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simulator.core.message import Message
from simulator.faults._session import Oddity, tells


class SequenceGap(Oddity):
    """Leaves out numbers (`seq`) before a message, as if others had been lost. A right host asks
    for a rebirth, once it has waited for those that are missing.
    """

    kind: ClassVar[str] = "sequence-gap"
    summary: ClassVar[str] = "sequence numbers are left out"
    model_config = ConfigDict(json_schema_extra={"examples": [{"first": 1}, {"by": 7}]})

    by: int = Field(1, ge=1, le=255, description="how many numbers are left out")

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        return tells(message)

    def given(self) -> dict[str, Any]:
        return {"by": self.by}
