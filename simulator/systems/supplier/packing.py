"""From lines to pallets and cartons with their SSCCs, and to another load than was announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from simulator.core.errors import invalid
from simulator.plant.quantities import ZERO
from simulator.plant.trading import HandlingUnit, PackedItem
from simulator.systems.supplier.settings import Levels

MOST_CARTONS = 10_000


@dataclass(frozen=True, slots=True)
class Packed:
    """What is packed: a tree of units, or loose."""

    units: list[HandlingUnit]
    items: list[PackedItem]

    def rows(self) -> Iterator[PackedItem]:
        """Everything that is packed, in the order of the tree."""
        yield from self.items
        for unit in self.units:
            for one in unit.walk():
                yield from one.items


def pack(
    lines: list[PackedItem],
    levels: Levels,
    per_carton: Decimal,
    cartons_per_pallet: int,
    label: Callable[[], str],
) -> Packed:
    """Pack lines, one item, order line and lot a carton. Raises Refusal for too many cartons."""
    if levels == "loose":
        return Packed([], lines)
    count = sum(int((one.quantity / per_carton).to_integral_value(ROUND_CEILING)) for one in lines)
    if count > MOST_CARTONS:
        raise invalid(f"{count} cartons are more than a shipment has ({MOST_CARTONS})")
    cartons = []
    for one in lines:
        left = one.quantity
        while left > 0:
            part = min(left, per_carton)
            left -= part
            item = one.model_copy(update={"quantity": part})
            cartons.append(HandlingUnit(package="carton", sscc=label(), items=[item]))
    if levels == "cartons":
        return Packed(cartons, [])
    starts = range(0, len(cartons), cartons_per_pallet)
    return Packed(
        [
            HandlingUnit(sscc=label(), units=cartons[start : start + cartons_per_pallet])
            for start in starts
        ],
        [],
    )


def altered(
    packed: Packed, wanted: Mapping[str, Decimal], spare: Callable[[str], PackedItem]
) -> Packed:
    """The same labels with other quantities of some items.

    What is missing is taken from the last cartons, what is over put into the last; a carton or
    pallet with nothing in it is left out. `spare` gives an item that was not packed at all.
    """
    rows = list(packed.rows())
    quantities = [one.quantity for one in rows]
    extra = []
    for item, quantity in wanted.items():
        mine = [index for index, one in enumerate(rows) if one.item == item]
        change = quantity - sum((quantities[index] for index in mine), ZERO)
        if change > 0 and not mine:
            extra.append(spare(item).model_copy(update={"quantity": change}))
        elif change > 0:
            quantities[mine[-1]] += change
        for index in reversed(mine):
            if change >= 0:
                break
            part = min(-change, quantities[index])
            quantities[index] -= part
            change += part
    given = iter(quantities)

    def kept(items: list[PackedItem]) -> list[PackedItem]:
        new = [one.model_copy(update={"quantity": next(given)}) for one in items]
        return [one for one in new if one.quantity > 0]

    def unit(one: HandlingUnit) -> HandlingUnit | None:
        items = kept(one.items)
        inside = [smaller for smaller in map(unit, one.units) if smaller is not None]
        if not items and not inside:
            return None
        return one.model_copy(update={"items": items, "units": inside})

    loose = kept(packed.items)
    units = [one for one in map(unit, packed.units) if one is not None]
    return Packed(units, [*loose, *extra])
