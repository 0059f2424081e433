"""One attempt to deliver a message: what came of it, and who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.core.link import Treatment
from simulator.core.message import Message


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt. `failure` is empty for a delivery, else a status, `timeout`,
    `connection`, or `request` where the message cannot be sent at all."""

    failure: str = ""
    status: int | None = None
    error: str = ""
    retry_after: float | None = None  # wall seconds the partner asked for


class Client(Protocol):
    """Sends messages to one endpoint's partner."""

    async def send(self, message: Message, body: bytes, treatment: Treatment) -> Attempt:
        """Deliver `body` (the message's, or what a fault left of it) once. Never raises."""

    def identify(self, message: Message) -> None:
        """Give the message the identity that all its attempts and duplicates share."""

    async def close(self) -> None:
        """Close the connections."""
