"""What the faults of sessions share: breaches of the rules of births, numbers and deaths.

The contract of the endpoint knows how to make each (`Contract.oddities`); its session does so when
the message leaves.
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer
from simulator.plant.tags import AlarmChange, TagChange, TagSpace


class SessionFault(Fault):
    """A fault of what a client says during one connection."""

    layer: ClassVar[Layer] = "session"
    directions: ClassVar[tuple[Direction, ...]] = ("out",)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"session"})


class Oddity(SessionFault):
    """A breach that is made when the message leaves."""

    @property
    def writes(self) -> frozenset[str]:
        return frozenset({self.kind})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.extra.setdefault("oddities", {})[self.kind] = self.given()
        return True

    def given(self) -> dict[str, Any]:
        """What the session needs to know to make it."""
        return {}


def introduces(message: Message) -> TagSpace | None:
    """What a message introduces, where it does."""
    return message.said if isinstance(message.said, TagSpace) else None


def tells(message: Message) -> bool:
    """Is it about something that was introduced before?"""
    return isinstance(message.said, TagChange | AlarmChange)
