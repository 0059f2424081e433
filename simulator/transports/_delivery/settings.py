"""When, how often and how patiently a delivery is tried. Everything here is wall time."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from simulator.core.chance import Stream
from simulator.core.durations import MINUTE, SECOND, Duration
from simulator.core.ports import Strict

_WHEN = re.compile(r"timeout|connection|[1-5]xx|[1-5]\d\d")
When = Annotated[str, BeforeValidator(str)]  # 429 is a number in YAML


class Retry(Strict):
    """When, how often and how patiently a failed delivery is tried again. All wall time."""

    attempts: int = Field(5, ge=1, le=1000, description="how often in all, the first included")
    first: Duration = Field(1 * SECOND, description="the wait after the first failure (wall time)")
    factor: float = Field(2.0, ge=1, description="each further wait is so many times as long")
    max: Duration = Field(1 * MINUTE, description="no wait is longer (wall time)")
    jitter: float = Field(0.0, ge=0, le=1, description="shortens each wait by up to this share")
    on: list[When] = Field(
        ["5xx", "429", "timeout", "connection"],
        description="what is worth another try: statuses, 5xx, timeout, connection",
    )
    retry_after: bool = Field(
        True, description="wait as long as the partner's Retry-After says, up to `max`"
    )

    @field_validator("on")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        for one in value:
            if not _WHEN.fullmatch(one):
                raise ValueError(f"{one!r}: a status like 429 or 5xx, timeout or connection")
        return value

    def again(self, failure: str) -> bool:
        """Is a failure (a status, `timeout` or `connection`) worth another try?"""
        return failure in self.on or (failure.isdigit() and f"{failure[0]}xx" in self.on)

    def wait(self, attempts: int, stream: Stream, asked: float | None = None) -> float:
        """Wall seconds to wait after so many failed attempts.

        `asked` is what the partner's Retry-After said, in seconds.
        """
        longest = self.max / SECOND
        # a thousand doublings overflow a float: stop growing where the limit is reached
        wait = self.first / SECOND
        for _ in range(attempts - 1):
            if wait >= longest or self.factor == 1:
                break
            wait *= self.factor
        wait = min(wait, longest)
        if self.jitter:
            wait *= 1 - self.jitter * stream.uniform()
        if asked is not None and self.retry_after:
            wait = min(max(wait, asked), longest)
        return wait


class Delivery(Strict):
    """What every transport that delivers lets an endpoint set."""

    timeout: Duration = Field(
        10 * SECOND, gt=0, description="how long to wait for an answer (wall time)"
    )
    concurrency: int = Field(
        1, ge=1, le=1000, description="how many deliveries at a time; 1 keeps the order"
    )
    ordered: bool = Field(
        True,
        description="a failing message blocks those behind it; if false, it is retried aside",
    )
    retry: Retry = Field(default_factory=Retry, description="when and how often to try again")

    @model_validator(mode="after")
    def _order(self) -> Delivery:
        if self.concurrency > 1 and self.ordered and "ordered" in self.model_fields_set:
            raise ValueError("ordered: true needs concurrency 1")
        return self


class Posting(Delivery):
    """What every transport that posts to a receiver's URL lets an endpoint set."""

    headers: dict[str, str] = Field(
        default_factory=dict, description="sent with each message; ${NAME} is filled in"
    )
    proxy: str | None = Field(None, description="an HTTP proxy's URL; none is taken by itself")
    verify_tls: bool = Field(True, description="check the receiver's certificate")
