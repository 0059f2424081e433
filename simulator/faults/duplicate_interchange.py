"""The same interchange comes twice, under the same control number."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.durations import Duration
from simulator.core.link import Further, Moment, Treatment
from simulator.faults._edi import EdiFault, only_answers
from simulator.plant.trading import Interchange


class DuplicateInterchange(EdiFault):
    """Sends the interchange again, byte for byte, as a partner who missed a receipt does. A right
    counterparty refuses the second as a duplicate, and uses the first once.
    """

    kind: ClassVar[str] = "duplicate-interchange"
    summary: ClassVar[str] = "an interchange comes again under its control number"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 1}, {"later": "1h", "probability": 0.1}]}
    )

    later: Duration = Field(0, description="how long after the first (plant time)")

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        owes = [] if only_answers(interchange) else list(self.owing)
        treatment.also.append(Further(interchange, owes, moment.now + self.later))
        return interchange
