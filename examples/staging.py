"""A staging area on this machine: where a plant is going to stand, and the bridge that faces it.

What the demo and `make scenarios` share. Everything that is started here is stopped at the end,
also when a signal comes while it starts.
"""

from __future__ import annotations

import contextlib
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PAYLOADS = ROOT / "payloads"
START, STOP = 15.0, 5.0  # seconds: to start the bridge, to stop anything
HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)  # below those that systems give to clients
_given: set[int] = set()


class Failed(Exception):
    """It cannot go on; the text says why, and what to do."""


@dataclass(frozen=True)
class Stage:
    """Where a plant is going to stand."""

    plant: str
    port: int
    payloads: Path
    mes: str
    wms: str
    partners: list[str] = field(default_factory=list)  # as the bridge's --partner takes them
    plcs: list[str] = field(default_factory=list)  # as the bridge's --plc takes them
    notes: list[str] = field(default_factory=list)


def addresses(scenarios: Sequence[Path], out: Path, *, free_ports: bool) -> Stage:
    """Where everything of the scenarios' plant is going to be, before any of it is there.

    Ports that somebody has already, or all of them with `free_ports`, are moved in a copy of the
    payloads under `out`. Raises Failed.
    """
    plant = _plant_of(scenarios)
    name = f"plants/{plant}.yaml"
    try:
        systems = YAML(typ="safe").load(PAYLOADS / name)["systems"]
        endpoints = {
            f"{system}.{one}": dict(given)
            for system, found in systems.items()
            for one, given in found.get("endpoints", {}).items()
        }
        web = {one: endpoints[f"{one}.http"] for one in ("mes", "wms")}
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise Failed(f"the plant {plant} could not be read: {error!r}") from None
    port, payloads, notes = _free_port(), PAYLOADS, []
    for endpoint in endpoints.values():
        own = endpoint.get("port")
        if own is None or not (free_ports or not _is_free(own)):
            continue
        if payloads is PAYLOADS:
            payloads = out / "payloads"
            shutil.copytree(PAYLOADS, payloads, dirs_exist_ok=True)
        endpoint["port"] = _free_port()
        _move_port(payloads / name, own, endpoint["port"])
        notes.append(f"Port {own} of the plant file is moved to {endpoint['port']}.")
    partners = [
        f"{_speaks_for(given['partner'])}={_reached(plant, one, given, port)}"
        for one, given in endpoints.items()
        if "partner" in given
    ]
    mes, wms = (_web(plant, f"{one}.http", given, port) for one, given in web.items())
    plcs = [
        url for one, given in endpoints.items() if (url := _listened(plant, one, given)) is not None
    ]
    return Stage(plant, port, payloads, mes, wms, partners, plcs, notes)


def _plant_of(scenarios: Sequence[Path]) -> str:
    plants = []
    for one in scenarios:
        try:
            plants.append(str(YAML(typ="safe").load(ROOT / one)["plant"]))
        except (OSError, KeyError, TypeError) as error:
            raise Failed(f"{one} and its plant could not be read: {error!r}") from None
    if len(set(plants)) > 1:
        raise Failed(
            f"one plant at a time: these scenarios are for {', '.join(sorted(set(plants)))}"
        )
    return plants[0]


def _web(plant: str, endpoint: str, given: dict[str, Any], port: int) -> str:
    system, _, name = endpoint.partition(".")
    path = given.get("path") or f"/{plant}/{system}" + ("" if name == "http" else f"/{name}")
    return f"http://{HOST}:{given.get('port') or port}{path}"


def _reached(plant: str, endpoint: str, given: dict[str, Any], port: int) -> str:
    """How an integration reaches a partner."""
    if given["transport"] == "sftp":
        user = given.get("user") or endpoint.partition(".")[2].lower()
        return f"sftp://{user}:{given['password']}@{HOST}:{given['port']}"
    there = _web(plant, endpoint, given, port)
    return f"as2+{there}" if given["transport"] == "as2" else there


