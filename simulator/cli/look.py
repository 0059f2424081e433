"""`stagefloor check` and `stagefloor plan`: looking at files without a network."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from simulator.cli.errors import BAD_FILE, say, tell
from simulator.cli.options import find_plants, read_targets
from simulator.core.errors import Mistake, UnknownName
from simulator.core.yamlfile import read_yaml

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def print_plan(
    scenario: Path, *, seed: int | None, targets: list[str], payloads: Path | None
) -> None:
    """Write the plan to stdout as JSON lines. Raises Mistakes."""
    from simulator.scenario.plan import plan_scenario

    variables = read_targets(targets)
    plan_scenario(scenario, sys.stdout.buffer, payloads=payloads, seed=seed, variables=variables)
    sys.stdout.flush()


def check_files(
    files: list[Path], *, targets: list[str], payloads: Path | None, strict: bool
) -> None:
    """Check each file; say every mistake in all of them, then exit with 2 if there was one."""
    variables = read_targets(targets)
    bad = 0
    for file in files:
        try:
            warnings = _check(file, payloads, variables)
        except Mistake as mistake:
            tell(mistake)
            bad += 1
            continue
        for warning in warnings:
            tell(warning, "error" if strict else "warning")
        bad += bool(strict and warnings)
        if not (strict and warnings):
            sys.stdout.write(f"{file}: good\n")
    if bad:
        if len(files) > 1:
            say("error", f"{bad} of {len(files)} files {'has' if bad == 1 else 'have'} mistakes")
        raise typer.Exit(BAD_FILE)


def _check(file: Path, payloads: Path | None, variables: dict[str, str]) -> list[Mistake]:
    """The warnings about a scenario or a plant file. Raises Mistakes."""
    located = read_yaml(file)
    keys = located.value if isinstance(located.value, dict) else {}
    if "scenario" in keys or "steps" in keys or "expect" in keys:
        from simulator.scenario.check import check_scenario

        return check_scenario(file, payloads=payloads, variables=variables).warnings
    if "systems" in keys or "items" in keys:
        return _check_plant(file, payloads, variables)
    if "routes" in keys or "contract" in keys:
        return []  # a user's own contract is checked with the plants that use it
    what = f"{file} is neither a scenario nor a plant"
    raise Mistake(what, cure="a scenario begins with `scenario:`, a plant with `plant:`")


def _check_plant(file: Path, payloads: Path | None, variables: dict[str, str]) -> list[Mistake]:
    from simulator.stage.site import Site

    (path,), folder = find_plants([file], payloads)
    Site(payloads=folder, variables=variables).add(path, start=0, network=False)
    return []


def print_schema(what: str) -> None:
    """Print a JSON Schema for editors. Raises UnknownName."""
    import orjson

    if what == "scenario":
        from simulator.scenario.schema import scenario_schema

        document = scenario_schema()
    elif what == "plant":
        from simulator.core.schema import AsWritten
        from simulator.plant import PlantModel

        found = PlantModel.model_json_schema(schema_generator=AsWritten)
        document = {"$schema": DIALECT, **found, "title": "A Stagefloor plant"}
    else:
        raise UnknownName("schema", what, ("scenario", "plant"))
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.flush()
