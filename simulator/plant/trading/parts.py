"""What trading documents are made of: who sent them, parties, and the keys they share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.core.durations import Instant
from simulator.core.ports import Document

Sender = Literal["partner", "plant"]
"""Who speaks: the trading partner that is simulated, or the plant (its integration, under test)."""

Role = Literal[
    "buyer", "seller", "ship-to", "ship-from", "bill-to", "carrier", "warehouse", "submitter",
    "receiver", "intermediate-consignee", "final-recipient",
]  # fmt: skip
Scheme = Literal["gln", "duns", "scac", "mutual", "buyer", "seller", "ean", ""]
"""What an identifier is: a GLN, a DUNS number, a carrier's SCAC, mutually agreed, assigned by the
buyer or the seller, or not said."""


class Part(BaseModel):
    """A part of a trading document: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Party(Part):
    """Someone named in a document."""

    role: Role
    id: str = ""
    scheme: Scheme = ""
    name: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""  # ISO 3166 alpha-2


class Reference(Part):
    """A number by which somebody else finds something: `kind` is ours, kebab-case.

    Known to the contracts: bill-of-lading, packing-list, order, release, invoice, lot, delivery,
    pro-number, contract, account, kanban, dock, seal, warehouse-receipt, shipment. Any other kind
    is the qualifier of the wire format itself (X12 element 128, UN/EDIFACT 1153).
    """

    kind: str
    value: str


class TradingDocument(Document):
    """A document that crosses the border between the plant and a trading partner.

    `partner` is the partner's name in the plant file. `number` is the document's own number
    (BEG03, BSN02, BGM 1004 …). `at` is its date, an Instant (µs of plant time). Quantities are
    Decimals, and units the plant's own (`pcs`, `kg`); the contract translates them by the partner's
    profile. Identifiers are text: leading zeros count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    partner: str
    sender: Sender
    number: str
    at: Instant
    parties: list[Party] = Field(default_factory=list)
    references: list[Reference] = Field(default_factory=list)
    note: str = ""  # free text: PID, NTE, FTX

    def party(self, role: Role) -> Party | None:
        """The first party in this role."""
        return next((one for one in self.parties if one.role == role), None)

    def reference(self, kind: str) -> str:
        """The first reference of this kind, or nothing."""
        return next((one.value for one in self.references if one.kind == kind), "")


def distinct(**named: list[str | None] | str | None) -> dict[str, list[str]]:
    """Business keys: each with its distinct, non-empty values in order of appearance."""
    out: dict[str, list[str]] = {}
    for name, given in named.items():
        values = given if isinstance(given, list) else [given]
        found = list(dict.fromkeys(str(one) for one in values if one not in (None, "")))
        if found:
            out[name] = found
    return out
