"""Plants, their endpoints and systems, and every action there is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from simulator.control import models
from simulator.control.access import Caller, ControlHere, StageHere, known, reply
from simulator.control.acting import act
from simulator.core.clock import show_speed
from simulator.core.durations import show_instant
from simulator.core.ports import Operation
from simulator.stage.stage import Stage

router = APIRouter(prefix="/control", tags=["plants"])


def summary(stage: Stage) -> dict[str, Any]:
    """A plant in short."""
    return {
        "name": stage.name,
        "ready": stage.ready,
        "now": show_instant(stage.now),
        "zone": str(stage.model.zone),
        "speed": show_speed(stage.clock.speed),
        "paused": stage.clock.paused,
        "seed": stage.seed,
        "systems": sorted(stage.systems),
        "faults": len(stage.describe_faults()),
        "waiting": sum(link.depth for link in stage.links.values()),
        "entries": len(stage.journal),
        "run": stage.run,
        "failures": stage.failures[-20:],
    }


@router.get("/plants", response_model=list[models.Plant], summary="Every plant you may see")
async def list_plants(who: Caller, control: ControlHere) -> Response:
    return reply([summary(s) for n, s in control.site.stages.items() if who.opens(n)])


@router.get("/plants/{plant}", response_model=models.Plant, summary="One plant in short")
async def get_plant(stage: StageHere) -> Response:
    return reply(summary(stage))


@router.get(
    "/plants/{plant}/endpoints",
    response_model=dict[str, models.Endpoint],
    summary="Every URL that an integration may be pointed at",
)
async def list_endpoints(stage: StageHere) -> Response:
    return reply(stage.urls())


@router.get(
    "/plants/{plant}/systems",
    response_model=list[models.System],
    summary="The systems of a plant, and the names of their operations",
)
async def list_systems(stage: StageHere) -> Response:
    urls = stage.urls()
    return reply(
        [
            {
                "name": name,
                "summary": stage.systems[name].summary,
                "operations": sorted(operations),
                "says": sorted(document.document for document in stage.systems[name].says),
                "endpoints": {e: u for e, u in urls.items() if e.partition(".")[0] == name},
            }
            for name, operations in stage.operations().items()
        ]
    )


@router.get(
    "/plants/{plant}/systems/{system}/operations",
    response_model=dict[str, models.Operation],
    summary="What a system can be asked to do, with the JSON Schema of each input",
)
async def list_operations(system: str, stage: StageHere) -> Response:
    known("system", system, stage.systems)
    found = stage.operations()[system]
    return reply({name: _described(one) for name, one in sorted(found.items())})


def _described(operation: Operation) -> dict[str, Any]:
    return {
        "summary": operation.summary,
        "reads": operation.reads,
        "input": operation.adapter.json_schema(),
    }


@router.post(
    "/plants/{plant}/systems/{system}/operations/{operation}",
    response_model=models.Done,
    summary="Call an operation; the body is its input (the action `do`)",
)
async def call_operation(
    system: str,
    operation: str,
    stage: StageHere,
    given: Annotated[dict[str, Any] | None, Body()] = None,
) -> Response:
    known("system", system, stage.systems)
    known("operation", operation, stage.operations()[system])
    return reply(act(stage, {"do": f"{system}.{operation}", "with": given or {}}))


@router.post(
    "/plants/{plant}/actions",
    summary="Perform any action that a scenario can (docs/control-plane.md lists them)",
)
async def perform_action(
    stage: StageHere,
    given: Annotated[
        dict[str, Any],
        Body(
            examples=[
                {"fault": "outage", "on": "wms.http", "for": "20m"},
                {"hold": "wms.outbound", "for": "15m"},
                {"do": "mes.release_order", "with": {"order": "4711"}},
            ]
        ),
    ],
) -> Response:
    return reply(act(stage, given))
