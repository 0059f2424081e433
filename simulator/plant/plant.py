"""The plant: the one truth behind every system. (Signatures first; the rooms are being filled.)"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from simulator.core.agenda import Agenda
from simulator.core.chance import Chance
from simulator.core.durations import Instant, Span
from simulator.core.ports import Document
from simulator.plant.model import Bom, Item, PlantModel, Routing
from simulator.plant.state import (
    Count,
    InboundDelivery,
    Lot,
    MachineState,
    Movement,
    OrderState,
    Pick,
    ProductionOrder,
    Receipt,
    Shipment,
    State,
    StockLine,
    TradeOrder,
)


class Plant:
    """One simulated factory: master data, stock, orders, machines."""

    def __init__(self, model: PlantModel, chance: Chance, agenda: Agenda) -> None:
        self.model = model
        self.chance = chance
        self.agenda = agenda
        self.state = State()
        self.now: Instant = 0
        self.observers: list[Callable[[Document], None]] = []

    def open(self) -> None:
        raise NotImplementedError

    def save(self) -> dict[str, Any]:
        raise NotImplementedError

    def restore(self, saved: dict[str, Any]) -> None:
        raise NotImplementedError

    # production
    def create_order(
        self,
        item: str,
        quantity: Decimal,
        *,
        id: str | None = None,
        priority: int = 50,
        start: Instant | None = None,
        due: Instant | None = None,
        release: bool = False,
        external: str | None = None,
    ) -> ProductionOrder:
        raise NotImplementedError

    def release_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        raise NotImplementedError

    def change_order(
        self,
        id: str,
        *,
        quantity: Decimal | None = None,
        priority: int | None = None,
        due: Instant | None = None,
        expected_version: int | None = None,
    ) -> ProductionOrder:
        raise NotImplementedError

    def hold_order(
        self, id: str, reason: str = "", expected_version: int | None = None
    ) -> ProductionOrder:
        raise NotImplementedError

    def resume_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        raise NotImplementedError

    def cancel_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        raise NotImplementedError

    def order(self, id: str) -> ProductionOrder:
        raise NotImplementedError

    def orders(self, status: OrderState | None = None) -> list[ProductionOrder]:
        raise NotImplementedError

    def report_downtime(self, machine: str, span: Span, reason: str = "reported") -> MachineState:
        raise NotImplementedError

    def hold_quality(self, lot: str, reason: str) -> list[Lot]:
        raise NotImplementedError

    def release_quality(self, lot: str) -> list[Lot]:
        raise NotImplementedError

    # master data
    def bom(self, item: str) -> Bom:
        raise NotImplementedError

    def routing(self, item: str) -> Routing:
        raise NotImplementedError

    def items(self) -> list[Item]:
        raise NotImplementedError

    def machines(self) -> list[MachineState]:
        raise NotImplementedError

    # warehouse
    def announce(self, delivery: InboundDelivery) -> InboundDelivery:
        raise NotImplementedError

    def delivery(self, id: str) -> InboundDelivery:
        raise NotImplementedError

    def deliveries(self, status: str | None = None) -> list[InboundDelivery]:
        raise NotImplementedError

    def cancel_delivery(self, id: str) -> InboundDelivery:
        raise NotImplementedError

    def close_delivery(self, id: str) -> InboundDelivery:
        raise NotImplementedError

    def receive(
        self,
        *,
        item: str,
        quantity: Decimal,
        lot: str | None = None,
        bin: str | None = None,
        delivery: str | None = None,
        delivery_line: int | None = None,
        handling_unit: str | None = None,
        reference: str | None = None,
        reference_type: str | None = None,
        serial: str | None = None,
        damaged: bool = False,
        id: str | None = None,
    ) -> Receipt:
        raise NotImplementedError

    def put_away(
        self,
        *,
        to_bin: str,
        item: str | None = None,
        quantity: Decimal | None = None,
        from_bin: str | None = None,
        lot: str | None = None,
        handling_unit: str | None = None,
    ) -> list[Movement]:
        raise NotImplementedError

    def pick(
        self,
        *,
        item: str,
        quantity: Decimal,
        sales_order: str | None = None,
        reference: str | None = None,
        bin: str | None = None,
        lot: str | None = None,
        id: str | None = None,
    ) -> Pick:
        raise NotImplementedError

    def ship(
        self,
        sales_order: str,
        lines: list[tuple[int, Decimal]] | None = None,
        id: str | None = None,
    ) -> Shipment:
        raise NotImplementedError

    def adjust(
        self, item: str, quantity: Decimal, bin: str, lot: str | None = None, reason: str = ""
    ) -> list[Movement]:
        raise NotImplementedError

    def count(self, bin: str, item: str, lot: str | None, counted: Decimal) -> Count:
        raise NotImplementedError

    def stock(
        self,
        item: str | None = None,
        lot: str | None = None,
        bin: str | None = None,
        handling_unit: str | None = None,
    ) -> list[StockLine]:
        raise NotImplementedError

    def receipts(self) -> list[Receipt]:
        raise NotImplementedError

    def movements(self) -> list[Movement]:
        raise NotImplementedError

    def total_stock(self) -> dict[str, Decimal]:
        raise NotImplementedError

    def purchase_orders(self) -> list[TradeOrder]:
        raise NotImplementedError

    def sales_orders(self) -> list[TradeOrder]:
        raise NotImplementedError
