"""A client that takes its primary host for gone."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.faults._session import Oddity


class LostPrimaryHost(Oddity):
    """Lets an edge node believe, from the next message on and for as long as the fault is in force,
    that its primary host has gone: it says its death, disconnects, connects again, and stores what
    it has to say. A right host shows everything of it as stale meanwhile, and files what follows
    the new births as history.
    """

    kind: ClassVar[str] = "lost-primary-host"
    summary: ClassVar[str] = "an edge node believes that its primary host is gone"
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"session", "refuse"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.cut, treatment.cut_side = "refuse", "request"
        return super().treat(treatment, message, moment)
