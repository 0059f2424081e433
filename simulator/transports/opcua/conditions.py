"""Alarms as conditions (part 9): their changes as events, and what operators do to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from asyncua import ua

from simulator.core.message import Request
from simulator.transports.opcua import acting
from simulator.transports.opcua.conditionnodes import Condition, Conditioned
from simulator.transports.opcua.eventitems import EventItem
from simulator.transports.opcua.events import Event
from simulator.transports.opcua.fault import status_of
from simulator.transports.opcua.occasion import Occasion
from simulator.transports.opcua.values import moment

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer

Codes = ua.StatusCodes
Ids = ua.ObjectIds
_SERVER = ua.NodeId(Ids.Server, 0)
_TYPE = ua.NodeId(Ids.ConditionType, 0)
_REMEMBERED = 20  # events of one condition that can still be acknowledged
_DAY = 86_400_000_000
_STANDARD: dict[int, str] = {
    getattr(Ids, f"{owner}_{name}"): name
    for owner, names in (
        ("ConditionType", ("Enable", "Disable", "AddComment")),
        ("AcknowledgeableConditionType", ("Acknowledge", "Confirm")),
        ("ShelvedStateMachineType", ("TimedShelve", "OneShotShelve", "Unshelve")),
        ("AlarmConditionType_ShelvingState", ("TimedShelve", "OneShotShelve", "Unshelve")),
    )
    for name in names
}
"""Methods of the types, which clients may call on any condition."""
_OPERATIONS = {
    "Enable": "enable_alarm", "Disable": "disable_alarm", "AddComment": "comment_alarm",
    "Acknowledge": "acknowledge_alarm", "Confirm": "confirm_alarm",
    "TimedShelve": "shelve_alarm", "OneShotShelve": "shelve_alarm", "Unshelve": "unshelve_alarm",
}  # fmt: skip
_ARGUMENTS = {
    "AddComment": ("ByteString", "LocalizedText"), "Acknowledge": ("ByteString", "LocalizedText"),
    "Confirm": ("ByteString", "LocalizedText"), "TimedShelve": ("Double",),
}  # fmt: skip


@dataclass
class Conditions:
    """Every condition of one server."""

    server: OpcuaServer
    nodes: Conditioned
    by_name: dict[str, Condition] = field(default_factory=dict)
    by_node: dict[ua.NodeId, Condition] = field(default_factory=dict)

    def add(self, node: dict[str, Any]) -> None:
        """A condition that is introduced; one that is there already stays as it is."""
        if node["id"] in self.by_name:
            return
        made = self.nodes.build(node)
        self.by_name[node["id"]] = made
        self.by_node[made.node] = self.by_node[made.shelving] = made

    def change(self, name: str, said: dict[str, Any]) -> bool:
        """A condition changed: show it, and tell. False where there is no such condition."""
        one = self.by_name.get(name)
        if one is None:
            return False
        one.said = said
        mark = f"{self.server.side.plant}/{name}/{said['event']}"
        one.event_id = hashlib.blake2b(mark.encode(), digest_size=16).digest()
        one.recent[one.event_id] = said["event"]
        if len(one.recent) > _REMEMBERED:
            del one.recent[next(iter(one.recent))]
        event = self._event(one)
        self.nodes.show(one, event.fields)
        self.tell(event)
        return True

    def tell(self, event: Event) -> None:
        """Let everybody who listens hear an event."""
        for item in self.server.hearers.values():
            item.hear(event)

    def _event(self, one: Condition) -> Event:
        return Event(one.type, one.heard_at, self.nodes.fields(one), one.node)

    # --- what clients call --------------------------------------------------------------------

    async def call(self, on: Occasion, asked: ua.CallMethodRequest) -> ua.CallMethodResult:
        """A method that is not one of a PLC's own."""
        number = asked.MethodId.Identifier if asked.MethodId.NamespaceIndex == 0 else 0
        given = list(asked.InputArguments or ())
        if number in (Ids.ConditionType_ConditionRefresh, Ids.ConditionType_ConditionRefresh2):
            return self._refresh(on, given, one=number == Ids.ConditionType_ConditionRefresh2)
        if asked.ObjectId == _SERVER and number in _SERVER_METHODS:
            return _SERVER_METHODS[number](on, given)
        condition = self.by_node.get(asked.ObjectId)
        name = _STANDARD.get(number, "") if condition is not None else ""
        if condition is not None and not name:
            name = condition.methods.get(asked.MethodId, "")
        if condition is None or not name:
            known = asked.MethodId in on.server.space.aspace
            return acting.result(Codes.BadMethodInvalid if known else Codes.BadNodeIdUnknown)
        return await self._deal(on, condition, name, given)

    async def _deal(
        self, on: Occasion, one: Condition, name: str, given: list[ua.Variant]
    ) -> ua.CallMethodResult:
        wanted = _ARGUMENTS.get(name, ())
        if len(given) != len(wanted):
            few = len(given) < len(wanted)
            return acting.result(Codes.BadArgumentsMissing if few else Codes.BadTooManyArguments)
        for kind, argument in zip(wanted, given, strict=True):
            if argument.VariantType != getattr(ua.VariantType, kind) and argument.Value is not None:
                return acting.result(Codes.BadInvalidArgument)
        body: dict[str, Any] = {"plc": one.plc, "alarm": one.alarm}
        body["by"] = on.session.user or "anonymous"
        if len(wanted) == 2:
            text = given[1].Value
            body["comment"] = (text.Text or "") if isinstance(text, ua.LocalizedText) else ""
        elif name == "TimedShelve":
            span = given[0].Value
            if span is None or not 0 < span <= _DAY / 1000:
                return acting.result(Codes.BadShelvingTimeOutOfRange)
            body["span"] = f"{round(span)}ms"
        elif name == "OneShotShelve":
            body["span"] = "1d"
        request = Request("ALARM", _OPERATIONS[name], body=orjson.dumps(body), peer=on.channel.peer)
        wrong = self._wrong(one, name, given)
        reply = await on.server.act(on, request, wrong)
        return acting.result(status_of(reply))

    def _wrong(self, one: Condition, name: str, given: list[ua.Variant]) -> str | None:
        """Why a condition does not take this now; None where it does."""
        said = one.said
        if name == "Enable":
            return "BadConditionAlreadyEnabled" if said["enabled"] else None
        if name == "Disable":
            return None if said["enabled"] else "BadConditionAlreadyDisabled"
        if not said["enabled"]:
            return "BadConditionDisabled"
        if name in ("AddComment", "Acknowledge", "Confirm"):
            return None if given[0].Value in one.recent else "BadEventIdUnknown"
        if name == "Unshelve":
            return None if said["shelved"] else "BadConditionNotShelved"
        return "BadConditionAlreadyShelved" if said["shelved"] and name == "OneShotShelve" else None

    def _refresh(self, on: Occasion, given: list[ua.Variant], *, one: bool) -> ua.CallMethodResult:
        """Tell every condition that is of interest once more."""
        if len(given) != 1 + one:
            few = len(given) < 1 + one
            return acting.result(Codes.BadArgumentsMissing if few else Codes.BadTooManyArguments)
        subscription = on.server.subscriptions.of(on.session.client, _number(given[0]))
        if subscription is None:
            return acting.result(Codes.BadSubscriptionIdInvalid)
        items: Iterable[Any] = subscription.items.values()
        if one:
            item = subscription.items.get(_number(given[1]))
            if item is None:
                return acting.result(Codes.BadMonitoredItemIdInvalid)
            items = [item]
        now = self.server.ticks()
        for item in items:
            if isinstance(item, EventItem):
                item.put(self._bracket(Ids.RefreshStartEventType, now))
                for condition in self.by_name.values():
                    if condition.said["retain"]:
                        item.hear(self._event(condition))
                item.put(self._bracket(Ids.RefreshEndEventType, now))
        return acting.result(0)

    def _bracket(self, kind: int, ticks: int) -> Event:
        kinds, node = ua.VariantType, ua.NodeId(kind, 0)
        mark = f"{kind}/{ticks}".encode()
        when = ua.Variant(moment((ticks - 116_444_736_000_000_000) // 10), kinds.DateTime)
        message = ua.Variant(ua.LocalizedText("refresh"), kinds.LocalizedText)
        return Event(
            node, frozenset((_SERVER,)),
            {
                ("EventId",): ua.Variant(
                    hashlib.blake2b(mark, digest_size=16).digest(), kinds.ByteString
                ),
                ("EventType",): ua.Variant(node, kinds.NodeId),
                ("SourceNode",): ua.Variant(_SERVER, kinds.NodeId),
                ("SourceName",): ua.Variant("Server", kinds.String),
                ("Time",): when, ("ReceiveTime",): when,
                ("Message",): message, ("Severity",): ua.Variant(100, kinds.UInt16),
            },
        )  # fmt: skip


def _number(given: ua.Variant) -> int:
    return given.Value if isinstance(given.Value, int) else 0


def _monitored(on: Occasion, given: list[ua.Variant]) -> ua.CallMethodResult:
    """The server's GetMonitoredItems: ids and handles of a subscription's items."""
    if len(given) != 1:
        return acting.result(Codes.BadArgumentsMissing)
    one = on.server.subscriptions.of(on.session.client, _number(given[0]))
    if one is None:
        return acting.result(Codes.BadSubscriptionIdInvalid)
    made = acting.result(0)
    handles = [int.from_bytes(item.head, "little") for item in one.items.values()]
    made.OutputArguments = [
        ua.Variant(list(one.items), ua.VariantType.UInt32, is_array=True),
        ua.Variant(handles, ua.VariantType.UInt32, is_array=True),
    ]
    return made


def _resend(on: Occasion, given: list[ua.Variant]) -> ua.CallMethodResult:
    """The server's ResendData: every value of a subscription once more."""
    from simulator.transports.opcua.subscribing import resend

    if len(given) != 1:
        return acting.result(Codes.BadArgumentsMissing)
    one = on.server.subscriptions.of(on.session.client, _number(given[0]))
    if one is None:
        return acting.result(Codes.BadSubscriptionIdInvalid)
    resend(one)
    return acting.result(0)


_SERVER_METHODS = {Ids.Server_GetMonitoredItems: _monitored, Ids.Server_ResendData: _resend}
