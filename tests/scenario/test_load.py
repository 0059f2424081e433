"""Bad input: every mistake is named by place, with what was probably meant, all in one pass."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.core.durations import MINUTE
from simulator.core.errors import Mistake
from simulator.scenario.expect import Ask, Count, Each, Never, Rate
from simulator.scenario.load import load_scenario, parse_scenario

Found = Callable[[str | bytes], list[str]]
HEAD = "scenario: x\nplant: gearbox\n"


def test_the_sample_of_the_design_is_read_whole(write: Callable[[str], Path]) -> None:
    path = write("""\
scenario: WMS outage at the morning peak
about: Suppliers keep shipping while the WMS is down.
plant: gearbox
seed: 7
clock: {start: 2026-03-02T06:00, speed: 60}
steps:
  - at: 0m
    do: supplier.ship
    with: {supplier: BEARCO, against: open_orders}
    every: {mean: 45s, spread: exponential}
    times: 40
  - at: 10m
    fault: outage
    on: wms.http
    mode: refuse
    for: 20m
  - at: 12m
    hold: edi.outbound
    for: 15m
    release: {rate: 5/s, order: shuffled, duplicate: 10%}
  - when: {system: wms, operation: create_receipt, status: 201}
    do: mes.release_waiting_orders
expect:
  - name: every ASN is received in the WMS exactly once
    each: {system: edi, direction: out, document: ship-notice}
    leads_to: {system: wms, direction: in, operation: create_receipt}
    same: [sscc]
    exactly: 1
    within: 30m
  - of: {system: wms, direction: in}
    during: outage
    at_most: 2/s
  - at: 60m
    ask: {get: "${ERP_URL}/stock"}
    equals: plant.stock
  - never: {system: wms, status: 5xx}
    during: {from: 5m, to: 10m}
