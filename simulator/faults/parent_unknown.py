"""A level of the ship notice hangs in the air."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity
from simulator.plant.trading import Interchange, ShipNotice


class ParentUnknown(Oddity):
    """Lets HL02 or CPS 7166 point to a level that is not there. A right counterparty finds
    out, and refuses the notice by an advice or in its acknowledgement.
    """

    kind: ClassVar[str] = "parent-unknown"
    summary: ClassVar[str] = "a level of the ship notice hangs in the air"
    layer: ClassVar[Layer] = "content"

    def concerns(self, interchange: Interchange) -> bool:
        return any(isinstance(one, ShipNotice) for one in interchange.documents())
