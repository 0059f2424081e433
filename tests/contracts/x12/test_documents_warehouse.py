"""X12 documents of warehouses and carriers: written, read back, and as partners write them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.contracts.x12 import X12
from simulator.contracts.x12.segments import Segment
from simulator.core.durations import HOUR, MINUTE, Instant
from simulator.plant.trading import (
    Party,
    ShipmentStatus,
    TransportEvent,
    WarehouseLine,
    WarehouseReceiptAdvice,
    WarehouseShippingAdvice,
    WarehouseShippingOrder,
    WarehouseTransferAdvice,
)
from simulator.plant.trading.rightness import RIGHT
from tests.contracts import strategies, trading
from tests.contracts.x12 import interchanges
from tests.contracts.x12.sets import AT, again, profile, read, refused, said, written

quick = settings(max_examples=60, deadline=None)
versions = st.sampled_from(["004010", "005010"]).map(profile)
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02
JULY_14: Instant = 1_783_987_200_000_000  # 2026-07-14
LABEL, OTHER_LABEL = strategies.sscc_of(340123450000001), strategies.sscc_of(340123450000002)
WAREHOUSE = Party(role="warehouse", id="BEARCO", scheme="mutual")
"""Who is named where nobody is, and somebody must be."""


def lines(document: Any, *names: str) -> list[tuple[Any, ...]]:
    """Some fields of each line."""
    return [tuple(getattr(one, name) for name in names) for one in document.lines]


def text(document: Any, partner: Any = None) -> list[str]:
    """A set's segments as partners see them."""
    return [
        "*".join([one.tag, *one.elements]) for one in written(document, partner or profile())[1]
    ]


def without(document: Any, *names: str) -> Any:
    """A document whose lines do not say this."""
    some = [one.model_copy(update=dict.fromkeys(names)) for one in document.lines]
    return document.model_copy(update={"lines": some})


# --- written and read back, with nothing to say against it -------------------------------------


@quick
@given(strategies.warehouse_shipping_orders, versions)
def test_shipping_orders_come_back(order: WarehouseShippingOrder, partner: Any) -> None:
    """They say neither what was ordered otherwise nor what is damaged."""
    expected = without(order, "ordered", "damaged")
    expected = expected.model_copy(update={"order": order.order or order.number})
    assert again(order, partner) == (expected, [])


@quick
@given(strategies.warehouse_transfer_advices, versions)
def test_transfer_advice_comes_back(advice: WarehouseTransferAdvice, partner: Any) -> None:
    expected = without(advice, "ordered", "damaged")
    expected = expected.model_copy(update={"parties": advice.parties or [WAREHOUSE]})
    assert again(advice, partner) == (expected, [])


@quick
@given(strategies.warehouse_receipt_advices, versions)
def test_receipt_advice_comes_back(advice: WarehouseReceiptAdvice, partner: Any) -> None:
    expected = advice.model_copy(update={"parties": advice.parties or [WAREHOUSE]})
    assert again(advice, partner) == (expected, [])


@quick
@given(strategies.warehouse_shipping_advices, versions)
def test_shipping_advice_comes_back(advice: WarehouseShippingAdvice, partner: Any) -> None:
    expected = without(advice, "damaged")
    expected = expected.model_copy(update={"parties": advice.parties or [WAREHOUSE]})
    assert again(advice, partner) == (expected, [])


@quick
@given(strategies.shipment_statuses, versions)
def test_shipment_status_comes_back(status: ShipmentStatus, partner: Any) -> None:
    """Its group says when it was made; an event without a reason is as planned."""
    normal = {False: "NS", True: "NA"}
    events = [
        one.model_copy(update={"reason": one.reason or normal[one.appointment]})
        for one in status.events
    ]
    assert again(status, partner) == (status.model_copy(update={"events": events, "at": AT}), [])


