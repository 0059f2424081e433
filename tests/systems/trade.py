"""Both sides of the border: what partners say and an integration answers, without a wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    Enclosed,
    Finding,
    FunctionalAcknowledgement,
    HandlingUnit,
    Interchange,
    InterchangeAcknowledgement,
    OrderLine,
    PackedItem,
    PurchaseOrder,
    Received,
    SetNote,
    ShipNotice,
    TradingDocument,
)
from tests.systems.desk import HERE, Desk

PROFILES = ["bearco", "dichtring", "stahlhof", "schrauben", "agrimec"]
TRADE = HERE / "trade.yaml"
SYSTEMS = ("wms", "edi", "supplier", "customer")


class Border(Desk):
    """A plant with its partners; `plant_says` is what an integration would send."""

    def __init__(self, endpoints: int = 1, **settings: Any) -> None:
        given = {"edi": {"partners": PROFILES}}
        super().__init__(TRADE, {**given, **settings}, SYSTEMS, endpoints)
        self.controls = 0
        self.heard: list[TradingDocument] = []
        self.plant.observers.append(self._note)

    def _note(self, document: Any) -> None:
        if isinstance(document, TradingDocument):
            self.heard.append(document)

    @property
    def interchanges(self) -> list[Interchange]:
        """What left, in order."""
        return [one for _, one in self.emitted if isinstance(one, Interchange)]

    def sent(self, kind: str) -> list[Any]:
        """The documents of a kind that left in envelopes."""
        return [
            said for one in self.interchanges for said in one.documents() if said.document == kind
        ]

    def plant_says(
        self,
        *documents: TradingDocument,
        control: str = "",
        answers: list[Any] | None = None,
        findings: list[Finding] | None = None,
        refused: list[str] | None = None,
        digest: str = "",
        wants: bool = False,
    ) -> dict[str, Any]:
        """An interchange comes in, read by a contract; acknowledged as right unless told."""
        self.controls += 1
        control = control or f"{self.controls:09d}"
        partner = documents[0].partner
        contents = [
            Enclosed(said=said, control=f"{n:04d}", group=control.lstrip("0"), code=CODES.get(
                said.document, ""))
            for n, said in enumerate(documents, 1)
        ]  # fmt: skip
        interchange = Interchange(
            partner=partner, sender="plant", control=control, at=self.now, contents=contents,
            wants_acknowledgement=wants,
        )  # fmt: skip
        if answers is None:
            notes = [
                SetNote(code=one.code, control=one.control, verdict="accepted") for one in contents
            ]
            answers = [
                FunctionalAcknowledgement(
                    partner=partner, sender="partner", number=control, at=self.now,
                    acknowledges=control.lstrip("0"), verdict="accepted", sets=notes,
                )
            ]  # fmt: skip
        received = Received(
            interchange=interchange, answers=answers, findings=findings or [],
            refused_sets=refused or [], digest=digest or control,
        )  # fmt: skip
        result: dict[str, Any] = self.systems["edi"].receive(received)  # type: ignore[attr-defined]
        return result

    def acknowledge(self, one: Interchange, verdict: Any = "accepted", codes: Any = ()) -> None:
        """The plant acknowledges an interchange (997)."""
        first = one.contents[0]
        self.plant_says(
            FunctionalAcknowledgement(
                partner=one.partner, sender="plant", number="1", at=self.now,
                acknowledges=first.group or one.control, verdict=verdict, codes=list(codes),
                sets=[SetNote(code="856", control=first.control, verdict=verdict)],
            ),
            answers=[],
        )  # fmt: skip
        if one.wants_acknowledgement:
            self.plant_says(
                InterchangeAcknowledgement(
                    partner=one.partner, sender="plant", number="1", at=self.now,
                    acknowledges=one.control, verdict="accepted",
                ),
                answers=[],
            )  # fmt: skip


CODES = {"purchase-order": "850", "ship-notice": "856", "functional-acknowledgement": "997"}


def order(desk: Desk, number: str, *lines: tuple[str, int], **more: Any) -> PurchaseOrder:
    """An order of the plant's to BEARCO, unless said otherwise."""
    given = {"partner": "BEARCO", "sender": "plant", **more}
    return PurchaseOrder(
        number=number, at=desk.now, **given,
        lines=[
            OrderLine(line=str(n), item=item, quantity=Decimal(quantity))
            for n, (item, quantity) in enumerate(lines, 1)
        ],
    )  # fmt: skip


def notice(desk: Desk, number: str, po: str, quantity: int = 10, **more: Any) -> ShipNotice:
    """A ship notice of one pallet of gears to the customer AGRIMEC, unless said otherwise."""
    given = {"partner": "AGRIMEC", "sender": "plant", "shipment": number, **more}
    label = given.pop("sscc", sscc(int("".join(filter(str.isdigit, number))) + 1000))
    packed = {"item": "GEAR", "quantity": Decimal(quantity), "po": po, "lot": "G-0"}
    for name in ("item", "unit", "cumulative"):
        if name in given:
            packed[name] = given.pop(name)
    unit = HandlingUnit(sscc=label, items=[PackedItem.model_validate(packed)])
    return ShipNotice(number=number, at=desk.now, units=[unit], **given)
