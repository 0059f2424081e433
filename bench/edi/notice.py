"""The ship notice that every measurement is about: 4 pallets of 10 cartons, each with its label."""

from __future__ import annotations

from decimal import Decimal

from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    Enclosed,
    HandlingUnit,
    Interchange,
    PackedItem,
    PartnerProfile,
    ShipNotice,
    Standard,
)
from simulator.plant.trading.parts import Sender

CARTONS = 40
AT = 1_760_000_000_000_000  # an Instant, in October 2025


def profile(standard: Standard) -> PartnerProfile:
    """A supplier of bearings."""
    version, qualifier = ("004010", "ZZ") if standard == "x12" else ("D96A", "ZZZ")
    ids = {"partner": {"id": "BEARCO", "qualifier": qualifier},
           "plant": {"id": "GEARBOX", "qualifier": qualifier}}  # fmt: skip
    return PartnerProfile.model_validate(
        {"partner": "BEARCO", "standard": standard, "version": version, "identifiers": ids}
    )


def interchange() -> Interchange:
    """The notice in its interchange, from the supplier to the plant."""
    sender: Sender = "partner"
    cartons = [
        HandlingUnit(
            package="carton",
            sscc=sscc(100 + n),
            items=[
                PackedItem(
                    item="BRG-6204", po="4500001", po_line="10", lot=f"L-{n:03}", unit="pcs",
                    quantity=Decimal(100), ordered=Decimal(4000), cumulative=Decimal(100 * n + 100),
                )
            ],
        )
        for n in range(CARTONS)
    ]  # fmt: skip
    pallets = [HandlingUnit(sscc=sscc(n), units=cartons[n * 10 : n * 10 + 10]) for n in range(4)]
    said = ShipNotice(
        partner="BEARCO", sender=sender, at=AT, number="A-1", shipment="S-1", shipped=AT,
        expected=AT + 5 * 3_600_000_000, units=pallets,
    )  # fmt: skip
    contents = [Enclosed(said=said, control="0001", group="12")]
    return Interchange(
        partner="BEARCO", sender=sender, control="000000012", at=AT, contents=contents
    )
