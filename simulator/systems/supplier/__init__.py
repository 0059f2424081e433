"""Suppliers: they answer orders, ship what was ordered or called off, and send invoices.

What a supplier ships is on a truck that comes to the plant, and its ship notice says what is on it,
label by label, unless somebody asks for something else.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel

from simulator.core.document import revive
from simulator.core.durations import Instant, Span
from simulator.core.errors import Refusal, conflict, invalid
from simulator.core.ports import Document, System, operation
from simulator.plant import Plant
from simulator.plant.quantities import ZERO
from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Forecast,
    InventoryLine,
    InventoryReport,
    PurchaseOrder,
    PurchaseOrderChange,
    ReceivingAdvice,
    ShipNotice,
    TradingDocument,
)
from simulator.systems._pages import Page, page_in_order
from simulator.systems.supplier import inputs as ask
from simulator.systems.supplier import views
from simulator.systems.supplier.packing import Packed, altered
from simulator.systems.supplier.settings import Settings
from simulator.systems.supplier.shipping import Shipping
from simulator.systems.supplier.state import Shipment, State


class Supplier(Shipping, System[Plant]):
    """Stands in for every supplier of the plant."""

    kind: ClassVar[str] = "supplier"
    summary: ClassVar[str] = "suppliers: answers to orders, trucks, ship notices, invoices"
    State: ClassVar[Any] = State
    Settings: ClassVar[type[BaseModel]] = Settings

    def on(self, document: Document) -> None:
        if not isinstance(document, TradingDocument) or document.sender != "plant":
            return
        if document.partner not in self.plant.model.suppliers:
            return
        if isinstance(document, PurchaseOrder):
            self._ordered(document)
        elif isinstance(document, PurchaseOrderChange):
            self._changed(document)
        elif isinstance(document, Forecast):
            self._foreseen(document)
        elif isinstance(document, CallOff):
            self._called_off(document)
        elif isinstance(document, ReceivingAdvice):
            self._heard_of(document, document.asn or document.shipment, "received")
        elif isinstance(document, ApplicationAdvice) and document.about == "ship-notice":
            reasons = ", ".join(one.reason for one in document.notes)
            said = f"{document.verdict}: {reasons}" if reasons else document.verdict
            self._heard_of(document, document.about_number, said)

    def _heard_of(self, document: TradingDocument, number: str, what: str) -> None:
        for one in reversed(self.state.shipments.values()):
            if one.supplier == document.partner and number in (one.id, *one.notices):
                one.answers.append(what)
                del one.answers[:-20]
                return
        self.stage.record(
            "supplier.unknown-shipment", system=self.kind, document=document.document,
            keys=document.keys(), error=f"{number} was never shipped",
        )  # fmt: skip

    # --- orders -------------------------------------------------------------------------------

    @operation
    def acknowledge(self, asked: ask.Acknowledge) -> views.ResponseView:
        """Answer an order (855) at once: accept, change, split, backorder or reject it."""
        said = self._answer(self._order(asked.po), asked.answer, asked.lines)
        return views.response_view(said)

    @operation
    def change(self, asked: ask.ChangeOrder) -> views.ResponseView:
        """Move dates or quantities of an order that was accepted before (855 again)."""
        return views.response_view(self._answer(self._order(asked.po), "changed", asked.lines))

    # --- goods --------------------------------------------------------------------------------

    @operation
    def ship(self, asked: ask.Ship) -> views.ShipmentView:
        """Pack, announce and send goods; what is announced may differ from what is loaded."""
        return views.shipment_view(self._ship(asked))

    @operation
    def cancel_ship_notice(self, asked: ask.CancelShipNotice) -> views.ShipmentView:
        """Take a ship notice back (BSN01 01); what it announced is open again."""
        one = self._shipment(asked.shipment)
        if one.cancelled or not one.notice:
            raise conflict(f"shipment {one.id} has no notice to cancel", "notice-not-open")
        notice = ShipNotice.model_validate_json(one.notice)
        for ticket in one.tickets:
            self.stage.cancel(ticket)
        one.tickets.clear()
        one.cancelled = True
        self._count(one, notice, -1)
        truck = self.plant.truck(one.truck) if asked.truck and one.truck is not None else None
        if truck is not None and truck.status == "on_the_way":
            self.plant.cancel_truck(truck.id)
        self._tell_again(one, notice, "cancel", one.told[-1] if one.told else notice.number)
        return views.shipment_view(one)

    @operation
    def replace_ship_notice(self, asked: ask.ReplaceShipNotice) -> views.ShipmentView:
        """Send a ship notice anew (BSN01 05): what is really on the truck, or as told."""
        one = self._shipment(asked.shipment)
        if one.cancelled or not one.notice:
            raise conflict(f"shipment {one.id} has no notice to replace", "notice-not-open")
        before = ShipNotice.model_validate_json(one.notice)
        after = ShipNotice.model_validate_json(one.loaded)
        if asked.announce is not None:
            wanted = {line.item: line.quantity for line in asked.announce}
            said = altered(Packed(before.units, before.items), wanted, self._spare)
            after = before.model_copy(update={"units": said.units, "items": said.items})
        self._count(one, before, -1)
        self._count(one, after)
        one.notice = after.text
        one.lines = [views.sent(line) for line in after.contents()]
        last = one.told[-1] if one.told else before.number
        self._tell_again(one, after, "replace", asked.number or last)
        return views.shipment_view(one)

    def _tell_again(self, one: Shipment, notice: ShipNotice, purpose: str, number: str) -> None:
        given = {"purpose": purpose, "number": number, "at": self.stage.now}
        if number not in one.notices:
            one.notices.append(number)
            if one.truck is not None:
                self.plant.announce_truck(one.truck, number)
        one.told.append(number)
        self.plant.tell(notice.model_copy(update=given))

    @operation
    def invoice(self, asked: ask.OneShipment) -> views.InvoiceView:
        """Send the invoice (810) for a shipment, once."""
        return views.invoice_view(self._invoice(self._shipment(asked.shipment)))

    @operation
    def report_inventory(self, asked: ask.ReportInventory) -> views.InventoryView:
        """Say what a supplier has on hand (846, INVRPT)."""
        supplier = self._supplier(asked.supplier)
        given: list[tuple[str, Decimal]]
        if asked.lines is not None:
            given = [(one.item, one.quantity) for one in asked.lines]
        else:
            chance = self._chance(supplier, "inventory")
            given = [
                (item.id, Decimal(chance.whole(0, 5_000)))
                for item in self.plant.items()
                if item.supplier == supplier
            ]
        lines = []
        for number, (item, quantity) in enumerate(given, 1):
            known = self.plant.model.items.get(item)
            if known is None:
                raise invalid(f"there is no item {item!r}")
            lines.append(
                InventoryLine(line=str(number), item=item, quantity=quantity, unit=known.unit)
            )
        report = InventoryReport(
            partner=supplier, sender="partner", number=self._next("inventory"), lines=lines,
            at=self.stage.now,
        )  # fmt: skip
        self.plant.tell(report)
        return views.inventory_view(report)

    # --- what there is ------------------------------------------------------------------------

    @operation(reads=True)
    def list_shipments(self, asked: ask.ListShipments) -> Page[views.ShipmentView]:
        """Shipments, oldest first, with what the plant said of them."""
        return page_in_order(
            list(self.state.shipments.values()), asked, lambda one: one.id, views.shipment_view,
            lambda one: asked.supplier in (None, one.supplier),
        )  # fmt: skip

    @operation(reads=True)
    def get_supplier(self, asked: ask.OneSupplier) -> views.SupplierView:
        """A supplier: its open orders, what was called off, and its cumulative quantities."""
        supplier = self._supplier(asked.supplier)
        return views.supplier_view(supplier, self.state, self._known(supplier))

    def _known(self, supplier: str) -> list[Any]:
        """Its orders, without taking any over: asking changes nothing."""
        mine = [one for one in self.state.orders.values() if one.supplier == supplier]
        names = {one.po for one in mine}
        others = [
            one
            for one in self.plant.state.purchase_orders.values()
            if one.partner == supplier and one.id not in names
        ]
        return [*others, *mine]

    # --- on the agenda ------------------------------------------------------------------------

    def due_answer(self, po: str) -> None:
        """An order's answer is due."""
        order = self.state.orders[po]
        order.ticket = None
        if not order.cancelled:
            self._answer(order, self._decide(order.supplier))

    def due_say(self, said: dict[str, Any]) -> None:
        """Something that was decided before is said."""
        document = revive(said["document"], said)
        assert isinstance(document, TradingDocument)
        self.plant.tell(document.model_copy(update={"at": self.stage.now}))

    def due_announce(self, shipment: str, number: str) -> None:
        """A ship notice is due."""
        found = self.state.shipments.get(shipment)
        if found is not None and not found.cancelled:
            self._announce(found, number)

    def due_invoice(self, shipment: str) -> None:
        """An invoice is due."""
        found = self.state.shipments.get(shipment)
        if found is not None and not found.invoice and not found.cancelled:
            self._invoice(found)

    def due_ship_planned(self, po: str, parts: list[list[str]], transit: Span) -> None:
        """What was promised of an order is shipped, as far as it is still open."""
        order = self.state.orders.get(po)
        if order is None or order.cancelled:
            return
        lines = []
        for number, quantity in parts:
            line = order.line(number)
            part = min(Decimal(quantity), line.open) if line is not None else ZERO
            if line is not None and part > 0:
                given = {"item": line.item, "quantity": part, "po": po, "po_line": line.line}
                lines.append(ask.ShipLine.model_validate(given))
        self._by_itself(order.supplier, po, lines, transit)

    def due_ship_called(self, supplier: str, schedule: str, start: Instant, transit: Span) -> None:
        """What was called off for a moment is shipped, as far as it is still open."""
        lines = [
            ask.ShipLine(item=one.item, quantity=one.open, po=one.po or None)
            for one in self.state.called.get(supplier, ())
            if one.schedule == schedule and one.start == start and one.open > 0
        ]
        self._by_itself(supplier, "schedule", lines, transit)

    def _by_itself(
        self, supplier: str, against: str, lines: list[ask.ShipLine], transit: Span
    ) -> None:
        if not lines:
            return
        given = {"supplier": supplier, "against": against, "lines": lines}
        asked = ask.Ship.model_validate(given).model_copy(update={"transit": transit})
        try:
            self._ship(asked)
        except Refusal as no:
            self.stage.record(
                "supplier.could-not-ship", system=self.kind, error=str(no),
                keys={"supplier": [supplier]},
            )  # fmt: skip
