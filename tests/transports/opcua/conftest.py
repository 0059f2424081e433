"""A plant with two machines, a few tags and alarms, behind a real OPC UA server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.transports.opcua.hall import Hall


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """A started plant; plant time stands still until it is told to run."""
    one = Hall(tmp_path)
    await one.open()
    yield one
    await one.close()


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Any]:
    """Starts a plant with other settings of its endpoint or its PLC."""
    made: list[Hall] = []

    async def building(**given: Any) -> Hall:
        one = Hall(tmp_path / str(len(made)), **given)
        made.append(one)
        await one.open()
        return one

    yield building
    for one in made:
        await one.close()
