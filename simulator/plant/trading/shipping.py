"""What is on the way, and what arrived: 856 861 214, DESADV RECADV.

A shipment is a tree: pallets hold cartons, cartons hold items, and each level may have an SSCC.
What is packed in nothing stands at the shipment itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from simulator.core.durations import Instant
from simulator.plant.trading.parts import Part, TradingDocument, distinct

Package = Literal["pallet", "carton", "container", "rack"]
Purpose = Literal["original", "replace", "cancel"]
Condition = Literal["good", "damaged", "over", "short", "wrong-item", "rejected", "no-asn"]


class PackedItem(Part):
    """So much of one item and lot."""

    line: str = ""  # of the notice itself
    item: str
    supplier_item: str = ""
    gtin: str = ""
    description: str = ""
    quantity: Decimal
    unit: str = "pcs"
    po: str = ""
    po_line: str = ""
    ordered: Decimal | None = None
    cumulative: Decimal | None = None  # shipped since the count began, this shipment included
    lot: str = ""
    serials: list[str] = Field(default_factory=list)
    produced: Instant | None = None
    expires: Instant | None = None


class HandlingUnit(Part):
    """A pallet, carton or other load carrier, and what is in it."""

    package: Package = "pallet"
    sscc: str = ""
    packaging: str = ""  # the partner's code of the load carrier
    gross_weight: Decimal | None = None  # kg
    items: list[PackedItem] = Field(default_factory=list)
    units: list[HandlingUnit] = Field(default_factory=list)

    def walk(self) -> Iterator[HandlingUnit]:
        """This unit and all those in it, outermost first."""
        yield self
        for one in self.units:
            yield from one.walk()


class ShipNotice(TradingDocument):
    """What a truck brings: 856, DESADV. `number` is the notice's own (BSN02, BGM 1004)."""

    document: ClassVar[str] = "ship-notice"
    shipment: str = ""  # the shipment that it announces; the notice's number where empty
    purpose: Purpose = "original"
    shipped: Instant | None = None
    expected: Instant | None = None
    carrier: str = ""  # SCAC
    trailer: str = ""
    gross_weight: Decimal | None = None  # kg
    units: list[HandlingUnit] = Field(default_factory=list)
    items: list[PackedItem] = Field(default_factory=list)  # packed in nothing

    def walk(self) -> Iterator[HandlingUnit]:
        """Every handling unit, outermost first."""
        for one in self.units:
            yield from one.walk()

    def contents(self) -> Iterator[PackedItem]:
        """Everything that was packed, in the order of the tree."""
        yield from self.items
        for one in self.walk():
            yield from one.items

    def keys(self) -> dict[str, list[str]]:
        packed = list(self.contents())
        return distinct(
            asn=self.number, shipment=self.shipment or self.number, partner=self.partner,
            po=[one.po for one in packed], sscc=[one.sscc for one in self.walk()],
            item=[one.item for one in packed], lot=[one.lot for one in packed],
        )  # fmt: skip


class ReceivedLine(Part):
    """What came of one item: `quantity` was there, `accepted` of it is taken."""

    line: str = ""
    item: str
    supplier_item: str = ""
    quantity: Decimal
    accepted: Decimal | None = None
    announced: Decimal | None = None
    unit: str = "pcs"
    condition: Condition = "good"
    po: str = ""
    po_line: str = ""
    lot: str = ""
    sscc: str = ""
    cumulative: Decimal | None = None


class ReceivingAdvice(TradingDocument):
    """What arrived, and in which condition: 861, RECADV."""

    document: ClassVar[str] = "receiving-advice"
    asn: str = ""
    shipment: str = ""
    received: Instant | None = None
    lines: list[ReceivedLine] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            asn=self.asn, shipment=self.shipment, partner=self.partner,
            po=[one.po for one in self.lines], sscc=[one.sscc for one in self.lines],
            item=[one.item for one in self.lines],
        )  # fmt: skip


class TransportEvent(Part):
    """What a carrier says of a shipment."""

    status: str  # the carrier's code (X12 element 1650)
    reason: str = ""  # (element 1651)
    appointment: bool = False  # an appointment, not an event that happened
    at: Instant | None = None
    city: str = ""
    region: str = ""
    country: str = ""
    equipment: str = ""


class ShipmentStatus(TradingDocument):
    """Where a shipment is: 214. `number` is the carrier's pro number."""

    document: ClassVar[str] = "shipment-status"
    shipment: str = ""
    carrier: str = ""
    events: list[TransportEvent] = Field(default_factory=list)
    gross_weight: Decimal | None = None
    packages: int | None = None

    def keys(self) -> dict[str, list[str]]:
        return distinct(shipment=self.shipment or self.number, partner=self.partner)
