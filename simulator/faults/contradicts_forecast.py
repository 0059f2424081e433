"""A call-off that the forecast does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.core.ports import Layer
from simulator.faults._edi import Content, changed, rewritten
from simulator.plant.trading import CallOff, ScheduleLine


class ContradictsForecast(Content):
    """Calls off a multiple of what was forecast (862 against 830, DELJIT against DELFOR). A right
    counterparty answers by an advice that the call-off is not covered.
    """

    kind: ClassVar[str] = "contradicts-forecast"
    summary: ClassVar[str] = "the call-off is not covered by the forecast"
    layer: ClassVar[Layer] = "flow"
    documents = (CallOff,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"factor": 3, "first": 1}]})

    factor: int = Field(3, ge=2, le=1000, description="so many times the quantity")

    def rewrite(self, said: CallOff, moment: Moment) -> CallOff:
        return rewritten(said, self._more)

    def _more(self, part: BaseModel) -> Mapping[str, Any]:
        if not isinstance(part, ScheduleLine):
            return {}
        demands, added = [], Decimal(0)
        for one in part.demands:
            quantity = one.quantity * self.factor
            added += quantity - one.quantity
            counted = None if one.cumulative is None else one.cumulative + added
            demands.append(changed(one, quantity=quantity, cumulative=counted))
        return {"demands": demands}
