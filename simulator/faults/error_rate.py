"""Some requests fail: answered with an error in the system's stead."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import orjson
from pydantic import ConfigDict, Field, model_validator

from simulator.core.durations import SECOND, Duration
from simulator.core.errors import Refusal
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message, Reply
from simulator.core.ports import Fault
from simulator.core.routes import JSON, problem

Status = Annotated[int, Field(ge=100, le=599)]


class ErrorRate(Fault):
    """Answers the touched share of requests (`probability`, `first`, `every_nth` …) with an
    error; the system never sees them."""

    kind: ClassVar[str] = "error-rate"
    summary: ClassVar[str] = "a share of the requests is answered with an error"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": 500, "probability": 0.2},
                {"statuses": [500, 502, 503], "every_nth": 3},
            ]
        }
    )

    status: Status | None = Field(None, description="the answer's status; 500 by default")
    statuses: list[Status] | None = Field(
        None, min_length=1, description="one of these, each as likely"
    )
    body: dict[str, Any] | list[Any] | str | None = Field(
        None, description="the answer's body: JSON, or text; by default problem details"
    )
    retry_after: Duration | None = Field(
        None, description="wall time for the Retry-After header, in whole seconds"
    )

    @model_validator(mode="after")
    def _one(self) -> ErrorRate:
        if self.status is not None and self.statuses is not None:
            raise ValueError("give either status or statuses")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"answer"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        status = moment.stream.choice(self.statuses) if self.statuses else self.status or 500
        if self.body is None:
            refusal = Refusal("the system failed on purpose", code="injected-error", status=status)
            reply = problem(refusal, message.request.path)
        elif isinstance(self.body, str):
            headers = {"content-type": "text/plain; charset=utf-8"}
            reply = Reply(status, headers, self.body.encode())
        else:
            reply = Reply(status, {"content-type": JSON}, orjson.dumps(self.body))
        if self.retry_after is not None:
            reply.headers["retry-after"] = str(-(-self.retry_after // SECOND))
        treatment.answer = reply
        return True
