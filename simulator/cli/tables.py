"""Tables of the pages that are written from the code, in Markdown."""

from __future__ import annotations

from typing import Any

from simulator.cli.parameters import Row
from simulator.core.errors import Mistake
from simulator.core.registry import registry


def members(family: str, port: type[Any]) -> dict[str, Any]:
    """The members of a family whose libraries are installed."""
    found = {}
    for kind in registry(family, port).kinds():
        try:
            found[kind] = registry(family, port).get(kind)
        except Mistake:
            continue
    return found


def parameters(rows: list[Row]) -> list[str]:
    """One row a parameter; nothing where there are none."""
    if not rows:
        return []
    lines = ["| parameter | takes | default | |", "|---|---|---|---|"]
    lines += [row(f"`{one.name}`", one.takes, one.default, one.means) for one in rows]
    return [*lines, ""]


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(one.replace('|', chr(92) + '|') for one in cells)} |".replace("  ", " ")
