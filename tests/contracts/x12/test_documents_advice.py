"""X12 documents of advice, receiving and stock: written, read back, and as partners write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.durations import HOUR, MINUTE, Instant
from simulator.plant.trading import (
    AdviceNote,
    ApplicationAdvice,
    InventoryReport,
    ReceivedLine,
    ReceivingAdvice,
)
from simulator.plant.trading.rightness import RIGHT
from simulator.plant.trading.shipping import Condition
from tests.contracts import strategies, trading
from tests.contracts.x12 import interchanges
from tests.contracts.x12.sets import AT, again, profile, refused, said, written

quick = settings(max_examples=60, deadline=None)
versions = st.sampled_from(["004010", "005010"]).map(profile)
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02

CODES = {"unknown-order": "011", "unknown-item": "Q", "cumulative-gap": "010",
         "sscc-reused": "006", "over-shipped": "P"}  # fmt: skip
"""TED01 for some findings."""


def lines(document: Any, *names: str) -> list[tuple[Any, ...]]:
    """Some fields of each line."""
    return [tuple(getattr(one, name) for name in names) for one in document.lines]


def text(document: Any, partner: Any = None) -> list[str]:
    """A set's segments as partners see them."""
    return [
        "*".join([one.tag, *one.elements]) for one in written(document, partner or profile())[1]
    ]


# --- written and read back, with nothing to say against it -------------------------------------


@quick
@given(strategies.application_advices, versions)
def test_advice_comes_back(advice: ApplicationAdvice, partner: Any) -> None:
    """Its notes have the wire's own codes."""
    notes = [one.model_copy(update={"code": CODES[one.reason]}) for one in advice.notes]
    assert again(advice, partner) == (advice.model_copy(update={"notes": notes}), [])


@quick
@given(strategies.receiving_advices, versions)
def test_receiving_advice_comes_back(advice: ReceivingAdvice, partner: Any) -> None:
    """Where only the shipment is said, that is the ship notice too."""
    expected = advice.model_copy(update={"asn": advice.asn or advice.shipment})
    assert again(advice, partner) == (expected, [])


@quick
@given(strategies.inventory_reports, versions)
def test_stock_comes_back(report: InventoryReport, partner: Any) -> None:
    assert again(report, partner) == (report, [])


@quick
@given(strategies.application_advices | strategies.receiving_advices | strategies.inventory_reports)
def test_they_cross_the_wire(document: Any) -> None:
    """As bytes, and as another who agreed on the same reads them."""
    body = interchanges.written(trading.interchange(document))
    received = interchanges.receive(body)
    assert received.findings == []
    (back,) = received.interchange.documents()
    assert back == again(document, profile())[0]


# --- 824 -----------------------------------------------------------------------------------------


def advice(**more: Any) -> ApplicationAdvice:
    return ApplicationAdvice.model_validate(
        {"partner": "BEARCO", "sender": "plant", "number": "A-1", "at": MARCH_2 + 7 * HOUR,
         "about": "ship-notice", "about_number": "SID-17", "verdict": "rejected"}
        | more
    )  # fmt: skip


def test_an_advice_is_written_like_this() -> None:
    note = AdviceNote(reason="unknown-item", text="not in any order", line="0001", item="4711-B")
    one = advice(notes=[note], group="17", set_control="0003", set_code="856", po="4500000017",
                 control="000000042")  # fmt: skip
    assert text(one) == [
        "BGN*00*A-1*20260302*0700",
        "OTI*TR*SI*SID-17*****17*0003*856",
        "REF*PO*4500000017",
        "REF*TN*000000042",
        "TED*Q*unknown-item",
        "NTE*GEN*not in any order",
        "NTE*LIN*line 0001",
        "NTE*LIN*item 4711-B",
    ]


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_every_finding_comes_back_by_its_name(name: str) -> None:
    note = AdviceNote(reason=name, value="4711")
    back, found = again(advice(notes=[note]), profile())
    assert found == []
    assert [(one.reason, one.value) for one in back.notes] == [(name, "4711")]


