"""The public kit: a plant in a test, and suites that every plug-in of a family has to pass.

`pytest -p simulator.testing.plugin` (or `pytest_plugins = ["simulator.testing.plugin"]` in the
topmost conftest.py) brings the fixtures `stagefloor_site` and `plant`.
"""

from __future__ import annotations

from simulator.testing.running import Broken, RunningPlant, RunningSite
from simulator.testing.suites import ContractSuite, FaultSuite, SystemSuite, TransportSuite

__all__ = [
    "Broken",
    "ContractSuite",
    "FaultSuite",
    "RunningPlant",
    "RunningSite",
    "SystemSuite",
    "TransportSuite",
]
