"""What every room of the plant stands on: model, chance, agenda, state, time and observers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from simulator.core.agenda import Agenda
from simulator.core.chance import Chance
from simulator.core.durations import Instant, parse_instant
from simulator.core.errors import Refusal, Violation, invalid, nearest, not_found, stale
from simulator.core.ports import Document
from simulator.plant.model import BinModel, Item, PlantModel
from simulator.plant.quantities import MOST, STEP
from simulator.plant.state import State, Totals, restore_state, save_state


class Ground:
    """State that lasts and what is derived from it; derived things are rebuilt at `restore`."""

    def __init__(self, model: PlantModel, chance: Chance, agenda: Agenda) -> None:
        self.model = model
        self.chance = chance
        self.agenda = agenda
        self.state = State()
        self.now: Instant = 0
        self.observers: list[Callable[[Document], None]] = []
        self.zone = model.zone
        self._bins: dict[str, BinModel] = {}
        self._warehouse_of: dict[str, str] = {}
        for name, warehouse in model.warehouses.items():
            for one in warehouse.bins:
                place = one if isinstance(one, BinModel) else BinModel(id=one)
                self._bins[place.id] = place
                self._warehouse_of[place.id] = name
        self._shipping = self._bin_of("shipping", model.warehouse.shipping_bin)
        if not self._shipping:  # goods that are picked have to wait somewhere
            self._shipping = "SHIPPING"
            self._bins["SHIPPING"] = BinModel(id="SHIPPING", kind="shipping")
            self._warehouse_of["SHIPPING"] = next(iter(model.warehouses))
        receiving = self._bin_of("receiving", model.warehouse.receiving_bin)
        self._receiving = receiving or next(iter(self._bins))

    def _bin_of(self, kind: str, chosen: str | None) -> str:
        return chosen or next((one.id for one in self._bins.values() if one.kind == kind), "")

    def tell(self, document: Document) -> None:
        """Let every observer hear of what happened."""
        for observer in self.observers:
            observer(document)

    def save(self) -> dict[str, Any]:
        """The state as JSON-able data. The agenda and chance are saved by whoever owns them."""
        return {"now": self.now, "state": save_state(self.state)}

    def restore(self, saved: dict[str, Any]) -> None:
        """The inverse of `save`; the agenda and chance must be restored too."""
        self.now = saved["now"]
        self.state = restore_state(saved["state"])
        self._derive()

    def _derive(self) -> None:
        """Build anew what follows from the state."""

    def _stock_came(self, item: str) -> None:
        """Available stock of an item grew."""

    def _next(self, kind: str, pattern: str, first: int = 1, taken: Any = ()) -> str:
        """The next free id of a kind, like `M00000001`."""
        while True:
            number = self.state.numbers.get(kind, first - 1) + 1
            self.state.numbers[kind] = number
            name = pattern.format(number)
            if name not in taken:
                return name

    def _totals(self, item: str) -> Totals:
        found = self.state.totals.get(item)
        if found is None:
            found = self.state.totals[item] = Totals()
        return found

    def _instant(self, text: str | None) -> Instant | None:
        return None if text is None else parse_instant(text, self.zone)

    def item(self, id: str) -> Item:
        """An item's master data. Raises not_found."""
        found = self.model.items.get(id)
        if found is None:
            raise not_found("item", id)
        return found

    def items(self) -> list[Item]:
        """Every item, in the order of the file."""
        return list(self.model.items.values())

    def _known_item(self, id: str) -> Item:
        found = self.model.items.get(id)
        if found is None:
            meant = nearest(id, self.model.items)
            raise invalid(f"there is no item {id!r}; {meant}", Violation("/item", "unknown item"))
        return found

    def _known_bin(self, id: str, pointer: str = "/bin") -> str:
        if id not in self._bins:
            raise invalid(f"there is no bin {id!r}", Violation(pointer, "unknown bin"))
        return id

    def _checked(self, item: Item, quantity: Decimal, *, least: Decimal | None = None) -> Decimal:
        """A quantity that makes sense for the item. Raises invalid."""
        quantity = Decimal(quantity)
        why = ""
        if not quantity.is_finite() or abs(quantity) >= MOST:
            why = "is out of range"
        elif quantity != quantity.quantize(STEP):
            why = "has more than three decimals"
        elif item.whole and quantity != quantity.to_integral_value():
            why = f"is not whole, and {item.id} is counted in {item.unit}"
        elif least is None and quantity <= 0:
            why = "must be above 0"
        elif least is not None and quantity < least:
            why = f"must be at least {least}"
        if why:
            raise invalid(f"the quantity {quantity} {why}", Violation("/quantity", why))
        return quantity

    def _check_version(self, what: str, version: int, expected: int | None) -> None:
        if expected is not None and expected != version:
            raise stale(f"{what} has version {version}, not {expected}")


def refused(pointer: str, detail: str) -> Refusal:
    """A 422 for one field."""
    return invalid(detail, Violation(pointer, detail))
