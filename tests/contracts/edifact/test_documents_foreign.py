"""What others write: other directories, other habits, the same documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.core.durations import DAY
from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Forecast,
    InventoryReport,
    Invoice,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ReceivingAdvice,
    ShipNotice,
)
from tests.contracts.edifact.messages import said

MARCH = 1_772_409_600_000_000  # 2026-03-02T00:00Z


def read(kind: type[Any], code: str, text: str) -> Any:
    """The document, in which nothing was found wrong. Segments are lines."""
    lines = (line.strip() for line in text.strip().splitlines())
    document, found = said(code, "".join(f"{line}'" for line in lines))
    assert found == []
    assert isinstance(document, kind)
    return document


def test_a_forecast_with_scc_before_its_quantities() -> None:
    """D.97A and later, as car makers write it: GIS, a ship-to, its lines."""
    one = read(Forecast, "DELFOR", """
        BGM+241+4711+5
        DTM+137:20260302:102
        NAD+SU+77::92
        GIS+37
        NAD+CN+W1::92
        LIN+++8K0-123:IN
        LOC+11+TOR4
        RFF+ON:550001
        QTY+70:1200:PCE
        DTM+51:20260101:102
        QTY+48:40:PCE
        DTM+50:20260227:102
        RFF+AAU:LS-77
        SCC+1++D
        QTY+113:100:PCE
        DTM+10:20260309:102
        QTY+113:50:PCE
        DTM+10:20260310:102
        SCC+4++W
        QTY+113:200:PCE
        DTM+158:20260316:102
        DTM+159:20260322:102
        NAD+CN+W2::92
        LIN+++8K0-124:IN
        LOC+11+TOR5
        SCC+1++D
        QTY+113:7:PCE
        DTM+2:202603091030:203
        UNS+S
    """)  # fmt: skip
    first, second = one.lines
    assert (first.item, first.dock, first.po) == ("8K0-123", "TOR4", "550001")
    assert (first.received, first.last_quantity, first.last_receipt) == (1200, 40, "LS-77")
    assert [(d.quantity, d.commitment, d.bucket) for d in first.demands] == [
        (100, "firm", "discrete"), (50, "firm", "discrete"), (200, "planned", "weekly"),
    ]  # fmt: skip
    assert [d.start - MARCH for d in first.demands] == [7 * DAY, 8 * DAY, 14 * DAY]
    assert first.demands[2].end == MARCH + 20 * DAY
    assert (second.dock, second.demands[0].quantity) == ("TOR5", 7)


def test_a_forecast_of_cumulative_quantities_alone() -> None:
    one = read(Forecast, "DELFOR", """
        BGM+241+4712+5
        DTM+137:20260302:102
        UNS+D
        NAD+ST+W1::92
        LIN+1++P-1:BP
        QTY+70:300:PCE
        QTY+3:500:PCE
        SCC+1
        DTM+2:20260309:102
        QTY+3:800:PCE
        SCC+4
        DTM+2:20260316:102
        UNS+S
    """)  # fmt: skip
    (line,) = one.lines
    assert [(d.quantity, d.cumulative, d.commitment) for d in line.demands] == [
        (200, 500, "firm"), (300, 800, "planned"),
    ]  # fmt: skip


def test_a_call_off_in_sequence() -> None:
    one = read(CallOff, "DELJIT", """
        BGM+242+JIT1
        DTM+137:202603020600:203
        NAD+BY+1::9
        SEQ+3+5
        LIN+1++A-1:IN
        LOC+11+D7
        QTY+1:8:PCE
        DTM+2:202603021400:203
        RFF+ZZZ:RAN-9
        FTX+AAI+++handle with care
    """)  # fmt: skip
    (line,) = one.lines
    assert (one.note, line.dock, line.demands[0].quantity) == ("handle with care", "D7", 8)
    assert line.demands[0].reference == "RAN-9"


def test_a_despatch_advice_of_a_retailers_supplier() -> None:
    """EANCOM: GTINs, PAC that counts the levels below, two labels in one GIN, lots with dates."""
    one = read(ShipNotice, "DESADV", f"""
        BGM+351+LS1+9
        DTM+137:20260302:102
        MEA+AAX+AAD+KGM:1,5
        RFF+ON:PO1
        NAD+SE+1::9
        TDT+12++30+31+DHL:172:182
        EQD+TE+B-XY 12
        CPS+1++4
        PAC+2++201::9
        CPS+2+1+1
        PAC+1++201::9
        PCI+33E
        GIN+BJ+{sscc(1)}
        LIN+1++4000862141404:EN
        PIA+1+S-1:SA
        QTY+12:400
        PCI+36E
        DTM+361:20261231:102
        GIN+BX+LOT7
        CPS+3+1+1
        PAC+2++CT::9
        PCI+33E
        GIN+AW+{sscc(2)}+00{sscc(3)}
        LIN+2++4000862141411:EN
        QTY+12:10
        RFF+ON:PO2:7
        CNT+2:2
    """)  # fmt: skip
    assert (one.carrier, one.trailer, one.gross_weight) == ("DHL", "B-XY 12", Decimal("1.5"))
    assert [(unit.package, unit.sscc) for unit in one.units] == [
        ("pallet", sscc(1)), ("carton", sscc(2)), ("carton", sscc(3)),
    ]  # fmt: skip
    (item,) = one.units[0].items
    assert (item.item, item.gtin, item.supplier_item) == ("4000862141404", "4000862141404", "S-1")
    assert (item.lot, item.po, item.expires) == ("LOT7", "PO1", MARCH + 304 * DAY)
    assert [unit.items[0].quantity for unit in one.units[1:]] == [5, 5]  # shared out
    assert (one.units[1].items[0].po, one.units[1].items[0].po_line) == ("PO2", "7")


def test_an_order_with_prices_for_more_than_one() -> None:
    one = read(PurchaseOrder, "ORDERS", """
        BGM+220::9+PO-9+9
        DTM+137:20260302:102
        DTM+63:20260312:102
        FTX+AAI+++please:call
        RFF+CT:K-1
        DTM+171:20250101:102
        NAD+BY+400001::9++Werk:Süd+Weg 1+Ort++12345+DE
        CUX+2:EUR:9
        LIN+1++4000862141404:EN
        PIA+1+B-1:BP+S-1:SA
        IMD+F++:::Seal ring:small
        QTY+21:40:PCE
        PRI+AAA:100:::10
        LIN+2++X:MF
        QTY+21:1,5:KGM
        UNS+S
        MOA+86:400
        CNT+2:2
    """)  # fmt: skip
    first, second = one.lines
    assert (one.number, one.currency, one.note) == ("PO-9", "EUR", "please call")
    assert one.due == MARCH + 10 * DAY
    assert one.parties[0].name == "Werk Süd"
    assert (first.item, first.supplier_item, first.price) == ("B-1", "S-1", 10)
    assert first.description == "Seal ring small"
    assert (second.item, second.quantity, second.unit) == ("X", Decimal("1.5"), "kg")


@pytest.mark.parametrize(
    ("line", "answer", "quantity"),
    [
        ("LIN+1+5+X:IN'QTY+21:40:PCE", "accepted", 40),
        ("LIN+1+6+X:IN'QTY+21:40:PCE'QTY+113:30:PCE", "changed", 30),
        ("LIN+1+7+X:IN'QTY+21:40", "rejected", 40),
        ("LIN+1+5+X:IN'QTY+21:40'QTY+83:40", "backordered", 40),
        ("LIN+1++X:IN'QTY+21:40", "accepted", 40),
    ],
)
def test_an_answer_to_an_order(line: str, answer: str, quantity: int) -> None:
    text = f"BGM+231+AB1+4'DTM+137:20260302:102'RFF+ON:PO-9'{line}'UNS+S"
    one = read(PurchaseOrderResponse, "ORDRSP", text.replace("'", "\n"))
    assert (one.po, one.lines[0].answer, one.lines[0].quantity) == ("PO-9", answer, quantity)


def test_an_order_change() -> None:
    one = read(PurchaseOrderChange, "ORDCHG", """
        BGM+230+C1+4
        DTM+137:20260302:102
        RFF+ON:PO1
        LIN+1+2+X:IN
        QTY+21:40
        LIN+2+1+Y:IN
        QTY+21:4
        UNS+S
    """)  # fmt: skip
    assert (one.number, one.change_number) == ("PO1", "C1")
    assert [line.change for line in one.lines] == ["delete", "add"]


def test_an_invoice_with_taxes_and_amounts_instead_of_prices() -> None:
    one = read(Invoice, "INVOIC", """
        BGM+380+R1+9
        DTM+3:20260302:102
        RFF+ON:PO1
        RFF+DQ:LS1
        CUX+2:EUR:4
        PAT+3
        DTM+13:20260401:102
        PCD+12:2
        LIN+1++4000:EN
        QTY+47:10:PCE
        MOA+203:100
        PRI+AAA:100:::10
        TAX+7+VAT+++:::19+S
        LIN+2++4001:EN
        QTY+47:2
        MOA+203:5
        UNS+S
        CNT+2:2
        MOA+79:105
        MOA+124:19,95
        MOA+77:124,95
    """)  # fmt: skip
    assert (one.po, one.asn, one.at) == ("PO1", "LS1", MARCH)
    assert [line.price for line in one.lines] == [10, Decimal("2.5")]
    assert (one.tax, one.total, one.due) == (Decimal("19.95"), Decimal("124.95"), MARCH + 30 * DAY)


def test_a_receiving_advice_with_a_difference() -> None:
    one = read(ReceivingAdvice, "RECADV", f"""
        BGM+632+W1+9
        DTM+137:20260302:102
        DTM+50:20260301:102
        RFF+AAK:LS1
        CPS+1
        PAC+1
        PCI+33E
        GIN+BJ+{sscc(1)}
        LIN+1++X:IN
        QTY+12:40
        QTY+48:38
        QTY+194:35
        QVR+-2:12+BP
        RFF+ON:PO1:7
        CNT+2:1
    """)  # fmt: skip
    (line,) = one.lines
    assert (line.announced, line.quantity, line.accepted, line.condition) == (40, 38, 35, "short")
    assert (line.sscc, line.po, line.po_line, one.asn) == (sscc(1), "PO1", "7", "LS1")


def test_stock_of_several_kinds_at_one_line() -> None:
    one = read(InventoryReport, "INVRPT", """
        BGM+35+I1+9
        DTM+366:20260302:102
        LIN+1++X:IN
        QTY+145:40:PCE
        GIN+BX+L1
        LOC+14+B1
        QTY+198:5:PCE
    """)  # fmt: skip
    assert one.at == MARCH
    assert [(line.status, line.quantity, line.lot) for line in one.lines] == [
        ("on-hand", 40, "L1"), ("in-transit", 5, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bgm", "reference", "about", "verdict"),
    [
        ("BGM+313+AP1+27", "RFF+ON:PO1", "purchase-order", "rejected"),
        ("BGM+312+AP1+29", "RFF+AAK:LS1", "ship-notice", "accepted"),
        ("BGM+313+AP1+9+RE", "RFF+IV:R1", "invoice", "rejected"),
        ("BGM+305+AP1+9", "RFF+ACW:4711", "", "rejected"),
    ],
)
def test_an_application_advice(bgm: str, reference: str, about: str, verdict: str) -> None:
    error = "ERC+42\nFTX+AAO+++unknown item\nRFF+LI:3" if verdict == "rejected" else ""
    one = read(ApplicationAdvice, "APERAK", f"{bgm}\nDTM+137:20260302:102\n{reference}\n{error}")
    assert (one.about, one.verdict) == (about, verdict)
    assert one.about_number == reference.rpartition(":")[2]
    found = [(note.code, note.text, note.line) for note in one.notes]
    assert found == ([("42", "unknown item", "3")] if error else [])
