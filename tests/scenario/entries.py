"""Journal entries, written briefly."""

from __future__ import annotations

from typing import Any

SECOND = 1_000_000
MINUTE = 60 * SECOND


def message(seq: int, at: float = 0.0, **fields: Any) -> dict[str, Any]:
    """A message's entry: `at` in seconds of plant time; `keys` as name -> value or list."""
    keys = {
        name: value if isinstance(value, list) else [value]
        for name, value in fields.pop("keys", {}).items()
    }
    direction = fields.get("direction", "in")
    given = {
        "seq": seq,
        "kind": "message",
        "at": round(at * SECOND),
        "endpoint": f"{fields.get('system', 'wms')}.http",
        "system": "wms",
        "direction": direction,
        "outcome": "answered" if direction == "in" else "delivered",
        **fields,
    }
    return given | ({"keys": keys} if keys else {})


def event(seq: int, at: float, name: str, **fields: Any) -> dict[str, Any]:
    """An event's entry."""
    return {"seq": seq, "kind": "event", "event": name, "at": round(at * SECOND), **fields}
