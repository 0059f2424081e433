"""X12 forecasts and call-offs: written and read back, and as real partners write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.durations import DAY, HOUR, MINUTE, Instant
from simulator.plant.trading import CallOff, Demand, Forecast, ScheduleLine
from tests.contracts import strategies
from tests.contracts.x12.sets import again, profile, refused, said, written

quick = settings(max_examples=60, deadline=None)
versions = st.sampled_from(["004010", "005010"]).map(profile)
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02, a Monday


def day(at: Instant) -> Instant:
    """Midnight before it."""
    return at - at % DAY


def text(document: Any) -> list[str]:
    """A set's segments as partners see them."""
    return ["*".join((one.tag, *one.elements)) for one in written(document, profile())[1]]


# --- written and read back, with nothing to say against it -------------------------------------


def authorised(line: ScheduleLine) -> ScheduleLine:
    """What an 830 says of a line: what is not firm binds until some day. Demands end on days."""
    last = {
        kind: max((day(one.start) for one in line.demands if one.commitment == kind), default=-1)
        for kind in ("production", "material")
    }
    demands = []
    for one in line.demands:
        kind = one.commitment
        if kind != "firm":
            kind = next((name for name in last if day(one.start) <= last[name]), "planned")
        end = None if one.end is None else day(one.end)
        demands.append(one.model_copy(update={"commitment": kind, "end": end}))
    return line.model_copy(update={"demands": demands})


@quick
@given(strategies.forecasts, versions)
def test_forecasts_come_back(forecast: Forecast, partner: Any) -> None:
    expected = forecast.model_copy(
        update={
            "start": day(forecast.at) if forecast.start is None else forecast.start,
            "lines": [authorised(one) for one in forecast.lines],
        }
    )
    assert again(forecast, partner) == (expected, [])


def discrete(line: ScheduleLine) -> ScheduleLine:
    """What an 862 says of a line whose cumulative quantities do not add up."""
    demands = [
        one.model_copy(
            update={
                "cumulative": None,
                "commitment": "firm" if one.commitment == "firm" else "planned",
            }
        )
        for one in line.demands
    ]
    return line.model_copy(update={"demands": demands})


@quick
@given(strategies.call_offs, versions)
def test_call_offs_come_back(call: CallOff, partner: Any) -> None:
    start = day(call.at) if call.start is None else call.start
    last = max([start, *(one.start for line in call.lines for one in line.demands)])
    expected = call.model_copy(
        update={
            "start": start, "end": day(last) if call.end is None else call.end, "note": "",
            "references": call.references if call.parties else [],
            "lines": [discrete(one) for one in call.lines],
        }
    )  # fmt: skip
    back, found = again(call, partner)
    lines = [discrete(one) for one in back.lines]  # by chance its demands may add up
    assert (back.model_copy(update={"lines": lines}), found) == (expected, [])


@quick
@given(st.lists(strategies.whole, min_size=1, max_size=5), st.none() | strategies.whole, versions)
def test_cumulative_call_offs_come_back(
    quantities: list[Decimal], received: Decimal | None, partner: Any
) -> None:
    so_far, demands = received or Decimal(0), []
    for number, quantity in enumerate(quantities):
        so_far += quantity
        demands.append(Demand(quantity=quantity, start=MARCH_2 + number * DAY, cumulative=so_far))
    line = ScheduleLine(item="BEARING", demands=demands, received=received)
    call = CallOff(
        partner="BEARCO", sender="partner", number="R-7", at=MARCH_2, start=MARCH_2,
        end=MARCH_2 + 30 * DAY, lines=[line],
    )  # fmt: skip
    segments = written(call, partner)[1]
    assert segments[0].get(11) == "C"
    assert [Decimal(one.get(1)) for one in segments if one.tag == "FST"][-1] == so_far
    assert again(call, partner) == (call, [])


# --- how they are written -----------------------------------------------------------------------


def line(**more: Any) -> dict[str, Any]:
    """A line of a schedule."""
    return {
        "item": "BEARING", "supplier_item": "B-6204", "po": "4500017", "dock": "D-3",
        "received": 8557, "counted_from": MARCH_2 - 60 * DAY, "last_receipt": "S-880",
        "last_quantity": 927, "last_at": MARCH_2 - 3 * DAY,
        "demands": [
            {"quantity": 13, "start": MARCH_2, "cumulative": 8570, "reference": "RAN-1"},
            {"quantity": 77, "start": MARCH_2 + 7 * DAY, "bucket": "weekly",
             "commitment": "production", "cumulative": 8647},
            {"quantity": 68, "start": MARCH_2 + 14 * DAY, "bucket": "weekly",
             "commitment": "planned"},
        ],
    } | more  # fmt: skip


