"""ASC X12: transaction sets in groups in interchanges, as one trading partner writes them.

Reading is lossless and bounded, and says by name and place what is not as it should be (`scan`,
`envelope`, `check`); what is answered follows from that (`answering`). Writing can break the rules
on purpose (`oddities`). Transaction sets are files in `documents/`, what they may hold are files
in `guides/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import Field

from simulator.contracts.x12 import inspecting, oddities, reading, scan
from simulator.contracts.x12.envelope import open_envelope
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import own_folder
from simulator.contracts.x12.mapping import mappings, reads
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
    "850": ("po", 3), "860": ("po", 3), "855": ("po", 3), "865": ("po", 3), "856": ("asn", 2),
    "810": ("invoice", 2), "830": ("schedule", 2), "862": ("schedule", 2), "861": ("receipt", 1),
}  # fmt: skip
"""Where the first segment of a set says its number: the key, and the element."""


class X12Settings(Strict):
    """What an endpoint of this contract sets."""

    partner: Partner = Field(description="the trading partner's profile, by its file's name")


class X12(Contract):
    """One trading partner's interchanges."""

    kind: ClassVar[str] = "x12"
    summary: ClassVar[str] = "ASC X12 interchanges of a trading partner: 850, 856, 997 …"
    Settings: ClassVar[type[X12Settings]] = X12Settings
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
        self.terms = reading.Terms(self.profile, guides=own_folder(self.profile.guide, payloads))

    def decode(self, request: Request) -> Call:
        received = reading.received(request.body, self.terms)
        interchange = received.interchange
        return Call("receive", received, interchange.keys(), document=interchange.said_as)

    def encode(self, call: Call, result: Any) -> Reply:
        body = orjson.dumps(result, default=as_json)
        return Reply(200, {"content-type": "application/json"}, body)

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        return problem(refusal, self.base + request.path)

    def render(self, document: Document) -> Request | None:
        if not isinstance(document, Interchange) or document.partner != self.profile.partner:
            return None
        body = oddities.write(document, self.profile, self.terms.guides)
        name = f"{document.partner}-{document.control}-{document.said_as}"
        return Request(
            "POST",
            re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".edi",
            headers={"content-type": "application/edi-x12"},
            body=body,
        )

    def peek(self, request: Request) -> str | None:
        return "receive"

    def glance(self, request: Request) -> Glance:
        first = next(iter(scan.scan(request.body[:GLANCED])), None)
        if first is None:
            return Glance()
        envelope = open_envelope(first, Found())
        keys: dict[str, list[str]] = {"partner": [self.profile.partner]}
        if envelope.header.control:
            keys["control"] = [envelope.header.control]
        names = {"interchange-acknowledgement"} if envelope.answers else set()
        for one in (one for group in envelope.groups for one in group.sets):
            mapping = reads(one.code)
            if mapping is not None:
                names.add(mapping.document.document)
            key, element = _NUMBERS.get(one.code, ("", 0))
            number = one.segments[0].get(element) if one.segments else ""
            if number and number not in keys.setdefault(key, []):
                keys[key].append(number)
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
