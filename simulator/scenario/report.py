"""Verdicts for machines and people: JUnit XML, JSON, plain text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import orjson

from simulator.core.durations import as_json, show_instant, show_span
from simulator.scenario.show import plural
from simulator.scenario.verdict import Exit, Outcome, Verdict

_NOT_XML = re.compile("[^\t\n\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdicts: Sequence[Verdict]) -> bytes:
    """JUnit XML: a test suite a scenario; a test case an expectation and a failed step.

    An overloaded stand-in is an error of its own test case, so that CI never reads it as a pass.
    """
    root = ET.Element("testsuites", name="stagefloor")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for verdict in verdicts:
        suite = _suite(verdict)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        root.append(suite)
    for name, total in totals.items():
        root.set(name, str(total))
    root.set("time", f"{sum(one.wall for one in verdicts):.3f}")
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(verdict: Verdict) -> ET.Element:
    cases = [_case(verdict, one) for one in verdict.outcomes]
    for step in verdict.failed_steps:
        case = _named_case(verdict, f"step {step.name}")
        times = f" ({step.times} times)" if step.times > 1 else ""
        error = ET.SubElement(case, "error", message=_clean(step.error), type="step")
        error.text = _clean(f"{step.place}: {step.error}{times}".lstrip(": "))
        cases.append(case)
    for why in verdict.overload:
        case = _named_case(verdict, "the stand-in kept up")
        ET.SubElement(case, "error", message=_clean(why), type="overloaded").text = _clean(why)
        cases.append(case)
    if not cases:  # a scenario that expects nothing was run all the same
        cases.append(_named_case(verdict, "every step was done"))
    suite = ET.Element(
        "testsuite",
        name=_clean(verdict.scenario),
        tests=str(len(cases)),
        failures=str(len(verdict.broken)),
        errors=str(len(verdict.failed_steps) + len(verdict.overload)),
        skipped="0",
        time=f"{verdict.wall:.3f}",
        timestamp=verdict.started.removesuffix("Z").partition(".")[0] or "1970-01-01T00:00:00",
        hostname="localhost",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("plant", verdict.plant),
        ("seed", verdict.seed),
        ("speed", verdict.speed),
        ("plant time", show_span(verdict.ended - verdict.began)),
        ("lateness p99 ms", round(verdict.lateness_p99 * 1000, 3)),
        ("messages", verdict.messages),
    ):
        ET.SubElement(properties, "property", name=name, value=_clean(str(value)))
    suite.extend(cases)
    return suite


def _case(verdict: Verdict, outcome: Outcome) -> ET.Element:
    case = _named_case(verdict, outcome.name)
    if not outcome.kept:
        failure = ET.SubElement(case, "failure", message=_clean(outcome.reason), type=outcome.form)
        lines = [f"{outcome.place}: {outcome.reason}".lstrip(": "), *outcome.evidence]
        failure.text = _clean("\n".join(lines))
    return case


def _named_case(verdict: Verdict, name: str) -> ET.Element:
    # expectations are judged together: what took time is the run, which the suite tells
    return ET.Element(
        "testcase", name=_clean(name), classname=_clean(verdict.scenario), time="0.000"
    )


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def json_report(verdicts: Sequence[Verdict]) -> bytes:
    """The report as JSON: `{"verdict", "exit_code", "scenarios": […]}`."""
    code = worst(verdicts)
    report = {
        "verdict": code.name.lower(),
        "exit_code": int(code),
        "scenarios": [one.as_json() for one in verdicts],
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(report, default=as_json, option=options)


def worst(verdicts: Sequence[Verdict]) -> Exit:
    """The exit code of several runs: overloaded, then broken, then kept."""
    return max((one.exit_code for one in verdicts), default=Exit.KEPT)


def text(verdict: Verdict) -> str:
    """A verdict in plain text: one line an expectation, evidence under what is broken."""
    lines = [f"{verdict.scenario}  ({verdict.file})"]
    for one in verdict.outcomes:
        mark = "kept  " if one.kept else "BROKEN"
        lines.append(f"  {mark}  {one.name}")
        lines.append(f"          {one.reason}")
        if not one.kept:
            if one.place:
                lines.append(f"          at {one.place}")
            lines += [f"          | {line}" for line in one.evidence]
    for step in verdict.failed_steps:
        times = f", {step.times} times" if step.times > 1 else ""
        lines.append(f"  FAILED  step {step.name}: {step.error}{times}")
        if step.place:
            lines.append(f"          at {step.place}")
    lines += [f"  OVERLOADED  {why}" for why in verdict.overload]
    lines.append(f"  {summary(verdict)}")
    return "\n".join(lines)


def summary(verdict: Verdict) -> str:
    """A verdict in one line."""
    kept = len(verdict.outcomes) - len(verdict.broken)
    parts = [f"{kept} of {plural(len(verdict.outcomes), 'expectation')} kept"]
    if verdict.failed_steps:
        parts.append(f"{plural(len(verdict.failed_steps), 'step')} failed")
    return (
        f"{verdict.exit_code.name.replace('_', ' ')}: {', '.join(parts)}; "
        f"{plural(verdict.messages, 'message')}, "
        f"{show_span((verdict.ended - verdict.began) // 1_000_000 * 1_000_000)} of plant time in "
        f"{verdict.wall:.1f} s, from {show_instant(verdict.began)}; seed {verdict.seed}"
    )
