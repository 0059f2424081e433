"""How suppliers behave: what the plant file may set. All spans are plant time."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from simulator.core.fields import Id, Quantity
from simulator.core.ports import Strict
from simulator.plant.distributions import Times, fixed
from simulator.plant.model import Share
from simulator.systems._partners import Profiles

Levels = Literal["pallets", "cartons", "loose"]
Asn = Literal["before", "with", "after", "never", "twice"]
"""When a ship notice is sent: before the truck leaves, as it leaves, after it arrived, never, or
twice under two numbers."""


class Packing(Strict):
    """How goods are packed: pallets of cartons, cartons, or loose."""

    levels: Levels | None = Field(
        None, description="else as the partner's profile has it (ship_notice), else pallets"
    )
    per_carton: Quantity = Field(Decimal(100), description="in the item's unit")
    cartons_per_pallet: int = Field(12, ge=1, le=1_000)


class Behaviour(Strict):
    """How one supplier behaves."""

    answer: Times = Field(
        default_factory=lambda: fixed("20m"), description="until it answers an order (855)"
    )
    rejects: float = Field(0, ge=0, le=1, description="how often it rejects an order")
    backorders: float = Field(0, ge=0, le=1, description="… cannot deliver in time")
    splits: float = Field(0, ge=0, le=1, description="… delivers in two parts")
    changes: float = Field(0, ge=0, le=1, description="… moves the date")
    later: Times = Field(
        default_factory=lambda: fixed("2d"), description="how much later what it moves will come"
    )
    automatic: bool = Field(
        True, description="ships by itself what was ordered or called off by document"
    )
    lead_time: float = Field(
        1.0, ge=0, le=100, description="times the lead time that the plant file gives the supplier"
    )
    transit: Times = Field(default_factory=lambda: fixed("4h"), description="of its trucks")
    asn: Asn = "with"
    asn_delay: Times = Field(
        default_factory=lambda: fixed("30m"),
        description="between the notice and the truck, or the first notice and the second",
    )
    carrier: Id = Field("SCHE", description="its carrier's SCAC")
    invoice: Times | None = Field(None, description="from shipping to the invoice; null: never")
    tax: Share = Field(0.0, description="on top of an invoice's lines")
    packing: Packing = Packing()


class Settings(Strict):
    """Profiles give SSCC prefixes and packing; what one supplier does differently stands below."""

    partners: Profiles = Field(
        default_factory=list, description="profiles by the names of their files in partners/"
    )
    default: Behaviour = Behaviour()
    suppliers: dict[str, Behaviour] = Field(
        default_factory=dict, description="by supplier; what is left out is as Behaviour has it"
    )
    shipments: int = Field(
        5_000, ge=10, le=1_000_000, description="how many shipments are kept; then the oldest goes"
    )
