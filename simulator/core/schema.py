"""JSON Schemas of models, in the words of those who write what the models read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from simulator.core.durations import DURATION, show_span


class AsWritten(GenerateJsonSchema):
    """Defaults are as users would write them: `45s` is no number, and a quantity is one."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        found = super().default_schema(schema)
        kinds = found.get("anyOf", [found])
        span = found.get("default")
        if isinstance(span, int) and any(one.get("pattern") == DURATION for one in kinds):
            found["default"] = show_span(span)  # it was microseconds
        return found

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Decimal):
            return int(dft) if dft == dft.to_integral_value() else float(dft)
        return super().encode_default(dft)
