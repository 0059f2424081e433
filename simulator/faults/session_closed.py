"""A server closes sessions."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._opcua import ServiceOnly, tell


class SessionClosed(ServiceOnly):
    """Ends the session of the client that asks, with its subscriptions: this request and those that
    follow are answered with BadSessionIdInvalid. A right counterparty makes a new session, and
    subscribes anew; what it missed, it reads.
    """

    kind: ClassVar[str] = "session-closed"
    summary: ClassVar[str] = "the server closes a client's session"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 1}, {"services": ["Publish"], "every_nth": 100}]}
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"service"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        tell(treatment, session="closed")
        return True
