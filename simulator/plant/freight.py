"""What is on the road to the plant: trucks and what is really on them, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simulator.core.durations import Instant
from simulator.plant.quantities import ZERO, Quantity

TruckStatus = Literal["on_the_way", "arrived", "unloaded", "closed", "cancelled"]
"""Unloaded: everything on it was received. Closed: what is left of it never comes."""


@dataclass
class Load:
    """So much of one item and lot under one label.

    `within` names the SSCCs of the units in which it stands, outermost first; its own is `sscc`.
    """

    item: str
    quantity: Quantity
    unit: str
    lot: str | None = None
    sscc: str | None = None
    within: list[str] = field(default_factory=list)
    package: str = ""  # pallet, carton …; empty where it is packed in nothing
    po: str | None = None
    po_line: str | None = None
    received: Quantity = ZERO

    @property
    def left(self) -> Quantity:
        """What nobody received yet."""
        return self.quantity - self.received


@dataclass
class Truck:
    """A truck of a supplier, and what it really brings, whatever was announced."""

    id: str
    supplier: str
    shipment: str
    loads: list[Load]
    departs: Instant
    expected: Instant
    carrier: str = ""
    trailer: str = ""
    dock: str = ""
    notices: list[str] = field(default_factory=list)  # the ship notices that announce it
    status: TruckStatus = "on_the_way"
    arrived: Instant | None = None
    ticket: int | None = None  # of its arrival, on the agenda
    version: int = 1

    def labels(self) -> list[str]:
        """Every SSCC on it, once, outermost first."""
        found = [name for load in self.loads for name in (*load.within, load.sscc) if name]
        return list(dict.fromkeys(found))
