"""Customers: they order, foresee and call off, and say what they think of what they get.

What a customer orders or calls off is a sales order of the plant; what the plant lets go arrives
after its transit, and is compared with what was announced.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel

from simulator.core.ports import Document, System, operation
from simulator.plant import Plant
from simulator.plant.documents import ShipmentConfirmation
from simulator.plant.trading import (
    ApplicationAdvice,
    Invoice,
    PurchaseOrderResponse,
    ShipNotice,
    TradingDocument,
)
from simulator.systems._pages import Page, page_in_order
from simulator.systems.customer import inputs as ask
from simulator.systems.customer import views
from simulator.systems.customer.billing import Billing
from simulator.systems.customer.settings import Settings
from simulator.systems.customer.state import Order, State

ABOUT = ("purchase-order", "purchase-order-change", "forecast", "call-off")


class Customer(Billing, System[Plant]):
    """Stands in for every customer of the plant."""

    kind: ClassVar[str] = "customer"
    summary: ClassVar[str] = "customers: orders, forecasts, call-offs, and receipts of goods"
    State: ClassVar[Any] = State
    Settings: ClassVar[type[BaseModel]] = Settings

    def on(self, document: Document) -> None:
        if isinstance(document, ShipmentConfirmation):
            self._left(document)
            return
        if not isinstance(document, TradingDocument) or document.sender != "plant":
            return
        if document.partner not in self.plant.model.customers:
            return
        if isinstance(document, PurchaseOrderResponse):
            self._answered(document)
        elif isinstance(document, ShipNotice):
            self._noticed(document)
        elif isinstance(document, Invoice):
            self._invoiced(document)
        elif isinstance(document, ApplicationAdvice) and document.about in ABOUT:
            self._advised(document)

    # --- what they send -------------------------------------------------------------------------

    @operation
    def order(self, asked: ask.PlaceOrder) -> views.OrderView:
        """Order goods (850, ORDERS); the plant has a sales order of the same number."""
        return views.order_view(self._place(asked))

    @operation
    def change_order(self, asked: ask.ChangeOrder) -> views.OrderView:
        """Change lines of an order, or cancel it (860, ORDCHG)."""
        return views.order_view(self._alter(asked))

    @operation
    def forecast(self, asked: ask.GiveForecast) -> views.ForecastView:
        """Say what will probably be wanted (830, DELFOR), with cumulative quantities."""
        return views.forecast_view(self._foresee(asked))

    @operation
    def call_off(self, asked: ask.CallOffGoods) -> views.OrderView:
        """Call goods off (862, DELJIT), whether or not the forecast has them."""
        return views.order_view(self._call(asked))

    @operation
    def receive(self, asked: ask.Receive) -> views.ReceiptView:
        """Book a ship notice as received (861, RECADV), as announced or not."""
        return views.receipt_view(self._by_hand(asked))

    # --- what there is --------------------------------------------------------------------------

    @operation(reads=True)
    def list_orders(self, asked: ask.ListOrders) -> Page[views.OrderView]:
        """Orders and call-offs, oldest first, with what the plant said of them."""
        return page_in_order(
            self._known(), asked, lambda one: one.po, views.order_view,
            lambda one: asked.customer in (None, one.customer),
        )  # fmt: skip

    @operation(reads=True)
    def list_notices(self, asked: ask.ListNotices) -> Page[views.NoticeView]:
        """Ship notices of the plant's, oldest first, with what was made of them."""
        return page_in_order(
            list(self.state.notices.values()), asked, lambda one: one.number, views.notice_view,
            lambda one: asked.customer in (None, one.customer),
        )  # fmt: skip

    @operation(reads=True)
    def get_customer(self, asked: ask.OneCustomer) -> views.CustomerView:
        """A customer: its orders, its cumulative quantities, and the trucks on their way to it."""
        customer = self._customer(asked.customer)
        mine = [one for one in self._known() if one.customer == customer]
        head = f"{customer}/"
        known = (*self.state.counts, *self.state.foreseen)
        named = [one.removeprefix(head) for one in known if one.startswith(head)]
        items = dict.fromkeys([*self.behaviour(customer).counts, *named])
        counts = {item: self._counted(customer, item) for item in items}
        return views.customer_view(customer, self.state, counts, mine)

    def _known(self) -> list[Order]:
        """Every order, without taking any over: asking changes nothing."""
        others = [
            self._as_customer_has(one)
            for one in self.plant.state.sales_orders.values()
            if one.id not in self.state.orders
        ]
        return [*others, *self.state.orders.values()]

    # --- on the agenda --------------------------------------------------------------------------

    def due_unanswered(self, po: str) -> None:
        """Nobody answered an order in time."""
        order = self.state.orders[po]
        order.ticket = None
        self.stage.record(
            "customer.unanswered", system=self.kind, document="purchase-order",
            keys={"po": [po], "customer": [order.customer], "partner": [order.customer]},
        )  # fmt: skip

    def due_arrived(self, shipment: str) -> None:
        """A truck of the plant's is there."""
        self._arrived(self.state.arrivals[shipment])
