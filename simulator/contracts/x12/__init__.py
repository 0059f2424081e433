"""ASC X12: transaction sets in groups in interchanges, as one trading partner writes them.

Reading is lossless and bounded, and says by name and place what is not as it should be (`scan`,
`envelope`, `check`); what is answered follows from that (`answering`). Writing can break the rules
on purpose (`oddities`). Transaction sets are files in `documents/`, what they may hold are files
in `guides/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from simulator.contracts._trading import Mappings, TradingContract
from simulator.contracts.x12 import inspecting, oddities, reading, scan
from simulator.contracts.x12.envelope import Set, open_envelope
from simulator.contracts.x12.findings import Found
from simulator.contracts.x12.guide import agreed
from simulator.contracts.x12.mapping import SETS
from simulator.core.inspection import Inspection
from simulator.core.ports import Glance
from simulator.plant.trading.interchange import Interchange, Received

_NUMBERS = {
    "850": ("po", 3), "860": ("po", 3), "855": ("po", 3), "865": ("po", 3), "856": ("asn", 2),
    "810": ("invoice", 2), "830": ("schedule", 2), "862": ("schedule", 2), "861": ("receipt", 1),
}  # fmt: skip
"""Where the first segment of a set says its number: the key, and the element."""


class X12(TradingContract):
    """One trading partner's interchanges."""

    kind: ClassVar[str] = "x12"
    summary: ClassVar[str] = "ASC X12 interchanges of a trading partner: 850, 856, 997 …"
    oddities: ClassVar[frozenset[str]] = oddities.ODDITIES
    mappings: ClassVar[Mappings[Any]] = SETS
    media_type: ClassVar[str] = "application/edi-x12"

    agreed = staticmethod(agreed)

    def read(self, body: bytes) -> Received:
        return reading.received(body, self.terms)

    def write(self, interchange: Interchange) -> bytes:
        return oddities.write(interchange, self.profile, self.terms.guides)

    def glimpse(self, head: bytes) -> Glance | None:
        first = next(iter(scan.scan(head)), None)
        if first is None:
            return None
        envelope = open_envelope(first, Found())
        sets = [one for group in envelope.groups for one in group.sets]
        return self.glanced(
            envelope.header.control, (one.code for one in sets), map(_number, sets),
            answers=bool(envelope.answers),
        )  # fmt: skip

    @classmethod
    def recognises(cls, body: bytes) -> bool:
        return inspecting.recognises(body)

    @classmethod
    def inspect(
        cls, body: bytes, payloads: Path | None = None, partner: str | None = None
    ) -> Inspection:
        return inspecting.inspect(body, payloads, partner)


def _number(one: Set) -> tuple[str, str]:
    """The number that a set says in its first segment, behind its key; empty where it has none."""
    key, element = _NUMBERS.get(one.code, ("", 0))
    return key, one.segments[0].get(element) if one.segments else ""
