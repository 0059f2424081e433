"""The reference in docs/scenarios.md says what the code does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from simulator.core.keys import keys_of
from simulator.core.match import Match
from simulator.core.yamlfile import parse_yaml
from simulator.scenario.check import check_scenario
from simulator.scenario.expect import FORMS
from simulator.stage.actions import action_models

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"
HEAD = "scenario: x\nplant: gearbox\n"


def blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_whole_scenario_is_good(write: Callable[[str], Path]) -> None:
    path, payloads = write(blocks()[0]), PAGE.parents[1] / "payloads"
    checked = check_scenario(path, payloads=payloads, variables={"ERP_URL": "http://127.0.0.1:1"})
    assert checked.warnings == []


def test_every_step_and_expectation_shown_is_good(write: Callable[[str], Path]) -> None:
    for text in blocks()[1:]:
        if text.startswith("steps:"):
            check_scenario(write(HEAD + text))
        elif text.startswith("- "):
            indented = "  " + text.replace("\n", "\n  ").rstrip() + "\n"
            steps = "steps:\n  - {at: 1m, fault: outage, on: wms, for: 5m}\n"
            # the page speaks of EDI, which the tests' small plant does not have
            indented = indented.replace("system: edi", "system: mes")
            check_scenario(write(HEAD + "lasts: 2h\n" + steps + "expect:\n" + indented))


def test_every_match_shown_is_good() -> None:
    lines = [line for text in blocks() if text.startswith("{") for line in text.splitlines()]
    assert len(lines) > 4
    for line in lines:
        Match(parse_yaml(line.encode(), "docs").value)


def test_every_action_and_every_key_is_named() -> None:
    page = PAGE.read_text()
    for key in action_models():
        assert f"`{key}: " in page, key
    for form in FORMS.values():
        for key in keys_of(form):
            assert f"`{key}" in page or f" {key}:" in page, key
