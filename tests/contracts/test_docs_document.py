"""The examples of docs/adding-a-document.md work as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.edifact import Edifact
from simulator.contracts.x12 import X12
from simulator.contracts.x12.definitions import read_definition
from simulator.contracts.x12.guide import find_guide
from simulator.core.message import Request
from simulator.core.registry import PLUGINS
from simulator.plant.trading import PartnerProfile, Received, ShipNotice
from simulator.plant.trading.rightness import RIGHT
from tests.contracts import trading
from tests.contracts.edifact import exchange
from tests.contracts.x12 import interchanges

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-document.md").read_text()
BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+/\S+)\n(.*?)```", re.DOTALL)
ROW = re.compile(
    r"^\| .+? \| `([^`]+)`(?:, `([^`]+)`)? \| (AK\S+=.+?) \| (0085=.+?) \|$", re.MULTILINE
)

TENDER = (
    f"ISA*00*{'':10}*00*{'':10}*ZZ*{'BEARCO':15}*ZZ*{'GEARBOX':15}*260302*1200*U*00401*000000017*0*T*>~"
    "GS*GF*BEARCO*GEARBOX*20260302*1200*17*X*004010~ST*990*0001~B1*SCAC*S-1*20260302*A~SE*3*0001~"
    "GE*1*17~IEA*1*000000017~"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the page shows, each file under the path it names."""
    for name, text in BLOCK.findall(PAGE):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for name in ("acme", "acme/x12_documents", "acme/edifact_documents"):
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


def plugged(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it who has the package of the page."""
    paths = os.pathsep.join((str(folder), str(ROOT)))
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {PLUGINS: "acme", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refused(received: Received) -> list[tuple[str, str, int | None]]:
    """What is not read past: name, segment, element."""
    return [(o.name, o.tag, o.element) for o in received.findings if not o.tolerated]


def test_the_mappings_pass_the_tests_of_the_page(folder: Path) -> None:
    done = plugged(folder, sys.executable, "-m", "pytest", "-q", "tests/test_documents.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_document_of_a_plug_in_is_inspected(folder: Path) -> None:
    (folder / "tender.edi").write_text(TENDER)
    stagefloor = Path(sys.executable).parent / "stagefloor"
    done = plugged(folder, str(stagefloor), "inspect", "--json", "tender.edi")
    assert done.returncode == 0, done.stdout + done.stderr
    (document,) = json.loads(done.stdout)["documents"]
    assert (document["document"], document["accepted"]) == ("tender-answer", True)


def test_a_partners_guide_for_x12_is_like_the_built_in_one(folder: Path) -> None:
    partner: dict[str, Any] = {"guide": "guides/bearco"}
    settings = X12.Settings(partner=PartnerProfile.model_validate(interchanges.PROFILE | partner))
    by = X12("edi", {}, {}, settings, payloads=folder / "payloads")

    def received(layout: str) -> Received:
        notice = trading.interchange(interchanges.notice())
        body = interchanges.written(notice, interchanges.contract(ship_notice=layout))
        return interchanges.receive(body, by)

    assert refused(received("0001")) == []
    wrong = received("0004")
    assert refused(wrong) == [("invalid-code", "BSN", 5)]
    assert [one.codes for one in wrong.findings] == [["AK403=7"]]


def test_a_partners_guide_for_edifact_is_like_the_built_in_one(folder: Path) -> None:
    settings = Edifact.Settings(partner=exchange.profile(guide="guides/dichtring"))
    by = Edifact("edi", {}, {}, settings, payloads=folder / "payloads")

    def received(notice: ShipNotice) -> Received:
        body = exchange.written(trading.interchange(notice))
        found = by.decode(Request(body=body)).input
        assert isinstance(found, Received)
        return found

    assert refused(received(exchange.notice())) == []
    wrong = refused(received(exchange.notice(purpose="replace")))
    assert wrong == [("invalid-code", "BGM", 3)]


def test_every_line_of_the_format_is_read() -> None:
    table = PAGE.split("| line | is |", 1)[1].split("\n\n", 1)[0]
    shown = re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    assert len(shown) > 5
    for line in shown:
        name, composite, parts = line.partition(": [")
        inner = [one.strip() for one in parts.rstrip("]").split(",")]
        read_definition("XX", [{name: inner} if composite else line])


def test_the_findings_of_the_page_are_answered_as_it_says() -> None:
    rows = ROW.findall(PAGE)
    names = {name for first, second, _, _ in rows for name in (first, second) if name}
    levels = {one.name for one in RIGHT.values() if one.level in ("segment", "element")}
    assert names == levels - {"delimiter-in-data"}
    for first, second, x12, edifact in rows:
        wanted = {
            code.code
            for name in (first, second)
            if name
            for standard in ("x12", "edifact")
            for code in RIGHT[name].answers[standard]
        }
        for said in (x12, edifact):
            element, _, codes = said.partition("=")
            assert {f"{element}={one}" for one in codes.split(", ")} <= wanted


def test_guides_that_are_shown_are_those_that_are_read(folder: Path) -> None:
    own = folder / "payloads" / "guides" / "bearco"
    answer, notice = find_guide("990", "004010", own), find_guide("856", "004010", own)
    assert answer is not None
    assert answer.closed
    assert notice is not None
    assert notice.group == "SH"
    assert notice.about == "As Bearco reads it"
