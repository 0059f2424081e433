"""X12 documents of orders: written and read back, and as real partners write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.durations import DAY, HOUR, Instant
from simulator.plant.trading import (
    Invoice,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ResponseLine,
)
from tests.contracts import strategies
from tests.contracts.x12.sets import AT, again, profile, refused, said, written

quick = settings(max_examples=60, deadline=None)
versions = st.sampled_from(["004010", "005010"]).map(profile)
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02


def lines(document: Any, *names: str) -> list[tuple[Any, ...]]:
    """Some fields of each line."""
    return [tuple(getattr(one, name) for name in names) for one in document.lines]


# --- written and read back, with nothing to say against it -------------------------------------


@quick
@given(strategies.purchase_orders, versions)
def test_orders_come_back(order: PurchaseOrder, partner: Any) -> None:
    assert again(order, partner) == (order, [])


@quick
@given(strategies.purchase_order_changes, versions)
def test_changes_come_back(change: PurchaseOrderChange, partner: Any) -> None:
    assert again(change, partner) == (change, [])


@quick
@given(strategies.purchase_order_responses, versions)
def test_answers_come_back(response: PurchaseOrderResponse, partner: Any) -> None:
    of_change = response.of_change or bool(response.change_number)
    expected = response.model_copy(update={"of_change": of_change})
    assert again(response, partner) == (expected, [])


@quick
@given(strategies.invoices, versions)
def test_invoices_come_back(invoice: Invoice, partner: Any) -> None:
    """When it is due is a day."""
    due = None if invoice.due is None else invoice.due - invoice.due % DAY
    assert again(invoice, partner) == (invoice.model_copy(update={"due": due}), [])


@pytest.mark.parametrize("kind", ["stand-alone", "blanket", "release", "rush", "sample",
                                  "dropship", "return"])  # fmt: skip
def test_every_kind_of_order_comes_back(kind: str) -> None:
    order = PurchaseOrder.model_validate(
        {"partner": "BEARCO", "sender": "plant", "number": "4711", "at": MARCH_2, "kind": kind,
         "lines": [{"line": "10", "item": "BEARING", "quantity": 5}]}
    )  # fmt: skip
    assert again(order, profile()) == (order, [])


def test_parties_with_long_names_and_regions_come_back() -> None:
    party = {
        "role": "ship-to", "id": "P1", "scheme": "buyer", "name": "GETRIEBE " * 12 + "AG",
        "street": "AN DER LANGEN STRASSE " * 4 + "7", "city": "LAUFFEN", "region": "WUERTTEMBERG",
        "postcode": "74348", "country": "DE",
    }  # fmt: skip
    order = PurchaseOrder.model_validate(
        {"partner": "BEARCO", "sender": "plant", "number": "4711", "at": MARCH_2,
         "parties": [party], "lines": [{"line": "10", "item": "BEARING", "quantity": 5}]}
    )  # fmt: skip
    assert again(order, profile()) == (order, [])


# --- how they are written -----------------------------------------------------------------------


def text(document: Any, partner: Any = None) -> list[str]:
    """A set's segments as partners see them."""
    return [
        "*".join((one.tag, *one.elements)) for one in written(document, partner or profile())[1]
    ]


def test_an_order_as_it_is_written() -> None:
    order = PurchaseOrder.model_validate(
        {
            "partner": "BEARCO", "sender": "plant", "number": "4500017", "at": MARCH_2,
            "currency": "USD", "due": MARCH_2 + 7 * DAY, "note": "CALL BEFORE DELIVERY",
            "references": [{"kind": "contract", "value": "C-7"}],
            "parties": [{"role": "ship-to", "id": "P1", "scheme": "buyer", "name": "GEARBOX"}],
            "lines": [
                {"line": "010", "item": "BEARING", "supplier_item": "B-6204", "quantity": 100,
                 "price": "2.35", "gtin": "04012345000019", "description": "DEEP GROOVE BEARING",
                 "due": MARCH_2 + 7 * DAY + 6 * HOUR},
            ],
        }
    )  # fmt: skip
    assert text(order) == [
        "BEG*00*SA*4500017**20260302",
        "CUR*BY*USD",
        "REF*CT*C-7",
        "DTM*002*20260309",
        "N9*L1*NOTE",
        "MSG*CALL BEFORE DELIVERY",
        "N1*ST*GEARBOX*92*P1",
        "PO1*010*100*EA*2.35**BP*BEARING*VP*B-6204*UK*04012345000019",
        "PID*F****DEEP GROOVE BEARING",
        "DTM*002*20260309*0600",
        "CTT*1*100",
    ]
    later = text(order, profile("005010"))
    assert later[5] == "MTX**CALL BEFORE DELIVERY"