@quick
@given(
    strategies.warehouse_shipping_orders
    | strategies.warehouse_transfer_advices
    | strategies.warehouse_receipt_advices
    | strategies.warehouse_shipping_advices
    | strategies.shipment_statuses,
    st.sampled_from(["004010", "005010"]),
)
def test_they_cross_the_wire(document: Any, version: str) -> None:
    """As bytes, and as another who agreed on the same reads them."""
    by = interchanges.contract(version=version)
    body = interchanges.written(trading.interchange(document), by)
    received = interchanges.receive(body, by)
    assert received.findings == []
    (back,) = received.interchange.documents()
    assert interchanges.written(trading.interchange(back, at=interchanges.AT), by) == body


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_numbers_that_have_no_room_come_back(version: str) -> None:
    line = WarehouseLine(line="1", item="4711", quantity=Decimal(1), lot="LOT-OF-MANY-LETTERS")
    for kind in (WarehouseReceiptAdvice, WarehouseShippingAdvice):
        one = kind(partner="BEARCO", sender="partner", number="A-NUMBER-OF-MANY-LETTERS",
                   at=MARCH_2, parties=[WAREHOUSE], lines=[line])  # fmt: skip
        assert again(one, profile(version)) == (one, [])


# --- how they are written -----------------------------------------------------------------------

_LINE = WarehouseLine(line="10", item="4711", supplier_item="X1", quantity=Decimal(8),
                      ordered=Decimal(10), damaged=Decimal(1), lot="L-1", sscc=LABEL)  # fmt: skip
_COMMON: dict[str, Any] = {
    "partner": "BEARCO", "sender": "plant", "number": "N-1", "at": MARCH_2 + 7 * HOUR,
    "order": "O-1", "po": "P-1", "shipment": "S-1", "carrier": "SCAC",
    "planned": MARCH_2 + 30 * HOUR, "parties": [WAREHOUSE], "lines": [_LINE],
}  # fmt: skip


def test_a_shipping_order_is_written_like_this() -> None:
    assert text(WarehouseShippingOrder.model_validate(_COMMON)) == [
        "W05*N*O-1*P-1", "N1*WH**ZZ*BEARCO", "N9*TN*N-1", "N9*SI*S-1",
        "G62*10*20260303*U*0600", "G62*09*20260302*W*0700", "W66*CC*M********SCAC",
        "LX*1", f"MAN*GM*00{LABEL}", "W01*8*EA**BP*4711*VP*X1", "N9*LI*10", "N9*LT*L-1",
        "W76*8",
    ]  # fmt: skip


def test_a_transfer_advice_is_written_like_this() -> None:
    assert text(WarehouseTransferAdvice.model_validate(_COMMON)) == [
        "W06*F*O-1*20260302*S-1**P-1", "N1*WH**ZZ*BEARCO", "N9*TN*N-1",
        "G62*17*20260303*E*0600", "G62*09*20260302*W*0700", "W27*M*SCAC",
        "W04*8*EA**BP*4711*VP*X1", "N9*LI*10", "N9*LT*L-1", f"N9*LV*00{LABEL}", "W03*8",
    ]  # fmt: skip


def test_a_receipt_advice_is_written_like_this() -> None:
    one = WarehouseReceiptAdvice.model_validate(_COMMON)
    head = [
        "W17*F*20260302*N-1*O-1*S-1*W*0700", "N1*WH**ZZ*BEARCO", "N9*PO*P-1",
        "G62*17*20260303*E*0600", "W08*M*SCAC",
    ]  # fmt: skip
    exceptions = ["W13*1*EA*01", "W13*2*EA*02"]
    item = "W07*8*EA**BP*4711*VP*X1*L-1"
    assert text(one) == [*head, item, "N9*LI*10", f"N9*LV*00{LABEL}", *exceptions, "W14*8"]
    late = text(one, profile("005010"))
    assert late == [*head, "LX*1", f"MAN*GM*00{LABEL}", item, "N9*LI*10", *exceptions, "W14*8"]


