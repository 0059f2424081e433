"""The trading side's HTTP: orders from the ERP, interchanges from partners, what became of them."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.bridge.flow import Flow
from examples.bridge.peers import Pace, Unavailable
from examples.bridge.store import Store, number
from examples.bridge.trading.as2 import As2, Station, own_identity
from examples.bridge.trading.desk import Desk
from examples.bridge.trading.sales import NotSold
from examples.bridge.trading.ways import Way, way
from examples.bridge.trading.wire import UnknownPartner, translators
from simulator.transports.as2.failure import NotAs2

Text = Annotated[str, Field(min_length=1)]
HEADER = 200  # bytes in which an envelope names its sender


class OrderedLine(BaseModel):
    """A line of a purchase order."""

    model_config = ConfigDict(coerce_numbers_to_str=True)
    line: str | None = None
    item: Text
    quantity: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
    unit: str | None = None


class Purchase(BaseModel):
    """A purchase order as the ERP writes it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)
    po: Text
    supplier: Text
    currency: str | None = None
    lines: Annotated[list[OrderedLine], Field(min_length=1)]


class Leaving(BaseModel):
    """A line of an order, as far as it is to leave."""

    line: Annotated[int, Field(ge=1)]
    quantity: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class Dispatch(BaseModel):
    """Goods that are to leave for a customer's order; all that is open where no lines are named."""

    model_config = ConfigDict(coerce_numbers_to_str=True)
    order: Text
    lines: list[Leaving] | None = None


