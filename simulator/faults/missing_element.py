"""A mandatory element is missing."""

from __future__ import annotations

from typing import ClassVar

from simulator.core.ports import Layer
from simulator.faults._edi import Oddity


class MissingElement(Oddity):
    """Leaves a mandatory data element empty. A right counterparty rejects the message and
    names segment and element.
    """

    kind: ClassVar[str] = "missing-element"
    summary: ClassVar[str] = "a mandatory element is missing"
    layer: ClassVar[Layer] = "content"
