"""Sparkplug B: a PLC as an edge node, its machines as devices, commands as operations.

Outbound, each document is one payload without numbers; the session of the connection writes `seq`
and `bdSeq` when the message leaves. Inbound, a command asks for a rebirth or writes a tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import Field, ValidationError

from simulator.contracts.sparkplug.node import REBIRTH, Node
from simulator.contracts.sparkplug.payload import Metric, read
from simulator.contracts.sparkplug.session import MOST_METRICS, SparkplugSession
from simulator.core.durations import as_json
from simulator.core.errors import Refusal, not_found
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, Operation, Strict
from simulator.core.routes import problem, violations
from simulator.plant.tags import AlarmChange, TagChange, TagSpace

ROOT = "spBv1.0"
_ID = r"^[^/+#\x00-\x1f]+$"


class SparkplugSettings(Strict):
    """What an endpoint of this contract sets."""

    group: str | None = Field(
        None, pattern=_ID, max_length=100, description="the group's id; else the plant's name"
    )
    host: str | None = Field(
        None, pattern=_ID, max_length=100,
        description="the id of the primary host: nothing is said before it is online",
    )  # fmt: skip
    aliases: bool = Field(False, description="data carry numbers in place of names")


class SparkplugContract(Contract):
    """Tags and alarms of PLCs as Sparkplug B 3.0 has them."""

    kind: ClassVar[str] = "sparkplug"
    summary: ClassVar[str] = "Sparkplug B 3.0: PLCs as edge nodes, machines as devices"
    Settings: ClassVar[type[SparkplugSettings]] = SparkplugSettings
    oddities: ClassVar[frozenset[str]] = frozenset(
        {
            "sequence-gap", "missing-birth", "stale-bdseq", "retained-ghost",
            "lost-primary-host",
        }
    )  # fmt: skip

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
        self.group: str = settings.group or base.strip("/").partition("/")[0] or "stagefloor"
        self.state_topic = f"{ROOT}/STATE/{settings.host}"
        self._nodes: dict[str, Node] = {}

    def topic(self, kind: str, node: str, device: str = "") -> str:
        """The topic of a kind of message."""
        found = f"{ROOT}/{self.group}/{kind}/{node}"
        return f"{found}/{device}" if device else found

    def node(self, plc: str) -> Node:
        """What is known of an edge node."""
        if plc not in self._nodes:
            self._nodes[plc] = Node(plc, aliases=self.settings.aliases)
        return self._nodes[plc]

    def session(self, client: str, connection: int) -> SparkplugSession:
        return SparkplugSession(self, client, connection)

    # --- out ----------------------------------------------------------------------------------

    def render(self, document: Document) -> Request | None:
        if isinstance(document, TagSpace):
            node = self.node(document.plc)
            node.learn(document)
            headers = {
                "birth": "device" if document.device else "node", "at": str(document.at // 1000)
            }  # fmt: skip
            if document.reason == "restart" and not document.device:
                headers["renews"] = "1"  # a PLC that was switched off has lost its connection
            return self._message("BIRTH", document, node.birth(document), **headers)
        if isinstance(document, TagChange):
            body = self.node(document.plc).data(document.device, document.values, document.at)
            return self._message("DATA", document, body)
        if isinstance(document, AlarmChange):
            return self._message("DATA", document, self.node(document.plc).alarm(document))
        return None

    def _message(
        self, kind: str, document: TagSpace | TagChange | AlarmChange, body: bytes, **headers: str
    ) -> Request:
        kind = f"{'D' if document.device else 'N'}{kind}"
        return Request(
            "PUBLISH", self.topic(kind, document.plc, document.device),
            headers={"client": document.plc, "qos": "0", "retain": "0", **headers}, body=body,
        )  # fmt: skip

    # --- in -----------------------------------------------------------------------------------

    def decode(self, request: Request) -> Call:
        plc, device = self._addressed(request)
        if request.headers.get("retain") == "1":
            what = "a command that is retained may be long out of date"
            raise Refusal(what, code="retained-command", status=409)
        node = self.node(plc)
        payload = read(request.body, node.types(device))
        if len(payload.metrics) != 1:
            what = f"{len(payload.metrics)} metrics: a command has 1 to {MOST_METRICS}"
            raise Refusal(what, code="metrics", status=400)
        name, values = self._asked(node, device, payload.metrics[0])
        if name not in self.operations:
            raise not_found("operation", name)
        try:
            model = self.operations[name].adapter.validate_python(values)
        except ValidationError as error:
            raise violations(error) from None
        keys = {key: [str(value)] for key, value in values.items() if key != "value"}
        if device:
            keys["machine"] = [device]
        return Call(name, model, keys)

    def _addressed(self, request: Request) -> tuple[str, str]:
        """The node and device that a command's topic names. Raises Refusal."""
        parts = request.path.split("/")
        if parts[:2] != [ROOT, self.group] or len(parts) not in (4, 5):
            raise not_found("topic", request.path)
        if parts[2] != ("NCMD" if len(parts) == 4 else "DCMD"):
            what = f"nobody but the node itself says {parts[2]}"
            raise Refusal(what, code="unsupported", status=400)
        return parts[3], parts[4] if len(parts) == 5 else ""

    def _asked(self, node: Node, device: str, metric: Metric) -> tuple[str, dict[str, Any]]:
        """The operation that a metric asks for, and its input. Raises Refusal."""
        if metric.name == REBIRTH and not device:
            if metric.value is not True:
                what = f"{REBIRTH} is asked for with true"
                raise Refusal(what, code="type-mismatch", status=422)
            return "rebirth", {"plc": node.plc}
        tag = node.path(device, metric)
        if not tag:
            raise not_found("metric", metric.name or f"alias {metric.alias}")
        value = metric.value
        if value is None:
            raise Refusal(f"{tag}: a command has a value", code="type-mismatch", status=422)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        return "write", {"plc": node.plc, "tag": tag, "value": value}

    def peek(self, request: Request) -> str | None:
        try:
            payload = read(request.body)
        except Refusal:
            return None
        names = [one.name for one in payload.metrics]
        return "rebirth" if names == [REBIRTH] else "write" if names else None

    def encode(self, call: Call, result: Any) -> Reply:
        return Reply(200, {}, orjson.dumps(result, default=as_json))

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        """Nobody is answered in Sparkplug: this is what the journal says."""
        return problem(refusal, request.path)