def _response(**more: Any) -> PurchaseOrderResponse:
    split = [
        {"line": "10", "item": "BEARING", "answer": "changed", "quantity": 60,
         "due": MARCH_2 + DAY},
        {"line": "10", "item": "BEARING", "answer": "backordered", "quantity": 40},
        {"line": "20", "item": "SEAL", "answer": "rejected", "quantity": 5},
    ]  # fmt: skip
    return PurchaseOrderResponse.model_validate(
        {"partner": "BEARCO", "sender": "partner", "number": "A-1", "at": MARCH_2, "po": "4711",
         "answer": "changed", "lines": split}
        | more
    )  # fmt: skip


def test_a_split_line_stands_once_with_an_answer_for_each_part() -> None:
    assert text(_response()) == [
        "BAK*00*AC*4711*20260302****A-1*20260302",
        "PO1*10*100*EA***BP*BEARING",
        "ACK*IC*60*EA*067*20260303",
        "ACK*IB*40*EA",
        "PO1*20*5*EA***BP*SEAL",
        "ACK*IR*5*EA",
        "CTT*2*105",
    ]
    assert again(_response(), profile()) == (_response(), [])


def test_an_answer_to_a_change_is_an_865() -> None:
    code, given_ = written(_response(of_change=True, change_number="3"), profile())
    assert code == "865"
    assert given_[0].elements[:5] == ("00", "AC", "4711", "", "3")
    assert [one.get(2) for one in given_ if one.tag == "POC"] == ["CA", "RC"]


def test_answers_without_lines_say_that_they_have_no_detail() -> None:
    verdicts = {"accepted": "AK", "changed": "AC", "rejected": "RJ"}
    for answer, code in verdicts.items():
        response = _response(lines=[], answer=answer)
        assert written(response, profile())[1][0].get(2) == code
        assert again(response, profile()) == (response, [])


# --- as partners write them ---------------------------------------------------------------------


def test_an_order_of_a_retailer() -> None:
    """Many numbers at a line, a SCH for each delivery, an AMT behind the count."""
    order, found = said(
        "850",
        """
        BEG*00*NE*0012345*7*20260302*K-99
        REF*IA*558
        PER*BD*A BUYER*TE*555-0100
        ITD*01*3*2**10**30
        DTM*010*20260310
        N9*L1*SHIPPING
        MSG*NO PARTIALS
        N1*BY*STORES INC*UL*0012345000058
        N1*ST**92*0042
        PO1*1*30*EA*9.95*PE*UP*012345678905*VN*AB-1*CB*77-X*PD*A NARROW ONE
        SCH*10*EA***002*20260310*0830
        SCH*20*EA***002*20260317
        PO1**4*DZ*1200*TP*SK*C-2
        PID*F****A BOX OF TWELVE
        CTT*2*34
        AMT*TT*303.3
        """,
        profile(units={"pcs": "EA", "box": "DZ"}),
    )
    assert found == []
    assert (order.number, order.release, order.kind) == ("0012345", "7", "stand-alone")
    assert order.reference("contract") == "K-99"
    assert order.note == "NO PARTIALS"
    assert order.due == MARCH_2 + 8 * DAY
    first, second, third = order.lines
    assert first == OrderLine(
        line="1", item="77-X", supplier_item="AB-1", gtin="012345678905",
        description="A NARROW ONE", quantity=Decimal(10), price=Decimal("9.95"),
        due=MARCH_2 + 8 * DAY + 8 * HOUR + HOUR // 2,
    )  # fmt: skip
    assert second == first.model_copy(update={"quantity": Decimal(20), "due": MARCH_2 + 15 * DAY})
    assert (third.line, third.item, third.unit) == ("2", "C-2", "box")
    assert third.price == Decimal("1.2")  # 1200 a thousand


def test_an_order_without_segments_that_it_must_have_is_read_all_the_same() -> None:
    order, found = said("850", "PO1*1*5*EA***BP*X")
    assert found == ["missing-segment"]
    assert (order.number, order.at) == ("", AT)


