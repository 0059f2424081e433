"""A server loses subscriptions."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault
from simulator.faults._opcua import service_of, tell
from simulator.plant.statuscodes import NotGood


class SubscriptionsLost(Fault):
    """Ends the subscriptions of the client that publishes: it is told so once, by a StatusChange,
    and then they are gone. A right counterparty subscribes anew, and reads what it missed.
    """

    kind: ClassVar[str] = "subscriptions-lost"
    summary: ClassVar[str] = "the server loses a client's subscriptions"
    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    model_config = ConfigDict(json_schema_extra={"examples": [{"first": 1}]})

    status: NotGood = Field("BadTimeout", description="what the client is told")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"subscription"})

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        return service_of(message) == "Publish"

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        tell(treatment, subscription=self.status)
        return True
