"""Nodes made in bulk: what a PLC introduces becomes objects, variables, methods and conditions.

asyncua scans all siblings of a node that is added, which makes a folder of ten thousand variables
a matter of a minute. Here nodes are put into its address space directly (pinned: asyncua 2.1), each
with its references both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from simulator.transports.opcua.values import DATA_TYPE, data_value, variant

Node = Mapping[str, Any]

_READ = ua.AccessLevel.CurrentRead.mask
_WRITE = ua.AccessLevel.CurrentWrite.mask
_HISTORY = ua.AccessLevel.HistoryRead.mask
_FOLDER = ua.NodeId(ua.ObjectIds.FolderType, 0)
_VARIABLE = ua.NodeId(ua.ObjectIds.BaseDataVariableType, 0)
_ANALOG = ua.NodeId(ua.ObjectIds.AnalogItemType, 0)
_PROPERTY = ua.NodeId(ua.ObjectIds.PropertyType, 0)
_ORGANIZES = ua.NodeId(ua.ObjectIds.Organizes, 0)
_COMPONENT = ua.NodeId(ua.ObjectIds.HasComponent, 0)
_HAS_PROPERTY = ua.NodeId(ua.ObjectIds.HasProperty, 0)
_TYPED = ua.NodeId(ua.ObjectIds.HasTypeDefinition, 0)
_ARGUMENT = ua.NodeId(ua.ObjectIds.Argument, 0)
_RANGE = ua.NodeId(ua.ObjectIds.Range, 0)
_UNIT = ua.NodeId(ua.ObjectIds.EUInformation, 0)
_UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"


class Space:
    """The nodes of one server in the plant's own namespace."""

    def __init__(self, aspace: AddressSpace, index: int) -> None:
        self._aspace = aspace
        self.index = index
        self.kinds: dict[ua.NodeId, tuple[str, bool]] = {}  # variables: type, and is it an array?
        self._ids: dict[str, ua.NodeId] = {}

    def id(self, text: str) -> ua.NodeId:
        """A node id of the plant's namespace: `s=CELL/TURN-1`, `i=1023`, `g=…`."""
        found = self._ids.get(text)
        if found is None:
            found = self._ids[text] = ua.NodeId.from_string(f"ns={self.index};{text}")
        return found

    def has(self, node: ua.NodeId) -> bool:
        """Is there such a node?"""
        return node in self._aspace

    def add(self, node: Node, typed: ua.NodeId | None = None) -> NodeData:
        """Add one node below its parent; one that is there already stays as it is."""
        name = self.id(node["id"])
        there = self._aspace.get(name)
        if there is not None:
            return there
        parent = (
            self.id(node["parent"]) if node["parent"] else ua.NodeId(ua.ObjectIds.ObjectsFolder, 0)
        )
        if node["kind"] == "variable":
            return self._variable(name, parent, node)
        if node["kind"] == "method":
            return self._method(name, parent, node)
        by = _ORGANIZES if not node["parent"] else _COMPONENT
        data = self._object(name, node["name"], typed or _FOLDER)
        data.attributes[ua.AttributeIds.EventNotifier] = _attribute(1, ua.VariantType.Byte)
        self.refer(parent, data, by)
        return data

    def _object(self, name: ua.NodeId, browse: str, typed: ua.NodeId) -> NodeData:
        data = self._node(name, browse, ua.NodeClass.Object)
        data.attributes[ua.AttributeIds.EventNotifier] = _attribute(0, ua.VariantType.Byte)
        self._typed(data, typed)
        return data

    def _variable(self, name: ua.NodeId, parent: ua.NodeId, node: Node) -> NodeData:
        kind, array = node["data"], bool(node["array"])
        data = self._node(name, node["name"], ua.NodeClass.Variable, node["description"])
        access = _READ | (_WRITE if node["write"] else 0) | (_HISTORY if node["history"] else 0)
        self._valued(data, DATA_TYPE[kind], access, array=array, history=bool(node["history"]))
        value, status, at = node.get("shows") or (None, "BadWaitingForInitialData", 0)
        shown = AttributeValue(data_value(value, kind, status, at, array=array))
        data.attributes[ua.AttributeIds.Value] = shown
        self.kinds[name] = (kind, array)
        analog = bool(node.get("range")) and not array
        self._typed(data, _ANALOG if analog else _VARIABLE)
        self.refer(parent, data, _COMPONENT)
        if analog:
            low, high = node["range"]
            self.property(data, "EURange", _RANGE, ua.Range(Low=low, High=high))
        if node["unit"]:
            said = ua.EUInformation(
                NamespaceUri=_UNECE, UnitId=_unit(node["unit"]),
                DisplayName=ua.LocalizedText(node["unit"]),
            )  # fmt: skip
            self.property(data, "EngineeringUnits", _UNIT, said)
        return data

    def _method(self, name: ua.NodeId, parent: ua.NodeId, node: Node) -> NodeData:
        data = self._node(name, node["name"], ua.NodeClass.Method, node["description"])
        for attribute in (ua.AttributeIds.Executable, ua.AttributeIds.UserExecutable):
            data.attributes[attribute] = _attribute(True, ua.VariantType.Boolean)
        self.refer(parent, data, _COMPONENT)
        for label, given in (("InputArguments", "inputs"), ("OutputArguments", "outputs")):
            if node[given]:
                self.property(data, label, _ARGUMENT, [_argument(one) for one in node[given]])
        return data

    def property(
        self, owner: NodeData, browse: str, kind: ua.NodeId, value: Any, namespace: int = 0
    ) -> NodeData:
        """A property of a node, of a structured type or of a variant's own."""
        name = ua.NodeId(f"{owner.nodeid.Identifier}#{browse}", self.index)
        data = self._node(name, browse, ua.NodeClass.Variable, namespace=namespace)
        array = isinstance(value, list)
        self._valued(data, kind, _READ, array=array, history=False)
        shown = value if isinstance(value, ua.Variant) else ua.Variant(value, is_array=array)
        data.attributes[ua.AttributeIds.Value] = AttributeValue(ua.DataValue(shown))
        self._typed(data, _PROPERTY)
        self.refer(owner.nodeid, data, _HAS_PROPERTY)
        return data

    # --- the parts of a node --------------------------------------------------------------------

    def _node(
        self,
        name: ua.NodeId,
        browse: str,
        node_class: ua.NodeClass,
        description: str = "",
        namespace: int | None = None,
    ) -> NodeData:
        data = NodeData(name)
        index = self.index if namespace is None else namespace
        given = {
            ua.AttributeIds.NodeId: ua.Variant(name, ua.VariantType.NodeId),
            ua.AttributeIds.NodeClass: ua.Variant(node_class, ua.VariantType.Int32),
            ua.AttributeIds.BrowseName: ua.Variant(
                ua.QualifiedName(browse, index), ua.VariantType.QualifiedName
            ),
            ua.AttributeIds.DisplayName: ua.Variant(
                ua.LocalizedText(browse), ua.VariantType.LocalizedText
            ),
            ua.AttributeIds.Description: ua.Variant(
                ua.LocalizedText(description), ua.VariantType.LocalizedText
            ),
            ua.AttributeIds.WriteMask: ua.Variant(0, ua.VariantType.UInt32),
            ua.AttributeIds.UserWriteMask: ua.Variant(0, ua.VariantType.UInt32),
        }
        for attribute, value in given.items():
            data.attributes[attribute] = AttributeValue(ua.DataValue(value))
        self._aspace[name] = data
        return data

    def _valued(
        self, data: NodeData, kind: ua.NodeId, access: int, *, array: bool, history: bool
    ) -> None:
        given: dict[ua.AttributeIds, ua.Variant] = {
            ua.AttributeIds.DataType: ua.Variant(kind, ua.VariantType.NodeId),
            ua.AttributeIds.ValueRank: ua.Variant(1 if array else -1, ua.VariantType.Int32),
            ua.AttributeIds.AccessLevel: ua.Variant(access, ua.VariantType.Byte),
            ua.AttributeIds.UserAccessLevel: ua.Variant(access, ua.VariantType.Byte),
            ua.AttributeIds.Historizing: ua.Variant(history, ua.VariantType.Boolean),
            ua.AttributeIds.MinimumSamplingInterval: ua.Variant(0.0, ua.VariantType.Double),
        }
        if array:
            given[ua.AttributeIds.ArrayDimensions] = variant([0], "UInt32", array=True)
        for attribute, value in given.items():
            data.attributes[attribute] = AttributeValue(ua.DataValue(value))

    def _typed(self, data: NodeData, typed: ua.NodeId) -> None:
        data.references.append(self._reference(_TYPED, typed, forward=True))

    def refer(self, parent: ua.NodeId, child: NodeData, by: ua.NodeId) -> None:
        """Let a parent have a child, and the child know its parent."""
        above = self._aspace[parent]
        above.references.append(self._reference(by, child.nodeid, forward=True))
        child.references.append(self._reference(by, parent, forward=False))

    def _reference(
        self, by: ua.NodeId, target: ua.NodeId, *, forward: bool
    ) -> ua.ReferenceDescription:
        made = ua.ReferenceDescription(ReferenceTypeId=by, IsForward=forward, NodeId=target)
        found = self._aspace.get(target)
        if found is not None:
            for name in ("NodeClass", "BrowseName", "DisplayName"):
                shown = found.attributes[getattr(ua.AttributeIds, name)].value
                if shown is not None and shown.Value is not None:
                    value = shown.Value.Value
                    setattr(made, name, ua.NodeClass(value) if name == "NodeClass" else value)
            for one in found.references:
                if one.ReferenceTypeId == _TYPED and one.IsForward:
                    made.TypeDefinition = one.NodeId
                    break
        return made


def _attribute(value: Any, kind: ua.VariantType) -> AttributeValue:
    return AttributeValue(ua.DataValue(ua.Variant(value, kind)))


def _argument(one: Node) -> ua.Argument:
    return ua.Argument(
        Name=one["name"], DataType=DATA_TYPE[one["data"]],
        ValueRank=1 if one["array"] else -1, Description=ua.LocalizedText(one["description"]),
    )  # fmt: skip


def _unit(code: str) -> int:
    """OPC UA's number of a UN/ECE common code (part 8): its characters as bytes."""
    number = 0
    for mark in code.encode("ascii", "replace")[:4]:
        number = number << 8 | mark
    return number