def test_a_shipping_advice_is_written_like_this() -> None:
    assert text(WarehouseShippingAdvice.model_validate(_COMMON)) == [
        "W06*F*O-1*20260302*S-1*N-1*P-1", "N1*WH**ZZ*BEARCO",
        "G62*10*20260303*U*0600", "G62*09*20260302*W*0700", "W27*M*SCAC",
        "LX*1", f"MAN*GM*00{LABEL}", "W12*CP*10*8*2*EA**BP*4711*L-1********VP*X1", "N9*LI*10",
        "W03*8",
    ]  # fmt: skip


def test_a_shipment_status_is_written_like_this() -> None:
    events = [
        TransportEvent(status="AF", at=MARCH_2 + 7 * HOUR, city="Ulm", country="DE"),
        TransportEvent(status="AB", appointment=True, at=MARCH_2, equipment="TRAILER7"),
    ]
    one = ShipmentStatus(partner="BEARCO", sender="partner", number="P-1", at=AT, shipment="S-1",
                         carrier="SCAC", events=events, note="by road", packages=3,
                         gross_weight=Decimal("7.5"))  # fmt: skip
    told = ["AT7*AF*NS***20260302*0700*UT", "MS1*Ulm**DE", "AT7***AB*NA*20260302",
            "MS2*SCAC*TRAILER7"]  # fmt: skip
    carried = "AT8*G*K*7.5*3"
    assert text(one) == ["B10*P-1*S-1*SCAC", "K1*by road", "LX*1", *told, carried]
    late = text(one, profile("005010"))
    assert late == ["B10*P-1*S-1*SCAC", "LX*1", "K1*by road", carried, *told]


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_more_events_than_a_loop_holds_come_back(version: str) -> None:
    events = [TransportEvent(status="X6", reason="NS", at=MARCH_2 + n * HOUR) for n in range(23)]
    one = ShipmentStatus(partner="BEARCO", sender="partner", number="P-1", at=AT, carrier="SCAC",
                         events=events)  # fmt: skip
    assert again(one, profile(version)) == (one, [])


# --- as partners write them ---------------------------------------------------------------------


def test_a_transfer_as_published() -> None:
    """As published by kputnam/stupidedi (BSD-3-Clause)."""
    given = """
        W06*F*DO12345*20260714
        N1*WH*ACME WAREHOUSE*91*ACME01
        G62*11*20260714
        W27*M*SCAC*RTE*PP**EQIN*EQNUM
        W04*100*EA**VN*ITEM123
        N9*LI*REF456
        W03*100
        """
    assert refused("943", given) == []
    document, found = said("943", given)
    assert found == []
    assert (document.number, document.order, document.at) == ("DO12345", "DO12345", JULY_14)
    assert (document.carrier, document.planned) == ("SCAC", JULY_14)
    assert [(one.role, one.id, one.scheme) for one in document.parties] == [
        ("warehouse", "ACME01", "seller"),
    ]
    assert lines(document, "line", "item", "supplier_item", "quantity", "unit") == [
        ("REF456", "ITEM123", "ITEM123", 100, "pcs"),
    ]


def test_a_receipt_as_published() -> None:
    """As published by kputnam/stupidedi (BSD-3-Clause)."""
    given = """
        W17*F*20260714*WR12345*DO12345
        N1*WH*ACME WAREHOUSE*9*1234567890001
        G62*11*20260714
        W07*100*EA**UK*ITEM123***LOT456
        N9*PO*REF789
        W14*100
        """
    assert refused("944", given) == []
    document, found = said("944", given)
    assert found == []
    assert (document.number, document.order, document.po) == ("WR12345", "DO12345", "REF789")
    assert lines(document, "item", "quantity", "lot") == [("ITEM123", 100, "LOT456")]
    assert document.keys()["lot"] == ["LOT456"]


