"""Answers to what was sent: 997 and CONTRL, TA1, 824 and APERAK.

An acknowledgement says that something could be read, an advice that it could be used. Neither is
ever acknowledged.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from simulator.core.durations import Instant
from simulator.plant.trading.parts import Part, TradingDocument, distinct

Verdict = Literal["accepted", "accepted-with-errors", "partially-accepted", "rejected"]


class ElementNote(Part):
    """What is wrong with one data element."""

    position: int  # in its segment, from 1
    component: int | None = None  # in its composite, from 1
    reference: str = ""  # the data element's own number
    codes: list[str] = Field(default_factory=list)  # AK403, or UN/EDIFACT 0085
    value: str = ""


class SegmentNote(Part):
    """What is wrong with one segment."""

    tag: str
    position: int  # in its message or transaction set, from 1 (ST or UNH)
    loop: str = ""
    codes: list[str] = Field(default_factory=list)  # AK304, or UN/EDIFACT 0085
    elements: list[ElementNote] = Field(default_factory=list)


class SetNote(Part):
    """The answer to one transaction set or message."""

    code: str  # 856, DESADV
    control: str  # ST02, UNH 0062
    verdict: Verdict
    codes: list[str] = Field(default_factory=list)  # AK502…, or UN/EDIFACT 0085
    segments: list[SegmentNote] = Field(default_factory=list)


class FunctionalAcknowledgement(TradingDocument):
    """Could a group (X12 997) or an interchange and its messages (CONTRL) be read?

    `acknowledges` is the control number of what it answers: GS06 for X12, UNB 0020 for EDIFACT.
    `reasons` are findings by our names, `codes` the wire's own, `element=code`: `AK502=4`,
    `0085=29`.
    """

    document: ClassVar[str] = "functional-acknowledgement"
    acknowledges: str
    group: str = ""  # functional identifier: SH, PO …; empty for EDIFACT
    verdict: Verdict
    sets: list[SetNote] = Field(default_factory=list)
    included: int = 0
    received: int = 0
    accepted: int = 0
    group_codes: list[str] = Field(default_factory=list)  # AK905…, or 0085 of UCI
    reasons: list[str] = Field(default_factory=list)
    codes: list[str] = Field(default_factory=list)

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            acknowledges=self.acknowledges, partner=self.partner, answer=self.verdict,
            reason=list(self.reasons), code=list(self.codes),
        )  # fmt: skip


class InterchangeAcknowledgement(TradingDocument):
    """Could the envelope be read: TA1, or a CONTRL that only says so (0083 = 8 or 4).

    `acknowledges` is ISA13 or UNB 0020 of what it answers, `sent` that interchange's own date.
    """

    document: ClassVar[str] = "interchange-acknowledgement"
    acknowledges: str
    sent: Instant | None = None
    verdict: Verdict
    reasons: list[str] = Field(default_factory=list)
    codes: list[str] = Field(default_factory=list)  # TA105=025, 0085=26

    def keys(self) -> dict[str, list[str]]:
        return distinct(
            acknowledges=self.acknowledges, partner=self.partner, answer=self.verdict,
            reason=list(self.reasons), code=list(self.codes),
        )  # fmt: skip


class AdviceNote(Part):
    """What is wrong with the content of a document."""

    reason: str  # a finding by our name: unknown-order, cumulative-gap …
    code: str = ""  # the wire's own: TED01, ERC 9321
    text: str = ""
    line: str = ""
    item: str = ""
    sscc: str = ""
    value: str = ""


class ApplicationAdvice(TradingDocument):
    """Could the content be used: 824, APERAK. It comes after the acknowledgement."""

    document: ClassVar[str] = "application-advice"
    about: str  # the kind of document: ship-notice, purchase-order …
    about_number: str  # its number
    verdict: Literal["accepted", "accepted-with-errors", "rejected"]
    notes: list[AdviceNote] = Field(default_factory=list)
    control: str = ""  # interchange control number of what it answers, where known
    group: str = ""  # its group control number
    set_control: str = ""  # its transaction set's
    set_code: str = ""  # 856
    po: str = ""
    shipment: str = ""

    def keys(self) -> dict[str, list[str]]:
        named = {"ship-notice": "asn", "purchase-order": "po", "invoice": "invoice"}.get(self.about)
        keys = distinct(
            about=self.about_number, partner=self.partner, answer=self.verdict, po=self.po,
            reason=[one.reason for one in self.notes], code=[one.code for one in self.notes],
            sscc=[one.sscc for one in self.notes], shipment=self.shipment,
        )  # fmt: skip
        return keys | ({named: [self.about_number]} if named else {})
