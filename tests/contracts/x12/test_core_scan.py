"""Reading is lossless and bounded, whatever the bytes are."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.contracts.x12 import scan as scanning
from simulator.contracts.x12.scan import LARGEST_SEGMENT, MOST_BYTES, MOST_SEGMENTS, pieces, scan
from simulator.core.errors import Refusal

ISA = (
    b"ISA*00*          *00*          *ZZ*BEARCO         *ZZ*GEARBOX        "
    b"*260302*0600*U*00401*000000012*0*T*>~"
)
GS = b"GS*PO*BEARCO*GEARBOX*20260302*0600*12*X*004010~"
IEA = b"IEA*1*000000012~"


def sound(body: bytes) -> None:
    """Every byte stands in one piece, and in the segment whose offset says so."""
    found = list(pieces(body))
    assert b"".join(one.raw for one in found) == body
    for one, other in pairwise(found):
        assert one.offset + len(one.raw) == other.offset
    for inside in scan(body):
        assert inside.start <= inside.header.start < inside.end <= len(body)
        offsets = [one.offset for one in inside.segments]
        assert offsets == sorted(offsets)
        for segment, text in zip(inside.segments, inside.texts, strict=True):
            assert text[:1] in ("", *"\x1a\x1d\x1e\x1f", chr(body[segment.offset]))


def tags(body: bytes) -> list[list[str]]:
    return [[one.tag for one in inside.segments] for inside in scan(body)]


parts = st.lists(
    st.sampled_from([
        ISA, ISA[:-1] + b"\n", ISA[:40], ISA.replace(b"SEND", b"SENDER"), b"ISA*", b"ISA", GS, IEA,
        b"ST*850*0001~", b"BEG*00*NE*1~", b"SE*3*0001~", b"GE*1*12~", b"IEA", b"~", b"*", b">",
        b"\r\n", b"\n", b"\0", b"\xef\xbb\xbf", b" ", b"BIN*4*a~b*~", b"BIN*99*x~", b"BDS*B*3*~~~~",
        b"\x1d\x1e\x1f", b"\xe4\xfc", b"TA1*1*2*3*A*000~", b"\x1a", b"\xe2\x80\xa6",
    ])
    | st.binary(max_size=12),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(parts | st.binary(max_size=300))
def test_every_byte_comes_back(body: bytes) -> None:
    sound(body)
    sound(ISA + body)


@given(st.lists(st.sampled_from([ISA, GS, IEA, b"N1*ST*A B~\r\n", b"\n", b"BIN*3*~\n~~"])))
def test_windows_change_nothing(some: list[bytes]) -> None:
    body = ISA + b"".join(some)
    whole = scan(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "WINDOW", 7)
        assert scan(body) == whole
        sound(body)


def test_offsets_and_lines() -> None:
    body = b"\r\n" + ISA + b"\r\n" + GS + b"\r\n\r\n" + IEA
    (one,) = scan(body)
    assert one.line == 2
    assert [(seg.offset, seg.line) for seg in one.segments] == [(110, 3), (161, 5)]


@pytest.mark.parametrize("end", [b"~", b"~\r\n", b"\n", b"\r\n", b"!", b"\x85", b"\xe2\x80\xa6"])
@pytest.mark.parametrize("mark", [b"*", b"|", b"\x1d", b"^", b"+"])
def test_delimiters_are_found(mark: bytes, end: bytes) -> None:
    text = ISA[:-1] + b"~".join([b"", GS[:-1], b"ST*850*0001", IEA])
    body = text.replace(b"*", mark).replace(b"~", end)
    (one,) = scan(body)
    assert [seg.tag for seg in one.segments] == ["GS", "ST", "IEA"]
    assert one.segments[1].elements == ("850", "0001")
    assert one.header.control == "000000012"
    assert one.terminated
    assert one.header.regular
    sound(body)


@pytest.mark.parametrize("at", [4, 30, 80, 104])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_header_that_is_folded(at: int, end: bytes) -> None:
    body = ISA[:at] + end + ISA[at:] + GS + IEA
    (one,) = scan(body)
    assert one.header.folded
    assert one.header.control == "000000012"
    assert [seg.tag for seg in one.segments] == ["GS", "IEA"]
    sound(body)


@pytest.mark.parametrize("width", [20, 64, 80, 106])
def test_folded_lines(width: int) -> None:
    whole = ISA + GS + b"MSG*A LONG TEXT THAT IS CUT WHEREVER THE LINE IS FULL~" + IEA
    body = b"\n".join(whole[at : at + width] for at in range(0, len(whole), width))
    (one,) = scan(body)
    assert [seg.tag for seg in one.segments] == ["GS", "MSG", "IEA"]
    assert one.segments[1].get(1) == "A LONG TEXT THAT IS CUT WHEREVER THE LINE IS FULL"


HEADERS = {
    "a blank too few": (ISA.replace(b"BEARCO ", b"BEARCO"), "~"),
    "a blank too many": (ISA.replace(b"BEARCO ", b"BEARCO  "), "~"),
    "not filled at all": (b"ISA*00**00**ZZ*B*ZZ*G*260302*0600*U*00401*000000012*0*T*>~", "~"),
    "no component separator": (ISA.replace(b">~", b"~"), "~"),
    "no component separator, lines": (ISA.replace(b">~", b"~\n"), "~"),
    "a short control number": (ISA.replace(b"000000012", b"12"), "~"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_off_width(name: str) -> None:
    head, end = HEADERS[name]
    lines = b"\n" if head.endswith(b"\n") else b""
    body = head + GS + lines + IEA
    (one,) = scan(body)
    assert not one.header.regular
    assert one.header.get(13).lstrip("0") == "12"
    assert one.header.delimiters.segment == end
    assert [seg.tag for seg in one.segments] == ["GS", "IEA"]
    sound(body)


def test_several_interchanges_each_with_its_own_delimiters() -> None:
    one = ISA + GS + IEA + b"\r\n"
    other = one.replace(b"*", b"|").replace(b"~", b"\n")
    narrow = one.replace(b"BEARCO ", b"BEARCO")
    assert tags(one + other + narrow + one) == [["GS", "IEA"]] * 4
    open_ended = ISA + GS
    assert tags(open_ended + open_ended + narrow) == [["GS"], ["GS"], ["GS", "IEA"]]


def test_binary_data_may_hold_delimiters() -> None:
    body = ISA + b"BIN*12*a~ISA*b~IEA*~CTT*1~" + IEA
    (one,) = scan(body)
    assert [seg.tag for seg in one.segments] == ["BIN", "CTT", "IEA"]
    assert one.segments[0].elements == ("12", "a~ISA*b~IEA*")


def test_data_may_hold_what_stands_for_delimiters_in_memory() -> None:
    (one,) = scan(ISA + b"MSG*a\x1db\x1ec\x1fd>e~" + IEA)
    assert one.segments[0].elements == ("a\x1ab\x1ac\x1ad\x1fe",)


@pytest.mark.parametrize("filling", [b"A", b"*", b">", b"\n", b"\0", b" ", b"ISA*", b"IEA*"])
def test_one_huge_segment_is_one_segment(filling: bytes) -> None:
    body = ISA + b"MSG*" + filling * (2_000_000 // len(filling)) + b"~" + IEA
    (one,) = scan(body)
    assert len(one.segments) == 2
    assert one.segments[0].tag == "MSG"
    assert bool(one.oversize) == (filling not in (b"\n", b"\0"))
    assert max(map(len, one.segments[0].elements)) > LARGEST_SEGMENT or filling in b"\n\0*"


def test_what_is_too_large_is_refused() -> None:
    for body in (
        ISA + b"A" * MOST_BYTES,
        ISA + b"N1*A~" * (MOST_SEGMENTS + 1),
        (ISA + IEA) * (scanning.MOST_INTERCHANGES + 1),
    ):
        with pytest.raises(Refusal) as refused:
            scan(body)
        assert (refused.value.code, refused.value.status) == ("too-large", 413)


HOSTILE = {
    "false headers": b"ISA*" * 100_000,
    "false headers of other delimiters": b"ISA|ISA^ISA+" * 40_000,
    "interchanges off width, with a long tail": (b" " + ISA.replace(b"BEARCO ", b"B") + IEA) * 4_000
    + b"X" * 8_000_000,
    "interchanges without an end": ISA.replace(b"BEARCO ", b"B") * 4_000 + b"~" * 500_000,
    "line ends": ISA + b"\n" * 10_000_000,
    "trailers": ISA + b" IEA*" * 2_000_000,
    "torn trailers": ISA + b"I\0EA*1*12~" * 100_000,
    "binary data": ISA + b"BIN*9*~~~~~~~~~~" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_in_one_pass(name: str) -> None:
    with suppress(Refusal):
        assert len(scan(HOSTILE[name])) <= scanning.MOST_INTERCHANGES
