"""The pytest plug-in: `stagefloor_site` and `plant`.

    @pytest.mark.stagefloor(plant="gearbox", seed=7, targets={"erp": "http://127.0.0.1:9000"})
    def test_my_integration(plant):
        plant.do("mes.release_order", order="4711")
        plant.wait(system="mes", document="confirmation")

Each test has a site and a plant of its own, on a free port.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.testing.running import RunningPlant, RunningSite

MARK = (
    "stagefloor(plant, seed=0, speed=1, start=…, paused=False, targets={}, payloads=…): "
    "which plant the fixtures `plant` and `stagefloor_site` run, and how"
)
OPTIONS = ("plant", "seed", "speed", "start", "paused", "targets", "payloads")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARK)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {}
    marks = list(request.node.iter_markers("stagefloor"))
    for mark in reversed(marks):
        options.update(mark.kwargs)
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise pytest.UsageError(f"@pytest.mark.stagefloor knows no {', '.join(unknown)}")
    return options


@pytest.fixture
def stagefloor_payloads(request: pytest.FixtureRequest) -> Path:
    """The folder of plants: the marker's `payloads`, else the nearest one above the test."""
    given = _options(request).get("payloads")
    if given is not None:
        return Path(given)
    for folder in request.path.parents:
        if (folder / "payloads").is_dir():
            return folder / "payloads"
    raise pytest.UsageError(f"there is no payloads folder above {request.path}")


@pytest.fixture
def stagefloor_site(
    request: pytest.FixtureRequest, stagefloor_payloads: Path
) -> Iterator[RunningSite]:
    """A site without plants, running on a free port until the test ends."""
    from simulator.testing.running import RunningSite

    targets = _options(request).get("targets", {})
    variables = {f"{name.upper()}_URL": str(url) for name, url in targets.items()}
    with RunningSite(stagefloor_payloads, variables=variables) as site:
        yield site


@pytest.fixture
def plant(request: pytest.FixtureRequest, stagefloor_site: RunningSite) -> RunningPlant:
    """The plant that the marker names, running until the test ends."""
    options = _options(request)
    if "plant" not in options:
        raise pytest.UsageError('say which: @pytest.mark.stagefloor(plant="gearbox")')
    how = {k: v for k, v in options.items() if k in ("seed", "speed", "start", "paused")}
    return stagefloor_site.add(options["plant"], **how)
