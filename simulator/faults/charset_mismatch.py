"""Characters outside the agreed character set."""

from __future__ import annotations

from typing import ClassVar

from simulator.faults._edi import Oddity


class CharsetMismatch(Oddity):
    """Writes characters that the character set agreed on (and named in UNB) does not have. A
    right counterparty refuses and says so.
    """

    kind: ClassVar[str] = "charset-mismatch"
    summary: ClassVar[str] = "characters outside the agreed character set"
