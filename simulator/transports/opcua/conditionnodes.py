"""The nodes of a condition: an object of its alarm type, with the state that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua
from asyncua.server.address_space import NodeData

from simulator.transports.opcua.attributes import Attributes
from simulator.transports.opcua.space import COMPONENT, HAS_PROPERTY, PROPERTY, Space
from simulator.transports.opcua.values import moment

Ids = ua.ObjectIds
Kinds = ua.VariantType
Path = tuple[str, ...]


def _standard(name: str) -> ua.NodeId:
    return ua.NodeId(getattr(Ids, name), 0)


_TYPES = {
    "off-normal": _standard("OffNormalAlarmType"), "limit": _standard("LimitAlarmType"),
    "trip": _standard("TripAlarmType"), "system": _standard("SystemOffNormalAlarmType"),
}  # fmt: skip
_SERVER = _standard("Server")
_TWO_STATE, _CONDITION_VALUE = _standard("TwoStateVariableType"), _standard("ConditionVariableType")
_STATE, _SHELVED = _standard("FiniteStateVariableType"), _standard("ShelvedStateMachineType")
_CLASS = _standard("ProcessConditionClassType")
_HAS_CONDITION, _HAS_NOTIFIER = _standard("HasCondition"), _standard("HasNotifier")
_BY_PATH: tuple[tuple[Path, Any, ua.NodeId], ...] = (
    (("EventId",), Kinds.ByteString, PROPERTY),
    (("EventType",), Kinds.NodeId, PROPERTY),
    (("SourceNode",), Kinds.NodeId, PROPERTY),
    (("SourceName",), Kinds.String, PROPERTY),
    (("Time",), Kinds.DateTime, PROPERTY),
    (("ReceiveTime",), Kinds.DateTime, PROPERTY),
    (("Message",), Kinds.LocalizedText, PROPERTY),
    (("Severity",), Kinds.UInt16, PROPERTY),
    (("ConditionClassId",), Kinds.NodeId, PROPERTY),
    (("ConditionClassName",), Kinds.LocalizedText, PROPERTY),
    (("ConditionName",), Kinds.String, PROPERTY),
    (("BranchId",), Kinds.NodeId, PROPERTY),
    (("Retain",), Kinds.Boolean, PROPERTY),
    (("ClientUserId",), Kinds.String, PROPERTY),
    (("InputNode",), Kinds.NodeId, PROPERTY),
    (("SuppressedOrShelved",), Kinds.Boolean, PROPERTY),
    (("EnabledState",), Kinds.LocalizedText, _TWO_STATE),
    (("EnabledState", "Id"), Kinds.Boolean, PROPERTY),
    (("AckedState",), Kinds.LocalizedText, _TWO_STATE),
    (("AckedState", "Id"), Kinds.Boolean, PROPERTY),
    (("ConfirmedState",), Kinds.LocalizedText, _TWO_STATE),
    (("ConfirmedState", "Id"), Kinds.Boolean, PROPERTY),
    (("ActiveState",), Kinds.LocalizedText, _TWO_STATE),
    (("ActiveState", "Id"), Kinds.Boolean, PROPERTY),
    (("Quality",), Kinds.StatusCode, _CONDITION_VALUE),
    (("LastSeverity",), Kinds.UInt16, _CONDITION_VALUE),
    (("Comment",), Kinds.LocalizedText, _CONDITION_VALUE),
)
_SHELVING: tuple[tuple[Path, Any, ua.NodeId], ...] = (
    (("ShelvingState", "CurrentState"), Kinds.LocalizedText, _STATE),
    (("ShelvingState", "CurrentState", "Id"), Kinds.NodeId, PROPERTY),
    (("ShelvingState", "UnshelveTime"), Kinds.Double, PROPERTY),
)
_METHODS = ("Enable", "Disable", "AddComment", "Acknowledge", "Confirm")
_SHELVE_METHODS = ("TimedShelve", "OneShotShelve", "Unshelve")
_WITH_EVENT = ("AddComment", "Acknowledge", "Confirm")


@dataclass(eq=False)
class Condition:
    """One alarm. `said` is its last change, as the plant said it."""

    node: ua.NodeId
    shelving: ua.NodeId
    type: ua.NodeId
    source: ua.NodeId
    source_name: str
    plc: str
    alarm: str
    name: str
    heard_at: frozenset[ua.NodeId]
    said: dict[str, Any]
    event_id: bytes = b""
    severity: int = 0  # before the last change
    recent: dict[bytes, int] = field(default_factory=dict)  # event id -> number of the event
    methods: dict[ua.NodeId, str] = field(default_factory=dict)
    shown: dict[Path, ua.NodeId] = field(default_factory=dict)


class Conditioned:
    """Builds the nodes of conditions, and lets them show what they are."""

    def __init__(self, space: Space, attributes: Attributes) -> None:
        self._space = space
        self._attributes = attributes
        self._notifying: set[ua.NodeId] = set()
        self._known: set[ua.NodeId] = set()  # to the server, as notifiers

    def build(self, node: dict[str, Any]) -> Condition:
        """The nodes of one condition."""
        space = self._space
        name, source = space.id(node["id"]), space.id(node["source"])
        kind = _TYPES[node["type"]]
        data = space.object(name, node["name"], kind, notifier=0)
        space.refer(space.id(node["parent"]), data, COMPONENT)
        shelving = self._shelving(data)
        said = {
            "severity": node["severity"], "message": node["message"], "active": False,
            "acknowledged": True, "confirmed": True, "shelved": False, "enabled": True,
            "retain": False, "comment": "", "by": "", "at": 0, "event": 0,
        }  # fmt: skip
        one = Condition(
            name, shelving.nodeid, kind, source, _last(node["source"]),
            node["plc"], node["alarm"], node["name"], self._notify(source), said,
        )  # fmt: skip
        if source in space.aspace:
            space.relate(source, _HAS_CONDITION, name)
        values = self.fields(one)
        made: dict[Path, NodeData] = {(): data, ("ShelvingState",): shelving}
        for path, kind_of, typed in (*_BY_PATH, *_SHELVING):
            owner = made[path[:-1]]
            by = HAS_PROPERTY if typed is PROPERTY else COMPONENT
            value = values.get(path) or ua.Variant(None, kind_of)
            variable = space.fixed(owner, path[-1], ua.NodeId(kind_of.value, 0), value, typed, by)
            made[path], one.shown[path] = variable, variable.nodeid
        for owner, methods in ((data, _METHODS), (shelving, _SHELVE_METHODS)):
            for method in methods:
                one.methods[self._method(owner, method)] = method
        return one

    def _shelving(self, owner: NodeData) -> NodeData:
        space = self._space
        name = ua.NodeId(f"{owner.nodeid.Identifier}#ShelvingState", space.index)
        data = space.object(name, "ShelvingState", _SHELVED, index=0)
        space.refer(owner.nodeid, data, COMPONENT)
        return data

    def _method(self, owner: NodeData, method: str) -> ua.NodeId:
        name = ua.NodeId(f"{owner.nodeid.Identifier}#{method}", self._space.index)
        data = self._space.method(name, owner.nodeid, method, index=0)
        if method in _WITH_EVENT:
            given = [
                ua.Argument(Name="EventId", DataType=_standard("ByteString"), ValueRank=-1),
                ua.Argument(Name="Comment", DataType=_standard("LocalizedText"), ValueRank=-1),
            ]
        elif method == "TimedShelve":
            given = [ua.Argument(Name="ShelvingTime", DataType=_standard("Duration"), ValueRank=-1)]
        else:
            return name
        self._space.property(data, "InputArguments", _standard("Argument"), given)
        return name

    def _notify(self, source: ua.NodeId) -> frozenset[ua.NodeId]:
        """Where the events of a source are heard: at the server, its PLC, its folders, itself."""
        space, at = self._space, [source]
        text = source.Identifier if isinstance(source.Identifier, str) else ""
        while "/" in text:
            text = text.rpartition("/")[0]
            at.append(ua.NodeId(text, space.index))
        at = [one for one in at if one in space.aspace]
        for one in at:
            if one not in self._notifying:
                self._notifying.add(one)
                self._attributes.show_notifier(one)
        top = at[-1] if at else None
        if top is not None and top not in self._known:
            self._known.add(top)  # below it, the folders' own references lead on
            space.relate(_SERVER, _HAS_NOTIFIER, top)
        return frozenset((_SERVER, *at))

    # --- values -------------------------------------------------------------------------------

    def fields(self, one: Condition) -> dict[Path, ua.Variant]:
        """The fields of a condition's event, as it stands."""
        said = one.said
        when = ua.Variant(moment(said["at"]), Kinds.DateTime)
        found: dict[Path, ua.Variant] = {
            ("EventId",): ua.Variant(one.event_id, Kinds.ByteString),
            ("EventType",): ua.Variant(one.type, Kinds.NodeId),
            ("SourceNode",): ua.Variant(one.source, Kinds.NodeId),
            ("SourceName",): ua.Variant(one.source_name, Kinds.String),
            ("Time",): when,
            ("ReceiveTime",): when,
            ("Message",): _text(said["message"]),
            ("Severity",): ua.Variant(said["severity"], Kinds.UInt16),
            ("ConditionClassId",): ua.Variant(_CLASS, Kinds.NodeId),
            ("ConditionClassName",): _text("ProcessConditionClassType"),
            ("ConditionName",): ua.Variant(one.name, Kinds.String),
            ("BranchId",): ua.Variant(ua.NodeId(0, 0), Kinds.NodeId),
            ("Retain",): ua.Variant(said["retain"], Kinds.Boolean),
            ("ClientUserId",): ua.Variant(said["by"], Kinds.String),
            ("InputNode",): ua.Variant(one.source, Kinds.NodeId),
            ("SuppressedOrShelved",): ua.Variant(said["shelved"], Kinds.Boolean),
            ("Quality",): ua.Variant(ua.StatusCode(0), Kinds.StatusCode),
            ("LastSeverity",): ua.Variant(one.severity or said["severity"], Kinds.UInt16),
            ("Comment",): _text(said["comment"]),
            ("ShelvingState", "CurrentState"): _text("TimedShelved" if said["shelved"] else
                                                     "Unshelved"),
            ("ShelvingState", "CurrentState", "Id"): ua.Variant(
                _standard("ShelvedStateMachineType_TimedShelved" if said["shelved"] else
                          "ShelvedStateMachineType_Unshelved"), Kinds.NodeId
            ),
            ("ShelvingState", "UnshelveTime"): ua.Variant(0.0, Kinds.Double),
        }  # fmt: skip
        for path, key, yes, no in (
            ("EnabledState", "enabled", "Enabled", "Disabled"),
            ("AckedState", "acknowledged", "Acknowledged", "Unacknowledged"),
            ("ConfirmedState", "confirmed", "Confirmed", "Unconfirmed"),
            ("ActiveState", "active", "Active", "Inactive"),
        ):
            found[path,] = _text(yes if said[key] else no)
            found[path, "Id"] = ua.Variant(said[key], Kinds.Boolean)
        return found

    def show(self, one: Condition, fields: Mapping[Path, ua.Variant]) -> None:
        """Let the nodes show what the event says."""
        for path, node in one.shown.items():
            self._attributes.write(node, ua.DataValue(fields[path]))
        one.severity = one.said["severity"]


def _last(name: str) -> str:
    return name.rpartition("/")[2].removeprefix("s=")


def _text(said: str) -> ua.Variant:
    return ua.Variant(ua.LocalizedText(said), Kinds.LocalizedText)
