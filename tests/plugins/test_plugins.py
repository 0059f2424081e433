"""A system, a fault and a contract each come from one folder or file, from a foreign package."""

import sys
import textwrap
from pathlib import Path

import httpx
import pytest

from simulator.core.errors import Mistake
from simulator.core.ports import Contract, Fault, System, Transport
from simulator.core.registry import PLUGINS, registry
from simulator.stage.site import Site

FILES = {
    "acme_plugins/__init__.py": "",
    "acme_plugins/systems/__init__.py": "",
    "acme_plugins/systems/lims/__init__.py": '''
        """A laboratory: samples and their results."""
        from dataclasses import dataclass, field
        from typing import ClassVar
        from simulator.core.errors import not_found
        from simulator.core.ports import Strict, System, operation

        class Register(Strict):
            sample: str

        @dataclass
        class State:
            samples: dict[str, str] = field(default_factory=dict)

        class Lims(System):
            kind: ClassVar[str] = "lims"
            State: ClassVar = State

            @operation
            def register_sample(self, given: Register) -> dict[str, str]:
                """Take a sample in; its analysis takes an hour of plant time."""
                self.state.samples[given.sample] = "waiting"
                self.stage.after(3_600_000_000, "lims.analysed", sample=given.sample)
                return {"sample": given.sample, "result": "waiting"}

            @operation(reads=True)
            def get_sample(self, given: Register) -> dict[str, str]:
                """A sample's result."""
                if given.sample not in self.state.samples:
                    raise not_found("sample", given.sample)
                return {"sample": given.sample, "result": self.state.samples[given.sample]}

            def due_analysed(self, sample: str) -> None:
                self.state.samples[sample] = "pass"
        ''',
    "acme_plugins/contracts/__init__.py": "",
    "acme_plugins/contracts/lab.py": '''
        """The laboratory's routes."""
        from typing import ClassVar
        from simulator.core.ports import Document
        from simulator.core.routes import Route, RoutedContract

        class Lab(RoutedContract):
            kind: ClassVar[str] = "lab"

            def routes(self):
                return [
                    Route("PUT", "/samples/{sample}", "register_sample", lambda x: x.path,
                          lambda r: r, status=201),
                    Route("GET", "/samples/{sample}", "get_sample", lambda x: x.path, lambda r: r),
                ]

            def render(self, document: Document):
                return None
        ''',
    "acme_plugins/faults/__init__.py": "",
    "acme_plugins/faults/teapot.py": '''
        """Answers 418."""
        from typing import ClassVar
        from simulator.core.message import Reply
        from simulator.core.ports import Fault

        class Teapot(Fault):
            kind: ClassVar[str] = "teapot"
            directions: ClassVar = ("in",)

            @property
            def needs(self):
                return frozenset({"answer"})

            def treat(self, treatment, message, moment):
                treatment.answer = Reply(418)
                return True
        ''',
}  # fmt: skip

PLANT = """
plant: tiny
items: {A: {}}
warehouses: {W: {bins: [B]}}
systems:
  lims:
    endpoints:
      http: {transport: http, contract: lab}
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip())
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(PLUGINS, "acme_plugins")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_plugins")]:
        del sys.modules[name]


async def test_a_foreign_system_contract_and_fault_work_without_editing_the_project(foreign):
    (foreign / "plants").mkdir()
    (foreign / "plants" / "tiny.yaml").write_text(PLANT)
    site = Site(port=0, payloads=foreign)
    stage = site.add(foreign / "plants" / "tiny.yaml", start=0)
    await site.start()
    try:
        url = stage.urls()["lims.http"]["url"]
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.get("/samples/S1")).status_code == 404
            assert (await client.put("/samples/S1")).status_code == 201
            assert (await client.get("/samples/S1")).json()["result"] == "waiting"
            stage.act({"step": "1h"})
            await stage.run_until(3_600_000_000)
            assert (await client.get("/samples/S1")).json()["result"] == "pass"
            stage.act({"fault": "teapot", "on": "lims.http"})
            assert (await client.get("/samples/S1")).status_code == 418
            stage.act({"clear": "teapot"})
            assert (await client.get("/samples/S1")).status_code == 200
    finally:
        await site.stop()


def test_they_are_listed_beside_the_projects_own(foreign):
    assert "lims" in registry("systems", System).kinds()
    assert "lab" in registry("contracts", Contract).kinds()
    assert "teapot" in registry("faults", Fault).kinds()


def test_two_plug_ins_of_one_name_are_refused(foreign):
    (foreign / "acme_plugins" / "faults" / "latency.py").write_text("")
    with pytest.raises(Mistake, match="two faults are called 'latency'"):
        registry.__globals__["Registry"]("faults", Fault)


def test_a_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv(PLUGINS, "no_such_package")
    with pytest.raises(Mistake, match="no_such_package"):
        registry("faults", Fault)


@pytest.mark.parametrize(
    ("family", "port"),
    [("systems", System), ("contracts", Contract), ("transports", Transport), ("faults", Fault)],
)
def test_every_kind_can_be_loaded_and_bears_its_name(family, port):
    found = registry(family, port)
    assert found.kinds()
    for kind in found.kinds():
        assert found.get(kind).kind.replace("_", "-") == kind
        assert found.get(kind).summary, f"{family}/{kind} says nothing of itself"
