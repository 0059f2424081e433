"""What partners really send: read past where it does no harm, named and refused where it does."""

from __future__ import annotations

import pytest

from simulator.contracts.edifact import Edifact
from simulator.plant.trading import FunctionalAcknowledgement
from tests.contracts.edifact.exchange import ORDER, codes, message, receive
from tests.contracts.trading import names, verdicts

PLAIN = message(ORDER)
HEAD = "UNB+UNOC:3+4012345000023:14+4012345000009:14+260302:0600+12"
UMLAUT = message(ORDER.replace("PO-4711", "PÖ-4711"))
UTF8 = UMLAUT.decode("latin-1").encode()
TWO = PLAIN.replace(b"UNZ+1+12'", b"") + PLAIN[PLAIN.index(b"UNH") :].replace(
    b"UNH+1", b"UNH+2"
).replace(b"+1'UNZ+1", b"+2'UNZ+2")
GROUP = b"UNG+ORDERS+A+B+260302:0600+7+UN+D:96A'UNH+"
GROUPED = PLAIN.replace(b"UNH+", GROUP).replace(b"UNZ+1", b"UNE+1+7'UNZ+1")


def ended(by: bytes) -> bytes:
    return PLAIN.replace(b"'", by)


def folded(width: int, by: bytes) -> bytes:
    return by.join(PLAIN[at : at + width] for at in range(0, len(PLAIN), width))


