"""Between messages and trading documents: what a file in `documents/` exports."""

from __future__ import annotations

from typing import ClassVar

from simulator.contracts import _trading
from simulator.contracts.edifact.segments import Segment
from simulator.plant.trading.interchange import Standard


class Reading(_trading.Reading):
    """What a message is read with, and what was found wrong with its content."""

    standard: ClassVar[Standard] = "edifact"
    element: ClassVar[str] = "0085"


class Mapping(_trading.Mapping[Segment, Reading]):
    """How one kind of document is written as one type of message, and read from it."""


MESSAGES: _trading.Mappings[Mapping] = _trading.Mappings(
    "simulator.contracts.edifact.documents", plugged="edifact_documents"
)
mappings, reads, writes = MESSAGES.all, MESSAGES.reads, MESSAGES.writes
