"""A mandatory segment is missing."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class MissingSegment(Oddity):
    """Leaves out a segment that the guide demands. A right counterparty rejects the message
    and names the segment.
    """

    kind: ClassVar[str] = "missing-segment"
    summary: ClassVar[str] = "a mandatory segment is missing"
    layer: ClassVar[Layer] = "content"
