"""The application: its routes, its errors, its doors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response
from starlette.responses import HTMLResponse

from simulator import __version__
from simulator.control import models
from simulator.control.access import Caller, Control, ControlHere, reply
from simulator.control.docs import page
from simulator.control.doors import Doors
from simulator.control.metrics import MEDIA_TYPE, Metrics
from simulator.control.problems import ANSWERS, Problem
from simulator.control.routes import clocks, disturbances, journals, plants, verdicts
from simulator.control.routes import runs as running
from simulator.control.running import Runs
from simulator.control.tokens import Tokens

if TYPE_CHECKING:
    from simulator.stage.site import Site

ABOUT = (
    "Everything a scenario can do, and what came of it. Errors are RFC 9457 problem details, "
    "with the cure in them. docs/control-plane.md tells the whole story."
)
PROBLEM = "#/components/schemas/Problem"
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": what,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, what in (
        (400, "A body that is not JSON"),
        (401, "No token, or one that opens nothing"),
        (403, "This token does not open this plant"),
        (404, "A name to which nothing answers"),
        (409, "The state of the plant forbids it"),
        (413, "The body is larger than 1 MiB (a snapshot: 512 MiB)"),
        (422, "A mistake in the request, or a system's no"),
    )
}


def build_app(site: Site, tokens: Tokens, *, scenarios: Path = Path("scenarios")) -> FastAPI:
    """The control plane of a site. `scenarios` is where runs find files by name."""
    metrics = Metrics(site)
    runs = site.shared("runs", lambda: Runs(site))  # so that they are aborted before it stops
    control = Control(site, tokens, metrics, runs, scenarios)
    app = FastAPI(
        title="Stagefloor control plane",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers=ANSWERS,
        responses=ERRORS,
    )
    app.state.control = control
    app.add_middleware(Doors, metrics=metrics, open_to_all=not tokens)
    for module in (plants, disturbances, clocks, journals, verdicts, running):
        app.include_router(module.router)
    _about(app)
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, problems included."""
    document = app.openapi()
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer"}
    document["security"] = [{}, {"bearer": []}]
    return document


def _about(app: FastAPI) -> None:
    @app.get(
        "/control/health",
        response_model=models.Health,
        tags=["site"],
        summary="The process answers",
    )
    async def health() -> Response:
        return reply({"status": "ok", "version": __version__})

    @app.get(
        "/control/ready",
        response_model=models.Ready,
        tags=["site"],
        summary="Every plant is ready (503 until then)",
        responses={503: {"model": models.Ready, "description": "Not yet"}},
    )
    async def ready(control: ControlHere) -> Response:
        are = is_ready(control.site)
        return reply({"ready": are}, 200 if are else 503)

    @app.get("/metrics", tags=["site"], summary="Prometheus metrics", response_class=Response)
    async def metrics(who: Caller, control: ControlHere) -> Response:
        return Response(control.metrics.text(who), media_type=MEDIA_TYPE)

    @app.get("/control/openapi.json", include_in_schema=False)
    async def openapi_document() -> Response:
        return reply(openapi(app))

    @app.get("/control/docs", include_in_schema=False)
    @app.get("/control", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(page(openapi(app)))


def is_ready(site: Site) -> bool:
    """Is every plant ready?"""
    return all(stage.ready for stage in site.stages.values())
