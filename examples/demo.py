"""`make demo`: an integration, a plant with a bad morning, and a verdict, in under a minute.

Starts the bridge (an ordinary integration that knows nothing of Stagefloor), runs a scenario
against it, and says where to look next. `--no-dedupe` breaks the bridge on purpose.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PAYLOADS = ROOT / "payloads"
OUT = Path(".stagefloor/demo")
SCENARIO = Path("scenarios/wms-outage-at-the-morning-peak.yaml")
START, LIMIT, STOP = 15.0, 85.0, 5.0  # seconds: to start the bridge, for the run, to stop
COULD_NOT_START = 3
MEANINGS = {
    0: "kept: every expectation held",
    1: "broken: at least one expectation did not hold; the lines above show the nearest messages",
    2: "the scenario or its plant has a mistake; the lines above say where",
    3: "it could not start; the line above says why",
    4: "the stand-in itself was overloaded, so the verdict would mean nothing",
}


@dataclass(frozen=True)
class Stage:
    """Where the plant is going to stand."""

    plant: str
    port: int
    payloads: Path
    mes: str
    wms: str
    note: str


class Failed(Exception):
    """The demo cannot go on; the text says why, and what to do."""


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        return demo(options)
    except Failed as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return COULD_NOT_START
    except KeyboardInterrupt:
        print("\ndemo: interrupted; everything it started is stopped", file=sys.stderr)
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scenario", type=Path, nargs="?", default=SCENARIO)
    parser.add_argument(
        "--no-dedupe", action="store_true", help="break the bridge: see a broken expectation"
    )
    parser.add_argument(
        "--free-ports", action="store_true", help="never the ports that the plant file names"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="what the demo leaves behind")
    options = parser.parse_args()
    options.out = (ROOT / options.out).resolve()
    return options


def demo(options: argparse.Namespace) -> int:
    """Start the bridge, run the scenario, point to what is left behind; the run's exit code."""
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    stage = _addresses(options)
    _say(f"""
        Stagefloor demo
        1. A small integration (examples/bridge) is started. It takes production orders and ship
           notices from the ERP, releases orders in the MES and posts receipts to the WMS.
        2. The {stage.plant} plant is put on stage, and {options.scenario} runs
           against the bridge. An hour in the plant takes less than a minute.
        3. The verdict is read from the journal of everything that crossed the wire.
        """)
    if stage.note:
        print(stage.note)
    with _bridge(options, stage) as bridge:
        print(f"The bridge listens at {bridge}; its peers do not exist yet, which it bears.")
        code = _run(options, bridge, stage)
        print(f"\nExit code {code}: {MEANINGS.get(code, 'unexpected')}.")
        _bridge_says(bridge)
    _next(code, options)
    return code


def _addresses(options: argparse.Namespace) -> Stage:
    """Where everything is going to be, before any of it is there."""
    try:
        plant = YAML(typ="safe").load(ROOT / options.scenario)["plant"]
        file = PAYLOADS / "plants" / f"{plant}.yaml"
        found = YAML(typ="safe").load(file)
        systems = {name: found["systems"][name]["endpoints"]["http"] for name in ("mes", "wms")}
    except (OSError, KeyError, TypeError) as error:
        raise Failed(f"{options.scenario} and its plant could not be read: {error!r}") from None
    port, payloads, base, note = _free_port(), PAYLOADS, {}, ""
    for name, endpoint in systems.items():
        own = endpoint.get("port")
        if own is not None and (options.free_ports or not _is_free(own)):
            free = _free_port()
            payloads = options.out / "payloads"
            _move_port(payloads, f"plants/{plant}.yaml", own, free)
            note = f"The {name} takes port {free}, not the plant file's {own}."
            own = free
        path = endpoint.get("path") or f"/{plant}/{name}"
        base[name] = f"http://127.0.0.1:{own or port}{path}"
    return Stage(plant, port, payloads, base["mes"], base["wms"], note)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _move_port(payloads: Path, plant: str, old: int, new: int) -> None:
    """A copy of the payloads in which a plant listens somewhere else."""
    shutil.copytree(PAYLOADS, payloads, dirs_exist_ok=True)
    text = (payloads / plant).read_text()
    (payloads / plant).write_text(re.sub(rf"\bport: {old}\b", f"port: {new}", text))


