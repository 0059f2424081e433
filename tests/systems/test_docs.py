"""docs/plant-floor.md says what the code does, and names everything that can be set or asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from simulator.core.yamlfile import parse_yaml
from simulator.plant.tags import AlarmDefinition
from simulator.scenario.check import check_scenario
from simulator.systems.plc import PlcSystem
from simulator.systems.plc.alarmscript import Script, ScriptStep
from simulator.systems.plc.imports import COLUMNS
from simulator.systems.plc.machine import definitions
from simulator.systems.plc.settings import FloorSettings, Plc, Process, Tag
from simulator.systems.plc.signals import KINDS, Signal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plant-floor.md").read_text()
PAYLOADS = ROOT / "payloads"
CONTEXT = {"payloads": PAYLOADS}


def block(begins: str) -> str:
    """The YAML block that begins with these words."""
    found = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in found if text.startswith(begins))


def read(begins: str) -> Any:
    return parse_yaml(block(begins).encode(), "docs").value


def test_the_plcs_shown_can_be() -> None:
    given = read("systems:")["systems"]["plc"]
    plc = FloorSettings.model_validate(given["settings"], context=CONTEXT).plcs["CNC"]
    assert {"Energy/Tariff", "Coolant/Setpoint"} <= plc.tags.keys()
    assert plc.alarm_script is not None


def test_every_kind_of_signal_is_shown_and_works() -> None:
    shown = [Signal.model_validate(one, context=CONTEXT) for one in read("signals:")["signals"]]
    assert {kind for one in shown for kind in KINDS if getattr(one, kind) is not None} == {*KINDS}


def test_the_alarm_script_shown_works() -> None:
    assert len(Script.model_validate(read("alarm_script:")["alarm_script"]).steps) == 6


@pytest.mark.parametrize("begins", ["steps:", "expect:"])
def test_the_steps_and_expectations_shown_are_good(begins: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(f"scenario: x\nplant: gearbox\nlasts: 2h\n{block(begins)}")
    checked = check_scenario(file, payloads=PAYLOADS, variables={"ERP_URL": "http://127.0.0.1:9"})
    assert checked.warnings == []


def test_the_table_shown_is_that_of_the_payloads() -> None:
    (shown,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    assert (PAYLOADS / "floor" / "energy-meters.csv").read_text().startswith(shown)


@pytest.mark.parametrize(
    "model", [FloorSettings, Plc, Process, Tag, Signal, Script, ScriptStep, AlarmDefinition]
)
def test_every_setting_is_named(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert f"`{key}" in PAGE or f"{key}:" in PAGE, key


def test_every_operation_and_column_is_named() -> None:
    for name in (*PlcSystem.operations(), *COLUMNS):
        assert f"`{name}`" in PAGE, name


def test_every_tag_of_a_machine_is_named() -> None:
    plc = Plc.model_validate({"machines": ["M"], "process": {}})
    for one in definitions("M", plc):
        assert one.path.rpartition("/")[2] in PAGE, one.path
