"""An SSCC that an earlier notice announced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from simulator.core.link import Moment
from simulator.core.message import Message
from simulator.faults._edi import Content, rewritten
from simulator.plant.trading import HandlingUnit, Interchange, ShipNotice


class SsccReused(Content):
    """Gives the first pallet or carton of a notice an SSCC of the notice before. The first notice
    that passes is only taken note of. A right counterparty rejects the second notice by an
    advice: an SSCC may not be used again within a year.
    """

    kind: ClassVar[str] = "sscc-reused"
    summary: ClassVar[str] = "an SSCC is used in two notices"
    documents = (ShipNotice,)

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        said = message.said
        if not super().sees(message, memory) or not isinstance(said, Interchange):
            return False
        units = [u.sscc for one in said.documents() if isinstance(one, ShipNotice)
                 for u in one.walk() if u.sscc]  # fmt: skip
        if not units:
            return False
        if said.control != memory.get("control"):  # not merely its next attempt
            memory["used"] = memory.get("last", "")
            memory["control"], memory["last"] = said.control, units[0]
        return bool(memory["used"])

    def rewrite(self, said: ShipNotice, moment: Moment) -> ShipNotice:
        first = next((one.sscc for one in said.walk() if one.sscc), "")
        used = moment.memory["used"]

        def again(part: BaseModel) -> Mapping[str, Any]:
            hit = isinstance(part, HandlingUnit) and part.sscc == first and bool(first)
            return {"sscc": used} if hit else {}

        return rewritten(said, again)
