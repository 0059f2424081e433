"""Runs: a scenario on a plant that is there already."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from simulator.control import models
from simulator.control.access import ControlHere, StageHere, known, reply
from simulator.core.errors import Mistake, Mistakes
from simulator.core.link import pause
from simulator.core.yamlfile import inside
from simulator.stage.actions import explain

router = APIRouter(prefix="/control", tags=["runs"])

YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml")
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": models.RunBody.model_json_schema()},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/plants/{plant}/runs",
    response_model=models.Run,
    status_code=202,
    summary="Run a scenario: a file under scenarios/, or the YAML itself",
    openapi_extra=BODY,
)
async def begin_run(request: Request, stage: StageHere, control: ControlHere) -> Response:
    raw = await request.body()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media in YAML_TYPES:
        how = models.RunBody(yaml=raw.decode("utf-8", "surrogateescape"))
    elif media == "application/json":
        try:
            how = models.RunBody.model_validate_json(raw)
        except ValidationError as error:
            raise Mistakes(explain(error, models.RunBody)) from None
    else:
        cure = "send application/json, or the scenario as application/yaml"
        raise Mistake(f"a scenario is not sent as {media or 'nothing'}", cure=cure)
    text, name = how.yaml, "scenario.yaml"
    if (text is None) == (how.scenario is None):
        raise Mistake("which scenario?", cure="give either `scenario` (a file) or `yaml`")
    if text is not None:
        content = text.encode("utf-8", "surrogateescape")
    else:
        assert how.scenario is not None
        name = how.scenario if "." in how.scenario else f"{how.scenario}.yaml"
        content = inside(control.scenarios, name).read_bytes()
    run = await control.runs.begin(stage, content, name, variables=how.variables, speed=how.speed)
    location = f"/control/plants/{stage.name}/runs/{run.id}"
    return reply(run.describe(), 202, {"location": location})


@router.get("/plants/{plant}/runs", response_model=list[models.Run], summary="The runs of a plant")
async def list_runs(stage: StageHere, control: ControlHere) -> Response:
    return reply([run.describe() for run in control.runs.of(stage.name).values()])


@router.get(
    "/plants/{plant}/runs/{run}",
    response_model=models.Run,
    summary="How a run stands, and its verdict once it is done",
)
async def get_run(
    run: str,
    stage: StageHere,
    control: ControlHere,
    wait: Annotated[
        float, Query(ge=0, le=600, description="wall seconds to wait for its end")
    ] = 0.0,
) -> Response:
    runs = control.runs.of(stage.name)
    known("run", run, runs)
    if wait:
        await pause(wait, runs[run].done)
    return reply(runs[run].describe())


@router.delete(
    "/plants/{plant}/runs/{run}",
    response_model=models.Run,
    summary="Abort a run: its faults, holds and steps are taken back",
)
async def abort_run(run: str, stage: StageHere, control: ControlHere) -> Response:
    runs = control.runs.of(stage.name)
    known("run", run, runs)
    await control.runs.abort(runs[run])
    return reply(runs[run].describe())
