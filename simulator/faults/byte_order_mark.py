"""A UTF-8 byte order mark comes first."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class ByteOrderMark(Oddity):
    """Puts EF BB BF before ISA, UNA or UNB, as editors on Windows do. A right counterparty
    reads past it and accepts.
    """

    kind: ClassVar[str] = "byte-order-mark"
    summary: ClassVar[str] = "a UTF-8 byte order mark comes first"
