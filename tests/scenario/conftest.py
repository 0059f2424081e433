"""A small plant in a payload folder, and ways to write scenarios and journal entries briefly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.core.errors import Mistake, Mistakes
from simulator.scenario.load import parse_scenario

PLANT = """\
plant: gearbox
zone: Europe/Berlin
items:
  GEARBOX: {kind: make, tracking: lot}
  BEARING: {kind: buy, tracking: lot, supplier: BEARCO}
boms:
  GEARBOX: {components: [{item: BEARING, quantity: 2}]}
routings:
  GEARBOX: {operations: [{no: 10, work_centre: ASSEMBLY, cycle: 60s}]}
work_centres:
  ASSEMBLY: {machines: [{id: ASM-1}]}
suppliers: {BEARCO: {name: Bearco}}
warehouses: {MAIN: {bins: [A-01, {id: REC, kind: receiving}]}}
stock:
  - {item: BEARING, quantity: 1000, bin: A-01, lot: B-1}
systems:
  mes:
    endpoints:
      http: {transport: http, contract: isa95}
      events: {transport: webhook, contract: isa95, url: "${ERP_URL}/mes/events"}
  wms:
    endpoints:
      http: {transport: http, contract: rest}
"""


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    """A payload folder with the plant `gearbox`."""
    folder = tmp_path / "payloads"
    (folder / "plants").mkdir(parents=True)
    (folder / "plants" / "gearbox.yaml").write_text(PLANT)
    return folder


@pytest.fixture
def write(payloads: Path) -> Callable[[str], Path]:
    """Write a scenario file next to the payload folder and return its path."""

    def one(text: str, name: str = "s.yaml") -> Path:
        folder = payloads.parent / "scenarios"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return folder / name

    return one


@pytest.fixture
def mistakes(payloads: Path) -> Callable[[str | bytes], list[str]]:
    """The mistakes of a scenario's text, one line each."""

    def found(text: str | bytes) -> list[str]:
        raw = text.encode() if isinstance(text, str) else text
        try:
            parse_scenario(raw, "s.yaml", payloads)
        except Mistakes as many:
            return [str(one) for one in many.mistakes]
        except Mistake as one:
            return [str(one)]
        return []

    return found
