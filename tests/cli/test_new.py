"""What `new` writes works as it is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from simulator.cli.main import app


def new(project, what, name):
    result = CliRunner().invoke(app, ["new", what, name, "--into", str(project)])
    assert result.exit_code == 0, result.output
    return result.output


def test_plug_ins_pass_their_suites_and_can_be_used(project, environment, stagefloor):
    for what, name in (("system", "weigh-scale"), ("fault", "dawdle"), ("transport", "file-drop")):
        new(project, what, name)
    more = {"STAGEFLOOR_PLUGINS": "plant_plugins"}
    path = f"{environment['PYTHONPATH']}:{project}"
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=project, env={**environment, **more, "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout
    plant = project / "payloads" / "plants" / "tiny.yaml"
    files = '      files: {transport: file-drop, contract: isa95, folder: "out"}\n'
    text = plant.read_text().replace("  wms:\n", files + "  weigh-scale: {}\n  wms:\n")
    plant.write_text(text)
    scenario = project / "scenarios" / "made.yaml"
    steps = (
        "  - {at: 1m, do: weigh-scale.start_job, with: {job: J1}}\n"
        "  - {at: 1m, fault: dawdle, on: mes.files, delay: 1ms}\n"
    )
    scenario.write_text(scenario.read_text().replace("steps:\n", "steps:\n" + steps))
    done = stagefloor("run", "scenarios/made.yaml", "--port", "0", PYTHONPATH=path, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((project / "out").glob("*.confirmation"))


def test_a_contract_and_a_scenario_pass_the_check(project, stagefloor):
    new(project, "contract", "order-service")
    plant = project / "payloads" / "plants" / "tiny.yaml"
    endpoint = (
        "      orders: {transport: http, contract: custom, file: contracts/order-service.yaml}\n"
    )
    plant.write_text(plant.read_text().replace("  wms:\n", endpoint + "  wms:\n"))
    new(project, "scenario", "slow-orders")
    done = stagefloor(
        "check", "payloads/plants/tiny.yaml", "scenarios/slow-orders.yaml", "--strict"
    )
    assert done.returncode == 0, done.stderr
    assert "plant: tiny" in (project / "scenarios" / "slow-orders.yaml").read_text()


@pytest.mark.parametrize("what", ["system", "fault", "scenario", "contract", "transport"])
def test_nothing_is_overwritten(project, what):
    new(project, what, "thing")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    result = CliRunner().invoke(app, ["new", what, "thing", "--into", str(project)])
    assert result.exit_code == 2
    assert "there already" in result.output
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_inside_the_house_a_plug_in_goes_where_its_family_is(tmp_path):
    (tmp_path / "simulator" / "core").mkdir(parents=True)
    new(tmp_path, "fault", "dawdle")
    assert (tmp_path / "simulator" / "faults" / "dawdle.py").is_file()
    assert (tmp_path / "tests" / "faults" / "test_dawdle.py").is_file()
