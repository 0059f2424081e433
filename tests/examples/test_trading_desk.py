"""The bridge's trading desk: what an interchange leads to, without a socket."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from examples.bridge.flow import Flow
from examples.bridge.store import Store
from examples.bridge.trading.desk import Desk
from examples.bridge.trading.sales import NotSold
from examples.bridge.trading.wire import UnknownPartner, translators
from simulator.core.gs1 import sscc
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.plant.trading import (
    CallOff,
    Demand,
    Enclosed,
    Forecast,
    HandlingUnit,
    Interchange,
    OrderLine,
    PackedItem,
    PurchaseOrder,
    ReceivedLine,
    ReceivingAdvice,
    ScheduleLine,
    ShipNotice,
    TradingDocument,
    load_partner,
)

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads"
AT = 1_772_431_200_000_000  # 2026-03-02T06:00Z
HOUR = 3_600_000_000


class Office:
    """A desk, and the partners who write to it."""

    def __init__(self, *flaws: str, dedupe: bool = True) -> None:
        self.store = Store(":memory:", dedupe=dedupe, flaws=frozenset(flaws))
        self.flow = Flow(self.store)
        self.desk = Desk(
            self.store, self.flow, translators(PAYLOADS, ["BEARCO", "DICHTRING", "AGRIMEC"])
        )
        self.controls = 0

    def hear(self, said: TradingDocument, control: int | None = None) -> None:
        """A partner says something."""
        profile = load_partner(said.partner.lower(), PAYLOADS)
        kind = registry("contracts", Contract).get(profile.standard)
        contract = kind(
            "edi", {}, {}, kind.Settings.model_validate({"partner": profile}), payloads=PAYLOADS
        )
        self.controls += 1
        number = str(control or self.controls)
        group = number if profile.standard == "x12" else ""
        interchange = Interchange(
            partner=said.partner, sender="partner", control=number, at=AT,
            contents=[Enclosed(said=said, control="0001", group=group)],
        )  # fmt: skip
        request = contract.render(interchange)
        assert request is not None
        with self.store.transaction():
            self.desk.read({"partner": said.partner, "body": request.body.hex()})

    def order(self, po: str, supplier: str = "BEARCO", quantity: int = 100) -> None:
        line = {"item": "BRG-6204", "quantity": quantity}
        with self.store.transaction():
            assert self.desk.order({"po": po, "supplier": supplier, "lines": [line]})

    def said(self, *kinds: str) -> list[str]:
        """What leaves for partners: all of it, or the bodies of some kinds."""
        rows = self.store.rows("SELECT kind, body FROM outbox WHERE peer LIKE 'edi:%' ORDER BY id")
        return [
            row["body"] if kinds else row["kind"]
            for row in rows
            if row["kind"] in kinds or not kinds
        ]

    def to_wms(self) -> list[str]:
        rows = self.store.rows("SELECT kind FROM outbox WHERE peer = 'wms' ORDER BY id")
        return [row["kind"] for row in rows]


def notice(number: str, po: str, quantity: int = 40, serial: int = 1, **more: Any) -> ShipNotice:
    packed = PackedItem(item="BRG-6204", quantity=D(quantity), po=po, po_line="10", **more)
    units = [HandlingUnit(package="carton", sscc=sscc(serial), items=[packed])]
    pallet = HandlingUnit(sscc=sscc(1000 + serial), units=units)
    return ShipNotice(
        partner="BEARCO", sender="partner", number=number, at=AT, shipment=f"S-{number}",
        units=[pallet],
    )  # fmt: skip


def schedule(kind: Any, number: str, quantity: int, received: int, **more: Any) -> Any:
    demand = Demand(quantity=D(quantity), start=AT + 24 * HOUR, cumulative=D(received + quantity))
    line = ScheduleLine(line="1", item="GB-200", demands=[demand], received=D(received))
    return kind(partner="AGRIMEC", sender="partner", number=number, at=AT, lines=[line], **more)


def test_a_right_notice_is_acknowledged_and_announced() -> None:
    office = Office()
    office.order("P1")
    office.hear(notice("N1", "P1"))
    assert office.said() == ["purchase-order", "functional-acknowledgement"]
    assert office.to_wms() == ["trade-delivery"]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (notice("N2", "P9", serial=2), "unknown-order"),
        (notice("N2", "P1", serial=1), "sscc-reused"),
        (notice("N2", "P1", serial=2, quantity=90), "over-shipped"),
        (notice("N2", "P1", serial=2, cumulative=D(500)), "cumulative-gap"),
        (notice("N1", "P1", serial=2), "asn-twice"),
    ],
)
def test_a_wrong_notice_is_acknowledged_and_then_refused(second: ShipNotice, code: str) -> None:
    office = Office()
    office.order("P1")
    office.hear(notice("N1", "P1", cumulative=D(40)))
    office.hear(second)
    assert office.said()[-2:] == ["functional-acknowledgement", "application-advice"]
    raw = office.said("application-advice")[0].encode("latin-1")
    (advice,) = office.desk.wire("BEARCO").read(raw).interchange.documents()
    assert advice.keys()["reason"] == [code]
    assert office.to_wms() == ["trade-delivery"], "nothing comes of it"
    easy = Office("checks")
    easy.order("P1")
    easy.hear(notice("N1", "P1", cumulative=D(40)))
    easy.hear(second)
    assert "application-advice" not in easy.said(), f"{code} is not seen"


def test_a_control_number_is_used_once() -> None:
    office = Office()
    office.order("P1")
    for _ in range(2):
        office.hear(notice("N1", "P1"), control=7)
    assert office.said()[-1] == "interchange-acknowledgement"
    assert "TA1*000000007" in office.said("interchange-acknowledgement")[0]
    forgetful = Office(dedupe=False)
    forgetful.order("P1")
    for _ in range(2):
        forgetful.hear(notice("N1", "P1"), control=7)
    assert forgetful.to_wms() == ["trade-delivery"] * 2


def test_a_customers_order_is_confirmed_and_can_be_shipped_once() -> None:
    office = Office()
    order = PurchaseOrder(
        partner="AGRIMEC", sender="partner", number="K1", at=AT,
        lines=[OrderLine(line="10", item="GB-200", quantity=D(3))],
    )  # fmt: skip
    office.hear(order)
    assert office.said() == ["functional-acknowledgement", "purchase-order-response"]
    with office.store.transaction():
        assert office.desk.sales.ship("K1", None)
        assert not office.desk.sales.ship("K1", None)
        with pytest.raises(NotSold):
            office.desk.sales.ship("K2", None)
    office.hear(order.model_copy(update={"at": AT + HOUR}))
    assert office.said()[-1] == "application-advice", "an order is placed once"


def test_what_leaves_is_told_with_labels_and_counts() -> None:
    office = Office()
    office.hear(schedule(Forecast, "F1", 50, 480))
    office.hear(schedule(CallOff, "C1", 5, 480, forecast="F1"))
    line = {"line": 10, "item": "GB-200", "quantity": 5, "lot": "L1"}
    with office.store.transaction():
        office.desk.sales.ship("C1", None)
        errand = office.store.due("wms", set())
        assert errand is not None
        office.flow.delivered(errand, {"id": "S0000001", "lines": [line]})
    (body,) = office.said("ship-notice")
    assert "REF*LT*L1" in body
    assert "SN1**5*EA*485" in body
    office.hear(schedule(CallOff, "C2", 5, 485, forecast="F1"))
    assert office.said()[-1] == "functional-acknowledgement", "485 is what was shipped"
    received = ReceivedLine(line="1", item="GB-200", quantity=D(5), po="C1", cumulative=D(485))
    office.hear(
        ReceivingAdvice(partner="AGRIMEC", sender="partner", number="R1", at=AT, asn="NS0000001",
                        shipment="S0000001", received=AT, lines=[received])
    )  # fmt: skip
    assert office.store.row("SELECT status FROM sent")["status"] == "received"  # type: ignore[index]


@pytest.mark.parametrize(
    ("quantity", "received", "forecast", "right"),
    [
        (5, 480, "F1", True),
        (5, 470, "F1", False),  # it had 480 already
        (5, 490, "F1", False),  # nobody sent it so many
        (60, 480, "F1", False),
        (5, 480, "F0", False),
    ],
)
def test_call_offs_are_held_against_forecast_and_count(
    quantity: int, received: int, forecast: str, right: bool
) -> None:
    office = Office()
    office.hear(schedule(Forecast, "F1", 50, 480))
    office.hear(schedule(CallOff, "C1", quantity, received, forecast=forecast))
    assert ("application-advice" in office.said()) is not right
    known = office.store.row("SELECT number FROM sold WHERE number = 'C1'")
    assert (known is not None) is right


def test_empty_books_remember_nothing() -> None:
    office = Office()
    office.order("P1")
    with office.store.transaction():
        office.store.empty()
    office.order("P1")
    assert office.said() == ["purchase-order"]


def test_a_partner_without_a_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownPartner, match="has no 'NOBODY'; it has AGRIMEC"):
        translators(PAYLOADS, ["NOBODY"])
