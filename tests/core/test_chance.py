"""Chance: streams that know nothing of each other, the same numbers on every machine."""

import json
import math
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.chance import Chance, Stream

NAMES = st.tuples(st.text(max_size=8), st.text(max_size=8))


def test_the_numbers_are_fixed():
    """A change here changes every plan that anyone has kept."""
    stream = Chance(7, "gearbox").stream("cycle", "1000001", "10")
    assert [round(stream.uniform(), 12) for _ in range(3)] == [
        0.040738534655,
        0.906775107117,
        0.919072978107,
    ]


def test_a_stream_is_the_keyed_hash_of_a_counter():
    left, right = Stream(b"k" * 32), Stream(b"k" * 32, 5)
    for _ in range(5):
        left.uniform()
    assert left.uniform() == right.uniform()


@given(st.integers(0, 2**63), NAMES, NAMES, st.integers(0, 20))
def test_streams_do_not_touch_each_other(seed, mine, other, draws):
    alone, among = Chance(seed, "p"), Chance(seed, "p")
    if mine != other:
        for _ in range(draws):
            among.stream(*other).uniform()
    assert among.stream(*mine).uniform() == alone.stream(*mine).uniform()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=20))
def test_saved_and_restored_it_goes_on_the_same(draws):
    chance = Chance(3, "p")
    for name, times in draws:
        for _ in range(times):
            chance.stream(name, "x").gamma(5.0, 0.7)
    again = Chance(3, "p")
    again.restore(json.loads(json.dumps(chance.save())))
    assert again.save() == chance.save()
    for name in "abc":
        assert again.stream(name, "x").uniform() == chance.stream(name, "x").uniform()


def test_a_forgotten_stream_is_not_saved():
    chance = Chance(3, "p")
    first = chance.stream("a", "b").uniform()
    chance.forget("a", "b")
    chance.forget("never", "asked")
    assert chance.save() == []
    assert chance.stream("a", "b").uniform() == first


@pytest.mark.parametrize("other", [Chance(2, "p"), Chance(1, "q")])
def test_seed_and_plant_decide(other):
    assert other.stream("x").uniform() != Chance(1, "p").stream("x").uniform()


@given(st.integers(0, 10**6))
def test_bounds(drawn):
    def stream():
        return Stream(b"key", drawn)

    assert 0 <= stream().uniform() < 1
    assert 3 <= stream().between(3, 4) < 4
    assert stream().whole(1, 6) in range(1, 7)
    assert stream().choice("abc") in "abc"
    assert sorted(stream().shuffled(range(9))) == list(range(9))
    for value in (
        stream().normal(0, 1), stream().lognormal(2, 0.5), stream().exponential(3),
        stream().weibull(2, 0.7), stream().gamma(4, 2.5),
    ):  # fmt: skip
        assert math.isfinite(value)


def test_happens_spends_no_draw_where_it_is_certain():
    stream = Stream(b"key")
    assert stream.happens(1)
    assert stream.happens(1.5)
    assert not stream.happens(0)
    assert stream.drawn == 0
    assert fmean(stream.happens(0.3) for _ in range(20_000)) == pytest.approx(0.3, abs=0.015)


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda s: s.uniform(), 0.5, math.sqrt(1 / 12)),
        (lambda s: s.normal(10, 2), 10, 2),
        (lambda s: s.exponential(5), 5, 5),
        (lambda s: s.gamma(8, 0.5), 8, 4),
        (lambda s: s.gamma(8, 1.4), 8, 11.2),
        (lambda s: s.gamma(8, 0), 8, 0),
        (lambda s: s.whole(1, 6), 3.5, math.sqrt(35 / 12)),
    ],
    ids=["uniform", "normal", "exponential", "gamma", "wide gamma", "fixed gamma", "dice"],
)
def test_means_and_deviations(draw, mean, deviation):
    stream = Stream(b"a key")
    drawn = [draw(stream) for _ in range(30_000)]
    assert fmean(drawn) == pytest.approx(mean, rel=0.03)
    assert pstdev(drawn) == pytest.approx(deviation, rel=0.06, abs=1e-9)


def test_a_choice_of_nothing():
    with pytest.raises(IndexError):
        Stream(b"key").choice([])
