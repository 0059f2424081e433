"""Durations and instants: written, read, and read again."""

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator.core.durations import (
    DAY,
    HOUR,
    LONGEST,
    MINUTE,
    SECOND,
    Duration,
    at_utc,
    parse_instant,
    parse_span,
    show_instant,
    show_span,
    to_datetime,
)
from simulator.core.errors import Mistake

BERLIN = ZoneInfo("Europe/Berlin")
INSTANTS = st.datetimes(
    dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC)
).map(at_utc)


@pytest.mark.parametrize(
    ("text", "span"),
    [("45s", 45 * SECOND), ("1h30m", 90 * MINUTE), ("500ms", SECOND // 2), ("2d", 2 * DAY),
     ("1.5h", 90 * MINUTE), ("0s", 0), ("1h", HOUR), ("1h 30m", 90 * MINUTE),
     ("10min", 10 * MINUTE), ("7us", 7), ("1w", 7 * DAY), (" 3s ", 3 * SECOND)],
)  # fmt: skip
def test_what_is_a_duration(text, span):
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text",
    ["", "s", "45", "-1s", "1x", "1 s", "1s1", "1e3s", "nan", "infs", ".5s", "1.s", "11y", "4000d",
     "٣s", None, True, 45, 4.5, [], "1h-30m", "1h,30m"],
    ids=repr,
)  # fmt: skip
def test_what_is_none(text):
    with pytest.raises(Mistake):
        parse_span(text)


def test_a_duration_beyond_all_bounds():
    with pytest.raises(Mistake, match="longer than ten years"):
        parse_span("9" * 400 + "s")


def test_a_number_alone_is_told_how_to_be_written():
    with pytest.raises(Mistake, match="needs a unit") as caught:
        parse_span(45)
    assert "45s" in caught.value.cure
    with pytest.raises(Mistake) as caught:
        parse_span("90")
    assert caught.value.cure == "write 90s"


@given(st.integers(0, LONGEST))
def test_a_span_is_read_as_it_was_written(span):
    assert parse_span(show_span(span)) == span
    assert show_span(-span) in ("-" + show_span(span), "0s")


@given(st.text(max_size=12))
def test_any_text_is_a_span_or_a_mistake(text):
    with contextlib.suppress(Mistake):
        assert 0 <= parse_span(text) <= LONGEST


@given(INSTANTS)
def test_instants_there_and_back(instant):
    assert at_utc(to_datetime(instant)) == instant
    assert at_utc(to_datetime(instant, BERLIN)) == instant
    assert parse_instant(show_instant(instant), BERLIN) == instant // 1000 * 1000


@given(INSTANTS, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]))
def test_a_moment_with_an_offset_means_the_same_everywhere(instant, zone):
    text = to_datetime(instant, ZoneInfo(zone)).isoformat()
    assert parse_instant(text, BERLIN) == instant


def test_a_moment_without_an_offset_is_plant_local():
    assert show_instant(parse_instant("2026-03-02T06:00", BERLIN)) == "2026-03-02T05:00:00.000Z"
    assert show_instant(parse_instant("2026-07-02T06:00", BERLIN)) == "2026-07-02T04:00:00.000Z"
    moment = dt.datetime(2026, 3, 2, 6)
    assert parse_instant(moment, BERLIN) == parse_instant("2026-03-02T06:00", BERLIN)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "06:00", None, 7])
def test_what_is_no_moment(text):
    with pytest.raises(Mistake, match="not a moment"):
        parse_instant(text, BERLIN)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_mistake(text):
    with contextlib.suppress(Mistake):
        show_instant(parse_instant(text, BERLIN))


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "1969-12-31T23:59Z", "3000-01-02"]
)
def test_moments_at_the_ends_of_time(text):
    with pytest.raises(Mistake, match="before 1970 or after 2999"):
        parse_instant(text, BERLIN)


def test_the_field():
    field = TypeAdapter(Duration)
    assert field.validate_python("90s") == 90 * SECOND
    assert field.dump_json(90 * SECOND) == b'"1m30s"'
    assert field.json_schema()["type"] == "string"
    with pytest.raises(ValidationError, match="needs a unit"):
        field.validate_python(90)
