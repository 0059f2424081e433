"""An integration's AS2 station, and desks that are stopped when a test ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.transports.as2.desk import Desk, Integration

Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def integration() -> AsyncIterator[Integration]:
    one = Integration()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def open_desk(side: Any, integration: Integration) -> AsyncIterator[Open]:
    """Open the endpoint `edi.bearco` with these settings."""
    desks: list[Desk] = []

    async def opened(**settings: Any) -> Desk:
        desk = Desk(side, integration, **settings)
        desks.append(desk)
        await desk.start()
        return desk

    yield opened
    for desk in desks:
        await desk.stop()
