"""The bridge's HTTP side. A 2xx means: it is in the database."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.bridge import sap, webhooks
from examples.bridge.floor.line import Lines
from examples.bridge.flow import Flow, business_id
from examples.bridge.peers import Peer, Unavailable
from examples.bridge.stock import Ledger
from examples.bridge.store import Store, number
from examples.bridge.trading.counter import Counter

CONFIRMATIONS = """
SELECT *, dense_rank() OVER (ORDER BY first) AS group_no,
  row_number() OVER (PARTITION BY order_id, operation ORDER BY id) AS count_no
FROM (SELECT *, min(id) OVER (PARTITION BY order_id, operation) AS first FROM confirmations)
ORDER BY id
"""

Text = Annotated[str, Field(min_length=1)]


class ShipLine(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    line: Annotated[int, Field(ge=1)]
    item: Text
    quantity: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
    lot: str | None = None
    sscc: Annotated[str, Field(pattern=r"^\d{18}$")] | None = None


class ShipNotice(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    asn: Text
    supplier: Text
    po: str | None = None
    lines: Annotated[list[ShipLine], Field(min_length=1)]


class Front:
    """The routes, and what they need."""

    def __init__(
        self,
        store: Store,
        flow: Flow,
        ledger: Ledger,
        peers: list[Peer],
        secret: str | None,
        counter: Counter | None = None,
        lines: Lines | None = None,
    ) -> None:
        self._store = store
        self._flow = flow
        self._ledger = ledger
        self._peers = peers
        self._secret = secret
        self._counter = counter
        self._lines = lines

    def app(self) -> Starlette:
        def route(path: str, answer: Callable[[Request], Awaitable[Response]], verb: str) -> Route:
            return Route(path, answer, methods=[verb])

        return Starlette(
            routes=[
                route("/production-orders", self.take_orders, "POST"),
                route("/asns", self.take_asn, "POST"),
                route("/mes/events", self.take_mes_event, "POST"),
                route("/wms/events", self.take_wms_event, "POST"),
                route("/reconcile", self.reconcile, "POST"),
                route("/retry", self.retry, "POST"),
                route("/reset", self.reset, "POST"),
                route("/orders", self.orders, "GET"),
                route("/orders/{order}", self.order, "GET"),
                route("/asns", self.asns, "GET"),
                route("/confirmations", self.confirmations, "GET"),
                route("/stock", self.stock, "GET"),
                route("/health", self.health, "GET"),
                *(self._counter.routes() if self._counter is not None else ()),
                *(self._lines.routes() if self._lines is not None else ()),
            ]
        )

    # --- what others bring -----------------------------------------------------------------------

    async def take_orders(self, request: Request) -> Response:
        """Production orders: all of them are kept, or none."""
        try:
            found = sap.orders_in(json.loads(await request.body()))
        except sap.NotAnOrder as error:
            return _problem(422, str(error))
        except ValueError as error:
            return _problem(400, f"not JSON: {error}")
        with self._store.transaction():
            new = {order.id: self._flow.order(order, row) for order, row in found}
        self._flow.wake()
        answer = {
            "accepted": [name for name, is_new in new.items() if is_new],
            "known": [name for name, is_new in new.items() if not is_new],
        }
        return JSONResponse(answer, 202 if answer["accepted"] else 200)

    async def take_asn(self, request: Request) -> Response:
        """A ship notice: announced to the WMS, then received line by line."""
        try:
            notice = ShipNotice.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = "/".join(str(step) for step in first["loc"])
            return _problem(422, f"{where}: {first['msg']}")
        with self._store.transaction():
            new = self._flow.asn(notice.model_dump(mode="json"))
        self._flow.wake()
        return JSONResponse({"asn": notice.asn, "known": not new}, 202 if new else 200)

    async def take_mes_event(self, request: Request) -> Response:
        body = await request.body()
        event = self._genuine(request, body)
        if isinstance(event, Response):
            return event
        area = event.get("ApplicationArea")
        message = request.headers.get("webhook-id") or (
            area.get("BODID") if isinstance(area, dict) else None
        )
        return self._keep("mes", [(message, business_id(event), event)])

    async def take_wms_event(self, request: Request) -> Response:
        """A CloudEvent in structured mode, or a batch of them."""
        body = await request.body()
        events = self._genuine(request, body, batch=True)
        if isinstance(events, Response):
            return events
        listed = events if isinstance(events, list) else [events]
        for event in listed:
            if not isinstance(event, dict) or not event.get("id") or not event.get("type"):
                return _problem(400, "a CloudEvent has an id and a type")
        return self._keep(
            "wms", [(f"{one.get('source')}#{one['id']}", None, one) for one in listed]
        )

    def _genuine(self, request: Request, body: bytes, *, batch: bool = False) -> Any:
        """The event in a delivery, or the answer to one that cannot be taken."""
        if self._secret:
            try:
                webhooks.verify(self._secret, request.headers, body)
            except webhooks.NotGenuine as error:
                return _problem(401, str(error))
        try:
            event = json.loads(body)
        except ValueError as error:
            return _problem(400, f"not JSON: {error}")
        if isinstance(event, dict) or (batch and isinstance(event, list)):
            return event
        return _problem(400, "expected a JSON object")

    def _keep(self, source: str, events: list[tuple[str | None, str | None, Any]]) -> Response:
        with self._store.transaction():
            new = [
                self._store.take_in(source, message, business, json.dumps(event))
                for message, business, event in events
            ]
        self._flow.wake()
        return JSONResponse({"kept": sum(new), "known": len(new) - sum(new)}, 200)

    # --- what others ask -------------------------------------------------------------------------

    async def orders(self, request: Request) -> Response:
        rows = self._store.rows("SELECT * FROM orders ORDER BY id")
        return JSONResponse({"orders": [_order(row) for row in rows]})

    async def order(self, request: Request) -> Response:
        name = request.path_params["order"]
        row = self._store.row("SELECT * FROM orders WHERE id = ?", name)
        return JSONResponse(_order(row)) if row else _problem(404, f"no order {name}")

    async def asns(self, request: Request) -> Response:
        rows = self._store.rows("SELECT asn, delivery, status FROM asns ORDER BY asn")
        return JSONResponse({"asns": [dict(row) for row in rows]})

    async def confirmations(self, request: Request) -> Response:
        """Booked confirmations, in OData's envelope; `?OrderID=` narrows them."""
        wanted = request.query_params.get("OrderID")
        rows = self._store.rows(CONFIRMATIONS)
        found = [sap.confirmation(dict(row)) for row in rows if wanted in (None, row["order_id"])]
        return JSONResponse({"d": {"results": found}})

    async def stock(self, request: Request) -> Response:
        if not self._ledger.loaded:
            return _problem(503, "the WMS has not been read yet", {"retry-after": "1"})
        return JSONResponse(self._ledger.stock())

    async def reconcile(self, request: Request) -> Response:
        try:
            return JSONResponse(await self._ledger.reconcile())
        except Unavailable as error:
            return _problem(503, str(error), {"retry-after": "2"})

    async def retry(self, request: Request) -> Response:
        """Send again what a peer had refused: for when its cause has been mended."""
        with self._store.transaction():
            count = self._store.run(
                "UPDATE outbox SET state = 'pending', due = 0 WHERE state = 'parked'"
            )
        self._flow.wake()
        return JSONResponse({"sent_again": count})

    async def reset(self, request: Request) -> Response:
        """Begin with empty books, and look at every peer anew: for the start of a test."""
        with self._store.transaction():
            self._store.empty()
        for peer in self._peers:
            peer.knock()
        if self._counter is not None:
            for way in self._counter.ways:
                way.knock()
        if self._lines is not None:
            self._lines.knock()
        self._ledger.wake()
        return JSONResponse({"empty": True})

    async def health(self, request: Request) -> Response:
        inbox, outbox = self._store.counts("inbox"), self._store.counts("outbox")
        return JSONResponse(
            {
                "status": "ok",
                "dedupe": self._store.dedupe,
                "inbox": {"pending": inbox.get("pending", 0), "failed": inbox.get("failed", 0)},
                "outbox": {"pending": outbox.get("pending", 0), "parked": outbox.get("parked", 0)},
                "peers": {
                    peer.name: f"failing ({peer.failures})" if peer.failures else "ok"
                    for peer in self._peers
                },
                "stock_loaded": self._ledger.loaded,
            }
        )


def _order(row: Any) -> dict[str, Any]:
    shown = {"ManufacturingOrder": row["id"], "Material": row["item"], "status": row["status"]}
    shown["quantity"] = number(row["quantity"])
    for name in ("good", "scrap"):
        if row[name] is not None:
            shown[name] = number(row[name])
    return shown | {name: row[name] for name in ("lot", "detail") if row[name] is not None}


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """RFC 9457 problem details."""
    body = {"status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
