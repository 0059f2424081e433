"""From results and documents to the JSON of the warehouse's REST contract.

Dictionaries written by hand: a reply is on the hot path, and dumping models would double its cost.
The models in `wire` describe the same shapes; a test holds the two together.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import orjson

from simulator.contracts.rest import trucks
from simulator.core.fields import maybe_moment, number, show_moment
from simulator.core.ports import Document
from simulator.plant import documents as said

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:stagefloor:rest")


def stock_line(line: Any) -> dict[str, Any]:
    """A line of stock."""
    return {
        "id": str(line.id),
        "item": line.item,
        "bin": line.bin,
        "warehouse": line.warehouse,
        "lot": line.lot,
        "serial": line.serial,
        "handling_unit": line.handling_unit,
        "status": line.status,
        "quantity": number(line.quantity),
        "version": line.version,
    }


class StockPages:
    """Pages of stock, each line's JSON kept for as long as nothing about the line changes.

    Stock is what integrations ask for most, and most of it is as it was when they last asked.
    """

    def __init__(self, kept: int = 20_000) -> None:
        self._kept = kept
        self._written: dict[int, tuple[tuple[Any, ...], orjson.Fragment]] = {}

    def __call__(self, result: Any) -> dict[str, Any]:
        """The page that shows `result`."""
        return {"items": [self._line(line) for line in result.items], "next": result.next}

    def _line(self, line: Any) -> orjson.Fragment:
        # every field takes part: after a reset a line may have an earlier line's id and version
        now = (
            line.version, line.quantity, line.item, line.bin, line.warehouse, line.lot,
            line.serial, line.handling_unit, line.status,
        )  # fmt: skip
        found = self._written.get(line.id)
        if found is not None and found[0] == now:
            return found[1]
        if len(self._written) >= self._kept:
            self._written.clear()
        fragment = orjson.Fragment(orjson.dumps(stock_line(line)))
        self._written[line.id] = (now, fragment)
        return fragment


def delivery(one: Any) -> dict[str, Any]:
    """An inbound delivery."""
    return {
        "id": one.id,
        "supplier": one.supplier,
        "po": one.po,
        "asn": one.asn,
        "expected": maybe_moment(one.expected),
        "status": one.status,
        "lines": [
            {
                "line": line.line,
                "item": line.item,
                "quantity": number(line.quantity),
                "received": number(line.received),
                "lot": line.lot,
                "handling_unit": line.handling_unit,
            }
            for line in one.lines
        ],
        "version": one.version,
    }


def receipt(one: Any) -> dict[str, Any]:
    """A receipt."""
    return {
        "id": one.id,
        "delivery": one.delivery,
        "line": one.delivery_line,
        "item": one.item,
        "quantity": number(one.quantity),
        "lot": one.lot,
        "bin": one.bin,
        "handling_unit": one.handling_unit,
        "reference": one.reference,
        "at": show_moment(one.at),
    }


def movement(one: Any) -> dict[str, Any]:
    """A movement of stock."""
    return {
        "id": one.id,
        "at": show_moment(one.at),
        "kind": one.kind,
        "item": one.item,
        "lot": one.lot,
        "serial": one.serial,
        "handling_unit": one.handling_unit,
        "from_bin": one.from_bin,
        "to_bin": one.to_bin,
        "quantity": number(one.quantity),
        "reference": one.reference,
    }


def movements(result: Any) -> dict[str, Any]:
    """What a booking moved."""
    return {"movements": [movement(one) for one in result]}


def pick(one: Any) -> dict[str, Any]:
    """A pick."""
    return {
        "id": one.id,
        "sales_order": one.sales_order,
        "reference": one.reference,
        "item": one.item,
        "quantity": number(one.quantity),
        "picked": number(one.picked),
        "taken": [
            {
                "lot": part.lot,
                "serial": part.serial,
                "handling_unit": part.handling_unit,
                "from_bin": part.from_bin,
                "quantity": number(part.quantity),
            }
            for part in one.taken
        ],
        "at": show_moment(one.at),
    }


def _shipped(lines: Any) -> list[dict[str, Any]]:
    return [
        {
            "line": line.line,
            "item": line.item,
            "quantity": number(line.quantity),
            "lot": line.lot,
            "serial": line.serial,
            "handling_unit": line.handling_unit,
        }
        for line in lines
    ]


def shipment(one: Any) -> dict[str, Any]:
    """A shipment."""
    return {
        "id": one.id,
        "sales_order": one.sales_order,
        "customer": one.customer,
        "lines": _shipped(one.lines),
        "at": show_moment(one.at),
    }


def count(one: Any) -> dict[str, Any]:
    """A count."""
    return {
        "id": one.id,
        "bin": one.bin,
        "item": one.item,
        "lot": one.lot,
        "expected": number(one.expected),
        "counted": number(one.counted),
        "difference": number(one.difference),
        "at": show_moment(one.at),
    }


def page(show: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """A page whose entries are shown by `show`."""

    def shown(result: Any) -> dict[str, Any]:
        return {"items": [show(one) for one in result.items], "next": result.next}

    return shown


# --- what the WMS says ---------------------------------------------------------------------------


def _receipt(one: said.GoodsReceipt) -> dict[str, Any]:
    return {
        "receipt": one.receipt,
        "delivery": one.delivery,
        "delivery_line": one.delivery_line,
        "item": one.item,
        "lot": one.lot,
        "quantity": number(one.quantity),
        "bin": one.bin,
        "handling_unit": one.handling_unit,
        "reference": one.reference,
        "po": one.po,
        "asn": one.asn,
        "at": show_moment(one.at),
    }


def _change(one: said.StockChange) -> dict[str, Any]:
    return {
        "movement": one.id,
        "kind": one.kind,
        "item": one.item,
        "lot": one.lot,
        "serial": one.serial,
        "handling_unit": one.handling_unit,
        "from_bin": one.from_bin,
        "to_bin": one.to_bin,
        "quantity": number(one.quantity),
        "change": number(one.change),
        "reference": one.reference,
        "at": show_moment(one.at),
    }


def _shipment(one: said.ShipmentConfirmation) -> dict[str, Any]:
    return {
        "shipment": one.shipment,
        "so": one.so,
        "customer": one.customer,
        "lines": _shipped(one.lines),
        "at": show_moment(one.at),
    }


def _discrepancy(one: said.Discrepancy) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "reference": one.reference,
        "item": one.item,
        "lot": one.lot,
        "handling_unit": one.handling_unit,
        "expected": number(one.expected),
        "actual": number(one.actual),
        "at": show_moment(one.at),
    }


_DATA: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "goods-receipt": ("receipt", _receipt),
    "stock-change": ("movement", _change),
    "shipment-confirmation": ("shipment", _shipment),
    "discrepancy": ("item", _discrepancy),
    **trucks.WRITTEN,
}  # document -> the field that is its subject, and how its data is written


def event(document: Document, system: str, base: str) -> dict[str, Any] | None:
    """A document as a CloudEvent, or None where it has no shape here.

    The id is a hash of what is said, so that one thing said twice can be told from two things.
    """
    known = _DATA.get(document.document)
    if known is None:
        return None
    subject, write = known
    data = write(document)
    name = f"{base}\n{document.document}\n{document.text}"
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(_SPACE, name)),
        "source": base or "/",
        "type": f"{system}.{document.document}",
        "subject": data[subject],
        "time": data["at"],
        "datacontenttype": "application/json",
        "data": data,
    }
