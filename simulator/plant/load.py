"""Reading a plant file. (The checks across its parts are being filled in.)"""

from __future__ import annotations

from pathlib import Path

from simulator.core.yamlfile import read_yaml
from simulator.plant.model import PlantModel


def load_plant(path: Path, payloads: Path) -> PlantModel:
    """Read and check a plant file. Raises Mistakes."""
    located = read_yaml(path)
    model = located.validate(PlantModel)
    model._located = located
    return model
