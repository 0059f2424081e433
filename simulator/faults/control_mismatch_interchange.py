"""The control numbers of header and trailer differ."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class ControlMismatchInterchange(Oddity):
    """Writes another control number into IEA02 or UNZ 0020 than into ISA13 or UNB 0020. A
    right counterparty refuses the interchange.
    """

    kind: ClassVar[str] = "control-mismatch-interchange"
    summary: ClassVar[str] = "the control numbers of header and trailer differ"