class Counter:
    """Routes of the trading side. A 2xx means: it is in the database."""

    def __init__(
        self,
        store: Store,
        flow: Flow,
        options: argparse.Namespace,
        client: httpx.AsyncClient,
        pace: Pace,
    ) -> None:
        self._store = store
        self._flow = flow
        named = [one.partition("=")[0] for one in options.partner]
        self._wires = translators(options.payloads, named)
        self._desk = Desk(store, flow, self._wires)
        self.ways: list[Way] = []
        self._station: Station | None = None
        for one in options.partner:
            partner, _, url = one.partition("=")

            def take(name: str, body: bytes, partner: str = partner) -> None:
                self.keep(partner, f"{partner}/{name}", body)

            if self._station is None and url.startswith("as2+"):
                identity = own_identity(options.db.resolve().parent, options.as2_name)
                self._station = Station(options.as2_name, identity)
            found = way(partner, url, client, pace, take, self._station, store.flaws)
            self.ways.append(found)

    def routes(self) -> list[Route]:
        """What the front adds to its own."""

        def route(path: str, answer: Callable[[Request], Awaitable[Response]], verb: str) -> Route:
            return Route(path, answer, methods=[verb])

        return [
            route("/purchase-orders", self.order, "POST"),
            route("/purchase-orders", self.orders, "GET"),
            route("/shipments", self.ship, "POST"),
            route("/sales-orders", self.sales, "GET"),
            route("/edi/inbox", self.take, "POST"),
            route("/as2", self.receive, "POST"),
            route("/as2/certificate.pem", self.certificate, "GET"),
            route("/notices", self.notices, "GET"),
            route("/interchanges", self.said, "GET"),
        ]

    def keep(self, partner: str, name: str | None, body: bytes) -> bool:
        """Put an interchange into the inbox; False where this very delivery is there already."""
        event = json.dumps({"partner": partner, "body": body.hex()})
        with self._store.transaction():
            new = self._store.take_in("edi", name, None, event)
        self._flow.wake()
        return new

    async def order(self, request: Request) -> Response:
        """A purchase order: kept, and sent to its supplier."""
        try:
            asked = Purchase.model_validate_json(await request.body())
        except ValidationError as error:
            return _invalid(error)
        try:
            with self._store.transaction():
                new = self._desk.order(asked.model_dump(mode="json"))
        except UnknownPartner as error:
            return JSONResponse({"status": 422, "detail": str(error)}, 422)
        self._flow.wake()
        return JSONResponse({"po": asked.po, "known": not new}, 202 if new else 200)

    async def ship(self, request: Request) -> Response:
        """Goods leave for a customer's order, and the customer is told."""
        try:
            asked = Dispatch.model_validate_json(await request.body())
        except ValidationError as error:
            return _invalid(error)
        lines = [
            {"line": one.line, "quantity": number(one.quantity)} for one in asked.lines or ()
        ] or None
        try:
            with self._store.transaction():
                new = self._desk.sales.ship(asked.order, lines)
        except NotSold as error:
            return JSONResponse({"status": 422, "detail": str(error)}, 422)
        self._flow.wake()
        return JSONResponse({"order": asked.order, "known": not new}, 202 if new else 200)

    async def take(self, request: Request) -> Response:
        """An interchange, as a partner's mailbox pushes it."""
        body = await request.body()
        partner = self._sender(body)
        if partner is None:
            return JSONResponse({"status": 422, "detail": "from nobody that is known"}, 422)
        name = request.headers.get("idempotency-key")
        new = self.keep(partner, f"{partner}/{name}" if name else None, body)
        return JSONResponse({"partner": partner, "known": not new}, 202)

    async def receive(self, request: Request) -> Response:
        """An AS2 message: kept first, then its receipt."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        partner = headers.get("as2-from", "").strip('"')
        sender = next((one for one in self.ways if one.name == f"edi:{partner}"), None)
        if self._station is None or not isinstance(sender, As2):
            return JSONResponse({"status": 403, "detail": f"no AS2 partner {partner!r}"}, 403)
        body = await request.body()
        try:
            trusted = await sender.trusted()
            opened, answer, raw = self._station.open(headers, body, trusted)
        except Unavailable as error:
            return JSONResponse({"status": 503, "detail": str(error)}, 503)
        except NotAs2 as error:
            return JSONResponse({"status": 400, "detail": str(error)}, 400)
        if opened.failure is None:
            self.keep(partner, f"{partner}/{headers.get('message-id', '')}", opened.payload)
        answer |= {
            "as2-version": "1.2", "as2-from": self._station.name, "as2-to": partner,
            "message-id": f"<mdn-{time.time_ns()}@{self._station.name}>",
        }  # fmt: skip
        return Response(raw, 200, answer)

    async def certificate(self, request: Request) -> Response:
        if self._station is None:
            return JSONResponse({"status": 404, "detail": "nobody is reached over AS2"}, 404)
        return Response(self._station.certificate, media_type="application/x-pem-file")

    def _sender(self, body: bytes) -> str | None:
        head = body[:HEADER].decode("latin-1")
        for partner, wire in self._wires.items():
            if wire.profile.identifiers.partner.id in head:
                return partner
        return None

    async def orders(self, request: Request) -> Response:
        rows = self._store.rows("SELECT po, supplier, status FROM purchases ORDER BY po")
        return JSONResponse({"purchase_orders": [dict(row) for row in rows]})

    async def sales(self, request: Request) -> Response:
        rows = self._store.rows("SELECT number, customer, kind, status FROM sold ORDER BY number")
        return JSONResponse({"sales_orders": [dict(row) for row in rows]})

    async def notices(self, request: Request) -> Response:
        rows = self._store.rows(
            "SELECT partner, asn, shipment, status FROM notices ORDER BY partner, asn"
        )
        return JSONResponse({"notices": [dict(row) for row in rows]})

    async def said(self, request: Request) -> Response:
        rows = self._store.rows("SELECT * FROM said ORDER BY partner, control")
        found: list[dict[str, Any]] = [dict(row) for row in rows]
        return JSONResponse({"interchanges": found})


def _invalid(error: ValidationError) -> JSONResponse:
    """422 with the first mistake."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = "/".join(str(step) for step in first["loc"])
    return JSONResponse({"status": 422, "detail": f"{where}: {first['msg']}"}, 422)
