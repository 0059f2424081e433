"""SE or UNT is missing."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class MissingSetTrailer(Oddity):
    """Leaves out SE or UNT. A right counterparty rejects that message."""

    kind: ClassVar[str] = "missing-set-trailer"
    summary: ClassVar[str] = "SE or UNT is missing"
