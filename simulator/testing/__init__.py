"""The public kit: a plant in a test, and suites that every plug-in of a family has to pass.

Installed with stagefloor, pytest finds the fixtures `stagefloor_site` and `plant` by itself.

What is named here is imported when it is first used: the plug-in costs other test runs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "suites" if name.endswith("Suite") else "running"
    return getattr(import_module(f"{__name__}.{module}"), name)
