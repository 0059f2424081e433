"""Journal entries and verdicts in words: what a person reads when an expectation is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.core.durations import Instant, show_span

Entry = Mapping[str, Any]
MOST_VALUES = 3
_TECHNICAL = ("message_id", "file", "idempotency")  # say little of what a message is about


def offset(at: Instant, origin: Instant) -> str:
    """When, counted from the scenario's start: `+12m5s`; to the millisecond."""
    span = at - origin
    sign = "-" if span < 0 else "+"
    return sign + show_span(abs(span) // 1000 * 1000)


def show_keys(entry: Entry) -> str:
    """The business keys: `sscc=0034… order=4711`."""
    parts = []
    keys = entry.get("keys") or {}
    for name, values in keys.items():
        if name in _TECHNICAL and len(keys) > 1:
            continue
        listed = values if isinstance(values, list) else [values]
        more = f",… ({len(listed)})" if len(listed) > MOST_VALUES else ""
        parts.append(f"{name}={','.join(str(one) for one in listed[:MOST_VALUES])}{more}")
    return " ".join(parts)


def show_entry(entry: Entry, origin: Instant) -> str:
    """One entry in one line: number, time, endpoint, what it is, outcome, keys, faults."""
    parts = [f"#{entry.get('seq', '?')}", offset(entry.get("at", origin), origin)]
    if entry.get("kind") == "event":
        parts += ["event", str(entry.get("event"))]
        named = ("fault", "fault_kind", "step", "error", "note")
        parts += [f"{name}={entry[name]}" for name in named if entry.get(name)]
        return " ".join(parts)
    parts += [str(entry.get("endpoint") or entry.get("system")), str(entry.get("direction"))]
    what = entry.get("document") or entry.get("operation")
    parts.append(str(what or f"{entry.get('method', '')} {entry.get('path', '')}".strip()))
    parts += [str(entry[name]) for name in ("status", "outcome") if entry.get(name) is not None]
    keys = show_keys(entry)
    if keys:
        parts.append(keys)
    if entry.get("copy"):
        parts.append(f"(copy {entry['copy']})")
    if entry.get("attempts", 0) > 1:
        parts.append(f"({entry['attempts']} attempts)")
    if entry.get("faults"):
        parts.append(f"[{', '.join(entry['faults'])}]")
    if entry.get("error"):
        parts.append(f"error: {entry['error']}")
    return " ".join(parts)


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 message`, `3 messages`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
