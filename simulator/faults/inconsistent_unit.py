"""Another unit than was ordered."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, Field

from simulator.core.link import Moment
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import TradingDocument


class InconsistentUnit(Content):
    """Writes another unit of measure than the order has, known to both partners; the numbers stay.
    A right counterparty rejects the document by an advice; it never mixes pieces and kilograms.
    """

    kind: ClassVar[str] = "inconsistent-unit"
    summary: ClassVar[str] = "another unit than was ordered"
    documents = (TradingDocument,)

    unit: str | None = Field(None, description="the unit that is written; kg, or pcs for kg")

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return rewritten(said, self._another)

    def _another(self, part: BaseModel) -> dict[str, str]:
        if "unit" not in type(part).model_fields:
            return {}
        was = getattr(part, "unit")  # noqa: B009 - a field of some of the parts
        return {"unit": self.unit or ("pcs" if was == "kg" else "kg")}
