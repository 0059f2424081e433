"""A delimiter stands in the data."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.faults._edi import Oddity


class DelimiterInData(Oddity):
    """Writes a delimiter into a text, unescaped. The segment falls apart in another place than
    the writer meant; a right counterparty finds that it no longer fits, and rejects the
    message.
    """

    kind: ClassVar[str] = "delimiter-in-data"
    summary: ClassVar[str] = "a delimiter stands in the data"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"delimiter": "element", "first": 1}, {"delimiter": "segment", "first": 1}]
        }
    )

    delimiter: Literal["element", "component", "segment"] = Field(
        "element", description="which one"
    )
