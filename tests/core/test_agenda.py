"""The agenda: against a plain list, and saved in the middle."""

import json

from hypothesis import given
from hypothesis import strategies as st

from simulator.core.agenda import Agenda

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(-5, 50)),
        st.tuples(st.just("cancel"), st.integers(1, 40)),
        st.tuples(st.just("pop"), st.integers(-5, 60)),
        st.tuples(st.just("save"), st.just(0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_does_what_a_sorted_list_does(steps):
    agenda, plain, tickets = Agenda(), [], 0
    for what, number in steps:
        if what == "put":
            tickets += 1
            assert agenda.put(number, "plant.x", n=tickets) == tickets
            plain.append((number, tickets))
        elif what == "cancel":
            agenda.cancel(number)
            plain = [one for one in plain if one[1] != number]
        elif what == "pop":
            event = agenda.pop(number)
            first = min(plain, default=None)
            if first is None or first[0] > number:
                assert event is None
            else:
                assert (event.due, event.ticket, event.args) == (*first, {"n": first[1]})
                plain.remove(first)
        else:
            agenda = Agenda.restore(json.loads(json.dumps(agenda.save())))
        assert len(agenda) == len(plain)
        assert agenda.next_due() == min((one[0] for one in plain), default=None)
        assert [(one.due, one.ticket) for one in agenda.events()] == sorted(plain)


def test_ties_go_by_the_order_of_putting_down():
    agenda = Agenda()
    for name in ("b", "a", "c"):
        agenda.put(5, name, payload={"not": ["sortable"]})
    assert [agenda.pop(5).kind for _ in range(3)] == ["b", "a", "c"]


def test_what_is_cancelled_takes_no_room():
    agenda = Agenda()
    agenda.put(10**9, "stays")
    for n in range(10_000):
        agenda.cancel(agenda.put(10**6 + n, "goes"))
    assert len(agenda._heap) < 200
    assert agenda.next_due() == 10**9


def test_a_ticket_is_never_given_twice():
    agenda = Agenda()
    agenda.cancel(agenda.put(1, "x"))
    again = Agenda.restore(agenda.save())
    assert again.put(1, "y") == 2
    agenda.cancel(99)
    agenda.cancel(1)
    assert len(agenda) == 0
