"""Stagefloor as the publisher: PLCs all of whose tags change at every scan."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from simulator.plant import load_plant
from simulator.stage.stage import Stage

PLANT = """\
plant: bench
zone: UTC
items: {{BOLT: {{bin: A-01}}}}
warehouses: {{MAIN: {{bins: [A-01]}}}}
systems:
  plc:
    settings:
      plcs: {plcs}
    endpoints:
      mqtt: {{transport: mqtt, contract: sparkplug, broker: "mqtt://127.0.0.1:{port}"}}
"""


def written(folder: Path, port: int, plcs: int, tags: int) -> Path:
    signal = {"signal": {"sine": {"mean": 50, "amplitude": 10, "period": "1h"}, "noise": 1}}
    given = {
        f"PLC-{number}": {
            "scan": "100ms", "tags": {f"Line/Value-{tag}": signal for tag in range(tags)}
        }
        for number in range(plcs)
    }  # fmt: skip
    file = folder / "bench.yaml"
    file.write_text(PLANT.format(plcs=json.dumps(given), port=port))
    return file


async def main() -> None:
    port, seconds, _, plcs, tags = sys.argv[1:6]
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), int(port), int(plcs), int(tags))
        stage = Stage.build(
            load_plant(file, Path(folder)), payloads=Path(folder), start=int(time.time() * 1e6)
        )
        await stage.start()
        behind = time.time() * 1000 - stage.clock.now() / 1000  # what building it took
        await asyncio.sleep(1.5)
        began, used = time.perf_counter(), _cpu()
        await asyncio.sleep(float(seconds) - 0.5)
        cpu = (_cpu() - used) / (time.perf_counter() - began)
        await asyncio.sleep(1)
        await stage.stop()
    print(json.dumps({"cpu": cpu, "behind": behind}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


asyncio.run(main())