def test_what_has_no_qualifier_of_its_own_is_named_by_its_set() -> None:
    one = advice(about="receiving-advice", about_number="R-1")
    assert "OTI*TR*TN*R-1*******861" in text(one)
    back, found = again(one, profile())
    assert (back.about, back.set_code, found) == ("receiving-advice", "861", [])


def test_a_text_without_a_name_comes_back_as_text() -> None:
    said_at_length = " ".join(["the label was torn and could not be read"] * 6)
    note = AdviceNote(reason="", text=said_at_length)
    back, found = again(advice(notes=[note]), profile())
    assert (back.notes, found) == ([note], [])


def test_an_automotive_partner_says_that_there_was_no_notice() -> None:
    document, found = said(
        "824",
        """
        BGN*00*20260302071500*20260302*0715*ET
        N1*SF**92*V4711
        N1*ST*PLANT 3*92*P3
        OTI*TR*SI*SID0815*PLANT3*V4711*20260302*0655*17*000000017*856*004010
        DTM*050*20260302*0701*ET
        TED*848*NO ASN AT PHYSICAL RECEIPT*BSN*2*2**SID0815
        NTE*GEN*CORRECTED BY RECEIVER
        TED*Q*PART NOT ON ORDER*LIN*7*3*234*4711-X*4711-B
        """,
    )
    assert found == []
    assert document.at == MARCH_2 + 12 * HOUR + 15 * MINUTE
    assert [(one.role, one.id, one.name) for one in document.parties] == [
        ("ship-from", "V4711", ""), ("ship-to", "P3", "PLANT 3"),
    ]  # fmt: skip
    assert (document.about, document.about_number) == ("ship-notice", "SID0815")
    assert (document.group, document.set_control, document.set_code) == ("17", "000000017", "856")
    assert document.verdict == "rejected"
    assert [(one.code, one.reason, one.text, one.value) for one in document.notes] == [
        ("848", "", "NO ASN AT PHYSICAL RECEIPT CORRECTED BY RECEIVER", "SID0815"),
        ("Q", "unknown-item", "PART NOT ON ORDER", "4711-X"),
    ]
    assert document.keys()["asn"] == ["SID0815"]


def test_a_bank_accepts_one_and_rejects_another() -> None:
    """The document is about what was rejected; what was accepted needs nobody."""
    document, found = said(
        "824",
        """
        BGN*11*999999999999999999*20260302*192907*02*000000725**U
        N1*BK*A Bank
        PER*CC*EDI OPERATIONS*TE*312-555-0100
        OTI*GP*FI*9999
        OTI*TA*TN*6700000391*202691093**20260302*1810*000258319*0001*824
        REF*TN*6700000391
        AMT*OP*500
        OTI*TR*TN*6700000390*2026991093**20260302*1810*000258319*0002*824
        REF*LI*20
        TED*848*Data error
        """,
    )
    assert found == []
    assert (document.verdict, document.about_number) == ("rejected", "6700000390")
    assert document.set_control == "0002"
    assert [(one.text, one.line) for one in document.notes] == [("Data error", "20")]


