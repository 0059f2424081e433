"""What the faults of OPC UA's services share: which requests they mean."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from simulator.core.errors import nearest
from simulator.core.link import Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer

_ACTIONS = {"WRITE": "Write", "CALL": "Call", "ALARM": "Call"}
_SERVICES = frozenset(
    (
        "ActivateSession", "Browse", "BrowseNext", "Call", "Cancel", "CloseSession",
        "CreateMonitoredItems", "CreateSession", "CreateSubscription", "DeleteMonitoredItems",
        "DeleteSubscriptions", "FindServers", "GetEndpoints", "HistoryRead",
        "ModifyMonitoredItems", "ModifySubscription", "OpenSecureChannel", "Publish", "Read",
        "RegisterNodes", "Republish", "SetMonitoringMode", "SetPublishingMode", "SetTriggering",
        "TransferSubscriptions", "TranslateBrowsePathsToNodeIds", "UnregisterNodes", "Write",
    )
)  # fmt: skip


def _known(name: str) -> str:
    if name not in _SERVICES:
        raise ValueError(f"no service of OPC UA: {nearest(name, _SERVICES)}")
    return name


Service = Annotated[str, AfterValidator(_known)]
"""A service's name (part 4, 5)."""


def service_of(message: Message) -> str:
    """The service that a request asks for: Read, Publish, Call …"""
    return _ACTIONS.get(message.request.method, message.request.method)


def tell(treatment: Treatment, **what: Any) -> None:
    """Tell a server of OPC UA what only it can do."""
    treatment.extra.setdefault("opcua", {}).update(what)


class ServiceOnly(Fault):
    """A fault of requests to a server of OPC UA."""

    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    layer: ClassVar[Layer] = "message"

    services: list[Service] | None = Field(
        None, min_length=1, description="which requests: Read, Browse, Publish, Write … else all"
    )

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        return self.services is None or service_of(message) in self.services
