"""The dry run: names looked up on the plant, warnings, and a plan that never changes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from simulator.core.durations import MINUTE
from simulator.core.errors import Mistake, Mistakes
from simulator.scenario.check import Checked, check_scenario
from simulator.scenario.plan import plan_scenario

HEAD = "scenario: x\nplant: gearbox\nseed: 7\nclock: {start: 2026-03-02T06:00, speed: 60}\n"
Write = Callable[[str], Path]

BODY = """\
steps:
  - at: 1m
    do: mes.create_order
    with: {item: GEARBOX, quantity: 5, release: true}
    every: {mean: 2m, spread: exponential}
    times: 5
  - at: 3m
    name: slow wms
    fault: latency
    on: wms.http
    delay: 200ms
    for: 20m
  - at: 5m
    hold: mes.outbound
    for: 10m
    release: {rate: 5/s, order: shuffled, duplicate: 50%}
  - when: {event: fault.cleared}
    note: "the fault is over, {{ n }}"
expect:
  - name: confirmations are said
    each: {system: mes, direction: out, document: confirmation}
    leads_to: {system: wms, direction: in, operation: create_receipt}
    same: [order]
    within: 30m
  - never: {event: step.failed}
"""


def checked(write: Write, text: str, **options: object) -> Checked:
    return check_scenario(write(HEAD + text), **options)  # type: ignore[arg-type]


def found(write: Write, text: str) -> list[str]:
    with pytest.raises(Mistake) as caught:
        checked(write, text)
    many = caught.value
    return [str(one) for one in (many.mistakes if isinstance(many, Mistakes) else [many])]


def test_a_good_scenario_passes_and_is_played_to_its_end(write: Write) -> None:
    one = checked(write, BODY)
    assert one.warnings == []
    assert one.planned is not None
    events = [entry.get("event") for entry in one.planned.journal.entries()]
    assert events.count("step.done") == 8
    assert "note" in events
    assert events[-1] == "run.ended"
    assert one.end - one.origin == one.scenario.lasts()


NAMES = {
    "operation": (
        "steps:\n  - {at: 1m, do: mes.relese_order, with: {order: '1'}}\n",
        "s.yaml:6:18: unknown operation 'mes.relese_order' (did you mean 'mes.release_order'?)",
    ),
    "system": (
        "steps:\n  - {at: 1m, do: mess.release_order, with: {order: '1'}}\n",
        "s.yaml:6:18: unknown system 'mess' (did you mean 'mes'?)",
    ),
    "input": (
        "steps:\n  - {at: 1m, do: mes.release_order, with: {order: '1', expected_vrsion: 1}}\n",
        "s.yaml:6:56: unknown key 'expected_vrsion' (did you mean 'expected_version'?)",
    ),
    "item": (
        "steps:\n  - {at: 1m, do: mes.create_order, with: {item: GEARBX, quantity: 1}}\n",
        "s.yaml:6:49: unknown item 'GEARBX' (did you mean 'GEARBOX'?)",
    ),
    "endpoint": (
        "steps:\n  - {at: 1m, fault: outage, on: wms.htp}\n",
        "s.yaml:6:33: unknown endpoint 'wms.htp' (did you mean 'wms.http'?)",
    ),
    "link": (
        "steps:\n  - {at: 1m, hold: mes.outbond}\n",
        "s.yaml:6:20: unknown endpoint 'mes.outbond' (did you mean 'mes.outbound'?)",
    ),
    "matched system": (
        "expect:\n  - {never: {system: wmss}}\n",
        "s.yaml:6:22: unknown system 'wmss' (did you mean 'wms'?)",
    ),
    "matched operation": (
        "expect:\n  - {never: {system: wms, operation: create_reciept}}\n",
        "s.yaml:6:38: unknown operation 'create_reciept' (did you mean 'create_receipt'?)",
    ),
    "matched endpoint": (
        "steps:\n  - {when: {endpoint: wms.htp}, note: hi}\n",
        "s.yaml:6:23: unknown endpoint 'wms.htp' (did you mean 'wms.http'?)",
    ),
    "window": (
        "steps:\n  - {at: 1m, fault: outage, on: wms, for: 5m}\n"
        "expect:\n  - {never: {system: wms}, during: outtage}\n",
        "s.yaml:8:36: unknown window 'outtage' (did you mean 'outage'?)",
    ),
    "window that nothing opens": (
        "expect:\n  - {never: {system: wms}, during: outage}\n",
        "s.yaml:6:36: no step of this scenario begins one: 'outage'",
    ),
}


@pytest.mark.parametrize("kind", NAMES)
def test_an_unknown_name_is_found_with_what_was_meant(kind: str, write: Write) -> None:
    text, wanted = NAMES[kind]
    lines = found(write, text)
    assert len(lines) == 1, lines
    assert wanted in lines[0]


def test_mistakes_of_shape_and_of_names_come_in_one_pass(write: Write) -> None:
    lines = found(
        write,
        "steps:\n  - {at: 5, note: hi}\n  - {at: 1m, do: mes.relese_order}\n"
        "expect:\n  - {never: {systm: wms}}\n  - {never: {system: wmss}}\n",
    )
    assert [":".join(one.split("s.yaml:")[1].split(":")[:2]) for one in lines] == [
        "6:10", "7:18", "9:14", "10:22",
    ]  # fmt: skip


def test_mistakes_in_the_plant_file_name_the_plant_file(write: Write, payloads: Path) -> None:
    path = payloads / "plants" / "gearbox.yaml"
    path.write_text(path.read_text().replace("transport: webhook", "transport: webhok"))
    lines = found(write, "steps: []\n")
    assert any("gearbox.yaml:" in one and "webhok" in one for one in lines), lines


def test_a_plant_file_that_names_a_missing_file_or_leaves_its_folder(
    write: Write, payloads: Path
) -> None:
    path = payloads / "plants" / "gearbox.yaml"
    whole = path.read_text()
    for file in ("contracts/none.yaml", "../../../etc/passwd"):
        path.write_text(
            whole.replace("http: {transport: http, contract: isa95}",
                          f"http: {{transport: http, contract: custom, file: {file}}}")
        )  # fmt: skip
        lines = found(write, "steps: []\n")
        assert any("gearbox.yaml:" in one and file.split("/")[-1] in one for one in lines), lines


def warnings(write: Write, text: str, **options: object) -> list[str]:
    return [str(one) for one in checked(write, text, **options).warnings]


def test_a_fault_too_short_for_any_retry_is_a_warning(write: Write) -> None:
    text = "steps:\n  - {at: 1m, fault: outage, on: wms, for: 1m}\n"
    one = warnings(write, text)
    assert len(one) == 1
    assert "s.yaml:6:43: the fault lasts only 1 s of wall time" in one[0]
    assert warnings(write, text.replace("for: 1m", "for: 2m")) == []
    assert warnings(write, text, speed=30.0) == []


def test_a_change_of_speed_is_reckoned_with(write: Write) -> None:
    text = (
        "steps:\n  - {at: 30s, speed: 10}\n  - {at: 1m, fault: outage, on: wms, for: 1m}\n"
        "  - {at: 2m, speed: max}\n"
    )
    assert warnings(write, text) == []


def test_expectations_that_can_never_see_anything_are_warnings(write: Write) -> None:
    one = warnings(
        write,
        "lasts: 10m\nexpect:\n"
        "  - {never: {document: confirmatoin}}\n"
        "  - {each: {system: mes, direction: out}, leads_to: {system: wms}}\n",
    )
    assert "nothing here says a document 'confirmatoin'" in one[0]
    assert "in the dry run of 10m nothing matched `each`" in one[1]


def test_a_step_that_fails_in_the_dry_run_is_a_warning(write: Write) -> None:
    one = warnings(write, "steps:\n  - {at: 1m, do: mes.release_order, with: {order: '4711'}}\n")
    assert "s.yaml:6:5: in the dry run this step failed" in one[0]
    assert "4711" in one[0]


def test_an_unset_variable_of_an_expectation_is_a_warning(write: Write) -> None:
    one = warnings(write, 'expect:\n  - {ask: {get: "${NOBODY_SETS_THIS}/stock"}}\n')
    assert "nothing sets ${NOBODY_SETS_THIS}" in one[0]


def planned(path: Path, **options: object) -> bytes:
    out = io.BytesIO()
    plan_scenario(path, out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def test_a_plan_is_json_lines_without_wall_time(write: Write) -> None:
    lines = [orjson.loads(line) for line in planned(write(HEAD + BODY)).splitlines()]
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert not any(key.startswith("wall") for one in lines for key in one)
    copies = [one for one in lines if one.get("copy")]
    assert copies, "the release duplicates half of what it held"
    assert lines[-1]["at"] - lines[0]["at"] <= 24 * 60 * MINUTE


def test_a_plan_is_the_same_bytes_again_and_another_seed_is_not(write: Write) -> None:
    path = write(HEAD + BODY)
    assert planned(path) == planned(path)
    assert planned(path) != planned(path, seed=8)


def test_a_plan_is_the_same_bytes_whatever_the_hash_seed(write: Write) -> None:
    path = write(HEAD + BODY)
    program = (
        "import sys\nfrom pathlib import Path\nfrom simulator.scenario.plan import plan_scenario\n"
        "plan_scenario(Path(sys.argv[1]), sys.stdout.buffer)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert outputs.pop() == planned(path)
