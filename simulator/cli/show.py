"""Plain text tables and entries for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulator.core.durations import show_instant
from simulator.stage.stage import Stage


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def endpoint_table(stages: Iterable[Stage]) -> str:
    """Every endpoint of every plant."""
    rows = [
        (stage.name, name, one["direction"], one["transport"], one["contract"], one["url"] or "-")
        for stage in stages
        for name, one in stage.urls().items()
    ]
    return table(("plant", "endpoint", "way", "transport", "contract", "url"), rows)


def entry_line(entry: Mapping[str, Any]) -> str:
    """A journal entry in one line: number, plant time, what it was, its keys, its outcome."""
    at = show_instant(entry["at"]) if isinstance(entry.get("at"), int) else "-"
    if entry.get("kind") == "event":
        known = ("seq", "kind", "event", "at", "plant", "wall", "time")
        rest = {key: value for key, value in entry.items() if key not in known}
        return f"{entry['seq']:>7}  {at}  ** {entry.get('event')}  {_pairs(rest)}".rstrip()
    arrow = {"in": "->", "out": "<-"}.get(str(entry.get("direction")), "--")
    what = entry.get("operation") or entry.get("document") or entry.get("method") or ""
    keys = _pairs({k: ",".join(v) for k, v in (entry.get("keys") or {}).items()})
    outcome = " ".join(
        str(entry[key]) for key in ("outcome", "status", "error") if entry.get(key) is not None
    )
    faults = f"  !{','.join(entry['faults'])}" if entry.get("faults") else ""
    line = f"{entry['seq']:>7}  {at}  {arrow} {entry.get('endpoint', '')}  {what}  {keys}"
    return f"{line.rstrip()}  {outcome}{faults}".rstrip()


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={_short(value)}" for key, value in values.items())


def _short(value: Any, most: int = 60) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= most else text[: most - 1] + "…"
