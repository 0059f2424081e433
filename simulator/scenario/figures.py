"""Figures of the plant that an integration's own can be held against: stock, production, scrap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from simulator.plant import Plant

MOST_DIFFERENCES = 10
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """One number for each item, or for each machine.

    An integration gives them as `{A: 5}`, or in rows like `{item: A, quantity: 5}`, perhaps under
    `items`; several rows add up, and what is left out is 0.
    """

    name: str  # stock
    what: str  # what each number belongs to: item
    number: str  # how a row calls the number: quantity
    of: Callable[[Plant], Mapping[str, Decimal]]

    def read(self, answer: Any) -> dict[str, Decimal]:
        """An integration's own. Raises ValueError where it gives none."""
        found: dict[str, Decimal] = {}
        try:
            for name, number in self._rows(answer):
                found[name] = found.get(name, _ZERO) + Decimal(str(number))
        except (InvalidOperation, TypeError, KeyError):
            raise ValueError(f"no {self.name} list") from None
        return found

    def _rows(self, answer: Any) -> Iterable[tuple[str, Any]]:
        rows = answer.get("items", answer) if isinstance(answer, dict) else answer
        if isinstance(rows, dict):
            return ((str(name), number) for name, number in rows.items())
        return ((str(row[self.what]), row[self.number]) for row in rows)

    def differences(self, theirs: Mapping[str, Decimal], plant: Mapping[str, Decimal]) -> list[str]:
        """How an integration's differ from the plant's, line by line; nothing where they agree."""
        wrong = []
        for name in sorted({*theirs, *plant}):
            mine, other = plant.get(name, _ZERO), theirs.get(name, _ZERO)
            if mine != other:
                wrong.append(
                    f"{name}: the integration has {_shown(other)}, the plant {_shown(mine)} "
                    f"({_shown(other - mine, sign=True)})"
                )
        if not wrong:
            return []
        more = len(wrong) - MOST_DIFFERENCES
        listed = wrong[:MOST_DIFFERENCES] + ([f"… and {more} more"] if more > 0 else [])
        count = f"1 {self.what} differs" if len(wrong) == 1 else f"{len(wrong)} {self.what}s differ"
        return [f"{count} from the plant's {self.name}", *listed]


FIGURES: dict[str, Figures] = {
    f"plant.{one.name}": one
    for one in (
        Figures("stock", "item", "quantity", lambda plant: plant.total_stock()),
        Figures("production", "machine", "good", lambda plant: plant.made().good),
        Figures("scrap", "machine", "defective", lambda plant: plant.made().defective),
    )
}
"""By the word that stands after `equals`."""


def _shown(value: Decimal, *, sign: bool = False) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"+{text}" if sign and value > 0 else text
