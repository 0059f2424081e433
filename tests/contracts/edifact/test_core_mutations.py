"""Whatever arrives ends in a right answer or a named error; nothing broken is accepted."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.contracts.edifact import Edifact
from simulator.contracts.edifact.findings import MOST_FINDINGS
from simulator.contracts.edifact.tokens import LARGEST_INTERCHANGE, MOST_SEGMENTS
from simulator.core.errors import Refusal
from simulator.plant.trading import Received
from tests.contracts.edifact.exchange import (
    answered_rightly,
    contract,
    notice,
    order,
    receive,
    written,
)
from tests.contracts.trading import interchange, names, verdicts

BY = contract()
HONEST = [written(interchange(notice()), BY), written(interchange(order()), BY)]
SEVERAL = HONEST[0] + HONEST[1]


def judged(body: bytes) -> Received | None:
    """What came of some bytes: it is a refusal with a name, or answered as the table says."""
    if not Edifact.inspect(body).readable:
        with pytest.raises(Refusal) as refused:
            receive(body, BY)
        assert refused.value.code == "unreadable"
        return None
    received = receive(body, BY)
    for one in (received, *received.more):
        hard = [o for o in one.findings if not o.tolerated and o.level != "content"]
        said = {code for answer in one.answers for code in answer.codes}
        if hard and one.answers:
            assert not {"accepted"} >= set(verdicts(one))
            assert all(o.codes and o.codes[0] in said for o in hard)
            assert any(answered_rightly(o.name, one.answers) for o in hard)
            assert one.refused_sets or not one.interchange.contents
        assert len(one.findings) <= MOST_FINDINGS + 1
        for answer in one.answers:  # and can be written, whatever it repeats, or has to leave out
            heard = receive(written(interchange(answer, control="77"), BY), BY)
            assert set(names(heard)) <= {"missing-element"}
    return received


pieces = st.sampled_from([
    b"", b"+", b":", b"'", b"?", b"\0", b"\n", b"\xfc", b"\x97", b"+" * 40, b"UNT+1+1'", b"UNH+",
    b"UNZ+1+1'", b"UNB+UNOC:3+", b"UNA:+.? '", b"XXX+1'", b"999999999999", b"~", b"*", b"UNG+A'",
    b"CPS+1+1'", b"GIN+BJ+1'", b"QTY+12:1E9'", b"DTM+137:1:102'", b"LIN+1'", b"\xef\xbb\xbf",
])  # fmt: skip
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 60), pieces | st.binary(max_size=8)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*HONEST, SEVERAL]), edits)
def test_mutated_interchanges(body: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    for where, gone, put in changes:
        at = int(where * len(body))
        body = body[:at] + put + body[at + gone :]
    judged(body)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"UNB", b"UNA", b"UNB+UNOC:3+A+B", HONEST[1]]))
def test_garbage(garbage: bytes, lead: bytes) -> None:
    judged(garbage)
    judged(lead + garbage)


def test_nothing_that_was_cut_off_is_accepted() -> None:
    for honest in HONEST:
        for end in range(0, len(honest) - 1, 7):
            received = judged(honest[:end])
            assert received is None or verdicts(received) == ["rejected"], end
        assert verdicts(receive(honest[:-1], BY)) == ["accepted"]


def test_counts_and_references_that_are_wrong() -> None:
    draw = random.Random(7)
    honest = HONEST[1]
    for tag in (b"UNT+", b"UNZ+"):
        at = honest.index(tag) + 4
        end = honest.index(b"+", at)
        for wrong in (b"", b"0", b"-1", b"x", b"999999", b"1.0", b"%d" % draw.randrange(20, 99)):
            received = judged(honest[:at] + wrong + honest[end:])
            assert received is not None
            assert verdicts(received) == ["rejected"], wrong


HUGE = {
    "one segment": b"FTX+AAI+++" + b"A" * 100_000_000,
    "one segment of separators": b"BGM" + b"+" * 100_000_000,
    "one segment of release characters": b"FTX+" + b"?" * 30_000_000,
    "NULs": b"\0" * 30_000_000,
    "line ends": b"\r\n" * 15_000_000,
    "segments": b"LIN+1'" * (LARGEST_INTERCHANGE // 6 + 1),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_refused_before_it_is_read(name: str) -> None:
    head = HONEST[1][: HONEST[1].index(b"LIN+")]
    received = receive(head + HUGE[name], BY)
    assert verdicts(received) == ["rejected"]
    assert {"oversize", "truncated", "nul-bytes"} & set(names(received))
    segments = sum(len(one.said.keys()) for one in received.interchange.contents)
    assert segments < MOST_SEGMENTS


def test_many_small_things_stay_bounded() -> None:
    head = HONEST[1][: HONEST[1].index(b"UNH+")]
    many = {
        "messages": b"UNH+1+ORDERS:D:96A:UN'" * 300,
        "groups": b"UNG+ORDERS+A+B+260302:0600+1+UN+D:96A'" * 300,
        "interchanges": head * 1_100,
        "strays": b"XYZ+1'" * 2_000,
        "errors": b"UNH+1+ORDERS:D:96A:UN'" + b"QTY+:x'" * 2_000,
        "levels": b"UNH+1+DESADV:D:96A:UN'"
        + b"".join(b"CPS+%d+%d'" % (at, at - 1) for at in range(300)),
        "labels": b"UNH+1+DESADV:D:96A:UN'CPS+1'PAC+9'"
        + b"GIN+BJ+1+2+3+4+5'" * 2_000
        + b"LIN+1++A:IN'QTY+12:3'" * 200,
    }
    for body in many.values():
        received = judged(head + body)
        assert received is not None
        assert verdicts(received) == ["rejected"]
        assert len(received.more) < 1_000
