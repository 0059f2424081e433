"""UN/EDIFACT: messages in interchanges, UNB to UNZ, as one trading partner writes them.

Reading is lossless and bounded, and says by name and place what is not as it should be
(`tokens`, `envelope`, `judge`, `check`); what is answered follows from that (`answers`). Writing
can break the rules on purpose (`oddities`). Messages are files in `documents/`, what they may hold
are files in `guides/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from simulator.contracts._trading import Mappings, TradingContract
from simulator.contracts.edifact import inspecting, oddities, reading
from simulator.contracts.edifact.envelope import Message, open_envelope, stretches
from simulator.contracts.edifact.guide import agreed
from simulator.contracts.edifact.mapping import MESSAGES
from simulator.contracts.edifact.writing import draft
from simulator.core.inspection import Inspection
from simulator.core.ports import Glance
from simulator.plant.trading.interchange import Interchange, Received

_NUMBERS = {
    "ORDERS": "po", "ORDCHG": "po", "DESADV": "asn", "INVOIC": "invoice", "DELFOR": "schedule",
    "DELJIT": "schedule",
}  # fmt: skip
"""The key of the number that BGM says."""


class Edifact(TradingContract):
    """One trading partner's interchanges."""

    kind: ClassVar[str] = "edifact"
    summary: ClassVar[str] = (
        "UN/EDIFACT interchanges of a trading partner: ORDERS, DESADV, CONTRL …"
    )
    oddities: ClassVar[frozenset[str]] = oddities.ODDITIES
    mappings: ClassVar[Mappings[Any]] = MESSAGES
    media_type: ClassVar[str] = "application/edifact"

    agreed = staticmethod(agreed)

    def read(self, body: bytes) -> Received:
        return reading.receive(body, self.terms)

    def write(self, interchange: Interchange) -> bytes:
        made = draft(interchange, self.profile)
        return oddities.write(made, interchange.oddities, self.terms.guides)

    def glimpse(self, head: bytes) -> Glance | None:
        envelope = next(filter(None, (open_envelope(head, one) for one in stretches(head))), None)
        if envelope is None:
            return None
        codes = (one.code for one in envelope.messages)
        return self.glanced(envelope.control, codes, map(_number, envelope.messages))

    @classmethod
    def recognises(cls, body: bytes) -> bool:
        return inspecting.recognises(body)

    @classmethod
    def inspect(
        cls, body: bytes, payloads: Path | None = None, partner: str | None = None
    ) -> Inspection:
        return inspecting.inspect(body, payloads, partner)


def _number(message: Message) -> tuple[str, str]:
    """The number that a message says first of all, behind its key; empty where it has none."""
    key = _NUMBERS.get(message.code, "")
    return key, message.segments[0].get(2) if key and message.segments else ""
