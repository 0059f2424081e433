"""The system is not there: connections refused, reset or hanging, or an error page for all."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import orjson
from pydantic import ConfigDict, Field, model_validator

from simulator.core.durations import SECOND, Duration
from simulator.core.errors import Refusal
from simulator.core.link import Cut, Moment, Treatment
from simulator.core.message import Message, Reply
from simulator.core.ports import Fault, Layer
from simulator.core.routes import JSON, problem

_PAGE = (
    b"<!doctype html><html><head><title>Maintenance</title></head>"
    b"<body><h1>Down for maintenance</h1><p>Please come back later.</p></body></html>\n"
)
_CUTS: dict[str, Cut] = {"refuse": "refuse", "reset": "reset", "hang": "hang", "close": "close"}


class Outage(Fault):
    """Every selected message meets a system that is down, in one of six ways."""

    kind: ClassVar[str] = "outage"
    summary: ClassVar[str] = "the system is down"
    layer: ClassVar[Layer] = "connection"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"mode": "refuse"},
                {"mode": "status", "status": 503, "retry_after": "30s"},
            ]
        }
    )

    mode: Literal["refuse", "reset", "hang", "close", "status", "maintenance"] = Field(
        "status",
        description="refuse: connections are refused (needs a port of its own); reset: TCP reset; "
        "hang: never answered; close: closed without an answer; status: an error answer; "
        "maintenance: 503 with an HTML page, as a reverse proxy shows",
    )
    status: int = Field(503, ge=100, le=599, description="the answer's status, in mode status")
    body: dict[str, Any] | list[Any] | str | None = Field(
        None, description="the answer's body: JSON, or text; by default problem details"
    )
    retry_after: Duration | None = Field(
        None, description="wall time for the Retry-After header, in whole seconds"
    )

    @model_validator(mode="after")
    def _fits(self) -> Outage:
        allowed = {"status": {"status", "body", "retry_after"}, "maintenance": {"body"}}
        allowed["maintenance"] |= {"retry_after"}
        for name in ("status", "body", "retry_after"):
            if name in self.model_fields_set and name not in allowed.get(self.mode, set()):
                raise ValueError(f"{name!r} means nothing in mode {self.mode!r}: leave it out")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({_CUTS.get(self.mode, "answer")})

    @property
    def closes_listener(self) -> bool:
        return self.mode == "refuse"

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        cut = _CUTS.get(self.mode)
        if cut is not None:
            treatment.cut, treatment.cut_side = cut, "request"
        else:
            treatment.answer = self._answer(message)
        return True

    def _answer(self, message: Message) -> Reply:
        if self.body is not None:
            plain = isinstance(self.body, str)
            kind = "text/plain; charset=utf-8" if plain else JSON
            if plain and self.mode == "maintenance":
                kind = "text/html; charset=utf-8"
            raw = self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)
            reply = Reply(self.status, {"content-type": kind}, raw)
        elif self.mode == "maintenance":
            reply = Reply(503, {"content-type": "text/html; charset=utf-8"}, _PAGE)
        else:
            refusal = Refusal("the system is down", code="outage", status=self.status)
            reply = problem(refusal, message.request.path)
        if self.retry_after is not None:
            reply.headers["retry-after"] = str(-(-self.retry_after // SECOND))
        return reply