def test_an_advice_of_another_trade() -> None:
    """As published by apimeister/x12-types (Apache-2.0)."""
    text = """
        BGN*11*FFA.ABCDEF.123456*20020709*0932**123456789**WQ
        N1*41*ABC INSURANCE*46*111111111
        PER*IC*JOHN JOHNSON*TE*8005551212*EX*1439
        N1*40*SMITHCO*46*A1234
        OTI*TA*TN*NA***20020709*0902*2*0001*834*005010X220A1
        """
    assert refused("824", text, "005010") == []
    document, found = said("824", text, profile("005010"))
    assert found == []
    assert (document.number, document.verdict) == ("FFA.ABCDEF.123456", "accepted")
    assert [one.role for one in document.parties] == ["submitter", "receiver"]
    assert (document.group, document.set_control, document.set_code) == ("2", "0001", "834")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OTI*TA*SI*1", [("missing-segment", "BGN", None, "AK304=3")]),
        ("BGN*00*1*20260302", [("missing-segment", "OTI", None, "AK304=3")]),
        ("BGN*00*1*20260302\nOTI*TA**1", [("missing-element", "OTI", 2, "AK403=1")]),
        ("BGN*00*1*20260231\nOTI*TA*SI*1", [("invalid-date", "BGN", 3, "AK403=8")]),
        ("BGN*00*1*20260302\nOTI*TA*SI*1\nTED*ABCD", [("element-too-long", "TED", 1, "AK403=5")]),
        (f"BGN*00*{'1' * 31}*20260302\nOTI*TA*SI*1", [("element-too-long", "BGN", 2, "AK403=5")]),
    ],
)  # fmt: skip
def test_what_an_advice_is_refused_for(text: str, expected: list[Any]) -> None:
    assert refused("824", text) == expected


def test_longer_numbers_came_with_a_later_version() -> None:
    text = f"BGN*00*{'1' * 31}*20260302\nOTI*TA*SI*{'2' * 50}\nREF*PO*{'3' * 50}"
    assert refused("824", text, "005010") == []


def test_an_advice_without_anything_is_read_past() -> None:
    document, found = said("824", "N1*BY*SOMEBODY")
    assert found == ["missing-segment", "missing-segment"]
    assert (document.number, document.about, document.at) == ("", "", AT)


# --- 861 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", get_args(Condition))
def test_every_condition_comes_back(condition: Condition) -> None:
    one = ReceivingAdvice(
        partner="BEARCO", sender="plant", number="R-1", at=MARCH_2, asn="N-1",
        lines=[ReceivedLine(item="4711", quantity=Decimal(7), announced=Decimal(9),
                            accepted=Decimal(5), condition=condition)],
    )  # fmt: skip
    assert again(one, profile()) == (one, [])


def test_a_receipt_is_written_like_this() -> None:
    line = ReceivedLine(line="1", item="4711", quantity=Decimal(98), announced=Decimal(100),
                        accepted=Decimal(95), condition="damaged", po="4500000017", po_line="10",
                        lot="L-1", sscc="340123450000000018", cumulative=Decimal(1098))  # fmt: skip
    one = ReceivingAdvice(
        partner="BEARCO", sender="plant", number="R-1", at=MARCH_2, asn="N-1", shipment="S-1",
        received=MARCH_2 + 6 * HOUR, lines=[line],
    )  # fmt: skip
    assert text(one) == [
        "BRA*R-1*20260302*00*1",
        "REF*MA*N-1",
        "REF*SI*S-1",
        "DTM*050*20260302*0600",
        "RCD*1*98*EA***3*EA*01*95*EA*07**********1098",
        "SN1**100*EA",
        "LIN**BP*4711*PL*10",
        "REF*LT*L-1",
        "PRF*4500000017",
        "MAN*GM*00340123450000000018",
        "CTT*1*98",
    ]


def test_an_automotive_partner_says_what_is_short_and_what_was_sent_back() -> None:
    document, found = said(
        "861",
        """
        BRA*0815*20260302*00*2*0730
        REF*SI*SID0815
        DTM*050*20260302*0655
        N1*SU**92*V4711
        N1*ST**92*P3
        RCD**90*EA***10*EA*02
        SN1**100*EA
        LIN**BP*4711-B*PO*4500000017
        RCD**20*EA*4*EA*4*EA*08
        LIN**BP*4711-C*VP*X1
        REF*PO*4500000018
        RCD**5*EA
        LIN**UP*012345678905
        CTT*3
        """,
    )
    assert found == []
    assert (document.asn, document.shipment) == ("SID0815", "SID0815")
    assert document.received == MARCH_2 + 6 * HOUR + 55 * MINUTE
    assert lines(document, "item", "quantity", "accepted", "announced", "condition", "po") == [
        ("4711-B", 90, None, 100, "short", "4500000017"),
        ("4711-C", 20, 16, None, "rejected", "4500000018"),
        ("012345678905", 5, None, None, "good", ""),
    ]