def test_a_receipt_says_what_is_damaged_and_what_is_missing() -> None:
    document, found = said(
        "944",
        """
        W17*F*20260714*WR1*DO1*S1*W*0730
        N1*WH*W*91*W
        W07*90*EA**VN*X1
        W13*3*EA*01
        W13*2*EA*01
        W13*10*EA*02
        W07*11*EA**VN*X2
        W13*1*EA*03
        W14*101
        """,
    )
    assert found == []
    assert document.at == JULY_14 + 7 * HOUR + 30 * MINUTE
    assert lines(document, "line", "quantity", "ordered", "damaged") == [
        ("1", 90, 100, 5), ("2", 11, 10, None),
    ]  # fmt: skip


def test_labels_of_a_later_receipt_are_those_of_their_own_lines() -> None:
    document, found = said(
        "944",
        f"""
        W17*F*20260714*WR1
        N1*WH*W*91*W
        LX*1
        MAN*GM*00{LABEL}
        W07*5*EA**BP*4711
        W07*6*EA**BP*4712
        LX*2
        MAN*GM*00{OTHER_LABEL}
        W07*7*EA**BP*4711
        LX*3
        W07*8*EA**BP*4711
        W14*26
        """,
        profile("005010"),
    )
    assert found == []
    assert lines(document, "quantity", "sscc") == [
        (5, LABEL), (6, LABEL), (7, OTHER_LABEL), (8, ""),
    ]  # fmt: skip


def test_a_shipping_order_with_a_retailers_numbers() -> None:
    document, found = said(
        "940",
        """
        W05*N*48078328*0
        N1*SF**92*782
        N1*ST*A STORE 3211*92*3211
        N3*FASHION OUTLETS*5220 FASHION OUTLETS WAY
        N4*ROSEMONT*IL*60018
        G62*38*20260305
        G62*02*20260309
        NTE*WHI*Handle with care
        W66*TP*U***CARRIER*Ground****FDEG
        LX*1
        W01*3*EA**UP*400732310031**********VN*73231003
        G69*A blue shirt
        W76*3
        """,
    )
    assert found == []
    assert (document.number, document.po, document.carrier) == ("48078328", "0", "FDEG")
    assert document.note == "Handle with care"
    assert document.planned == MARCH_2 + 7 * 24 * HOUR
    assert lines(document, "item", "supplier_item", "description", "quantity") == [
        ("73231003", "73231003", "A blue shirt", 3),
    ]


def test_a_shipping_advice_with_labels_below_the_line() -> None:
    """Each label with its quantity is a line; where they do not add up, the line is one."""
    document, found = said(
        "945",
        f"""
        W06*F*01766655*20260302*1035**9116
        N1*CN*FOOD DISTRIBUTING INC*91*10333648
        N9*SN*SEAL7
        W27*H*TRUK*TRUCKING*CC***REEFER9
        LX*1
        W12*CP*76*72*4*EA**UP*007117901645*40550*799*G*L
        N9*LI*1000
        N9*LV*00{LABEL}*36
        N9*LV*00{OTHER_LABEL}*36
        LX*2
        W12*CP*100*96*4*EA**VN*X9
        N9*LV*00{LABEL}*72
        N9*LV*00{OTHER_LABEL}*25
        W03*168*15360*LB
        """,
    )
    assert found == []
    assert (document.number, document.order, document.po) == ("1035", "01766655", "9116")
    assert [(one.kind, one.value) for one in document.references] == [("seal", "SEAL7")]
    assert lines(document, "line", "item", "quantity", "ordered", "lot", "sscc") == [
        ("1000", "007117901645", 36, 36, "40550", LABEL),
        ("1000", "007117901645", 36, 40, "40550", OTHER_LABEL),
        ("3", "X9", 96, 100, "", LABEL),
    ]


def test_a_shipping_advice_that_says_only_what_was_ordered() -> None:
    """A line that is complete need not say both."""
    document, found = said("945", "W06*F*1\nN1*WH*W\nLX*1\nW12*CC*10**EA**BP*4711\nW03*10")
    assert (lines(document, "quantity", "ordered"), found) == ([(10, 10)], ["hash-total-wrong"])