def _listened(plant: str, endpoint: str, given: dict[str, Any]) -> str | None:
    """How an integration listens to PLCs; None where the endpoint has none."""
    if given["transport"] == "opcua":
        return f"opc.tcp://{HOST}:{given['port']}/{plant}/{endpoint.partition('.')[0]}"
    if given["transport"] == "mqtt":
        return f"mqtt://{HOST}:{given['port']}"
    return None


def _speaks_for(profile: str) -> str:
    return str(YAML(typ="safe").load(PAYLOADS / "partners" / f"{profile}.yaml")["partner"])


def _free_port() -> int:
    """A port that nobody has, and that nobody is given meanwhile: not one of those for clients."""
    for port in random.sample(PORTS, len(PORTS)):
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise Failed("no port is free")


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _move_port(file: Path, old: int, new: int) -> None:
    file.write_text(re.sub(rf"\bport: {old}\b", f"port: {new}", file.read_text()))


# --- processes ---------------------------------------------------------------------------------


@contextlib.contextmanager
def process(command: list[str], **how: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is stopped at the end, also when a signal comes while it is started."""
    came: list[int] = []
    before = {
        one: signal.signal(one, lambda number, _: came.append(number))
        for one in (signal.SIGINT, signal.SIGTERM)
    }
    started = None
    try:
        started = subprocess.Popen(command, cwd=ROOT, **how)
        for one, was in before.items():
            signal.signal(one, was)
        for number in came:
            signal.raise_signal(number)
        yield started
    finally:
        for one, was in before.items():
            signal.signal(one, was)
        if started is not None:
            _stop(started)


def _stop(one: subprocess.Popen[Any]) -> None:
    for ask in (one.terminate, one.kill):
        if one.poll() is None:
            ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(STOP)


def shown(command: Sequence[str], program: str) -> str:
    """A command as somebody would type it."""
    return shlex.join([program, *command[1:]]).replace(f"{ROOT}/", "")


@contextlib.contextmanager
def bridge(stage: Stage, out: Path, flags: Sequence[str] = ()) -> Iterator[str]:
    """The bridge as a process, from its first line to its end; its URL. Raises Failed."""
    command = [sys.executable, "-m", "examples.bridge", "--port", "0"]
    command += ["--mes-url", stage.mes, "--wms-url", stage.wms]
    command += ["--db", str(out / "bridge.sqlite")]
    command += [word for one in stage.partners for word in ("--partner", one)]
    command += [word for one in stage.plcs for word in ("--plc", one)]
    command += flags
    print("$", shown(command, "python"))
    log = out / "bridge.log"
    with (
        log.open("w") as errors,
        process(command, stdout=subprocess.PIPE, stderr=errors, text=True) as started,
    ):
        yield _first_line(started, log)


def _first_line(started: subprocess.Popen[str], log: Path) -> str:
    assert started.stdout is not None
    alarm = signal.signal(signal.SIGALRM, lambda *_: started.kill())
    signal.setitimer(signal.ITIMER_REAL, START)
    try:
        line = started.stdout.readline()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarm)
    if "listening on" not in line:
        last = log.read_text().strip().splitlines()[-1:] or ["it said nothing"]
        raise Failed(f"the bridge did not start within {START:.0f} s: {last[0]}")
    return line.split()[-1]


def run(stage: Stage, scenarios: Sequence[Path], erp: str, out: Path) -> list[str]:
    """The command that plays scenarios against the bridge."""
    command = [str(Path(sys.executable).parent / "stagefloor"), "run", *map(str, scenarios)]
    command += ["--target", f"erp={erp}", "--port", str(stage.port)]
    command += ["--junit", str(out / "junit.xml"), "--report", str(out / "report.json")]
    command += ["--journal", str(out / "journal.sqlite")]
    if stage.payloads != PAYLOADS:
        command += ["--payloads", str(stage.payloads)]
    return command
