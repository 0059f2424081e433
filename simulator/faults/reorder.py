"""Messages overtake each other."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import SECOND, Duration
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault


class Reorder(Fault):
    """Lets later messages of the link go before the touched one."""

    kind: ClassVar[str] = "reorder"
    summary: ClassVar[str] = "messages are overtaken by later ones"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"by": 1, "every_nth": 2}, {"by": 3, "patience": "5s"}]}
    )

    by: int = Field(1, ge=1, le=10_000, description="how many later messages go first")
    patience: Duration = Field(
        2 * SECOND, description="it waits for them no longer than this (wall time)"
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"reorder"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.behind = max(treatment.behind, self.by)
        treatment.behind_patience = self.patience / SECOND
        return True