def test_a_forecast_as_it_is_written() -> None:
    forecast = Forecast.model_validate(
        {
            "partner": "BEARCO", "sender": "plant", "number": "F-12", "at": MARCH_2 + 9 * HOUR,
            "replaces": "F-11", "end": MARCH_2 + 90 * DAY, "note": "WEEK 10", "lines": [line()],
        }
    )  # fmt: skip
    assert text(forecast) == [
        "BFR*05*F-12**DL*A*20260302*20260531*20260302",
        "REF*F8*F-11",
        "DTM*097*20260302*0900",
        "PID*F****WEEK 10",
        "LIN**BP*BEARING*VP*B-6204*PO*4500017",
        "UIT*EA",
        "REF*DK*D-3",
        "ATH*FI*20260309*8647**20260101",
        "FST*13*C*D*20260302****RE*RAN-1",
        "QTY*02*8570",
        "FST*77*D*W*20260309",
        "QTY*02*8647",
        "FST*68*D*W*20260316",
        "SHP*02*8557*051*20260101**20260302",
        "SHP*01*927*050*20260227",
        "REF*SI*S-880",
        "CTT*1*158",
    ]


def test_a_call_off_as_it_is_written() -> None:
    window = {"quantity": 40, "start": MARCH_2 + 6 * HOUR, "end": MARCH_2 + 7 * HOUR}
    call = CallOff.model_validate(
        {
            "partner": "BEARCO", "sender": "plant", "number": "R-7", "at": MARCH_2, "po": "4500017",
            "forecast": "F-12", "end": MARCH_2 + DAY, "note": "NOWHERE TO BE SAID",
            "parties": [{"role": "ship-to", "id": "P1", "scheme": "buyer"}],
            "references": [{"kind": "contract", "value": "C-7"}],
            "lines": [line(demands=[window], description="DEEP GROOVE BEARING", received=None,
                           last_quantity=None, last_at=None)],
        }
    )  # fmt: skip
    assert text(call) == [
        "BSS*00*R-7*20260302*DL*20260302*20260303**F-12**4500017*A",
        "N1*ST**92*P1",
        "REF*CT*C-7",
        "LIN**BP*BEARING*VP*B-6204*PO*4500017*PD*DEEP GROOVE BEARING",
        "UIT*EA",
        "REF*DK*D-3",
        "REF*SI*S-880",
        "FST*40*C*D*20260302*20260302*002*0600",
        "DTM*063*20260302*0700",
        "SHP***051*20260101",
        "CTT*1*40",
    ]


# --- as partners write them ---------------------------------------------------------------------


def test_a_forecast_of_a_car_maker() -> None:
    """Authorised quantities are cumulative; patterns of delivery stand before what they rule."""
    forecast, found = said(
        "830",
        """
        BFR*05**501-1*SH*A*20260302*20260601*20260227***4500017
        DTM*097*20260227*1730
        N1*ST**92*1602A
        N1*SU**92*BUYER01
        LIN**BP*6204-AA*PO*FE4397*EC*B
        UIT*EA
        PER*SC*A SCHEDULER*TE*555-0100
        ATH*PQ**1000**20260101
        ATH*FI*20260309*1500*1600*20260101
        ATH*MT*20260316*1900*1900*20260101
        SDP*Y*Y
        FST*200*C*W*20260302
        FST*300*D*W*20260309
        SDP*D*Z
        FST*400*D*W*20260316
        FST*500*D*M*20260401*20260430
        SHP*01*180*050*20260225
        REF*PK*72396
        SHP*02*1000*051*20260101**20260225
        CTT*1*1400
        """,
    )
    assert found == []
    assert (forecast.number, forecast.po, forecast.at) == (
        "501-1", "4500017", MARCH_2 - 3 * DAY + 17 * HOUR + 30 * MINUTE,
    )  # fmt: skip
    assert forecast.party("buyer") is None
    (one,) = forecast.lines
    assert (one.item, one.po, one.unit) == ("6204-AA", "FE4397", "pcs")
    assert [(o.quantity, o.commitment, o.bucket, o.cumulative) for o in one.demands] == [
        (200, "firm", "weekly", None),
        (300, "production", "weekly", 1500),
        (400, "material", "weekly", 1900),
        (500, "planned", "monthly", None),
    ]
    assert one.demands[-1].end == MARCH_2 + 59 * DAY
    assert (one.received, one.counted_from) == (1000, MARCH_2 - 60 * DAY)
    assert (one.last_receipt, one.last_quantity, one.last_at) == ("72396", 180, MARCH_2 - 5 * DAY)


@pytest.mark.parametrize("base", ["ATH*PQ**1000**20260101\n", "", None])
def test_a_forecast_of_cumulative_quantities_alone(base: str | None) -> None:
    """They count from what was required or received before, or from nothing."""
    forecast, found = said(
        "830",
        f"BFR*00*F-1**DL*C*20260302**20260302\nLIN**BP*X\nUIT*EA\n{base or ''}"
        "FST*1200*C*W*20260302\nFST*1500*D*W*20260309\n"
        + ("" if base is None else "SHP*02*1000*051*20260101**20260227"),
    )
    assert found == []
    first = 1200 if base is None else 200
    assert [(o.quantity, o.cumulative) for o in forecast.lines[0].demands] == [
        (first, 1200),
        (300, 1500),
    ]


