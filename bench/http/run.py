"""Requests a second, side by side with WireMock: `python bench/http/run.py`.

Two operations, each on one machine in one run, with `wrk`:

* orders: POST a production order to the MES. Here it is validated, becomes an order with an id of
  its own in the plant, and stands in the journal; WireMock answers the same bytes from a stub.
* stock: GET the stock of the WMS, as many bytes from either.

WireMock runs as shipped, with its journal, and again with `--no-request-journal`; no templating.
It keeps its warmed-up JVM between rounds and its journal is emptied before each; the plant is
started anew for each round. Rounds alternate; the table shows medians.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = HERE.parent / ".cache"
WIREMOCK = "wiremock@3.13.2"
PLANT = ROOT / "payloads" / "plants" / "gearbox.yaml"
READY = 30.0
SIDES = ("stagefloor", "wiremock", "wiremock --no-request-journal")

ORDER = {"WorkMasterID": "GB-100", "Quantity": {"Value": 1}, "Command": "Store"}
PATHS = {"orders": "/gearbox/mes/job-orders", "stock": "/gearbox/wms/stock"}
# Stand-ins for what the plant answers, for a run without the plant.
SAMPLE = {
    "orders": json.dumps(ORDER | {"ID": "P0000001", "DispatchStatus": "Stored"}),
    "stock": json.dumps({"items": [{"item": f"ITEM-{n:04}", "bin": "A-01"} for n in range(40)]}),
}


@dataclass(frozen=True)
class Measured:
    """One run of wrk."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Server:
    """Something that answers both paths."""

    name: str
    urls: dict[str, str]


def main() -> int:
    options = _options()
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    missing = _missing()
    for name, reason in missing.items():
        print(f"skipped: {name}: {reason}")
    if "wrk" in missing:
        return 0
    sides = [name for name in SIDES if name.split()[0] not in missing]
    if not sides:
        return 0
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"note: the load average is {busy:.1f} before anything started: expect noise")
    with contextlib.ExitStack() as stack:
        bodies = _bodies(with_plant="stagefloor" in sides)
        jvms = {
            name: stack.enter_context(_wiremock(bodies, journal=name == "wiremock"))
            for name in sides
            if name != "stagefloor"
        }
        results: dict[tuple[str, str], list[Measured]] = {}
        for round_no in range(options.rounds + 1):
            for side in sides:
                for what in options.what:
                    with _side(side, jvms) as server:
                        _wrk(server, what, options, options.warm_up)
                        measured = _wrk(server, what, options, options.seconds)
                    if round_no:  # round 0 warms the JVM up, and the page cache
                        results.setdefault((what, side), []).append(measured)
                        print(f"  round {round_no} {what:7}{side:32}{measured.rate:9.0f} req/s")
    _table(results, sides, options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--warm-up", type=int, default=2, help="seconds before each measurement")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--what", nargs="+", choices=list(PATHS), default=list(PATHS))
    parser.add_argument("--json", type=Path, help="write the medians here, too")
    return parser.parse_args()


def _missing() -> dict[str, str]:
    """Which parts cannot run here, and why."""
    missing = {}
    if shutil.which("wrk") is None:
        missing["wrk"] = "wrk is not installed, and without it nothing can be measured"
    if not PLANT.is_file() or not (Path(sys.executable).parent / "stagefloor").is_file():
        missing["stagefloor"] = f"{PLANT.relative_to(ROOT)} or the command is not there"
    for program in ("java", "npm"):
        if shutil.which(program) is None:
            missing["wiremock"] = f"{program} is not installed"
    if "wiremock" not in missing and (problem := _install_wiremock()):
        missing["wiremock"] = problem
    return missing


def _install_wiremock() -> str | None:
    """Put WireMock into the scratch folder, once; why it could not be done."""
    if _jar() is not None:
        return None
    print(f"installing {WIREMOCK} into {CACHE.relative_to(ROOT)} (once)")
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", CACHE, WIREMOCK],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or _jar() is None:
        last = (done.stderr.strip() or "no jar in the package").splitlines()[-1]
        return f"npm could not install it: {last}"
    return None


def _jar() -> Path | None:
    return next((CACHE / "node_modules/wiremock/build").glob("wiremock-standalone-*.jar"), None)


# --- the servers -------------------------------------------------------------------------------


@contextlib.contextmanager
def _side(name: str, jvms: dict[str, Server]) -> Iterator[Server]:
    if name == "stagefloor":
        with _stagefloor() as server:
            yield server
        return
    server = jvms[name]
    reset = server.urls["orders"].removesuffix(PATHS["orders"]) + "/__admin/requests"
    _http("DELETE", reset)
    yield server


