"""The dock: what a notice announced meets what the truck brought, and the supplier is told.

A receipt is booked for what was scanned, never for what was announced. A truck that nobody
announced waits for its notice, and its supplier is told that one is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from examples.bridge.flow import Flow
from examples.bridge.store import Store, number
from examples.bridge.trading.wire import now
from simulator.plant.trading import (
    AdviceNote,
    ApplicationAdvice,
    ReceivedLine,
    ReceivingAdvice,
    ShipNotice,
)

Say = Callable[..., None]


class Dock:
    """Notices and trucks, in whichever order they come."""

    def __init__(self, store: Store, flow: Flow, say: Say) -> None:
        self._store = store
        self._flow = flow
        self._say = say
        flow.settled["trade-delivery"] = self._announced_to_wms
        flow.settled["trade-receipt"] = self._booked

    def announced(self, notice: ShipNotice) -> None:
        """A notice was accepted: announce the delivery to the WMS."""
        lines = []
        for place, (sscc, item) in enumerate(_packed(notice), 1):
            line = {"line": place, "item": item.item, "quantity": number(item.quantity)}
            line |= {"lot": item.lot} if item.lot else {}
            line |= {"handling_unit": sscc} if sscc else {}
            lines.append(line)
        orders = {item.po for _, item in _packed(notice) if item.po}
        body: dict[str, Any] = {
            "id": notice.number, "asn": notice.number, "supplier": notice.partner, "lines": lines,
        }  # fmt: skip
        if len(orders) == 1:
            body["po"] = orders.pop()
        self._store.send(
            "wms", "trade-delivery", notice.number, "/inbound-deliveries", body,
            f"delivery/{quote(notice.number, safe='')}",
        )  # fmt: skip

    def truck(self, event: Mapping[str, Any]) -> None:
        """A truck stands at the dock and was scanned."""
        name, shipment = str(event["truck"]), str(event.get("shipment") or "")
        self._store.run(
            "INSERT OR IGNORE INTO trucks (truck, supplier, shipment, document, status)"
            " VALUES (?, ?, ?, ?, 'waiting')",
            name, event["supplier"], shipment, json.dumps(event),
        )  # fmt: skip
        if not self._match(shipment):
            self._say(
                ApplicationAdvice(
                    partner=event["supplier"], sender="plant", number=f"T{name}", at=now(),
                    about="ship-notice", about_number=shipment, verdict="rejected",
                    shipment=shipment,
                    notes=[AdviceNote(reason="asn-never", text="no ASN at physical receipt")],
                )
            )  # fmt: skip

    def _announced_to_wms(self, subject: str, answer: Any) -> None:
        """The WMS knows the delivery: the truck may be there already."""
        self._store.run("UPDATE notices SET status = 'announced' WHERE asn = ?", subject)
        row = self._store.row("SELECT shipment FROM notices WHERE asn = ?", subject)
        if row is not None:
            self._match(row["shipment"])

    def _match(self, shipment: str) -> bool:
        """Book the receipts once notice, delivery and truck are all there. False: no notice."""
        notice = self._store.row(
            "SELECT asn, status, document FROM notices WHERE shipment = ? AND status <> 'refused'",
            shipment,
        )
        if notice is None:
            return False
        truck = self._store.row(
            "SELECT truck, document FROM trucks WHERE shipment = ? AND status = 'waiting'",
            shipment,
        )
        if truck is None or notice["status"] != "announced":
            return True
        for place, label in enumerate(self._brought(notice, truck), 1):
            if not label.get("item"):
                continue
            body = {
                "delivery": notice["asn"],
                "item": label["item"],
                "quantity": label["quantity"],
                "reference": {"type": "asn", "id": notice["asn"]},
            }
            body |= {"lot": label["lot"]} if label.get("lot") else {}
            body |= {"handling_unit": label["sscc"]} if label.get("sscc") else {}
            key = f"receipt/truck/{quote(truck['truck'], safe='')}/{place}"
            self._store.send("wms", "trade-receipt", notice["asn"], "/receipts", body, key)
        self._store.run("UPDATE trucks SET status = 'receiving' WHERE truck = ?", truck["truck"])
        self._flow.wake()
        return True

    def _booked(self, subject: str, answer: Any) -> None:
        """One label is in the warehouse; after the last one, the supplier hears what came."""
        waiting = self._store.row(
            "SELECT 1 FROM outbox WHERE kind = 'trade-receipt' AND subject = ? AND state <> 'done'",
            subject,
        )
        if waiting is not None:
            return
        row = self._store.row("SELECT document, status FROM notices WHERE asn = ?", subject)
        if row is None or row["status"] == "received":
            return
        self._store.run("UPDATE notices SET status = 'received' WHERE asn = ?", subject)
        notice = ShipNotice.model_validate_json(row["document"])
        truck = self._store.row(
            "SELECT document FROM trucks WHERE shipment = ?", notice.shipment or notice.number
        )
        if truck is not None:
            self._say(_advice(notice, self._brought(row, truck)))

    def _brought(self, notice: Any, truck: Any) -> list[dict[str, Any]]:
        """What was on a truck, label by label."""
        if "dock" in self._store.flaws:
            packed = _packed(ShipNotice.model_validate_json(notice["document"]))
            return [
                {"sscc": sscc, "item": one.item, "lot": one.lot, "quantity": number(one.quantity)}
                for sscc, one in packed
            ]
        labels: list[dict[str, Any]] = json.loads(truck["document"])["labels"]
        return labels


def _packed(notice: ShipNotice) -> list[tuple[str, Any]]:
    """Each packed item with its innermost label."""
    out: list[tuple[str, Any]] = [("", item) for item in notice.items]
    for unit in notice.walk():
        out += [(unit.sscc, item) for item in unit.items]
    return out


def _advice(notice: ShipNotice, labels: list[dict[str, Any]]) -> ReceivingAdvice:
    came: dict[tuple[str, str, str], Decimal] = {}
    for label in labels:
        if label.get("item"):
            key = (label.get("sscc") or "", label["item"], label.get("lot") or "")
            came[key] = came.get(key, Decimal(0)) + Decimal(str(label["quantity"]))
    lines = []
    for place, (sscc, item) in enumerate(_packed(notice), 1):
        there = came.get((sscc, item.item, item.lot), Decimal(0))
        good = there == item.quantity
        lines.append(
            ReceivedLine(
                line=str(place), item=item.item, quantity=there, accepted=there,
                announced=item.quantity, unit=item.unit, po=item.po, po_line=item.po_line,
                lot=item.lot, sscc=sscc,
                condition="good" if good else "short" if there < item.quantity else "over",
            )
        )  # fmt: skip
    return ReceivingAdvice(
        partner=notice.partner, sender="plant", number=f"G{notice.number}", at=now(),
        asn=notice.number, shipment=notice.shipment, received=now(), lines=lines,
    )  # fmt: skip
