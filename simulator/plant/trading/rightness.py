"""What a right counterparty answers to each thing that can be wrong with what it was sent.

One table for everyone: contracts answer by it, `stagefloor inspect` prints it, faults promise it,
and the verdict of a run holds the integration to it. Codes are the standards' own, by element: X12
TA105 (I18), AK502 (718), AK905 (716), AK304 (720), AK403 (723); UN/EDIFACT 0085 in CONTRL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulator.plant.trading.interchange import Level, Standard

Answer = Literal[
    "interchange-acknowledgement", "functional-acknowledgement", "application-advice",
    "receiving-advice", "nothing", "again",
]  # fmt: skip
"""The document that answers; `nothing` where it must be kept quiet, `again` where what was sent
must be sent once more, unchanged."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One right answer. An empty verdict or code is any."""

    document: Answer
    verdict: str = ""
    code: str = ""

    def __str__(self) -> str:
        said = " ".join(one for one in (self.verdict, self.code) if one)
        return f"{self.document} {said}".strip()


@dataclass(frozen=True, slots=True)
class Right:
    """How a finding is answered: any one of `answers[standard]` is right."""

    name: str
    level: Level
    what: str
    answers: Mapping[Standard, tuple[Expected, ...]]


_TA1: Answer = "interchange-acknowledgement"
_ACK: Answer = "functional-acknowledgement"
_ADVICE: Answer = "application-advice"


def _codes(name: str, level: Level, what: str, x12: list[str], edifact: list[str]) -> Right:
    """Refused with one of these codes."""
    return Right(
        name, level, what,
        {"x12": tuple(map(_refused, x12)), "edifact": tuple(map(_refused, edifact))},
    )  # fmt: skip


def _refused(code: str) -> Expected:
    return Expected(_TA1 if code.startswith("TA1") else _ACK, "rejected", code)


def _both(name: str, level: Level, what: str, *answers: Expected) -> Right:
    return Right(name, level, what, {"x12": answers, "edifact": answers})


_FINE = Expected(_ACK, "accepted")
_NO = Expected(_ADVICE, "rejected")

