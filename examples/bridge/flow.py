"""What leads to what: the integration's own logic. No sockets; every effect is a row.

The public methods but `wake` and `run` are called inside a transaction.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from examples.bridge.sap import ProductionOrder
from examples.bridge.store import Errand, Store, number

log = logging.getLogger("bridge")


class NotUnderstood(ValueError):
    """An event that lacks what it needs; it is kept in the inbox as failed."""


class Flow:
    """Orders, confirmations, deliveries and stock: from inbox to outbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = asyncio.Event()
        self.couriers: list[Callable[[], None]] = []
        self.others: dict[str, Callable[[Mapping[str, Any]], None]] = {}  # by source of the event
        self.settled: dict[str, Callable[[str, Any], None]] = {}  # by kind of errand

    def wake(self) -> None:
        """Something was put into the inbox or the outbox."""
        self._wake.set()
        for courier in self.couriers:
            courier()

    async def run(self) -> None:
        """Work through the inbox, for ever."""
        while True:
            self._wake.clear()
            waiting = self._store.waiting_in()
            for row in waiting:
                self._digest(row["id"], row["source"], json.loads(row["body"]))
                await asyncio.sleep(0)  # let requests in
            if waiting:
                self.wake()
            else:
                await self._wake.wait()

    def _digest(self, name: int, source: str, event: dict[str, Any]) -> None:
        """One event: all of its effects, and that it had them, in one transaction."""
        state, error = "done", None
        try:
            with self._store.transaction():
                if source in self.others:
                    self.others[source](event)
                elif source == "mes":
                    self._heard_from_mes(event)
                else:
                    self._heard_from_wms(event)
                self._store.run("UPDATE inbox SET state = 'done' WHERE id = ?", name)
        except (ArithmeticError, LookupError, TypeError, ValueError) as refused:
            state, error = "failed", f"{type(refused).__name__}: {refused}"
            log.warning("event %d from %s: %s", name, source, error)
            with self._store.transaction():
                self._store.run(
                    "UPDATE inbox SET state = ?, error = ? WHERE id = ?", state, error, name
                )

    # --- from the ERP --------------------------------------------------------------------------

    def order(self, order: ProductionOrder, document: Mapping[str, Any]) -> bool:
        """Keep a production order and have the MES release it. False if it is known already."""
        known = self._store.row("SELECT id FROM orders WHERE id = ?", order.id)
        if known is not None and self._store.dedupe:
            return False
        status = "closed" if order.closed else "accepted"
        self._store.run(
            "INSERT OR REPLACE INTO orders (id, item, quantity, status, document)"
            " VALUES (?, ?, ?, ?, ?)",
            order.id, order.item, str(order.quantity), status, json.dumps(document),
        )  # fmt: skip
        if order.closed:
            return True
        body: dict[str, Any] = {
            "ID": order.id,
            "WorkMasterID": order.item,
            "Quantity": {"Value": number(order.quantity)},
            "Command": "StoreAndStart",
            "ExternalReference": order.id,
        }
        if order.unit:
            body["Quantity"]["UnitOfMeasure"] = order.unit
        if order.start:
            body["StartTime"] = order.start.isoformat()
        if order.end:
            body["EndTime"] = order.end.isoformat()
        if order.text:
            body["Description"] = order.text
        key = _key("job-order", order.id)
        return self._store.send("mes", "job-order", order.id, "/job-orders", body, key)

    def asn(self, asn: Mapping[str, Any]) -> bool:
        """Keep a ship notice and announce it to the WMS. False if it is known already."""
        name = str(asn["asn"])
        known = self._store.row("SELECT asn FROM asns WHERE asn = ?", name)
        if known is not None and self._store.dedupe:
            return False
        self._store.run(
            "INSERT OR REPLACE INTO asns (asn, status, document) VALUES (?, 'accepted', ?)",
            name, json.dumps(asn),
        )  # fmt: skip
        lines = [
            {
                "line": line["line"],
                "item": line["item"],
                "quantity": number(line["quantity"]),
                "lot": line.get("lot"),
                "handling_unit": line.get("sscc"),
            }
            for line in asn["lines"]
        ]
        body = {"id": name, "asn": name, "supplier": asn["supplier"], "po": asn.get("po"),
                "lines": [_without_nones(line) for line in lines]}  # fmt: skip
        return self._store.send(
            "wms", "delivery", name, "/inbound-deliveries", _without_nones(body),
            _key("delivery", name),
        )  # fmt: skip

    # --- from the outbox -----------------------------------------------------------------------

    def delivered(self, errand: Errand, answer: Any) -> None:
        """A peer took a message: what follows from that."""
        if errand.kind in self.settled:
            self.settled[errand.kind](errand.subject, answer)
        elif errand.kind == "job-order":
            self._store.run(
                "UPDATE orders SET status = 'released', detail = NULL"
                " WHERE id = ? AND status = 'accepted'",
                errand.subject,
            )
        elif errand.kind == "delivery":
            delivery = answer.get("id") if isinstance(answer, dict) else None
            self._receive_lines(errand.subject, str(delivery or errand.subject))
        elif errand.kind == "asn-receipt":
            self._store.run(
                "UPDATE asns SET status = 'received' WHERE asn = ? AND NOT EXISTS"
                " (SELECT 1 FROM outbox WHERE kind = 'asn-receipt' AND subject = asns.asn"
                " AND state <> 'done')",
                errand.subject,
            )
        elif errand.kind == "lot-receipt":
            self._store.run("UPDATE orders SET status = 'received' WHERE id = ?", errand.subject)

    def refused(self, errand: Errand, reason: str) -> None:
        """A peer will not take a message, now or later: a person has to look."""
        if errand.kind.startswith("trade-") or errand.peer.startswith("edi:"):
            self._store.run("UPDATE notices SET status = 'stuck' WHERE asn = ?", errand.subject)
            return
        table, name = ("orders", "id") if errand.kind in _OF_ORDERS else ("asns", "asn")
        self._store.run(f"UPDATE {table} SET status = 'refused' WHERE {name} = ?", errand.subject)
        if table == "orders":
            self._store.run("UPDATE orders SET detail = ? WHERE id = ?", reason, errand.subject)

    def _receive_lines(self, asn: str, delivery: str) -> None:
        """The goods are at the dock: a receipt for every line of the ship notice."""
        row = self._store.row("SELECT document FROM asns WHERE asn = ?", asn)
        if row is None:
            return
        self._store.run(
            "UPDATE asns SET status = 'announced', delivery = ? WHERE asn = ?", delivery, asn
        )
        for line in json.loads(row["document"])["lines"]:
            body = {
                "delivery": delivery,
                "line": line["line"],
                "item": line["item"],
                "quantity": number(line["quantity"]),
                "lot": line.get("lot"),
                "handling_unit": line.get("sscc"),
                "reference": {"type": "asn", "id": asn},
            }
            key = _key("receipt", "asn", asn, str(line["line"]))
            self._store.send("wms", "asn-receipt", asn, "/receipts", _without_nones(body), key)

    # --- from the MES --------------------------------------------------------------------------

    def _heard_from_mes(self, event: Mapping[str, Any]) -> None:
        if event.get("Noun") != "JobResponse":
            return
        data = event["DataArea"]
        order = data.get("JobOrderID")
        if not order:
            raise NotUnderstood("a JobResponse without a JobOrderID")
        if data.get("OperationNo") is not None:
            self._book(str(order), data)
        elif is_completion(data):
            self._complete(str(order), data)

    def _book(self, order: str, data: Mapping[str, Any]) -> None:
        self._store.run(
            "INSERT INTO confirmations (confirmation, order_id, item, operation, yield, scrap,"
            " rework, final, lot, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            data.get("ID"), order, data.get("WorkMasterID"), str(data["OperationNo"]).zfill(4),
            *(str(Decimal(str(data.get(name) or 0))) for name in ("Yield", "Scrap", "Rework")),
            bool(data.get("Final")), data.get("MaterialLotID"), data.get("EndTime"),
        )  # fmt: skip
        self._store.run(
            "UPDATE orders SET status = 'running' WHERE id = ? AND status IN"
            " ('accepted', 'released')",
            order,
        )

    def _complete(self, order: str, data: Mapping[str, Any]) -> None:
        """The order is done: put what it made into the warehouse, once."""
        good, lot = Decimal(str(data["Yield"])), data.get("MaterialLotID")
        self._store.run(
            "UPDATE orders SET status = 'completed', good = ?, scrap = ?, lot = ? WHERE id = ?"
            " AND status <> 'received'",
            str(good), str(Decimal(str(data.get("Scrap") or 0))), lot, order,
        )  # fmt: skip
        good -= self._in_stock_already(order, lot)
        if good <= 0:
            self._store.run("UPDATE orders SET status = 'received' WHERE id = ?", order)
            return
        item = data.get("WorkMasterID")
        if not item:
            known = self._store.row("SELECT item FROM orders WHERE id = ?", order)
            if known is None:
                raise NotUnderstood(f"the completion of {order} does not say of what")
            item = known["item"]
        body = {
            "item": item,
            "quantity": number(good),
            "lot": lot,
            "reference": {"type": "production-order", "id": order},
        }
        key = _key("receipt", "production-order", order, lot or "")
        self._store.send("wms", "lot-receipt", order, "/receipts", _without_nones(body), key)

    def _in_stock_already(self, order: str, lot: str | None) -> Decimal:
        """What the WMS received of an order without being asked to, as it does for some items."""
        if not self._store.dedupe:
            return Decimal(0)
        rows = self._store.rows(
            "SELECT quantity FROM received WHERE reference = ? AND lot IS ?", order, lot
        )
        return sum((Decimal(row["quantity"]) for row in rows), Decimal(0))

    # --- from the WMS --------------------------------------------------------------------------

    def _heard_from_wms(self, event: Mapping[str, Any]) -> None:
        data = event.get("data")
        kind = str(event.get("type", "")).rpartition(".")[2]
        if kind == "truck-arrival" and "dock" in self.others and isinstance(data, dict):
            self.others["dock"](data)
        if kind not in ("stock-change", "goods-receipt"):
            return
        if not isinstance(data, dict) or "item" not in data or "quantity" not in data:
            raise NotUnderstood(f"a {kind} without an item and a quantity")
        if kind == "stock-change":
            self._count(str(event["id"]), data)
        elif data.get("reference"):
            self._store.run(
                "INSERT INTO received (reference, lot, quantity) VALUES (?, ?, ?)",
                data["reference"], data.get("lot"), str(Decimal(str(data["quantity"]))),
            )  # fmt: skip

    def _count(self, event: str, data: Mapping[str, Any]) -> None:
        """Keep the ledger; a movement that it covers already is not counted again."""
        change = _effect(data)
        if self._store.dedupe and not self._store.run(
            "INSERT OR IGNORE INTO movements (id, item, change, covered) VALUES (?, ?, ?, 0)",
            movement_id(data) or event, data["item"], str(change),
        ):  # fmt: skip
            return
        row = self._store.row("SELECT quantity FROM stock WHERE item = ?", data["item"])
        now = Decimal(row["quantity"]) + change if row is not None else change
        self._store.run(
            "INSERT OR REPLACE INTO stock (item, quantity) VALUES (?, ?)", data["item"], str(now)
        )


