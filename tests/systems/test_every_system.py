"""What every system of this package holds to."""

from __future__ import annotations

from typing import ClassVar

import pytest

from simulator.core.ports import System
from simulator.core.registry import registry
from simulator.testing.suites import SystemSuite


@pytest.mark.parametrize("kind", registry("systems", System).kinds(), scope="class")
class TestSystems(SystemSuite):
    """The public suite, once for each kind that is found."""

    kind: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _kind(self, kind: str) -> None:
        type(self).kind = kind
