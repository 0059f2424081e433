"""A server in chaos, as OPC-PLC's `--chaos` has it; but by the seed, and on one endpoint."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._opcua import ServiceOnly, service_of, tell

_STATUSES = (
    "BadInternalError", "BadTimeout", "BadCommunicationError", "BadResourceUnavailable",
    "BadServerHalted", "BadTooManyOperations", "BadUserAccessDenied", "BadNoSubscription",
)  # fmt: skip


class OpcChaos(ServiceOnly):
    """Now and then closes a session, loses the subscriptions of one, or fails a request, each with
    its own chance. A right counterparty comes through it all without a person's help.
    """

    kind: ClassVar[str] = "opc-chaos"
    summary: ClassVar[str] = "sessions and subscriptions lost, and services failing, at random"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"closed": 0, "failing": 0.2, "services": ["Read"]}]}
    )

    closed: float = Field(0.01, ge=0, le=1, description="chance that a request ends its session")
    lost: float = Field(
        0.02, ge=0, le=1, description="chance that a Publish request loses the subscriptions"
    )
    failing: float = Field(0.05, ge=0, le=1, description="chance that a request fails")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"service", "subscription"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        draw = moment.stream.uniform()
        if draw < self.closed:
            tell(treatment, session="closed")
        elif draw < self.closed + self.lost and service_of(message) == "Publish":
            tell(treatment, subscription="BadTimeout")
        elif draw < self.closed + self.lost + self.failing:
            tell(treatment, service=moment.stream.choice(list(_STATUSES)))
        else:
            return False
        return True