_OF_ORDERS = ("job-order", "lot-receipt")


def is_completion(data: Mapping[str, Any]) -> bool:
    """Does a JobResponse say that the whole order is done, rather than one operation?"""
    completed = data.get("JobState") == "Completed"
    return completed and data.get("OperationNo") is None and data.get("Yield") is not None


def business_id(event: Mapping[str, Any]) -> str | None:
    """What a JobResponse is about, whatever the number of the delivery that brought it."""
    data = event.get("DataArea")
    if event.get("Noun") != "JobResponse" or not isinstance(data, dict):
        return None
    if is_completion(data):
        return f"completion/{data.get('JobOrderID')}/{data.get('MaterialLotID')}"
    return f"confirmation/{data['ID']}" if data.get("ID") else None


def movement_id(data: Mapping[str, Any]) -> str | None:
    """The WMS's own number of a stock movement."""
    name = data.get("movement") or data.get("id")
    return str(name) if name else None


def _effect(data: Mapping[str, Any]) -> Decimal:
    """What a movement does to the stock of its item: in, out, or only from bin to bin."""
    if data.get("change") is not None:
        return Decimal(str(data["change"]))
    quantity = Decimal(str(data["quantity"]))
    source, target = data.get("from_bin"), data.get("to_bin")
    if source and target:
        return Decimal(0)
    return -quantity if source else quantity


def _key(*parts: str) -> str:
    """An idempotency key from business ids: the same for every attempt, also after a crash."""
    return "/".join(quote(part, safe="") for part in parts)


def _without_nones(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
