"""Distributions: their short form, their averages, and what is refused."""

import math
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator.core.chance import Chance
from simulator.core.durations import HOUR, LONGEST, MINUTE, SECOND
from simulator.plant.distributions import Distribution, Times

READ = TypeAdapter(Times)
KINDS = [
    ({"uniform": {"low": "10s", "high": "20s"}}, 15 * SECOND),
    ({"normal": {"mean": "40s", "deviation": "4s"}}, 40 * SECOND),
    ({"exponential": {"mean": "5m"}}, 5 * MINUTE),
    ({"gamma": {"mean": "20h", "variation": 0.7}}, 20 * HOUR),
    ({"gamma": {"mean": "20h", "variation": 1.5}}, 20 * HOUR),
    ({"weibull": {"scale": "10h", "shape": 2.0}}, 10 * HOUR * math.gamma(1.5)),
    ({"lognormal": {"median": "20m", "sigma": 0.5}}, 20 * MINUTE * math.exp(0.125)),
    ({"lognormal": {"median": "20m", "sigma": 0.5, "shift": "1h"}},
     HOUR + 20 * MINUTE * math.exp(0.125)),
]  # fmt: skip


@pytest.mark.parametrize(("written", "mean"), KINDS)
def test_averages(written, mean):
    stream = Chance(7, "p").stream("x")
    drawn = [READ.validate_python(written).draw(stream) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(mean, rel=0.04)
    assert all(isinstance(one, int) and 0 <= one <= LONGEST for one in drawn)


def test_the_median_of_a_lognormal():
    stream = Chance(7, "p").stream("x")
    one = READ.validate_python({"lognormal": {"median": "20m", "sigma": 0.8}})
    assert median(one.draw(stream) for _ in range(20_000)) == pytest.approx(20 * MINUTE, rel=0.04)


def test_a_duration_alone_is_fixed_and_spends_no_draw():
    stream = Chance(7, "p").stream("x")
    assert READ.validate_python("45s").draw(stream) == 45 * SECOND
    assert stream.drawn == 0


@given(st.sampled_from(KINDS), st.integers(0, 1000))
def test_the_same_draw_from_the_same_stream(kind, skip):
    one = READ.validate_python(kind[0])
    left, right = (Chance(3, "p").stream("x") for _ in range(2))
    left.drawn = right.drawn = skip
    assert one.draw(left) == one.draw(right)


@pytest.mark.parametrize(
    "written",
    [{}, {"fixed": "1s", "exponential": {"mean": "1s"}}, {"gamma": {}}, {"beta": {"mean": "1s"}},
     {"uniform": {"low": "2s", "high": "1s"}}, "45", 4.5, {"gamma": None},
     {"lognormal": {"median": "1s", "sigma": -1}}, {"exponential": {"mean": "-1s"}}],
)  # fmt: skip
def test_what_is_no_distribution(written):
    with pytest.raises(ValidationError):
        READ.validate_python(written)


def test_it_is_written_as_it_was_read():
    one = READ.validate_python({"gamma": {"mean": "1h30m", "variation": 0.5}})
    written = one.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    assert written == {"gamma": {"mean": "1h30m", "variation": 0.5}}
    assert Distribution.model_validate(written) == one
