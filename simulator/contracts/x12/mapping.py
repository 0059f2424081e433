"""Between transaction sets and trading documents: what a file in `documents/` exports."""

from __future__ import annotations

from typing import ClassVar

from simulator.contracts import _trading
from simulator.contracts.x12.segments import Segment
from simulator.plant.trading.interchange import Standard


class Reading(_trading.Reading):
    """What a transaction set is read with, and what was found wrong with its content."""

    standard: ClassVar[Standard] = "x12"
    element: ClassVar[str] = "AK"


class Mapping(_trading.Mapping[Segment, Reading]):
    """How one kind of document is written as one transaction set, and read from it."""


SETS: _trading.Mappings[Mapping] = _trading.Mappings(
    "simulator.contracts.x12.documents", plugged="x12_documents"
)
mappings, reads, writes = SETS.all, SETS.reads, SETS.writes
