"""A plant's clock, its snapshots, and starting it anew."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from simulator.control import models
from simulator.control.access import ControlHere, StageHere, reply
from simulator.control.acting import act
from simulator.core.clock import MAX, show_speed
from simulator.core.durations import parse_instant, parse_span, show_instant
from simulator.core.errors import Mistake, conflict
from simulator.stage import snapshot
from simulator.stage.site import Site
from simulator.stage.stage import Stage

router = APIRouter(prefix="/control")


@router.get(
    "/plants/{plant}/clock", response_model=models.Clock, tags=["clock"], summary="Plant time"
)
async def get_clock(stage: StageHere) -> Response:
    return _clock(stage)


@router.patch(
    "/plants/{plant}/clock",
    response_model=models.Clock,
    tags=["clock"],
    summary="Change the speed, pause, or resume",
)
async def change_clock(stage: StageHere, change: models.ClockBody) -> Response:
    if change.speed is not None:
        act(stage, {"speed": change.speed})
    if change.paused is not None and change.paused != stage.clock.paused:
        act(stage, {"pause" if change.paused else "resume": True})
    return _clock(stage)


@router.post(
    "/plants/{plant}/clock/step",
    response_model=models.Clock,
    tags=["clock"],
    summary="Move plant time forward at once, and return when all that was due is done",
)
async def step_clock(stage: StageHere, step: models.StepBody) -> Response:
    stage.catch_up()
    goal = stage.now + parse_span(step.for_)
    act(stage, {"step": step.for_})
    await stage.run_until(goal)
    return _clock(stage)


def _clock(stage: Stage) -> Response:
    stage.catch_up()
    due, late = stage.agenda.next_due(), stage.lateness
    return reply(
        {
            "now": show_instant(stage.now),
            "instant": stage.now,
            "speed": "max" if stage.clock.speed == MAX else show_speed(stage.clock.speed),
            "paused": stage.clock.paused,
            "next_due": None if due is None else show_instant(due),
            "events": len(stage.agenda),
            "lateness": {
                "count": late.count, "p50": late.p50, "p99": late.p99, "worst": late.worst,
            },
        }
    )  # fmt: skip


@router.get(
    "/plants/{plant}/snapshot",
    tags=["snapshots"],
    summary="The whole plant but its journal, to be put back here or into another process",
    responses={200: {"content": {"application/json": {}}}},
)
async def take_snapshot(stage: StageHere) -> Response:
    stage.catch_up()
    name = f'attachment; filename="{stage.name}.snapshot.json"'
    headers = {"content-disposition": name}
    return Response(snapshot.save(stage), 200, headers, "application/json")


@router.put(
    "/plants/{plant}/snapshot",
    response_model=models.Clock,
    tags=["snapshots"],
    summary="Put a saved plant back; what happened since is gone, its journal goes on",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {}}}},
)
async def put_snapshot(stage: StageHere, control: ControlHere, request: Request) -> Response:
    raw = await request.body()
    _idle(stage)
    _restore(stage, control.site, raw, "snapshot.restored")
    return _clock(stage)


@router.post(
    "/plants/{plant}/reset",
    response_model=models.Clock,
    tags=["snapshots"],
    summary="Start the plant anew: stock, orders, faults and holds as when it was first started",
)
async def reset_plant(
    stage: StageHere, control: ControlHere, how: models.ResetBody | None = None
) -> Response:
    how = how or models.ResetBody()
    _idle(stage)
    stage.catch_up()
    start = stage.start_at
    if how.start is not None:
        now = how.start == "now"
        start = stage.now if now else parse_instant(how.start, stage.model.zone)
    seed = stage.seed if how.seed is None else how.seed
    fresh = _dry(stage, control.site, seed=seed, start=start)
    _restore(stage, control.site, snapshot.save(fresh), "plant.reset")
    return _clock(stage)


def _idle(stage: Stage) -> None:
    if stage.run is not None:
        raise conflict(f"the run {stage.run} is under way: abort it first", "run-under-way")


def _restore(stage: Stage, site: Site, raw: bytes, event: str) -> None:
    """Put a snapshot back: first into a plant that is thrown away, so that it is all or nothing."""
    try:
        snapshot.restore(_dry(stage, site, seed=stage.seed, start=stage.start_at), raw)
        snapshot.restore(stage, raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"the snapshot does not fit this plant: {type(error).__name__}: {error}"
        raise Mistake(what, cure="take it from a plant with the same plant file") from None
    stage.record(event)
    stage.conductor.nudge()


def _dry(stage: Stage, site: Site, *, seed: int, start: int) -> Stage:
    """The same plant anew, without a network."""
    return Stage.build(
        stage.model,
        payloads=site.payloads,
        seed=seed,
        start=start,
        network=False,
        variables=site.variables,
    )
