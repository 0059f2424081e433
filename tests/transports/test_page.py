"""docs/transports.md is what the code says, and says everything."""

import re
import typing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.cli.transports import MEANS, transport_page
from simulator.core.ports import Capability, Transport
from simulator.core.registry import registry

PAGE = Path(__file__).parents[2] / "docs" / "transports.md"
TRANSPORTS = registry("transports", Transport)


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{title} is not on the page"
    return found[1]


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == transport_page(), "run `make docs`"


def test_the_command_prints_it() -> None:
    done = CliRunner().invoke(app, ["docs", "transports"])
    assert (done.exit_code, done.stdout) == (0, transport_page())


@pytest.mark.parametrize("kind", TRANSPORTS.kinds())
def test_every_setting_is_told(kind: str) -> None:
    text = section(kind)
    shared = section("Settings of several transports")
    for name, field in TRANSPORTS.get(kind).Settings.model_fields.items():
        assert f"`{name}`" in text
        assert (field.description or "").partition("|")[0] in text + shared


def test_every_capability_is_told() -> None:
    assert set(MEANS) == set(typing.get_args(Capability))
    head, *lines = [
        one for one in section("What can be done to a message").splitlines() if "|" in one
    ]
    columns = [one.strip() for one in head.split("|")[3:-1]]
    told: dict[str, set[str]] = {column: set() for column in columns}
    for line in lines[1:]:
        name, _, *cells = [one.strip() for one in line.split("|")[1:-1]]
        for column, cell in zip(columns, cells, strict=True):
            told[column] |= {name.strip("`")} if cell == "✓" else set()
    for kind in TRANSPORTS.kinds():
        for way, can in TRANSPORTS.get(kind).can.items():
            assert told[f"{kind} {way}"] == can
