"""Claims about a live plant's journal: read, and judged without making the timeline late."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from simulator.control.reading import read
from simulator.core.errors import Mistake
from simulator.core.link import pause
from simulator.core.match import Match
from simulator.core.timer import monotonic
from simulator.scenario.expect import FORMS, Ask, Expectation
from simulator.scenario.judge import judge
from simulator.scenario.record import Frame, ListRecord
from simulator.scenario.verdict import Outcome
from simulator.stage.actions import validated
from simulator.stage.stage import Stage

AGAIN = 0.1  # wall seconds between two looks


def read_claim(given: Mapping[str, Any]) -> Expectation:
    """Read an expectation from its YAML or JSON form. Raises Mistake, Mistakes."""
    named = [form for form in FORMS if form in given]
    if len(named) != 1:
        what = "two claims at once" if named else "no claim here"
        raise Mistake(what, cure="one of " + ", ".join(FORMS))
    one = validated(FORMS[named[0]], given)
    if isinstance(one, Ask):
        what = "`ask` is judged while a scenario runs"
        raise Mistake(what, cure="run a scenario, or ask the integration yourself")
    assert isinstance(one, Expectation)
    for key, wanted in one.matches().items():
        try:
            Match(wanted)
        except Mistake as mistake:
            mistake.path = (key,)
            raise
    return one


async def judged(one: Expectation, stage: Stage, *, after: int = 0, wait: float = 0.0) -> Outcome:
    """What came of a claim, once it is kept or `wait` wall seconds are over."""
    deadline = monotonic() + wait
    while True:
        stage.catch_up()
        seen = len(stage.journal)
        outcome = await _look(one, stage, after)
        if outcome.kept or monotonic() >= deadline:
            return outcome
        await _changed(stage, seen, deadline)


async def _look(one: Expectation, stage: Stage, after: int) -> Outcome:
    """Read in bites, and judge beside the loop."""
    entries = await read(stage.journal, Match({}), after=after)
    moments = [int(entry["at"]) for entry in entries[:1] if "at" in entry]
    frame = Frame(min([*moments, stage.start_at]), stage.now)
    return await asyncio.to_thread(judge, one, ListRecord(entries), frame)


async def _changed(stage: Stage, seen: int, deadline: float) -> None:
    """Return soon after the journal changed, or at the deadline; plant time may decide, too."""
    news = asyncio.Event()
    end = stage.journal.listen(lambda entry, completed: news.set())
    try:
        left = max(deadline - monotonic(), 0.0)
        if len(stage.journal) == seen:
            await pause(min(left, 1.0), news)
        await pause(min(max(deadline - monotonic(), 0.0), AGAIN))
    finally:
        end()