@contextlib.contextmanager
def _stagefloor() -> Iterator[Server]:
    """The plant, on free ports: its own are taken out of a copy of the payloads."""
    port = _free_port()
    payloads = CACHE / "payloads"
    shutil.copytree(ROOT / "payloads", payloads, dirs_exist_ok=True)
    plant = payloads / "plants" / PLANT.name
    plant.write_text(re.sub(r"\bport: \d+", "port: 0", PLANT.read_text()))
    command = [str(Path(sys.executable).parent / "stagefloor"), "serve", str(plant)]
    command += ["--payloads", str(payloads), "--port", str(port), "--journal-limit", "5000000"]
    control = f"http://127.0.0.1:{port}/control"
    with _process(command, f"{control}/ready", dict(os.environ)):
        found = json.loads(_http("GET", f"{control}/plants/gearbox/endpoints")[1])
        orders, stock = found["mes.http"]["url"], found["wms.http"]["url"]
        yield Server("stagefloor", {"orders": orders + "/job-orders", "stock": stock + "/stock"})


@contextlib.contextmanager
def _wiremock(bodies: dict[str, str], *, journal: bool) -> Iterator[Server]:
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    flags = [] if journal else ["--no-request-journal"]
    folder = CACHE / f"root-{port}"  # where WireMock looks for its stubs
    (folder / "mappings").mkdir(parents=True)
    for name, verb, status in (("orders", "POST", 201), ("stock", "GET", 200)):
        stub = {
            "request": {"method": verb, "urlPath": PATHS[name]},
            "response": {
                "status": status,
                "headers": {"Content-Type": "application/json"},
                "body": bodies[name],
            },
        }
        (folder / "mappings" / f"{name}.json").write_text(json.dumps(stub))
    command = ["java", "-jar", str(_jar()), "--port", str(port), "--root-dir", str(folder)]
    try:
        with _process([*command, *flags], base + "/__admin/mappings", dict(os.environ)):
            yield Server("wiremock", {name: base + path for name, path in PATHS.items()})
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _process(command: list[str], ready: str, environment: dict[str, str]) -> Iterator[None]:
    """A server, from ready to stopped."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _await(process, ready, command, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], url: str, command: list[str], log: IO[bytes]) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            _http("GET", url)
            return
        except OSError:
            time.sleep(0.05)
    log.seek(0)
    said = log.read().decode(errors="replace")[-2000:]
    sys.exit(f"did not become ready: {' '.join(command)}\n{said}")


def _http(verb: str, url: str, body: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, {"content-type": "application/json"}, method=verb)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return answer.status, answer.read()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


# --- measuring ---------------------------------------------------------------------------------


def _bodies(*, with_plant: bool) -> dict[str, str]:
    """What the plant answers, for WireMock to answer the same."""
    if not with_plant:
        return SAMPLE
    with _stagefloor() as server:
        _, order = _http("POST", server.urls["orders"], json.dumps(ORDER).encode())
        _, stock = _http("GET", server.urls["stock"])
    print(f"an order's answer is {len(order)} bytes, stock {len(stock)} bytes")
    return {"orders": order.decode(), "stock": stock.decode()}


def _wrk(server: Server, what: str, options: argparse.Namespace, seconds: int) -> Measured:
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(HERE / f"{what}.lua"), server.urls[what], "--", json.dumps(ORDER)]
    environment = os.environ | {"BENCH_LUA": str(HERE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(next(x for x in done.stdout.splitlines() if x.startswith('{"requests"')))
    if found["refused"] or found["broken"] or not found["requests"]:
        sys.exit(f"{server.name}, {what}: not every request was answered as it should be: {found}")
    return Measured(found["requests"] / found["seconds"], found["p50_ms"], found["p99_ms"])


def _table(
    results: dict[tuple[str, str], list[Measured]], sides: list[str], options: argparse.Namespace
) -> None:
    def median(what: str, side: str) -> Measured:
        runs = results[what, side]
        return Measured(
            *(statistics.median(getattr(run, name) for run in runs) for name in _FIELDS)
        )

    kept: dict[str, dict[str, dict[str, float]]] = {}
    print(
        f"\nmedians of {options.rounds} rounds of {options.seconds} s,"
        f" {options.connections} connections, {os.cpu_count()} cores\n"
    )
    print(f"{'operation':11}{'side':32}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'stagefloor is':>15}")
    for what in options.what:
        ours = median(what, "stagefloor").rate if "stagefloor" in sides else None
        for side in sides:
            one = median(what, side)
            ratio = f"{ours / one.rate:.2f} ×" if ours and side != "stagefloor" else ""
            print(f"{what:11}{side:32}{one.rate:9.0f}{one.p50:9.2f}{one.p99:9.2f}{ratio:>15}")
            kept.setdefault(what, {})[side] = {name: getattr(one, name) for name in _FIELDS}
    if options.json:
        options.json.write_text(json.dumps(kept, indent=2) + "\n")


_FIELDS = ("rate", "p50", "p99")


if __name__ == "__main__":
    sys.exit(main())