HARMLESS = {
    "UNA": (b"UNA:+.? '" + PLAIN, []),
    "UNA and a line end": (b"UNA:+.? '\n" + PLAIN, ["carriage-returns"]),
    "byte order mark": (b"\xef\xbb\xbfUNA:+.? '" + PLAIN, ["byte-order-mark"]),
    "CRLF": (b"UNA:+.? '\r\n" + ended(b"'\r\n"), ["carriage-returns"]),
    "blank lines, indented": (ended(b"'\n\n   "), ["carriage-returns"]),
    "control-Z at the end": (PLAIN + b"\x1a\0", []),
    "UNOA:1": (PLAIN.replace(b"UNOC:3", b"UNOA:1"), []),
    "UNOB:2": (PLAIN.replace(b"UNOC:3", b"UNOB:2"), []),
    "UNOY:4, and a day of eight": (
        b"UNA:+.?*'" + PLAIN.replace(b"UNOC:3", b"UNOY:4").replace(b"+260302:", b"+20260302:"), []
    ),
    "elements that repeat": (
        b"UNA:+.?*'" + message(ORDER.replace("QTY", "PIA+1+A:SA*B:SA\nQTY"))
        .replace(b"UNOC:3", b"UNOC:4"), []
    ),
    "small letters in UNOA": (
        message(ORDER.replace("PO-4711", "po-4711")).replace(b"UNOC", b"UNOA"),
        ["charset-mismatch"],
    ),
    "released service characters": (message(ORDER.replace("PO-4711", "po?+?:?'??")), []),
    "a decimal comma": (b"UNA:+,? '" + message(ORDER.replace(":40:", ":40,5:")), []),
    "several interchanges": (PLAIN + b"\n" + PLAIN, ["carriage-returns", "concatenated"]),
    "several messages": (TWO, []),
    "a group": (GROUPED, []),
    "counts and references with zeros": (
        message(ORDER, unt="UNT+000010+1", unz="UNZ+0001+0012"), ["control-mismatch-interchange"]
    ),
    "everything of UNB": (message(ORDER, unb=HEAD + "+PWD:AA+ORDERS+A++EANCOM+1"), []),
    "umlauts of UNOC": (UMLAUT, []),
    "umlauts of UNOY": (UTF8.replace(b"UNOC", b"UNOY"), []),
    "lines of 80": (folded(80, b"\n"), ["folded-lines"]),
    "lines of 35, CRLF": (folded(35, b"\r\n"), ["folded-lines"]),
    "a line feed ends segments": (b"UNA:+.? \n" + ended(b"\n"), ["newline-terminator"]),
    "and nobody said so": (ended(b"\r\n"), ["newline-terminator"]),
    "service characters that nobody told": (
        PLAIN.replace(b"+", b"*").replace(b":", b">").replace(b"'", b"~"), []
    ),
    "the last terminator is missing": (PLAIN[:-1], ["truncated"]),
    "an empty component at the end": (message(ORDER.replace("SEAL:IN", "SEAL:IN::")), []),
    "a mail's header": (b"Subject: order\r\n\r\n" + PLAIN, ["unknown-segment"]),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_no_harm_is_named_and_read(name: str) -> None:
    body, found = HARMLESS[name]
    received = receive(body)
    assert names(received) == []
    assert verdicts(received) == ["accepted"]
    assert {one.said.document for one in received.interchange.contents} == {"purchase-order"}
    inspection = Edifact.inspect(body)
    assert Edifact.recognises(body)
    assert inspection.whole
    assert {one.name for one in inspection.flaws} == set(found)
    assert all(one.tolerated for one in inspection.flaws)


def test_values_are_what_was_meant() -> None:
    (order,) = receive(HARMLESS["released service characters"][0]).interchange.contents
    assert order.said.number == "po+:'?"
    (order,) = receive(HARMLESS["umlauts of UNOY"][0]).interchange.contents
    assert order.said.number == "PÖ-4711"
    received = receive(HARMLESS["a decimal comma"][0])
    assert str(received.interchange.contents[0].said.lines[0].quantity) == "40.5"  # type: ignore[attr-defined]


HARMFUL = {
    "no UNZ": (PLAIN[: PLAIN.index(b"UNZ")], "missing-interchange-trailer", "13"),
    "no UNT": (message(ORDER, unt=""), "missing-set-trailer", "13"),
    "UNZ counts wrong": (message(ORDER, unz="UNZ+2+12"), "group-count-wrong", "29"),
    "UNZ refers wrong": (message(ORDER, unz="UNZ+1+13"), "control-mismatch-interchange", "28"),
    "UNT counts wrong": (message(ORDER, unt="UNT+9+1"), "segment-count-wrong", "29"),
    "UNT counts nothing": (message(ORDER, unt="UNT++1"), "segment-count-wrong", "29"),
    "UNT refers wrong": (message(ORDER, unt="UNT+10+2"), "control-mismatch-set", "28"),
    "UNE counts wrong": (GROUPED.replace(b"UNE+1", b"UNE+3"), "set-count-wrong", "29"),
    "UNE refers wrong": (GROUPED.replace(b"UNE+1+7", b"UNE+1+8"), "control-mismatch-group", "28"),
    "no UNE": (GROUPED.replace(b"UNE+1+7'", b""), "missing-group-trailer", "13"),
    "a reference twice": (
        TWO.replace(b"UNH+2", b"UNH+1").replace(b"+2'UNZ", b"+1'UNZ"),
        "control-mismatch-set",
        "26",
    ),
    "cut off": (PLAIN[:150], "truncated", "13"),
    "a NUL": (PLAIN.replace(b"SEAL", b"SE\0AL"), "nul-bytes", "21"),
    "umlauts in UNOA": (UMLAUT.replace(b"UNOC", b"UNOA"), "charset-mismatch", "46"),
    "UTF-8 in UNOC": (UTF8, "charset-mismatch", "46"),
    "ISO 8859-1 in UNOY": (UMLAUT.replace(b"UNOC", b"UNOY"), "charset-mismatch", "46"),
    "no message": (f"{HEAD}'UNZ+0+12'".encode(), "missing-segment", "13"),
    "UNB alone": (f"{HEAD}'".encode(), "missing-interchange-trailer", "13"),
    "no such day": (PLAIN.replace(b"260302:0600", b"260231:0600"), "invalid-date", "12"),
    "no such time": (PLAIN.replace(b"260302:0600", b"260302:2560"), "invalid-time", "12"),
    "no such syntax": (PLAIN.replace(b"UNOC:3", b"UNOZ:3"), "unsupported-version", "17"),
    "half a UNB": (PLAIN.replace(b"+260302:0600", b""), "missing-element", "13"),
    "a stray segment": (PLAIN.replace(b"UNZ", b"BGM+1'UNZ"), "unknown-segment", "15"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_does_harm_is_named_and_refused(name: str) -> None:
    body, finding, code = HARMFUL[name]
    received = receive(body)
    assert finding in names(received)
    assert code in codes(received)
    assert verdicts(received) == ["rejected"]
    inspection = Edifact.inspect(body)
    assert not inspection.whole
    assert finding in [one.name for one in inspection.flaws if not one.tolerated]
    assert [one.verdict for one in inspection.answers] == ["rejected"]
    assert "'UCI+" in inspection.answers[0].raw


def test_one_bad_message_of_two() -> None:
    received = receive(TWO.replace(b"UNT+10+2", b"UNT+11+2"))
    assert verdicts(received) == ["partially-accepted"]
    assert received.refused_sets == ["2"]
    (answer,) = received.answers
    assert [(one.control, one.verdict, one.codes) for one in answer.sets] == [  # type: ignore[union-attr]
        ("1", "accepted", []), ("2", "rejected", ["29"]),
    ]  # fmt: skip


def test_what_follows_in_a_file_is_received_too() -> None:
    other = PLAIN.replace(b"+12'", b"+13'").replace(b"UNT+10", b"UNT+11")
    received = receive(PLAIN + other)
    assert verdicts(received) == ["accepted"]
    (more,) = received.more
    assert more.interchange.control == "13"
    assert verdicts(more) == ["rejected"]
    assert more.digest != received.digest


@pytest.mark.parametrize(
    "kind", ["CONTRL:D:3:UN", "CONTRL:4:1:UN"]
)  # of syntax version 3, and of 4
def test_an_acknowledgement_is_not_acknowledged(kind: str) -> None:
    received = receive(message("UCI+7+A:14+B:14+7\nUCM+1+ORDERS:D:96A:UN+4+29", kind))
    assert received.answers == []
    (one,) = received.interchange.contents
    assert one.said.document == "functional-acknowledgement"
    assert one.said.keys()["answer"] == ["rejected"]


@pytest.mark.parametrize(
    ("body", "verdict", "refused"),
    [
        ("UCI+7+A+B+7\nUCF+1+A+B+7\nUCM+1+ORDERS:D:96A:UN+7", "accepted", []),
        ("UCI+7+A+B+7\nUCF+1+A+B+4+28", "rejected", []),
        ("UCI+7+A+B+7\nUCF+1+A+B+7\nUCM+1+ORDERS:D:96A:UN+4+29", "rejected", ["1"]),
        ("UCI+7+A+B+7\nUCF+1+A+B+4+29\nUCF+2+A+B+7\nUCM+9+ORDERS:D:96A:UN+7",
         "partially-accepted", []),
        ("UCI+7+A+B+4+13", "rejected", []),
        ("UCI+7+A+B+8", "accepted", None),
    ],
)  # fmt: skip
def test_what_acknowledgements_say(body: str, verdict: str, refused: list[str] | None) -> None:
    received = receive(message(body, "CONTRL:D:3:UN"))
    assert received.findings == []
    said = received.interchange.contents[0].said
    if refused is None:
        assert said.document == "interchange-acknowledgement"
    else:
        assert isinstance(said, FunctionalAcknowledgement)
        assert [one.control for one in said.sets if one.verdict == "rejected"] == refused
        assert (verdict == "accepted") == (said.reasons == [])
    assert said.keys()["answer"] == [verdict]


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"\r\n", b"UNA:+.? '", b"UNA:+.? '\r\n"])
def test_it_is_recognised(lead: bytes) -> None:
    assert Edifact.recognises(lead + PLAIN)


@pytest.mark.parametrize(
    "body", [b"", b"ISA*00*", b"{}", b"UNBELIEVABLE", b"STX=ANA:1+", b"\0\0", b"MSH|^~\\&|"]
)
def test_other_files_are_not(body: bytes) -> None:
    assert not Edifact.recognises(body)