""")
    scenario = load_scenario(path)
    assert scenario.title == "WMS outage at the morning peak"
    assert scenario.plant_file.name == "gearbox.yaml"
    assert scenario.speed() == 60
    assert [next(iter(step.action)) for step in scenario.steps] == ["do", "fault", "hold", "do"]
    assert scenario.steps[1].at == 10 * MINUTE
    each, count, ask, never = scenario.expect
    assert isinstance(each, Each)
    assert each.bounds == (1, 1)
    assert isinstance(count, Count)
    assert count.at_most == Rate(2, 1)
    assert isinstance(ask, Ask)
    assert isinstance(never, Never)
    assert scenario.lasts() >= 60 * MINUTE


# each: the lines below the head, and what the one mistake must say
ONE_MISTAKE = {
    "unknown top key": ("sed: 7\n", "3:1: unknown key 'sed' (did you mean 'seed'?)"),
    "unknown step key": (
        "steps:\n  - {at: 1m, note: hi, evry: 5s}\n",
        "4:24: unknown key 'evry' (did you mean 'every'?)",
    ),
    "unknown action": (
        "steps:\n  - {at: 1m, falt: outage, on: wms}\n",
        "4:14: unknown key 'falt' (did you mean 'fault'?)",
    ),
    "unknown key of with's neighbour": (
        "steps:\n  - {at: 1m, do: mes.release_order, wth: {}}\n",
        "4:37: unknown key 'wth' (did you mean 'with'?)",
    ),
    "unknown fault parameter": (
        "steps:\n  - {at: 1m, fault: outage, on: wms, mod: refuse}\n",
        "4:38: unknown key 'mod' (did you mean 'mode'?)",
    ),
    "unknown fault": (
        "steps:\n  - {at: 1m, fault: outtage, on: wms}\n",
        "4:21: unknown fault 'outtage' (did you mean 'outage'?)",
    ),
    "no action": ("steps:\n  - {at: 1m}\n", "4:5: a step needs an action"),
    "two actions": (
        "steps:\n  - {at: 1m, note: hi, speed: 5}\n",
        "4:5: two actions at once: speed and note (write two steps)",
    ),
    "duration without unit": (
        "steps:\n  - {at: 5, note: hi}\n",
        "4:10: steps.0.at: a duration needs a unit, got 5 (write 5s, 5m or 5h)",
    ),
    "duration with an unknown unit": (
        "lasts: 5 parsecs\n",
        "3:8: lasts: not a duration: '5 parsecs' (write it like 45s, 1h30m, 500ms or 2d)",
    ),
    "time before the start": (
        "steps:\n  - {at: -5m, note: hi}\n",
        "4:10: at: -5m lies before the start (times count from 0s)",
    ),
    "moment for a duration": (
        "steps:\n  - {at: 2026-03-02T06:00, note: hi}\n",
        "4:10: at: 2026-03-02T06:00 is a moment, and here stands a duration",
    ),
    "for zero": (
        "steps:\n  - {at: 1m, hold: mes, for: 0s}\n",
        "4:30: for: it lasts no time",
    ),
    "interval zero": (
        "steps:\n  - {at: 1m, note: hi, every: 0s, times: 2}\n",
        "an interval must be longer than zero",
    ),
    "step beyond the end": (
        "lasts: 30m\nsteps:\n  - {at: 40m, note: hi}\n",
        "5:10: the step begins at 40m, 10m after the end: the scenario lasts 30m",
    ),
    "fault beyond the end": (
        "lasts: 30m\nsteps:\n  - {at: 20m, fault: outage, on: wms, for: 15m}\n",
        "5:44: the window ends at 35m, 5m after the end",
    ),
    "endless": (
        "steps:\n  - {at: 1m, note: hi, every: 5s}\n",
        "4:31: it repeats without an end",
    ),
    "trigger on an unknown field": (
        "steps:\n  - {when: {sytem: wms}, note: hi}\n",
        "4:13: unknown field 'sytem' (did you mean 'system'?)",
    ),
    "trigger with an unknown operator": (
        "steps:\n  - {when: {status: {mtches: x}}, note: hi}\n",
        "4:21: unknown operator 'mtches' on status (did you mean 'matches'?)",
    ),
    "at and when": (
        "steps:\n  - {at: 1m, when: {system: wms}, note: hi}\n",
        "a step has `at` or `when`, not both",
    ),
    "unknown plant": ("", "2:8: unknown plant 'gearbx' (did you mean 'gearbox'?)"),
    "plant outside": ("", "2:8: '../../../etc/passwd.yaml' leaves the folder plants/"),
    "wrong type": ("steps: 5\n", "3:8: steps: expected a list"),
    "step of a wrong type": ("steps: [5]\n", "3:9: expected a mapping with keys, got 5"),
    "seed of a wrong type": (
        "seed: seven\n",
        "3:7: seed: Input should be a valid integer, got 'seven'",
    ),
    "speed zero": (
        "clock: {speed: 0}\n",
        "3:16: clock.speed: not a speed: 0 (a number above 0, or max)",
    ),
    "start is no moment": ("clock: {start: monday}\n", "3:16: clock.start: not a moment: 'monday'"),
    "unknown key of the clock": (
        "clock: {sped: 5}\n",
        "3:9: unknown key 'sped' (did you mean 'speed'?)",
    ),
    "unknown expectation": (
        "expect:\n  - {nver: {system: wms}}\n",
        "4:6: unknown key 'nver' (did you mean 'never'?)",
    ),
    "unknown expectation key": (
        "expect:\n  - {never: {system: wms}, durng: outage}\n",
        "4:28: unknown key 'durng' (did you mean 'during'?)",
    ),
    "no claim": ("expect:\n  - {name: x}\n", "4:5: an expectation needs a claim"),
    "two claims": (
        "expect:\n  - {never: {system: wms}, of: {system: wms}, exactly: 1}\n",
        "4:5: two expectations in one: of and never",
    ),
    "unknown match field": (
        "expect:\n  - {never: {systm: wms}}\n",
        "4:14: unknown field 'systm' (did you mean 'system'?)",
    ),
    "empty match": ("expect:\n  - {never: {}}\n", "4:13: an empty match is everything"),
    "unknown key in same": (
        "expect:\n  - {each: {system: wms}, leads_to: {system: mes}, same: [ssc]}\n",
        "4:59: unknown key 'ssc' (did you mean 'sscc'?)",
    ),
    "each without leads_to": (
        "expect:\n  - {each: {system: wms}}\n",
        "4:5: the key 'leads_to' is missing in expect.0",
    ),
    "no number": ("expect:\n  - {of: {system: wms}}\n", "how many? add `exactly`"),
    "no rate": (
        "expect:\n  - {of: {system: wms}, at_most: 2/x}\n",
        "4:34: expect.0.at_most: write a whole number like 3 or a rate like 2/s, got '2/x'",
    ),
    "exactly and at_least": (
        "expect:\n  - {of: {system: wms}, exactly: 1, at_least: 1}\n",
        "`exactly` goes alone",
    ),
    "window backwards": (
        "expect:\n  - {never: {system: wms}, during: {from: 10m, to: 5m}}\n",
        "the window ends before it begins",
    ),
    "window beyond the end": (
        "lasts: 30m\nexpect:\n  - {never: {system: wms}, during: {from: 10m, to: 50m}}\n",
        "the window ends at 50m, 20m after the end",
    ),
    "asked beyond the end": (
        "lasts: 30m\nexpect:\n  - {ask: {get: x}, at: 40m}\n",
        "it asks at 40m, 10m after the end",
    ),
    "within beyond the end": (
        "lasts: 30m\nexpect:\n  - {each: {system: wms}, leads_to: {system: mes}, within: 31m}\n",
        "`within` is 31m, the whole scenario lasts 30m",
    ),
    "unknown ask verb": (
        "expect:\n  - {ask: {gt: x}}\n",
        "4:12: unknown key 'gt' (did you mean 'get'?)",
    ),
    "unknown plant value": (
        "expect:\n  - {ask: {get: x}, equals: plant.stok}\n",
        "unknown 'plant.stok' (did you mean 'plant.stock'?)",
    ),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_one_mistake_is_named_by_place_and_cure(name: str, mistakes: Found) -> None:
    lines, wanted = ONE_MISTAKE[name]
    head = HEAD
    if "gearbx" in wanted:
        head = "scenario: x\nplant: gearbx\n"
    if "passwd" in wanted:
        head = "scenario: x\nplant: ../../../etc/passwd\n"
    found = mistakes(head + lines)
    assert found, "nothing was found"
    assert all(one.startswith("s.yaml:") for one in found)
    assert any(wanted in one for one in found), found
    if wanted[0].isdigit():
        assert len(found) == 1, found


def test_all_mistakes_are_found_in_one_pass_and_in_order(mistakes: Found) -> None:
    found = mistakes("""\
