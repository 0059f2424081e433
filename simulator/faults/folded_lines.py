"""Lines are folded at a fixed column."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.faults._edi import Oddity


class FoldedLines(Oddity):
    """Breaks the bytes into lines of `width`, in the middle of segments, as mainframe files
    are. A right counterparty reads past the breaks and accepts.
    """

    kind: ClassVar[str] = "folded-lines"
    summary: ClassVar[str] = "lines are folded at a fixed column"
    model_config = ConfigDict(json_schema_extra={"examples": [{"width": 80}]})

    width: int = Field(80, ge=2, le=10_000, description="characters in a line")