@pytest.mark.parametrize(
    ("code", "change"),
    [("AI", "add"), ("DI", "delete"), ("QD", "quantity"), ("QI", "quantity"), ("PC", "price"),
     ("CT", "date"), ("RS", "date"), ("CA", "replace"), ("RZ", "replace"), ("NC", "unchanged")],
)  # fmt: skip
def test_what_a_change_does_to_a_line(code: str, change: str) -> None:
    order, found = said(
        "860", f"BCH*04*SA*4711**2*20260228*****20260302\nPOC*10*{code}*50*20*EA*2.5**BP*BEARING"
    )
    assert found == []
    assert (order.number, order.change_number, order.at) == ("4711", "2", MARCH_2)
    assert lines(order, "line", "change", "quantity", "price") == [
        ("10", change, Decimal(50), Decimal("2.5"))
    ]
    assert not order.cancels


def test_a_change_that_cancels() -> None:
    order, _ = said("860", "BCH*01*SA*4711***20260302")
    assert order.cancels
    assert order.at == MARCH_2


def test_an_answer_of_a_partner() -> None:
    response, found = said(
        "855",
        """
        BAK*06*AE*4711*20260228*****20260302
        REF*VN*SO-9
        DTM*067*20260310
        PO1*1*100*EA*2.35**BP*BEARING*VP*B-6204
        ACK*BP*60*EA*068*20260309
        DTM*068*20260309*1430
        PO1*2*5*EA***BP*SEAL
        DTM*069*20260312
        ACK*R2
        PO1*3*7*EA***BP*RING
        ACK*IQ*6*EA
        CTT*3
        """,
    )
    assert found == []
    assert (response.number, response.po, response.answer) == ("4711", "4711", "changed")
    assert response.at == MARCH_2
    assert lines(response, "line", "answer", "quantity", "due") == [
        ("1", "changed", Decimal(60), MARCH_2 + 7 * DAY + 14 * HOUR + HOUR // 2),
        ("2", "rejected", Decimal(5), MARCH_2 + 10 * DAY),
        ("3", "changed", Decimal(6), None),
    ]


@pytest.mark.parametrize(
    ("said_as", "answers", "expected"),
    [
        ("AD", ["IA"], "accepted"),
        ("AT", [], "accepted"),
        ("RD", ["IR"], "rejected"),
        ("RJ", [], "rejected"),
        ("AC", ["IA", "IR"], "changed"),
        ("ZZ", ["IR"], "rejected"),
        ("ZZ", ["IA", "ID"], "changed"),
        ("ZZ", ["IA"], "accepted"),
    ],
)
def test_what_the_whole_answer_is(said_as: str, answers: list[str], expected: str) -> None:
    below = "".join(f"\nPO1*{n}*5*EA***BP*X\nACK*{one}" for n, one in enumerate(answers))
    response, _ = said("855", f"BAK*00*{said_as}*4711*20260302{below}")
    assert response.answer == expected


def test_lines_without_an_answer_have_that_of_the_whole() -> None:
    response, _ = said("855", "BAK*00*RD*4711*20260302\nPO1*1*5*EA***BP*X")
    assert response.lines == [
        ResponseLine(line="1", item="X", answer="rejected", quantity=Decimal(5))
    ]


def test_an_invoice_of_a_partner() -> None:
    invoice, found = said(
        "810",
        """
        BIG*20260302*R-77*20260220*4711***DI
        NTE*GEN*THANK YOU
        CUR*SE*USD
        REF*SI*S-1
        REF*BM*BOL-9
        ITD*05*3*****30
        IT1*1*10*EA*2.5*PE*BP*BEARING*VP*B-6204*PO*4711*PL*10
        TXI*ST*1.5
        PID*F****A BEARING
        IT1*2*4*EA*100*HP*BP*SEAL
        REF*PO*4712
        TXI*ST*0.5
        TDS*3100
        SAC*C*D240***200
        CTT*2*14
        """,
    )
    assert found == []
    assert (invoice.number, invoice.po, invoice.shipment) == ("R-77", "4711", "S-1")
    assert (invoice.total, invoice.tax) == (Decimal("31.00"), Decimal("2.0"))
    assert invoice.due == MARCH_2 + 30 * DAY
    assert invoice.reference("bill-of-lading") == "BOL-9"
    assert lines(invoice, "item", "price", "po", "po_line") == [
        ("BEARING", Decimal("2.5"), "4711", "10"),
        ("SEAL", Decimal(1), "4712", ""),
    ]


def test_an_invoice_without_a_total_has_that_of_its_lines() -> None:
    invoice, found = said("810", "BIG*20260302*R-77\nIT1*1*10*EA*2.5**BP*X\nTXI*TX*4")
    assert found == ["missing-segment"]
    assert invoice.total == Decimal("29.00")


def test_an_invoice_that_writes_its_decimal_point() -> None:
    invoice, _ = said("810", "BIG*20260302*R-77\nIT1*1*10*EA*2.5**BP*X\nTDS*25.00")
    assert invoice.total == 25


# --- what is wrong with the content -------------------------------------------------------------

_HEAD = {
    "850": "BEG*00*SA*4711**20260302", "860": "BCH*04*SA*4711***20260302",
    "855": "BAK*00*AD*4711*20260302", "865": "BCA*00*AD*4711***20260302",
    "810": "BIG*20260302*R-77\nTDS*100",
}  # fmt: skip
_LINE = {
    "850": "PO1*1*5*{}***BP*X", "855": "PO1*1*5*{}***BP*X", "860": "POC*1*CA*5*5*{}***BP*X",
    "865": "POC*1*CA*5*5*{}***BP*X", "810": "IT1*1*5*{}*1**BP*X",
}  # fmt: skip


@pytest.mark.parametrize("code", list(_HEAD))
def test_lines_are_counted_and_added_up(code: str) -> None:
    two = "\n".join([_HEAD[code].partition("\n")[0], *[_LINE[code].format("EA")] * 2,
                     *_HEAD[code].split("\n")[1:]])  # fmt: skip
    assert said(code, two + "\nCTT*2*10")[1] == []
    assert said(code, two + "\nCTT*3*10")[1] == ["line-count-wrong"]
    assert said(code, two + "\nCTT*2*11")[1] == ["hash-total-wrong"]
    assert said(code, two + "\nCTT*2")[1] == []


@pytest.mark.parametrize("code", list(_HEAD))
def test_a_unit_that_is_not_agreed_on_is_named_and_kept(code: str) -> None:
    document, found = said(code, f"{_HEAD[code]}\n{_LINE[code].format('TN')}")
    assert found == ["unknown-unit"]
    assert document.lines[0].unit == "TN"


# --- what is refused ----------------------------------------------------------------------------


def test_what_a_guide_refuses_an_order_for() -> None:
    line = "PO1*1*5*EA***BP*X"
    assert refused("850", f"REF*CT*1\n{line}") == [("missing-segment", "BEG", None, "AK304=3")]
    assert refused("850", "BEG*00*SA*4711**20260302") == [
        ("missing-segment", "PO1", None, "AK304=3")
    ]
    assert refused("850", f"BEG*00*SA*4711**20260230\n{line}") == [
        ("invalid-date", "BEG", 5, "AK403=8")
    ]
    assert refused("850", f"BEG*0*SA***20260302\n{line}") == [
        ("element-too-short", "BEG", 1, "AK403=4"),
        ("missing-element", "BEG", 3, "AK403=1"),
    ]
    assert refused("850", f"BEG*00*SA*4711**20260302\nREF*CTRX*1\n{line}") == [
        ("element-too-long", "REF", 1, "AK403=5")
    ]
    assert refused("850", f"BEG*00*SA*4711**20260302\n{line}*Q*9") == [
        ("element-too-short", "PO1", 8, "AK403=4")
    ]
    assert refused("850", f"BEG*00*SA*4711**20260302\nBEG*00*SA*4711**20260302\n{line}") == [
        ("too-many-segments", "BEG", None, "AK304=5")
    ]


def test_what_a_guide_refuses_an_answer_and_an_invoice_for() -> None:
    assert refused("855", "BAK*00*AD*4711*20260302\nPO1*1*5*EA\nACK*ACCEPTED") == [
        ("element-too-long", "ACK", 1, "AK403=5")
    ]
    assert refused("860", "BCH*04*SA*4711***20260302\nPOC*1*CA*A*5*EA") == [
        ("invalid-character", "POC", 3, "AK403=6")
    ]
    assert refused("810", "BIG*20260302*R-77\nIT1*1*5*EA*1") == [
        ("missing-segment", "TDS", None, "AK304=3")
    ]
    assert refused("810", "BIG*20260302*R-77\nTDS*25.00") == [
        ("invalid-character", "TDS", 1, "AK403=6")
    ]


def test_numbers_may_be_longer_in_005010() -> None:
    order = f"BEG*00*SA*4711**20260302\nREF*CT*{'7' * 40}\nPO1*1*5*EA***BP*X"
    assert refused("850", order) == [("element-too-long", "REF", 2, "AK403=5")]
    assert refused("850", order, "005010") == []


def test_segments_that_a_guide_does_not_know_are_read_past() -> None:
    assert refused("850", "BEG*00*SA*4711**20260302\nSPI*00\nPO1*1*5*EA\nCTT*1") == []
