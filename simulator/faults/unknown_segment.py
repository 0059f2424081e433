"""A segment that does not belong there."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class UnknownSegment(Oddity):
    """Puts a segment into a message that its guide does not have. A right counterparty rejects
    the message and names the segment.
    """

    kind: ClassVar[str] = "unknown-segment"
    summary: ClassVar[str] = "a segment that does not belong there"
    layer: ClassVar[Layer] = "content"