STATUS = """
    B10*4343638097845589              *4343638097845589              *CPCC
    L11*4343638097845589*97
    L11*0000*86
    N1*SF*00602679321
    N1*ST*
    N3*264040 DONUT-TOWN 473*
    N4*HAMMER*AB*T0C1Z0*CA
    LX*000001
    AT7*XB*NS***20260302*1534*PT
    MS1*WRENCH*ON*CA
    L11**CI
    AT8*G*K*4
    """


def test_a_carriers_status_as_published() -> None:
    """After jf-tech/omniparser (MIT): numbers filled with spaces, a reference without a value."""
    assert refused("214", STATUS) == []
    document, found = said("214", STATUS)
    assert found == []
    assert (document.number, document.carrier) == ("4343638097845589", "CPCC")
    assert (document.shipment, document.gross_weight) == ("4343638097845589", 4)
    assert [(one.kind, one.value) for one in document.references] == [
        ("97", "4343638097845589"), ("86", "0000"),
    ]  # fmt: skip
    assert [(one.role, one.name, one.city) for one in document.parties] == [
        ("ship-from", "00602679321", ""), ("ship-to", "", "HAMMER"),
    ]  # fmt: skip
    assert document.events == [
        TransportEvent(status="XB", reason="NS", at=MARCH_2 + 23 * HOUR + 34 * MINUTE,
                       city="WRENCH", region="ON", country="CA"),
    ]  # fmt: skip


def test_appointments_are_no_events() -> None:
    document, found = said(
        "214",
        """
        B10*995551*99948782*XXXX
        LX*1
        AT7***AA*NA*20260302*0830*CS
        AT7*X3*NS***20260302*0930*CS
        MS2*XXXX*TRAILER7
        AT8*A1*L*237.1*0*1
        AT8*G*L*100*2
        """,
    )
    assert found == []
    assert [(one.status, one.appointment, one.equipment) for one in document.events] == [
        ("AA", True, ""), ("X3", False, "TRAILER7"),
    ]  # fmt: skip
    assert (document.gross_weight, document.packages) == (Decimal("45.359"), 2)


@pytest.mark.parametrize(
    ("name", "sets"), [("x12-824-005010", 1), ("x12-943", 1), ("x12-944", 1), ("x12-214", 19)]
)
def test_files_as_published_are_accepted(samples: Path, name: str, sets: int) -> None:
    body = (samples / "edi" / f"{name}.edi").read_bytes()
    found = X12.inspect(body)
    assert [one.name for one in found.flaws if not one.tolerated] == []
    assert len(found.documents) == sets
    assert [(one.document, one.verdict) for one in found.answers] == [
        ("functional-acknowledgement", "accepted")
    ]


_TAGS = (
    "BGN OTI TED NTE REF N1 BRA RCD SN1 LIN PRF MAN CTT BIA QTY W05 W06 W17 W01 W04 W07 W12 W13 "
    "W27 W66 W76 W03 W14 LX N9 G62 G69 B10 L11 AT7 MS1 MS2 AT8 K1 DTM"
)
_VALUES = (
    "0 -1 1.5 999999999999999999999999999999 20260231 20260302 2460 EA XX K L G LV GM LI TN PO 01 "
    "02 07 unknown-item line"
)
_values = st.sampled_from(["", " ", "line 1", "X\x1fY", "\x1e", *_VALUES.split(" ")])
_any = st.builds(
    lambda tag, elements: Segment(tag, tuple(elements)),
    st.sampled_from(_TAGS.split(" ")),
    st.lists(_values, max_size=12),
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["824", "861", "846", "940", "943", "944", "945", "214"]),
       st.lists(_any, max_size=14))  # fmt: skip
