"""No broker to speak with."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._session import SessionFault


class BrokerAway(SessionFault):
    """The broker is out of reach: connections break without a word, and nobody gets a new one until
    the fault is lifted. What is said meanwhile is stored, and follows the new births as history. A
    broker of the plant's own goes away as a whole, for its other clients too.
    """

    kind: ClassVar[str] = "broker-away"
    summary: ClassVar[str] = "the broker cannot be reached"
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"session", "refuse"})

    @property
    def closes_listener(self) -> bool:
        return True

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.cut, treatment.cut_side = "refuse", "request"
        return True
