"""GS06 and GE02 differ."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class ControlMismatchGroup(Oddity):
    """Writes another control number into GE02 than into GS06. A right counterparty rejects the
    group in its 997.
    """

    kind: ClassVar[str] = "control-mismatch-group"
    summary: ClassVar[str] = "GS06 and GE02 differ"
