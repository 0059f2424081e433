"""Faults, and links that are held, released and purged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from simulator.control import models
from simulator.control.access import StageHere, known, reply
from simulator.control.acting import FAULT_LASTS, act, fault_kinds
from simulator.control.problems import Missing
from simulator.core.errors import UnknownName
from simulator.stage.stage import Stage

router = APIRouter(prefix="/control")


# --- faults --------------------------------------------------------------------------------------


@router.get(
    "/plants/{plant}/faults",
    response_model=list[models.Fault],
    tags=["faults"],
    summary="The faults in force",
)
async def list_faults(stage: StageHere) -> Response:
    stage.catch_up()
    return reply(stage.describe_faults())


@router.post(
    "/plants/{plant}/faults",
    response_model=models.Fault,
    status_code=201,
    tags=["faults"],
    summary=f"Put a fault in force (for {FAULT_LASTS} of plant time, unless `for` or `until` say)",
)
async def set_fault(
    stage: StageHere,
    given: Annotated[
        dict[str, Any],
        Body(examples=[{"fault": "latency", "on": "wms.http", "delay": "500ms", "for": "10m"}]),
    ],
) -> Response:
    if "fault" not in given and "kind" in given:
        given["fault"] = given.pop("kind")
    done = act(stage, {"fault": given.pop("fault", ""), **given})["fault"]
    location = f"/control/plants/{stage.name}/faults/{done['id']}"
    return reply(done, 201, {"location": location})


@router.delete(
    "/plants/{plant}/faults",
    response_model=models.Cleared,
    tags=["faults"],
    summary="Clear every fault",
)
async def clear_faults(stage: StageHere) -> Response:
    stage.catch_up()
    return reply(act(stage, {"clear": "all"}) if stage.describe_faults() else {"cleared": []})


@router.get(
    "/plants/{plant}/faults/kinds",
    response_model=dict[str, models.FaultKind],
    tags=["faults"],
    summary="Every kind of fault, with the JSON Schema of its parameters",
)
async def list_fault_kinds(stage: StageHere) -> Response:
    return reply(
        {
            kind: {
                "summary": model.summary,
                "directions": model.directions,
                "schema": model.model_json_schema(),
            }
            for kind, model in fault_kinds().items()
        }
    )


@router.get(
    "/plants/{plant}/faults/{fault}",
    response_model=models.Fault,
    tags=["faults"],
    summary="One fault in force",
)
async def get_fault(fault: str, stage: StageHere) -> Response:
    stage.catch_up()
    return reply(_fault(stage, fault))


@router.delete(
    "/plants/{plant}/faults/{fault}",
    response_model=models.Cleared,
    tags=["faults"],
    summary="Clear one fault",
)
async def clear_fault(fault: str, stage: StageHere) -> Response:
    stage.catch_up()
    _fault(stage, fault)
    return reply(act(stage, {"clear": fault}))


def _fault(stage: Stage, name: str) -> dict[str, Any]:
    found = {one["id"]: one for one in stage.describe_faults()}
    known("fault", name, found)
    return found[name]


# --- links ---------------------------------------------------------------------------------------


@router.get(
    "/plants/{plant}/links",
    response_model=list[models.Link],
    tags=["links"],
    summary="Every link: state, depth, oldest, rate, faults",
)
async def list_links(stage: StageHere) -> Response:
    stage.catch_up()
    return reply(stage.describe_links())


@router.get(
    "/plants/{plant}/links/{link}",
    response_model=models.Link,
    tags=["links"],
    summary="One link",
)
async def get_link(link: str, stage: StageHere) -> Response:
    stage.catch_up()
    known("link", link, stage.links)
    return reply(_links(stage, link)[0])


@router.post(
    "/plants/{plant}/links/{link}/hold",
    response_model=list[models.Link],
    tags=["links"],
    summary="Keep what the link should deliver (the action `hold`)",
)
async def hold_link(link: str, stage: StageHere, how: models.HoldBody | None = None) -> Response:
    return _on_link(stage, link, "hold", how)


@router.post(
    "/plants/{plant}/links/{link}/release",
    response_model=list[models.Link],
    tags=["links"],
    summary="Let it drain (the action `release`)",
)
async def release_link(
    link: str, stage: StageHere, how: models.ReleaseBody | None = None
) -> Response:
    return _on_link(stage, link, "release", how)


@router.post(
    "/plants/{plant}/links/{link}/purge",
    response_model=list[models.Link],
    tags=["links"],
    summary="Throw away what waits (the action `purge`)",
)
async def purge_link(link: str, stage: StageHere) -> Response:
    return _on_link(stage, link, "purge", None)


def _on_link(stage: Stage, link: str, verb: str, how: Any) -> Response:
    """An action on a link, or on all that a name means (`wms`, `wms.outbound`)."""
    more = how.model_dump(by_alias=True, exclude_unset=True) if how is not None else {}
    _links(stage, link)
    act(stage, {verb: link, **more})
    return reply(_links(stage, link))


def _links(stage: Stage, name: str) -> list[dict[str, Any]]:
    try:
        meant = {link.name for link in stage.find_links(name)}
    except UnknownName:
        raise Missing("link", name, stage.links) from None
    return [one for one in stage.describe_links() if one["name"] in meant]
