"""Reading is lossless and bounded, whatever the bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.contracts.edifact.marks import STANDARD, Marks
from simulator.contracts.edifact.segments import Segment, seg
from simulator.contracts.edifact.tokens import LARGEST_SEGMENT, Token, parse, tokenise
from simulator.contracts.edifact.writing import serialise

UNB = b"UNB+UNOC:3+A:14+B:14+260302:0600+12'"


def rejoined(body: bytes) -> bytes:
    return b"".join(body[one.start : one.end] for one in tokenise(body))


def segments(body: bytes) -> list[Segment]:
    found = []
    for one in tokenise(body):
        if one.kind == "segment":
            text = body[one.first : one.last].decode("latin-1")
            found.append(Segment(*parse(text.replace("\r", "").replace("\n", ""), one.marks)))
    return found


def sound(body: bytes, tokens: list[Token]) -> None:
    at = 0
    for one in tokens:
        assert one.start == at
        assert one.start <= one.first <= one.last <= one.end
        at = one.end
    assert at == len(body)


pieces = st.lists(
    st.sampled_from([
        b"UNA:+.? '", b"UNA*^.\\ ~", b"UNA", UNB, b"UNB+", b"UNH+1+ORDERS:D:96A:UN'", b"BGM+220+1'",
        b"UNT+3+1'", b"UNZ+1+12'", b"'", b"?", b"??", b"?'", b"\r\n", b"\0", b"\xef\xbb\xbf", b" ",
        b"+", b":", b"\xe4\x1d", b"UNZ", b"UNB*UNOA=3*", b"~", b"UNG+'", b"\n",
    ])
    | st.binary(max_size=12),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(pieces | st.binary(max_size=300))
def test_every_byte_comes_back(body: bytes) -> None:
    tokens = list(tokenise(body))
    sound(body, tokens)
    assert rejoined(body) == body


@given(pieces)
def test_every_byte_of_an_interchange_comes_back(rest: bytes) -> None:
    sound(UNB + rest, list(tokenise(UNB + rest)))


texts = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["C"]))
elements = st.lists(st.text("AZ+:?'*~,. \\09ä", max_size=6) | texts, min_size=1, max_size=4)
written = st.builds(
    lambda tag, values: seg(tag, *values),
    st.sampled_from(["BGM", "FTX", "NAD"]),
    st.lists(elements, max_size=5),
)
marks = st.sampled_from([
    STANDARD, Marks("=", "*", ".", "?", "", "~"), Marks("!", "^", ".", "\\", "", "~"),
    Marks(":", "+", ",", "?", "*", "'"),
])  # fmt: skip


@given(st.lists(written, min_size=1, max_size=8), marks)
def test_what_is_written_is_read(given_: list[Segment], used: Marks) -> None:
    head = seg("UNB", ["UNOC", "3"], "A", "B", ["260302", "0600"], "12")
    body = used.una.encode() + serialise([head, *given_], used, "UNOC")
    found = segments(body)
    assert [one.tag for one in found] == ["UNB", *(one.tag for one in given_)]
    trimmed = [seg(one.tag, *one.elements) for one in found]
    assert trimmed == [head, *given_]


def test_offsets_and_lines() -> None:
    body = UNB + b"\r\nUNH+1+ORDERS:D:96A:UN'\r\n\r\nBGM+220'\r\n"
    found = [(one.first, one.line) for one in tokenise(body) if one.kind == "segment"]
    assert found == [(0, 1), (38, 2), (64, 4)]


@pytest.mark.parametrize(
    ("start", "head"),
    [
        (b"", b"UNB+UNOA:3+A"),
        (b"UNA:+.? '", b"UNB+UNOA:3+A"),
        (b"\xef\xbb\xbf\r\nUNA:+.? '\r\n", b"UNB+UNOA:3+A"),
        (b"UNA=*.? ~", b"UNB*UNOA=3*A"),
        (b"", b"UNB*UNOA=3*A"),
        (b"", b"UNB\x1dUNOB\x1f3\x1dA"),
        (b"UNA:+.? \n", b"UNB+UNOA:3+A"),
        (b"UNA:+.? \r\n", b"UNB+UNOA:3+A"),
    ],
)
def test_service_characters_are_found(start: bytes, head: bytes) -> None:
    ends = {0x2A: b"~", 0x1D: b"\x1c"}.get(head[3], start[-1:] if start[-1:] == b"\n" else b"'")
    element = head[3:4]
    body = start + ends.join(
        [head, element.join([b"UNH", b"1"]), element.join([b"UNZ", b"1"]), b""]
    )
    found = segments(body)
    assert [one.tag for one in found] == ["UNB", "UNH", "UNZ"]
    assert found[0].get(1, 2) == "3"
    assert found[1].get(1) == "1"


def test_lines_without_terminators() -> None:
    found = segments(b"UNB+UNOA:3+A+B+260302:0600+1\nUNH+1+ORDERS:D:96A:UN\nBGM+220\nUNZ+1+1\n")
    assert [one.tag for one in found] == ["UNB", "UNH", "BGM", "UNZ"]


@pytest.mark.parametrize("width", [1, 7, 20, 80])
def test_folded_lines(width: int) -> None:
    whole = UNB + b"UNH+1+ORDERS:D:96A:UN'FTX+AAI+++it?'s 1?+1 ?? yes'UNZ+1+12'"
    start, rest = whole[:4], whole[4:]  # what it begins with must be there to be seen
    body = start + b"\n".join(rest[at : at + width] for at in range(0, len(rest), width))
    assert segments(body)[2].get(4) == "it's 1+1 ? yes"
    assert segments(body)[3].get(2) == "12"


def test_interchanges_with_service_characters_of_their_own() -> None:
    one = b"UNA:+.? '" + UNB + b"UNZ+0+12'\r\n"
    other = b"UNA!^.\\ ~UNB^UNOA!3^A^B^260302!0600^13~UNZ^0^13~\n"
    third = UNB + b"UNZ+0+12'"
    body = one + other + third
    assert [one.get(5) for one in segments(body) if one.tag == "UNB"] == ["12", "13", "12"]
    assert [one.opens for one in tokenise(body)].count(True) == 3


@pytest.mark.parametrize("filling", [b"A", b"?'", b"?", b"\n", b"+", b"\0", b"?\n'"])
def test_one_huge_segment_is_not_read_to_its_end(filling: bytes) -> None:
    body = UNB + b"FTX+" + filling * (8_000_000 // len(filling))
    tokens = list(tokenise(body))
    sound(body, tokens)
    assert len(tokens) < 5
    assert tokens[-1].kind == "oversize"
    assert tokens[-1].end - tokens[-1].first > LARGEST_SEGMENT
