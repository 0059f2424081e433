"""Leading zeros are lost on the way."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.link import Moment
from simulator.faults._edi import ANSWERS, Content, rewritten
from simulator.plant.trading import Interchange, TradingDocument

_FIELDS = {
    "item": ("item", "supplier_item", "gtin"),
    "order": ("po", "order"),
    "line": ("line", "po_line"),
    "lot": ("lot",),
    "sscc": ("sscc",),
}
_OWED = {"item": "unknown-item", "order": "unknown-order", "sscc": "sscc-check-digit"}


class LostLeadingZeros(Content):
    """Strips the leading zeros from numbers, as spreadsheets do: 000123 becomes 123. What has none
    stays as it is. Identifiers are text: a right counterparty finds no such item or order, and
    rejects the document by an advice; nothing is owed for lines and lots.
    """

    kind: ClassVar[str] = "lost-leading-zeros"
    summary: ClassVar[str] = "leading zeros are lost"
    owing = tuple(_OWED.values())
    documents = (TradingDocument,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"of": "order"}, {"of": "lot"}]})

    of: Literal["item", "order", "line", "lot", "sscc"] = Field(
        "item", description="the numbers that lose them"
    )

    def rewrite(self, said: TradingDocument, moment: Moment) -> TradingDocument:
        return said if isinstance(said, ANSWERS) else rewritten(said, self._stripped)

    def owes(self, interchange: Interchange) -> tuple[str, ...]:
        return (_OWED[self.of],) if self.of in _OWED else ()

    def _stripped(self, part: BaseModel) -> dict[str, str]:
        given = {name: getattr(part, name, None) for name in _FIELDS[self.of]}
        return {
            name: value.lstrip("0") or "0"
            for name, value in given.items()
            if isinstance(value, str) and value
        }
