"""Verify: a claim about the journal, judged now or as soon as it is kept."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from simulator.control import models
from simulator.control.access import StageHere, reply
from simulator.control.reading import read
from simulator.core.durations import SECOND, parse_span
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

router = APIRouter(tags=["verify"])

LONGEST_WAIT = 600 * SECOND
AGAIN = 0.1  # wall seconds between two looks


@router.post(
    "/plants/{plant}/verify",
    response_model=models.Outcome,
    summary="Judge an expectation, as it stands under `expect` in a scenario",
)
async def verify(stage: StageHere, claim: models.VerifyBody) -> Response:
    one = _expectation(claim.expectation)
    wait = 0 if claim.wait is None else parse_span(claim.wait)
    if wait > LONGEST_WAIT:
        raise Mistake(f"wait: {claim.wait} is too long", cure="at most 10m")
    deadline = monotonic() + wait / SECOND
    while True:
        stage.catch_up()
        seen = len(stage.journal)
        outcome = await _judged(one, stage, claim.after)
        if outcome.kept or monotonic() >= deadline:
            return reply(outcome.as_json())
        await _changed(stage, seen, deadline)


def _expectation(given: dict[str, Any]) -> Expectation:
    """Read a claim. Raises Mistake, Mistakes."""
    named = [form for form in FORMS if form in given]
    if len(named) != 1:
        what = "two claims at once" if named else "no claim here"
        raise Mistake(what, cure="one of " + ", ".join(FORMS))
    one = validated(FORMS[named[0]], given)
    if isinstance(one, Ask):
        what = "`ask` is judged while a scenario runs"
        raise Mistake(what, cure="POST /runs with a scenario, or ask the integration yourself")
    assert isinstance(one, Expectation)
    for key, wanted in one.matches().items():
        try:
            Match(wanted)
        except Mistake as mistake:
            mistake.path = ("expectation", key)
            raise
    return one


async def _judged(one: Expectation, stage: Stage, after: int) -> Outcome:
    """Read in bites, and judge beside the loop: neither makes the timeline late."""
    entries = await read(stage.journal, Match({}), after=after)
    origin = int(entries[0]["at"]) if entries else stage.now
    frame = Frame(min(origin, stage.start_at), stage.now)
    return await asyncio.to_thread(judge, one, ListRecord(entries), frame)


async def _changed(stage: Stage, seen: int, deadline: float) -> None:
    """Return once the journal has changed, plant time or the deadline has come."""
    news = asyncio.Event()
    end = stage.journal.listen(lambda entry, completed: news.set())
    try:
        left = max(deadline - monotonic(), 0.0)
        if len(stage.journal) == seen:
            await pause(min(left, 1.0), news)
        await pause(min(left, AGAIN))
    finally:
        end()
