"""A document names an item that does not exist."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import ANSWERS, Content, rewritten
from simulator.plant.trading import TradingDocument


class UnknownItem(Content):
    """Puts an item number into every line of a document that is in nobody's master data. A right
    counterparty rejects the document by an advice.
    """

    kind: ClassVar[str] = "unknown-item"
    summary: ClassVar[str] = "there is no such item"
    documents = (TradingDocument,)
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"item": "NO-SUCH-ITEM", "match": {"document": "purchase-order"}, "first": 1}
            ]
        }
    )

    item: str = Field("NO-SUCH-ITEM", min_length=1, max_length=35, description="its number")

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return said if isinstance(said, ANSWERS) else rewritten(said, self._strange)

    def _strange(self, part: BaseModel) -> dict[str, str]:
        names = ("item", "supplier_item", "gtin")
        if not getattr(part, "item", ""):
            return {}
        return {
            name: "" if name == "gtin" else self.item for name in names if getattr(part, name, "")
        }
