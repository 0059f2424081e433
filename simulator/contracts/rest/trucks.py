"""Trucks at the warehouse's dock: what is on them, as REST resources and as events.

Written by hand like `shapes`, and described like `wire`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from simulator.contracts.rest.wire import Made, Time
from simulator.core.fields import Shown, maybe_moment, number, show_moment
from simulator.plant import documents as said


class TruckLoad(Made):
    """So much under one label, and what was received of it."""

    sscc: str | None
    item: str
    lot: str | None
    quantity: Shown
    received: Shown
    unit: str
    po: str | None
    po_line: str | None


class Truck(Made):
    """A truck on the road or at the dock."""

    id: str
    supplier: str
    shipment: str
    carrier: str
    trailer: str
    dock: str
    status: Literal["on_the_way", "arrived", "unloaded", "closed", "cancelled"]
    expected: Time
    arrived: Time | None
    notices: list[str]
    loads: list[TruckLoad]
    version: int


class TruckPage(Made):
    """A page of trucks."""

    items: list[Truck]
    next: str | None


class TruckLabel(Made):
    """A label that was scanned; `parent` is what it stands on or in."""

    sscc: str | None
    parent: str | None
    package: str
    item: str
    lot: str | None
    quantity: Shown
    unit: str
    po: str | None
    po_line: str | None


class TruckArrivalData(Made):
    """A truck is at the dock: what is really on it, label by label."""

    truck: str
    supplier: str
    carrier: str
    shipment: str
    dock: str
    labels: list[TruckLabel]
    at: Time


class TruckUnloadedData(Made):
    """Nothing more will be received of a truck; `complete` where all of it was."""

    truck: str
    supplier: str
    shipment: str
    complete: bool
    lines: list[TruckLoad]
    at: Time


def truck(one: Any) -> dict[str, Any]:
    """A truck."""
    return {
        "id": one.id,
        "supplier": one.supplier,
        "shipment": one.shipment,
        "carrier": one.carrier,
        "trailer": one.trailer,
        "dock": one.dock,
        "status": one.status,
        "expected": show_moment(one.expected),
        "arrived": maybe_moment(one.arrived),
        "notices": list(one.notices),
        "loads": [_load(each) for each in one.loads],
        "version": one.version,
    }


def truck_keys(given: Any, one: Any) -> dict[str, list[str]]:
    """What names a truck."""
    keys = {"truck": [given.truck if one is None else one.id]}
    if one is not None:
        keys |= {"supplier": [one.supplier], "shipment": [one.shipment]}
    return keys


def _load(one: Any) -> dict[str, Any]:
    return {
        "sscc": one.sscc,
        "item": one.item,
        "lot": one.lot,
        "quantity": number(one.quantity),
        "received": number(one.received),
        "unit": one.unit,
        "po": one.po,
        "po_line": one.po_line,
    }


def _label(one: said.TruckLabel) -> dict[str, Any]:
    return {
        "sscc": one.sscc,
        "parent": one.parent,
        "package": one.package,
        "item": one.item,
        "lot": one.lot,
        "quantity": number(one.quantity),
        "unit": one.unit,
        "po": one.po,
        "po_line": one.po_line,
    }


def _arrival(one: said.TruckArrival) -> dict[str, Any]:
    return {
        "truck": one.truck,
        "supplier": one.supplier,
        "carrier": one.carrier,
        "shipment": one.shipment,
        "dock": one.dock,
        "labels": [_label(each) for each in one.labels],
        "at": show_moment(one.at),
    }


def _unloaded(one: said.TruckUnloaded) -> dict[str, Any]:
    return {
        "truck": one.truck,
        "supplier": one.supplier,
        "shipment": one.shipment,
        "complete": one.complete,
        "lines": [_load(each) for each in one.lines],
        "at": show_moment(one.at),
    }


WRITTEN: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "truck-arrival": ("truck", _arrival),
    "truck-unloaded": ("truck", _unloaded),
}
"""Document -> the field that is its subject, and how its data is written."""

DATA: dict[str, type[Made]] = {
    "truck-arrival": TruckArrivalData,
    "truck-unloaded": TruckUnloadedData,
}
"""Document -> the shape of its event's data."""
