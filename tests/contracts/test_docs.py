"""The examples of docs/adding-a-system.md and docs/adding-a-contract.md work as they stand."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.core.ports import Contract, System
from simulator.core.registry import PLUGINS, registry
from simulator.testing.suites import ContractSuite, SystemSuite
from tests.systems.desk import Desk, Wire

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package beside the simulator, with what the pages show, each under the path it names."""
    package = f"shown_{abs(hash(tmp_path))}"
    for page in ("adding-a-system.md", "adding-a-contract.md"):
        for name, text in BLOCK.findall((DOCS / page).read_text()):
            root = tmp_path if name.startswith("payloads/") else tmp_path / package
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    for name in ("", "systems", "contracts"):
        (tmp_path / package / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.setenv(PLUGINS, package)
    yield tmp_path
    for name in [one for one in sys.modules if one.split(".")[0] == package]:
        del sys.modules[name]


def wires(folder: Path) -> Iterator[Wire]:
    desk = Desk()
    lims = registry("systems", System).get("lims")
    settings = lims.Settings.model_validate({"takes": "1h", "fails": 1})
    desk.systems["lims"] = lims(desk.plant, desk, settings)
    documents = {one.document: one for one in lims.says}
    for kind, given in (("lab", {}), ("custom", {"file": "contracts/lab.yaml"})):
        found = registry("contracts", Contract).get(kind)
        made = found(
            "lims",
            lims.operations(),
            documents,
            found.Settings.model_validate(given),
            "/little/lims",
            folder / "payloads",
        )
        yield Wire(desk, "lims", made)


def test_the_examples_work(folder: Path) -> None:
    bodies: list[dict[str, Any]] = [
        {"SampleNo": "S-1", "Batch": "B-1"},
        {"SampleNo": "S-2", "Batch": {"Number": "B-1"}},
    ]
    shown = []
    for wire, body in zip(wires(folder), bodies, strict=True):
        made = wire.post("/samples", body)
        assert made.status == 201, made.json
        assert made.headers["location"] == f"/little/lims/samples/{body['SampleNo']}"
        assert made.keys == {"lot": ["B-1"]}
        assert wire.post("/samples", body).status == 409
        assert wire.get("/samples/nope").status == 404
        desk = wire.desk
        desk.run("2h")
        shown.append(wire.get(f"/samples/{body['SampleNo']}").json["Verdict"])
        hold = next(one for _, one in desk.emitted if one.document == "quality-hold")
        assert wire.contract.render(hold) is not None
        assert wire.contract.openapi() is not None
    assert shown == ["failed", "NOK"]


def test_the_examples_pass_the_suites(folder: Path) -> None:
    class Systems(SystemSuite):
        kind = "lims"

    class Contracts(ContractSuite):
        kind = "lab"
        system = "lims"

    for suite in (Systems(), Contracts()):
        for name in dir(suite):
            if name.startswith("test_"):
                getattr(suite, name)()
