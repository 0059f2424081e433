"""A line break after each segment."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class CarriageReturns(Oddity):
    """Writes CR LF after each segment terminator. A right counterparty reads past it and
    accepts.
    """

    kind: ClassVar[str] = "carriage-returns"
    summary: ClassVar[str] = "a line break after each segment"
