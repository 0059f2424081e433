"""Selling: customers' orders, forecasts and call-offs in, goods and ship notices out.

What a customer counts (called off, received) is held against the bridge's own count. A document
that does not fit is refused; the methods return what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from examples.bridge.flow import Flow
from examples.bridge.store import Store, number
from examples.bridge.trading.wire import now
from simulator.core.gs1 import sscc
from simulator.plant.trading import (
    AdviceNote,
    CallOff,
    Forecast,
    HandlingUnit,
    OrderLine,
    PackedItem,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    ReceivingAdvice,
    ResponseLine,
    ScheduleLine,
    ShipNotice,
)

Say = Callable[..., None]
NONE = Decimal(0)
OWN_PREFIX = "4012345"  # our GS1 company prefix, for the labels of our pallets


class NotSold(ValueError):
    """Nobody ordered this; the text says what."""


class Sales:
    """Customers' orders and schedules, and the goods that leave for them."""

    def __init__(self, store: Store, flow: Flow, say: Say) -> None:
        self._store = store
        self._say = say
        flow.settled["trade-shipment"] = self._left

    # --- what customers send ---------------------------------------------------------------------

    def ordered(self, order: PurchaseOrder) -> list[AdviceNote]:
        """A customer's order: taken and confirmed."""
        if self._sold(order.number) is not None:
            return [AdviceNote(reason="duplicate-order", value=order.number)]
        if notes := self._unknown(order.lines):
            return notes
        self._keep(order, "order")
        self._say(_response(order))
        return []

    def changed(self, change: PurchaseOrderChange) -> list[AdviceNote]:
        """A change of an order: what is left of it is what counts."""
        known = self._sold(change.number)
        if known is None or known["customer"] != change.partner:
            return [AdviceNote(reason="unknown-order", value=change.number)]
        if notes := self._unknown([one for one in change.lines if one.change != "delete"]):
            return notes
        status = "cancelled" if change.cancels else "changed"
        self._store.run("UPDATE sold SET status = ? WHERE number = ?", status, change.number)
        self._say(_response(change))
        return []

    def foreseen(self, forecast: Forecast) -> list[AdviceNote]:
        """A forecast stands in the place of the one before; its count is taken over at first."""
        notes = self._unknown(forecast.lines) + self._gaps(forecast)
        if notes:
            return notes
        for line in forecast.lines:
            total = sum((one.quantity for one in line.demands), NONE)
            self._store.run(
                "INSERT OR REPLACE INTO foreseen (customer, item, schedule, quantity, called)"
                " VALUES (?, ?, ?, ?, 0)",
                forecast.partner, line.item, forecast.number, str(total),
            )  # fmt: skip
            self._take_count(forecast.partner, line)
        return []

    def called_off(self, call: CallOff) -> list[AdviceNote]:
        """A call-off: covered by the forecast, and counting from where we count from."""
        if self._sold(call.number) is not None:
            return [AdviceNote(reason="duplicate-order", value=call.number)]
        notes = self._unknown(call.lines) + self._gaps(call) + self._uncovered(call)
        if notes:
            return notes
        for line in call.lines:
            total = sum((one.quantity for one in line.demands), NONE)
            self._store.run(
                "UPDATE foreseen SET called = called + ? WHERE customer = ? AND item = ?",
                number(total), call.partner, line.item,
            )  # fmt: skip
            self._take_count(call.partner, line)
        self._keep(call, "call-off")
        return []

    def arrived(self, advice: ReceivingAdvice) -> None:
        """A customer says what came of a shipment of ours."""
        self._store.run(
            "UPDATE sent SET status = ? WHERE customer = ? AND asn = ?",
            "received" if all(one.condition == "good" for one in advice.lines) else "differs",
            advice.partner, advice.asn,
        )  # fmt: skip
        for line in advice.lines:
            if line.cumulative is not None:
                self._count("received", advice.partner, line.item, line.cumulative)

    # --- is it right? ----------------------------------------------------------------------------

    def _unknown(self, lines: list[OrderLine] | list[ScheduleLine]) -> list[AdviceNote]:
        """Items that the warehouse has never heard of, once it has been asked."""
        if self._store.fact("stock-loaded") is None:
            return []
        return [
            AdviceNote(reason="unknown-item", line=one.line, item=one.item, value=one.item)
            for one in lines
            if self._store.row("SELECT item FROM stock WHERE item = ?", one.item) is None
        ]

    def _gaps(self, schedule: Forecast | CallOff) -> list[AdviceNote]:
        """A customer cannot have received more than we sent, nor less than it had already."""
        notes = []
        for line in schedule.lines:
            received = self._counted("received", schedule.partner, line.item)
            shipped = self._counted("shipped", schedule.partner, line.item)
            if line.received is None or received is None or shipped is None:
                continue
            if not received <= line.received <= shipped:
                text = f"received so far: {received} to {shipped}, not {line.received}"
                notes.append(
                    AdviceNote(
                        reason="cumulative-gap", line=line.line, item=line.item,
                        value=str(line.received), text=text,
                    )
                )  # fmt: skip
        return notes

    def _uncovered(self, call: CallOff) -> list[AdviceNote]:
        notes = []
        for line in call.lines:
            total = sum((one.quantity for one in line.demands), NONE)
            row = self._store.row(
                "SELECT schedule, quantity, called FROM foreseen WHERE customer = ? AND item = ?",
                call.partner, line.item,
            )  # fmt: skip
            if row is None:
                continue  # a customer that never forecasts calls off what it likes
            left = Decimal(str(row["quantity"])) - Decimal(str(row["called"]))
            known = call.forecast in ("", row["schedule"])
            if total > left or not known:
                text = f"forecast {row['schedule']} has {left} left"
                given = {"line": line.line, "item": line.item, "value": str(total)}
                notes.append(AdviceNote(reason="contradicts-forecast", text=text, **given))
        return notes

    # --- what we count ---------------------------------------------------------------------------

    def _counted(self, what: str, customer: str, item: str) -> Decimal | None:
        fact = self._store.fact(f"{what}/{customer}/{item}")
        return None if fact is None else Decimal(fact)

    def _count(self, what: str, customer: str, item: str, value: Decimal) -> None:
        self._store.set_fact(f"{what}/{customer}/{item}", str(value))

    def _take_count(self, customer: str, line: ScheduleLine) -> None:
        """A customer's count is ours from now on; its first one begins ours."""
        if line.received is None:
            return
        self._count("received", customer, line.item, line.received)
        if self._counted("shipped", customer, line.item) is None:
            self._count("shipped", customer, line.item, line.received)

    def _sold(self, name: str) -> Any:
        return self._store.row("SELECT * FROM sold WHERE number = ?", name)

    def _keep(self, document: PurchaseOrder | CallOff, kind: str) -> None:
        self._store.run(
            "INSERT INTO sold (number, customer, kind, status, document)"
            " VALUES (?, ?, ?, 'open', ?)",
            document.number, document.partner, kind, document.text,
        )  # fmt: skip

    # --- what leaves -----------------------------------------------------------------------------

    def ship(self, order: str, lines: Sequence[Mapping[str, Any]] | None) -> bool:
        """Let goods leave for an order; False where that was asked for before.

        Raises NotSold.
        """
        known = self._sold(order)
        if known is None or known["status"] == "cancelled":
            raise NotSold(f"there is no open order {order!r}")
        body: dict[str, Any] = {"sales_order": order}
        if lines:
            body["lines"] = [dict(one) for one in lines]
        name = f"{order}/{json.dumps(lines)}" if lines else order
        return self._store.send(
            "wms", "trade-shipment", order, "/shipments", body,
            f"shipment/{quote(name, safe='')}",
        )  # fmt: skip

    def _left(self, order: str, answer: Any) -> None:
        """The WMS let goods leave: the customer is told what is on the truck."""
        known = self._sold(order)
        if known is None or not isinstance(answer, dict):
            return
        customer, shipment = str(known["customer"]), str(answer["id"])
        units = []
        for place, line in enumerate(answer["lines"], 1):
            quantity = Decimal(str(line["quantity"]))
            item = str(line["item"])
            shipped = self._counted("shipped", customer, item)
            if shipped is not None:
                self._count("shipped", customer, item, shipped + quantity)
            packed = PackedItem(
                line=str(place), item=item, quantity=quantity, po=order, po_line=str(line["line"]),
                lot=line.get("lot") or "",
                cumulative=None if shipped is None else shipped + quantity,
            )  # fmt: skip
            units.append(HandlingUnit(sscc=self._label(), items=[packed]))
        notice = ShipNotice(
            partner=customer, sender="plant", number=f"N{shipment}", at=now(), shipment=shipment,
            shipped=now(), units=units,
        )  # fmt: skip
        self._store.run(
            "INSERT OR REPLACE INTO sent (customer, asn, number, status) VALUES (?, ?, ?, 'sent')",
            customer, notice.number, order,
        )  # fmt: skip
        self._say(notice)

    def _label(self) -> str:
        serial = int(self._store.fact("label") or "0") + 1
        self._store.set_fact("label", str(serial))
        return sscc(serial, OWN_PREFIX, 3)


def _response(order: PurchaseOrder | PurchaseOrderChange) -> PurchaseOrderResponse:
    change = isinstance(order, PurchaseOrderChange)
    lines = [
        ResponseLine(
            line=one.line, item=one.item, quantity=one.quantity, unit=one.unit, price=one.price,
            due=one.due, answer="deleted" if one.change == "delete" else "accepted",
        )
        for one in order.lines
    ]  # fmt: skip
    return PurchaseOrderResponse(
        partner=order.partner, sender="plant", number=f"AB{order.number}", at=now(),
        po=order.number, of_change=change, currency=order.currency, lines=lines,
        change_number=order.change_number if isinstance(order, PurchaseOrderChange) else "",
    )  # fmt: skip
