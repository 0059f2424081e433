"""A stage in words and numbers: plain data for the control plane and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.core.clock import show_speed
from simulator.core.durations import SECOND, show_instant
from simulator.core.link import Link

if TYPE_CHECKING:
    from simulator.stage.stage import Stage


def endpoints(stage: Stage) -> dict[str, dict[str, Any]]:
    """Every endpoint, and the URL at which it is reached or which it delivers to."""
    found: dict[str, str] = {}
    for transport in stage.transports.values():
        found.update(transport.urls())
    return {
        name: {
            "url": found.get(name),
            "transport": endpoint.transport_kind,
            "contract": endpoint.contract.kind,
            "direction": "/".join(endpoint.links),
            "missing": endpoint.missing,
        }
        for name, endpoint in stage.endpoints.items()
    }


def link(stage: Stage, one: Link) -> dict[str, Any]:
    """A link; `oldest_age` in seconds of plant time, `rate` a wall second."""
    oldest = one.oldest
    return {
        "name": one.name,
        "state": one.state,
        "depth": one.depth,
        "limit": one.limit,
        "oldest": None if oldest is None else show_instant(oldest),
        "oldest_age": None if oldest is None else (stage.now - oldest) / SECOND,
        "rate": one.draining["rate"] if one.draining else None,
        "crossed": one.crossed,
        "faults": [active.id for active in one.faults],
    }


def clock(stage: Stage) -> dict[str, Any]:
    """Plant time, its speed, and how late the conductor was."""
    return {
        "now": show_instant(stage.now),
        "zone": str(stage.model.zone),
        "speed": show_speed(stage.clock.speed),
        "paused": stage.clock.paused,
        "lateness": stage.lateness.describe(),
    }
