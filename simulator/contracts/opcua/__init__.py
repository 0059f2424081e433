"""OPC UA: tags as nodes, alarms as conditions, writes and calls as operations.

The transport keeps a server; what goes between the two is JSON. Outbound: `SPACE` (the nodes of a
PLC or one of its devices), `WRITE` (`[[node id, value, status, source time], …]`) and `EVENT` (a
condition that changed). Inbound: `WRITE` a node, `CALL` a method, `ALARM` to deal with one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import Field, ValidationError

from simulator.contracts.opcua.layout import Layout, node_of, nodes
from simulator.core.durations import as_json
from simulator.core.errors import Mistake, Refusal, not_found
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, Operation, Strict
from simulator.core.routes import problem, violations
from simulator.plant.tags import AlarmChange, TagChange, TagSpace

STATUS = "opcua-status"
"""A reply's header with the name of the status code that the client is to see."""
_STATUSES = {
    "type-mismatch": "BadTypeMismatch", "out-of-range": "BadOutOfRange",
    "not-writable": "BadNotWritable", "not-found": "BadNodeIdUnknown",
    "command-not-allowed": "BadInvalidState", "mode-not-changeable": "BadInvalidState",
    "not-repaired": "BadInvalidState", "job-running": "BadInvalidState",
    "already-acknowledged": "BadConditionBranchAlreadyAcked",
    "already-confirmed": "BadConditionBranchAlreadyConfirmed",
    "not-acknowledged": "BadInvalidState", "internal": "BadInternalError",
    "alarm-disabled": "BadConditionDisabled",
}  # fmt: skip
_BY_STATUS = {404: "BadNotFound", 409: "BadInvalidState", 403: "BadUserAccessDenied"}


class OpcuaContractSettings(Strict):
    """What an endpoint of this contract sets."""

    layout: Layout = Field(
        "plain", description="folders by the tags' paths, or objects with PackML's types"
    )


class OpcuaContract(Contract):
    """Tags and alarms of PLCs as OPC UA has them."""

    kind: ClassVar[str] = "opcua"
    summary: ClassVar[str] = "tags of PLCs as OPC UA nodes: plain folders, or PackML's"
    Settings: ClassVar[type[OpcuaContractSettings]] = OpcuaContractSettings

    def __init__(
        self,
        system: str,
        operations: Mapping[str, Operation],
        documents: Mapping[str, type[Document]],
        settings: Any,
        base: str = "",
        payloads: Path | None = None,
    ) -> None:
        super().__init__(system, operations, documents, settings, base, payloads)
        self._node_of: dict[tuple[str, str], str] = {}  # (PLC, path) -> node id
        self._tag_of: dict[str, tuple[str, str]] = {}

    # --- out ----------------------------------------------------------------------------------

    def render(self, document: Document) -> Request | None:
        if isinstance(document, TagSpace):
            return self._space(document)
        if isinstance(document, TagChange):
            known, plc = self._node_of, document.plc
            values = [
                (known.get((plc, one.path)) or f"s={plc}/{one.path}", one.value, one.status, one.at)
                for one in document.values
            ]
            return Request("WRITE", plc, body=orjson.dumps(values))
        if isinstance(document, AlarmChange):
            said = document.model_dump(mode="json")
            node = f"s={document.plc}/{document.path}"
            return Request("EVENT", node, body=orjson.dumps(said))
        return None

    def _space(self, space: TagSpace) -> Request:
        for tag in space.tags:
            node = node_of(space.plc, tag)
            other = self._tag_of.get(node, (space.plc, tag.path))
            if other != (space.plc, tag.path):
                what = f"{other[0]}: {other[1]} and {space.plc}: {tag.path} have the node id {node}"
                raise Mistake(what, cure="give one of them another `node`")
            self._node_of[space.plc, tag.path] = node
            self._tag_of[node] = (space.plc, tag.path)
        body = {
            "plc": space.plc, "device": space.device, "reason": space.reason,
            "nodes": nodes(space, self.settings.layout),
        }  # fmt: skip
        return Request(
            "SPACE", f"{space.plc}/{space.device}".rstrip("/"),
            body=orjson.dumps(body, default=as_json),
        )  # fmt: skip

    # --- in -----------------------------------------------------------------------------------

    def decode(self, request: Request) -> Call:
        given = self._read(request)
        how: dict[str, Callable[[Request, Any], tuple[str, dict[str, Any]]]] = {
            "WRITE": self._write, "CALL": self._call, "ALARM": self._call,
        }  # fmt: skip
        if request.method not in how:
            raise Refusal(f"no {request.method!r} in OPC UA", code="unsupported", status=400)
        name, values = how[request.method](request, given)
        if name not in self.operations:
            raise not_found("operation", name)
        try:
            model = self.operations[name].adapter.validate_python(values)
        except ValidationError as error:
            raise violations(error) from None
        keys = {
            key: [str(values[key])] for key in ("plc", "machine", "tag", "alarm", "order")
            if values.get(key)
        }  # fmt: skip
        return Call(name, model, keys)

    def _read(self, request: Request) -> Any:
        try:
            return orjson.loads(request.body) if request.body else {}
        except orjson.JSONDecodeError as error:
            raise Refusal(f"no JSON: {error}", code="malformed", status=400) from None

    def _write(self, request: Request, given: Any) -> tuple[str, dict[str, Any]]:
        found = self._tag_of.get(request.path)
        if found is None:
            raise not_found("node", request.path)
        return "write", {"plc": found[0], "tag": found[1], "value": given}

    def _call(self, request: Request, given: Any) -> tuple[str, dict[str, Any]]:
        if not isinstance(given, dict):
            raise Refusal("arguments are named", code="malformed", status=400)
        return request.path, given

    def peek(self, request: Request) -> str | None:
        return "write" if request.method == "WRITE" else request.path

    def encode(self, call: Call, result: Any) -> Reply:
        return Reply(200, {STATUS: "Good"}, orjson.dumps(result, default=as_json))

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        reply = problem(refusal, request.path)
        code = refusal.code if isinstance(refusal, Refusal) else "internal"
        status = _STATUSES.get(code) or _BY_STATUS.get(reply.status, "BadInvalidArgument")
        reply.headers[STATUS] = status
        return reply
