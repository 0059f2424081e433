"""Messages that the broker keeps though nobody should find them later."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.faults._session import Oddity


class RetainedGhost(Oddity):
    """Says a message with the retain flag, so that whoever comes later finds it as if it were true
    now: a ghost. A right host does not believe what is retained, but for the state of hosts. Once
    the fault is lifted, the broker is made to forget it.
    """

    kind: ClassVar[str] = "retained-ghost"
    summary: ClassVar[str] = "the broker keeps a message that it should not"
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"match": {"document": "tag-space"}, "first": 1}]}
    )
