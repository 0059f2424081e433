"""Several interchanges in one file."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field

from simulator.faults._edi import Oddity


class Concatenated(Oddity):
    """Sends the interchange several times in one file, each under a control number of its own.
    A right counterparty reads all of them and acknowledges each.
    """

    kind: ClassVar[str] = "concatenated"
    summary: ClassVar[str] = "several interchanges in one file"
    model_config = ConfigDict(json_schema_extra={"examples": [{"interchanges": 3, "first": 1}]})

    interchanges: int = Field(2, ge=2, le=100, description="how many interchanges there are")
