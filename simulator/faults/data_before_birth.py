"""Data of something that was not born yet."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.core.durations import SECOND, Duration
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._session import SessionFault, introduces


class DataBeforeBirth(SessionFault):
    """Lets data of a device, or of a node, go before its birth. A right host does not use them: it
    asks for a rebirth, or waits for the birth.
    """

    kind: ClassVar[str] = "data-before-birth"
    summary: ClassVar[str] = "data are said before the birth that they need"
    model_config = ConfigDict(json_schema_extra={"examples": [{"of": "device", "first": 1}]})

    of: Literal["device", "node"] = Field("device", description="whose data")
    messages: int = Field(5, ge=1, le=1000, description="how many messages go before the birth")
    patience: Duration = Field(
        5 * SECOND, description="the birth waits for them no longer than this (wall time)"
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"session", "reorder"})

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        space = introduces(message)
        return space is not None and bool(space.device) == (self.of == "device")

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.behind = max(treatment.behind, self.messages)
        treatment.behind_patience = self.patience / SECOND
        return True
