"""A server that is switched off and on."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._opcua import ServiceOnly, tell


class ServerRestart(ServiceOnly):
    """At a request, the OPC UA server goes down and comes up again: every connection is reset,
    sessions and subscriptions are gone, its start time is a new one. What it shows stays, and its
    history. A right counterparty connects again by itself, and subscribes anew.
    """

    kind: ClassVar[str] = "server-restart"
    summary: ClassVar[str] = "the OPC UA server restarts"
    model_config = ConfigDict(json_schema_extra={"examples": [{"first": 1}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"service"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        tell(treatment, restart=True)
        return True
