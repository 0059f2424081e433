"""What partners really send: read past where it does no harm, named and refused where it does."""

from __future__ import annotations

import pytest

from simulator.contracts.x12 import X12
from simulator.plant.trading import FunctionalAcknowledgement
from tests.contracts.trading import codes, names, verdicts
from tests.contracts.x12.interchanges import (
    ORDER,
    answered_rightly,
    contract,
    enveloped,
    receive,
)

PLAIN = enveloped()
AT_GS, AT_ST, AT_SE, AT_GE, AT_IEA = (
    PLAIN.index(tag) for tag in (b"GS*", b"ST*", b"SE*", b"GE*", b"IEA*")
)
UMLAUT = enveloped(ORDER.replace("B-6204", "B-620Ä"))
SECOND = PLAIN[AT_ST:AT_GE].replace(b"*0001~", b"*0002~")
TWO = PLAIN[:AT_GE] + SECOND + PLAIN[AT_GE:].replace(b"GE*1*", b"GE*2*")
GROUPS = (
    PLAIN[:AT_IEA] + PLAIN[AT_GS:AT_IEA].replace(b"*12*X", b"*13*X").replace(b"*12~", b"*13~")
    + b"IEA*2*000000012~"
)  # fmt: skip
COMMENTS = """
BGN*11*1*20260302
OTI*IA*TN*1
TED*ZZZ*{}
"""


def ended(by: bytes) -> bytes:
    return PLAIN.replace(b"~", by)


def folded(width: int, by: bytes) -> bytes:
    return by.join(PLAIN[at : at + width] for at in range(0, len(PLAIN), width))


def other(element: bytes, component: bytes, segment: bytes) -> bytes:
    swapped = PLAIN.replace(b"*", b"\0").replace(b">", component).replace(b"~", segment)
    return swapped.replace(b"\0", element)