scenario: x
plant: gearbx
sed: 7
lasts: 30m
steps:
  - {at: 5, note: hi}
  - {at: 1m, falt: outage}
  - {at: 40m, note: late}
expect:
  - {never: {systm: wms}, durng: outage}
  - {of: {system: wms}, at_most: lots}
""")
    assert [one.split(": ")[0] for one in found] == [
        "s.yaml:2:8", "s.yaml:3:1", "s.yaml:6:10", "s.yaml:7:14", "s.yaml:8:10",
        "s.yaml:10:14", "s.yaml:10:27", "s.yaml:11:34",
    ]  # fmt: skip


def test_missing_header_keys_are_named(mistakes: Found) -> None:
    found = mistakes("steps: []\n")
    assert any("the key 'scenario' is missing" in one for one in found)
    assert any("the key 'plant' is missing" in one for one in found)


BAD_YAML = {
    "cyclic anchor": (b"scenario: x\nplant: &a [*a]\n", "a cyclic anchor"),
    "billion laughs": (
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            f"{n}: &{n} [{','.join([f'*{p}'] * 10)}]\n".encode()
            for p, n in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "expands to too many values",
    ),
    "not UTF-8": (b"scenario: x\nplant: \xff\n", "s.yaml:2:8: not UTF-8: byte 0xff"),
    "not YAML": (b"scenario: [\n", "not YAML"),
    "a tab": (b"scenario:\n\t- x\n", "not YAML"),
    "twice": (b"plant: a\nplant: b\n", "s.yaml:2:1: the key 'plant' stands twice"),
    "empty": (b"", "the file is empty"),
    "a list": (b"- a\n", "s.yaml:1:1: a scenario is a mapping"),
    "a code tag": (b"scenario: !!python/object:os.system x\n", "s.yaml:1:11"),
}


@pytest.mark.parametrize("name", BAD_YAML)
def test_bad_yaml_is_refused_with_its_place(name: str, mistakes: Found) -> None:
    raw, wanted = BAD_YAML[name]
    found = mistakes(raw)
    assert any(wanted in one for one in found), found


def test_a_missing_scenario_file_is_a_mistake(payloads: Path) -> None:
    with pytest.raises(Mistake, match="there is no file"):
        load_scenario(payloads / "none.yaml", payloads)


def test_a_link_out_of_the_payload_folder_is_refused(mistakes: Found, payloads: Path) -> None:
    (payloads / "plants" / "sneaky.yaml").symlink_to("/etc/hostname")
    found = mistakes("scenario: x\nplant: sneaky\n")
    assert "leaves the folder" in found[0]


def test_a_scenario_lasts_until_all_is_done(payloads: Path) -> None:
    text = """
steps:
  - {at: 1m, note: hi, every: 10s, times: 7}
  - {at: 2m, fault: outage, on: wms, for: 5m}
expect:
  - {each: {system: mes}, leads_to: {system: wms}, within: 4m}
"""
    scenario = parse_scenario((HEAD + text).encode(), "s.yaml", payloads)
    assert scenario.lasts() == 11 * MINUTE


words = st.sampled_from(
    ["at", "every", "for", "note", "do", "fault", "hold", "when", "5m", "-1s", "outage", "wms", "x",
     "each", "of", "never", "system", "expect", "steps", "during", "same", "with", "ask"]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=values, expect=values)
def test_no_input_escapes_as_anything_but_a_mistake(
    steps: object, expect: object, payloads: Path
) -> None:
    import orjson

    raw = orjson.dumps({"scenario": "x", "plant": "gearbox", "steps": steps, "expect": expect})
    with contextlib.suppress(Mistake):
        parse_scenario(raw, "s.yaml", payloads)
