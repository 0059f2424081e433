"""A small plant, served over real sockets with its control plane."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.control import Tokens
from simulator.control.front import open_control, shared_server
from simulator.core.durations import parse_instant
from simulator.stage.site import Site
from simulator.stage.stage import Stage

PLANT = """\
plant: tiny
zone: UTC
items:
  GEAR: {kind: make, tracking: lot, bin: A-01}
  STEEL: {kind: buy, tracking: lot, bin: A-01, supplier: MILL}
boms:
  GEAR: {components: [{item: STEEL, quantity: 2}]}
routings:
  GEAR: {operations: [{no: 10, work_centre: MILLING, cycle: 60s}]}
work_centres:
  MILLING: {machines: [{id: M-1}], continuous: true}
suppliers: {MILL: {name: Steel mill}}
warehouses: {MAIN: {bins: [A-01, {id: REC, kind: receiving}]}}
stock:
  - {item: STEEL, quantity: 1000, bin: A-01, lot: S-1}
systems:
  mes:
    endpoints:
      http: {transport: http, contract: isa95}
      events:
        transport: webhook
        contract: isa95
        url: "${ERP_URL}/mes/events"
        retry: {attempts: 2, first: 10ms}  # nobody listens there, and no run waits long for them
  wms:
    endpoints:
      http: {transport: http, contract: rest, port: 0}
"""
START = "2026-03-02T06:00"


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    """A payload folder with the plants `tiny` and `other`."""
    plants = tmp_path / "payloads" / "plants"
    plants.mkdir(parents=True)
    (plants / "tiny.yaml").write_text(PLANT)
    (plants / "other.yaml").write_text(PLANT.replace("plant: tiny", "plant: other"))
    return tmp_path / "payloads"


class Running:
    """A site that runs in the test's loop, and a client for its control plane."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self.site = site
        self.client = client

    @property
    def stage(self) -> Stage:
        return self.site.stages["tiny"]

    async def ask(self, method: str, path: str, *, status: int = 200, **more: Any) -> Any:
        """Ask about the plant `tiny`, and check the answer's status."""
        reply = await self.client.request(method, f"/control/plants/tiny{path}", **more)
        assert reply.status_code == status, reply.text
        return reply.json()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def running(payloads: Path, tokens: Tokens) -> AsyncIterator[Running]:
    """The plants `tiny` (speed 1) and `other`, on a free port."""
    scenarios = payloads.parent / "scenarios"
    scenarios.mkdir()
    site = Site(port=0, payloads=payloads, variables={"ERP_URL": "http://127.0.0.1:9"})
    open_control(site, tokens, scenarios=scenarios)
    for name in ("tiny", "other"):
        path = payloads / "plants" / f"{name}.yaml"
        stage = site.add(path, seed=7, start=0)
        assert stage.name == name
    await site.start()
    url = shared_server(site).url
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
            yield Running(site, client)
    finally:
        await site.stop()


def moment(text: str = START) -> int:
    import zoneinfo

    return parse_instant(text, zoneinfo.ZoneInfo("UTC"))
