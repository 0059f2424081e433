"""Files that are seen too early, or cannot be had."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.core.durations import SECOND, Duration
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault, Layer

_REFUSED = ("unreadable", "denied", "disk-full")


class File(Fault):
    """Plays the tricks of file exchanges. Outbound, a file that the integration is to fetch appears
    under a temporary name, in parts, with a lock beside it, with times that jump, or cannot be
    read yet: a right counterparty takes it once, whole, when it is ready. Inbound, a file is
    refused (unreadable, denied, disk-full): a right counterparty puts it there again.
    """

    kind: ClassVar[str] = "file"
    summary: ClassVar[str] = "files are seen too early, or cannot be had"
    layer: ClassVar[Layer] = "file"
    owing = ("file-not-whole", "file-refused")
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"mode": "partial", "delay": "5s"}, {"mode": "denied", "first": 1}]
        }
    )

    mode: Literal[
        "temporary-name", "partial", "lock-file", "mtime-jump", "unreadable", "denied", "disk-full"
    ] = Field(
        description="temporary-name: written as .tmp, then renamed; partial: its first half is "
        "seen for a while; lock-file: .lck beside it until it may be taken; mtime-jump: its time "
        "of change jumps; unreadable: listed, and not to be opened; denied: no permission; "
        "disk-full: no room to write"
    )
    delay: Duration = Field(5 * SECOND, description="how long until all is well again (wall time)")

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"file"})

    def sees(self, message: Message, memory: dict[str, object]) -> bool:
        return message.direction == "out" or self.mode in _REFUSED

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        treatment.extra["file"] = {"mode": self.mode, "delay": self.delay / SECOND}
        out = message.direction == "out"
        treatment.owes.append("file-not-whole" if out else "file-refused")
        return True
