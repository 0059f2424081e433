"""docs/faults.md is what the code says, and the code has every fault that was asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli.catalogue import fault_catalogue
from simulator.cli.main import app
from simulator.core.ports import Contract, Fault, Transport
from simulator.core.registry import registry
from simulator.core.yamlfile import parse_yaml
from simulator.plant.trading.rightness import RIGHT

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FAULTS = registry("faults", Fault)
ASKED_FOR = {
    "envelope": [
        "duplicate-interchange", "segment-count-wrong", "set-count-wrong", "group-count-wrong",
        "control-mismatch-set", "control-mismatch-group", "control-mismatch-interchange",
        "interchange-header-width", "delimiter-in-data", "newline-terminator", "folded-lines",
        "byte-order-mark", "carriage-returns", "nul-bytes", "charset-mismatch", "truncated",
        "missing-interchange-trailer", "oversize", "concatenated",
    ],
    "content": [
        "sscc-check-digit", "sscc-reused", "parent-unknown", "hash-total-wrong", "unknown-unit",
        "inconsistent-unit", "cumulative-gap", "over-shipped", "short-shipped", "split-lot",
        "unknown-order", "unknown-item", "lost-leading-zeros",
    ],
    "flow": [
        "asn-after-truck", "asn-never", "asn-twice", "unknown-shipment", "partial-acknowledgement",
        "response-after-ship-notice", "no-acknowledgement", "acknowledged-then-rejected",
        "contradicts-forecast",
    ],
}  # fmt: skip
MODES = {
    "receipt": ["never", "late", "twice", "unsigned", "wrong-mic", "wrong-message-id", "error",
                "cut"],
    "certificate": ["expired"],
    "outage": ["status"],
    "file": ["temporary-name", "partial", "lock-file", "mtime-jump", "unreadable", "denied",
             "disk-full"],
}  # fmt: skip


def section(kind: str) -> str:
    found = re.search(rf"^### {kind}\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{kind} is not in the catalogue"
    return found[1]


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == fault_catalogue(), "run `make docs`"


def test_the_command_prints_it() -> None:
    done = CliRunner().invoke(app, ["docs", "faults"])
    assert (done.exit_code, done.stdout) == (0, fault_catalogue())
    missing = CliRunner().invoke(app, ["docs", "fault"])
    assert missing.exit_code == 2
    assert "faults" in missing.stderr


@pytest.mark.parametrize(("layer", "kinds"), ASKED_FOR.items())
def test_every_fault_that_was_asked_for_is_there(layer: str, kinds: list[str]) -> None:
    for kind in kinds:
        assert FAULTS.get(kind).layer == layer
        assert section(kind)


def test_every_mode_that_was_asked_for_is_there() -> None:
    for kind, modes in MODES.items():
        for mode in modes:
            assert f"`{mode}`" in section(kind)


def test_every_parameter_and_every_answer_is_told() -> None:
    for kind in FAULTS.kinds():
        text = section(kind)
        for name in set(FAULTS.get(kind).model_fields) - set(Fault.model_fields):
            assert f"`{name}`" in text
        for finding in FAULTS.get(kind).owing:
            assert f"`{finding}`: {RIGHT[finding].what}" in text
            for one in RIGHT[finding].answers["x12"]:
                assert one.code in text


def test_the_examples_work_as_they_stand_there() -> None:
    for kind in FAULTS.kinds():
        (block,) = re.findall(r"```yaml\n(.*?)```", section(kind), re.DOTALL)
        for step in parse_yaml(block.encode(), kind).value:
            assert step.pop("fault") == kind
            del step["at"], step["on"]
            FAULTS.get(kind).model_validate(step)


def cells(kind: str) -> dict[str, str]:
    """What its row says, by the heads of the columns."""
    lines = PAGE.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"| [{kind}]"))
    head = max(n for n in range(at) if lines[n].startswith("| | "))
    columns = [one.strip() for one in lines[head].strip("|").split("|")]
    return dict(zip(columns, (one.strip() for one in lines[at].strip("|").split("|")), strict=True))


def test_each_cell_is_what_fault_transport_and_contract_say() -> None:
    for transport_kind in registry("transports", Transport).kinds():
        transport = registry("transports", Transport).get(transport_kind)
        for direction in transport.directions:
            for kind in FAULTS.kinds():
                model = FAULTS.get(kind)
                cell = cells(kind).get(f"{transport_kind} {direction}", "–")
                examples = [
                    model.model_validate(one) for one in model.model_json_schema()["examples"]
                ]
                if direction not in model.directions:
                    assert cell == "–"
                elif all(one.needs <= transport.can[direction] for one in examples):
                    assert cell.startswith("✓")
                elif not any(one.needs <= transport.can[direction] for one in examples):
                    assert cell.startswith(("lacks", "✓ not"))
    for contract_kind in registry("contracts", Contract).kinds():
        for oddity in registry("contracts", Contract).get(contract_kind).oddities:
            assert cells(oddity)[f"written as {contract_kind}"] == "✓"
