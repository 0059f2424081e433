"""A server that takes fewer operations at a time than it says."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._opcua import ServiceOnly, service_of, tell


class LimitsLowered(ServiceOnly):
    """Refuses OPC UA requests (but Write and Call) with more than `operations` operations, by
    BadTooManyOperations, and tells no more than so many references or values at a time. A right
    counterparty splits what it asks, and goes on where an answer stopped.
    """

    kind: ClassVar[str] = "limits-lowered"
    summary: ClassVar[str] = "fewer operations of an OPC UA request, and shorter answers"
    model_config = ConfigDict(json_schema_extra={"examples": [{"operations": 10}]})

    operations: int = Field(10, ge=1, description="of one request; and parts of one answer")

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        # what acts is judged operation by operation: it has no number of its own
        return service_of(message) not in ("Write", "Call") and super().sees(message, memory)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"service"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        tell(treatment, operations=self.operations)
        return True
