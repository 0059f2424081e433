"""OPC UA: subscribes to the machines of a server, and reads from its history what it missed.

A PLC is an object below Objects, a machine one below a PLC. The most secure way that the server
offers is taken, and its certificate is looked at first. Whatever breaks, everything begins anew.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import Client, ua
from asyncua.common.events import Event
from asyncua.crypto import security_policies

from examples.bridge.floor import identity
from examples.bridge.floor.counting import Counting
from examples.bridge.floor.incidents import Alarm, Incidents
from examples.bridge.floor.readings import (
    COUNTERS,
    ORDER,
    SINCE_RESET,
    TAGS,
    Reading,
    micros,
    moment,
)

log = logging.getLogger("bridge")

PUBLISHING = 100.0  # milliseconds between two publications
QUEUE = 500  # changes of one tag that the server keeps between them
PROBE = 1.0  # seconds between two looks whether the server is still there
AT_ONCE = 50  # requests for history under way
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
_END = datetime(9000, 1, 1, tzinfo=UTC)
_POLICIES: dict[str, Any] = {
    one.URI: one
    for one in (
        security_policies.SecurityPolicyBasic256Sha256,
        security_policies.SecurityPolicyAes128Sha256RsaOaep,
        security_policies.SecurityPolicyAes256Sha256RsaPss,
    )
}
_CONDITION = ua.NodeId(ua.ObjectIds.ConditionType, 0)
_FIELDS = (
    ("EventId",), ("SourceName",), ("ConditionName",), ("Message",), ("Severity",), ("Time",),
    ("ActiveState", "Id"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Tag:
    """A node that is listened to, and what it is."""

    plc: str
    machine: str
    name: str
    low: float | None
    high: float | None


class OpcuaLine:
    """A line of machines behind an OPC UA server."""

    wire = "opcua"
    breaks: tuple[type[Exception], ...] = (OSError, TimeoutError, ua.UaError, identity.NotTrusted)

    def __init__(
        self, url: str, counting: Counting, incidents: Incidents, folder: Path, *, trusting: bool
    ) -> None:
        self._url = url
        self._counting = counting
        self._incidents = incidents
        self._folder = folder
        self._trusting = trusting
        self._came: asyncio.Queue[Any] = asyncio.Queue()
        self._tags: dict[ua.NodeId, _Tag] = {}

    async def listen(self, connected: asyncio.Event) -> None:
        """Listen until the connection breaks, or forever. `connected` is set once it does."""
        self._came = asyncio.Queue()
        client = Client(self._url, timeout=5, watchdog_intervall=PROBE)
        client.application_uri = identity.URI
        client.connection_lost_callback = self._lost
        await self._secure(client)
        async with client:
            await self._find(client)
            subscription = await client.create_subscription(PUBLISHING, self)
            nodes = [client.get_node(one) for one in self._tags]
            await subscription.subscribe_data_change(nodes, queuesize=QUEUE)
            await subscription.subscribe_events(evfilter=_event_filter(), queuesize=QUEUE)
            await self._catch_up(client)
            connected.set()
            while True:
                await self._take(client)

    # --- what the subscription says -----------------------------------------------------------

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """A value changed."""
        self._came.put_nowait(self._reading(node.nodeid, data.monitored_item.Value))

    def event_notification(self, event: Event) -> None:
        """An alarm changed."""
        self._came.put_nowait(event)

    def status_change_notification(self, status: Any) -> None:
        """The subscription is no more."""
        self._came.put_nowait(ConnectionError(f"the subscription ended: {status.Status.name}"))

    async def _lost(self, error: Exception) -> None:
        self._came.put_nowait(ConnectionError(str(error) or type(error).__name__))

    async def _take(self, client: Client) -> None:
        """Take over what came, together. Raises ConnectionError once it broke."""
        came = [await self._came.get()]
        await asyncio.sleep(0)  # a notification comes in parts, one after another
        while not self._came.empty():
            came.append(self._came.get_nowait())
        self._counting.take(one for one in came if isinstance(one, Reading))
        for one in came:
            if isinstance(one, Event):
                await self._alarm(client, one)
            elif isinstance(one, ConnectionError):
                raise one

    async def _alarm(self, client: Client, event: Event) -> None:
        said = vars(event)
        if said.get("ConditionName") is None:
            return  # an event of another kind
        alarm = Alarm(
            str(said["SourceName"]), str(said["ConditionName"]), bool(said["ActiveState/Id"]),
            int(said["Severity"]), said["Message"].Text or "", micros(said["Time"]),
        )  # fmt: skip
        if self._incidents.take(alarm):
            condition = client.get_node(said["NodeId"])
            await condition.call_method(
                ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge, 0),
                ua.Variant(said["EventId"], ua.VariantType.ByteString),
                ua.LocalizedText("an incident is open"),
            )

    # --- at the beginning ---------------------------------------------------------------------

    async def _secure(self, client: Client) -> None:
        """Choose the most secure way in. Raises NotTrusted."""
        offers = await client.connect_and_get_server_endpoints()
        best = max(offers, key=lambda one: int(one.SecurityLevel))
        if best.SecurityPolicyUri not in _POLICIES:
            return
        if not self._trusting:
            identity.check(best.ServerCertificate, best.Server.ApplicationUri)
        certificate, key = identity.own(self._folder)
        await client.set_security(
            _POLICIES[best.SecurityPolicyUri], certificate, key,
            server_certificate=best.ServerCertificate, mode=best.SecurityMode,
        )  # fmt: skip

    async def _find(self, client: Client) -> None:
        """Find the machines, and the tags of each that is one."""
        found: dict[ua.NodeId, tuple[str, str, str]] = {}
        for plc in await client.nodes.objects.get_children(nodeclassmask=ua.NodeClass.Object):
            if plc.nodeid.NamespaceIndex == 0:
                continue
            for device in await plc.get_children(nodeclassmask=ua.NodeClass.Object):
                for tag in TAGS:
                    name = ua.NodeId(
                        f"{device.nodeid.Identifier}/{tag}", device.nodeid.NamespaceIndex
                    )
                    machine = str(device.nodeid.Identifier).rpartition("/")[2]
                    found[name] = (str(plc.nodeid.Identifier), machine, tag)
        kinds = await client.uaclient.read_attributes([*found], ua.AttributeIds.NodeClass)
        there = [name for name, kind in zip(found, kinds, strict=True) if kind.StatusCode.is_good()]
        ranges = await self._ranges(client, [one for one in there if found[one][2] in COUNTERS])
        self._tags = {name: _Tag(*found[name], *ranges.get(name, (None, None))) for name in there}
        if not self._tags:
            raise ConnectionError("the server has no machines yet")

    async def _ranges(
        self, client: Client, counters: list[ua.NodeId]
    ) -> dict[ua.NodeId, tuple[float, float]]:
        """Where counters begin and roll over, as far as they say."""
        asked = []
        for one in counters:
            step = ua.RelativePathElement(
                ReferenceTypeId=ua.NodeId(ua.ObjectIds.HasProperty), IsInverse=False,
                IncludeSubtypes=True, TargetName=ua.QualifiedName("EURange"),
            )  # fmt: skip
            asked.append(ua.BrowsePath(one, ua.RelativePath([step])))
        found = await client.uaclient.translate_browsepaths_to_nodeids(asked)
        there = {
            one: path.Targets[0].TargetId
            for one, path in zip(counters, found, strict=True)
            if path.StatusCode.is_good() and path.Targets
        }
        if not there:
            return {}
        values = await client.uaclient.read_attributes([*there.values()], ua.AttributeIds.Value)
        return {
            one: (value.Value.Value.Low, value.Value.Value.High)
            for one, value in zip(there, values, strict=True)
        }

    async def _catch_up(self, client: Client) -> None:
        """Take over what the history has and the books have not."""
        now = await client.uaclient.read_attributes([*self._tags], ua.AttributeIds.Value)
        values = zip(self._tags, now, strict=True)
        shown = [self._reading(name, value, live=False) for name, value in values]
        self._counting.resume({one.machine: one.at for one in shown if one.tag == SINCE_RESET})
        # how fast machines are and when they began to count is needed to judge their history
        standing = [one for one in shown if one.tag not in (*COUNTERS, ORDER)]
        self._counting.take(standing, complete=False)
        room = asyncio.Semaphore(AT_ONCE)
        nodes = [name for name, one in self._tags.items() if one.name in (*COUNTERS, ORDER)]
        parts = await asyncio.gather(*(self._history(client, one, room) for one in nodes))
        self._counting.take((reading for part in parts for reading in part), complete=False)
        self._counting.take(one for one in shown if one.tag in (*COUNTERS, ORDER))
        self._counting.cover()

    async def _history(
        self, client: Client, name: ua.NodeId, room: asyncio.Semaphore
    ) -> list[Reading]:
        tag = self._tags[name]
        newest = self._counting.since(tag.machine, tag.name)
        begin = moment(newest + 1) if newest else _BEGINNING
        async with room:
            try:
                values = await client.get_node(name).read_raw_history(
                    begin, _END, return_bounds=False
                )
            except ua.UaStatusCodeError as error:
                log.info("%s/%s has no history: %s", tag.machine, tag.name, error)
                return []
        return [self._reading(name, one, live=False) for one in values]

    def _reading(self, name: ua.NodeId, value: ua.DataValue, *, live: bool = True) -> Reading:
        tag = self._tags[name]
        at = value.SourceTimestamp or value.ServerTimestamp or _BEGINNING
        status = value.StatusCode.name if value.StatusCode is not None else "Good"
        shown = value.Value.Value if value.Value is not None else None
        return Reading(
            tag.plc, tag.machine, tag.name, shown, status, micros(at), live, tag.low, tag.high
        )


def _event_filter() -> ua.EventFilter:
    """What is wanted to know of alarms, and the id of the condition that each is about."""
    asked = ua.EventFilter()
    for path in _FIELDS:
        asked.SelectClauses.append(
            ua.SimpleAttributeOperand(
                TypeDefinitionId=ua.NodeId(
                    ua.ObjectIds.BaseEventType
                    if len(path) == 1
                    else ua.ObjectIds.AlarmConditionType
                ),
                BrowsePath=[ua.QualifiedName(name) for name in path],
                AttributeId=ua.AttributeIds.Value,
            )
        )
    asked.SelectClauses.append(
        ua.SimpleAttributeOperand(TypeDefinitionId=_CONDITION, AttributeId=ua.AttributeIds.NodeId)
    )
    return asked
