"""Reading and writing of trading documents, beside others: `python bench/edi/run.py`.

* x12: an 856 of 4 pallets and 40 cartons, each with label and lot, beside mock-edi and ansi-x12;
* edifact: the same notice as a DESADV D.96A, beside pydifact;
* as2: signed and encrypted messages in and out, in one process; no peer (pyas2lib is GPL, so it is
  not installed here);
* served: the same over sockets, to a plant.

Each side runs in an interpreter and an environment of its own (.ci/install-oracles makes those of
the peers), one after the other on the same bytes. Rounds alternate; the table shows medians of what
a second of CPU is enough for, and how many times as often we can do it. What a side really does
stands under the table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notice import interchange, profile

from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.plant.trading import Standard

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = HERE.parent / ".cache"
ORACLES = ROOT / ".oracles"
OURS = "stagefloor"


@dataclass(frozen=True)
class Side:
    """One program that is measured: an interpreter, a file of this folder, and what it is given."""

    name: str
    environment: str  # a folder of .oracles; empty for our own
    program: str
    first: tuple[str, ...] = ()
    does: str = ""  # what stands under the table

    @property
    def python(self) -> str:
        return (
            str(ORACLES / self.environment / "bin/python") if self.environment else sys.executable
        )


SIDES = {
    "x12": [
        Side(OURS, "", "ours.py", ("x12",),
             "envelopes: tokens, envelopes, counts and control numbers; validate: that, and each "
             "segment and element by the guide of the 856; read: all that and the content (tree, "
             "labels, units, totals), the typed document, and the 997 that is due; build: 40 "
             "cartons on 4 pallets, with labels and lots"),
        Side("mock-edi", "mock-edi", "peer_mock_edi.py", (),
             "validate: envelopes, counts, and each segment and element by its dictionary, which "
             "has no MAN (labels) and no lots; read: the items of its own document, without "
             "pallets, cartons, labels and lots; build: 40 items, since it has no cartons"),
        Side("ansi-x12", "readers", "peer_ansi_x12.py", (),
             "envelopes, validate: tokens, envelopes, counts and control numbers; nothing inside "
             "of a transaction set; it reads no 856 and builds nothing"),
    ],
    "edifact": [
        Side(OURS, "", "ours.py", ("edifact",), "as for x12, with CONTRL"),
        Side("pydifact", "readers", "peer_pydifact.py", (),
             "validate: tokens, UNB and messages; no counts, no references, no segment of a "
             "DESADV; it reads no documents and builds none"),
    ],
    "as2": [
        Side(OURS, "", "as2.py", (),
             "send: sign (SHA-256) and encrypt (AES-128); receive: decrypt, verify, and sign the "
             "receipt; RSA 2,048, one core"),
    ],
    "served": [
        Side(OURS, "", "station.py", (),
             "four connections post such 856s to a plant that is served, by the wall clock: "
             "decrypted, verified, journalled, read, booked by the gateway, a signed receipt in "
             "the answer, and a 997 on its way; on disk, nothing is receipted that a kill -9 could "
             "lose"),
    ],
}  # fmt: skip
GOALS = {
    ("validate", "mock-edi"): 3.0, ("envelopes", "ansi-x12"): 1.0, ("validate", "ansi-x12"): 1.0,
}  # fmt: skip


def main() -> int:
    options = _options()
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"note: the load average is {busy:.1f} before anything started: expect noise")
    kept: dict[str, Any] = {}
    for what in options.what:
        kept[what] = _compare(what, options)
    if options.json:
        options.json.write_text(json.dumps(kept, indent=2) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--what", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--json", type=Path, help="write the medians here, too")
    return parser.parse_args()


def _compare(what: str, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    file = _written("edifact" if what == "edifact" else "x12")
    raw = file.read_bytes()
    terminator = b"'" if what == "edifact" else b"~"
    print(f"\n{what}: {len(raw):,} bytes, {raw.count(terminator)} segments")
    sides = []
    for side in SIDES[what]:
        if Path(side.python).exists():
            sides.append(side)
        else:
            print(f"skipped: {side.name}: .ci/install-oracles was not run")
    results: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
    told: dict[str, dict[str, Any]] = {}
    for _ in range(options.rounds):
        for side in sides:
            said = told[side.name] = _measure(side, file, options.seconds)
            results[side.name].append(said["rates"])
        peer = told.get("mock-edi")
        if peer is not None:  # what it writes itself, where it has nothing to complain of
            own = CACHE / "mock-edi.edi"
            own.write_text(peer["own"])
            ours = _measure(sides[0], own, options.seconds)
            results[OURS][-1]["validate its own"] = ours["rates"]["validate"]
    medians = {
        name: {
            work: statistics.median(one[work] for one in rounds if work in one)
            for work in rounds[0]
        }
        for name, rounds in results.items()
    }
    _table(medians, told, options)
    for side in sides:
        about = f"{told[side.name]['side']}: {side.does}"
        print(textwrap.fill(about, 100, initial_indent="  ", subsequent_indent="    "))
        for one in told[side.name]["found"]:
            print(f"    found: {one}")
    return medians


def _written(standard: Standard) -> Path:
    model = registry("contracts", Contract).get(standard)
    settings = model.Settings.model_construct(partner=profile(standard))
    request = model("edi", {}, {}, settings).render(interchange())
    assert request is not None
    file = CACHE / f"notice.{standard}.edi"
    file.write_bytes(request.body)
    return file


def _measure(side: Side, file: Path, seconds: float) -> dict[str, Any]:
    command = [side.python, "-W", "ignore", str(HERE / side.program), *side.first]
    done = subprocess.run(
        [*command, str(file), str(seconds)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{side.name} failed:\n{done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _table(
    medians: dict[str, dict[str, float]],
    told: dict[str, dict[str, Any]],
    options: argparse.Namespace,
) -> None:
    print(f"medians of {options.rounds} rounds of {options.seconds:g} s, {os.cpu_count()} cores\n")
    print(f"{'':20}{'':18}{'a CPU s':>10}{'µs each':>10}{'stagefloor is':>16}{'goal':>10}")
    works = dict.fromkeys(work for rates in medians.values() for work in rates)
    for work in works:
        for name, rates in medians.items():
            if work not in rates:
                continue
            ratio = goal = ""
            if name != OURS:
                times = medians[OURS][work] / rates[work]
                ratio = f"{times:.2f} ×"
                least = GOALS.get((work, name))
                if least is not None:
                    goal = f"≥ {least:g} ×{'' if times >= least else ' !'}"
            side = told[name]["side"]
            print(f"{work:20}{side:18}{rates[work]:10.0f}{1e6 / rates[work]:10.0f}{ratio:>16}"
                  f"{goal:>10}")  # fmt: skip
    print()


if __name__ == "__main__":
    sys.exit(main())
