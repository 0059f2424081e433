"""Plain REST in JSON for a warehouse: deliveries, receipts, bookings and stock over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import create_model

from simulator.contracts.rest import shapes, trucks, wire
from simulator.core.message import Request
from simulator.core.ports import Document
from simulator.core.routes import Exchange, Route, RoutedContract, dump, etag, segment

CLOUDEVENT = "application/cloudevents+json"

_PAGING = {"after": "the cursor to go on from", "limit": "how many entries, 1 to 500"}
_PAGED = {"after": "query/after", "limit": "query/limit"}
_STOCK = ("item", "lot", "bin", "handling_unit")


class Rest(RoutedContract):
    """Deliveries, receipts and bookings in; stock, movements and events out."""

    kind: ClassVar[str] = "rest"
    summary: ClassVar[str] = "warehouse operations as plain REST, events as CloudEvents"
    push_type = CLOUDEVENT

    def routes(self) -> list[Route]:
        return [*self._inbound(), *self._dock(), *self._bookings(), *self._lists()]

    def _inbound(self) -> list[Route]:
        return [
            Route(
                "POST", "/inbound-deliveries", "create_delivery", _body, shapes.delivery,
                body=self.operations["create_delivery"].input, status=201,
                reply=wire.InboundDelivery, headers=self._announced, keys=_delivery_keys,
                shows={"ETag": "its version", "Location": "where the delivery stands"},
                refuses=(404, 409),
            ),
            Route(
                "GET", "/inbound-deliveries", "list_deliveries", _query,
                shapes.page(shapes.delivery), reply=wire.DeliveryPage,
                query={"status": "only in this status", **_PAGING},
                fields={**_PAGED, "status": "query/status"}, refuses=(410,),
            ),
            Route(
                "GET", "/inbound-deliveries/{delivery}", "get_delivery", _path, shapes.delivery,
                reply=wire.InboundDelivery, headers=_tag, keys=_delivery_keys,
                shows={"ETag": "its version"}, fields={"delivery": "path/delivery"},
                refuses=(404,),
            ),
            Route(
                "POST", "/receipts", "create_receipt", _receive, shapes.receipt,
                body=wire.NewReceipt, status=201, reply=wire.Receipt, keys=_receipt_keys,
                fields={"reference": "/reference/id", "reference_type": "/reference/type"},
                refuses=(404, 409),
            ),
        ]  # fmt: skip

    def _dock(self) -> list[Route]:
        one: dict[str, Any] = {
            "reply": trucks.Truck, "keys": trucks.truck_keys, "fields": {"truck": "path/truck"},
        }  # fmt: skip
        return [
            Route(
                "GET", "/trucks", "list_trucks", _query, shapes.page(trucks.truck),
                reply=trucks.TruckPage, query={"status": "only in this status", **_PAGING},
                fields={**_PAGED, "status": "query/status"}, refuses=(410,),
            ),
            Route(
                "GET", "/trucks/{truck}", "get_truck", _path, trucks.truck, refuses=(404,), **one
            ),
            Route(
                "POST", "/trucks/{truck}/close", "close_truck", _path, trucks.truck,
                refuses=(404, 409), **one,
            ),
        ]  # fmt: skip

    def _bookings(self) -> list[Route]:
        shapes_of: list[tuple[str, str, Any, Any]] = [
            ("/putaways", "put_away", shapes.movements, wire.Movements),
            ("/picks", "pick", shapes.pick, wire.Pick),
            ("/shipments", "ship", shapes.shipment, wire.Shipment),
            ("/adjustments", "adjust", shapes.movements, wire.Movements),
            ("/counts", "count", shapes.count, wire.Count),
        ]
        return [
            Route(
                "POST", path, operation, _body, give, body=self.operations[operation].input,
                status=201, reply=reply, keys=_booking_keys(operation), refuses=(404, 409),
            )
            for path, operation, give, reply in shapes_of
        ]  # fmt: skip

    def _lists(self) -> list[Route]:
        return [
            Route(
                "GET", "/stock", "list_stock", _query, shapes.StockPages(),
                reply=wire.StockPage, keys=_stock_keys, refuses=(404, 410),
                query={
                    "item": "only of this item", "lot": "only of this lot",
                    "bin": "only in this bin", "handling_unit": "only in this handling unit",
                    **_PAGING,
                },
                fields={**_PAGED, **{name: f"query/{name}" for name in _STOCK}},
            ),
            Route(
                "GET", "/receipts", "list_receipts", _query, shapes.page(shapes.receipt),
                reply=wire.ReceiptPage, query=_PAGING, fields=_PAGED, refuses=(410,),
            ),
            Route(
                "GET", "/movements", "list_movements", _query, shapes.page(shapes.movement),
                reply=wire.MovementPage, query=_PAGING, fields=_PAGED, refuses=(410,),
            ),
            Route(
                "GET", "/events", "list_events", _query, self._events, reply=wire.EventPage,
                query=_PAGING, fields=_PAGED, refuses=(410,),
            ),
        ]  # fmt: skip

    def _announced(self, delivery: Any) -> dict[str, str]:
        place = f"{self.base}/inbound-deliveries/{segment(delivery.id)}"
        return {"etag": etag(delivery.version), "location": place}

    def _events(self, page: Any) -> dict[str, Any]:
        return {
            "items": [shapes.event(one.document, self.system, self.base) for one in page.items],
            "next": page.next,
            "oldest": page.oldest,
            "kept": page.kept,
        }

    def render(self, document: Document) -> Request | None:
        event = shapes.event(document, self.system, self.base)
        if event is None:
            return None
        return Request(method="POST", headers={"content-type": CLOUDEVENT}, body=dump(event))

    def pushes(self) -> Mapping[str, Any]:
        return {
            name: create_model(
                f"Event{data.__name__.removesuffix('Data')}",
                __base__=wire.CloudEvent,
                data=(data, ...),
            )
            for name, data in {**wire.DATA, **trucks.DATA}.items()
            if name in self.documents
        }


def _body(exchange: Exchange) -> Any:
    return exchange.body  # the operation's own input already: it is not validated twice


def _query(exchange: Exchange) -> Mapping[str, Any]:
    return exchange.query


def _path(exchange: Exchange) -> Mapping[str, Any]:
    return exchange.path


def _receive(exchange: Exchange) -> dict[str, Any]:
    body: wire.NewReceipt = exchange.body
    reference = body.reference
    return {
        "item": body.item,
        "quantity": body.quantity,
        "delivery": body.delivery,
        "line": body.line,
        "lot": body.lot,
        "serial": body.serial,
        "bin": body.bin,
        "handling_unit": body.handling_unit,
        "reference": reference.id if reference else None,
        "reference_type": reference.type if reference else None,
        "damaged": body.damaged,
        "id": body.id,
    }


def _tag(delivery: Any) -> dict[str, str]:
    return {"etag": etag(delivery.version)}


def _keys(**named: Any) -> dict[str, list[str]]:
    return {name: [str(value)] for name, value in named.items() if value}


def _delivery_keys(given: Any, delivery: Any) -> dict[str, list[str]]:
    source = delivery if delivery is not None else given
    if not hasattr(source, "lines"):
        return _keys(delivery=source.delivery)
    keys = _keys(delivery=source.id, asn=source.asn, po=source.po, supplier=source.supplier)
    for key, values in (
        ("item", [line.item for line in source.lines]),
        ("lot", [line.lot for line in source.lines if line.lot]),
        ("sscc", [line.handling_unit for line in source.lines if line.handling_unit]),
    ):
        if values:
            keys[key] = list(dict.fromkeys(values))
    return keys


def _receipt_keys(given: Any, receipt: Any) -> dict[str, list[str]]:
    one = receipt if receipt is not None else given
    keys = _keys(
        receipt=one.id, delivery=one.delivery, item=one.item, lot=one.lot, bin=one.bin,
        sscc=one.handling_unit,
    )  # fmt: skip
    # What a receipt is for joins it with the order or the ship notice elsewhere.
    if given.reference and given.reference_type in ("production-order", "order"):
        keys["order"] = [given.reference]
    elif given.reference and given.reference_type in ("asn", "po"):
        keys[given.reference_type] = [given.reference]
    return keys


def _booking_keys(operation: str) -> Any:
    """What names the record that the booking makes, and what it is about."""
    own = {"pick": "pick", "ship": "shipment", "count": "count"}.get(operation)

    def keys(given: Any, result: Any) -> dict[str, list[str]]:
        found = _keys(
            item=getattr(given, "item", None),
            lot=getattr(given, "lot", None),
            bin=getattr(given, "bin", None),
            sscc=getattr(given, "handling_unit", None),
            so=getattr(given, "sales_order", None),
        )
        if own and result is not None:
            found[own] = [result.id]
        elif result is not None:
            found["movement"] = [one.id for one in result]
        return found

    return keys


def _stock_keys(given: Any, result: Any) -> dict[str, list[str]]:
    keys = {}
    if given.item:
        keys["item"] = [given.item]
    if given.lot:
        keys["lot"] = [given.lot]
    if given.bin:
        keys["bin"] = [given.bin]
    if given.handling_unit:
        keys["sscc"] = [given.handling_unit]
    return keys
