"""A date that does not exist."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class InvalidDate(Oddity):
    """Writes a date like 30 February. A right counterparty rejects the message; it does not
    roll the date over.
    """

    kind: ClassVar[str] = "invalid-date"
    summary: ClassVar[str] = "a date that does not exist"
    layer: ClassVar[Layer] = "content"
