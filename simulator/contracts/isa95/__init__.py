"""ISA-95 in JSON: job orders, job responses and master data over HTTP, for an MES."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import create_model

from simulator.contracts.isa95 import shapes, wire
from simulator.core.errors import Violation, invalid, nearest
from simulator.core.message import Request
from simulator.core.ports import Document
from simulator.core.routes import (
    JSON,
    Exchange,
    Route,
    RoutedContract,
    dump,
    etag,
    if_match,
    segment,
)

_PAGING = {"after": "the cursor to go on from", "limit": "how many entries, 1 to 500"}
_COMMANDS = {
    "Start": "release_order",
    "Pause": "hold_order",
    "Resume": "resume_order",
    "Cancel": "cancel_order",
}
_FROM_WIRE = {shown: name for name, shown in wire.STATUSES.items()}
_ORDER = {"order": "path/order"}
_PAGED = {"after": "query/after", "limit": "query/limit"}
_ETAG = {"ETag": "the order's version, for If-Match"}
_IF_MATCH = {"If-Match": "the ETag that the order must still have"}


class Isa95(RoutedContract):
    """Job orders in, job responses out."""

    kind: ClassVar[str] = "isa95"
    summary: ClassVar[str] = "ISA-95 job orders and job responses in JSON"

    def routes(self) -> list[Route]:
        return [*self._orders(), *self._others()]

    def _orders(self) -> list[Route]:
        return [
            Route(
                "POST", "/job-orders", "create_order", _new, shapes.job_order,
                body=wire.NewJobOrder, status=201, reply=wire.JobOrder, headers=self._created,
                keys=_order_keys, shows={**_ETAG, "Location": "where the order stands"},
                refuses=(404, 409),
                fields={
                    "item": "WorkMasterID", "quantity": "/Quantity/Value",
                    "unit": "/Quantity/UnitOfMeasure", "id": "ID", "priority": "Priority",
                    "start": "StartTime", "due": "EndTime", "external": "ExternalReference",
                },
            ),
            Route(
                "GET", "/job-orders", "list_orders", _list, shapes.job_orders,
                query={"status": "only in this DispatchStatus", **_PAGING},
                choices={"status": {"type": "string", "enum": sorted(_FROM_WIRE)}},
                reply=wire.JobOrderList, fields=_PAGED, refuses=(410,),
            ),
            Route(
                "GET", "/job-orders/{order}", "get_order", _by_path, shapes.job_order,
                reply=wire.JobOrder, headers=_tag, keys=_order_keys, shows=_ETAG, fields=_ORDER,
                refuses=(404,),
            ),
            Route(
                "PATCH", "/job-orders/{order}", "change_order", _change, shapes.job_order,
                body=wire.JobOrderChange, reply=wire.JobOrder, headers=_tag, keys=_order_keys,
                asks=_IF_MATCH, shows=_ETAG, refuses=(404, 409),
                fields={
                    **_ORDER, "quantity": "/Quantity/Value", "priority": "Priority",
                    "due": "EndTime",
                },
            ),
            Route(
                "POST", "/job-orders/{order}/commands", "release_order", _command,
                shapes.job_order, body=wire.JobOrderCommand, reply=wire.JobOrder, headers=_tag,
                keys=_order_keys, choose=_chosen, summary="Start, pause, resume or cancel an order",
                others=tuple(name for name in _COMMANDS.values() if name != "release_order"),
                asks=_IF_MATCH, shows=_ETAG, fields={**_ORDER, "reason": "Reason"},
                refuses=(404, 409),
            ),
            Route(
                "GET", "/job-orders/{order}/genealogy", "get_genealogy", _by_path,
                shapes.genealogy, reply=wire.Genealogy, fields=_ORDER, keys=_genealogy_keys,
                refuses=(404,),
            ),
        ]  # fmt: skip

    def _others(self) -> list[Route]:
        return [
            Route(
                "GET", "/job-responses", "list_responses", _page,
                lambda page: shapes.responses(page, self.base), query=_PAGING,
                reply=wire.JobResponseList, fields=_PAGED, refuses=(410,),
            ),
            Route(
                "GET", "/work-masters/{item}", "get_routing", _item_by_path, shapes.work_master,
                reply=wire.WorkMaster, fields={"item": "path/item"}, keys=_item_keys,
                refuses=(404,),
            ),
            Route(
                "GET", "/materials/{item}/bom", "get_bom", _item_by_path, shapes.bill,
                reply=wire.MaterialBill, fields={"item": "path/item"}, keys=_item_keys,
                refuses=(404,),
            ),
        ]  # fmt: skip

    def _created(self, order: Any) -> dict[str, str]:
        place = f"{self.base}/job-orders/{segment(order.id)}"
        return {"etag": etag(order.version), "location": place}

    def render(self, document: Document) -> Request | None:
        said = shapes.bod(document, self.base)
        if said is None:
            return None
        return Request(method="POST", headers={"content-type": JSON}, body=dump(said))

    def pushes(self) -> Mapping[str, Any]:
        return {
            name: create_model(
                f"Push{data.__name__.removesuffix('Data')}",
                __base__=wire.Said,
                DataArea=(data, ...),
            )
            for name, (_, data) in wire.NOUNS.items()
            if name in self.documents
        }


def _new(exchange: Exchange) -> dict[str, Any]:
    body: wire.NewJobOrder = exchange.body
    given: dict[str, Any] = {
        "item": body.WorkMasterID,
        "quantity": body.Quantity.Value,
        "unit": body.Quantity.UnitOfMeasure,
        "id": body.ID,
        "start": body.StartTime,
        "due": body.EndTime,
        "release": body.Command == "StoreAndStart",
        "external": body.ExternalReference,
    }
    if body.Priority is not None:
        given["priority"] = body.Priority
    return given


def _by_path(exchange: Exchange) -> Mapping[str, Any]:
    return exchange.path


def _page(exchange: Exchange) -> Mapping[str, Any]:
    return exchange.query


def _list(exchange: Exchange) -> Mapping[str, Any]:
    status = exchange.query.get("status")
    if status is None:
        return exchange.query
    if status not in _FROM_WIRE:
        detail = f"no DispatchStatus {status[:40]!r}; {nearest(status, _FROM_WIRE)}"
        raise invalid(detail, Violation("query/status", detail))
    return {**exchange.query, "status": _FROM_WIRE[status]}


def _change(exchange: Exchange) -> dict[str, Any]:
    body: wire.JobOrderChange = exchange.body
    return {
        "order": exchange.path["order"],
        "quantity": body.Quantity.Value if body.Quantity else None,
        "unit": body.Quantity.UnitOfMeasure if body.Quantity else None,
        "priority": body.Priority,
        "due": body.EndTime,
        "expected_version": if_match(exchange.headers),
    }


def _chosen(exchange: Exchange) -> str:
    return _COMMANDS[exchange.body.Command]


def _command(exchange: Exchange) -> dict[str, Any]:
    body: wire.JobOrderCommand = exchange.body
    given: dict[str, Any] = {
        "order": exchange.path["order"],
        "expected_version": if_match(exchange.headers),
    }
    if body.Command == "Pause":
        given["reason"] = body.Reason
    return given


def _item_by_path(exchange: Exchange) -> Mapping[str, Any]:
    return exchange.path


def _tag(order: Any) -> dict[str, str]:
    return {"etag": etag(order.version)}


def _order_keys(given: Any, order: Any) -> dict[str, list[str]]:
    if order is not None:
        keys = {"order": [order.id], "item": [order.item]}
        if order.lot:
            keys["lot"] = [order.lot]
        return keys
    name = given.id if hasattr(given, "item") else given.order
    keys = {"order": [name]} if name else {}
    if hasattr(given, "item"):
        keys["item"] = [given.item]
    return keys


def _genealogy_keys(given: Any, result: Any) -> dict[str, list[str]]:
    if result is None:
        return {"order": [given.order]}
    lots = [lot for lot in (result.lot, *(one.lot for one in result.consumed)) if lot]
    return {"order": [result.order], "item": [result.item], **({"lot": lots} if lots else {})}


def _item_keys(given: Any, result: Any) -> dict[str, list[str]]:
    return {"item": [given.item]}
