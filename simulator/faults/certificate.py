"""Certificates that a careful peer refuses."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault, Layer


class Certificate(Fault):
    """Shows a certificate that must not be trusted: for TLS, or as the signer of a message. A right
    counterparty refuses the connection, or answers the message with `authentication-failed`, and
    takes nothing from it.
    """

    kind: ClassVar[str] = "certificate"
    summary: ClassVar[str] = "a certificate must not be trusted"
    layer: ClassVar[Layer] = "connection"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mode": "expired"}, {"mode": "unknown-signer"}]}
    )

    mode: Literal["expired", "not-yet-valid", "wrong-host", "untrusted", "unknown-signer"] = Field(
        description="expired, not-yet-valid: out of its time; wrong-host: issued to another name; "
        "untrusted: by an authority that nobody knows; unknown-signer: messages are signed "
        "with a key that was never exchanged"
    )

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"certificate"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.extra["certificate"] = {"mode": self.mode}
        return True
