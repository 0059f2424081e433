"""A code that is not agreed on."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class InvalidCode(Oddity):
    """Writes a code into a data element that its list does not have. A right counterparty
    rejects the message and names segment and element.
    """

    kind: ClassVar[str] = "invalid-code"
    summary: ClassVar[str] = "a code that is not agreed on"
    layer: ClassVar[Layer] = "content"
