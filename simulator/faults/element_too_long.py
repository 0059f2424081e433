"""An element is too long."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class ElementTooLong(Oddity):
    """Writes more characters into a data element than it may have. A right counterparty
    rejects the message and names segment and element; it does not cut the value off.
    """

    kind: ClassVar[str] = "element-too-long"
    summary: ClassVar[str] = "an element is too long"
    layer: ClassVar[Layer] = "content"
