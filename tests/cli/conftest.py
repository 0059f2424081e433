"""A project folder with a small plant and a scenario, and the command in a process of its own.

Most commands are forked from a process that has imported everything (`warm.py`); those that a
test starts itself, to serve or to be interrupted, begin from nothing as a user's do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
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


class Warm:
    """Runs commands in forks of a process that has imported everything already."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: folder / name for name in ("stdin", "stdout", "stderr")}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py"))],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def run(
        self, words: tuple[str, ...], cwd: Path, env: dict[str, str], stdin: bytes = b""
    ) -> tuple[int, str, str]:
        """The return code, stdout and stderr of a command; never does it show a traceback."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._files["stdin"].write_bytes(stdin)
        files = {name: str(path) for name, path in self._files.items()}
        asked = {"words": words, "cwd": str(cwd), "env": env, **files}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, errors = (self._files[name].read_bytes().decode() for name in ("stdout", "stderr"))
        assert "Traceback" not in errors, errors
        return code, out, errors

    def stop(self) -> None:
        """Let it end by itself: it has no more to read."""
        self._process.communicate(timeout=20)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """One warm process for all tests of a session."""
    started = Warm(tmp_path_factory.mktemp("warm"))
    yield started
    started.stop()


@pytest.fixture
def stagefloor(project: Path, environment: dict[str, str], warm: Warm) -> Command:
    """Run the command in the project's folder; never does it show a traceback."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        code, out, errors = warm.run(words, project, {**environment, **more})
        return subprocess.CompletedProcess(words, code, out, errors)

    return run
