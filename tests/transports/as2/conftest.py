"""An integration's AS2 station, and desks that are stopped when a test ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.transports.as2.desk import Desk, Integration, issued

Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def integration() -> AsyncIterator[Integration]:
    one = Integration()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="session")
def partner_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The partner's key, so that not every test has to make one."""
    path = tmp_path_factory.mktemp("as2") / "bearco.pem"
    issued("BEARCO").save(path, key=True, certificate=True)
    return path


@pytest.fixture
async def open_desk(side: Any, integration: Integration, partner_key: Path) -> AsyncIterator[Open]:
    """Open the endpoint `edi.bearco` with these settings."""
    desks: list[Desk] = []

    async def opened(**settings: Any) -> Desk:
        desk = Desk(side, integration, **{"key": str(partner_key), **settings})
        desks.append(desk)
        await desk.start()
        return desk

    yield opened
    for desk in desks:
        await desk.stop()