def test_a_call_off_with_times_of_the_day() -> None:
    """JIT says the hours of an FST, each with its own release; SE stands for a day's deliveries."""
    call, found = said(
        "862",
        """
        BSS*05*20260302-59*20260302*DL*20260302*20260303*R-9
        DTM*102*20260302*2121
        N1*SU*A SUPPLIER*92*S1
        N1*ST*A PLANT*92*P1
        REF*DK*D-3
        LIN*1*BP*BEARING*PD*A BEARING*RY*26
        UIT*EA
        REF*DK*D-4
        FST*90*C*C*20260302
        JIT*60*0600
        REF*RE*K-1
        JIT*30*1430
        REF*RE*K-2
        FST*10*C*D*20260303**002*0800*KB*77
        FST*5*D*D*20260304
        DTM*064*20260304*0500
        DTM*063*20260304*0600
        SHP*01*14400*050*20260227
        REF*SI*1234567890
        SHP*02*14400*051*20260101**20260302
        TD5****M*A CARRIER
        CTT*1*105
        """,
    )
    assert found == []
    assert call.reference("dock") == "D-3"
    assert call.reference("release") == "R-9"
    (one,) = call.lines
    assert (one.description, one.dock) == ("A BEARING", "D-4")
    assert [(o.quantity, o.start, o.reference) for o in one.demands] == [
        (60, MARCH_2 + 6 * HOUR, "K-1"),
        (30, MARCH_2 + 14 * HOUR + 30 * MINUTE, "K-2"),
        (10, MARCH_2 + DAY + 8 * HOUR, "77"),
        (5, MARCH_2 + 2 * DAY + 5 * HOUR, ""),
    ]
    assert one.demands[-1].end == MARCH_2 + 2 * DAY + 6 * HOUR
    assert [o.commitment for o in one.demands] == ["firm", "firm", "firm", "planned"]
    assert (one.received, one.last_quantity, one.last_receipt) == (14400, 14400, "1234567890")


# --- what is wrong ------------------------------------------------------------------------------

_SCHEDULES = {
    "830": "BFR*00*F-1**DL*A*20260302**20260302",
    "862": "BSS*00*R-1*20260302*DL*20260302*20260309*R-1",
}


@pytest.mark.parametrize("code", list(_SCHEDULES))
def test_lines_are_counted_demands_added_up_and_units_known(code: str) -> None:
    line = "LIN**BP*X\nUIT*{}\nFST*5*C*D*20260302\nFST*7*C*D*20260303"
    two = f"{_SCHEDULES[code]}\n{line.format('EA')}\n{line.format('EA')}"
    assert said(code, f"{two}\nCTT*2*24")[1] == []
    assert said(code, f"{two}\nCTT*4*24")[1] == ["line-count-wrong"]
    assert said(code, f"{two}\nCTT*2*12")[1] == ["hash-total-wrong"]
    document, found = said(code, f"{_SCHEDULES[code]}\n{line.format('TN')}")
    assert found == ["unknown-unit"]
    assert document.lines[0].unit == "TN"


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_what_a_guide_refuses_a_schedule_for(version: str) -> None:
    line = "LIN**BP*X\nUIT*EA\nFST*5*C*D*20260302"
    assert refused("862", line, version) == [("missing-segment", "BSS", None, "AK304=3")]
    head = _SCHEDULES["862"]
    assert refused("862", f"{head}\nLIN**BP*X\nFST*5*C*D*20260302", version) == [
        ("missing-segment", "UIT", None, "AK304=3")
    ]
    assert refused("862", f"{head}\n{line}*20260231", version) == [
        ("invalid-date", "FST", 5, "AK403=8")
    ]
    assert refused("862", f"{head}\n{line}**002*2460", version) == [
        ("invalid-time", "FST", 7, "AK403=9")
    ]
    assert refused("862", f"{head}\nLIN**BP*X\nUIT*EACH", version) == [
        ("element-too-long", "UIT", 1, "AK403=5")
    ]
    assert refused("830", "BFR*00*F-1**DL*A*20260302", version) == [
        ("missing-element", "BFR", 8, "AK403=1"),
        ("missing-segment", "LIN", None, "AK304=3"),
    ]
    assert refused("830", f"{_SCHEDULES['830']}\nLIN**BP*X\nATH*FI*20261301", version) == [
        ("invalid-date", "ATH", 2, "AK403=8")
    ]


def test_a_schedule_without_its_first_segment_is_read_all_the_same() -> None:
    for code in _SCHEDULES:
        document, found = said(code, "LIN**BP*X\nUIT*EA\nFST*5*C*D*20260302")
        assert found == ["missing-segment"]
        assert document.lines[0].demands[0].quantity == 5
