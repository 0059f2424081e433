"""The clock: plant time as a function of wall time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.clock import MAX, Clock, parse_speed
from simulator.core.durations import HOUR, SECOND
from simulator.core.errors import Mistake
from simulator.core.timer import LoopAlarm, TimerfdAlarm, monotonic


class Wall:
    """A wall clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def running(speed: float) -> tuple[Clock, Wall]:
    wall = Wall()
    clock = Clock(0, speed, wall)
    clock.resume()
    return clock, wall


def test_plant_time_runs_at_its_speed():
    clock, wall = running(60)
    wall.now += 2
    assert clock.now() == 120 * SECOND


def test_a_paused_clock_stands_and_resumes_where_it_stood():
    clock, wall = running(10)
    wall.now += 1
    clock.pause()
    wall.now += 50
    assert clock.now() == 10 * SECOND
    assert clock.wall_of(HOUR) is None
    clock.resume()
    wall.now += 1
    assert clock.now() == 20 * SECOND


@given(st.lists(st.tuples(st.floats(0.01, 1000), st.floats(0, 10)), min_size=1, max_size=20))
def test_changes_of_speed_never_make_plant_time_jump_or_run_back(changes):
    clock, wall = running(1)
    for speed, seconds in changes:
        before = clock.now()
        clock.set_speed(speed)
        assert clock.now() == before
        wall.now += seconds
        assert clock.now() == pytest.approx(before + seconds * speed * SECOND, abs=2)


@given(st.floats(0.01, 10_000), st.integers(0, 10**12))
def test_a_deadline_is_where_plant_time_reaches_it(speed, due):
    clock, wall = running(speed)
    at = clock.wall_of(due)
    assert at is not None
    wall.now = at
    assert clock.now() == pytest.approx(due, abs=max(2, due * 1e-9 + speed * 20))


def test_at_max_speed_time_moves_only_when_told():
    clock, wall = running(MAX)
    wall.now += 1000
    assert clock.now() == 0
    clock.reach(HOUR)
    assert clock.now() == HOUR
    clock.reach(SECOND)
    assert clock.now() == HOUR


def test_lateness_is_wall_seconds_behind_the_deadline():
    clock, wall = running(60)
    wall.now += 3
    assert clock.lateness(60 * SECOND) == pytest.approx(2)
    assert clock.lateness(HOUR) == 0


@pytest.mark.parametrize("bad", [0, -1, True, "fast", None, 1e9, float("nan")])
def test_speeds_that_are_none(bad):
    with pytest.raises(Mistake):
        parse_speed(bad)


@pytest.mark.parametrize("kind", [TimerfdAlarm, LoopAlarm])
async def test_an_alarm_is_never_early(kind):
    alarm = kind()
    try:
        for milliseconds in (0.1, 0.5, 1, 3):
            deadline = monotonic() + milliseconds / 1000
            await alarm.until(deadline)
            assert monotonic() >= deadline
    finally:
        alarm.close()


@pytest.mark.parametrize("kind", [TimerfdAlarm, LoopAlarm])
async def test_a_nudge_ends_a_wait_that_has_no_deadline(kind):
    alarm = kind()
    try:
        alarm.nudge()
        await alarm.until(None)
    finally:
        alarm.close()
