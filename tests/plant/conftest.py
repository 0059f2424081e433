"""A small plant, and a way to run it without a stage."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from simulator.core.agenda import Agenda
from simulator.core.chance import Chance
from simulator.core.durations import Instant
from simulator.core.errors import Mistake, Mistakes
from simulator.core.ports import Document
from simulator.core.yamlfile import parse_yaml
from simulator.plant import Plant, PlantModel, load_plant
from simulator.plant.load import check_plant

ROOT = Path(__file__).resolve().parents[2]
START: Instant = 1_772_427_600_000_000  # Monday 2026-03-02T06:00 in Berlin

SMALL = """\
plant: small
items:
  PUMP: {kind: make, bin: F1}
  ROTOR: {kind: make, bin: W1, auto_receive: true}
  MOTOR: {kind: make, tracking: serial, bin: F1}
  SEAL: {bin: R1, over_receipt: 10%}
  STEEL: {unit: kg, bin: R1}
  BOLT: {tracking: none, bin: R1}
boms:
  PUMP:
    components:
      - {item: ROTOR, quantity: 1, operation: 10}
      - {item: SEAL, quantity: 2, operation: 20}
      - {item: BOLT, quantity: 4, scrap: 10%, operation: 20}
  ROTOR: {components: [{item: STEEL, quantity: 1.25}]}
  MOTOR: {components: [{item: ROTOR, quantity: 1}]}
routings:
  PUMP:
    operations:
      - {no: 10, work_centre: MILL, setup: 10m, cycle: 2m, confirm_every: 4}
      - {no: 20, work_centre: BUILD, cycle: 1m}
  ROTOR:
    operations: [{no: 10, work_centre: MILL, setup: 5m, cycle: 30s}]
  MOTOR:
    operations: [{no: 10, work_centre: BUILD, cycle: 3m, confirm_every: 2}]
work_centres:
  MILL: {machines: [{id: M1}, {id: M2}]}
  BUILD: {machines: [{id: B1}]}
suppliers: {SEALCO: {}, STEELCO: {}}
customers: {ACME: {}}
warehouses:
  MAIN: {bins: [R1, W1, F1, {id: OUT, kind: shipping}, {id: IN, kind: receiving}]}
stock:
  - {item: ROTOR, quantity: 100, bin: W1, lot: OLD}
  - {item: SEAL, quantity: 100, bin: R1, lot: S1}
  - {item: SEAL, quantity: 100, bin: R1, lot: S2}
  - {item: BOLT, quantity: 1000, bin: R1}
  - {item: STEEL, quantity: 500, bin: R1, lot: C45}
purchase_orders:
  - {id: P1, supplier: SEALCO, lines: [{item: SEAL, quantity: 50}]}
sales_orders:
  - {id: A1, customer: ACME, lines: [{item: PUMP, quantity: 10}, {item: SEAL, quantity: 5}]}
"""


class Floor:
    """A plant with its agenda, and every document it said."""

    def __init__(self, model: PlantModel, seed: int = 7, start: Instant = START) -> None:
        self.model = model
        self.plant = Plant(model, Chance(seed, model.name), Agenda())
        self.plant.now = start
        self.said: list[Document] = []
        self.plant.observers.append(self.said.append)
        self.events = 0

    def open(self) -> Floor:
        self.plant.open()
        return self

    def run(self, until: Instant) -> None:
        """Everything that is due up to an instant."""
        plant = self.plant
        while (event := plant.agenda.pop(until)) is not None:
            assert event.due >= plant.now
            plant.now = event.due
            owner, _, name = event.kind.partition(".")
            assert owner == "plant"
            self.events += 1
            getattr(plant, f"due_{name}")(**event.args)
        plant.now = max(plant.now, until)

    def saved(self) -> bytes:
        """Plant, agenda and chance, as the bytes that would go into a file."""
        plant = self.plant
        whole = [plant.save(), plant.agenda.save(), plant.chance.save()]
        return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)

    def again(self) -> Floor:
        """The same plant in a new house: saved, written, read and restored."""
        state, agenda, chance = orjson.loads(self.saved())
        other = Floor(self.model, seed=self.plant.chance.seed)
        other.plant.agenda = Agenda.restore(agenda)
        other.plant.chance.restore(chance)
        other.plant.restore(state)
        other.said += self.said
        return other

    def told(self, kind: str) -> list[Any]:
        return [one for one in self.said if one.document == kind]

    def bytes(self) -> bytes:
        return b"\n".join(one.model_dump_json().encode() for one in self.said)

    def check(self) -> None:
        """What must hold at every moment."""
        plant = self.plant
        stock = plant.total_stock()
        for item, ledger in plant.totals().items():
            assert ledger.balance() == stock[item], item
        if not self.model.warehouse.allow_negative:
            assert all(line.quantity > 0 for line in plant.stock())
        changes: dict[str, Decimal] = dict.fromkeys(plant.model.items, Decimal(0))
        for one in self.told("stock-change"):
            changes[one.item] += one.change
        inside = plant.total_stock(in_production=False)
        for item, change in changes.items():
            assert plant.totals()[item].initial + change == inside[item], item


def read(text: str) -> PlantModel:
    return check_plant(parse_yaml(text.encode(), "plant.yaml"))


def mistakes(text: str) -> list[str]:
    """What is wrong with a plant file, one line a mistake."""
    try:
        read(text)
    except Mistakes as found:
        return [str(one) for one in found.mistakes]
    except Mistake as found:
        return [str(found)]
    return []


@pytest.fixture(scope="session")
def small() -> PlantModel:
    return read(SMALL)


@pytest.fixture(scope="session")
def gearbox() -> PlantModel:
    return load_plant(ROOT / "payloads" / "plants" / "gearbox.yaml", ROOT / "payloads")


@pytest.fixture
def floor(small: PlantModel) -> Floor:
    """The small plant, just opened."""
    return Floor(small).open()


@pytest.fixture(scope="session")
def make_floor() -> Callable[..., Floor]:
    return Floor


@pytest.fixture(scope="session")
def small_text() -> str:
    return SMALL


@pytest.fixture(scope="session")
def find_mistakes() -> Callable[[str], list[str]]:
    return mistakes


@pytest.fixture(scope="session")
def read_plant() -> Callable[[str], PlantModel]:
    return read