HARMLESS = {
    "byte order mark": (b"\xef\xbb\xbf" + PLAIN, ["byte-order-mark"]),
    "CRLF": (ended(b"~\r\n"), ["carriage-returns"]),
    "blank lines, indented": (ended(b"~\n\n   "), ["carriage-returns"]),
    "control-Z at the end": (PLAIN + b"\r\n\x1a\0", []),
    "a line feed ends segments": (ended(b"\n"), ["newline-terminator"]),
    "a line end does": (ended(b"\r\n"), ["newline-terminator"]),
    "lines of 80": (folded(80, b"\n"), ["folded-lines"]),
    "lines of 35, CRLF": (folded(35, b"\r\n"), ["folded-lines"]),
    "other delimiters": (other(b"|", b":", b"!"), []),
    "unprintable delimiters": (other(b"\x1d", b"\x1f", b"\x1c"), []),
    "several interchanges": (PLAIN + b"\n" + PLAIN, ["concatenated"]),
    "several sets": (TWO, []),
    "several groups": (GROUPS, []),
    "counts and numbers with zeros": (
        enveloped(se="SE*0000000006*0001", ge="GE*000001*000012", iea="IEA*00001*12"), []
    ),
    "ISA12 is older than GS08": (
        enveloped(version="004060").replace(b"*^*00406*", b"*U*00400*"), []
    ),
    "production": (PLAIN.replace(b"*0*T*", b"*0*P*"), []),
    "everything of ISA": (
        PLAIN.replace(b"*00*          *00*          *", b"*03*SOMEBODY  *01*SECRET    *"), []
    ),
    "empty elements at the end": (PLAIN.replace(b"CTT*2~", b"CTT*2**~"), []),
    "a version of an industry": (
        PLAIN.replace(b"*X*004010~", b"*X*004010VICS~"), []
    ),
    "seconds": (PLAIN.replace(b"*20260302*0600*12*", b"*20260302*060059*12*"), []),
    "the last terminator is missing": (PLAIN[:-1], ["truncated"]),
    "a mail's header": (b"Subject: order\r\n\r\n" + PLAIN, ["bytes-outside"]),
    "a mail's footer": (PLAIN + b"\r\n-- \r\nEDI desk\r\n", ["bytes-outside"]),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_no_harm_is_named_and_read(name: str) -> None:
    body, found = HARMLESS[name]
    version = "004060" if b"004060" in body else "004010"
    received = receive(body, contract(version=version))
    assert set(verdicts(received)) == {"accepted"}
    assert {one.said.document for one in received.interchange.contents} == {"purchase-order"}
    inspection = X12.inspect(body)
    assert X12.recognises(body)
    assert inspection.whole
    assert {one.name for one in inspection.flaws} == set(found)
    assert {one.verdict for one in inspection.answers} == {"accepted"}


def test_characters_that_are_not_ascii() -> None:
    latin, utf = UMLAUT, UMLAUT.decode("latin-1").encode()
    for body, charset in ((latin, "latin-1"), (utf, "utf-8")):
        received = receive(body, contract(charset=charset))
        assert names(received) == []
        (one,) = received.interchange.contents
        assert one.said.lines[0].supplier_item == "B-620Ä"  # type: ignore[attr-defined]
        inspection = X12.inspect(body)  # what was agreed on nobody knows
        assert inspection.whole
        assert [one.name for one in inspection.flaws] == ["charset-mismatch"]
    for body, charset in ((latin, "utf-8"), (utf, "ascii"), (latin, "ascii")):
        received = receive(body, contract(charset=charset))
        assert names(received) == ["charset-mismatch"]
        assert answered_rightly("charset-mismatch", received.answers)
        (answer,) = received.answers
        assert isinstance(answer, FunctionalAcknowledgement)
        assert answer.sets[0].segments[0].tag == "PO1"


def part(of: bytes, old: bytes, new: bytes) -> bytes:
    assert old in of
    return of.replace(old, new)


HARMFUL = {
    "no IEA": (PLAIN[:AT_IEA], "missing-interchange-trailer", "TA105=023"),
    "no GE and no IEA": (PLAIN[:AT_GE], "missing-interchange-trailer", "TA105=023"),
    "no GE": (enveloped(ge=""), "missing-group-trailer", "AK905=3"),
    "no SE": (enveloped(se=""), "missing-set-trailer", "AK502=2"),
    "IEA counts wrong": (enveloped(iea="IEA*2*000000012"), "group-count-wrong", "TA105=021"),
    "IEA counts nothing": (enveloped(iea="IEA**000000012"), "group-count-wrong", "TA105=021"),
    "IEA refers wrong": (
        enveloped(iea="IEA*1*000000013"), "control-mismatch-interchange", "TA105=001"
    ),
    "GE counts wrong": (enveloped(ge="GE*3*12"), "set-count-wrong", "AK905=5"),
    "GE counts text": (enveloped(ge="GE*one*12"), "set-count-wrong", "AK905=5"),
    "GE refers wrong": (enveloped(ge="GE*1*99"), "control-mismatch-group", "AK905=4"),
    "SE counts wrong": (enveloped(se="SE*7*0001"), "segment-count-wrong", "AK502=4"),
    "SE counts nothing": (enveloped(se="SE**0001"), "segment-count-wrong", "AK502=4"),
    "SE refers wrong": (enveloped(se="SE*6*0002"), "control-mismatch-set", "AK502=3"),
    "SE has lost a zero": (enveloped(se="SE*6*001"), "control-mismatch-set", "AK502=3"),
    "a set's number twice": (part(TWO, b"*0002~", b"*0001~"), "control-mismatch-set", "AK502=23"),
    "cut off in a segment": (PLAIN[: AT_ST + 30], "truncated", "TA105=023"),
    "cut off in IEA": (PLAIN[:-6], "truncated", "TA105=023"),
    "ISA alone": (PLAIN[:AT_GS], "truncated", "TA105=023"),
    "half an ISA": (PLAIN[:100], "truncated", "TA105=023"),
    "a NUL": (part(PLAIN, b"BEARING", b"BEA\0RING"), "nul-bytes", "AK403=6"),
    "a NUL in ISA": (b"ISA*00\0" + PLAIN[6:], "nul-bytes", "TA105=022"),
    "no such day": (part(PLAIN, b"*260302*", b"*260231*"), "invalid-date", "TA105=014"),
    "no such time": (part(PLAIN, b"*0600*U", b"*2560*U"), "invalid-time", "TA105=015"),
    "ISA13 is text": (
        part(PLAIN, b"000000012", b"ABCDEFGHI"), "invalid-character", "TA105=018"
    ),
    "ISA14 is wrong": (part(PLAIN, b"*0*T*>", b"*7*T*>"), "invalid-code", "TA105=019"),
    "ISA15 is wrong": (part(PLAIN, b"*0*T*>", b"*0*X*>"), "invalid-code", "TA105=020"),
    "ISA is too wide": (
        part(PLAIN, b"BEARCO   ", b"BEARCO       "), "interchange-header-width", "TA105=022"
    ),
    "ISA is not filled": (
        part(part(PLAIN, b"          ", b""), b"     ", b""),
        "interchange-header-width",
        "TA105=022",
    ),
    "a component delimiter that is one already": (
        part(PLAIN, b"*T*>~", b"*T**~"), "invalid-character", "TA105=026"
    ),
    "a stray segment": (part(PLAIN, b"GE*1", b"BEG*1~GE*1"), "unknown-segment", "TA105=022"),
    "a set outside of a group": (
        PLAIN[:AT_GS] + PLAIN[AT_ST:AT_GE] + b"IEA*0*000000012~", "unknown-segment", "TA105=022"
    ),
    "a TA1 in a group": (
        part(PLAIN, b"GE*1", b"TA1*000000012*260302*0600*A*000~GE*1"), "unknown-segment",
        "TA105=022",
    ),
    "a TA1 in a set": (
        part(PLAIN, b"CTT*2", b"TA1*000000012*260302*0600*A*000~CTT*2"), "unknown-segment",
        "TA105=022",
    ),
    "a segment that is far too long": (
        part(PLAIN, b"*BEARING", b"*" + b"B" * 100_000), "oversize", "AK403=5"
    ),
    "a segment that X12 does not have": (
        part(PLAIN, b"CTT*2~", b"XYZ*2~"), "unknown-segment", "AK304=1"
    ),
    "a set in another's group": (enveloped(group="SH"), "unsupported-set", "AK502=1"),
    "text where a number must be": (
        part(PLAIN, b"*40*EA", b"*MANY*EA"), "invalid-character", "AK403=6"
    ),
    "no such date in the set": (
        part(PLAIN, b"**20260302~", b"**20260230~"), "invalid-date", "AK403=8"
    ),
    "a unit that is too long": (part(PLAIN, b"*40*EA", b"*40*EACH"), "element-too-long", "AK403=5"),
    "a number that is missing": (
        part(PLAIN, b"*SA*PO-4711*", b"*SA**"), "missing-element", "AK403=1"
    ),
}  # fmt: skip


OTHERWISE = {"AK502=23", *(f"TA105={code:03d}" for code in (14, 15, 18, 19, 20, 22, 26))}
"""Codes that say of the envelope what the table has for elements, or say it more exactly."""


@pytest.mark.parametrize("name", HARMFUL)
def test_what_does_harm_is_named_and_refused(name: str) -> None:
    body, finding, code = HARMFUL[name]
    received = receive(body)
    assert finding in names(received)
    assert code in codes(received)
    assert (
        answered_rightly(finding, received.answers)
        or code in ("TA105=026", "AK502=23")
        or (code.startswith("TA105"))
    )
    assert "accepted" not in verdicts(received)
    inspection = X12.inspect(body)
    assert not inspection.whole
    assert finding in [one.name for one in inspection.flaws if not one.tolerated]
    assert code in {code for one in inspection.answers for code in one.codes}
    assert all(one.raw.startswith("ISA") for one in inspection.answers)


def test_one_bad_set_of_two() -> None:
    received = receive(part(TWO, b"SE*6*0002", b"SE*7*0002"), contract(one_per_group=False))
    assert received.refused_sets == ["0002"]
    (answer,) = received.answers
    assert isinstance(answer, FunctionalAcknowledgement)
    assert (answer.verdict, answer.included, answer.received, answer.accepted) == (
        "partially-accepted", 2, 2, 1
    )  # fmt: skip
    assert [(one.control, one.verdict, one.codes) for one in answer.sets] == [
        ("0001", "accepted", []), ("0002", "rejected", ["4"]),
    ]  # fmt: skip


def test_one_bad_group_of_two() -> None:
    received = receive(part(GROUPS, b"GE*1*13", b"GE*2*13"))
    assert verdicts(received) == ["accepted", "rejected"]
    assert [one.acknowledges for one in received.answers] == ["12", "13"]


def test_where_in_a_segment_it_is_wrong() -> None:
    received = receive(part(PLAIN, b"PO1*20*8*EA", b"PO1*20*8*EACH"))
    (answer,) = received.answers
    assert isinstance(answer, FunctionalAcknowledgement)
    (note,) = answer.sets[0].segments
    assert (note.tag, note.position, note.codes) == ("PO1", 4, ["8"])
    (bad,) = note.elements
    assert (bad.position, bad.reference, bad.codes, bad.value) == (3, "355", ["5"], "EACH")
    assert "AK3*PO1*4**8~AK4*3*355*5*EACH~AK5*R*5~AK9*R*1*1*0~" in X12.inspect(
        part(PLAIN, b"PO1*20*8*EA", b"PO1*20*8*EACH")
    ).answers[0].raw  # fmt: skip


def test_an_interchange_acknowledgement_is_given_where_it_is_asked_for() -> None:
    body = part(PLAIN, b"*0*T*>", b"*1*T*>")
    by = contract(acknowledge={"interchange": "1m"})
    assert [one.document for one in receive(body, by).answers] == [
        "interchange-acknowledgement", "functional-acknowledgement",
    ]  # fmt: skip
    assert [one.document for one in receive(PLAIN, by).answers] == ["functional-acknowledgement"]
    (first, _) = X12.inspect(body).answers
    assert (first.wire, first.verdict) == ("TA1", "accepted")
    assert "~TA1*000000012*260302*0600*A*000~IEA*0*" in first.raw


def test_what_follows_in_a_file_is_received_too() -> None:
    second = part(part(PLAIN, b"000000012", b"000000013"), b"SE*6", b"SE*7")
    received = receive(PLAIN + second)
    assert verdicts(received) == ["accepted"]
    (more,) = received.more
    assert more.interchange.control == "000000013"
    assert verdicts(more) == ["rejected"]
    assert more.digest != received.digest


ACKNOWLEDGEMENTS = {
    "997": enveloped("AK1*PO*12\nAK2*850*0001\nAK5*R*4\nAK9*R*1*1*0", "997", "FA"),
    "997 of a whole group": enveloped("AK1*PO*12\nAK9*A*1*1*1", "997", "FA"),
    "999": enveloped("AK1*PO*12\nAK2*850*0001\nIK5*A\nAK9*A*1*1*1", "999", "FA", version="005010"),
    "TA1": enveloped("", gs="TA1*000000012*260302*0600*A*000", st="", se="", ge="",
                     iea="IEA*0*000000012"),
    "TA1, counted as a group": enveloped(
        "", gs="TA1*000000012*260302*0600*R*025", st="", se="", ge=""),
    "997, and it is broken": enveloped("AK1*PO*12\nAK9*A*1*1*1", "997", "FA", se="SE*9*0001"),
}  # fmt: skip


@pytest.mark.parametrize("name", ACKNOWLEDGEMENTS)
def test_an_acknowledgement_is_never_acknowledged(name: str) -> None:
    inspection = X12.inspect(ACKNOWLEDGEMENTS[name])
    assert inspection.answers == []
    assert inspection.whole != ("broken" in name)


UNKNOWN = {
    "204": ("SM", "B2**SCAC**1001**PP\nB2A*00\nS5*1*CL\nN1*SF*SOMEBODY\nL11*1*PO"),
    "270": ("HS", "BHT*0022*13*1*20260302*0600\nHL*1**20*1\nNM1*PR*2*PAYER*****PI*1"),
    "835": ("HP", "BPR*I*100*C*CHK\nTRN*1*1*1\nN1*PR*PAYER\nN1*PE*PAYEE*XX*1\nLX*1\nCLP*1*1*1*1"),
    "837": ("HC", "BHT*0019*00*1*20260302*0600*CH\nHL*1**20*1\nCLM*1*100***11>B>1*Y*A*Y*Y"),
    "990": ("GF", "B1*SCAC*1001*20260302*A\nN9*CN*1"),
    "404": ("SR", "ZC1*1\nBX*00*R*CC\nZZ9*1"),
}  # fmt: skip


@pytest.mark.parametrize("code", UNKNOWN)
@pytest.mark.parametrize("version", ["003010", "004010", "005010X222A1"])
def test_sets_that_nobody_here_knows_raise_no_alarm(code: str, version: str) -> None:
    group, body = UNKNOWN[code]
    fine = X12.inspect(enveloped(body, code, group, version=version))
    assert fine.whole, fine.flaws
    assert [one.verdict for one in fine.answers] == ["accepted"]
    bad = X12.inspect(enveloped(body, code, group, version=version, se="SE*99*0001"))
    assert [one.name for one in bad.flaws if not one.tolerated] == ["segment-count-wrong"]
    assert bad.answers[0].codes == ("AK502=4",)


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"\r\n", b"\0", b"X" * 200 + b"\n"])
def test_it_is_recognised(lead: bytes) -> None:
    assert X12.recognises(lead + PLAIN)


@pytest.mark.parametrize(
    "body", [b"", b"UNB+UNOA:3+A+B", b"{}", b"ISABELLA", b"GS*PO*A*B", b"\0\0", b"MSH|^~\\&|"]
)
def test_other_files_are_not(body: bytes) -> None:
    assert not X12.recognises(body)


@pytest.mark.parametrize("body", [b"ISA*", b"ISA*00*          *00*", b"ISA|||||"])
def test_a_beginning_alone_is_unreadable(body: bytes) -> None:
    assert X12.recognises(body)
    inspection = X12.inspect(body)
    assert not inspection.readable
    assert [one.name for one in inspection.flaws] == ["truncated"]
    assert inspection.answers == []


def test_sets_of_several_groups_may_have_the_same_number() -> None:
    received = receive(part(GROUPS, b"GE*1*13", b"GE*2*13"))
    assert received.refused_sets == ["13/0001"]
    assert [(one.group, one.control) for one in received.interchange.contents] == [
        ("12", "0001"), ("13", "0001"),
    ]  # fmt: skip