RIGHT: dict[str, Right] = {
    one.name: one
    for one in (
        # --- the bytes
        _both("byte-order-mark", "bytes", "a UTF-8 byte order mark comes first", _FINE),
        _both("carriage-returns", "bytes", "CR or LF after the segment terminator", _FINE),
        _both("newline-terminator", "bytes", "a line feed is the segment terminator", _FINE),
        _both("folded-lines", "bytes", "lines are folded at a fixed column", _FINE),
        _both("concatenated", "bytes", "several interchanges in one file", _FINE),
        _both("oversize", "bytes", "more bytes than anybody expects", _FINE,
              Expected(_TA1, "rejected"), Expected(_ACK, "rejected")),
        _codes("nul-bytes", "bytes", "NUL bytes in the data", ["AK403=6", "TA105=022"],
               ["0085=21", "0085=46"]),
        _codes("charset-mismatch", "bytes", "characters outside the character set",
               ["AK403=6", "TA105=022"], ["0085=46", "0085=21"]),
        _codes("truncated", "bytes", "the file ends in the middle", ["TA105=023"], ["0085=13"]),
        # --- the interchange
        _codes("interchange-header-width", "interchange", "ISA is not 106 characters wide",
               ["TA105=022"], ["0085=39", "0085=40"]),
        _codes("missing-interchange-trailer", "interchange", "IEA or UNZ is missing",
               ["TA105=023"], ["0085=13"]),
        _codes("control-mismatch-interchange", "interchange",
               "the control numbers of ISA and IEA, or UNB and UNZ, differ",
               ["TA105=001"], ["0085=28"]),
        _codes("group-count-wrong", "interchange", "IEA01 or UNZ 0036 does not count right",
               ["TA105=021"], ["0085=29"]),
        _codes("duplicate-interchange", "interchange", "this control number was used before",
               ["TA105=025", "AK502=23", "AK905=19"], ["0085=26"]),
        _codes("unknown-partner", "interchange", "sender or receiver is not the one agreed on",
               ["TA105=006", "TA105=008", "TA105=005", "TA105=007"], ["0085=23", "0085=7"]),
        # --- the group
        _codes("control-mismatch-group", "group", "GS06 and GE02 differ", ["AK905=4"],
               ["0085=28"]),
        _codes("set-count-wrong", "group", "GE01 (UNE 0060) does not count right", ["AK905=5"],
               ["0085=29"]),
        _codes("missing-group-trailer", "group", "GE or UNE is missing", ["AK905=3"],
               ["0085=13"]),
        _codes("unsupported-version", "group", "this version is not agreed on", ["AK905=2"],
               ["0085=17", "0085=14"]),
        # --- the transaction set, the message
        _codes("control-mismatch-set", "set", "ST02 and SE02, or UNH and UNT, differ",
               ["AK502=3", "AK502=23"], ["0085=28"]),
        _codes("segment-count-wrong", "set", "SE01 or UNT 0074 does not count right",
               ["AK502=4"], ["0085=29"]),
        _codes("missing-set-trailer", "set", "SE or UNT is missing", ["AK502=2"], ["0085=13"]),
        _codes("unsupported-set", "set", "this kind of document is not agreed on",
               ["AK502=1", "AK905=1"], ["0085=14", "0085=17"]),
        # --- segments and elements: the set is refused for them, and they are named; those of an
        # --- X12 envelope are named by TA1, which refuses all
        _codes("unknown-segment", "segment", "a segment that does not belong here",
               ["AK304=1", "AK304=2", "TA105=022", "TA105=024"], ["0085=15"]),
        _codes("missing-segment", "segment", "a mandatory segment is missing", ["AK304=3"],
               ["0085=13"]),
        _codes("too-many-segments", "segment", "a segment or loop stands too often",
               ["AK304=5", "AK304=4"], ["0085=35", "0085=36"]),
        _codes("missing-element", "element", "a mandatory element is missing",
               ["AK403=1", "AK403=2"], ["0085=13"]),
        _codes("too-many-elements", "element", "a segment has elements that it must not have",
               ["AK403=3"], ["0085=16"]),
        _codes("element-too-short", "element", "an element is too short", ["AK403=4"],
               ["0085=40"]),
        _codes("element-too-long", "element", "an element is too long", ["AK403=5"],
               ["0085=39"]),
        _codes("invalid-character", "element", "a character that its type does not allow",
               ["AK403=6", "TA105=018", "TA105=026", "TA105=027"], ["0085=37", "0085=21"]),
        _codes("invalid-code", "element", "a code that is not agreed on",
               ["AK403=7", "TA105=019", "TA105=020"], ["0085=12"]),
        _codes("invalid-date", "element", "no such date", ["AK403=8", "TA105=014"],
               ["0085=12"]),
        _codes("invalid-time", "element", "no such time", ["AK403=9", "TA105=015"],
               ["0085=12"]),
        _codes("delimiter-in-data", "element", "a delimiter stands in the data",
               ["AK403=3", "AK403=5", "AK304=1", "AK403=7", "AK403=6", "AK502=4"],
               ["0085=16", "0085=39", "0085=15", "0085=29"]),
        # --- the content: readable, and unusable
        _both("sscc-check-digit", "content", "an SSCC's check digit is wrong", _NO),
        _both("sscc-reused", "content", "an SSCC that another notice announced", _NO),
        Right("parent-unknown", "content", "HL02 or CPS 7166 points to nowhere",
              {"x12": (_NO, Expected(_ACK, "rejected")),
               "edifact": (_NO, Expected(_ACK, "rejected"))}),
        Right("line-count-wrong", "content", "CTT01 or CNT does not count right",
              {"x12": (_NO, Expected(_ACK, "rejected"), Expected(_ACK, "accepted-with-errors")),
               "edifact": (_NO, Expected(_ACK, "rejected"))}),
        Right("hash-total-wrong", "content", "CTT02 or CNT does not add up",
              {"x12": (_NO, Expected(_ACK, "rejected"), Expected(_ACK, "accepted-with-errors")),
               "edifact": (_NO, Expected(_ACK, "rejected"))}),
        _both("unknown-unit", "content", "a unit of measure that is not agreed on", _NO,
              Expected(_ACK, "rejected")),
        _both("inconsistent-unit", "content", "another unit than was ordered", _NO),
        _both("cumulative-gap", "content", "the cumulative quantity leaves a gap", _NO,
              Expected(_ADVICE, "accepted-with-errors")),
        _both("over-shipped", "content", "more is announced than was ordered", _NO,
              Expected(_ADVICE, "accepted-with-errors")),
        _both("short-shipped", "content", "less arrived than was announced",
              Expected("receiving-advice"), _NO, Expected(_ADVICE, "accepted-with-errors")),
        _both("split-lot", "content", "one line comes in several lots", _FINE),
        _both("unknown-order", "content", "there is no such order", _NO),
        _both("unknown-item", "content", "there is no such item", _NO),
        # --- the flow
        _both("asn-after-truck", "content", "the notice came after the truck",
              Expected(_ADVICE), Expected("receiving-advice")),
        _both("asn-never", "content", "a truck came without a notice",
              Expected(_ADVICE), Expected("receiving-advice")),
        _both("asn-twice", "content", "one shipment is announced under two numbers", _NO),
        _both("unknown-shipment", "content", "cancels or replaces a notice that never was", _NO),
        _both("response-after-ship-notice", "content", "the order's answer comes after the goods",
              _FINE),
        _both("partial-acknowledgement", "content", "an acknowledgement accepts only a part",
              Expected("nothing")),
        _both("acknowledged-then-rejected", "content", "accepted at first, then rejected",
              Expected("nothing")),
        _both("contradicts-forecast", "content", "the call-off is not covered by the forecast",
              _NO, Expected(_ADVICE, "accepted-with-errors")),
        # --- the transport: it is sent again, and done once
        _both("receipt-missing", "bytes", "no receipt (MDN) came", Expected("again")),
        _both("receipt-wrong", "bytes", "the receipt (MDN) proves nothing", Expected("again")),
        _both("receipt-negative", "bytes", "the receipt (MDN) says that it failed",
              Expected("again")),
        _both("file-not-whole", "bytes", "a file is seen before it is whole", _FINE),
        _both("file-refused", "bytes", "a file cannot be written or read", Expected("again")),
    )
}  # fmt: skip
"""Every finding by its name."""


def code(name: str, standard: Standard, element: str = "") -> str:
    """The first code for a finding, `element=code`, of this element where one is named; or ''."""
    found = RIGHT.get(name)
    if found is None:
        return ""
    for one in found.answers[standard]:
        if one.code and one.code.startswith(element):
            return one.code
    return ""
