"""Counting by tags: what cannot be believed is refused, and every unit is counted once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.bridge.floor import identity
from examples.bridge.floor.counting import Counting
from examples.bridge.floor.incidents import Alarm, Incidents
from examples.bridge.floor.line import Lines, UnknownWire
from examples.bridge.floor.readings import (
    EXECUTE,
    FASTEST,
    GOOD,
    ORDER,
    SECOND,
    SINCE_RESET,
    SPEED,
    STATE,
    Reading,
)
from examples.bridge.store import Store

BEGIN = 1_772_000_000 * SECOND
MOST = 2**32 - 1


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store(":memory:")
    yield made
    made.close()


class Cell:
    """A PLC with a few machines, and the bridge that listens to it."""

    def __init__(self, store: Store, machines: int = 3) -> None:
        self.store = store
        self.counting = Counting(store, "opcua")
        self.names = [f"M{n}" for n in range(1, machines + 1)]
        for name in self.names:
            self.say(0, name, SINCE_RESET, 0)
            self.say(0, name, STATE, EXECUTE)
            self.say(0, name, FASTEST, 2.0)
            self.say(0, name, SPEED, 1.0)
            self.say(0, name, GOOD, 0, high=MOST)

    def say(self, seconds: float, machine: str, tag: str, shown: Any, **more: Any) -> None:
        """A reading, so many seconds after the beginning."""
        moment = BEGIN + round(seconds * SECOND)
        given = {"value": shown, "status": "Good", "at": moment, **more}
        self.counting.take([Reading("CELL", machine, tag, **given)])

    def tick(self, at: int, *machines: str) -> None:
        """Time goes on, at all machines or at some."""
        moment = BEGIN + at * SECOND
        names = machines or self.names
        self.counting.take(
            [Reading("CELL", name, SINCE_RESET, at, "Good", moment) for name in names]
        )

    def good(self, machine: str = "M1") -> int:
        found = self.counting.machine(machine)
        return 0 if found is None else int(found["good"])

    def troubles(self, machine: str = "M1") -> list[str]:
        found = self.counting.machine(machine)
        return [] if found is None else [one["what"] for one in found["troubles"]]


@pytest.fixture
def cell(store: Store) -> Cell:
    return Cell(store)


def test_units_are_booked_for_the_order_in_hand_before_they_left(cell: Cell) -> None:
    cell.say(1, "M1", ORDER, "A")
    cell.say(60, "M1", GOOD, 1)
    cell.say(120, "M1", ORDER, "B")
    cell.say(120, "M1", GOOD, 2)  # the last one of A, in the same instant
    cell.say(180, "M1", GOOD, 3)
    found = cell.counting.machine("M1")
    assert found is not None
    assert found["orders"] == {"A": {"good": 2, "defective": 0}, "B": {"good": 1, "defective": 0}}


@pytest.mark.parametrize(
    ("more", "trouble"),
    [
        ({"status": "BadSensorFailure"}, "BadSensorFailure"),
        ({"status": "UncertainLastUsableValue"}, "UncertainLastUsableValue"),
        ({"value": None}, "no value"),
        ({"value": -1}, "no count"),
        ({"value": "many"}, "no count"),
        ({"value": MOST + 1}, "out of range"),
        ({"value": 500}, "jumps"),
        ({"at": BEGIN + 30 * SECOND}, "stale: older than the last one"),
        ({"at": BEGIN + 3600 * SECOND}, "from the future"),
    ],
)
def test_what_cannot_be_believed_is_refused_and_counted_later(
    cell: Cell, more: dict[str, Any], trouble: str
) -> None:
    cell.say(60, "M1", GOOD, 1, high=MOST)
    cell.tick(120)
    cell.say(120, "M1", GOOD, 2, **{"high": MOST, **more})
    assert (cell.good(), cell.troubles()) == (1, [trouble])
    cell.say(180, "M1", GOOD, 3, high=MOST)
    assert cell.good() == 3


def test_a_source_whose_time_stands_still_is_stale(cell: Cell) -> None:
    for name in cell.names:
        cell.say(1, name, STATE, 11)  # held, so that nobody asks why it counts nothing
    cell.tick(600)
    cell.say(30, "M1", GOOD, 1)
    assert (cell.good(), cell.troubles()) == (0, ["stale: its time stands still"])


def test_one_clock_that_is_wrong_is_outvoted(cell: Cell) -> None:
    cell.tick(60)
    cell.tick(7200, "M1")  # two hours ahead
    assert cell.troubles("M1") == ["from the future"]
    cell.tick(120, "M2", "M3")
    cell.say(120, "M2", GOOD, 1)
    assert (cell.good("M2"), cell.troubles("M2")) == (1, [])


def test_a_counter_that_begins_anew_is_told_from_one_that_rolls_over(cell: Cell) -> None:
    cell.say(0, "M1", GOOD, 0, high=9)
    for minute in range(1, 13):
        cell.tick(60 * minute)
        cell.say(60 * minute, "M1", GOOD, minute % 10, high=9)
    assert cell.good() == 12
    cell.say(730, "M1", SINCE_RESET, 0)  # restarted
    cell.say(730, "M1", GOOD, 0, high=9)
    assert cell.good() == 12
    cell.say(790, "M1", GOOD, 1, high=9)
    assert cell.good() == 13


def test_a_machine_that_runs_and_counts_nothing_is_suspected_until_it_counts(cell: Cell) -> None:
    for minute in range(1, 10):
        cell.tick(60 * minute)
        cell.say(60 * minute, "M2", GOOD, minute)
    assert (cell.counting.machine("M1") or {})["suspect"] == "frozen"
    assert (cell.counting.machine("M2") or {})["suspect"] is None
    cell.say(545, "M1", GOOD, 9)
    assert (cell.counting.machine("M1") or {})["suspect"] is None
    assert cell.good() == 9


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("unit"), st.integers(1, 3)),
            st.tuples(st.just("restart"), st.just(0)),
            st.tuples(st.just("reconnect"), st.just(0)),
            st.tuples(st.just("gone"), st.integers(1, 4)),
            st.tuples(st.just("bridge restarts"), st.just(0)),
        ),
        max_size=25,
    ),
    st.sampled_from([9, 255, 2**32 - 1]),
)
def test_every_unit_is_counted_once_whatever_happens(
    steps: list[tuple[str, int]], most: int
) -> None:
    store = Store(":memory:")
    cell = Cell(store, machines=1)
    at, made, counter, since = 0, 0, 0, 0
    history: list[Reading] = []
    away = 0

    def catch_up() -> None:
        cell.counting.resume({"M1": BEGIN + at * SECOND})
        cell.counting.take(
            [Reading("CELL", "M1", SINCE_RESET, at - since, "Good", BEGIN + at * SECOND)],
            complete=False,
        )
        cell.counting.take(history, complete=False)
        cell.counting.cover()

    for what, amount in [*steps, ("reconnect", 0)]:
        if what == "gone":
            away = amount
            continue
        if what == "reconnect":
            away = 0
        elif what == "bridge restarts":
            cell.counting = Counting(store, "opcua")
        elif what == "restart" and not away:  # of two while nobody listens, one would be missed
            at += 30
            counter, since = 0, at
            cell.say(at, "M1", SINCE_RESET, 0)
            cell.say(at, "M1", GOOD, 0, high=most)
        elif what == "unit":
            at += 60 * amount
            made, counter = made + amount, (counter + amount) % (most + 1)
            history.append(
                Reading("CELL", "M1", GOOD, counter, "Good", BEGIN + at * SECOND, False, 0, most)
            )
            if away:
                away -= 1
            else:
                cell.say(at, "M1", SINCE_RESET, at - since)
                cell.say(at, "M1", GOOD, counter, high=most)
        if not away:
            catch_up()
    assert cell.good() == made
    store.close()


# --- incidents and connections ------------------------------------------------------------------


def test_a_flood_of_alarms_is_one_incident(store: Store) -> None:
    incidents = Incidents(store)

    def say(name: str, *, active: bool, source: str = "M1") -> bool:
        return incidents.take(Alarm(source, name, active, 500, "it smokes", BEGIN))

    assert say("Breakdown", active=True)
    assert [say(f"Follow-up-{n}", active=True) for n in range(5)] == [False] * 5
    assert not say("Breakdown", active=True)  # acknowledged
    assert say("Open", active=True, source="Gate")
    for name in ("Follow-up-1", "Breakdown"):
        say(name, active=False)
    assert [(one["source"], one["alarms"], one["ended"] is None) for one in incidents.every()] == [
        ("M1", 6, False), ("Gate", 1, True),
    ]  # fmt: skip
    assert say("Breakdown", active=True)


def test_a_certificate_is_held_to_its_time_and_its_name(tmp_path: Path) -> None:
    certificate, _ = identity.own(tmp_path)
    made = certificate.read_bytes()
    identity.check(made, identity.URI)
    with pytest.raises(identity.NotTrusted, match="not issued to urn:else"):
        identity.check(made, "urn:else")
    with pytest.raises(identity.NotTrusted, match="cannot be read"):
        identity.check(b"hello", identity.URI)
    assert identity.own(tmp_path)[0].read_bytes() == made


@pytest.mark.parametrize(
    ("urls", "what"),
    [(["http://x"], "neither with"), (["mqtt://a", "mqtt://b"], "one URL for each wire")],
)
def test_a_line_that_cannot_be_is_refused(
    store: Store, tmp_path: Path, urls: list[str], what: str
) -> None:
    with pytest.raises(UnknownWire, match=what):
        Lines(store, urls, tmp_path)
