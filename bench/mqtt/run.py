"""Sparkplug metrics by the second, beside a bare publisher: `python bench/mqtt/run.py`.

Ten PLCs with a hundred tags each, all of which change at every scan, ten scans a second: 10,000
metrics a second as 100 messages, to mosquitto where it is here, else to amqtt in a process of its
own. A subscriber in another process takes the time of each message (the plant runs as fast as the
wall clock, so the lag is from the scan to its arrival, to a millisecond as Sparkplug has it) and
keeps the bytes. Then paho alone publishes the same bytes at the same pace. What a side does:

  stagefloor   signals, changes, payloads, numbers, faults asked for, links counted, published
  paho         publishes bytes that are there already

CPU is that of the publishing process, in shares of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOAL = 10_000  # metrics a second


def main() -> int:
    options = _options()
    if os.getloadavg()[0] > 0.5:
        print(f"note: the load average is {os.getloadavg()[0]:.1f} already: expect noise")
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        broker, name = _broker(Path(folder), port)
        try:
            ours = _measure(options, Path(folder), port, "plant.py")
            bare = _measure(options, Path(folder), port, "bare.py")
        finally:
            broker.terminate()
            broker.wait()
    _show(options, name, ours, bare)
    if options.json:
        options.json.write_text(json.dumps({"stagefloor": ours, "paho": bare}, indent=2) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--plcs", type=int, default=10)
    parser.add_argument("--tags", type=int, default=100, help="of each PLC; ten scans a second")
    parser.add_argument("--json", type=Path, help="write the results here, too")
    return parser.parse_args()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _broker(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], str]:
    """A broker in a process of its own, once it listens."""
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is not None:
        file = folder / "mosquitto.conf"
        file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        command, name = [program, "-c", str(file)], "mosquitto"
    else:
        command, name = [sys.executable, str(HERE / "house.py"), str(port)], "amqtt"
    quiet: Any = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process, name
    sys.exit(f"{name} does not listen")


def _measure(
    options: argparse.Namespace, folder: Path, port: int, program: str
) -> dict[str, float]:
    """One publisher and one subscriber: what both say of it."""
    kept = folder / "messages"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    common: dict[str, Any] = {"cwd": ROOT, "env": environment, "text": True}
    given = [str(port), str(options.seconds), str(kept)]
    listener = subprocess.Popen(
        [sys.executable, str(HERE / "hears.py"), *given, "" if program == "bare.py" else "keep"],
        stdout=subprocess.PIPE, **common,
    )  # fmt: skip
    longest = options.seconds + 60
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / program), *given, str(options.plcs), str(options.tags)],
            capture_output=True, check=False, timeout=longest, **common,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{program} failed:\n{done.stderr[-2000:]}")
        heard, _ = listener.communicate(timeout=longest)
    finally:
        listener.kill()
    told = {**json.loads(heard), **json.loads(done.stdout)}
    for name in ("p50", "p99"):
        told[name] -= told.get("behind", 0)  # plant time is so far behind wall time
    return told


def _show(
    options: argparse.Namespace, broker: str, ours: dict[str, float], bare: dict[str, float]
) -> None:
    print(
        f"{options.plcs} PLCs × {options.tags} tags × 10 scans/s, {options.seconds:g} s, {broker}"
    )
    print(f"{'':12}{'metrics/s':>12}{'messages/s':>12}{'lag p50 ms':>12}{'p99 ms':>9}{'CPU':>8}")
    for name, one in (("stagefloor", ours), ("paho", bare)):
        print(
            f"{name:12}{one['metrics']:>12,.0f}{one['messages']:>12,.0f}{one['p50']:>12.1f}"
            f"{one['p99']:>9.1f}{one['cpu']:>8.2f}"
        )
    wanted = options.plcs * options.tags * 10
    held = "held" if ours["metrics"] >= 0.99 * min(wanted, GOAL) else "missed"
    print(f"goal {GOAL:,} metrics/s: {held}; CPU {ours['cpu'] / bare['cpu']:.1f} × the bare one's")


if __name__ == "__main__":
    sys.exit(main())