# --- processes ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _process(command: list[str], **how: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is stopped at the end, also when a signal comes while it is started."""
    came: list[int] = []
    before = {
        one: signal.signal(one, lambda number, _: came.append(number))
        for one in (signal.SIGINT, signal.SIGTERM)
    }
    process = None
    try:
        process = subprocess.Popen(command, cwd=ROOT, **how)
        for one, was in before.items():
            signal.signal(one, was)
        for number in came:
            signal.raise_signal(number)
        yield process
    finally:
        for one, was in before.items():
            signal.signal(one, was)
        if process is not None:
            _stop(process)


def _stop(process: subprocess.Popen[Any]) -> None:
    for ask in (process.terminate, process.kill):
        if process.poll() is None:
            ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP)


# --- the bridge --------------------------------------------------------------------------------


@contextlib.contextmanager
def _bridge(options: argparse.Namespace, stage: Stage) -> Iterator[str]:
    """The bridge as a process, from its first line to its end; its URL."""
    command = [sys.executable, "-m", "examples.bridge", "--port", "0"]
    command += ["--mes-url", stage.mes, "--wms-url", stage.wms]
    command += ["--db", str(options.out / "bridge.sqlite")]
    command += ["--no-dedupe"] if options.no_dedupe else []
    print("$", shlex.join(["python", *command[1:]]).replace(f"{ROOT}/", ""))
    log = options.out / "bridge.log"
    with (
        log.open("w") as errors,
        _process(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        yield _first_line(process, log)


def _first_line(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    alarm = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.setitimer(signal.ITIMER_REAL, START)
    try:
        line = process.stdout.readline()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarm)
    if "listening on" not in line:
        last = log.read_text().strip().splitlines()[-1:] or ["it said nothing"]
        raise Failed(f"the bridge did not start within {START:.0f} s: {last[0]}")
    return line.split()[-1]


def _bridge_says(bridge: str) -> None:
    """What the integration itself thinks happened."""
    try:
        asns = _get(bridge, "/asns")["asns"]
        orders = _get(bridge, "/orders")["orders"]
        booked = _get(bridge, "/confirmations")["d"]["results"]
        health = _get(bridge, "/health")
    except (OSError, ValueError) as error:
        print(f"The bridge does not answer any more: {error}")
        return
    received = sum(one["status"] == "received" for one in asns)
    done = sum(one["status"] == "received" for one in orders)
    print(
        f"The bridge's own books: {received} of {len(asns)} ship notices received,"
        f" {done} of {len(orders)} orders in the warehouse, {len(booked)} confirmations,"
        f" {health['outbox']['pending']} messages still waiting."
    )


def _get(bridge: str, path: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(bridge + path, timeout=5) as answer:
        return json.load(answer)


# --- the run -----------------------------------------------------------------------------------


def _run(options: argparse.Namespace, bridge: str, stage: Stage) -> int:
    out = options.out
    command = [str(Path(sys.executable).parent / "stagefloor"), "run", str(options.scenario)]
    command += ["--target", f"erp={bridge}", "--port", str(stage.port)]
    command += ["--junit", str(out / "junit.xml"), "--report", str(out / "report.json")]
    command += ["--journal", str(out / "journal.sqlite")]
    if stage.payloads != PAYLOADS:
        command += ["--payloads", str(stage.payloads)]
    print("$", shlex.join(["stagefloor", *command[1:]]).replace(f"{ROOT}/", ""))
    print(f"While it runs, the control plane is at http://127.0.0.1:{stage.port}/control/docs\n")
    sys.stdout.flush()
    begun = time.monotonic()
    try:
        with _process(command) as process:
            return process.wait(LIMIT)
    except OSError as error:
        raise Failed(f"stagefloor could not be run: {error}; try `make setup`") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"the run took longer than {LIMIT:.0f} s; it was stopped") from None
    finally:
        print(f"\nThe run took {time.monotonic() - begun:.0f} s.")


def _next(code: int, options: argparse.Namespace) -> None:
    where = options.out.relative_to(ROOT) if options.out.is_relative_to(ROOT) else options.out
    _say(f"""
        Where to look next
          what crossed the wire   stagefloor journal {where}/journal.sqlite system=wms
          the verdict for CI      {where}/junit.xml, {where}/report.json
          what the bridge said    {where}/bridge.log
          the scenario            {options.scenario}
          a plant to play with    make serve, then http://127.0.0.1:8080/control/docs
          how it all works        README.md, docs/design.md, docs/glossary.md
        """)
    if code == 0 and not options.no_dedupe:
        print("To see it fail: make demo ARGS=--no-dedupe   (a bridge that books doubles twice)")


def _say(text: str) -> None:
    print(textwrap.dedent(text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