def test_a_condition_and_an_order_of_the_whole_receipt() -> None:
    document, found = said(
        "861",
        """
        BRA*0815*20260302*00*1**14
        DTM*050*20260302
        PRF*4500000017
        RCD*1*5*EA
        LIN**BP*4711
        RCD*2*5*EA***1*EA*01
        LIN**BP*4712
        """,
    )
    assert found == []
    assert lines(document, "line", "condition", "po") == [
        ("1", "no-asn", "4500000017"), ("2", "damaged", "4500000017"),
    ]  # fmt: skip


def test_what_a_receipts_content_is_wrong_in() -> None:
    document, found = said(
        "861",
        """
        BRA*0815*20260302*00*1
        DTM*050*20260302
        RCD*1*5*XX
        LIN**BP*4711
        MAN*GM*00340123450000000019
        RCD*2*five*EA
        LIN**BP*4712
        CTT*3*11
        """,
    )
    assert sorted(found) == [
        "hash-total-wrong", "invalid-character", "line-count-wrong", "sscc-check-digit",
        "unknown-unit",
    ]  # fmt: skip
    assert lines(document, "quantity", "unit") == [(5, "XX"), (0, "pcs")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRA*1*20260302*00*1\nRCD*1*5*EA", [("missing-segment", "DTM", None, "AK304=3")]),
        ("BRA*1*20260302*00*1\nDTM*050*20260302\nRCD*1*5*EA***3*EA*081",
         [("element-too-long", "RCD", 8, "AK403=5")]),
        ("BRA*1*20260302*00*1\nDTM*050*20260302\nRCD*1*5*EA\nLIN**BP",
         [("missing-element", "LIN", 3, "AK403=1")]),
        ("BRA*1*20260302*00*1\nDTM*050*20260302\nRCD*1*5>x*EA",
         [("delimiter-in-data", "RCD", 2, "AK403=3")]),
    ],
)  # fmt: skip
def test_what_a_receipt_is_refused_for(text: str, expected: list[Any]) -> None:
    assert refused("861", text) == expected


# --- 846 -----------------------------------------------------------------------------------------


def test_several_quantities_of_an_item_are_several_lines() -> None:
    document, found = said(
        "846",
        """
        BIA*00*SI*2026030206*20260302*0600
        N1*WH*WAREHOUSE 3*92*W3
        LIN*1*BP*4711*VP*X1
        REF*LT*L-1
        QTY*17*100*EA
        REF*LU*A-01
        QTY*33*80*EA
        QTY*QH*20*EA
        LIN*2*UP*012345678905
        QTY*BQ*7
        N1*WH**92*W4
        CTT*2
        """,
    )
    assert found == []
    assert (document.number, document.at) == ("2026030206", MARCH_2 + 6 * HOUR)
    assert lines(document, "line", "item", "supplier_item", "quantity", "status", "lot",
                 "location") == [
        ("1", "4711", "X1", 100, "on-hand", "L-1", "A-01"),
        ("1", "4711", "X1", 80, "available", "L-1", ""),
        ("1", "4711", "X1", 20, "blocked", "L-1", ""),
        ("2", "012345678905", "", 7, "backordered", "", "W4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BIA*00*SI*1*20260302", [("missing-segment", "LIN", None, "AK304=3")]),
        ("BIA*00*SI*1*20260302\nLIN**BP*4711\nQTY**5", [("missing-element", "QTY", 1, "AK403=1")]),
        ("BIA*00*SI*1\nLIN**BP*4711", [("missing-element", "BIA", 4, "AK403=1")]),
    ],
)
def test_what_a_stock_report_is_refused_for(text: str, expected: list[Any]) -> None:
    assert refused("846", text) == expected
