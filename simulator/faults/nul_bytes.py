"""NUL bytes in the data."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class NulBytes(Oddity):
    """Puts NUL bytes into the data, as C programs and padded records leave them. A right
    counterparty refuses: no character set of EDI has them.
    """

    kind: ClassVar[str] = "nul-bytes"
    summary: ClassVar[str] = "NUL bytes in the data"
