"""Mailboxes that tests make as they want them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.transports.mailbox.desk import Desk


@pytest.fixture
async def desks(side: Any) -> AsyncIterator[Any]:
    """Make mailboxes with the settings that a test wants."""
    made: list[Desk] = []

    async def make(**settings: Any) -> Desk:
        desk = Desk(side, **settings)
        made.append(desk)
        await desk.start()
        return desk

    yield make
    for one in made:
        await one.stop()


@pytest.fixture
async def desk(desks: Any) -> Desk:
    made: Desk = await desks()
    return made
