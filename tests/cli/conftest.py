"""A project folder with a small plant and a scenario, and the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
      events: {transport: webhook, contract: isa95, url: "${ERP_URL}/mes/events"}
  wms:
    endpoints:
      http: {transport: http, contract: rest}
"""
SCENARIO = """\
scenario: An order is made
plant: tiny
seed: 3
lasts: 1h
clock: {start: 2026-03-02T06:00, speed: max}
steps:
  - at: 1m
    do: mes.create_order
    with: {item: GEAR, quantity: 2, release: true}
  - at: 2m
    fault: latency
    on: wms.http
    delay: 5ms
    for: 30m
expect:
  - name: it is confirmed
    of: {system: mes, document: confirmation}
    at_least: 1
"""
BROKEN = """\
  - name: the warehouse is asked
    of: {system: wms, document: confirmation}
    at_least: 1
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """`payloads/plants/tiny.yaml`, `scenarios/made.yaml` (kept) and `scenarios/broken.yaml`."""
    plants = tmp_path / "payloads" / "plants"
    plants.mkdir(parents=True)
    (plants / "tiny.yaml").write_text(PLANT)
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "made.yaml").write_text(SCENARIO)
    (scenarios / "broken.yaml").write_text(SCENARIO + BROKEN)
    return tmp_path


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment, without what would change the command's behaviour."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STAGEFLOOR_", "COV_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}


@pytest.fixture
def stagefloor(project: Path, environment: dict[str, str]) -> Command:
    """Run the command in the project's folder; never does it show a traceback."""

    def run(*words: str, timeout: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "simulator", *words],
            cwd=project,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
