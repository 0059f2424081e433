"""A unit of measure that nobody agreed on."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import TradingDocument


class UnknownUnit(Content):
    """Writes a unit of measure that is not on the partners' list. A right counterparty rejects the
    document, by an advice or already in its acknowledgement; it never takes the number as pieces.
    """

    kind: ClassVar[str] = "unknown-unit"
    summary: ClassVar[str] = "a unit that is not agreed on"
    documents = (TradingDocument,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"unit": "xx", "first": 1}]})

    unit: str = Field("xx", min_length=2, max_length=3, description="the unit that is written")

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return rewritten(said, self._strange)

    def _strange(self, part: BaseModel) -> dict[str, str]:
        return {"unit": self.unit} if "unit" in type(part).model_fields else {}
