"""Shifts: breaks, holidays, nights on which the clock changes, and arithmetic on working time."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.durations import DAY, HOUR, MINUTE, parse_instant, to_datetime
from simulator.core.errors import Mistake
from simulator.plant.calendar import DAYS, Calendar, CalendarModel

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(shifts, holidays=(), zone=BERLIN, chosen=None):
    model = CalendarModel.model_validate({"shifts": shifts, "holidays": list(holidays)})
    return Calendar(model, zone, chosen)


def at(text, zone=BERLIN):
    return parse_instant(text, zone)


DAILY = {"days": list(DAYS), "from": "06:00", "to": "14:00", "breaks": [
    {"from": "09:00", "to": "09:15"}, {"from": "11:30", "to": "12:00"}]}  # fmt: skip
NIGHT = {"days": list(DAYS), "from": "22:00", "to": "06:00"}


def test_work_pauses_in_breaks_and_between_shifts():
    shifts = calendar({"early": DAILY})
    assert shifts.after(at("2026-03-02T08:50"), 20 * MINUTE) == at("2026-03-02T09:25")
    assert shifts.after(at("2026-03-02T13:50"), 20 * MINUTE) == at("2026-03-03T06:10")
    assert shifts.after(at("2026-03-02T20:00"), 5 * MINUTE) == at("2026-03-03T06:05")
    assert shifts.after(at("2026-03-02T13:50"), 10 * MINUTE) == at("2026-03-02T14:00")
    assert shifts.working(at("2026-03-02T00:00"), at("2026-03-03T00:00")) == 7 * HOUR + 15 * MINUTE


@pytest.mark.parametrize(
    ("text", "working"),
    [("2026-03-02T05:59:59", False), ("2026-03-02T06:00", True), ("2026-03-02T09:00", False),
     ("2026-03-02T09:15", True), ("2026-03-02T13:59:59", True), ("2026-03-02T14:00", False)],
)  # fmt: skip
def test_a_shift_has_its_start_and_not_its_end(text, working):
    assert calendar({"early": DAILY}).is_working(at(text)) is working


def test_changes_come_in_order():
    shifts = calendar({"early": DAILY})
    seen, now = [], at("2026-03-02T00:00")
    for _ in range(6):
        now = shifts.next_change(now)
        seen.append(to_datetime(now, BERLIN).strftime("%H:%M"))
    assert seen == ["06:00", "09:00", "09:15", "11:30", "12:00", "14:00"]


def test_shifts_that_touch_are_one():
    late = {"days": list(DAYS), "from": "14:00", "to": "22:00"}
    shifts = calendar({"early": {"days": list(DAYS), "from": "06:00", "to": "14:00"}, "late": late})
    assert shifts.next_change(at("2026-03-02T07:00")) == at("2026-03-02T22:00")


def test_only_the_chosen_shifts():
    late = {"days": list(DAYS), "from": "14:00", "to": "22:00"}
    shifts = calendar({"early": DAILY, "late": late}, chosen=["late"])
    assert not shifts.is_working(at("2026-03-02T08:00"))
    assert shifts.is_working(at("2026-03-02T15:00"))


def test_no_shift_starts_on_a_holiday_but_the_night_before_ends_on_it():
    shifts = calendar({"night": NIGHT}, ["2026-03-03"])
    assert shifts.is_working(at("2026-03-03T05:00"))
    assert not shifts.is_working(at("2026-03-03T23:00"))
    assert not shifts.is_working(at("2026-03-04T03:00"))
    assert shifts.is_working(at("2026-03-04T23:00"))


@pytest.mark.parametrize(
    ("evening", "morning", "hours"),
    [("2026-03-28T22:00", "2026-03-29T06:00", 7), ("2026-10-24T22:00", "2026-10-25T06:00", 9),
     ("2026-03-02T22:00", "2026-03-03T06:00", 8)],
)  # fmt: skip
def test_nights_on_which_the_clock_changes(evening, morning, hours):
    shifts = calendar({"night": NIGHT})
    assert shifts.working(at(evening), at(morning)) == hours * HOUR
    assert shifts.after(at(evening), hours * HOUR) == at(morning)


def test_a_break_that_the_clock_jumps_over_is_none():
    breaks = [{"from": "02:15", "to": "02:45"}]
    shifts = calendar({"night": NIGHT | {"breaks": breaks}})
    assert shifts.working(at("2026-03-28T22:00"), at("2026-03-29T06:00")) == 7 * HOUR
    assert shifts.working(at("2026-03-27T22:00"), at("2026-03-28T06:00")) == 7.5 * HOUR
    half = calendar({"night": NIGHT | {"breaks": [{"from": "01:45", "to": "02:30"}]}})
    assert half.working(at("2026-03-28T22:00"), at("2026-03-29T06:00")) == 6.75 * HOUR


def test_a_break_after_midnight_belongs_to_the_night():
    shifts = calendar({"night": NIGHT | {"breaks": [{"from": "23:50", "to": "00:20"}]}})
    assert shifts.working(at("2026-03-02T22:00"), at("2026-03-03T06:00")) == 7.5 * HOUR


def test_without_a_calendar_it_works_day_and_night():
    always = Calendar(None, BERLIN)
    assert always.is_working(0)
    assert always.next_change(0) is None
    assert always.after(5, 7) == 12
    assert always.working(5, 12) == 7


def test_shifts_around_the_clock_never_change():
    always = {"x": {"days": list(DAYS), "from": "00:00", "to": "00:00"}}
    assert calendar(always).next_change(at("2026-03-02T06:00")) is None
    change = calendar(always, ["2028-05-01"]).next_change(at("2026-03-02T06:00"))
    assert change == at("2028-05-01T00:00")


def test_a_calendar_without_working_time_is_a_mistake():
    with pytest.raises(Mistake, match="no working time"):
        calendar({"early": DAILY}, chosen=["other"]).after(0, 1)


times = st.times().map(lambda one: one.replace(microsecond=0, second=0, fold=0))
shift = st.builds(
    lambda days, start, end, breaks: {
        "days": days, "from": start, "to": end,
        "breaks": [{"from": one, "to": other} for one, other in breaks],
    },
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True), times, times,
    st.lists(st.tuples(times, times), max_size=2),
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(
    shifts=st.lists(shift, min_size=1, max_size=3),
    start=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)),
    work=st.integers(1, 2 * DAY),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_working_time_there_and_back(shifts, start, work, zone):
    """`after` is the inverse of `working`, wherever one begins to ask."""
    info = ZoneInfo(zone)
    named = {str(n): one for n, one in enumerate(shifts)}
    begin = at(start.isoformat(), info)
    one = calendar(named, zone=info)
    try:
        end = one.after(begin, work)
    except Mistake:
        return  # breaks may leave nothing
    assert one.working(begin, end) == work
    assert one.working(begin, end - 1) == work - 1
    other = calendar(named, zone=info)
    assert other.working(begin - 40 * DAY, begin) + work == other.working(begin - 40 * DAY, end)
    assert other.after(begin, work) == end
    change = other.next_change(begin)
    if change is None:
        assert other.working(begin, begin + 300 * DAY) == 300 * DAY
        return
    assert change > begin
    middle = (begin + change) // 2
    assert other.is_working(middle) == other.is_working(begin) != other.is_working(change)
