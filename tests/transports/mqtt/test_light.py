"""A plan of a plant with MQTT endpoints loads no MQTT library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.transports.mqtt.conftest import plant_file

SCRIPT = """
import sys
from pathlib import Path
from simulator.plant import load_plant
from simulator.stage.stage import Stage

file = Path(sys.argv[1])
stage = Stage.build(load_plant(file, file.parent), payloads=file.parent, network=False)
stage.advance(60_000_000)
heavy = {"paho", "amqtt", "aiomqtt", "transitions", "websockets"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def test_a_plan_loads_no_mqtt_library(tmp_path: Path) -> None:
    file = plant_file(tmp_path, {"transport": "mqtt", "contract": "sparkplug"})
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(file)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
