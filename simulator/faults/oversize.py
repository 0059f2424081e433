"""A huge interchange."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.faults._edi import Oddity


class Oversize(Oddity):
    """Blows the interchange up to at least so many bytes. A right counterparty keeps its
    memory bounded: it accepts, or refuses by a limit that it names.
    """

    kind: ClassVar[str] = "oversize"
    summary: ClassVar[str] = "a huge interchange"
    model_config = ConfigDict(json_schema_extra={"examples": [{"bytes": 1000000, "first": 1}]})

    bytes: int = Field(10_000_000, ge=1000, le=1_000_000_000, description="at least so long")
