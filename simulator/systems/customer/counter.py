"""What every part of a customer's stand-in needs: behaviour, numbers, counts and parties."""

from __future__ import annotations

from typing import Literal

from simulator.core.chance import Stream
from simulator.core.durations import Span
from simulator.core.errors import invalid, nearest
from simulator.core.ports import Stageside
from simulator.plant import Plant
from simulator.plant.distributions import Times
from simulator.plant.ground import refused
from simulator.plant.model import Item
from simulator.plant.trading import AdviceNote, Party, TradingDocument
from simulator.systems._partners import advice
from simulator.systems.customer.settings import Behaviour, Settings
from simulator.systems.customer.state import Count, State


class Counter:
    """The counter behind which the customers' people sit."""

    plant: Plant
    stage: Stageside
    settings: Settings
    state: State

    def behaviour(self, customer: str) -> Behaviour:
        """How a customer behaves."""
        return self.settings.customers.get(customer, self.settings.default)

    def _customer(self, name: str) -> str:
        """A customer of the plant. Raises Refusal."""
        if name not in self.plant.model.customers:
            meant = nearest(name, self.plant.model.customers)
            raise invalid(f"there is no customer {name!r}; {meant}")
        return name

    def _item(self, name: str, place: str) -> Item:
        """An item of the plant. Raises Refusal that names the place."""
        found = self.plant.model.items.get(name)
        if found is None:
            meant = nearest(name, self.plant.model.items)
            raise refused(place, f"there is no item {name!r}; {meant}")
        return found

    def _counted(self, customer: str, item: str) -> Count:
        """Where the counts of an item stand; they begin where the settings say."""
        found = self.state.counts.get(f"{customer}/{item}")
        begin = self.behaviour(customer).counts.get(item)
        return found or (Count() if begin is None else Count(begin, begin, begin))

    def _count(self, customer: str, item: str) -> Count:
        """The counts of an item, to be changed."""
        return self.state.counts.setdefault(f"{customer}/{item}", self._counted(customer, item))

    def _chance(self, customer: str, what: str) -> Stream:
        return self.stage.chance("customer", customer, what)

    def _draw(self, customer: str, what: str, times: Times) -> Span:
        return times.draw(self._chance(customer, what))

    def _next(self, kind: str, pattern: str = "{:d}") -> str:
        """The next number of a kind; they begin anew with each occasion."""
        number = self.state.numbers.get(kind, self.stage.occasion) + 1
        self.state.numbers[kind] = number
        return pattern.format(number)

    def _advise(self, document: TradingDocument, notes: list[AdviceNote]) -> str:
        """Say whether a document can be used (824, APERAK); the verdict.

        When, and whether good news is told at all, the gateway knows.
        """
        lenient = self.behaviour(document.partner).lenient
        said = advice(document, notes, self._next("advice"), self.stage.now, lenient)
        self.plant.tell(said)
        return said.verdict

    def _parties(self, customer: str) -> list[Party]:
        known = self.plant.model.customers[customer]
        scheme: Literal["gln", "mutual"] = "gln" if known.gln else "mutual"
        where = {
            "id": known.gln or customer, "scheme": scheme, "name": known.name,
            "street": known.street, "city": known.city, "postcode": known.postcode,
            "country": known.country,
        }  # fmt: skip
        seller = self.plant.model.name.upper()
        return [
            Party.model_validate({"role": "buyer", **where}),
            Party(role="seller", id=seller, scheme="mutual", name=seller),
            Party.model_validate({"role": "ship-to", **where}),
        ]
