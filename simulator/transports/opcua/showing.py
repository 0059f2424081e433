"""What the plant says, on a server: nodes that are introduced, values, and alarms that change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from asyncua import ua

from simulator.core.message import Request
from simulator.core.timer import monotonic
from simulator.transports.opcua.private import no_collection
from simulator.transports.opcua.space import ORGANIZES
from simulator.transports.opcua.values import ticks_of

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer

_PACKML = "http://opcfoundation.org/UA/PackML/"
_MACHINERY = "http://opcfoundation.org/UA/Machinery/"
_MACHINES = 1001  # the folder of machines in its namespace
_MACHINE = "PackMLBaseObjectType"


class Showing:
    """Lets one server show what messages say."""

    def __init__(self, server: OpcuaServer, namespaces: list[str]) -> None:
        self._server = server
        self._types = self._packml(namespaces)
        self._machines: ua.NodeId | None = None
        if _MACHINERY in namespaces:
            self._machines = ua.NodeId(_MACHINES, namespaces.index(_MACHINERY))
        self._among: set[ua.NodeId] = set()  # the machines

    def apply(self, request: Request, *, kept: bool = True) -> str:
        """Show what a message says; what is wrong with it, or nothing.

        `kept` is whether values go into the history.
        """
        if request.method == "WRITE":
            self._write(orjson.loads(request.body), kept=kept)
        elif request.method == "SPACE":
            self._introduce(orjson.loads(request.body)["nodes"], kept=kept)
        elif request.method == "EVENT":
            if not self._server.conditions.change(request.path, orjson.loads(request.body)):
                return f"no condition {request.path!r} was introduced"
        else:
            return f"a server does nothing with {request.method!r}"
        return ""

    def _write(self, values: list[Any], *, kept: bool) -> None:
        named, server, now = self._server.space.named, self._server.ticks(), monotonic()
        for name, value, status, at in values:
            slot = named.get(name)
            if slot is not None:
                slot.show(value, status, ticks_of(at), server, now, kept=kept)

    def _introduce(self, nodes: list[dict[str, Any]], *, kept: bool) -> None:
        shown = []
        with no_collection():
            for node in nodes:
                if node["kind"] == "alarm":
                    self._server.conditions.add(node)
                    continue
                made = self._server.space.add(node, self._types.get(node.get("packml", "")))
                if node.get("packml") == _MACHINE:
                    self._among_machines(made.nodeid)
                if node.get("shows"):
                    shown.append((node["id"], *node["shows"]))
        self._write(shown, kept=kept)

    def _among_machines(self, node: ua.NodeId) -> None:
        """Let a machine be found where Machinery (OPC 40001-1) has them, where that is there."""
        if self._machines is not None and node not in self._among:
            self._among.add(node)
            self._server.space.relate(self._machines, ORGANIZES, node)

    def _packml(self, namespaces: list[str]) -> dict[str, ua.NodeId]:
        """PackML's types by name, where its nodeset is there."""
        if _PACKML not in namespaces:
            return {}
        index = namespaces.index(_PACKML)
        found = {}
        for kind in self._server.view.subtypes(ua.NodeId(ua.ObjectIds.BaseObjectType, 0)):
            if kind.NamespaceIndex == index:
                held = self._server.space.aspace[kind].attributes[ua.AttributeIds.BrowseName]
                found[str(held.value.Value.Value.Name)] = kind
        return found
