"""UN/EDIFACT: messages in interchanges, UNB to UNZ, as one trading partner writes them.

Reading is lossless and bounded, and says by name and place what is not as it should be
(`tokens`, `envelope`, `judge`, `check`); what is answered follows from that (`answers`). Writing
can break the rules on purpose (`oddities`). Messages are files in `documents/`, what they may hold
are files in `guides/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import Field

from simulator.contracts.edifact import inspecting, oddities, reading
from simulator.contracts.edifact.envelope import open_envelope, stretches
from simulator.contracts.edifact.guide import own_folder
from simulator.contracts.edifact.judge import Manner
from simulator.contracts.edifact.mapping import mappings, reads
from simulator.contracts.edifact.writing import draft
from simulator.core.durations import as_json
from simulator.core.inspection import Inspection
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, Glance, Operation, Strict
from simulator.core.routes import problem
from simulator.plant.trading.interchange import Interchange
from simulator.plant.trading.partners import Partner

GLANCED = 16 * 1024
"""Bytes of a file that a glance looks at."""
_NUMBERS = {
    "ORDERS": "po", "ORDCHG": "po", "DESADV": "asn", "INVOIC": "invoice", "DELFOR": "schedule",
    "DELJIT": "schedule",
}  # fmt: skip


class EdifactSettings(Strict):
    """What an endpoint of this contract sets."""

    partner: Partner = Field(description="the trading partner's profile, by its file's name")


class Edifact(Contract):
    """One trading partner's interchanges."""

    kind: ClassVar[str] = "edifact"
    summary: ClassVar[str] = (
        "UN/EDIFACT interchanges of a trading partner: ORDERS, DESADV, CONTRL …"
    )
    Settings: ClassVar[type[EdifactSettings]] = EdifactSettings
    oddities: ClassVar[frozenset[str]] = oddities.ODDITIES
    glances: ClassVar[bool] = True

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
        mappings()  # from here on, documents that plug-ins add are known by name
        self.profile = settings.partner
        self.guides = own_folder(self.profile.guide, payloads)
        self.manner = Manner(self.profile, self.guides)

    def decode(self, request: Request) -> Call:
        received = reading.receive(request.body, self.manner)
        interchange = received.interchange
        keys = interchange.keys()
        return Call("receive", received, keys, document=interchange.said_as)

    def encode(self, call: Call, result: Any) -> Reply:
        body = orjson.dumps(result, default=as_json)
        return Reply(200, {"content-type": "application/json"}, body)

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        return problem(refusal, self.base + request.path)

    def render(self, document: Document) -> Request | None:
        if not isinstance(document, Interchange) or document.partner != self.profile.partner:
            return None
        body = oddities.write(draft(document, self.profile), document.oddities, self.guides)
        name = f"{document.partner}-{document.control}-{document.said_as}"
        return Request(
            "POST",
            re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".edi",
            headers={"content-type": "application/edifact"},
            body=body,
        )

    def peek(self, request: Request) -> str | None:
        return "receive"

    def glance(self, request: Request) -> Glance:
        head = request.body[:GLANCED]
        envelope = next(filter(None, (open_envelope(head, one) for one in stretches(head))), None)
        if envelope is None:
            return Glance()
        keys: dict[str, list[str]] = {"partner": [self.profile.partner]}
        if envelope.control:
            keys["control"] = [envelope.control]
        names: set[str] = set()
        for message in envelope.messages:
            mapping = reads(message.code)
            if mapping is not None:
                names.add(mapping.document.document)
            first = message.segments[0] if message.segments else None
            if first is not None and message.code in _NUMBERS and first.get(2):
                have = keys.setdefault(_NUMBERS[message.code], [])
                if first.get(2) not in have:
                    have.append(first.get(2))
        document = next(iter(names)) if len(names) == 1 else "interchange" if names else None
        return Glance(document, keys)

    @classmethod
    def recognises(cls, body: bytes) -> bool:
        return inspecting.recognises(body)

    @classmethod
    def inspect(
        cls, body: bytes, payloads: Path | None = None, partner: str | None = None
    ) -> Inspection:
        return inspecting.inspect(body, payloads, partner)
