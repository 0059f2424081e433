"""Mistakes in a partner's profile are named by file, line and column, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.core.errors import Mistake, Mistakes
from simulator.plant.trading.partners import load_partner

WHOLE = """\
partner: LUTZ
standard: x12
version: "005010"
identifiers:
  partner: {id: LUTZ}
  plant: {id: GEARBOX}
"""


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "partners").mkdir(exist_ok=True)
    (tmp_path / "partners" / "lutz.yaml").write_text(text)
    return load_partner("lutz", tmp_path)


@pytest.mark.parametrize(
    ("was", "now", "place", "what", "cure"),
    [
        ("standard", "standart", "2:1", "unknown key 'standart'", "did you mean 'standard'?"),
        ("{id: LUTZ}", "{id: LUTZ, qualifer: ZZ}", "5:23", "unknown key", "'qualifier'"),
        ('"005010"', "D96A", "3:10", "no version of x12", '"004010"'),
        ("id: LUTZ", "id: LUTZ-AND-SONS-INC", "5:17", "15 characters", ""),
        ("standard:", "delimiters: {element: A}\nstandard:", "2:23", "data", "no letter"),
        ("standard:", "delimiters: {segment: '*'}\nstandard:", "2:23", "element, too", "own"),
        ("standard:", "delimiters: {component: ^}\nstandard:", "2:13", "component, too", "own"),
        ("standard:", "tolerates: [carriage-return]\nstandard:", "2:13", "finding", "returns'?"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, was: str, now: str, place: str, what: str, cure: str
) -> None:
    with pytest.raises(Mistake) as caught:
        load(tmp_path, WHOLE.replace(was, now, 1))
    assert isinstance(caught.value, Mistakes)
    told = {str(one.place).partition(":")[2]: one for one in caught.value.mistakes}
    assert what in told[place].what
    assert cure in told[place].cure


@pytest.mark.parametrize(
    "marks",
    [
        "standard: x12\ndelimiters: {element: '|', component: '>', segment: \"\\n\"}",
        "standard: edifact\ndelimiters: {release: ' ', decimal: ','}",
    ],
)
def test_other_service_characters_are_fine(tmp_path: Path, marks: str) -> None:
    text = WHOLE.replace("standard: x12", marks)
    if "edifact" in marks:
        text = text.replace('"005010"', "D96A")
    load(tmp_path, text)
