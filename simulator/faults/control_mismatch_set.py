"""ST02 and SE02, or UNH and UNT, differ."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class ControlMismatchSet(Oddity):
    """Writes another reference number into the trailer of a message than into its header. A
    right counterparty rejects that message, and takes its neighbours.
    """

    kind: ClassVar[str] = "control-mismatch-set"
    summary: ClassVar[str] = "ST02 and SE02, or UNH and UNT, differ"
