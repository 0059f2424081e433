"""Who calls, and which plant is meant: the dependencies that all routes share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from simulator.control.problems import Denied, Missing
from simulator.control.tokens import Pass, Tokens
from simulator.core.durations import as_json
from simulator.stage.stage import Stage

if TYPE_CHECKING:
    from simulator.control.metrics import Metrics
    from simulator.control.running import Runs
    from simulator.stage.site import Site


class Control:
    """What the application carries along: `request.app.state.control`."""

    def __init__(
        self, site: Site, tokens: Tokens, metrics: Metrics, runs: Runs, scenarios: Path
    ) -> None:
        self.site = site
        self.tokens = tokens
        self.metrics = metrics
        self.runs = runs
        self.scenarios = scenarios


class Body(BaseModel):
    """A request body: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


async def control_of(request: Request) -> Control:
    """The application's own state."""
    control: Control = request.app.state.control
    return control


ControlHere = Annotated[Control, Depends(control_of)]


async def caller(request: Request, control: ControlHere) -> Pass:
    """Who calls. Raises Denied without a token that opens anything."""
    header = request.headers.get("authorization")
    found = control.tokens.authorize(header)
    if found is None:
        what = "this token opens nothing" if header else "a token is needed"
        cure = "send `Authorization: Bearer TOKEN`"
        raise Denied(401, what, cure)
    return found


Caller = Annotated[Pass, Depends(caller)]


async def stage_of(plant: str, who: Caller, control: ControlHere) -> Stage:
    """The plant that the path names. Raises Denied or Missing."""
    if not who.opens(plant):
        raise Denied(403, f"this token does not open the plant {plant!r}", "use that plant's token")
    stages = control.site.stages
    if plant not in stages:
        raise Missing("plant", plant, stages)
    return stages[plant]


StageHere = Annotated[Stage, Depends(stage_of)]


def reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as the rest of the project writes it: quantities as numbers."""
    raw = orjson.dumps(content, default=as_json)
    return Response(raw, status, headers, "application/json")


def known(kind: str, name: str, names: Any) -> None:
    """Raise Missing where `name` is none of `names`."""
    if name not in names:
        raise Missing(kind, name, names)
