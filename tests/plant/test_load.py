"""Plant files: every mistake is named, with its line and column, in one pass."""

from pathlib import Path

import pytest

from simulator.core.errors import Mistakes
from simulator.plant import load_plant

CASES = {
    "unknown component": ("{item: STEEL, quantity: 1.25}", "{item: STEL, quantity: 1.25}",
        "15:31: unknown item 'STEL' (did you mean 'STEEL'?)"),
    "unknown work centre": ("no: 10, work_centre: BUILD", "no: 10, work_centre: BUILDS",
        "25:40: unknown work centre 'BUILDS' (did you mean 'BUILD'?)"),
    "unknown bin": ("quantity: 100, bin: R1, lot: S1", "quantity: 100, bin: R11, lot: S1",
        "35:38: unknown bin 'R11' (did you mean 'R1'?)"),
    "negative stock": ("quantity: 500", "quantity: -500", "greater than 0, got -500"),
    "too fine": ("quantity: 1.25", "quantity: 1.2555", "at most three decimals"),
    "part of a piece": ("quantity: 1000, bin: R1", "quantity: 10.5, bin: R1",
        "10.5 pcs of BOLT (a whole number of pieces)"),
    "unknown key": ("kind: make, bin: F1", "kinds: make, bin: F1", "unknown key 'kinds'"),
    "bin twice": ("[R1, W1, F1,", "[R1, R1, W1, F1,", "bin 'R1' stands twice"),
    "machine twice": ("[{id: B1}]", "[{id: M1}]", "machine 'M1' stands twice"),
    "order of operations": ("no: 20", "no: 5", "operation 5 is out of order (number it above 10)"),
    "operation of a component": ("quantity: 2, operation: 20", "quantity: 2, operation: 30",
        "PUMP has no operation 30 (its routing has 10, 20)"),
    "no lot": ("bin: R1, lot: C45", "bin: R1", "STEEL is tracked by lot"),
    "unknown supplier": ("supplier: SEALCO", "supplier: SEALC", "did you mean 'SEALCO'?"),
    "unknown customer": ("customer: ACME", "customer: ACNE", "did you mean 'ACME'?"),
    "made of nothing": ("SEAL: {bin: R1,", "SEAL: {bin: R1, kind: make,", "no routing makes it"),
    "bought, yet made": ("ROTOR: {kind: make,", "ROTOR: {kind: buy,", "ROTOR is bought"),
    "a cycle": ("[{item: STEEL, quantity: 1.25}]", "[{item: PUMP, quantity: 1}]",
        "the BOMs go round: PUMP > ROTOR > PUMP"),
    "no unit": ("cycle: 30s", "cycle: 30", "a duration needs a unit"),
    "a share": ("scrap: 10%", "scrap: 100%", "below 100%"),
    "no zone": ("plant: small", "plant: small\nzone: Europe/Berln", "no time zone"),
    "no moment": ("item: PUMP, quantity: 10}", "item: PUMP, quantity: 10, due: soon}",
        "a moment is written like"),
    "no such shift": ("{id: B1}]", "{id: B1}], shifts: [early]", "unknown shift 'early'"),
    "serials": ("bin: W1, lot: OLD", "bin: W1, lot: OLD, serials: [a, b]", "2 serials for 100 pcs"),
    "one serial twice": ("quantity: 100, bin: W1, lot: OLD",
        "quantity: 2, bin: W1, lot: OLD, serials: [a, a]", "serial 'ROTOR/a' stands twice"),
    "a shipping bin that is none": ("plant: small", "plant: small\nwarehouse: {shipping_bin: R1}",
        "bin R1 is a storage bin"),
    "two distributions": ("cycle: 30s", "cycle: {fixed: 1s, exponential: {mean: 2s}}",
        "name exactly one of"),
    "a key twice": ("plant: small", "plant: small\nplant: small", "the key 'plant' stands twice"),
    "idle calendar": ("plant: small", "plant: small\ncalendar: {shifts: {x: {days: [mon], "
        "from: '08:00', to: '09:00', breaks: [{from: '08:00', to: '09:00'}]}}}",
        "the calendar has no working time"),
}  # fmt: skip


def test_the_small_plant_has_no_mistake(small_text, find_mistakes):
    assert find_mistakes(small_text) == []


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named(small_text, find_mistakes, name):
    old, new, message = CASES[name]
    assert small_text.count(old) >= 1
    found = find_mistakes(small_text.replace(old, new, 1))
    assert any(message in one for one in found), found
    assert all(one.startswith("plant.yaml:") for one in found)


def test_all_mistakes_in_one_pass_and_in_order(small_text, find_mistakes):
    text = small_text
    for name in ("unknown component", "unknown work centre", "unknown bin", "unknown customer"):
        old, new, _ = CASES[name]
        text = text.replace(old, new, 1)
    found = find_mistakes(text)
    assert len(found) == 4
    lines = [int(one.split(":")[1]) for one in found]
    assert lines == sorted(lines)


def test_the_file_is_shown_relative_to_the_payloads(tmp_path, small_text):
    folder = tmp_path / "payloads" / "plants"
    folder.mkdir(parents=True)
    (folder / "small.yaml").write_text(small_text.replace("customer: ACME", "customer: X"))
    with pytest.raises(Mistakes, match=r"unknown customer") as caught:
        load_plant(folder / "small.yaml", tmp_path / "payloads")
    assert str(caught.value.mistakes[0].place).startswith("payloads/plants/small.yaml:")


def test_the_sample_plant(gearbox):
    assert gearbox.name == "gearbox"
    assert str(gearbox.zone) == "Europe/Berlin"
    assert {"mes", "wms"} <= set(gearbox.systems)
    assert Path(gearbox.located.file).name == "gearbox.yaml"
    assert gearbox.items["GB-100"].id == "GB-100"


def test_ids_are_filled_in(small):
    assert small.boms["PUMP"].item == "PUMP"
    assert small.work_centres["MILL"].id == "MILL"


def test_the_json_schema_can_be_made(small):
    schema = type(small).model_json_schema()
    assert schema["additionalProperties"] is False
    assert "zone" in schema["properties"]
