"""Nodes made in bulk: what a PLC introduces becomes objects, variables and methods.

asyncua scans all siblings of a node that is added, which makes a folder of ten thousand variables
a matter of a minute. Here nodes are put into its address space directly (pinned: asyncua 2.1), each
with its references both ways. What is alike for many nodes (their class, access, type) is one
object that they share: nothing in this server changes it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from simulator.transports.opcua.samples import Slot
from simulator.transports.opcua.values import DATA_TYPE, variant

Node = Mapping[str, Any]
Ids = ua.AttributeIds

_READ = ua.AccessLevel.CurrentRead.mask
_WRITE = ua.AccessLevel.CurrentWrite.mask
_HISTORY = ua.AccessLevel.HistoryRead.mask


def _standard(name: str) -> ua.NodeId:
    return ua.NodeId(getattr(ua.ObjectIds, name), 0)


FOLDER, OBJECTS = _standard("FolderType"), _standard("ObjectsFolder")
_VARIABLE, _ANALOG = _standard("BaseDataVariableType"), _standard("AnalogItemType")
PROPERTY = _standard("PropertyType")
ORGANIZES, COMPONENT = _standard("Organizes"), _standard("HasComponent")
HAS_PROPERTY, TYPED = _standard("HasProperty"), _standard("HasTypeDefinition")
_ARGUMENT, _RANGE, _UNIT = _standard("Argument"), _standard("Range"), _standard("EUInformation")
_UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"


class Space:
    """The nodes of one server in the plant's own namespace."""

    def __init__(self, aspace: AddressSpace, index: int, kept: int) -> None:
        self.aspace = aspace
        self.index = index
        self.slots: dict[ua.NodeId, Slot] = {}
        self.named: dict[str, Slot] = {}  # by the text of their ids
        self.methods: dict[ua.NodeId, Node] = {}
        self._kept = kept  # values of history of one variable
        self._ids: dict[str, ua.NodeId] = {}
        self._alike: dict[Any, AttributeValue] = {}
        self._declared: dict[ua.NodeId, dict[str, int]] = {}  # objects of types of nodesets
        self._to_type: dict[ua.NodeId, ua.ReferenceDescription] = {}
        self._to_parent: dict[tuple[ua.NodeId, ua.NodeId], ua.ReferenceDescription] = {}

    def id(self, text: str) -> ua.NodeId:
        """A node id of the plant's namespace: `s=CELL/TURN-1`, `i=1023`, `g=…`."""
        found = self._ids.get(text)
        if found is None:
            if text.startswith("s="):
                found = ua.NodeId(text[2:], self.index)
            else:
                found = ua.NodeId.from_string(f"ns={self.index};{text}")
            self._ids[text] = found
        return found

    def add(self, node: Node, typed: ua.NodeId | None = None) -> NodeData:
        """Add one node below its parent; one that is there already stays as it is."""
        name = self.id(node["id"])
        there = self.aspace.get(name)
        if there is not None:
            return there
        parent = self.id(node["parent"]) if node["parent"] else OBJECTS
        index = self._declared.get(parent, {}).get(node["name"], self.index)
        if node["kind"] == "variable":
            return self._variable(name, parent, node, index)
        if node["kind"] == "method":
            return self._method(name, parent, node)
        data = self.object(name, node["name"], typed or FOLDER, notifier=1, index=index)
        if typed is not None:
            self._declared[name] = self._children(typed)
        self.refer(parent, data, COMPONENT if node["parent"] else ORGANIZES)
        return data

    def object(
        self, name: ua.NodeId, browse: str, typed: ua.NodeId, *, notifier: int = 0, index: int = -1
    ) -> NodeData:
        """An object of a type. `notifier` 1: it can be subscribed to for events."""
        data = self._node(name, browse, ua.NodeClass.Object, index=index)
        data.attributes[Ids.EventNotifier] = self._shared(notifier, ua.VariantType.Byte)
        self._typed(data, typed)
        return data

    def _children(self, typed: ua.NodeId) -> dict[str, int]:
        """The namespaces of the names that a type declares for what its objects have."""
        data = self.aspace.get(typed)
        return {
            one.BrowseName.Name: one.BrowseName.NamespaceIndex
            for one in (data.references if data is not None else ())
            if one.IsForward and one.ReferenceTypeId in (COMPONENT, HAS_PROPERTY)
        }

    def _variable(self, name: ua.NodeId, parent: ua.NodeId, node: Node, index: int) -> NodeData:
        kind, array = node["data"], bool(node["array"])
        data = self._node(name, node["name"], ua.NodeClass.Variable, node["description"], index)
        access = _READ | (_WRITE if node["write"] else 0) | (_HISTORY if node["history"] else 0)
        self._valued(data, DATA_TYPE[kind], access, array=array, history=bool(node["history"]))
        slot = Slot(name, kind, array=array, name=node["id"])
        shown = AttributeValue(None)
        shown.value_callback = slot.data_value
        data.attributes[Ids.Value] = shown
        if node["history"]:
            slot.history = deque(maxlen=self._kept)
        self.slots[name] = self.named[node["id"]] = slot
        analog = bool(node.get("range")) and not array
        self._typed(data, _ANALOG if analog else _VARIABLE)
        self.refer(parent, data, COMPONENT)
        if analog:
            low, high = node["range"]
            slot.range = (low, high)
            self.property(data, "EURange", _RANGE, ua.Range(Low=low, High=high))
        if node["unit"]:
            said = ua.EUInformation(
                NamespaceUri=_UNECE, UnitId=_unit(node["unit"]),
                DisplayName=ua.LocalizedText(node["unit"]),
            )  # fmt: skip
            self.property(data, "EngineeringUnits", _UNIT, said)
        return data

    def _method(self, name: ua.NodeId, parent: ua.NodeId, node: Node) -> NodeData:
        data = self.method(name, parent, node["name"], node["description"])
        for label, given in (("InputArguments", "inputs"), ("OutputArguments", "outputs")):
            if node[given]:
                self.property(data, label, _ARGUMENT, [argument(one) for one in node[given]])
        self.methods[name] = node
        return data

    def method(
        self, name: ua.NodeId, parent: ua.NodeId, browse: str, what: str = "", index: int = -1
    ) -> NodeData:
        """A method of an object, without arguments so far."""
        data = self._node(name, browse, ua.NodeClass.Method, what, index)
        for attribute in (Ids.Executable, Ids.UserExecutable):
            data.attributes[attribute] = self._shared(True, ua.VariantType.Boolean)
        self.refer(parent, data, COMPONENT)
        return data

    def property(self, owner: NodeData, browse: str, kind: ua.NodeId, value: Any) -> NodeData:
        """A property of a node; its value is a structure, a list of them, or a variant."""
        shown = value if isinstance(value, ua.Variant) else ua.Variant(value)
        array = isinstance(shown.Value, list)
        data = self.fixed(owner, browse, kind, shown, PROPERTY, HAS_PROPERTY, array=array)
        return data

    def fixed(
        self,
        owner: NodeData,
        browse: str,
        kind: ua.NodeId,
        value: ua.Variant,
        typed: ua.NodeId,
        by: ua.NodeId,
        *,
        array: bool = False,
    ) -> NodeData:
        """A variable of the standard's own, below a node, which shows what asyncua keeps of it."""
        name = ua.NodeId(f"{owner.nodeid.Identifier}#{browse}", self.index)
        data = self._node(name, browse, ua.NodeClass.Variable, index=0)
        self._valued(data, kind, _READ, array=array, history=False)
        data.attributes[Ids.Value] = AttributeValue(ua.DataValue(value))
        self._typed(data, typed)
        self.refer(owner.nodeid, data, by)
        return data

    # --- the parts of a node ------------------------------------------------------------------

    def _node(
        self, name: ua.NodeId, browse: str, kind: ua.NodeClass, what: str = "", index: int = -1
    ) -> NodeData:
        data = NodeData(name)
        named = ua.QualifiedName(browse, self.index if index < 0 else index)
        shared, kinds = self._shared, ua.VariantType
        data.attributes = {
            Ids.NodeId: _attribute(name, kinds.NodeId),
            Ids.NodeClass: shared(kind, kinds.Int32),
            Ids.BrowseName: _attribute(named, kinds.QualifiedName),
            Ids.DisplayName: _attribute(ua.LocalizedText(browse), kinds.LocalizedText),
            Ids.Description: shared(what, kinds.LocalizedText),
            Ids.WriteMask: shared(0, kinds.UInt32),
            Ids.UserWriteMask: shared(0, kinds.UInt32),
        }
        self.aspace[name] = data
        return data

    def _valued(
        self, data: NodeData, kind: ua.NodeId, access: int, *, array: bool, history: bool
    ) -> None:
        shared, kinds, made = self._shared, ua.VariantType, data.attributes
        made[Ids.DataType] = shared(kind, kinds.NodeId)
        made[Ids.ValueRank] = shared(1 if array else -1, kinds.Int32)
        made[Ids.AccessLevel] = made[Ids.UserAccessLevel] = shared(access, kinds.Byte)
        made[Ids.Historizing] = shared(history, kinds.Boolean)
        made[Ids.MinimumSamplingInterval] = shared(0.0, kinds.Double)
        if array:
            made[Ids.ArrayDimensions] = AttributeValue(
                ua.DataValue(variant([0], "UInt32", array=True))
            )

    def _shared(self, value: Any, kind: ua.VariantType) -> AttributeValue:
        key = (value, kind)
        found = self._alike.get(key)
        if found is None:
            shown = ua.LocalizedText(value) if kind is ua.VariantType.LocalizedText else value
            found = self._alike[key] = _attribute(shown, kind)
        return found

    def _typed(self, data: NodeData, typed: ua.NodeId) -> None:
        found = self._to_type.get(typed)
        if found is None:
            found = self._to_type[typed] = self.reference(TYPED, typed, forward=True)
        data.references.append(found)

    def refer(self, parent: ua.NodeId, child: NodeData, by: ua.NodeId) -> None:
        """Let a parent have a child, and the child know its parent."""
        attributes = child.attributes
        typed = child.references[0].NodeId if child.references else None
        down = ua.ReferenceDescription(
            ReferenceTypeId=by, IsForward=True, NodeId=child.nodeid,
            BrowseName=attributes[Ids.BrowseName].value.Value.Value,
            DisplayName=attributes[Ids.DisplayName].value.Value.Value,
            NodeClass=attributes[Ids.NodeClass].value.Value.Value,
        )  # fmt: skip
        if typed is not None:
            down.TypeDefinition = typed
        self.aspace[parent].references.append(down)
        up = self._to_parent.get((parent, by))
        if up is None:
            up = self._to_parent[parent, by] = self.reference(by, parent, forward=False)
        child.references.append(up)

    def relate(self, source: ua.NodeId, by: ua.NodeId, target: ua.NodeId) -> None:
        """A reference between two nodes that are there, both ways."""
        self.aspace[source].references.append(self.reference(by, target, forward=True))
        self.aspace[target].references.append(self.reference(by, source, forward=False))

    def reference(
        self, by: ua.NodeId, target: ua.NodeId, *, forward: bool
    ) -> ua.ReferenceDescription:
        """A reference to a node, with what a browser wants to know of it."""
        made = ua.ReferenceDescription(ReferenceTypeId=by, IsForward=forward, NodeId=target)
        found = self.aspace.get(target)
        if found is not None:
            for name in ("NodeClass", "BrowseName", "DisplayName"):
                shown = found.attributes[getattr(Ids, name)].value
                if shown is not None and shown.Value is not None:
                    value = shown.Value.Value
                    setattr(made, name, ua.NodeClass(value) if name == "NodeClass" else value)
            for one in found.references:
                if one.ReferenceTypeId == TYPED and one.IsForward:
                    made.TypeDefinition = one.NodeId
                    break
        return made


def _attribute(value: Any, kind: ua.VariantType) -> AttributeValue:
    return AttributeValue(ua.DataValue(ua.Variant(value, kind)))


def argument(one: Node) -> ua.Argument:
    """An argument of a method, as its node shows it."""
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
