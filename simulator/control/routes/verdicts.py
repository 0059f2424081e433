"""Verify: a claim about the journal, judged now or as soon as it is kept."""

from __future__ import annotations

from fastapi import APIRouter, Response

from simulator.control import models
from simulator.control.access import StageHere, reply
from simulator.control.claims import judged, read_claim
from simulator.core.durations import SECOND, parse_span
from simulator.core.errors import Mistake

router = APIRouter(prefix="/control", tags=["verify"])

LONGEST_WAIT = 600 * SECOND


@router.post(
    "/plants/{plant}/verify",
    response_model=models.Outcome,
    summary="Judge an expectation, as it stands under `expect` in a scenario",
)
async def verify(stage: StageHere, claim: models.VerifyBody) -> Response:
    one = read_claim(claim.expectation)
    wait = 0 if claim.wait is None else parse_span(claim.wait)
    if wait > LONGEST_WAIT:
        raise Mistake(f"wait: {claim.wait} is too long", cure="at most 10m")
    outcome = await judged(one, stage, after=claim.after, wait=wait / SECOND)
    return reply(outcome.as_json())
