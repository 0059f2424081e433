"""The system takes only so much: 429 with Retry-After beyond a rate or a quota."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.core.durations import SECOND, Duration
from simulator.core.errors import Refusal
from simulator.core.link import Moment, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault, Layer, Strict
from simulator.core.rates import Rate
from simulator.core.routes import problem


class Quota(Strict):
    """So many requests in each window; the first request opens the window."""

    limit: int = Field(ge=0, description="requests let through in a window")
    per: Duration = Field(gt=0, description="the window's length (wall time)")


class Throttle(Fault):
    """Lets a rate (`limit`, a token bucket) or a `quota` through and answers the rest with 429.
    It counts the selected messages of one link; its count is saved with the plant."""

    kind: ClassVar[str] = "throttle"
    summary: ClassVar[str] = "requests beyond a rate or quota are answered 429"
    layer: ClassVar[Layer] = "connection"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"limit": "5/s", "burst": 10}, {"quota": {"limit": 1000, "per": "1h"}}]
        }
    )

    limit: Rate | None = Field(None, description="requests let through, per wall time: 5/s")
    burst: int | None = Field(
        None, ge=1, description="how many may come at once; by default one second's worth"
    )
    quota: Quota | None = Field(None, description="so many in each window")
    status: int = Field(429, ge=400, le=599, description="the status of the refusal")

    @model_validator(mode="after")
    def _one(self) -> Throttle:
        if (self.limit is None) == (self.quota is None):
            raise ValueError("give either limit or quota")
        if self.burst is not None and self.limit is None:
            raise ValueError("burst goes with limit")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"answer"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        wait = self._bucket(moment) if self.quota is None else self._window(self.quota, moment)
        if wait <= 0:
            return False
        refusal = Refusal("too many requests", code="too-many-requests", status=self.status)
        reply = problem(refusal, message.request.path)
        reply.headers["retry-after"] = str(max(math.ceil(wait), 1))
        treatment.answer = reply
        return True

    def _bucket(self, moment: Moment) -> float:
        """Take a token; the wall seconds until there is one, 0 where one was taken."""
        assert self.limit is not None
        most = float(self.burst or max(1, round(self.limit)))
        memory = moment.memory
        last = memory.get("at", moment.wall_since)
        # wall seconds start anew when a saved plant is restored elsewhere: never go backwards
        gone = max(moment.wall - last, 0.0)
        tokens = min(memory.get("tokens", most) + gone * self.limit, most)
        memory["at"] = moment.wall
        wait = 0.0 if tokens >= 1 - 1e-9 else (1 - tokens) / self.limit
        memory["tokens"] = tokens if wait else max(tokens - 1, 0.0)
        return wait

    def _window(self, quota: Quota, moment: Moment) -> float:
        memory = moment.memory
        opened, length = memory.get("opened"), quota.per / SECOND
        if opened is None or not opened <= moment.wall < opened + length:
            memory["opened"] = opened = moment.wall
            memory["count"] = 0
        if memory["count"] < quota.limit:
            memory["count"] += 1
            return 0.0
        return float(opened + length - moment.wall)
