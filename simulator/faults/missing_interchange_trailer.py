"""IEA or UNZ is missing."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class MissingInterchangeTrailer(Oddity):
    """Leaves out the last segment. A right counterparty refuses the whole interchange, since
    nothing says that it is complete.
    """

    kind: ClassVar[str] = "missing-interchange-trailer"
    summary: ClassVar[str] = "IEA or UNZ is missing"
