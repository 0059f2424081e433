"""What crosses a link, and the replies to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from simulator.core.document import Document, revive
from simulator.core.durations import Instant

Direction = Literal["in", "out"]


@dataclass(slots=True)
class Request:
    """One wire message as a transport received it (or is to send it).

    `method` and `path` are HTTP's; other transports put there what names their message: a topic,
    a file name, an AS2 recipient. Header names are lower case.
    """

    method: str = ""
    path: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


@dataclass(slots=True)
class Reply:
    """The answer to a request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Message:
    """One thing that crosses a link, from arrival or emission to its outcome.

    `keys` are the business keys that expectations join on (`order`, `lot`, `sscc`, `po` …), each a
    list because one message may carry several.
    """

    endpoint: str  # system.endpoint
    direction: Direction
    request: Request
    operation: str | None = None
    document: str | None = None
    keys: dict[str, list[str]] = field(default_factory=dict)
    seq: int = 0  # its entry in the journal
    copy: int = 0  # 0 the original, 1… duplicates that a fault or a release made
    attempts: int = 0
    extra: dict[str, Any] = field(default_factory=dict)  # what a contract tells its transport
    said: Document | None = None  # what it was written from, where faults may change that
    queued: Instant = 0  # plant time at which it was put on its link

    def save(self) -> dict[str, Any]:
        """The message as JSON-able data."""
        request = self.request
        return {
            "endpoint": self.endpoint,
            "direction": self.direction,
            "request": {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": dict(request.headers),
                "body": base64.b64encode(request.body).decode(),
                "peer": request.peer,
            },
            "operation": self.operation,
            "document": self.document,
            "keys": self.keys,
            "seq": self.seq,
            "copy": self.copy,
            "attempts": self.attempts,
            "extra": self.extra,
            "said": [self.said.document, self.said.text] if self.said is not None else None,
            "queued": self.queued,
        }

    @classmethod
    def restore(cls, saved: dict[str, Any]) -> Message:
        """The inverse of `save`."""
        request = dict(saved["request"])
        request["body"] = base64.b64decode(request["body"])
        said = saved.get("said")
        document = revive(said[0], orjson.loads(said[1])) if said else None
        return cls(**{**saved, "request": Request(**request), "said": document})
