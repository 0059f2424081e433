"""How long something takes, or how far it is to the next: distributions, as the plant file says.

A duration alone is fixed: `cycle: 45s`. Otherwise one key names the kind:
`{normal: {mean: 40s, deviation: 4s}}`, `{lognormal: {median: 20m, sigma: 0.6}}` … A draw is a whole
number of microseconds, never below 0, and comes from a named stream of chance.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from simulator.core.chance import Stream
from simulator.core.durations import LONGEST, Duration, Span, parse_span
from simulator.core.errors import Mistake
from simulator.core.ports import Strict


class Uniform(Strict):
    """Anything between two durations."""

    low: Duration
    high: Duration

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Normal(Strict):
    """Normal, cut off at `least`."""

    mean: Duration
    deviation: Duration
    least: Duration = Field(0, description="no draw is below this")


class Lognormal(Strict):
    """Lognormal by its median; `shift` is added to each draw."""

    median: Duration
    sigma: float = Field(ge=0, le=5, description="of the logarithm: 0.1 is narrow, 1 is wide")
    shift: Duration = Field(0, description="the least there can be, e.g. the ideal cycle")


class Exponential(Strict):
    """Exponential by its mean."""

    mean: Duration


class Gamma(Strict):
    """Gamma by its mean and coefficient of variation; machines' up-times have 0.3 to 0.9."""

    mean: Duration
    variation: float = Field(0.6, ge=0, le=5)


class Weibull(Strict):
    """Weibull by scale and shape; above 1 it wears out."""

    scale: Duration
    shape: float = Field(2.0, gt=0, le=20)


class Distribution(Strict):
    """Exactly one kind."""

    fixed: Duration | None = None
    uniform: Uniform | None = None
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    exponential: Exponential | None = None
    gamma: Gamma | None = None
    weibull: Weibull | None = None

    @model_validator(mode="after")
    def _one(self) -> Distribution:
        if len(self.model_fields_set) != 1:
            raise ValueError("name exactly one of " + ", ".join(type(self).model_fields))
        if all(getattr(self, kind) is None for kind in self.model_fields_set):
            raise ValueError("its parameters are missing")
        return self

    def draw(self, stream: Stream) -> Span:
        """One draw in microseconds, between 0 and ten years. Fixed spends nothing."""
        value: float
        if self.fixed is not None:
            return self.fixed
        if self.uniform is not None:
            value = stream.between(self.uniform.low, self.uniform.high)
        elif self.normal is not None:
            value = stream.normal(self.normal.mean, self.normal.deviation)
            value = max(value, self.normal.least)
        elif self.lognormal is not None:
            value = stream.lognormal(self.lognormal.median, self.lognormal.sigma)
            value += self.lognormal.shift
        elif self.exponential is not None:
            value = stream.exponential(self.exponential.mean)
        elif self.gamma is not None:
            value = stream.gamma(self.gamma.mean, self.gamma.variation)
        else:
            assert self.weibull is not None
            value = stream.weibull(self.weibull.scale, self.weibull.shape)
        return round(min(max(value, 0.0), LONGEST))

    @property
    def ideal(self) -> Span:
        """What it takes where nothing gets in the way: OEE compares with this."""
        if self.fixed is not None:
            return self.fixed
        if self.uniform is not None:
            return self.uniform.low
        if self.normal is not None:
            return self.normal.least or self.normal.mean
        if self.lognormal is not None:
            return self.lognormal.shift or self.lognormal.median
        if self.exponential is not None:
            return self.exponential.mean
        if self.gamma is not None:
            return self.gamma.mean
        assert self.weibull is not None
        return self.weibull.scale


def _short_form(value: Any) -> Any:
    if isinstance(value, str | int | float):
        try:
            parse_span(value)
        except Mistake as error:
            raise ValueError(str(error)) from None
        return {"fixed": value}
    return value


Times = Annotated[
    Distribution, BeforeValidator(_short_form, json_schema_input_type=str | Distribution)
]
"""A distribution of durations; a duration alone is fixed."""


def fixed(span: str) -> Distribution:
    """The distribution that is always `span`."""
    return Distribution.model_validate({"fixed": span})