def test_whatever_comes_is_read(code: str, given: list[Segment]) -> None:
    """No set is so wrong that it cannot be read; what was read can be written."""
    document, found = read(code, given, profile())
    assert all(name in RIGHT for name in found)
    assert written(document, profile())[0] == code


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("940", "W05*N*1\nLX*1\nW01*5*EA**BP*4711\nW76*6"),
        ("943", "W06*F*1\nN1*WH*W\nW27*M*SCAC\nW04*5*EA**BP*4711\nW03*6"),
        ("944", "W17*F*20260302*1\nN1*WH*W\nW07*5*EA**BP*4711\nW14*6"),
        ("945", "W06*F*1\nN1*WH*W\nLX*1\nW12*CC*6*5*1*EA**BP*4711\nW03*6"),
    ],
)
def test_totals_that_do_not_add_up_are_said(code: str, given: str) -> None:
    document, found = said(code, given)
    assert (found, lines(document, "quantity")) == (["hash-total-wrong"], [(5,)])
    assert refused(code, given) == []


@pytest.mark.parametrize("code", ["940", "943", "944", "945", "214"])
def test_a_set_without_its_first_segment_is_read_past(code: str) -> None:
    document, found = said(code, "N1*WH*SOMEBODY*92*W")
    assert (document.number, found) == ("", ["missing-segment"])


def test_a_weight_beyond_reason_is_read() -> None:
    document, found = said("214", f"B10*1*2*SCAC\nLX*1\nAT7*X3*NS\nAT8*G*L*{'9' * 30}")
    assert (found, document.gross_weight > 10**29) == ([], True)


def test_labels_and_units_are_checked() -> None:
    given = f"W06*F*1\nN1*WH*W\nW27*M*SCAC\nW04*5*QQ**BP*4711\nN9*LV*00{LABEL[:-1]}X\nW03*5"
    assert said("943", given)[1] == ["unknown-unit", "sscc-check-digit"]


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        ("940", "W05*N*1\nLX*A\nW01*5*EA**BP*4711", [("invalid-character", "LX", 1, "AK403=6")]),
        ("940", "W05*N*1\nLX*1\nW01*5", [("missing-element", "W01", 2, "AK403=1")]),
        ("943", "W06*F*1\nN1*WH*W\nW04*5*EA**BP*1\nW03*5",
         [("missing-segment", "W27", None, "AK304=3")]),
        ("943", "W06*F*1\nN1*WH*W\nW27*M*SCAC\nW04*5*EA**BP*1",
         [("missing-segment", "W03", None, "AK304=3")]),
        ("944", "W17*F*20260302*1\nW07*5*EA**BP*1\nW14*5",
         [("missing-segment", "N1", None, "AK304=3")]),
        ("944", "W17*F*20260302*1234567890123\nN1*WH*W\nW07*5*EA**BP*1\nW14*5",
         [("element-too-long", "W17", 3, "AK403=5")]),
        ("945", "W06*F*1\nN1*WH*W\nLX*1\nW12*C*5*5", [("element-too-short", "W12", 1, "AK403=4")]),
        ("945", "W06*FF*1\nN1*WH*W", [("element-too-long", "W06", 1, "AK403=5")]),
        ("214", "B10*1*2*SCAC\nLX*1\nAT7*X3*NS***20260302*2460",
         [("invalid-time", "AT7", 6, "AK403=9")]),
        ("214", "B10*1*2\nLX*1", [("missing-element", "B10", 3, "AK403=1")]),
    ],
)  # fmt: skip
def test_what_sets_are_refused_for(code: str, given: str, expected: list[Any]) -> None:
    assert refused(code, given) == expected


def test_where_versions_differ() -> None:
    """005010 puts lines of a 944 into LX loops, and all of a 214."""
    receipt = "W17*F*20260302*1\nN1*WH*W\nW07*5*EA**BP*1\nW14*5"
    assert refused("944", receipt) == []
    assert [one[0] for one in refused("944", receipt, "005010")] == ["missing-segment"]
    assert refused("944", receipt.replace("W07", "LX*1\nW07"), "005010") == []
    status = "B10*1*2*SCAC\nLX*1\nL11*1*BM\nAT7*X3*NS***20260302"
    assert refused("214", status, "005010") == []
    assert [one[0] for one in refused("214", "B10*1*2*SCAC", "005010")] == ["missing-segment"]
