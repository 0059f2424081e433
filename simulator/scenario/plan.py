"""What would happen, with no network: JSON lines, the same bytes for a seed on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import orjson

from simulator.core.durations import as_json
from simulator.scenario.check import Checked, check_scenario, dry_stage, play

_WALL_FIELDS = ("wall", "wall_done")
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def plan_scenario(
    path: Path,
    out: BinaryIO,
    *,
    payloads: Path | None = None,
    seed: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> Checked:
    """Write the plan of a scenario file to `out`, one journal entry a line. Raises Mistakes.

    No entry carries wall time, and nothing depends on it; the environment fills no variables, so
    that the plan is the same everywhere.
    """
    checked = check_scenario(path, payloads=payloads, seed=seed, variables=variables, play=False)
    stage = dry_stage(checked.scenario, checked.model, seed=seed, variables=variables)
    checked.origin, checked.end = play(checked.scenario, stage)
    checked.planned = stage
    for entry in stage.journal.entries():
        for field in _WALL_FIELDS:
            entry.pop(field, None)
        out.write(orjson.dumps(entry, default=as_json, option=_OPTIONS))
    return checked
