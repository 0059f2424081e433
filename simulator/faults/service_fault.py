"""Requests are answered with nothing but a status code."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._opcua import ServiceOnly, tell
from simulator.plant.statuscodes import NotGood


class ServiceFault(ServiceOnly):
    """Answers requests of OPC UA clients with a ServiceFault; nothing is done. A right counterparty
    tries again where the status says that this may help, and goes on with its session.
    """

    kind: ClassVar[str] = "service-fault"
    summary: ClassVar[str] = "OPC UA requests fail with a status code"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"services": ["Read"], "status": "BadTooManyOperations", "probability": 0.3},
                {"services": ["Publish"], "status": "BadServerHalted", "first": 2},
            ]
        }
    )

    status: NotGood = Field("BadInternalError", description="the status code that is answered")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"service"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        tell(treatment, service=self.status)
        return True
