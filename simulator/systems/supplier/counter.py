"""What every part of a supplier's stand-in needs: behaviour, numbers, chance and labels."""

from __future__ import annotations

from functools import cached_property

from simulator.core.chance import Stream
from simulator.core.durations import Span
from simulator.core.errors import invalid, nearest
from simulator.core.gs1 import sscc
from simulator.core.ports import Stageside
from simulator.plant import Plant
from simulator.plant.distributions import Times
from simulator.plant.trading import AdviceNote, PartnerProfile, TradingDocument
from simulator.systems._partners import advice
from simulator.systems.supplier.settings import Behaviour, Levels, Settings
from simulator.systems.supplier.state import State

LEVELS: dict[str, Levels] = {"0001": "pallets", "0002": "cartons", "0004": "loose"}


class Counter:
    """The counter behind which the suppliers' people sit."""

    plant: Plant
    stage: Stageside
    settings: Settings
    state: State

    @cached_property
    def profiles(self) -> dict[str, PartnerProfile]:
        """The profiles of the suppliers that speak EDI."""
        return {one.partner: one for one in self.settings.partners}

    def behaviour(self, supplier: str) -> Behaviour:
        """How a supplier behaves."""
        return self.settings.suppliers.get(supplier, self.settings.default)

    def _supplier(self, name: str) -> str:
        """A supplier of the plant. Raises Refusal."""
        if name not in self.plant.model.suppliers:
            meant = nearest(name, self.plant.model.suppliers)
            raise invalid(f"there is no supplier {name!r}; {meant}")
        return name

    def _chance(self, supplier: str, what: str) -> Stream:
        return self.stage.chance("supplier", supplier, what)

    def _draw(self, supplier: str, what: str, times: Times) -> Span:
        return times.draw(self._chance(supplier, what))

    def _lead(self, supplier: str) -> Span:
        """From an order to its delivery."""
        times = self.plant.model.suppliers[supplier].lead_time
        if times is None:
            return 0
        return round(self._draw(supplier, "lead-time", times) * self.behaviour(supplier).lead_time)

    def _next(self, kind: str, pattern: str = "{:d}") -> str:
        """The next number of a kind; they begin anew with each occasion."""
        number = self.state.numbers.get(kind, self.stage.occasion) + 1
        self.state.numbers[kind] = number
        return pattern.format(number)

    def _label(self, supplier: str) -> str:
        """The next SSCC of a supplier."""
        profile = self.profiles.get(supplier)
        if profile is not None:
            prefix, extension = profile.company_prefix, 0
        else:
            gln = self.plant.model.suppliers[supplier].gln or "4012345"
            prefix, extension = gln[:7], 1  # suppliers without a profile may share a prefix
        number = int(self._next(f"sscc/{extension}{prefix}"))
        return sscc(number % 10 ** (16 - len(prefix)), prefix, extension)

    def _levels(self, supplier: str) -> Levels:
        chosen = self.behaviour(supplier).packing.levels
        profile = self.profiles.get(supplier)
        return chosen or (LEVELS[profile.ship_notice] if profile is not None else "pallets")

    def _advise(self, document: TradingDocument, notes: list[AdviceNote]) -> bool:
        """Say whether a document can be used (824, APERAK); True where it can.

        When, and whether good news is told at all, the gateway knows.
        """
        said = advice(document, notes, self._next("advice"), self.stage.now, LENIENT)
        self.plant.tell(said)
        return said.verdict != "rejected"


LENIENT = ("cumulative-gap",)
"""What a supplier remarks on, and works with all the same."""
