"""What a server says of itself: its status, its service level, its limits."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from asyncua import ua

from simulator.core.timer import monotonic
from simulator.core.waits import wait_until

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer

Kinds = ua.VariantType
TICK = 1.0  # wall seconds between two looks at the clock and at silent sessions


def _node(name: str) -> ua.NodeId:
    return ua.NodeId(getattr(ua.ObjectIds, name), 0)


_STATUS = _node("Server_ServerStatus")
_CAPABLE = "Server_ServerCapabilities_"
_LIMITS = {
    "MaxNodesPerRead": "reads", "MaxNodesPerWrite": "writes", "MaxNodesPerMethodCall": "calls",
    "MaxNodesPerBrowse": "browses", "MaxNodesPerRegisterNodes": "registers",
    "MaxNodesPerTranslateBrowsePathsToNodeIds": "translates",
    "MaxNodesPerHistoryReadData": "histories", "MaxMonitoredItemsPerCall": "creates",
}  # fmt: skip


class Status:
    """The nodes of one server's own status."""

    def __init__(self, server: OpcuaServer, version: str) -> None:
        self._server = server
        self._version = version
        self._task: asyncio.Task[None] | None = None
        self._started = server.now()

    def begin(self) -> None:
        """Show the limits, and keep the clock going."""
        server = self._server
        show = server.attributes.show
        for name, key in _LIMITS.items():
            node = _node(f"{_CAPABLE}OperationLimits_{name}")
            show(node, getattr(server.settings.limits, key), Kinds.UInt32)
        points = server.settings.limits.continuations
        for name in ("MaxBrowseContinuationPoints", "MaxHistoryContinuationPoints"):
            show(_node(_CAPABLE + name), points, Kinds.UInt16)
        sampling = server.settings.limits.sampling / 1000
        show(_node(_CAPABLE + "MinSupportedSampleRate"), sampling, Kinds.Double)
        show(_node("Server_ServiceLevel"), server.settings.service_level, Kinds.Byte)
        show(_node("Server_Auditing"), False, Kinds.Boolean)
        self.started()
        self._task = asyncio.get_running_loop().create_task(self._tick())

    def started(self) -> None:
        """From now on, the server runs."""
        self._started = self._server.now()
        self._show()
        show = self._server.attributes.show
        show(_node("Server_ServerStatus_StartTime"), self._started, Kinds.DateTime)
        show(_node("Server_ServerStatus_State"), ua.ServerState.Running, Kinds.Int32)
        build = self._build()
        for name, value in (
            ("ProductUri", build.ProductUri), ("ManufacturerName", build.ManufacturerName),
            ("ProductName", build.ProductName), ("SoftwareVersion", build.SoftwareVersion),
            ("BuildNumber", build.BuildNumber),
        ):  # fmt: skip
            show(_node(f"Server_ServerStatus_BuildInfo_{name}"), value, Kinds.String)
        info = ua.Variant(build, Kinds.ExtensionObject)
        node = _node("Server_ServerStatus_BuildInfo")
        self._server.attributes.write(node, ua.DataValue(info))

    async def stop(self) -> None:
        """Stop the clock."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _tick(self) -> None:
        due = monotonic()
        while True:
            due = max(due + TICK, monotonic())
            await wait_until(due)
            self._show()
            self._server.sessions.sweep()

    def _show(self) -> None:
        now = self._server.now()
        status = ua.ServerStatusDataType()
        status.StartTime, status.CurrentTime = self._started, now
        status.State, status.BuildInfo = ua.ServerState.Running, self._build()
        attributes = self._server.attributes
        attributes.write(_STATUS, ua.DataValue(ua.Variant(status, Kinds.ExtensionObject)))
        attributes.show(_node("Server_ServerStatus_CurrentTime"), now, Kinds.DateTime)

    def _build(self) -> Any:
        made = ua.BuildInfo()
        made.ProductUri, made.ManufacturerName = "urn:stagefloor", "Stagefloor"
        made.ProductName, made.SoftwareVersion = "Stagefloor", self._version
        made.BuildNumber, made.BuildDate = self._version, self._started
        return made
