"""A line feed is the segment terminator."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class NewlineTerminator(Oddity):
    """Ends each segment with LF in place of the usual terminator, which ISA announces in byte
    106 and UNA in byte 9. A right counterparty takes the terminator from there and accepts.
    """

    kind: ClassVar[str] = "newline-terminator"
    summary: ClassVar[str] = "a line feed is the segment terminator"
