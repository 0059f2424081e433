"""The wire is slow: a delay on the way in, or before the answer, by one of five distributions."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from simulator.core.chance import Stream
from simulator.core.durations import SECOND, Duration
from simulator.core.link import Moment, Side, Treatment
from simulator.core.message import Message
from simulator.core.ports import Fault, Layer, Strict

_P99 = 2.3263478740408408  # the standard normal's 99th percentile


class Uniform(Strict):
    """Anywhere between two delays, each as likely."""

    min: Duration = Field(description="the shortest delay (wall time)")
    max: Duration = Field(description="the longest delay (wall time)")

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.min > self.max:
            raise ValueError("min is above max")
        return self

    def draw(self, stream: Stream) -> float:
        """Microseconds."""
        return stream.between(self.min, self.max)


class Normal(Strict):
    """Normally distributed; never below zero."""

    mean: Duration = Field(description="the mean delay (wall time)")
    deviation: Duration = Field(description="the standard deviation (wall time)")

    def draw(self, stream: Stream) -> float:
        """Microseconds."""
        return stream.normal(self.mean, self.deviation)


class Lognormal(Strict):
    """Mostly quick with a long tail, as networks and busy systems are."""

    median: Duration = Field(gt=0, description="half of the delays are below (wall time)")
    sigma: float | None = Field(None, ge=0, description="standard deviation of the logarithm")
    p99: Duration | None = Field(None, description="99 of 100 delays are below (wall time)")

    @model_validator(mode="after")
    def _one_tail(self) -> Lognormal:
        if (self.sigma is None) == (self.p99 is None):
            raise ValueError("give either sigma or p99")
        if self.p99 is not None and self.p99 < self.median:
            raise ValueError("p99 is below the median")
        return self

    def draw(self, stream: Stream) -> float:
        """Microseconds."""
        sigma = self.sigma
        if sigma is None:
            assert self.p99 is not None
            sigma = math.log(self.p99 / self.median) / _P99
        return stream.lognormal(self.median, sigma)


class Exponential(Strict):
    """Memoryless: most delays short, few long."""

    mean: Duration = Field(gt=0, description="the mean delay (wall time)")

    def draw(self, stream: Stream) -> float:
        """Microseconds."""
        return stream.exponential(self.mean)


class Latency(Fault):
    """Adds a delay to every selected message. All durations are wall time: the integration's
    own timeouts are."""

    kind: ClassVar[str] = "latency"
    summary: ClassVar[str] = "messages or answers are delayed"
    layer: ClassVar[Layer] = "connection"
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"delay": "50ms", "jitter": "10ms"},
                {"lognormal": {"median": "80ms", "p99": "2s"}, "max": "5s"},
                {"exponential": {"mean": "100ms"}, "side": "reply", "ramp": "30s"},
            ]
        }
    )

    delay: Duration | None = Field(None, description="a fixed delay (wall time)")
    uniform: Uniform | None = Field(None, description="between min and max")
    normal: Normal | None = Field(None, description="by mean and deviation")
    lognormal: Lognormal | None = Field(None, description="by median, and sigma or p99")
    exponential: Exponential | None = Field(None, description="by mean")
    jitter: Duration = Field(
        0, description="moves each delay by up to so much, either way (wall time)"
    )
    max: Duration | None = Field(None, description="no delay is longer (wall time)")
    ramp: Duration = Field(
        0, description="grows from nothing to the full delay over so long (wall time)"
    )
    side: Side = Field(
        "request",
        description="request: before the system sees the message; reply: after it acted on it",
    )

    @model_validator(mode="after")
    def _one_shape(self) -> Latency:
        shapes = ("delay", "uniform", "normal", "lognormal", "exponential")
        given = [name for name in shapes if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(shapes)}")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"delay"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        shape = self.uniform or self.normal or self.lognormal or self.exponential
        drawn = float(self.delay or 0) if shape is None else shape.draw(moment.stream)
        if self.jitter:
            drawn += moment.stream.between(-self.jitter, self.jitter)
        if self.max is not None:
            drawn = min(drawn, self.max)
        if self.ramp:
            drawn *= min((moment.wall - moment.wall_since) * SECOND / self.ramp, 1.0)
        seconds = max(drawn, 0.0) / SECOND
        if self.side == "request":
            treatment.delay += seconds
        else:
            treatment.reply_delay += seconds
        return True
