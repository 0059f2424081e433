"""Births that nobody gets to hear."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.core.message import Message
from simulator.faults._session import Oddity, introduces


class MissingBirth(Oddity):
    """Leaves out births of devices, or of nodes; what follows them is said all the same. A right
    host does not guess what the data mean: it asks for a rebirth.
    """

    kind: ClassVar[str] = "missing-birth"
    summary: ClassVar[str] = "births are left out"
    model_config = ConfigDict(json_schema_extra={"examples": [{"of": "device", "first": 1}]})

    of: Literal["device", "node"] = Field("device", description="whose births")

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        space = introduces(message)
        return space is not None and bool(space.device) == (self.of == "device")
