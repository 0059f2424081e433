"""GE is missing."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class MissingGroupTrailer(Oddity):
    """Leaves out GE. A right counterparty rejects the group in its 997."""

    kind: ClassVar[str] = "missing-group-trailer"
    summary: ClassVar[str] = "GE is missing"
