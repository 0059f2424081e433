"""The plant: the one truth behind every system, plain and synchronous.

Its rooms stand on each other: `ground`, `stockroom`, `trade`, `trucks`, `receiving`, `warehouse`,
`orders`, `machines`, `progress`, `production`. All that will happen is on the agenda as
`plant.<name>`, answered by `due_<name>`: start_order, dispatch, shift, done, breakdown, repaired,
truck_arrived.
"""

from __future__ import annotations

from simulator.core.agenda import Agenda
from simulator.core.chance import Chance
from simulator.plant.model import PlantModel
from simulator.plant.production import Production


class Plant(Production):
    """One simulated factory: master data, stock, orders, machines, shifts.

    `now` is set by whoever runs the agenda. Whatever it does is told to its `observers` as a
    document. It says no by raising `core.errors.Refusal`.
    """

    def __init__(self, model: PlantModel, chance: Chance, agenda: Agenda) -> None:
        super().__init__(model, chance, agenda)
        self._derive()

    def open(self) -> None:
        """Begin, at `now`: stock, orders, machines and shifts of the plant file.

        Called once, before anything else, and not after `restore`.
        """
        assert self.state.opened is None, "a plant is opened once"
        self.state.opened = self.now
        self._open_stock()
        self._open_trade()
        self._open_machines()
        for one in self.model.production_orders:
            self.create_order(
                one.item,
                one.quantity,
                id=one.id,
                priority=one.priority,
                start=self._instant(one.start),
                due=self._instant(one.due),
                release=one.release,
                external=one.external,
            )
