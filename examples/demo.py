"""`make demo`: an integration, a plant with a bad morning, and a verdict, in under a minute.

Starts the bridge (an ordinary integration that knows nothing of Stagefloor), runs scenarios
against it, and says where to look next. `--no-dedupe` and `--break` break it on purpose.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, not as a module

from examples.bridge.flaws import FLAWS
from examples.staging import ROOT, Failed, Stage, addresses, bridge, process, run, shown

OUT = Path(".stagefloor/demo")
LINE = Path("scenarios/floor-line-start.yaml")
SCENARIOS = [
    LINE,
    Path("scenarios/asn-order-to-receipt.yaml"),
    Path("scenarios/wms-outage-at-the-morning-peak.yaml"),
]
LIMIT = 85.0  # seconds for a scenario
COULD_NOT_START = 3
MEANINGS = {
    0: "kept: every expectation held",
    1: "broken: at least one expectation did not hold; the lines above show the nearest messages",
    2: "the scenario or its plant has a mistake; the lines above say where",
    3: "it could not start; the line above says why",
    4: "the stand-in itself was overloaded, so the verdict would mean nothing",
}


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
    parser.add_argument("scenarios", type=Path, nargs="*", default=SCENARIOS)
    parser.add_argument(
        "--no-dedupe", action="store_true", help="break the bridge: see a broken expectation"
    )
    parser.add_argument(
        "--break", action="append", default=[], choices=sorted(FLAWS), dest="flaws",
        help="break the bridge in another way; `python -m examples.bridge --help` says how",
    )  # fmt: skip
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
    stage = addresses(options.scenarios, options.out, free_ports=options.free_ports)
    _say(f"""
        Stagefloor demo
        1. A small integration (examples/bridge) is started. It releases the ERP's production orders
           in the MES, trades with suppliers and customers (X12 over AS2, EDIFACT over SFTP), posts
           receipts to the WMS, and counts production from the PLCs (OPC UA, Sparkplug B).
        2. The {stage.plant} plant is put on stage, and these run against the bridge; an hour in the
           plant takes less than a minute:
        """)
    for one in options.scenarios:
        print(f"     {one}")
    _say("""
        3. The verdict is read from the journal of everything that crossed the wire.
        """)
    for note in stage.notes:
        print(note)
    flags = ["--no-dedupe"] if options.no_dedupe else []
    flags += [word for one in options.flaws for word in ("--break", one)]
    with bridge(stage, options.out, flags) as url:
        print(f"The bridge listens at {url}; its peers do not exist yet, which it bears.")
        code = _run(options, url, stage)
        print(f"\nExit code {code}: {MEANINGS.get(code, 'unexpected')}.")
        _line_says(options.out / "report.json")
        _bridge_says(url)
    _next(code, options)
    return code


def _line_says(report: Path) -> None:
    """What was counted from the tags of the machines, against what they made."""
    try:
        verdicts = json.loads(report.read_text())["scenarios"]
    except (OSError, ValueError, KeyError):
        return  # it came to no verdict
    for verdict in verdicts:
        for one in verdict["expectations"] if verdict["file"].endswith(LINE.name) else ():
            if one["numbers"].get("plant"):
                counted, made = (int(one["numbers"][key]) for key in ("integration", "plant"))
                print(f"The line counts: {one['name']}: {counted} counted, {made} made.")


def _bridge_says(url: str) -> None:
    """What the integration itself thinks happened."""
    try:
        asns = [*_get(url, "/asns")["asns"], *_get(url, "/notices")["notices"]]
        orders = _get(url, "/orders")["orders"]
        booked = _get(url, "/confirmations")["d"]["results"]
        health = _get(url, "/health")
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


def _get(url: str, path: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url + path, timeout=5) as answer:
        return json.load(answer)


# --- the run -----------------------------------------------------------------------------------


def _run(options: argparse.Namespace, url: str, stage: Stage) -> int:
    command = run(stage, options.scenarios, url, options.out)
    print("$", shown(command, "stagefloor"))
    print(f"While it runs, the control plane is at http://127.0.0.1:{stage.port}/control/docs\n")
    sys.stdout.flush()
    begun = time.monotonic()
    limit = LIMIT * len(options.scenarios)
    try:
        with process(command) as started:
            return started.wait(limit)
    except OSError as error:
        raise Failed(f"stagefloor could not be run: {error}; try `make setup`") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"the run took longer than {limit:.0f} s; it was stopped") from None
    finally:
        print(f"\nThe run took {time.monotonic() - begun:.0f} s.")


def _next(code: int, options: argparse.Namespace) -> None:
    where = options.out.relative_to(ROOT) if options.out.is_relative_to(ROOT) else options.out
    _say(f"""
        Where to look next
          what crossed the wire   stagefloor journal {where}/journal.sqlite system=wms
          the verdict for CI      {where}/junit.xml, {where}/report.json
          what the bridge said    {where}/bridge.log
          the scenarios           {", ".join(map(str, options.scenarios))}
          a plant to play with    make serve, then http://127.0.0.1:8080/control/docs
          how it all works        README.md, docs/design.md, docs/glossary.md
        """)
    if code == 0 and not options.flaws:
        print("To see it fail: make demo ARGS=--no-dedupe   (a bridge that books doubles twice)")


def _say(text: str) -> None:
    print(textwrap.dedent(text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
