"""OPC UA side by side with node-opcua: `python bench/opcua/run.py`.

On one machine in one run, by the same client:

* 10,000 variables created in one folder, and the first session with one read;
* 1,000 of them changed ten times a second, told to one and to five clients: notifications a second,
  how late they were (p50, p99), and the server's CPU;
* as fast as a process can tell: 1,000 variables changed a hundred times a second, to one client.

node-opcua comes from `.ci/install-oracles`. Rounds alternate; the table shows medians.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULES = ROOT / ".oracles" / "node" / "node_modules"
SIDES = ("stagefloor", "node-opcua")
TICKS = os.sysconf("SC_CLK_TCK")
CASES = ((1, 10.0), (5, 10.0), (1, 100.0))  # clients, changes a second


def main() -> int:
    options = _options()
    sides = list(SIDES)
    if shutil.which("node") is None or not (MODULES / "node-opcua").is_dir():
        print("skipped: node-opcua: run .ci/install-oracles")
        sides.remove("node-opcua")
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"note: the load average is {busy:.1f} before anything started: expect noise")
    found: dict[tuple[str, str], list[float]] = {}
    for number in range(options.rounds):
        for side in sides:
            for name, value in _round(side, options).items():
                found.setdefault((name, side), []).append(value)
            print(f"  round {number + 1}: {side}", flush=True)
    _table(found, sides, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--variables", type=int, default=10_000)
    parser.add_argument("--watched", type=int, default=1_000)
    parser.add_argument("--json", type=Path, help="write the medians here, too")
    return parser.parse_args()


def _round(side: str, options: argparse.Namespace) -> dict[str, float]:
    found: dict[str, float] = {}
    with _server(side, options.variables) as (server, about):
        found["create"] = about["created"]
        index = about.get("index", 2)
        first = [sys.executable, str(HERE / "watch.py"), about["url"], str(index), "0"]
        said = subprocess.run(first, capture_output=True, check=True, env=_environment())
        found["first session"] = json.loads(said.stdout)["session"]
        for clients, hertz in CASES:
            name = f"{clients} × {hertz:g} Hz"
            measured = _measure(server, about["url"], index, clients, hertz, options)
            found |= {f"{name} {what}": value for what, value in measured.items()}
    return found


def _measure(
    server: subprocess.Popen[bytes], url: str, index: int, clients: int, hertz: float,
    options: argparse.Namespace,
) -> dict[str, float]:  # fmt: skip
    assert server.stdin is not None
    command = [sys.executable, str(HERE / "watch.py"), url, str(index), str(options.watched)]
    watching = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment())
        for _ in range(clients)
    ]
    try:
        for one in watching:
            assert _line(one) == "ready"
        server.stdin.write(f"{options.watched} {hertz}\n".encode())
        server.stdin.flush()
        time.sleep(1)
        before, began = _cpu(server.pid), time.perf_counter()
        for one in watching:
            _go(one)
        time.sleep(options.seconds)
        for one in watching:
            _go(one)
        used = (_cpu(server.pid) - before) / (time.perf_counter() - began)
        told = [json.loads(_line(one)) for one in watching]
        server.stdin.write(b"0 1\n")
        server.stdin.flush()
    finally:
        for one in watching:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(5)
            one.kill()
            one.wait()
    return {
        "rate": sum(one["rate"] for one in told),
        "p50": statistics.median(one["p50"] for one in told),
        "p99": max(one["p99"] for one in told),
        "cpu": used,
    }


@contextlib.contextmanager
def _server(side: str, variables: int) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, str(HERE / "ours.py"), str(variables)]
        if side == "node-opcua":
            script = str(HERE / "peer_node_opcua.js")
            command = ["node", script, str(variables), str(_free_port())]
        environment = {**_environment(), "NODE_PATH": str(MODULES), "HOME": home}
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=home
        )
        try:
            line = _line(server)
            while not line.startswith("{"):  # node-opcua tells of its certificates
                line = _line(server)
            yield server, json.loads(line)
        finally:
            server.kill()
            server.wait()


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{process.args} ended with {process.wait()}")
    return line.decode().strip()


def _go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _table(
    found: dict[tuple[str, str], list[float]], sides: list[str], options: argparse.Namespace
) -> None:
    medians = {key: statistics.median(values) for key, values in found.items()}
    names = list(dict.fromkeys(name for name, _ in found))
    print(f"{'':22}" + "".join(f"{side:>14}" for side in sides) + f"{'ratio':>9}")
    for name in names:
        values = [medians[name, side] for side in sides]
        shown = "".join(f"{_shown(name, one):>14}" for one in values)
        ratio = f"{values[0] / values[1]:9.2f}" if len(values) == 2 and values[1] else ""
        print(f"{name:22}{shown}{ratio}")
    if options.json is not None:
        plain = {f"{side}: {name}": value for (name, side), value in medians.items()}
        options.json.write_text(json.dumps(plain, indent=2) + "\n")


def _shown(name: str, value: float) -> str:
    if name.endswith("rate"):
        return f"{value:.0f}/s"
    if name.endswith("cpu"):
        return f"{value:.2f} cores"
    return f"{value * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
