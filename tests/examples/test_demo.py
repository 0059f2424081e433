"""What a newcomer does first works: the demo, the README's scenario and links, the documents."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from examples.bridge import sap
from examples.bridge.app import ShipNotice
from simulator.scenario.verdict import Exit

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "examples" / "documents"
README = (ROOT / "README.md").read_text()
STAGEFLOOR = Path(sys.executable).parent / "stagefloor"


def demo(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "examples/demo.py", "--free-ports", "--out", str(out), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def test_the_demo_gives_a_verdict_and_says_where_to_look(tmp_path: Path) -> None:
    for _ in range(5):
        done = demo(tmp_path / "out", "tests/examples/short.yaml")
        if done.returncode != Exit.OVERLOADED:  # a busy machine's answer: ask again
            break
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the order reaches the MES" in done.stdout
    assert "Exit code 0: kept" in done.stdout
    for name in ("journal.sqlite", "junit.xml", "report.json", "bridge.log"):
        assert f"{tmp_path}/out/{name}" in done.stdout.partition("Where to look")[2]
        assert (tmp_path / "out" / name).is_file(), name


def test_the_demo_says_what_is_wrong(tmp_path: Path) -> None:
    done = demo(tmp_path / "out", "tests/examples/absent.yaml")
    assert done.returncode == 3
    assert "absent.yaml and its plant could not be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_demo_stops_what_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "examples/demo.py", "--free-ports", "--out", tmp_path / "out"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        bridge = next(line for line in process.stdout if line.startswith("The bridge listens"))
        process.send_signal(signal.SIGTERM)
        process.stdout.read()  # ends when nobody is left who could write
    assert process.wait(20) == 143
    assert "http://127.0.0.1:" in bridge


def test_the_scenario_in_the_readme_is_one(tmp_path: Path) -> None:
    text = re.search(r"```yaml\n(scenario:.*?)```", README, re.DOTALL)
    assert text is not None
    file = tmp_path / "readme.yaml"
    file.write_text(text[1])
    done = subprocess.run(
        [STAGEFLOOR, "check", file, "--payloads", ROOT / "payloads",
         "--target", "erp=http://127.0.0.1:9"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_link_in_the_readme_leads_somewhere() -> None:
    for place in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / place).exists(), place


@pytest.mark.parametrize("name", ["production-order.json", "production-orders.json"])
def test_the_order_documents_are_orders(name: str) -> None:
    for order, _ in sap.orders_in(json.loads((DOCUMENTS / name).read_text())):
        assert order.item.startswith("GB-")
        assert order.start is not None
        assert order.end is not None
        assert order.start < order.end


def test_the_ship_notice_is_one() -> None:
    notice = ShipNotice.model_validate_json((DOCUMENTS / "asn.json").read_text())
    for line in notice.lines:
        assert line.sscc is not None
        digits = [int(digit) for digit in line.sscc]
        assert (3 * sum(digits[::2]) + sum(digits[1::2])) % 10 == 0
