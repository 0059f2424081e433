"""Trucks: what suppliers really load, when it arrives, and what is received of it.

A ship notice is a claim, a truck a fact. What a receipt names and a truck carries can only be
received once the truck is there, and never more of it than it brought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulator.core.durations import LATEST, Instant, Span
from simulator.core.errors import conflict, not_found
from simulator.plant.documents import TruckArrival, TruckLabel, TruckUnloaded, UnloadedLine
from simulator.plant.freight import Load, Truck
from simulator.plant.ground import refused
from simulator.plant.quantities import ZERO
from simulator.plant.state import InboundDelivery
from simulator.plant.trade import Trade
from simulator.plant.trading.shipping import HandlingUnit, PackedItem


@dataclass(frozen=True, slots=True)
class Aboard:
    """A load, and the truck that it is on."""

    truck: Truck
    load: Load


class Trucks(Trade):
    """The road to the plant."""

    def _derive(self) -> None:
        super()._derive()
        self._by_label: dict[str, list[Aboard]] = {}
        self._by_lot: dict[tuple[str, str], list[Aboard]] = {}
        self._by_shipment: dict[str, list[Truck]] = {}
        for truck in self.state.trucks.values():
            self._note_truck(truck)

    def _note_truck(self, truck: Truck) -> None:
        for name in (truck.shipment, *truck.notices):
            self._by_shipment.setdefault(name, []).append(truck)
        for load in truck.loads:
            one = Aboard(truck, load)
            for name in filter(None, (*load.within, load.sscc)):
                self._by_label.setdefault(name, []).append(one)
            if load.lot:
                self._by_lot.setdefault((load.item, load.lot), []).append(one)

    # --- what people and suppliers do -----------------------------------------------------------

    def load_truck(
        self,
        supplier: str,
        units: Sequence[HandlingUnit] = (),
        items: Sequence[PackedItem] = (),
        *,
        shipment: str = "",
        carrier: str = "",
        trailer: str = "",
        dock: str = "",
        notices: Sequence[str] = (),
        departs: Instant | None = None,
        transit: Span = 0,
        id: str | None = None,
    ) -> Truck:
        """A supplier's truck is loaded; it leaves at `departs` (now) and arrives `transit` later.

        `notices` are the ship notices that announce it, by number. Raises invalid (unknown
        supplier or item, nothing on it), conflict: `truck-exists`, `handling-unit-exists` for an
        SSCC that was on a truck before.
        """
        if supplier not in self.model.suppliers:
            raise refused("/supplier", f"there is no supplier {supplier!r}")
        if id is not None and id in self.state.trucks:
            raise conflict(f"there is a truck {id} already", "truck-exists")
        loads = [self._load(one) for one in _flat(units, items)]
        if not loads:
            raise refused("/units", "a truck needs a load")
        leaves = self.now if departs is None else max(departs, self.now)
        name = id or self._next("truck", "T{:06d}", taken=self.state.trucks)
        expected = min(leaves + max(transit, 0), LATEST)
        truck = Truck(
            name, supplier, shipment or name, loads, leaves, expected, carrier, trailer, dock,
            list(dict.fromkeys(notices)),
        )  # fmt: skip
        for label in truck.labels():
            if any(one.truck.status != "cancelled" for one in self._by_label.get(label, ())):
                raise conflict(f"{label} was on a truck before", "handling-unit-exists")
        self.state.trucks[name] = truck
        truck.ticket = self.agenda.put(expected, "plant.truck_arrived", truck=name)
        self._note_truck(truck)
        return truck

    def announce_truck(self, id: str, notice: str) -> None:
        """One more ship notice says what is on a truck. Raises not_found."""
        truck = self.truck(id)
        if notice not in truck.notices:
            truck.notices.append(notice)
            self._by_shipment.setdefault(notice, []).append(truck)

    def truck(self, id: str) -> Truck:
        """One truck. Raises not_found."""
        found = self.state.trucks.get(id)
        if found is None:
            raise not_found("truck", id)
        return found

    def trucks(self, status: str | None = None) -> list[Truck]:
        """Trucks in the order in which they were loaded."""
        return [one for one in self.state.trucks.values() if status in (None, one.status)]

    def trucks_of(self, shipment: str) -> list[Truck]:
        """The trucks of a shipment, by its number or by that of a ship notice."""
        return list({one.id: one for one in self._by_shipment.get(shipment, ())}.values())

    def cancel_truck(self, id: str) -> Truck:
        """It turns back, and never arrives. Raises not_found, conflict once it is there."""
        truck = self.truck(id)
        if truck.status != "on_the_way":
            raise conflict(f"truck {id} is {truck.status}", "truck-not-on-the-way")
        if truck.ticket is not None:
            self.agenda.cancel(truck.ticket)
        truck.ticket, truck.status = None, "cancelled"
        truck.version += 1
        return truck

    def close_truck(self, id: str) -> Truck:
        """Nothing more will be received of it. Raises not_found, conflict unless it is there."""
        truck = self.truck(id)
        if truck.status != "arrived":
            raise conflict(f"truck {id} is {truck.status}", "truck-not-there")
        truck.status = "closed"
        truck.version += 1
        self._tell_unloaded(truck)
        return truck

    def due_truck_arrived(self, truck: str) -> None:
        """A truck is at the dock; its labels are scanned."""
        found = self.state.trucks.get(truck)
        if found is None or found.status != "on_the_way":
            return
        found.status, found.arrived, found.ticket = "arrived", self.now, None
        found.dock = found.dock or self._receiving
        found.version += 1
        self.tell(
            TruckArrival(
                truck=found.id, supplier=found.supplier, carrier=found.carrier,
                shipment=found.shipment, dock=found.dock,
                labels=[_label(load) for load in found.loads], at=self.now,
            )
        )  # fmt: skip

    # --- what is received of them ---------------------------------------------------------------

    def _lot_aboard(self, item: str, handling_unit: str | None) -> str | None:
        """The lot that the label of a handling unit says, where it says one."""
        aboard = self._by_label.get(handling_unit or "", ())
        lots = {one.load.lot for one in aboard if one.load.item == item}
        return lots.pop() if len(lots) == 1 else None

    def _aboard(
        self,
        item: str,
        lot: str | None,
        quantity: Decimal,
        handling_unit: str | None,
        delivery: InboundDelivery | None,
        reference: str | None,
    ) -> list[Aboard]:
        """What a receipt takes off trucks; nothing where it has to do with none.

        Raises conflict `not-arrived` or `more-than-arrived`.
        """
        found = self._meant(item, lot, handling_unit, delivery, reference)
        if found is None:
            return []
        what = f"handling unit {handling_unit}" if handling_unit else f"{item} lot {lot}"
        there = [one for one in found if one.truck.status != "on_the_way"]
        if found and not there:
            where = ", ".join(dict.fromkeys(one.truck.id for one in found))
            raise conflict(f"{what} is on truck {where}, which is not here yet", "not-arrived")
        fits = [
            one
            for one in there
            if one.truck.status in ("arrived", "unloaded")
            and one.load.item == item
            and (lot is None or one.load.lot is None or one.load.lot == lot)
        ]
        left = sum((one.load.left for one in fits), ZERO)
        if quantity > left:
            detail = f"the truck brought {left} of {item} that are still to come in with {what}"
            raise conflict(f"{detail}, not {quantity}", "more-than-arrived")
        return fits

    def _meant(
        self,
        item: str,
        lot: str | None,
        handling_unit: str | None,
        delivery: InboundDelivery | None,
        reference: str | None,
    ) -> list[Aboard] | None:
        """The loads that a receipt can only mean; None where no truck has to do with it."""
        if handling_unit and (aboard := self._live(self._by_label.get(handling_unit, ()))):
            return aboard
        if delivery is not None:
            names = [name for name in (delivery.asn, delivery.id) if name]
            trucks = [
                truck
                for name in names
                for truck in self._by_shipment.get(name, ())
                if truck.supplier == delivery.supplier and truck.status != "cancelled"
            ]
            if trucks:
                return [
                    Aboard(truck, load)
                    for truck in {one.id: one for one in trucks}.values()
                    for load in truck.loads
                    # a label that is not on it was not brought by it, whatever was announced
                    if load.item == item and (handling_unit is None or truck.status == "on_the_way")
                ]
        if lot:
            aboard = [
                one
                for one in self._live(self._by_lot.get((item, lot), ()))
                if (delivery is None or one.truck.supplier == delivery.supplier)
                and (reference not in self.state.purchase_orders or one.load.po == reference)
            ]
            return aboard or None
        return None

    @staticmethod
    def _live(aboard: Sequence[Aboard]) -> list[Aboard]:
        return [one for one in aboard if one.truck.status != "cancelled"]

    def _unload(self, aboard: Sequence[Aboard], quantity: Decimal) -> None:
        """So much was received; tells when a truck is empty by that."""
        for one in aboard:
            part = min(one.load.left, quantity)
            if part <= 0:
                continue
            one.load.received += part
            one.truck.version += 1
            quantity -= part
            if one.truck.status == "arrived" and all(load.left <= 0 for load in one.truck.loads):
                one.truck.status = "unloaded"
                self._tell_unloaded(one.truck)

    def _tell_unloaded(self, truck: Truck) -> None:
        self.tell(
            TruckUnloaded(
                truck=truck.id, supplier=truck.supplier, shipment=truck.shipment,
                complete=truck.status == "unloaded",
                lines=[_unloaded(load) for load in truck.loads], at=self.now,
            )
        )  # fmt: skip

    def _load(self, load: Load) -> Load:
        item = self._known_item(load.item)
        load.quantity = self._checked(item, load.quantity)
        load.unit = item.unit
        return load


def _flat(units: Sequence[HandlingUnit], items: Sequence[PackedItem]) -> Iterator[Load]:
    """What is packed, in the order of the tree."""
    for one in items:
        yield _packed(one, None, [], "")
    for unit in units:
        yield from _unit(unit, [])


def _unit(unit: HandlingUnit, within: list[str]) -> Iterator[Load]:
    for one in unit.items:
        yield _packed(one, unit.sscc or None, within, unit.package)
    inside = [*within, unit.sscc] if unit.sscc else within
    for smaller in unit.units:
        yield from _unit(smaller, inside)


def _packed(one: PackedItem, sscc: str | None, within: list[str], package: str) -> Load:
    return Load(
        one.item, one.quantity, one.unit, one.lot or None, sscc, list(within), package,
        one.po or None, one.po_line or None,
    )  # fmt: skip


def _label(load: Load) -> TruckLabel:
    return TruckLabel(
        sscc=load.sscc, parent=load.within[-1] if load.within else None, package=load.package,
        item=load.item, lot=load.lot, quantity=load.quantity, unit=load.unit, po=load.po,
        po_line=load.po_line,
    )  # fmt: skip


def _unloaded(load: Load) -> UnloadedLine:
    return UnloadedLine(
        sscc=load.sscc, item=load.item, lot=load.lot, quantity=load.quantity,
        received=load.received, unit=load.unit, po=load.po, po_line=load.po_line,
    )  # fmt: skip
