"""An acknowledgement takes one part and refuses another."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment
from simulator.core.ports import Layer
from simulator.faults._edi import Content, changed
from simulator.plant.trading import FunctionalAcknowledgement


class PartialAcknowledgement(Content):
    """Accepts a group partially (AK9 P, or CONTRL with UCM) and rejects its last message. Where it
    has only one, the group says partially and the message rejected, as sloppy partners do. A
    right counterparty sends the rejected document again under new numbers, and acknowledges
    nothing: an acknowledgement is never acknowledged.
    """

    kind: ClassVar[str] = "partial-acknowledgement"
    summary: ClassVar[str] = "an acknowledgement accepts only a part"
    layer: ClassVar[Layer] = "flow"
    documents = (FunctionalAcknowledgement,)
    model_config = ConfigDict(json_schema_extra={"examples": [{"first": 1}]})

    def rewrite(self, said: FunctionalAcknowledgement, moment: Moment) -> FunctionalAcknowledgement:
        if not said.sets:
            return said
        last = changed(said.sets[-1], verdict="rejected")
        sets = [*said.sets[:-1], last]
        accepted = sum(one.verdict != "rejected" for one in sets)
        return changed(said, verdict="partially-accepted", sets=sets, accepted=accepted)
