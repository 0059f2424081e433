"""How the tags of a PLC are laid out as nodes: in plain folders, or as PackML has it.

A node is named by its path, `CELL/TURN-1/Status/StateCurrent`, in the plant's own namespace; a tag
that asks for another id gets that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from simulator.core.errors import Mistake
from simulator.plant.tags import MethodDefinition, TagDefinition, TagSpace, TagValue

Layout = Literal["plain", "packml"]
Node = dict[str, Any]

_ASKED = re.compile(r"(?:ns=\d+;)?([isgb]=.+)", re.DOTALL)
_SHAPED = {
    "Status": "PackMLStatusObjectType",
    "Admin": "PackMLAdminObjectType",
}
"""Folders of a machine for which the PackML companion specification (OPC 30050) has a type."""
MACHINE = "PackMLBaseObjectType"


def node_of(plc: str, tag: TagDefinition) -> str:
    """The node id of a tag, without its namespace. Raises Mistake for one that cannot be."""
    if not tag.node:
        return f"s={plc}/{tag.path}"
    found = _ASKED.fullmatch(tag.node)
    if found is None:
        what = f"{tag.path}: {tag.node!r} is no node id"
        raise Mistake(what, cure="write it like ns=2;s=Speed, i=1023 or g=…")
    return found[1]


def nodes(space: TagSpace, layout: Layout) -> list[Node]:
    """Every node of what is introduced, parents first."""
    made: dict[str, Node] = {}
    top = f"s={space.plc}"
    if space.device:
        _folder(made, space.plc, space.device, layout, machine=True)
    else:
        made[top] = {"id": top, "parent": "", "name": space.plc, "kind": "object"}
    shown = {one.path: one for one in space.values}
    for tag in space.tags:
        parent = _parents(made, space.plc, tag.path, layout, space.device)
        made[node_of(space.plc, tag)] = _variable(space.plc, parent, tag, shown.get(tag.path))
    for method in space.methods:
        parent = _parents(made, space.plc, method.path, layout, space.device)
        made[f"s={space.plc}/{method.path}"] = _method(space.plc, parent, method)
    for alarm in space.alarms:
        source = f"s={space.plc}/{alarm.source}" if alarm.source else top
        if source not in made and alarm.source != space.device:
            _parents(made, space.plc, alarm.source + "/", layout, space.device)
        parent = _parents(made, space.plc, alarm.path, layout, space.device)
        made[f"s={space.plc}/{alarm.path}"] = {
            "id": f"s={space.plc}/{alarm.path}", "parent": parent, "source": source,
            "name": _name(alarm.path), "kind": "alarm", "type": alarm.kind,
            "severity": alarm.severity, "message": alarm.message, "alarm": alarm.path,
            "plc": space.plc,
        }  # fmt: skip
    return list(made.values())


def _parents(made: dict[str, Node], plc: str, path: str, layout: Layout, device: str) -> str:
    """The folder of a path, made with everything above it where it is missing."""
    folder = path.rpartition("/")[0]
    if not folder:
        return f"s={plc}"
    if f"s={plc}/{folder}" not in made:
        _parents(made, plc, folder, layout, device)
        _folder(made, plc, folder, layout, machine=folder == device)
    return f"s={plc}/{folder}"


def _folder(made: dict[str, Node], plc: str, path: str, layout: Layout, *, machine: bool) -> None:
    above, _, name = path.rpartition("/")
    node: Node = {
        "id": f"s={plc}/{path}", "parent": f"s={plc}/{above}" if above else f"s={plc}",
        "name": name, "kind": "object",
    }  # fmt: skip
    if layout == "packml":
        typed = MACHINE if machine else _SHAPED.get(name)
        if typed:
            node["packml"] = typed
    made[node["id"]] = node


def _variable(plc: str, parent: str, tag: TagDefinition, shown: TagValue | None) -> Node:
    node: Node = {
        "id": node_of(plc, tag), "parent": parent, "name": _name(tag.path), "kind": "variable",
        "data": tag.type, "array": tag.array, "write": tag.access == "write",
        "history": tag.history, "description": tag.description, "unit": tag.unit,
    }  # fmt: skip
    if tag.low is not None and tag.high is not None:
        node["range"] = [tag.low, tag.high]
    if shown is not None:
        node["shows"] = [shown.value, shown.status, shown.at]
    return node


def _method(plc: str, parent: str, method: MethodDefinition) -> Node:
    return {
        "id": f"s={plc}/{method.path}", "parent": parent, "name": _name(method.path),
        "kind": "method", "operation": method.operation, "given": method.given,
        "description": method.description,
        "inputs": list(_arguments(method.inputs)), "outputs": list(_arguments(method.outputs)),
    }  # fmt: skip


def _arguments(given: list[Any]) -> Iterator[Node]:
    for one in given:
        yield {"name": one.name, "data": one.type, "array": one.array,
               "description": one.description}  # fmt: skip


def _name(path: str) -> str:
    return path.rpartition("/")[2]
