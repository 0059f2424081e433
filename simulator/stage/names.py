"""What the names in scenarios and requests mean on a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.core.errors import UnknownName
from simulator.core.link import Link
from simulator.core.message import Direction
from simulator.core.ports import Operation, System

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

_WAYS: dict[str, Direction] = {"inbound": "in", "outbound": "out", "in": "in", "out": "out"}


def links(stage: Stage, name: str) -> list[Link]:
    """The links that a name means: a link, an endpoint, a system, or one way of a system.

    Raises UnknownName.
    """
    system, _, rest = name.partition(".")
    way = _WAYS.get(rest)
    found = [
        link
        for link in stage.links.values()
        if name in (link.name, link.endpoint)
        or (link.endpoint.partition(".")[0] == system and (not rest or way == link.direction))
    ]
    if not found:
        known = {*stage.links, *stage.endpoints, *stage.systems}
        known |= {f"{s}.{d}" for s in stage.systems for d in ("inbound", "outbound")}
        raise UnknownName("endpoint", name, known)
    return found


def operation(stage: Stage, name: str) -> tuple[System[Any], Operation]:
    """`system.operation` to both. Raises UnknownName."""
    kind, _, verb = name.partition(".")
    if kind not in stage.systems:
        raise UnknownName("system", kind, stage.systems)
    operations = stage.systems[kind].operations()
    if verb not in operations:
        every = [f"{s}.{o}" for s, sys in stage.systems.items() for o in sys.operations()]
        raise UnknownName("operation", name, every)
    return stage.systems[kind], operations[verb]
