"""PLCs: PackML states that follow the plant, counters that agree with it, tags, alarms, jobs."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.errors import Mistake, Refusal
from simulator.plant.documents import Confirmation
from simulator.plant.tags import AlarmChange, TagChange, TagSample, TagSpace
from simulator.systems.plc.packml import DONE, Command, State, allowed, way
from simulator.systems.plc.settings import FloorSettings
from tests.systems.desk import START, Desk

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "opcua"
MILL = {"plcs": {"CELL": {"machines": ["MILL-1", "MILL-2"]}}}


def floor(**plc: Any) -> Desk:
    """A desk with one PLC; `plc` are its settings."""
    given = {"machines": ["MILL-1", "MILL-2"], **plc}
    return Desk(kinds=("mes", "plc"), settings={"plc": {"plcs": {"CELL": given}}})


def order(desk: Desk, item: str = "GEAR", quantity: int = 4, **more: Any) -> str:
    return str(
        desk.do("mes", "create_order", item=item, quantity=quantity, release=True, **more).id
    )


def said(desk: Desk, kind: type[Any]) -> list[Any]:
    return [one for system, one in desk.emitted if system == "plc" and type(one) is kind]


def history(desk: Desk, path: str) -> list[tuple[float, Any]]:
    """What a tag showed, by plant seconds from the start."""
    return [
        ((value.at - START) / 1e6, value.value)
        for _, one in desk.emitted
        if isinstance(one, TagChange)
        for value in one.values
        if value.path == path
    ]


def tag(desk: Desk, path: str) -> Any:
    return desk.do("plc", "read", plc="CELL", tag=path).value


# --- PackML -------------------------------------------------------------------------------------


def test_states_and_commands_are_numbered_as_the_standard_has_them() -> None:
    assert (State.CLEARING, State.STOPPED, State.EXECUTE, State.COMPLETED) == (1, 2, 6, 17)
    assert (Command.RESET, Command.START, Command.STOP, Command.CLEAR) == (1, 2, 3, 9)
    assert allowed(State.IDLE) == [Command.START, Command.STOP, Command.ABORT]
    assert allowed(State.ABORTED) == [Command.CLEAR]


@given(st.sampled_from(State), st.sampled_from([one for one in State if one not in DONE]))
def test_every_waiting_state_is_reached_from_everywhere(begin: State, end: State) -> None:
    states = way(begin, end)
    assert states[-1:] == (() if begin is end else (end,))
    assert len(set(states)) == len(states)


def test_a_machine_goes_through_its_states_as_the_plant_does() -> None:
    desk = floor()
    order(desk, quantity=2)
    desk.run("10m")
    names = [name for _, name in history(desk, "MILL-1/Status/StateCurrentName")]
    assert names == [
        "Resetting", "Idle", "Starting", "Execute", "Completing", "Resetting",
        "Starting", "Execute", "Completing", "Resetting", "Idle",
    ]  # fmt: skip
    modes = [mode for _, mode in history(desk, "MILL-1/Status/UnitModeCurrent")]
    assert modes == [1, 4, 1]  # production, setup, production


def test_a_breakdown_aborts_and_a_repair_clears() -> None:
    desk = floor(flood=20)
    order(desk, quantity=50)
    desk.run("6m")
    desk.do("mes", "report_downtime", machine="MILL-1", span="10m", reason="spindle")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Aborting"
    desk.run("1m")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Aborted"
    assert tag(desk, "MILL-1/Admin/StopReason") == "spindle"
    active = [one for one in said(desk, AlarmChange) if one.active]
    assert len(active) == 21
    assert active[0].path == "MILL-1/Alarms/Breakdown"
    assert "spindle" in active[0].message
    desk.run("10m")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Execute"
    normal = [one for one in said(desk, AlarmChange) if not one.active]
    assert len(normal) == 21
    assert all(one.retain and not one.acknowledged for one in normal)


# --- counters -----------------------------------------------------------------------------------


def test_units_are_counted_one_by_one_where_somebody_watches() -> None:
    desk = floor(scan="1h")
    desk.systems["plc"].introduce()
    order(desk, "MZ-FG-R10", quantity=3)
    desk.run("40s")
    counted = history(desk, "MILL-1/Admin/ProdProcessedCount")
    assert counted == [(10, 1), (20, 2), (30, 3)]


def test_nothing_is_sampled_where_nobody_watches() -> None:
    desk = floor()
    order(desk)
    desk.run("10m")
    assert said(desk, TagSample) == []
    assert said(desk, TagSpace) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("order"), st.integers(1, 60)),
            st.tuples(st.just("run"), st.integers(1, 900)),
            st.tuples(st.just("down"), st.integers(1, 300)),
            st.tuples(st.sampled_from(["hold", "stop", "abort"]), st.just(0)),
            st.tuples(st.just("go"), st.just(0)),
            st.tuples(st.sampled_from(["Pause", "Resume", "Cancel"]), st.integers(0, 3)),
        ),
        min_size=3,
        max_size=14,
    )
)
def test_counters_agree_with_every_confirmation(steps: list[tuple[str, int]]) -> None:
    desk = floor(scan="10m")
    desk.systems["plc"].introduce()
    shown: dict[str, Any] = {}
    orders: list[str] = []
    heard = 0
    confirmed: dict[str, list[int]] = {"MILL-1": [0, 0], "MILL-2": [0, 0]}

    def agree(document: Any) -> None:
        nonlocal heard
        if not isinstance(document, Confirmation):
            return
        for _, one in desk.emitted[heard:]:
            for value in one.values if isinstance(one, TagChange) else ():
                if value.path.endswith("Count"):
                    assert value.value >= shown.get(value.path, 0), "a counter never falls"
                shown[value.path] = value.value
        heard = len(desk.emitted)
        good, bad = confirmed[document.machine]
        good += int(document.yield_quantity)
        bad += int(document.scrap + document.rework)
        confirmed[document.machine] = [good, bad]
        name = document.machine
        assert shown.get(f"{name}/Admin/ProdGoodCount", 0) == good
        assert shown.get(f"{name}/Admin/ProdDefectiveCount", 0) == bad

    desk.plant.observers.append(agree)
    for what, amount in [*steps, ("run", 3600)]:
        if what == "order":
            orders.append(order(desk, "SHAFT", quantity=amount))
        elif what in ("Pause", "Resume", "Cancel"):
            with contextlib.suppress(Refusal, IndexError):  # as it stands, or none
                desk.do("plc", "job", command=what, order=orders[amount])
        elif what == "run":
            desk.run(f"{amount}s")
        elif what == "down":
            desk.do("mes", "report_downtime", machine="MILL-1", span=f"{amount}s")
        else:
            verbs = ("unhold", "clear", "reset", "start") if what == "go" else (what,)
            for verb in verbs:
                with contextlib.suppress(Refusal):  # whatever its state does not take
                    desk.do("plc", "command", machine="MILL-1", command=verb)
                desk.run("3s")
    for name in confirmed:
        assert tag(desk, f"{name}/Admin/ProdGoodCount") >= confirmed[name][0]


def test_a_restart_begins_to_count_anew_and_a_rollover_goes_on_at_zero() -> None:
    desk = floor(counter_most=2)
    order(desk, "MZ-FG-R10", quantity=10)
    desk.run("1m")
    assert tag(desk, "MILL-1/Admin/ProdProcessedCount") == 6 % 3
    desk.do("plc", "restart", plc="CELL")
    assert tag(desk, "MILL-1/Admin/ProdProcessedCount") == 0
    spaces = said(desk, TagSpace)
    assert [(one.device, one.reason) for one in spaces] == [
        ("", "restart"), ("MILL-1", "restart"), ("MILL-2", "restart"),
    ]  # fmt: skip
    desk.run("20s")
    assert tag(desk, "MILL-1/Admin/ProdProcessedCount") == 2


def test_oee_follows_from_what_happened() -> None:
    desk = floor()
    order(desk, "MZ-FG-R10", quantity=30)
    desk.run("10m")
    # 5 minutes of 10 at work, at the best pace, nothing wrong
    assert tag(desk, "MILL-1/Performance/Availability") == pytest.approx(0.5, abs=0.01)
    assert tag(desk, "MILL-1/Performance/Quality") == 1
    assert tag(desk, "MILL-1/Performance/OEE") == pytest.approx(0.5, abs=0.01)
    assert sum(tag(desk, "MILL-1/Admin/StateCumulativeTime")) == pytest.approx(600, abs=20)


def test_oee_begins_anew_with_the_counters() -> None:
    desk = floor()
    order(desk, "MZ-FG-R10", quantity=60)
    desk.run("3m")
    assert tag(desk, "MILL-1/Performance/Performance") == 1  # of units that are not confirmed, too
    desk.run("7m")
    desk.do("plc", "restart", plc="CELL")
    desk.run("10m")
    assert tag(desk, "MILL-1/Performance/Availability") == 0
    assert tag(desk, "MILL-1/Performance/OEE") == 0
    order(desk, "MZ-FG-R10", quantity=60)
    desk.run("10m")
    assert tag(desk, "MILL-1/Performance/Availability") == pytest.approx(0.5, abs=0.01)


# --- commands and writes ------------------------------------------------------------------------


def test_a_held_machine_waits_for_the_unhold() -> None:
    desk = floor()
    order(desk, quantity=50)
    desk.run("6m")
    before = tag(desk, "MILL-1/Admin/ProdProcessedCount")
    desk.do("plc", "command", machine="MILL-1", command="hold")
    desk.run("5m")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Held"
    assert tag(desk, "MILL-1/Admin/ProdProcessedCount") == before
    with pytest.raises(Refusal, match="Held, which takes no Start"):
        desk.do("plc", "command", machine="MILL-1", command="start")
    desk.do("plc", "command", machine="MILL-1", command="unhold")
    desk.run("2m")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Execute"
    assert tag(desk, "MILL-1/Admin/ProdProcessedCount") == before + 4


def test_a_machine_in_maintenance_works_only_in_production_again() -> None:
    desk = floor()
    desk.run("1m")
    for wrong in (0, 4, 9):
        with pytest.raises(Refusal, match="cannot be wished for"):
            desk.do("plc", "set_mode", machine="MILL-1", mode=wrong)
    desk.do("plc", "write", plc="CELL", tag="MILL-1/Command/UnitMode", value=2)
    desk.do("plc", "command", machine="MILL-1", command="stop")
    desk.run("1m")
    for verb in ("reset", "start"):
        desk.do("plc", "command", machine="MILL-1", command=verb)
        desk.run("5s")
    order(desk, "MZ-FG-R10", quantity=30)  # MILL-2 is free, but has no part in this
    assert desk.plant.machine("MILL-1").held == "maintenance"
    desk.do("plc", "command", machine="MILL-1", command="stop")
    desk.run("5s")
    desk.do("plc", "set_mode", machine="MILL-1", mode=1)
    assert desk.plant.machine("MILL-1").held, "it was stopped, and the mode does not start it"
    for verb in ("reset", "start"):
        desk.do("plc", "command", machine="MILL-1", command=verb)
        desk.run("5s")
    assert not desk.plant.machine("MILL-1").held


def test_a_command_that_is_written_is_taken_at_the_change_request() -> None:
    desk = floor()
    order(desk, quantity=50)
    desk.run("6m")
    desk.do("plc", "write", plc="CELL", tag="MILL-1/Command/CntrlCmd", value=int(Command.STOP))
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Execute"
    desk.do("plc", "write", plc="CELL", tag="MILL-1/Command/CmdChangeRequest", value=True)
    desk.run("5s")
    assert tag(desk, "MILL-1/Status/StateCurrentName") == "Stopped"
    assert tag(desk, "MILL-1/Command/CntrlCmd") == 0


def test_what_does_not_fit_a_tag_is_refused_by_name() -> None:
    desk = floor(
        tags={"Room/Set": {"type": "Int16", "access": "write", "value": 20}, "Room/Is": 21}
    )
    for path, value, code in (
        ("Room/Set", "warm", "type-mismatch"), ("Room/Set", 40_000, "out-of-range"),
        ("Room/Is", 22, "not-writable"), ("MILL-1/Status/StateCurrent", 6, "not-writable"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as no:
            desk.do("plc", "write", plc="CELL", tag=path, value=value)
        assert no.value.code == code
    desk.do("plc", "write", plc="CELL", tag="Room/Set", value=23)
    assert tag(desk, "Room/Set") == 23
    with pytest.raises(Refusal, match="tag of CELL"):
        desk.do("plc", "read", plc="CELL", tag="Room/Nowhere")


def test_jobs_are_the_orders_of_the_mes() -> None:
    desk = floor()
    given = {"order": "J-1", "item": "GEAR", "quantity": 4}
    assert desk.do("plc", "job", command="Store", **given).state == "NotAllowedToStart"
    assert desk.do("plc", "job", command="Start", order="J-1").state == "AllowedToStart"
    desk.run("6m")
    assert desk.do("mes", "get_order", order="J-1").status == "running"
    assert desk.do("plc", "job", command="Pause", order="J-1").state == "Interrupted"
    assert desk.do("plc", "job", command="Resume", order="J-1").state == "Running"
    with pytest.raises(Refusal, match="has begun"):
        desk.do("plc", "job", command="Cancel", order="J-1")
    desk.run("1h")
    assert desk.do("plc", "job", command="Clear", order="J-1").state == "Ended"


# --- alarms -------------------------------------------------------------------------------------

DOOR = [{"path": "Door", "source": "Room", "severity": 300, "message": "the door is open"}]


def test_an_alarm_is_acknowledged_confirmed_and_shelved() -> None:
    desk = floor(alarms=DOOR)
    door = {"plc": "CELL", "alarm": "Door"}
    desk.do("plc", "raise_alarm", **door)
    with pytest.raises(Refusal, match="acknowledged first"):
        desk.do("plc", "confirm_alarm", **door)
    desk.do("plc", "acknowledge_alarm", comment="going", by="ann", **door)
    with pytest.raises(Refusal, match="already"):
        desk.do("plc", "acknowledge_alarm", **door)
    desk.do("plc", "shelve_alarm", span="10m", **door)
    desk.run("10m")
    desk.do("plc", "clear_alarm", **door)
    desk.do("plc", "confirm_alarm", **door)
    seen = [
        (one.event, one.active, one.acknowledged, one.confirmed, one.shelved, one.retain)
        for one in said(desk, AlarmChange)
    ]
    assert seen == [
        (1, True, False, False, False, True), (2, True, True, False, False, True),
        (3, True, True, False, True, True), (4, True, True, False, False, True),
        (5, False, True, False, False, True), (6, False, True, True, False, False),
    ]  # fmt: skip


def test_a_disabled_alarm_takes_no_part() -> None:
    desk = floor(alarms=DOOR)
    door = {"plc": "CELL", "alarm": "Door"}
    desk.do("plc", "disable_alarm", **door)
    with pytest.raises(Refusal, match="disabled"):
        desk.do("plc", "raise_alarm", **door)
    desk.do("plc", "enable_alarm", **door)
    assert desk.do("plc", "raise_alarm", **door).active
    desk.do("plc", "disable_alarm", **door)
    assert not said(desk, AlarmChange)[-1].retain


@pytest.mark.parametrize(
    ("given", "complaint"),
    [({"alarm_script": {"steps": [{"alarm": "Dor", "active": True}]}}, "did you mean 'Door'"),
     ({"alarms": DOOR * 2}, "two alarms of CELL stand at Door"),
     ({"tags": {"MILL-1/Job/Order": "mine"}}, "two tags of CELL stand at MILL-1/Job/Order"),
     ({"machines": ["MILL-9"]}, "unknown machine 'MILL-9'")],
)  # fmt: skip
def test_what_cannot_be_is_refused_when_the_plant_is_built(
    given: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(Mistake, match=complaint):
        floor(**{"alarms": DOOR, **given})


def test_a_script_repeats_itself() -> None:
    script = {
        "after": "10s", "lasts": "60s", "again": True,
        "steps": [{"alarm": "Door", "active": True}, {"wait": "5s"},
                  {"alarm": "Door", "active": False}],
    }  # fmt: skip
    desk = floor(alarms=DOOR, alarm_script=script)
    desk.run("2m")
    seen = [((one.at - START) / 1e6, one.active) for one in said(desk, AlarmChange)]
    assert seen == [(10, True), (15, False), (70, True), (75, False)]


# --- free-form tags -----------------------------------------------------------------------------


def test_signals_are_functions_of_plant_time() -> None:
    signals = {
        "Ramp": {"signal": {"ramp": {"from": 0, "to": 10, "over": "10s"}}},
        "Back": {"signal": {"ramp": {"to": 10, "over": "10s", "then": "back"}}},
        "Sine": {"signal": {"sine": {"mean": 5, "amplitude": 2, "period": "8s"}}},
        "Steps": {"signal": {"steps": {"values": ["a", "b"], "each": "3s"}}},
        "Count": {"signal": {"count": {"each": "2s", "most": 2}}},
        "Fixed": "as it is",
        "Slow": {"signal": {"count": {"each": "1s"}}, "every": "5s"},
    }
    desk = floor(machines=[], tags=signals)
    desk.systems["plc"].introduce()
    desk.run("12s")
    assert [value for _, value in history(desk, "Ramp")] == [*range(1, 10), 0, 1, 2]
    assert [value for _, value in history(desk, "Back")] == [*range(1, 11), 9, 8]
    assert history(desk, "Sine")[1] == (2, 7)
    assert history(desk, "Steps") == [(3, "b"), (6, "a"), (9, "b"), (12, "a")]
    assert history(desk, "Count") == [(2, 1), (4, 2), (6, 0), (8, 1), (10, 2), (12, 0)]
    assert history(desk, "Slow") == [(5, 5), (10, 10)]
    assert history(desk, "Fixed") == []


def test_a_tag_of_a_machine_is_said_with_the_machine() -> None:
    load = {"MILL-1/Spindle/Load": {"signal": {"count": {"each": "1s"}}}, "Room/Temperature": 21.5}
    desk = floor(scan="10s", tags=load)
    desk.systems["plc"].introduce()
    spaces = {one.device: {tag.path for tag in one.tags} for one in said(desk, TagSpace)}
    assert spaces[""] == {"Room/Temperature"}
    assert "MILL-1/Spindle/Load" in spaces["MILL-1"]
    desk.run("10s")
    found = [one.device for one in said(desk, TagSample)
             if any(value.path == "MILL-1/Spindle/Load" for value in one.values)]  # fmt: skip
    assert found == ["MILL-1"]


def test_noise_spikes_and_dips_repeat_with_the_seed() -> None:
    noisy = {"signal": {"constant": 50.0, "noise": 1, "spike": {"probability": 0.1, "to": 999},
                        "dip": {"probability": 0.1, "by": -40}}}  # fmt: skip

    def course() -> list[tuple[float, Any]]:
        desk = floor(machines=[], tags={"Level": noisy})
        desk.systems["plc"].introduce()
        desk.run("200s")
        return history(desk, "Level")

    values = [value for _, value in course()]
    assert course() == course()
    assert 5 < values.count(999) < 40
    assert 5 < sum(value < 20 for value in values) < 40
    assert sum(40 < value < 60 for value in values) > 100


def test_a_forced_tag_shows_what_it_is_told_until_it_is_released() -> None:
    desk = floor(machines=[], tags={"Level": {"signal": {"count": {"each": "1s"}}}})
    desk.systems["plc"].introduce()
    desk.run("2s")
    desk.do("plc", "force", plc="CELL", tag="Level", value=7, status="BadSensorFailure")
    desk.run("3s")
    view = desk.do("plc", "read", plc="CELL", tag="Level")
    assert (view.value, view.status) == (7, "BadSensorFailure")
    desk.do("plc", "release", plc="CELL", tag="Level")
    desk.run("1s")
    assert history(desk, "Level") == [(1, 1), (2, 2), (2, 7), (5, 7), (6, 6)]


def test_a_saved_floor_goes_on_as_if_nothing_had_been() -> None:
    given = {"tags": {"Level": {"signal": {"constant": 5.0, "noise": 1}}}, "flood": 3}
    straight, halved = floor(**given), floor(**given)
    for desk in (straight, halved):
        desk.systems["plc"].introduce()
        order(desk, quantity=40)
        desk.run("7m")
        desk.do("mes", "report_downtime", machine="MILL-1", span="90s")
    again = floor(**given)
    again.restore(halved.saved())
    for desk in (straight, again):
        desk.run("10m")
    assert again.saved() == straight.saved()


# --- files --------------------------------------------------------------------------------------


def settings_of(payloads: Path, **plc: Any) -> FloorSettings:
    return FloorSettings.model_validate({"plcs": {"CELL": plc}}, context={"payloads": payloads})


def test_a_recording_keeps_its_pacing(tmp_path: Path) -> None:
    (tmp_path / "course.csv").write_text("time,level\n0,1.5\n2,2.5\n5,9\n")
    recording = {"recording": {"csv": "course.csv", "value": "level"}}
    made = settings_of(tmp_path, tags={"Level": {"signal": recording}}).plcs["CELL"]
    course = made.tags["Level"].signal.recording
    assert course is not None
    assert [course.at(n * 1_000_000) for n in range(10)] == [
        1.5,
        1.5,
        2.5,
        2.5,
        2.5,
        9,
        9,
        9,
        1.5,
        1.5,
    ]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [("time,x\n0,1\n", "no column 'level'"), ("time,level\n5,1\n2,1\n", ":3: goes back in time"),
     ("time,level\nsoon,1\n", "neither seconds nor a moment"), ("time,level\n", "no rows")],
)  # fmt: skip
def test_a_recording_that_cannot_be_is_refused_by_line(
    tmp_path: Path, rows: str, complaint: str
) -> None:
    (tmp_path / "course.csv").write_text(rows)
    recording = {"recording": {"csv": "course.csv", "value": "level"}}
    with pytest.raises(Mistake, match=complaint):
        settings_of(tmp_path, tags={"Level": {"signal": recording}})


def test_a_table_becomes_tags(tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text(
        "path,type,value,unit,access\nRoom/Temperature,Double,21.5,CEL,read\nRoom/Open,Boolean,true,,write\n"
    )
    made = settings_of(tmp_path, **{"import": ["tags.csv"]}).plcs["CELL"]
    assert made.tags["Room/Temperature"].unit == "CEL"
    assert made.tags["Room/Open"].access == "write"
    assert made.tags["Room/Open"].signal.constant is True


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("path,typ\n", r"tags.csv:1: unknown column 'typ'"), ("type\nDouble\n", "no column `path`"),
     ("path,type\nA,Doubel\n", r"tags.csv:2: no data type 'Doubel'"),
     ("path,type,value\nA,Int32,x\n", r"tags.csv:2: 'x' is no Int32"),
     ("path\nA\nA\n", r"tags.csv:3: A stands twice")],
)  # fmt: skip
def test_a_table_with_a_mistake_is_refused_by_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "tags.csv").write_text(text)
    with pytest.raises(Mistake, match=complaint):
        settings_of(tmp_path, **{"import": ["tags.csv"]})


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")
def test_the_files_of_opc_plc_are_taken_over() -> None:
    made = settings_of(
        SAMPLES, machines=[], **{"import": ["opc-plc-nodesfile.json"]},
        alarm_script="opc-plc-dalm001.json",
    ).plcs["CELL"]  # fmt: skip
    assert made.tags["MyTelemetry/ActualSpeed"].node == "i=1023"
    assert made.tags["MyTelemetry/aRMS"].node == "s=aRMS"
    assert made.tags["MyTelemetry/DKW"].kind == "Float"
    assert made.tags["MyTelemetry/DKW"].access == "write"
    guid = made.tags["MyTelemetry/Child/Guid"]
    assert guid.node == "g=c6522393-5ca1-4547-9551-29d110ca4a3f"
    assert made.tags["MyTelemetry/Int32 array"].signal.constant == [1, 2, 3, 4, 5]
    desk = Desk(kinds=("plc",), settings={"plc": {"plcs": {"CELL": made}}})
    desk.run("60s")
    seen = [
        ((one.at - START) / 1e6, one.path.rpartition("_")[2], one.active, one.severity)
        for one in said(desk, AlarmChange)
    ]
    assert seen[:4] == [
        (9, "DoorOpen", True, 900), (14, "LightOff", True, 500), (21, "DoorOpen", False, 900),
        (25, "TemperatureHigh", True, 900),
    ]  # fmt: skip
    assert seen[4][0] == 31  # it begins again after 22 s
