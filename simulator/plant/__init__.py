"""The one truth: items, BOMs, routings, stock, lots, orders, machines, calendar."""

from simulator.plant.load import load_plant
from simulator.plant.model import PlantModel, SystemSpec
from simulator.plant.plant import Plant

__all__ = ["Plant", "PlantModel", "SystemSpec", "load_plant"]
