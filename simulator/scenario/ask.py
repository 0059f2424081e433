"""`ask` expectations: one HTTP request to the integration, and what its answer must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from simulator.core.durations import SECOND
from simulator.core.errors import Mistake
from simulator.core.match import Match
from simulator.plant import Plant
from simulator.scenario.expect import Ask
from simulator.scenario.figures import FIGURES, MOST_DIFFERENCES, Figures
from simulator.scenario.verdict import Outcome

SHOWN_BODY = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or why nothing did."""

    status: int = 0
    body: bytes = b""
    error: str = ""


async def ask(one: Ask, client: httpx.AsyncClient, resolve: Callable[[str], str]) -> Answer:
    """Send the request. Never raises: what went wrong is in the answer's `error`."""
    try:
        reply = await client.request(
            one.ask.method,
            resolve(one.ask.url),
            headers=one.ask.headers,
            content=None if one.ask.body is None else orjson.dumps(one.ask.body),
            timeout=one.ask.timeout / SECOND,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(error=f"{type(error).__name__}: {error}".rstrip(": "))
    except Mistake as mistake:
        return Answer(error=str(mistake))
    return Answer(reply.status_code, reply.content)


def judge_answer(one: Ask, answer: Answer, plant: Plant) -> Outcome:
    """What came of it. `plant` is asked only where the answer must equal its own figures."""
    outcome = Outcome(one.title, one.form, True, "")
    problems = _problems(one, answer, plant, outcome)
    if answer.status:
        outcome.numbers["status"] = answer.status
    if not problems:
        outcome.reason = f"answered {answer.status}, as wanted"
        return outcome
    outcome.kept = False
    outcome.reason = problems[0]
    outcome.evidence = problems[1:]
    if answer.body and one.figures is None:
        outcome.evidence.append("the answer: " + _short(answer.body))
    return outcome


def _problems(one: Ask, answer: Answer, plant: Plant, outcome: Outcome) -> list[str]:
    where = f"{one.ask.method} {one.ask.url}"
    if answer.error:
        return [f"{where} got no answer: {answer.error}"]
    wanted = one.status if one.status is not None else "2xx"
    if not Match({"status": wanted}).hits({"status": answer.status}):
        return [f"{where} answered {answer.status}, wanted {wanted}"]
    if one.contains is not None and one.contains not in answer.body.decode(errors="replace"):
        return [f"the answer to {where} does not contain {one.contains!r}"]
    if "equals" not in one.model_fields_set and one.field is None:
        return []
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        return [f"the answer to {where} is not JSON: {error}"]
    if one.field is not None:
        try:
            value = _into(value, one.field)
        except KeyError as missing:
            return [f"the answer to {where} has no {one.field!r} (no {missing.args[0]!r})"]
    if "equals" not in one.model_fields_set:
        return []
    if one.figures is not None:
        return _compared(value, FIGURES[one.figures], plant, outcome)
    found = differences(value, one.equals)
    return [f"the answer to {where} is not what it should be:", *found] if found else []


def _compared(value: Any, figures: Figures, plant: Plant, outcome: Outcome) -> list[str]:
    try:
        theirs = figures.read(value)
    except ValueError as error:
        return [f"the answer is {error}: {_short(orjson.dumps(value))}"]
    ours = figures.of(plant)
    outcome.numbers["integration"] = float(sum(theirs.values()))
    outcome.numbers["plant"] = float(sum(ours.values()))
    return figures.differences(theirs, ours)


def differences(got: Any, wanted: Any, path: str = "") -> list[str]:
    """Where two JSON values differ, by path; at most ten lines."""
    here = path or "it"
    if isinstance(wanted, dict) and isinstance(got, dict):
        out = []
        for key in sorted({*wanted, *got}, key=str):
            inner = f"{path}.{key}" if path else str(key)
            if key not in got:
                out.append(f"{inner} is absent, wanted {wanted[key]!r:.80}")
            elif key not in wanted:
                out.append(f"{inner} is {got[key]!r:.80}, wanted it absent")
            else:
                out += differences(got[key], wanted[key], inner)
        return out[:MOST_DIFFERENCES]
    if isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            return [f"{here} has {len(got)} entries, wanted {len(wanted)}"]
        pairs = enumerate(zip(got, wanted, strict=True))
        found = [
            line for i, (g, w) in pairs for line in differences(g, w, f"{path}.{i}".strip("."))
        ]
        return found[:MOST_DIFFERENCES]
    same = got == wanted and isinstance(got, bool) == isinstance(wanted, bool)
    return [] if same else [f"{here} is {got!r:.80}, wanted {wanted!r:.80}"]


def _into(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise KeyError(step)
    return value


def _short(body: bytes) -> str:
    text = body.decode(errors="replace")
    return text if len(text) <= SHOWN_BODY else text[:SHOWN_BODY] + "…"
