"""Whatever arrives ends in a right answer or a named error; nothing broken is accepted."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.contracts.x12 import X12
from simulator.contracts.x12.findings import MOST_FINDINGS
from simulator.core.errors import Refusal
from simulator.core.message import Request
from simulator.plant.trading import Received
from tests.contracts.trading import codes, interchange, names, verdicts
from tests.contracts.x12.interchanges import (
    answered_rightly,
    contract,
    enveloped,
    notice,
    order,
    receive,
    refusing,
    written,
)

BY = contract(one_per_group=False)
HONEST = [written(interchange(notice()), BY), written(interchange(order(), order("PO-2")), BY)]
SEVERAL = HONEST[0] + HONEST[1]
OTHER = written(
    interchange(notice()),
    contract(version="005010", delimiters={"segment": "\n", "element": "|", "component": ":"}),
)


def judged(body: bytes) -> Received | None:
    """What came of some bytes: a refusal with a name, or answers as the table says."""
    inspection = X12.inspect(body)
    json.dumps(inspection.documents)
    BY.glance(Request(body=body))
    if not inspection.readable:
        with pytest.raises(Refusal) as refused:
            receive(body, BY)
        assert refused.value.code == "unreadable"
        return None
    received = receive(body, BY)
    for one in (received, *received.more):
        hard = refusing(one)
        if hard and one.answers:
            assert set(verdicts(one)) != {"accepted"}
            assert any(answered_rightly(name, one.answers) for name in hard), hard
            assert codes(one)
        if not hard:
            assert not one.refused_sets
            assert "rejected" not in verdicts(one)
        assert len(one.findings) <= MOST_FINDINGS
    return received


pieces = st.sampled_from([
    b"", b"*", b">", b"~", b"\0", b"\n", b"\r\n", b"\xfc", b"\x97", b"*" * 40, b"|", b":", b"^",
    b"SE*1*0001~", b"ST*", b"GE*1*12~", b"GS*PO~", b"IEA*1*000000012~", b"ISA", b"XXX*1~",
    b"HL*1**S~", b"MAN*GM*1~", b"SN1**1E9*EA~", b"DTM*011*1~", b"LIN~", b"999999999999",
    b"\x1d\x1e\x1f",
    b"TA1*000000012*260302*0600*A*000~", b"BIN*5*~~~~~~", b"BIN*99999999999*", b"\xef\xbb\xbf",
    b"ISA*00*          *00*", b"\xe2\x80\xa6", HONEST[0][:106], HONEST[1][:60],
])  # fmt: skip
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 60), pieces | st.binary(max_size=8)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([*HONEST, SEVERAL, OTHER]), edits)
def test_mutated_interchanges(body: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    for where, gone, put in changes:
        at = int(where * len(body))
        body = body[:at] + put + body[at + gone :]
    judged(body)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(HONEST), st.data())
def test_other_delimiters_anywhere(body: bytes, data: st.DataObject) -> None:
    old = data.draw(st.sampled_from([b"*", b"~", b">", b"\n", b"0", b" "]))
    new = data.draw(st.sampled_from([b"*", b"~", b"|", b"\n", b"\r\n", b"", b" ", b"A", b"\x1d"]))
    judged(body.replace(old, new, data.draw(st.integers(0, 60))))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"ISA", b"ISA*00*", HONEST[1][:106], HONEST[1]]))
def test_garbage(garbage: bytes, lead: bytes) -> None:
    judged(garbage)
    judged(lead + garbage)


def test_nothing_that_was_cut_off_is_accepted() -> None:
    for honest in (*HONEST, OTHER):
        for end in range(0, len(honest) - 1, 3):
            received = judged(honest[:end])
            assert received is None or set(verdicts(received)) == {"rejected"}, end
        assert "rejected" not in verdicts(receive(HONEST[0][:-1], BY))


@pytest.mark.parametrize(
    "wrong", [b"", b"0", b"-1", b"x", b"999999", b"1.0", b"00", b" ", "²".encode("latin-1")]
)
@pytest.mark.parametrize("tag", [b"SE*", b"GE*", b"IEA*"])
def test_counts_that_are_wrong(tag: bytes, wrong: bytes) -> None:
    honest = enveloped()
    at = honest.index(b"~" + tag) + len(tag) + 1
    received = judged(honest[:at] + wrong + honest[honest.index(b"*", at) :])
    assert received is not None
    assert verdicts(received) == ["rejected"]


HEAD = HONEST[0][: HONEST[0].index(b"HL*")]
HUGE = {
    "one segment": b"PID*F****" + b"A" * 100_000_000,
    "one segment of separators": b"PID" + b"*" * 100_000_000,
    "NULs": b"\0" * 100_000_000,
    "segments": b"LIN*1~" * 6_000_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_refused_before_it_is_read(name: str) -> None:
    body = HEAD + HUGE[name]
    tracemalloc.start()
    with pytest.raises(Refusal) as refused:
        receive(body, BY)
    inspection = X12.inspect(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refused.value.code, refused.value.status) == ("too-large", 413)
    assert most < 5_000_000
    assert [one.name for one in inspection.flaws] == ["oversize"]
    (answer,) = inspection.answers
    assert (answer.wire, answer.verdict) == ("TA1", "rejected")
    assert "TA1*000000012*260302*0600*R*022~" in answer.raw


LARGE = {
    "one segment": b"PID*F****" + b"A" * 4_000_000 + b"~",
    "one segment of separators": b"PID" + b"*" * 4_000_000 + b"~",
    "one segment of components": b"PID*" + b">" * 4_000_000 + b"~",
    "one number": b"SN1**" + b"9" * 4_000_000 + b"*EA~",
    "line ends": b"\r\n" * 2_000_000,
    "NULs": b"\0" * 4_000_000,
    "false headers": b" ISA*00*" * 20_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_and_wrong_is_refused(name: str) -> None:
    received = judged(HEAD + LARGE[name])
    assert received is not None
    assert set(verdicts(received)) == {"rejected"}


def test_many_small_things_stay_bounded() -> None:
    head = enveloped()[: enveloped().index(b"ST*")]
    many = {
        "sets": b"ST*850*0001~" * 600,
        "groups": b"GS*PO*A*B*20260302*0600*1*X*004010~" * 600,
        "interchanges": head * 300,
        "strays": b"XYZ*1~" * 5_000,
        "errors": b"ST*850*0001~" + b"PO1*1*X*Y*Z~" * 2_000,
        "unknown tags": b"ST*850*0001~" + b"XX?*1~" * 2_000,
        "levels": b"ST*856*0001~BSN*00*1*20260302*0600~"
        + b"".join(b"HL*%d*%d*P~" % (at, at - 1) for at in range(1, 500)),
        "labels": b"ST*856*0001~BSN*00*1*20260302*0600~HL*1**P~" + b"MAN*GM*1~" * 2_000,
        "acknowledged": b"ST*997*0001~AK1*PO*1~" + b"AK2*850*1~AK3*A*1~AK4*1**1~" * 1_000,
    }
    for body in many.values():
        received = judged(head + body)
        assert received is not None
        assert set(verdicts(received)) == {"rejected"}


def test_the_same_twice_is_the_same() -> None:
    for body in HONEST:
        assert receive(body, BY) == receive(body, BY)
        assert names(receive(body, BY)) == []
